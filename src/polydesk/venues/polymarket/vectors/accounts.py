"""Vectors of accounts: authentication, derived wallets, position ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing import contracts
from polydesk.venues.polymarket.signing.auth import (
    AUTH_MESSAGE,
    auth_domain,
    auth_hash,
    decode_secret,
    l1_headers,
    l2_headers,
    l2_message,
)
from polydesk.venues.polymarket.signing.eip712 import typed_digest, uint_word
from polydesk.venues.polymarket.signing.keys import ApiCredentials, PrivateKey
from polydesk.venues.polymarket.signing.positions import (
    Module,
    asset_number,
    decode_position,
    looks_like_position,
)
from polydesk.venues.polymarket.signing.wallets import derive_wallets
from polydesk.venues.polymarket.vectors.cases import Case, Row, Values

_NO_MODULE = "Position ID must use a supported protocol v2 module"
_NO_OUTCOME = "Protocol v2 position ID must be a YES/NO position ID"
"""What the vectors say where we refuse; ours say more."""


def key_headers(file: Row) -> Iterator[Case]:
    """Yield the cases of L1 headers."""
    yield from _by_id(file, _key_headers)


def request_headers(file: Row) -> Iterator[Case]:
    """Yield the cases of L2 headers."""
    yield from _by_id(file, _request_headers)


def _by_id(file: Row, make: Callable[[Row], Values]) -> Iterator[Case]:
    for row in file.rows("vectors"):
        yield _headers_case(row, make)


def _headers_case(row: Row, make: Callable[[Row], Values]) -> Case:
    return Case(
        row.text("id"), lambda: row.row("expected").values(), lambda: make(row.row("input"))
    )


def _key_headers(given: Row) -> Values:
    key = PrivateKey(given.raw("private_key"))
    chain, nonce, time_s = given.whole("chain_id"), given.whole("nonce"), given.whole("timestamp")
    domain = auth_domain(chain)
    statement = auth_hash(key.address, time_s, nonce)
    return {
        "domain": {"name": domain.name, "version": domain.version, "chainId": domain.chain_id},
        "message": {
            "address": key.address,
            "timestamp": str(time_s),
            "nonce": nonce,
            "message": AUTH_MESSAGE,
        },
        "domain_separator": _hex(domain.separator),
        "struct_hash": _hex(statement),
        "digest": _hex(typed_digest(domain, statement)),
        "headers": l1_headers(key, time_s, nonce=nonce, chain_id=chain),
    }


def _request_headers(given: Row) -> Values:
    secret = decode_secret(given.text("secret"))
    credentials = ApiCredentials(given.text("api_key"), secret, given.text("passphrase"))
    body = b"" if given.only("body") == {"body": None} else given.text("body").encode()
    request = (given.whole("timestamp"), given.text("method"), given.text("request_path"), body)
    return {
        "message": l2_message(*request).decode(),
        "headers": dict(l2_headers(given.text("address"), credentials, *request)),
    }


def wallets(file: Row) -> Iterator[Case]:
    """Yield the cases of derived wallets, each with the factories they come from."""
    factories = file.row("factories").values()
    for row in file.rows("vectors"):
        yield _wallets_case(row, factories)


def _wallets_case(row: Row, factories: Values) -> Case:
    def ours() -> Values:
        found = derive_wallets(row.text("eoa"))
        return {
            "poly_proxy": found.proxy,
            "gnosis_safe": found.safe,
            "deposit_wallet_beacon": found.deposit_beacon,
            "deposit_wallet_uups": found.deposit_uups,
            "factories": _FACTORIES,
        }

    return Case(row.text("eoa"), lambda: {**row.values("eoa"), "factories": factories}, ours)


_FACTORIES: Values = {
    "proxy_factory": contracts.PROXY_FACTORY,
    "proxy_implementation": contracts.PROXY_IMPLEMENTATION,
    "safe_factory": contracts.SAFE_FACTORY,
    "safe_init_code_hash": contracts.SAFE_INIT_CODE_HASH,
    "deposit_wallet_factory": contracts.DEPOSIT_FACTORY,
    "deposit_wallet_implementation": contracts.DEPOSIT_IMPLEMENTATION,
    "deposit_wallet_beacon": contracts.DEPOSIT_BEACON,
}


def positions(file: Row) -> Iterator[Case]:
    """Yield the cases of position ids."""
    for row in file.rows("vectors"):
        yield _position_case(row)


def _position_case(row: Row) -> Case:
    def ours() -> Values:
        asset = asset_number(row.text("id"))
        shape = {
            "hex": _hex(uint_word(asset)),
            "is_protocol_v2_position": looks_like_position(asset),
        }
        return {**shape, **_decoded(asset)}

    return Case(row.text("id"), lambda: row.values("id"), ours)


def _decoded(asset: int) -> Values:
    try:
        position = decode_position(asset)
    except NotSignable:
        known = uint_word(asset)[0] in set(Module)
        return {"decode_error": _NO_OUTCOME if known else _NO_MODULE}
    parts: Values = {
        "module_id": position.module.value,
        "condition_id_bytes31": _hex(position.condition),
        "outcome_index": position.outcome,
    }
    return {"decoded": parts}


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()
