"""Vectors of contract calls and of what the relayer asks to be signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from polydesk.domain.units import UsdMicros
from polydesk.venues.polymarket.signing import calls
from polydesk.venues.polymarket.signing.calls import Call
from polydesk.venues.polymarket.signing.contracts import COLLATERAL
from polydesk.venues.polymarket.signing.eip712 import UINT256_MAX
from polydesk.venues.polymarket.signing.keys import PrivateKey
from polydesk.venues.polymarket.signing.relayer import (
    batch_digest,
    safe_digest,
    sign_batch,
    sign_safe,
)
from polydesk.venues.polymarket.vectors.cases import Case, Row, Values

TEST_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
"""The publicly known first key of common development chains; never fund it."""
_CONDITION = b"\xab" * 32
_POSITION_CONDITION = bytes.fromhex("0100112233445566778899aabbccddeeff") + bytes(14)

_KNOWN: dict[str, Callable[[UsdMicros], Call]] = {
    "split CTF (standard)": lambda n: calls.split(_CONDITION, n, neg_risk=False),
    "merge CTF (neg risk)": lambda n: calls.merge(_CONDITION, n, neg_risk=True),
    "redeem CTF (standard)": lambda _: calls.redeem(_CONDITION, neg_risk=False),
    "redeem CTF (neg risk)": lambda _: calls.redeem(_CONDITION, neg_risk=True),
    "split V2 (Router)": lambda n: calls.split_position(_POSITION_CONDITION, n),
    "merge V2 (Router)": lambda n: calls.merge_position(_POSITION_CONDITION, n),
    "redeem V2 outcome 0 (Router)": lambda n: calls.redeem_position(_POSITION_CONDITION, 0, n),
    "redeem V2 outcome 1 (Router)": lambda n: calls.redeem_position(_POSITION_CONDITION, 1, n),
}


def chain_calls(file: Row) -> Iterator[Case]:
    """Yield the cases of contract calls and of the relayer's two signatures."""
    amount = UsdMicros(file.whole("amount_base_units"))
    for row in file.rows("calls"):
        yield _call_case(row, amount)
    relayer = file.row("relayer")
    yield _signature_case("deposit_wallet_batch", relayer, ("digest", "signature"), _batch)
    yield _signature_case("safe_transaction", relayer, ("safe_tx_hash", "packed_signature"), _safe)


def _call_case(row: Row, amount: UsdMicros) -> Case:
    name = row.text("name")

    def ours() -> Values:
        call = _call(name, amount)
        return {"to": call.to, "data": "0x" + call.data.hex(), "value": call.value}

    return Case(name, lambda: row.values("name"), ours)


def _call(name: str, amount: UsdMicros) -> Call:
    """Return the call that a case's name describes."""
    if name.startswith("approve pUSD -> "):
        return calls.approve(COLLATERAL, name.rpartition(" ")[2], UINT256_MAX)
    if name.startswith("setApprovalForAll "):
        token, _, operator = name.removeprefix("setApprovalForAll ").partition(" -> ")
        return calls.approve_all(token, operator)
    if name not in _KNOWN:
        raise ValueError(f"name {name[:60]!r} is no known call")
    return _KNOWN[name](amount)


def _signature_case(
    name: str, relayer: Row, results: tuple[str, ...], make: Callable[[Row], Values]
) -> Case:
    def expected() -> Values:
        return relayer.row(name).only("signer", *results)

    return Case(name, expected, lambda: make(relayer.row(name)))


def _batch(row: Row) -> Values:
    key = PrivateKey(TEST_KEY)
    wanted = [
        Call(call.text("target"), call.raw("data"), call.whole("value"))
        for call in row.rows("calls")
    ]
    digest = batch_digest(
        row.text("wallet"), wanted, nonce=row.whole("nonce"), deadline_s=row.whole("deadline")
    )
    signature = sign_batch(digest, key)
    return {
        "signer": key.address,
        "digest": "0x" + digest.hex(),
        "signature": "0x" + signature.hex(),
    }


def _safe(row: Row) -> Values:
    key = PrivateKey(TEST_KEY)
    digest = safe_digest(
        row.text("safe"),
        Call(row.text("to"), row.raw("data")),
        nonce=row.whole("nonce"),
        operation=row.whole("operation"),
    )
    return {
        "signer": key.address,
        "safe_tx_hash": "0x" + digest.hex(),
        "packed_signature": "0x" + sign_safe(digest, key).hex(),
    }
