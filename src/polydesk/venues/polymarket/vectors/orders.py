"""Vectors of signed orders: versions 2 and 3, the legacy version 1, and session keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from polydesk.domain.instruments import Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros, parse_micros
from polydesk.venues.polymarket.signing.amounts import (
    Amounts,
    limit_amounts,
    market_buy_amounts,
    market_sell_amounts,
)
from polydesk.venues.polymarket.signing.body import (
    ORDER_PATH,
    compact,
    order_request,
)
from polydesk.venues.polymarket.signing.contracts import OrderVersion, exchange_domain
from polydesk.venues.polymarket.signing.eip712 import Domain, typed_digest
from polydesk.venues.polymarket.signing.keys import PrivateKey
from polydesk.venues.polymarket.signing.legacy import LegacyOrder, legacy_hash
from polydesk.venues.polymarket.signing.orders import (
    ORDER_TYPE,
    ORDER_TYPE_HASH,
    SIDE_NUMBER,
    OrderFields,
    SignatureType,
    order_digest,
    struct_hash,
)
from polydesk.venues.polymarket.signing.positions import asset_number
from polydesk.venues.polymarket.signing.signatures import (
    TYPED_DATA_SIGN_TYPE_HASH,
    checked,
    sign_order,
    sign_order_with_session_key,
    signed_digest,
    wrapped_hash,
)
from polydesk.venues.polymarket.vectors.cases import Case, Row, Values

_TYPES: Values = {
    "order_type_string": ORDER_TYPE,
    "order_type_hash": "0x" + ORDER_TYPE_HASH.hex(),
    "typed_data_sign_type_hash": "0x" + TYPED_DATA_SIGN_TYPE_HASH.hex(),
}
_REPEATED = ("eoa", "signature_type_name")
"""Inputs that follow from other inputs."""


def orders(file: Row) -> Iterator[Case]:
    """Yield the cases of a file of version 2 or 3 orders."""
    header = file.only(*_TYPES)
    for row in file.rows("vectors"):
        yield _case(row, header, _order)


def legacy_orders(file: Row) -> Iterator[Case]:
    """Yield the cases of a file of version 1 orders."""
    for row in file.rows("vectors"):
        yield _case(row, {}, _legacy_order)


def _case(row: Row, header: Values, make: Callable[[Row], Values]) -> Case:
    def expected() -> Values:
        given = {**row.row("input").only(*_REPEATED), **row.row("expected").values()}
        return {**header, **given}

    return Case(row.text("id"), expected, lambda: make(row.row("input")))


def order_amounts(given: Row) -> Amounts:
    """Return the amounts of a vector's limit or market order."""
    side, kind = Side(given.text("side")), given.text("kind")
    price, tick = (PriceMicros(parse_micros(given.text(key))) for key in ("price", "tick_size"))
    if kind == "limit":
        return limit_amounts(side, price, ShareMicros(parse_micros(given.text("size"))), tick)
    if kind != "market":
        raise ValueError(f"input.kind {kind!r} is neither limit nor market")
    amount = parse_micros(given.text("amount"))
    if side is Side.BUY:
        return market_buy_amounts(UsdMicros(amount), price, tick)
    return market_sell_amounts(ShareMicros(amount), price, tick)


def _order(given: Row) -> Values:
    key = PrivateKey(given.raw("private_key"))
    domain = _domain(given)
    order = _fields(given)
    signature = sign_order(order, domain, key)
    body = order_request(
        order,
        signature,
        given.text("owner"),
        TimeInForce(given.text("order_type")),
        expiration_s=given.whole("expiration"),
        post_only=given.flag("post_only"),
        defer_exec=given.flag("defer_exec"),
    )
    values = {
        **_TYPES,
        **_who(key, order.signature_type),
        **_domain_values(domain),
        "struct_hash": _hex(struct_hash(order)),
        "order_hash": _hex(order_digest(order, domain)),
        "signed_digest": _hex(signed_digest(order, domain)),
        **_signed(Amounts(order.maker_amount, order.taker_amount), order.side, signature, body),
    }
    if order.signature_type is SignatureType.POLY_1271:
        values["typed_data_sign_struct_hash"] = _hex(wrapped_hash(order, domain))
    return values


def _fields(given: Row) -> OrderFields:
    amounts = order_amounts(given)
    return OrderFields(
        salt=given.whole("salt"),
        maker=given.text("maker"),
        signer=given.text("signer"),
        token_id=asset_number(given.text("asset_id")),
        maker_amount=amounts.maker,
        taker_amount=amounts.taker,
        side=Side(given.text("side")),
        signature_type=SignatureType(given.whole("signature_type")),
        timestamp_ms=given.whole("timestamp_ms"),
        metadata=given.raw("metadata"),
        builder=given.raw("builder"),
    )


def _domain(given: Row) -> Domain:
    version = OrderVersion(str(given.whole("order_version")))
    return exchange_domain(version, given.flag("neg_risk"), given.whole("chain_id"))


def _legacy_order(given: Row) -> Values:
    key = PrivateKey(given.raw("private_key"))
    domain = _domain(given)
    amounts = order_amounts(given)
    order = _legacy_fields(given, amounts)
    digest = typed_digest(domain, legacy_hash(order))
    signature = checked(key.sign(digest))
    return {
        **_who(key, order.signature_type),
        **_domain_values(domain),
        "struct_hash": _hex(legacy_hash(order)),
        "order_hash": _hex(digest),
        "signed_digest": _hex(digest),
        **_signed(amounts, order.side, signature, _legacy_body(given, order, signature)),
    }


def _legacy_fields(given: Row, amounts: Amounts) -> LegacyOrder:
    return LegacyOrder(
        salt=given.whole("salt"),
        maker=given.text("maker"),
        signer=given.text("signer"),
        taker=given.text("taker"),
        token_id=asset_number(given.text("asset_id")),
        maker_amount=amounts.maker,
        taker_amount=amounts.taker,
        expiration_s=given.whole("expiration"),
        nonce=given.whole("nonce"),
        fee_rate_bps=given.whole("fee_rate_bps"),
        side=Side(given.text("side")),
        signature_type=SignatureType(given.whole("signature_type")),
    )


def _legacy_body(given: Row, order: LegacyOrder, signature: bytes) -> Values:
    """Return the request of the old clients; nothing here sends it."""
    inner = {
        "salt": order.salt,
        "maker": order.maker,
        "signer": order.signer,
        "taker": order.taker,
        "tokenId": str(order.token_id),
        "makerAmount": str(order.maker_amount),
        "takerAmount": str(order.taker_amount),
        "side": order.side.value,
        "expiration": str(order.expiration_s),
        "nonce": str(order.nonce),
        "feeRateBps": str(order.fee_rate_bps),
        "signatureType": order.signature_type.value,
        "signature": _hex(signature),
    }
    return {
        "order": inner,
        "owner": given.text("owner"),
        "orderType": given.text("order_type"),
        "deferExec": given.flag("defer_exec"),
        "postOnly": given.flag("post_only"),
    }


def session_orders(file: Row) -> Iterator[Case]:
    """Yield the cases of deposit wallet orders signed by a session key."""
    for number, row in enumerate(file.rows("vectors")):
        yield Case(f"vectors[{number}]", _session_expected(row), _session_ours(row.row("input")))


def _session_expected(row: Row) -> Callable[[], Values]:
    repeated = ("session_signer", "exchange_address")
    return lambda: {**row.row("input").only(*repeated), **row.row("expected").values()}


def _session_ours(given: Row) -> Callable[[], Values]:
    def make() -> Values:
        key = PrivateKey(given.raw("session_private_key"))
        version = OrderVersion(given.text("protocol_version"))
        domain = exchange_domain(version, neg_risk=False, chain_id=given.whole("chain_id"))
        order = _session_fields(given)
        return {
            "session_signer": key.address,
            "exchange_address": domain.contract,
            "signed_digest": _hex(signed_digest(order, domain)),
            "erc7739_signature": _hex(sign_order(order, domain, key)),
            "signature": _hex(sign_order_with_session_key(order, domain, key)),
        }

    return make


def _session_fields(given: Row) -> OrderFields:
    wallet = given.text("deposit_wallet")
    return OrderFields(
        salt=given.whole("salt"),
        maker=wallet,
        signer=wallet,
        token_id=asset_number(given.text("token_id")),
        maker_amount=given.whole("maker_amount"),
        taker_amount=given.whole("taker_amount"),
        side=Side(given.text("side")),
        signature_type=SignatureType.POLY_1271,
        timestamp_ms=given.whole("timestamp"),
    )


def _who(key: PrivateKey, kind: SignatureType) -> Values:
    return {"eoa": key.address, "signature_type_name": kind.name}


def _domain_values(domain: Domain) -> Values:
    members = {
        "name": domain.name,
        "version": domain.version,
        "chainId": domain.chain_id,
        "verifyingContract": domain.contract,
    }
    return {"domain": members, "domain_separator": _hex(domain.separator)}


def _signed(amounts: Amounts, side: Side, signature: bytes, body: dict[str, Any]) -> Values:
    return {
        "maker_amount": str(amounts.maker),
        "taker_amount": str(amounts.taker),
        "side_uint8": SIDE_NUMBER[side],
        "signature": _hex(signature),
        "signature_bytes": len(signature),
        "request": {"method": "POST", "path": ORDER_PATH},
        "body": body,
        "body_compact_json": compact(body).decode(),
    }


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()
