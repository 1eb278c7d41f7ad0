"""The shapes of `polydesk keys …`; what they do is in `cli.keys`, loaded when one is used."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import App, Parameter

keys = App(
    name="keys",
    help="Keep private keys in the system's keyring or in encrypted files.",
    help_format="plaintext",
)

Stdin = Annotated[
    bool, Parameter(negative="", help="Read the answers from standard input, one line each.")
]
Name = Annotated[str, Parameter(help="What the key is called here.")]
Address = Annotated[str | None, Parameter(help="Refuse the key unless it controls this address.")]


@keys.command
def add(
    name: Name,
    *,
    store: Annotated[
        Literal["keyring", "file"],
        Parameter(help="Where to keep it: the system's keyring or a file."),
    ] = "keyring",
    address: Address = None,
    stdin: Stdin = False,
) -> None:
    """Keep a private key under a name.

    Asks for the key and for a passphrase, each twice, without showing them. Neither is ever
    taken from the command line or the environment. With --stdin: the key, then the passphrase.
    """
    from polydesk.cli import keys as work

    work.add(name, store=store, address=address, stdin=stdin)


@keys.command(name="list")
def list_(
    *,
    json: Annotated[
        bool, Parameter(name="--json", negative="", help="Print one JSON object.")
    ] = False,
) -> None:
    """Show names, addresses and stores; never a key."""
    from polydesk.cli import keys as work

    work.show(as_json=json)


@keys.command(name="test")
def prove(name: Name, *, stdin: Stdin = False) -> None:
    """Prove that a key can be read and controls its address. Asks for its passphrase."""
    from polydesk.cli import keys as work

    work.prove(name, stdin=stdin)


@keys.command
def rotate(name: Name, *, address: Address = None, stdin: Stdin = False) -> None:
    """Replace a key; the old one stays until the new one is proved.

    Asks for the new key and its passphrase as `add` does.
    """
    from polydesk.cli import keys as work

    work.rotate(name, address=address, stdin=stdin)


@keys.command
def forget(name: Name, *, stdin: Stdin = False) -> None:
    """Remove a key for good. Asks for the name to be typed."""
    from polydesk.cli import keys as work

    work.forget(name, stdin=stdin)
