"""Typed data of EIP-712: words of 32 bytes, domains with a kept separator, digests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing.addresses import parse_address
from polydesk.venues.polymarket.signing.keccak import keccak256

WORD = 32
ZERO_WORD = bytes(WORD)
UINT256_MAX = 2**256 - 1
_PAD = bytes(12)


def uint_word(value: int) -> bytes:
    """Return an unsigned integer as one word; raise NotSignable when it does not fit."""
    try:
        return value.to_bytes(WORD, "big")
    except OverflowError:
        raise NotSignable("a number is negative or longer than 256 bits") from None


@lru_cache(maxsize=1_024)
def address_word(text: str) -> bytes:
    """Return an address as one word."""
    return _PAD + parse_address(text)


def text_word(text: str) -> bytes:
    """Return a text as one word: its hash."""
    return keccak256(text.encode())


@dataclass(frozen=True)
class Domain:
    """What a signature is valid for; members that are None are not part of the domain."""

    chain_id: int
    name: str | None = None
    version: str | None = None
    contract: str | None = None
    """Address of the contract that verifies."""

    @cached_property
    def separator(self) -> bytes:
        """The domain's hash, calculated once for each domain object."""
        members = self._members()
        kind = ",".join(member for member, _ in members)
        words = b"".join(word for _, word in members)
        return keccak256(text_word(f"EIP712Domain({kind})") + words)

    def _members(self) -> list[tuple[str, bytes]]:
        members: list[tuple[str, bytes]] = []
        if self.name is not None:
            members.append(("string name", text_word(self.name)))
        if self.version is not None:
            members.append(("string version", text_word(self.version)))
        members.append(("uint256 chainId", uint_word(self.chain_id)))
        if self.contract is not None:
            members.append(("address verifyingContract", address_word(self.contract)))
        return members


def typed_digest(domain: Domain, struct_hash: bytes) -> bytes:
    """Return what is signed: the hash of the prefix, the domain and the struct."""
    return keccak256(b"\x19\x01" + domain.separator + struct_hash)
