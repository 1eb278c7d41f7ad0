"""Keccak-256, the hash of the chain (not the later SHA-3)."""

from __future__ import annotations

from Crypto.Hash.keccak import Keccak_Hash

DIGEST_BYTES = 32


def keccak256(data: bytes) -> bytes:
    """Return the 32-byte Keccak-256 hash of ``data``."""
    return Keccak_Hash(data, DIGEST_BYTES, False).digest()
