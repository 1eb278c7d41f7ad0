"""What the signer signs, and what it refuses with a reason."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tests.unit.signer.asks import CAPS, MICROS, TOKEN, order
from tests.unit.signer.desk import API_SECRET
from tests.unit.signer.world import START_S, Times, ask, moved_time, opened, refusal, service

from polydesk.domain.instruments import MarketVersion, Side
from polydesk.domain.intents import TimeInForce
from polydesk.errors import NotSignable
from polydesk.signer import messages
from polydesk.signer.messages import (
    Account,
    Done,
    Headers,
    Latch,
    Refused,
    SetClock,
    SignAuth,
    SignedOrder,
    SignHeaders,
    SignOrder,
    SubscribeUser,
    Tighten,
)
from polydesk.signer.orders import maker_of
from polydesk.signer.service import Service
from polydesk.venues.polymarket.signing.contracts import (
    EXCHANGE,
    EXCHANGE_V3,
    NEG_RISK_EXCHANGE,
    Domain,
    OrderVersion,
    exchange_domain,
)
from polydesk.venues.polymarket.signing.orders import OrderFields, SignatureType, order_id

WALLET = "0x9c5B2d1f4E3a7C60b8D1F2e3A4b5C6d7E8f90123".lower()
POSITION = str(1 << 248 | 5 << 120)
"""A yes position of the binary module."""


@pytest.fixture
def times() -> Iterator[Times]:
    with moved_time() as times:
        yield times


def at(times: Times, **changes: Any) -> SignOrder:
    return order(timestamp_ms=times.now_ms, **changes)


def signed(desk: Service, question: SignOrder) -> SignedOrder:
    answer = ask(desk, question)
    assert isinstance(answer, SignedOrder), answer
    return answer


def fields_of(body: bytes) -> OrderFields:
    inner = json.loads(body)["order"]
    return OrderFields(
        salt=inner["salt"], maker=inner["maker"], signer=inner["signer"],
        token_id=int(inner["tokenId"]), maker_amount=int(inner["makerAmount"]),
        taker_amount=int(inner["takerAmount"]), side=Side(inner["side"]),
        signature_type=SignatureType(inner["signatureType"]),
        timestamp_ms=int(inner["timestamp"]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("market", "domain", "contract"),
    [
        ({"version": MarketVersion.V1}, exchange_domain(OrderVersion.V2, False), EXCHANGE),
        (
            {"version": MarketVersion.V1, "neg_risk": True},
            exchange_domain(OrderVersion.V2, True),
            NEG_RISK_EXCHANGE,
        ),
        (
            {"version": MarketVersion.V2, "token_id": POSITION},
            exchange_domain(OrderVersion.V3, False),
            EXCHANGE_V3,
        ),
    ],
)
def test_each_market_has_its_contract(
    times: Times, market: dict[str, Any], domain: Domain, contract: str
) -> None:
    answer = signed(service(), at(times, **market))

    assert domain.contract == contract
    assert answer.order_id == order_id(fields_of(answer.body), domain)


def test_amounts_are_the_signers_own(times: Times) -> None:
    desk = service()
    buy = signed(desk, at(times, price=290_000, size=100 * MICROS))
    sale = signed(desk, at(times, side=Side.SELL, price=290_000, size=100 * MICROS))
    fak = TimeInForce.FAK
    cash = signed(desk, at(times, price=520_000, size=0, cash=10 * MICROS, time_in_force=fak))
    shares = signed(desk, at(times, price=530_000, size=10_010_000, time_in_force=fak))

    assert (buy.maker_amount, buy.taker_amount) == (29 * MICROS, 100 * MICROS)
    assert (sale.maker_amount, sale.taker_amount) == (100 * MICROS, 29 * MICROS)
    assert (cash.maker_amount, cash.taker_amount) == (10 * MICROS, 19_230_700)
    assert (shares.maker_amount, shares.taker_amount) == (5_300_000, 10_000_000)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"price": 535_000}, "off the grid"),
        ({"price": 0}, "between 0 and 1"),
        ({"price": 1_000_000}, "between 0 and 1"),
        ({"price": -530_000}, "between 0 and 1"),
        ({"tick": 0}, "impossible tick"),
        ({"tick": 7}, "impossible tick"),
        ({"size": 0}, "its size or its cash"),
        ({"size": -10 * MICROS}, "its size or its cash"),
        ({"size": 9_999}, "too small"),
        ({"cash": MICROS}, "its size or its cash"),
        ({"size": 0, "cash": MICROS}, "only FAK and FOK buys"),
        ({"size": 1_000 * MICROS + 10_000, "price": 10_000}, "size of one order"),
        ({"size": 950 * MICROS}, "notional of one order would be 503.5, more than 500"),
        ({"salt": 0}, "salt"),
        ({"salt": 2**53}, "salt"),
        ({"token_id": "0"}, "token id"),
        ({"token_id": "0x12"}, "not an id"),
        ({"token_id": str(2**256)}, "not an id"),
        ({"version": MarketVersion.OTHER}, "version"),
        ({"version": MarketVersion.V2, "token_id": TOKEN}, "trades positions"),
        ({"time_in_force": TimeInForce.GTD}, "expired"),
        ({"expiration_s": START_S + 600}, "belongs to GTD"),
        ({"time_in_force": TimeInForce.GTD, "expiration_s": START_S + 60}, "expired"),
        ({"time_in_force": TimeInForce.GTD, "expiration_s": START_S + 86_401}, "lives 86400 s"),
        ({"time_in_force": TimeInForce.FOK, "post_only": True}, "post-only"),
        ({"timestamp_ms": START_S * 1_000 - 60_001}, "a minute from"),
        ({"timestamp_ms": START_S * 1_000 + 60_001}, "a minute from"),
    ],
)
def test_what_must_not_be_signed_is_refused(
    times: Times, changes: dict[str, Any], reason: str
) -> None:
    desk = service()

    assert reason in refusal(
        desk, at(times, **changes) if "timestamp_ms" not in changes else order(**changes)
    )
    assert signed(desk, at(times))


def test_the_edges_of_what_may_be_signed(times: Times) -> None:
    desk = service()
    gtd = {"time_in_force": TimeInForce.GTD}

    for changes in (
        {"salt": 2**53 - 1},
        {"size": 1_000 * MICROS, "price": 500_000},
        {**gtd, "expiration_s": START_S + 61},
        {**gtd, "expiration_s": START_S + 86_400},
        {"price": 10_000},
        {"price": 990_000},
    ):
        assert signed(desk, at(times, **changes))
    for aside_ms in (-60_000, 60_000):
        assert signed(desk, order(timestamp_ms=times.now_ms + aside_ms))


def test_a_salt_is_good_once(times: Times) -> None:
    desk = service()
    signed(desk, at(times, salt=77))

    assert "used before" in refusal(desk, at(times, salt=77, price=540_000))


def test_a_refused_order_uses_up_nothing(times: Times) -> None:
    desk = service(caps=msgspec.structs.replace(CAPS, orders_per_day=1))
    refusal(desk, at(times, price=1))
    refusal(desk, at(times, salt=5, size=9_000 * MICROS))

    assert signed(desk, at(times, salt=5))


def test_price_caps_stop_dear_buys_and_cheap_sales(times: Times) -> None:
    caps = msgspec.structs.replace(CAPS, buy_at_most=600_000, sell_at_least=400_000)
    desk = service(caps=caps)

    assert "price of a buy" in refusal(desk, at(times, price=610_000))
    assert "below 0.4" in refusal(desk, at(times, side=Side.SELL, price=390_000))
    assert signed(desk, at(times, price=600_000))
    assert signed(desk, at(times, side=Side.SELL, price=400_000))


def test_windows_of_orders_and_notional_roll(times: Times) -> None:
    caps = msgspec.structs.replace(CAPS, orders_per_minute=3, orders_per_day=5)
    desk = service(caps=caps)
    for _ in range(3):
        signed(desk, at(times))
    assert "3 orders a minute" in refusal(desk, at(times))
    times.pass_s(59.9)
    assert "3 orders a minute" in refusal(desk, at(times))
    times.pass_s(0.1)
    signed(desk, at(times))
    signed(desk, at(times))
    assert "5 orders a day" in refusal(desk, at(times))
    times.pass_s(86_340)
    assert signed(desk, at(times))


def test_notional_of_a_minute_and_a_day_is_capped(times: Times) -> None:
    caps = msgspec.structs.replace(
        CAPS, notional_per_minute=11 * MICROS, notional_per_day=20 * MICROS
    )
    desk = service(caps=caps)
    for _ in range(2):
        signed(desk, at(times))
    assert "notional of a minute" in refusal(desk, at(times))
    times.pass_s(60)
    signed(desk, at(times))
    assert "notional of a day" in refusal(desk, at(times))


def test_a_clock_set_back_reopens_no_window(times: Times) -> None:
    desk = service(caps=msgspec.structs.replace(CAPS, orders_per_minute=1))
    signed(desk, at(times))
    for offset_ms in (-590_000, 590_000):
        assert ask(desk, SetClock(offset_ms)) == Done()
        late = order(timestamp_ms=times.now_ms + offset_ms)
        assert "1 orders a minute" in refusal(desk, late)
    assert "ten minutes" in refusal(desk, SetClock(600_001))


def test_caps_are_tightened_and_never_loosened(times: Times) -> None:
    desk = service()
    tight = msgspec.structs.replace(CAPS, order_notional=5 * MICROS, sell_at_least=100_000)
    assert ask(desk, Tighten(tight)) == Done()
    assert "notional of one order" in refusal(desk, at(times))
    for name in CAPS.__struct_fields__:
        step = -1 if name == "sell_at_least" else 1
        looser = msgspec.structs.replace(tight, **{name: getattr(tight, name) + step})
        assert f"loosened while the signer runs: {name}" in refusal(desk, Tighten(looser))
    assert desk.caps == tight


def test_a_latched_signer_makes_headers_for_cancels_and_reads_only(times: Times) -> None:
    desk = service(may_authenticate=True)
    body = signed(desk, at(times)).body
    assert isinstance(ask(desk, SignHeaders("POST", "/order", body)), Headers)
    assert ask(desk, Latch()) == Done()

    for question in (
        at(times),
        SignHeaders("POST", "/order", body),
        SignHeaders("POST", "/orders", b"[" + body + b"]"),
        SignHeaders("POST", "/v1/heartbeats", b"{}"),
        SignAuth(),
    ):
        assert "kill switch" in refusal(desk, question)
    for method, path, text in (
        ("DELETE", "/cancel-all", b""),
        ("DELETE", "/order", b'{"orderID":"0x00"}'),
        ("DELETE", "/orders", b"[]"),
        ("DELETE", "/cancel-market-orders", b"{}"),
        ("GET", "/data/orders", b""),
    ):
        assert isinstance(ask(desk, SignHeaders(method, path, text)), Headers)


def test_a_signer_may_start_latched(times: Times) -> None:
    assert "kill switch" in refusal(service(is_latched=True), at(times))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/api-key"),
        ("DELETE", "/auth/api-key"),
        ("POST", "/auth/builder-api-key"),
        ("GET", "/auth/builder-api-key"),
        ("GET", "/auth/derive-api-key"),
        ("GET", "/auth/readonly-api-keys"),
        ("GET", "/data/order/0x12"),
        ("GET", "/data/orders?id=1"),
        ("get", "/data/orders"),
        ("POST", "/data/orders"),
        ("PUT", "/order"),
        ("DELETE", "/cancel-all/../auth/api-key"),
        ("POST", "/order/"),
    ],
)
def test_other_requests_get_no_headers(times: Times, method: str, path: str) -> None:
    assert "no headers for such a request" in refusal(service(), SignHeaders(method, path))


def test_only_fresh_bodies_of_our_own_are_sent(times: Times) -> None:
    desk = service()
    one, two = signed(desk, at(times)).body, signed(desk, at(times)).body
    assert isinstance(
        ask(desk, SignHeaders("POST", "/orders", b"[" + one + b"," + two + b"]")), Headers
    )
    for path, body in (
        ("/order", b"{}"),
        ("/order", one + b" "),
        ("/orders", b"[" + one + b",{}]"),
    ):
        assert "not signed here" in refusal(desk, SignHeaders("POST", path, body))
    for batch in (
        b"[]",
        b"{}",
        b"",
        b"[" + one + b", " + two + b"]",
        b"[" + b",".join([one] * 16) + b"]",
    ):
        assert "plain list of 1 to 15" in refusal(desk, SignHeaders("POST", "/orders", batch))
    times.pass_s(60)
    assert "not signed here" in refusal(desk, SignHeaders("POST", "/order", one))


def test_an_order_of_another_signer_is_not_sent(times: Times) -> None:
    body = signed(service(), at(times)).body

    assert "not signed here" in refusal(service(), SignHeaders("POST", "/order", body))


def test_without_credentials_nothing_private_is_made(times: Times) -> None:
    from pathlib import Path

    from tests.unit.signer.asks import start_of

    start = start_of(Path("/nowhere"), may_authenticate=True)
    desk = Service(start, opened(with_credentials=False), None)

    assert "polydesk setup" in refusal(desk, at(times))
    assert "polydesk setup" in refusal(desk, SignHeaders("GET", "/data/orders"))
    answer = ask(desk, SignAuth(nonce=3))
    assert isinstance(answer, Headers)
    assert answer.headers["POLY_NONCE"] == "3"


def test_a_trading_signer_signs_no_statement_that_yields_credentials(times: Times) -> None:
    assert "only `polydesk setup`" in refusal(service(), SignAuth())


def test_the_subscription_goes_to_the_line_alone() -> None:
    source, sink = os.pipe()
    os.set_blocking(sink, False)
    desk = service(sink)

    assert ask(desk, SubscribeUser()) == Done()
    assert API_SECRET.encode() in os.read(source, 4_096)
    while ask(desk, SubscribeUser()) == Done():
        pass
    assert "takes no message" in refusal(desk, SubscribeUser())
    os.close(source)
    assert "takes no message" in refusal(desk, SubscribeUser())
    os.close(sink)
    assert "no line" in refusal(service(), SubscribeUser())


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xc1",
        b"\x92\x01",
        messages.encode([1, {"type": "digest", "digest": b"0" * 32}]),
        messages.encode([1, {"type": "order", "digest": b"0" * 32}]),
        messages.encode([-1, {"type": "latch"}]),
        messages.encode([1, {"type": "latch", "really": False}]),
        messages.encode([1, {"type": "headers", "method": "GET", "path": "/" * 257}]),
        messages.encode([1, {"type": "tighten", "caps": {}}]),
        messages.encode({"id": 1}),
        b"\x92\x01" + b"\x91" * 200_000 + b"\x01",
        b"\x92\x01\x82\xa4type\xa5order\xa5price" + b"\x91" * 100_000 + b"\x01",
    ],
)
def test_what_is_no_message_is_refused(message: bytes) -> None:
    reply = messages.decode_reply(service().answer(message))

    assert isinstance(reply.answer, Refused)
    assert "not a message" in reply.answer.reason


def test_accounts_that_do_not_fit_are_refused() -> None:
    address = opened().key.address
    deposit = SignatureType.POLY_1271
    for account, reason in (
        (Account(funder=WALLET), "its own funds"),
        (Account(SignatureType.POLY_PROXY), "need the wallet"),
        (Account(SignatureType.POLY_PROXY, "0x12"), "not an address"),
        (Account(SignatureType.POLY_PROXY, WALLET, is_session_key=True), "session keys"),
        (Account(builder="0x12"), "builder code"),
        (Account(builder="nonsense"), "builder code"),
    ):
        with pytest.raises(NotSignable, match=reason):
            maker_of(account, address)
    maker = maker_of(Account(deposit, WALLET, is_session_key=True), address)
    assert maker.address.lower() == maker.signer.lower() == WALLET


@pytest.mark.parametrize(
    ("account", "length"),
    [
        (Account(), 65),
        (Account(SignatureType.POLY_PROXY, WALLET), 65),
        (Account(SignatureType.POLY_GNOSIS_SAFE, WALLET), 65),
        (Account(SignatureType.POLY_1271, WALLET), 317),
        (Account(SignatureType.POLY_1271, WALLET, is_session_key=True), 480),
    ],
)
def test_every_kind_of_account_signs(times: Times, account: Account, length: int) -> None:
    answer = signed(service(account=account), at(times))
    signature = json.loads(answer.body)["order"]["signature"]

    assert len(bytes.fromhex(signature[2:])) == length
