"""The shape of `polydesk setup`; what it does is in `cli.setup`, loaded when it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def setup(
    *,
    key: Annotated[
        str | None, Parameter(help="Name of the stored key; needed only when there are several.")
    ] = None,
    wallet: Annotated[
        str | None,
        Parameter(
            help="Wallet that holds the funds, as your profile on the venue's site shows it."
        ),
    ] = None,
    config: Annotated[Path | None, Parameter(help="Another settings file.")] = None,
    store: Annotated[
        Literal["keyring", "file"],
        Parameter(help="Where to keep a key that is added on the way: a keyring or a file."),
    ] = "keyring",
    stdin: Annotated[
        bool, Parameter(negative="", help="Read the answers from standard input, one line each.")
    ] = False,
    json: Annotated[
        bool, Parameter(name="--json", negative="", help="Print one JSON object at the end.")
    ] = False,
) -> None:
    """Check a key and its wallet from end to end, and write the profile for trading live.

    Asks for the key's passphrase; when no key is kept yet, for the key first. Finds the wallet
    and its type, the region, the clock, the balance and the allowances, has the venue make API
    credentials, and signs an order that is never sent. With --stdin: the key if there is none
    yet, then the passphrase.
    """
    from polydesk.cli import setup as work

    work.run(key=key, wallet=wallet, config=config, store=store, stdin=stdin, as_json=json)
