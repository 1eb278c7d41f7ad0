"""Calls of contracts: approvals, and split, merge and redeem of positions.

Nothing here sends anything. Approvals are for an explicit amount chosen by the caller.

Source: ``trading.md`` sections 10.2 and 10.3, 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from polydesk.domain.units import UsdMicros
from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing.contracts import (
    COLLATERAL,
    CTF_ADAPTER,
    NEG_RISK_ADAPTER,
    ROUTER,
)
from polydesk.venues.polymarket.signing.eip712 import (
    WORD,
    ZERO_WORD,
    address_word,
    text_word,
    uint_word,
)

BOTH_OUTCOMES: Final = (1, 2)
"""Index sets of yes and no."""
_SELECTOR_BYTES = 4
_POSITION_BYTES = 31


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a contract."""

    to: str
    data: bytes
    value: int = 0
    """Native coin sent along; always none."""


def approve(token: str, spender: str, amount: int) -> Call:
    """Allow ``spender`` to take up to ``amount`` base units of a token."""
    return Call(
        token, _encode("approve(address,uint256)", address_word(spender), uint_word(amount))
    )


def approve_all(token: str, operator: str, allowed: bool = True) -> Call:
    """Let ``operator`` move every position held in a token contract, or stop it."""
    words = address_word(operator), uint_word(int(allowed))
    return Call(token, _encode("setApprovalForAll(address,bool)", *words))


def split(condition: bytes, amount: UsdMicros, *, neg_risk: bool) -> Call:
    """Turn collateral into as many yes and no tokens."""
    signature = "splitPosition(address,bytes32,bytes32,uint256[],uint256)"
    data = _encode(signature, *_ctf(condition), BOTH_OUTCOMES, uint_word(amount))
    return Call(_adapter(neg_risk), data)


def merge(condition: bytes, amount: UsdMicros, *, neg_risk: bool) -> Call:
    """Turn as many yes and no tokens into collateral."""
    signature = "mergePositions(address,bytes32,bytes32,uint256[],uint256)"
    data = _encode(signature, *_ctf(condition), BOTH_OUTCOMES, uint_word(amount))
    return Call(_adapter(neg_risk), data)


def redeem(condition: bytes, *, neg_risk: bool) -> Call:
    """Turn all tokens of a resolved condition into their pay-out."""
    signature = "redeemPositions(address,bytes32,bytes32,uint256[])"
    return Call(_adapter(neg_risk), _encode(signature, *_ctf(condition), BOTH_OUTCOMES))


def split_position(condition: bytes, amount: UsdMicros) -> Call:
    """Turn collateral into yes and no positions of Protocol V2."""
    return _router("split(bytes31,uint256)", condition, amount)


def merge_position(condition: bytes, amount: UsdMicros) -> Call:
    """Turn yes and no positions of Protocol V2 into collateral."""
    return _router("merge(bytes31,uint256)", condition, amount)


def redeem_position(condition: bytes, outcome: int, amount: UsdMicros) -> Call:
    """Turn positions of one outcome (0 yes, 1 no) into their pay-out."""
    if outcome not in (0, 1):
        raise NotSignable(f"outcome {outcome} is neither yes nor no")
    return _router("redeem(bytes31,uint256,uint256)", condition, outcome, amount)


def _adapter(neg_risk: bool) -> str:
    return NEG_RISK_ADAPTER if neg_risk else CTF_ADAPTER


def _ctf(condition: bytes) -> tuple[bytes, bytes, bytes]:
    """Return collateral, no parent, and the condition."""
    if len(condition) != WORD:
        raise NotSignable("a condition has 32 bytes")
    return address_word(COLLATERAL), ZERO_WORD, condition


def _router(signature: str, condition: bytes, *numbers: int) -> Call:
    if len(condition) != _POSITION_BYTES:
        raise NotSignable("a condition of Protocol V2 has 31 bytes")
    padded = condition + bytes(1)
    return Call(ROUTER, _encode(signature, padded, *(uint_word(n) for n in numbers)))


def _encode(signature: str, *arguments: bytes | tuple[int, ...]) -> bytes:
    """Return selector and arguments: words in place, lists behind them with their offset."""
    heads, tails = [], b""
    for argument in arguments:
        if isinstance(argument, bytes):
            heads.append(argument)
            continue
        heads.append(uint_word(len(arguments) * WORD + len(tails)))
        tails += uint_word(len(argument)) + b"".join(map(uint_word, argument))
    return text_word(signature)[:_SELECTOR_BYTES] + b"".join(heads) + tails
