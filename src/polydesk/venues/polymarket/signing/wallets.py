"""Addresses of the wallets that the venue's factories make for a key (CREATE2).

Source: ``trading.md`` sections 1.1 and 3.4, 2026-11; the byte sequences are the published minimal
proxies of EIP-1167 and EIP-1967 with constructor arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from polydesk.venues.polymarket.signing.addresses import parse_address, write_address
from polydesk.venues.polymarket.signing.contracts import (
    DEPOSIT_BEACON,
    DEPOSIT_FACTORY,
    DEPOSIT_IMPLEMENTATION,
    PROXY_FACTORY,
    PROXY_IMPLEMENTATION,
    SAFE_FACTORY,
    SAFE_INIT_CODE_HASH,
)
from polydesk.venues.polymarket.signing.eip712 import WORD, address_word, text_word, uint_word
from polydesk.venues.polymarket.signing.keccak import keccak256
from polydesk.venues.polymarket.signing.orders import SignatureType


def _slot(name: str) -> bytes:
    """Return a storage slot of EIP-1967: the name's hash minus one."""
    return uint_word(int.from_bytes(text_word(name), "big") - 1)


_COPY_ARGUMENTS = bytes.fromhex("3d8160233d3973")
"""Of the constructors below: return the code that follows, with its arguments."""
_RUN = bytes.fromhex("5155f3363d3d373d3d363d")
_UUPS_SIZE = 0x3D
_UUPS_CODE = (
    bytes.fromhex("6009") + _RUN + b"\x7f" + _slot("eip1967.proxy.implementation")
    + bytes.fromhex("545af43d6000803e6038573d6000fd5b3d6000f3")
)  # fmt: skip
_BEACON_SIZE = 0x52
_BEACON_CODE = (
    bytes.fromhex("6019") + _RUN + bytes.fromhex("602036600436635c60da1b60e01b36527f")
    + _slot("eip1967.proxy.beacon")
    + bytes.fromhex("545afa5036515af43d6000803e604d573d6000fd5b3d6000f3")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wallets:
    """Where the funds of one key may be; not every wallet is deployed."""

    proxy: str
    """Signature type 1."""
    safe: str
    """Signature type 2."""
    deposit_beacon: str
    """Signature type 3, made since 2026-06-29."""
    deposit_uups: str
    """Signature type 3, made before 2026-06-29."""


def derive_wallets(owner: str) -> Wallets:
    """Return the wallets of a key's account; ask the venue which of them is deployed."""
    arguments = address_word(DEPOSIT_FACTORY) + address_word(owner)
    return Wallets(
        proxy=_create2(PROXY_FACTORY, keccak256(parse_address(owner)), keccak256(_proxy_code())),
        safe=_create2(
            SAFE_FACTORY, keccak256(address_word(owner)), bytes.fromhex(SAFE_INIT_CODE_HASH[2:])
        ),
        deposit_beacon=_deposit(_BEACON_SIZE, DEPOSIT_BEACON, _BEACON_CODE, arguments),
        deposit_uups=_deposit(_UUPS_SIZE, DEPOSIT_IMPLEMENTATION, _UUPS_CODE, arguments),
    )


class Funder(NamedTuple):
    """A wallet that may hold the funds of a key, with the type its orders are signed as."""

    address: str
    signature_type: SignatureType


def funders(owner: str) -> tuple[Funder, ...]:
    """Return every wallet that a key can trade for, its own account first."""
    wallets = derive_wallets(owner)
    return (
        Funder(write_address(parse_address(owner)), SignatureType.EOA),
        Funder(wallets.proxy, SignatureType.POLY_PROXY),
        Funder(wallets.safe, SignatureType.POLY_GNOSIS_SAFE),
        Funder(wallets.deposit_beacon, SignatureType.POLY_1271),
        Funder(wallets.deposit_uups, SignatureType.POLY_1271),
    )


def _create2(factory: str, salt: bytes, code_hash: bytes) -> str:
    return write_address(keccak256(b"\xff" + parse_address(factory) + salt + code_hash)[12:])


def _deposit(size: int, target: str, code: bytes, arguments: bytes) -> str:
    """Return the deposit wallet whose code ends with its constructor arguments."""
    length = (size + len(arguments)).to_bytes(2, "big")
    init_code = b"\x61" + length + _COPY_ARGUMENTS + parse_address(target) + code + arguments
    return _create2(DEPOSIT_FACTORY, keccak256(arguments), keccak256(init_code))


def _proxy_code() -> bytes:
    """Return the code of a proxy that its factory fills in: an EIP-1167 clone, no data."""
    clone = (
        bytes.fromhex("363d3d373d3d3d363d73")
        + parse_address(PROXY_IMPLEMENTATION)
        + bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
    )
    constructor = (
        bytes.fromhex("3d3d606380380380913d393d73")
        + parse_address(PROXY_FACTORY)
        + bytes.fromhex("5af4602a57600080fd5b602d8060366000396000f3")
    )
    call = text_word("cloneConstructor(bytes)")[:4] + uint_word(WORD) + uint_word(0)
    return constructor + clone + call
