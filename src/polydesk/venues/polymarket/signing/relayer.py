"""What the relayer asks to be signed: batches of a deposit wallet, transactions of a Safe.

Source: ``trading.md`` section 10.4, 2026-11.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from polydesk.ports import Signer
from polydesk.venues.polymarket.signing.calls import Call
from polydesk.venues.polymarket.signing.contracts import POLYGON
from polydesk.venues.polymarket.signing.eip712 import (
    ZERO_WORD,
    Domain,
    address_word,
    text_word,
    typed_digest,
    uint_word,
)
from polydesk.venues.polymarket.signing.keccak import keccak256
from polydesk.venues.polymarket.signing.signatures import (
    DEPOSIT_WALLET_NAME,
    DEPOSIT_WALLET_VERSION,
    checked,
)

_CALL = "Call(address target,uint256 value,bytes data)"
_CALL_TYPE = text_word(_CALL)
_BATCH_TYPE = text_word(f"Batch(address wallet,uint256 nonce,uint256 deadline,Call[] calls){_CALL}")
_SAFE_TYPE = text_word(
    "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,"
    "uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"
)
_NO_REFUND = ZERO_WORD * 5
"""Three amounts of gas, its token and its receiver."""
_PERSONAL: Final = b"\x19Ethereum Signed Message:\n32"
_SAFE_MARK: Final = 4
"""Added to the last byte so that the Safe knows a personally signed hash."""


def batch_digest(
    wallet: str, calls: Sequence[Call], *, nonce: int, deadline_s: int, chain_id: int = POLYGON
) -> bytes:
    """Return what a deposit wallet's owner signs to let the relayer do calls.

    Args:
        wallet: The deposit wallet.
        calls: In the order in which they are done.
        nonce: As the relayer says.
        deadline_s: Unix seconds after which the batch is void.
        chain_id: Polygon.
    """
    domain = Domain(chain_id, DEPOSIT_WALLET_NAME, DEPOSIT_WALLET_VERSION, wallet)
    hashes = b"".join(map(_call_hash, calls))
    words = address_word(wallet) + uint_word(nonce) + uint_word(deadline_s) + keccak256(hashes)
    return typed_digest(domain, keccak256(_BATCH_TYPE + words))


def safe_digest(
    safe: str, call: Call, *, nonce: int, operation: int = 0, chain_id: int = POLYGON
) -> bytes:
    """Return the hash of a Safe's transaction; operation 0 is a call, 1 a delegated one."""
    words = (
        address_word(call.to)
        + uint_word(call.value)
        + keccak256(call.data)
        + uint_word(operation)
        + _NO_REFUND
        + uint_word(nonce)
    )
    return typed_digest(Domain(chain_id, contract=safe), keccak256(_SAFE_TYPE + words))


def sign_batch(digest: bytes, signer: Signer) -> bytes:
    """Sign a deposit wallet's batch: 65 bytes."""
    return checked(signer.sign(digest))


def sign_safe(digest: bytes, signer: Signer) -> bytes:
    """Sign a Safe's transaction as a personal message: 65 bytes that end in 31 or 32."""
    signature = checked(signer.sign(keccak256(_PERSONAL + digest)))
    return signature[:64] + bytes((signature[64] + _SAFE_MARK,))


def _call_hash(call: Call) -> bytes:
    return keccak256(
        _CALL_TYPE + address_word(call.to) + uint_word(call.value) + keccak256(call.data)
    )
