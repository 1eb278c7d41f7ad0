"""Due timers run at their own time, whoever wakes them."""

from __future__ import annotations

import json

import pytest
from tests.builders import (
    LEADER,
    MS,
    SECOND,
    T0,
    YES,
    follow,
    leader_trade,
    levels,
    micros,
    ready_engine,
    snapshot,
)

from polydesk.domain import events as ev
from polydesk.domain.commands import CancelAll, Kill, PlaceOrder, RequestSnapshot, Watch
from polydesk.domain.frames import CONTROL, MARKET, Frame
from polydesk.domain.instruments import Side
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.engine.engine import Engine
from polydesk.runtime.control import (
    SessionOpened,
    encode_command,
    encode_session,
    encode_status,
    encode_tick,
)
from polydesk.runtime.pipeline import Outward, Pipeline

ARRIVED = 110 * MS
"""Later than the largest modelled latency."""


def order_at(pipeline: Pipeline, at: int, *, tif: str = "FAK", price: str = "0.52") -> Order:
    command = PlaceOrder(
        YES, Side.BUY, PriceMicros(micros(price)), ShareMicros(micros("10")), tif, ref=f"r{at}"
    )
    pipeline.apply(ev.UserCommandGiven(at, command))
    return list(pipeline.engine.account.orders.values())[-1]


def book(ask: str, at: int) -> ev.BookSnapshotReceived:
    return snapshot(levels(("0.20", "300")), levels((ask, "200")), at=at)


def bought_at(pipeline: Pipeline) -> list[int]:
    return [fill.price for fill in pipeline.engine.account.fills]


def test_an_order_meets_the_book_of_the_moment_it_arrives() -> None:
    pipeline = Pipeline(ready_engine())
    order_at(pipeline, T0)

    pipeline.apply(book("0.51", T0 + 50 * MS))
    assert bought_at(pipeline) == []
    pipeline.apply(book("0.30", T0 + ARRIVED))

    assert bought_at(pipeline) == [micros("0.51")]


def test_ticks_between_change_nothing_about_the_fill() -> None:
    def fills(*, ticks: bool) -> list[object]:
        pipeline = Pipeline(ready_engine())
        order_at(pipeline, T0)
        for n in range(20 if ticks else 0):
            pipeline.feed(encode_tick(T0 + n * 10 * MS))
        pipeline.apply(book("0.51", T0 + SECOND))
        return list(pipeline.engine.account.fills)

    assert fills(ticks=True) == fills(ticks=False) != []


def test_a_fill_bears_the_time_of_its_arrival_not_of_what_woke_it() -> None:
    pipeline = Pipeline(ready_engine())
    order_at(pipeline, T0)

    pipeline.feed(encode_tick(T0 + SECOND))

    (fill,) = pipeline.engine.account.fills
    assert T0 + 60 * MS <= fill.ts_event <= T0 + 100 * MS


def test_the_end_of_a_recording_lets_orders_on_their_way_arrive() -> None:
    pipeline = Pipeline(ready_engine())
    order = order_at(pipeline, T0)

    pipeline.finish()

    assert order.state is OrderState.MATCHED
    hash_then = pipeline.state_hash()
    pipeline.finish()
    assert pipeline.state_hash() == hash_then


def test_a_cancel_reaches_the_venue_and_ends_the_order() -> None:
    pipeline = Pipeline(ready_engine())
    order = order_at(pipeline, T0, tif="GTC", price="0.40")
    pipeline.apply(ev.TimePassed(T0 + ARRIVED))
    assert order.state is OrderState.LIVE

    pipeline.feed(encode_command(CancelAll(), T0 + SECOND))
    pipeline.apply(ev.TimePassed(T0 + SECOND + ARRIVED))

    assert order.state is OrderState.CANCELED


def test_reports_are_told_after_the_engine_took_them() -> None:
    pipeline = Pipeline(ready_engine())
    told: list[tuple[str, int]] = []
    pipeline.on_event = lambda event: told.append(
        (type(event).__name__, len(pipeline.engine.account.fills))
    )
    order_at(pipeline, T0)
    pipeline.apply(ev.TimePassed(T0 + ARRIVED))

    assert told == [
        ("OrderSent", 0),
        ("UserCommandGiven", 0),
        ("OrderAccepted", 0),
        ("OrderFilled", 1),
        ("TimePassed", 1),
    ]


def opening(cash: int = 50_000_000) -> Frame:
    return encode_session(SessionOpened(UsdMicros(cash), (follow(),), (YES,)), T0)


def test_a_session_opens_the_account_follows_and_watches() -> None:
    pipeline = Pipeline(Engine())

    pipeline.feed(opening())

    engine = pipeline.engine
    assert engine.account.ledger.cash == 50_000_000
    assert list(engine.copier.leaders) == [LEADER]
    assert list(engine.watch) == [YES]


def test_a_second_session_changes_nothing_but_the_count_of_frames() -> None:
    pipeline = Pipeline(Engine())
    pipeline.feed(opening())

    pipeline.feed(opening(cash=99_000_000))

    assert pipeline.engine.account.ledger.cash == 50_000_000
    assert pipeline.engine.account.ledger.seq == 1
    assert pipeline.frames == 2


@pytest.mark.parametrize("text", [b"", b"{", b"[" * 100_000, b'{"kind":"session"}', b'{"kind":1}'])
def test_a_hostile_control_frame_is_counted_and_forgotten(text: bytes) -> None:
    pipeline = Pipeline(ready_engine())

    pipeline.feed(Frame(CONTROL, T0, text))
    pipeline.feed(encode_command(Kill("still here"), T0))

    assert pipeline.control_errors == (0 if text == b'{"kind":1}' else 1)
    assert pipeline.engine.killed


def test_unreadable_market_frames_are_counted_by_the_decoder() -> None:
    pipeline = Pipeline(ready_engine())

    for text in (b"not json", b'[{"event_type":"moon_phase"}]', b"PONG"):
        pipeline.feed(Frame(MARKET, T0, text))

    assert pipeline.frames == 3
    assert pipeline.decoder.decode_errors == 1
    assert sum(pipeline.decoder.unknown_kinds.values()) == 1


def test_what_the_engine_asks_of_the_outside_is_handed_out() -> None:
    asked: list[Outward] = []
    pipeline = Pipeline(ready_engine(), outward=asked.append)

    pipeline.apply(ev.TickSizeChanged(YES, leader_trade().condition_id, T0, T0, PriceMicros(1_000)))

    assert asked == [RequestSnapshot(YES, "tick size changed")]


def test_every_frame_is_recorded_as_it_came() -> None:
    class Kept:
        def __init__(self) -> None:
            self.frames: list[tuple[str, int, bytes]] = []

        def write(self, channel: str, ts_init: int, text: bytes) -> None:
            self.frames.append((channel, ts_init, text))

        def close(self) -> None:
            raise AssertionError("the pipeline does not own its recorder")

    kept = Kept()
    pipeline = Pipeline(Engine(), recorder=kept)
    given = [opening(), Frame(MARKET, T0, b"not json"), encode_status("rtds", True, T0 + 1)]

    for frame in given:
        pipeline.feed(frame)

    assert kept.frames == [(f.channel, f.ts_init, f.text) for f in given]


def test_decisions_are_timed_only_when_the_arrival_is_known() -> None:
    row = {
        "topic": "activity", "type": "trades", "timestamp": T0 // MS,
        "payload": {
            "proxyWallet": LEADER, "asset": YES, "conditionId": "0xc0", "side": "BUY",
            "size": 100, "price": 0.5, "timestamp": T0 // SECOND, "transactionHash": "0xf00",
            "title": "Will it rain?", "slug": "rain", "outcome": "Yes", "outcomeIndex": 0,
            "name": "kestrel", "pseudonym": "", "eventSlug": "rain",
        },
    }  # fmt: skip
    frame = Frame("rtds", T0 + SECOND, json.dumps(row).encode())
    for seen_ns, expected in ((0, 0), (1, 1)):
        pipeline = Pipeline(ready_engine())
        pipeline.feed(frame, seen_ns)
        assert len(pipeline.engine.decisions) == 1
        assert len(pipeline.latency.decided_us) == len(pipeline.latency.ordered_us) == expected


def test_the_digest_sees_every_kind_of_change() -> None:
    def digest(*frames: Frame) -> str:
        pipeline = Pipeline(ready_engine())
        for frame in frames:
            pipeline.feed(frame)
        return pipeline.state_hash()

    changes = [
        (),
        (encode_tick(T0),),
        (encode_tick(T0 + 1),),
        (encode_command(Kill("x"), T0),),
        (encode_command(Watch((YES,), on=True), T0),),
        (encode_status("market", False, T0, tokens=[YES]),),
    ]
    assert len({digest(*frames) for frames in changes}) == len(changes)
