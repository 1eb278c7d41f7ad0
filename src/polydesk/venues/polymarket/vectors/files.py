"""Vector files by name, and what checking one of them found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from polydesk.errors import WireError
from polydesk.venues.polymarket.vectors import accounts, chain, money, orders
from polydesk.venues.polymarket.vectors.cases import Case, Row, check

LARGEST_FILE = 16 * 1024 * 1024
"""Bytes; the venue's own vectors have a hundredth of it."""

READERS: dict[str, Callable[[Row], Iterator[Case]]] = {
    "amounts.json": money.amounts,
    "auth_l1.json": accounts.key_headers,
    "auth_l2.json": accounts.request_headers,
    "chain_calls.json": chain.chain_calls,
    "fees.json": money.fees,
    "orders_session_key.json": orders.session_orders,
    "orders_v1_legacy.json": orders.legacy_orders,
    "orders_v2.json": orders.orders,
    "orders_v3.json": orders.orders,
    "position_ids.json": accounts.positions,
    "wallets.json": accounts.wallets,
}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One field of one case that is not as the file says."""

    case: str
    what: str
    """The field and how it differs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What checking a file found."""

    checked: int
    passed: int
    mismatches: tuple[Mismatch, ...]


def check_file(path: Path) -> Outcome:
    """Check every case of a known file.

    Raises:
        WireError: The file is damaged: no JSON, or not of its layout.
    """
    found = [(case.name, check(case)) for case in READERS[path.name](_read(path))]
    mismatches = tuple(Mismatch(name, what) for name, faults in found for what in faults)
    return Outcome(len(found), sum(not faults for _, faults in found), mismatches)


def _read(path: Path) -> Row:
    with path.open("rb") as file:
        text = file.read(LARGEST_FILE + 1)
    if len(text) > LARGEST_FILE:
        raise WireError("it is far larger than vectors are")
    try:
        return Row(json.loads(text))
    except json.JSONDecodeError as error:
        raise WireError(f"no JSON at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise WireError("no JSON that can be read") from None
