"""Small answers about the account: balance and allowance, closed-only, region.

Source: ``trading.md`` sections 5.7, 5.10 and 12, 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from polydesk.domain.text import clean
from polydesk.domain.units import UsdMicros
from polydesk.errors import WireError
from polydesk.venues.polymarket.signing.contracts import (
    EXCHANGE,
    EXCHANGE_V3,
    NEG_RISK_EXCHANGE,
)
from polydesk.venues.polymarket.wire.numbers import MAX_SIZE
from polydesk.venues.polymarket.wire.strict_json import parse_strict

COLLATERAL: Final = "COLLATERAL"
CONDITIONAL: Final = "CONDITIONAL"
CONDITIONAL_V2: Final = "CONDITIONAL-V2"
_V2_EXCHANGES: Final = frozenset({EXCHANGE.lower(), NEG_RISK_EXCHANGE.lower()})
_SPENDERS: Final = {
    COLLATERAL: _V2_EXCHANGES,
    CONDITIONAL: _V2_EXCHANGES,
    CONDITIONAL_V2: frozenset({EXCHANGE_V3.lower()}),
}
"""Who must be allowed to move an asset so that it can be traded."""
_LONGEST_AMOUNT: Final = 78
"""Digits of the largest number the chain knows, which stands for no limit."""


class AccountBalance(NamedTuple):
    """What the venue counts of one asset, in base units, which are micros."""

    balance: UsdMicros
    """Micro-dollars of collateral, micro-shares of a token."""
    allowance: UsdMicros
    """The smallest of those that trading needs; at most 10**18, which means no limit."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where the venue thinks we are."""

    blocked: bool
    country: str
    region: str


def read_balance(body: bytes, asset_type: str) -> AccountBalance:
    """Read balance and allowances.

    Raises:
        WireError: A number is missing or malformed.
    """
    value = parse_strict(body)
    if not isinstance(value, dict):
        raise WireError("the venue answered no balance")
    balance = _amount(value.get("balance"))
    if balance > MAX_SIZE:
        raise WireError(f"balance out of range: {balance}")
    return AccountBalance(UsdMicros(balance), UsdMicros(_allowance(value, asset_type)))


def read_allowances(body: bytes) -> dict[str, UsdMicros]:
    """Read how much of an asset each contract may take, by its address in lower case.

    The older form names no contract; it stands for those of version 2.

    Raises:
        WireError: An amount is missing or malformed.
    """
    value = parse_strict(body)
    if not isinstance(value, dict):
        raise WireError("the venue answered no balance")
    return {one: UsdMicros(min(amount, MAX_SIZE)) for one, amount in _by_spender(value).items()}


def read_closed_only(body: bytes) -> bool:
    """Read whether only orders that reduce a position are taken."""
    return _flag(parse_strict(body), "closed_only")


def read_region(body: bytes) -> Region:
    """Read whether orders from here are refused."""
    value = parse_strict(body)
    blocked = _flag(value, "blocked")
    return Region(
        blocked, clean(str(value.get("country", "")), 20), clean(str(value.get("region", "")), 20)
    )


def _allowance(value: dict[str, Any], asset_type: str) -> int:
    amounts = _by_spender(value)
    relevant = [amounts[one] for one in _SPENDERS.get(asset_type, ()) if one in amounts]
    smallest: int = min(relevant or amounts.values(), default=0)
    return min(smallest, MAX_SIZE)


def _by_spender(value: dict[str, Any]) -> dict[str, int]:
    amounts = value.get("allowances")
    if isinstance(amounts, dict):
        return {spender.lower(): _amount(amount) for spender, amount in amounts.items()}
    return dict.fromkeys(_V2_EXCHANGES, _amount(value.get("allowance")))


def _amount(value: Any) -> int:
    if not (isinstance(value, str) and value.isascii() and value.isdigit()):
        raise WireError(f"not an amount in base units: {str(value)[:40]!r}")
    if len(value) > _LONGEST_AMOUNT:
        raise WireError("an amount of absurd length")
    return int(value)


def _flag(value: Any, key: str) -> bool:
    flag = value.get(key) if isinstance(value, dict) else None
    if not isinstance(flag, bool):
        raise WireError(f"the venue did not answer whether {key}")
    return flag
