"""Whatever the desk says, the signer answers, and signs nothing beyond its caps."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import count
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.signer.asks import MICROS, TOKEN, order
from tests.unit.signer.world import Times, moved_time, service

from polydesk.domain.instruments import MarketVersion, Side
from polydesk.domain.intents import TimeInForce
from polydesk.signer import messages
from polydesk.signer.caps import Caps
from polydesk.signer.messages import Latch, SignedOrder, SignHeaders

CAPS = Caps(
    order_size=80 * MICROS,
    order_notional=40 * MICROS,
    notional_per_minute=90 * MICROS,
    notional_per_day=200 * MICROS,
    orders_per_minute=4,
    orders_per_day=12,
    longest_life_s=3_600,
    buy_at_most=950_000,
    sell_at_least=30_000,
)
DIGEST = b"\x11" * 32

ticks = st.sampled_from([100_000, 10_000, 5_000, 2_500, 1_000, 100, 7, 0, -10_000])
prices = st.one_of(
    st.sampled_from([10_000, 20_000, 30_000, 500_000, 950_000, 960_000]),
    st.integers(-5, 1_000_005),
    st.integers(1, 99).map(lambda cents: cents * 10_000),
)
amounts = st.one_of(st.integers(-MICROS, 100 * MICROS), st.sampled_from([0, 2**62, 2**63]))
times_of_orders = st.one_of(st.just(0), st.integers(-70_000, 70_000))
waits = st.sampled_from([0.0, 0.0, 0.1, 5.0, 31.0, 61.0, 20_000.0])


hostile_orders = st.fixed_dictionaries(
    {},
    optional={
        "late_ms": st.integers(-70_000, 70_000),
        "token_id": st.sampled_from([TOKEN, "0", "1", "x", str(2**256), str(1 << 248)]),
        "side": st.sampled_from(Side),
        "price": prices,
        "size": amounts,
        "cash": st.one_of(st.just(0), amounts),
        "tick": ticks,
        "version": st.sampled_from(MarketVersion),
        "neg_risk": st.booleans(),
        "time_in_force": st.sampled_from(TimeInForce),
        "expiration_s": st.one_of(st.just(0), st.integers(0, 5_000)),
        "salt": st.one_of(st.integers(1, 2**53 - 1), st.integers(-1, 6), st.just(2**53)),
        "post_only": st.booleans(),
    },
)
"""A good order with some things changed; the shortest is a good order."""


def question(times: Times, drawn: dict[str, Any]) -> messages.SignOrder:
    values = dict(drawn)
    late_ms = values.pop("late_ms", 0)
    if values.get("expiration_s"):
        values["expiration_s"] += times.now_ms // 1_000
    return order(**values, timestamp_ms=times.now_ms + late_ms)


def check_one(times: Times, answer: SignedOrder) -> int:
    """Check one signed order from its bytes alone; return its notional."""
    body = json.loads(answer.body)
    inner = body["order"]
    maker, taker = int(inner["makerAmount"]), int(inner["takerAmount"])
    is_buy = inner["side"] == "BUY"
    cash, shares = (maker, taker) if is_buy else (taker, maker)
    assert 0 < cash <= CAPS.order_notional
    assert 0 < shares <= CAPS.order_size
    assert cash < shares
    # A market buy's shares are rounded down, so its price may be a hair above the limit.
    assert cash * 100 <= 95 * shares + 10_000 if is_buy else cash * 100 >= 3 * shares
    assert 1 <= inner["salt"] <= 2**53 - 1
    assert abs(int(inner["timestamp"]) - times.now_ms) <= 60_000
    expiration = int(inner["expiration"])
    assert (body["orderType"] == "GTD") == (expiration > 0)
    if expiration:
        assert 60 < expiration - times.now_ms // 1_000 <= CAPS.longest_life_s
    return cash


def check_windows(signed: Iterable[tuple[int, int]], now_ns: int) -> None:
    """Count again from the list of everything that was signed."""
    for window_s, most, limit in (
        (60, CAPS.orders_per_minute, CAPS.notional_per_minute),
        (86_400, CAPS.orders_per_day, CAPS.notional_per_day),
    ):
        recent = [cash for at, cash in signed if now_ns - at < window_s * 10**9]
        assert len(recent) <= most
        assert sum(recent) <= limit


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(hostile_orders, waits), min_size=1, max_size=40))
def test_no_sequence_of_orders_gets_past_a_cap(
    script: list[tuple[dict[str, Any], float]],
) -> None:
    with moved_time() as times:
        desk = service(caps=CAPS)
        signed: list[tuple[int, int]] = []
        salts: set[int] = set()
        for drawn, wait in script:
            times.pass_s(wait)
            ask = question(times, drawn)
            try:
                raw = messages.encode(ask)
            except OverflowError:
                continue
            reply = messages.decode_reply(
                desk.answer(messages.encode(messages.Request(1, msgspec.Raw(raw))))
            )
            if isinstance(reply.answer, SignedOrder):
                signed.append((times.passed_ns, check_one(times, reply.answer)))
                assert ask.salt not in salts
                salts.add(ask.salt)
                check_windows(signed, times.passed_ns)


def test_a_greedy_desk_gets_exactly_its_caps() -> None:
    """The property above is about something: good orders are signed until a cap says no."""
    with moved_time() as times:
        desk = service(caps=CAPS)
        signed: list[tuple[int, int]] = []
        salts = count(1)
        for _ in range(400):
            times.pass_s(7)
            ask = order(salt=next(salts), size=30 * MICROS, timestamp_ms=times.now_ms)
            request = messages.Request(1, msgspec.Raw(messages.encode(ask)))
            answer = messages.decode_reply(desk.answer(messages.encode(request))).answer
            if isinstance(answer, SignedOrder):
                signed.append((times.passed_ns, check_one(times, answer)))
        check_windows(signed, times.passed_ns)

    assert len(signed) == 12


json_like = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text()
    | st.binary(max_size=64) | st.just(DIGEST),
    lambda inner: st.lists(inner, max_size=6)
    | st.dictionaries(
        st.sampled_from(["type", "id", "digest", "method", "path", "body", "price", "caps"])
        | st.text(max_size=5),
        inner,
        max_size=6,
    ),
    max_leaves=12,
)  # fmt: skip
kinds = st.sampled_from(["order", "headers", "auth", "user", "tighten", "clock", "latch", "sign"])


@settings(max_examples=400, deadline=None)
@given(
    st.binary(max_size=300)
    | json_like.map(msgspec.msgpack.encode)
    | st.tuples(st.integers(-5, 2**63), json_like).map(msgspec.msgpack.encode)
    | st.tuples(st.integers(0, 9), st.tuples(kinds, json_like)).map(
        lambda drawn: msgspec.msgpack.encode([drawn[0], {"type": drawn[1][0], "body": drawn[1][1]}])
    )
)
def test_no_bytes_break_the_signer_or_make_it_sign(message: bytes) -> None:
    answer = messages.decode_reply(service(caps=CAPS).answer(message)).answer

    assert not isinstance(answer, SignedOrder)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=600), st.sampled_from(["/order", "/orders"]), st.data())
def test_no_altered_body_gets_headers(noise: bytes, path: str, data: st.DataObject) -> None:
    with moved_time() as times:
        desk = service()
        ask = messages.Request(1, msgspec.Raw(messages.encode(order(timestamp_ms=times.now_ms))))
        signed = messages.decode_reply(desk.answer(messages.encode(ask))).answer
        assert isinstance(signed, SignedOrder)
        place = data.draw(st.integers(0, len(signed.body) - 1))
        altered = (
            signed.body[:place] + noise[:9] + signed.body[place + data.draw(st.integers(0, 9)) :]
        )
        bodies = [body for body in (noise, altered) if body != signed.body]
        for body in bodies:
            text = body if path == "/order" else b"[" + body + b"]"
            question = SignHeaders("POST", path, text)
            request = messages.Request(2, msgspec.Raw(messages.encode(question)))
            answer = messages.decode_reply(desk.answer(messages.encode(request))).answer
            assert isinstance(answer, messages.Refused)


@settings(max_examples=60, deadline=None)
@given(st.lists(hostile_orders, min_size=1, max_size=10))
def test_nothing_is_signed_after_the_kill_switch(script: list[dict[str, Any]]) -> None:
    with moved_time() as times:
        desk = service()
        first = messages.Request(1, msgspec.Raw(messages.encode(Latch())))
        desk.answer(messages.encode(first))
        for drawn in script:
            try:
                raw = messages.encode(question(times, drawn))
            except OverflowError:
                continue
            request = messages.encode(messages.Request(2, msgspec.Raw(raw)))
            answer = messages.decode_reply(desk.answer(request)).answer
            assert isinstance(answer, messages.Refused)
