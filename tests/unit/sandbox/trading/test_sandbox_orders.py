"""Orders as official clients sign them: read, verified for their contract, priced."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.signing.known import TEST_ADDRESS, VECTORS

from polydesk.domain.events import BookSnapshotReceived
from polydesk.domain.ids import ConditionId, TokenId
from polydesk.domain.instruments import Market, MarketVersion, Outcome, Side
from polydesk.domain.units import MICROS, PriceMicros, parse_micros
from polydesk.sandbox.trading.denials import Denied
from polydesk.sandbox.trading.payload import OrderRequest, read_order
from polydesk.sandbox.trading.pricing import bought_for, limit_of
from polydesk.sandbox.trading.verification import check_signature, is_session
from polydesk.venues.polymarket.signing.contracts import POLYGON
from polydesk.venues.polymarket.signing.orders import OrderFields, SignatureType, order_id
from polydesk.venues.simulation.exchange.book import MarketBook


def vectors(name: str) -> list[Any]:
    found: list[Any] = json.loads((VECTORS / f"{name}.json").read_text())["vectors"]
    return found


def polygon_orders() -> list[Any]:
    both = [*vectors("orders_v2"), *vectors("orders_v3")]
    return [vector for vector in both if vector["input"]["chain_id"] == POLYGON]


ORDERS = polygon_orders()
BY_NAME = pytest.mark.parametrize("vector", ORDERS, ids=lambda vector: str(vector["id"]))
V2 = next(vector for vector in ORDERS if vector["id"] == "v2-eoa-buy-0.01")
WALLET = next(vector for vector in ORDERS if vector["id"] == "v2-1271-buy-0.01")


def market(version: str, *, neg_risk: bool = False, tick: int = 10_000) -> Market:
    return Market(
        ConditionId("0x1"),
        "?",
        "q",
        (Outcome(TokenId("1"), "Yes", 0), Outcome(TokenId("2"), "No", 1)),
        tick=PriceMicros(tick),
        neg_risk=neg_risk,
        version=MarketVersion(version),
    )


def market_of(vector: Any) -> Market:
    is_new = vector["expected"]["domain"]["version"] == "3"
    return market("v2" if is_new else "v1", neg_risk=bool(vector["input"].get("neg_risk")))


def checked(request: OrderRequest, where: Market, address: str = TEST_ADDRESS) -> str:
    session = is_session(request.signature)
    domain = check_signature(request.fields, request.signature, where, address, session=session)
    return str(order_id(request.fields, domain))


@BY_NAME
def test_an_official_order_is_accepted_under_its_digest(vector: Any) -> None:
    request = read_order(vector["expected"]["body"])
    assert checked(request, market_of(vector)) == vector["expected"]["order_hash"]


@BY_NAME
def test_nobody_else_signed_it(vector: Any) -> None:
    request = read_order(vector["expected"]["body"])
    with pytest.raises(Denied, match="invalid signature"):
        checked(request, market_of(vector), "0x" + "1" * 40)


@BY_NAME
def test_a_changed_order_is_not_the_signed_one(vector: Any) -> None:
    body = copy.deepcopy(vector["expected"]["body"])
    body["order"]["makerAmount"] = str(int(body["order"]["makerAmount"]) + 1)
    with pytest.raises(Denied, match="invalid signature"):
        checked(read_order(body), market_of(vector))


def test_the_other_version_is_named_and_the_other_contract_is_not() -> None:
    request = read_order(V2["expected"]["body"])
    with pytest.raises(Denied, match="order_version_mismatch"):
        checked(request, market("v2"))
    with pytest.raises(Denied, match="order_version_mismatch"):
        checked(request, market("other"))
    with pytest.raises(Denied, match="invalid signature"):
        checked(request, market("v1", neg_risk=True))


@pytest.mark.parametrize("position", [0, 32, 64, 70, 100, 140, 300, 316])
def test_every_part_of_a_wallets_signature_counts(position: int) -> None:
    body = copy.deepcopy(WALLET["expected"]["body"])
    signature = bytearray.fromhex(body["order"]["signature"][2:])
    signature[position] ^= 1
    body["order"]["signature"] = "0x" + signature.hex()
    with pytest.raises(Denied, match="invalid signature"):
        checked(read_order(body), market_of(WALLET))


def session_request() -> OrderRequest:
    (vector,) = [v for v in vectors("orders_session_key") if v["input"]["side"] == "BUY"][:1]
    given = vector["input"]
    fields = OrderFields(
        salt=given["salt"],
        maker=given["deposit_wallet"],
        signer=given["deposit_wallet"],
        token_id=int(given["token_id"]),
        maker_amount=int(given["maker_amount"]),
        taker_amount=int(given["taker_amount"]),
        side=Side.BUY,
        signature_type=SignatureType.POLY_1271,
        timestamp_ms=int(given["timestamp"]),
    )
    request = read_order(V2["expected"]["body"])
    signature = bytes.fromhex(vector["expected"]["signature"][2:])
    return OrderRequest(fields, signature, request.owner, request.order_type, False, 0)


def test_a_session_keys_envelope_is_opened() -> None:
    request = session_request()
    assert is_session(request.signature)
    assert checked(request, market("v1")).startswith("0x")


@pytest.mark.parametrize("position", [0, 31, 40, 95, 127, 200, 445, 447])
def test_every_byte_of_the_envelope_counts(position: int) -> None:
    request = session_request()
    signature = bytearray(request.signature)
    signature[position] ^= 1
    with pytest.raises(Denied, match="invalid signature"):
        check_signature(request.fields, bytes(signature), market("v1"), TEST_ADDRESS, session=True)


def test_a_signature_with_the_higher_s_is_no_signature() -> None:
    body = copy.deepcopy(V2["expected"]["body"])
    raw = bytes.fromhex(body["order"]["signature"][2:])
    order = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
    twin = (order - int.from_bytes(raw[32:64], "big")).to_bytes(32, "big")
    body["order"]["signature"] = "0x" + (raw[:32] + twin + bytes([55 - raw[64]])).hex()
    with pytest.raises(Denied, match="invalid signature"):
        checked(read_order(body), market_of(V2))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("salt", 2**53),
        ("salt", "479249096354"),
        ("salt", 0),
        ("salt", True),
        ("maker", "0x12"),
        ("side", "buy"),
        ("side", 0),
        ("tokenId", 5),
        ("tokenId", "0x10"),
        ("makerAmount", "-5"),
        ("makerAmount", "0"),
        ("takerAmount", "1.5"),
        ("signatureType", 4),
        ("signatureType", "0"),
        ("timestamp", 1_795_000_000_000),
        ("metadata", "0x00"),
        ("signature", "0x"),
        ("signature", None),
    ],
)
def test_a_malformed_order_is_refused(name: str, value: Any) -> None:
    body = copy.deepcopy(V2["expected"]["body"])
    body["order"][name] = value
    with pytest.raises(Denied, match="Invalid order payload"):
        read_order(body)


@pytest.mark.parametrize("body", [None, [], "x", {}, {"order": []}, {"order": {}}])
def test_what_is_no_order_is_refused(body: Any) -> None:
    with pytest.raises(Denied, match="Invalid order payload"):
        read_order(body)


@pytest.mark.parametrize(
    "change", [{"orderType": "IOC"}, {"owner": 5}, {"postOnly": 1}, {"orderType": None}]
)
def test_malformed_options_are_refused(change: Any) -> None:
    with pytest.raises(Denied, match="Invalid order payload"):
        read_order({**V2["expected"]["body"], **change})


def test_an_order_of_the_first_version_is_told_so() -> None:
    (legacy, *_) = vectors("orders_v1_legacy")
    body = legacy["expected"]["body"]
    with pytest.raises(Denied, match="order_version_mismatch"):
        read_order(body)


def test_a_foreign_maker_of_an_own_wallet_type_is_refused() -> None:
    body = copy.deepcopy(V2["expected"]["body"])
    body["order"]["maker"] = "0x" + "1" * 40
    with pytest.raises(Denied, match="maker address not allowed"):
        read_order(body)


AMOUNTS = [row for row in vectors("amounts") if "maker_amount" in row and "price" in row]


@pytest.mark.parametrize("row", AMOUNTS, ids=str)
def test_official_amounts_give_their_limit_price_back(row: Any) -> None:
    order = OrderFields(
        salt=1,
        maker=TEST_ADDRESS,
        signer=TEST_ADDRESS,
        token_id=1,
        maker_amount=int(row["maker_amount"]),
        taker_amount=int(row["taker_amount"]),
        side=Side(row["side"]),
        signature_type=SignatureType.EOA,
        timestamp_ms=1,
    )
    price, size = limit_of(order, PriceMicros(parse_micros(row["tick_size"])))
    assert price == parse_micros(row["price"])
    assert size == (order.taker_amount if order.side is Side.BUY else order.maker_amount)


@pytest.mark.parametrize(("shares", "price"), [(19_230_800, 510_000), (19_240_000, 519_750)])
def test_shares_rounded_up_lie_below_the_limit(shares: int, price: int) -> None:
    fields = read_order(V2["expected"]["body"]).fields
    order = replace(fields, side=Side.BUY, maker_amount=10_000_000, taker_amount=shares)
    assert limit_of(order, PriceMicros(10_000))[0] == price


def test_amounts_off_the_grid_keep_their_plain_ratio() -> None:
    request = read_order(V2["expected"]["body"])
    price, _ = limit_of(request.fields, PriceMicros(100_000))
    assert price == 520_000


def test_a_market_buy_spends_its_money_on_what_is_offered_cheaper() -> None:
    book = MarketBook(market("v1"))
    asks = [(500_000, 10 * MICROS), (520_000, 100 * MICROS)]
    book.displayed.on_snapshot(
        BookSnapshotReceived(TokenId("1"), ConditionId("0x1"), 1, 1, bids=[], asks=asks)
    )
    price = PriceMicros(520_000)
    assert bought_for(31 * MICROS, book, TokenId("1"), price) == 60 * MICROS
    assert bought_for(5 * MICROS, book, TokenId("1"), price) == 10 * MICROS
    assert bought_for(109 * MICROS, book, TokenId("1"), price) == 210 * MICROS
    assert bought_for(52 * MICROS, book, TokenId("2"), price) == 100 * MICROS
