"""What the desk tells the person at it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.builders import SECOND, T0, YES, leader_trade, market, micros, ready_engine
from tests.unit.engine.test_orders import fill, place

from polydesk.analytics.candles import CandleBook
from polydesk.domain import events as ev
from polydesk.domain.commands import Kill, PlaceOrder, ThawMarket
from polydesk.domain.fills import Settlement
from polydesk.domain.instruments import Side
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.engine.engine import Engine
from polydesk.runtime.clocks import ExchangeClock
from polydesk.runtime.desk_source import LiveDeskSource, Session
from polydesk.runtime.pipeline import Pipeline
from polydesk.runtime.runner import Runner
from polydesk.views.models import Mode


def source(*, cash: str = "1000") -> LiveDeskSource:
    pipeline = Pipeline(ready_engine(cash=cash))
    clock = ExchangeClock(T0, None)
    runner = Runner(pipeline, clock)
    return LiveDeskSource(pipeline, runner, clock, Session(Mode.PAPER), CandleBook())


def order(desk: LiveDeskSource, ref: str, size: str = "10") -> None:
    price, amount = PriceMicros(micros("0.50")), ShareMicros(micros(size))
    command = PlaceOrder(YES, Side.BUY, price, amount, ref=ref)
    desk._pipeline.apply(ev.UserCommandGiven(T0, command))


def told(desk: LiveDeskSource) -> list[str]:
    return [notice.text for notice in desk.notices(0)]


def test_a_denied_order_of_the_person_is_told_once() -> None:
    desk = source()
    order(desk, "good")
    order(desk, "bad", size="1")
    desk._pipeline.apply(ev.UserCommandGiven(T0, Kill("by hand")))

    assert told(desk) == [
        "Order denied: The size is below the market's minimum; order at least that many shares "
        "(size=1 min=5)."
    ]


def test_a_denied_copy_is_not_told_as_an_order_of_the_person() -> None:
    desk = source(cash="10")
    order(desk, "good")
    desk._pipeline.apply(leader_trade(at=T0))
    order(desk, "good")

    assert told(desk) == []


def test_the_first_and_the_last_fill_of_an_order_of_the_person_are_told() -> None:
    desk = source()
    engine = desk._engine
    working = place(engine, size="10")
    for n, (size, value) in enumerate(
        (("2.5", "1.25"), ("3.333333", "1.666667"), ("4.166667", "2.083333"))
    ):
        desk._pipeline.apply(fill(working, size, value, ref=f"f{n}"))

    assert told(desk) == ["Bought 2.5 of 10 Yes at 0.5", "Bought 10 Yes at 0.5"]


def test_a_stream_that_goes_down_after_the_recording_is_no_problem() -> None:
    desk = source()
    for up in (True, False):
        desk._pipeline.apply(ev.StreamStatusChanged(T0, "rtds", up, "said nothing for 30 s"))
    desk._pipeline.apply(ev.StreamStatusChanged(T0, "rtds", True, ""))
    desk.finish()
    desk._pipeline.apply(ev.StreamStatusChanged(T0, "rtds", False, "said nothing for 30 s"))

    assert told(desk) == [
        "Stream rtds is down: said nothing for 30 s",
        "The recording has ended; books and trades stand still.",
    ]
    assert desk.health().finished


def test_what_is_told_holds_no_control_characters() -> None:
    desk = source()

    desk.notify("error", "bad answer: \x1b[2J\u202egnp.exe\n next")

    assert told(desk) == ["bad answer: [2Jgnp.exe next"]


def test_a_chart_shows_the_fills_inside_it_oldest_first() -> None:
    desk = source()
    engine = desk._engine
    for n, at in enumerate((T0 - 3_600 * SECOND, T0, T0 + SECOND)):
        report = fill(place(engine, ref=f"k{n}"), "5", "2.5", ref=f"f{n}")
        report.fill = replace(report.fill, ts_event=at)
        engine.process(report)
    desk.candles.on_price(YES, T0, micros("0.5"), 0)

    chart = desk.chart(YES, 60, 10)

    assert chart is not None
    assert [mark.ts for mark in chart.fills] == [T0, T0 + SECOND]


def test_a_market_that_freezes_is_told_once_whoever_found_out_why() -> None:
    desk = source()
    pipeline = desk._pipeline
    pipeline.apply(ev.MarketFrozen(YES, T0, T0, "two final words"))
    pipeline.apply(ev.MarketFrozen(YES, T0, T0, "and again"))
    assert told(desk) == [
        "Will it rain? is frozen: two final words. Look at it, then unfreeze it on Markets."
    ]
    pipeline.apply(ev.UserCommandGiven(T0, ThawMarket(YES)))
    desk._engine.venue.freeze(YES, "the venue counts 0 shares, the books hold 10")
    pipeline.apply(ev.TimePassed(T0 + SECOND))
    assert told(desk)[1:] == [
        "Will it rain? is frozen: the venue counts 0 shares, the books hold 10. "
        "Look at it, then unfreeze it on Markets."
    ]


def test_a_market_frozen_by_an_earlier_session_is_told_once_it_has_a_name() -> None:
    pipeline = Pipeline(Engine())
    clock = ExchangeClock(T0, None)
    session = Session(Mode.PAPER)
    desk = LiveDeskSource(pipeline, Runner(pipeline, clock), clock, session, CandleBook())
    pipeline.engine.venue.frozen[YES] = "two final words"
    pipeline.apply(ev.TimePassed(T0))
    assert told(desk) == []
    pipeline.apply(ev.MarketsListed(T0, [market()]))
    assert [words[:14] for words in told(desk)] == ["Will it rain? "]


def test_an_order_without_an_answer_is_told_and_so_is_that_it_came_to_nothing() -> None:
    desk = source()
    key = place(desk._engine, size="10").intent.client_order_id
    for event in (
        ev.OrderUnknown(key, T0, T0, "no answer in time"),
        ev.OrderAbandoned(key, T0, T0, "the venue does not know it"),
    ):
        desk._pipeline.apply(event)

    assert told(desk) == [
        "No answer about BUY 10 Yes at 0.5: no answer in time. It may be at the venue, and is "
        "being looked for.",
        "Came to nothing: BUY 10 Yes at 0.5: the venue does not know it",
    ]


def test_an_order_that_was_to_be_gone_comes_to_nothing_in_silence() -> None:
    desk = source()
    key = place(desk._engine, size="10").intent.client_order_id
    for event in (ev.CancelAsked(key, T0, T0), ev.OrderAbandoned(key, T0, T0, "canceled")):
        desk._pipeline.apply(event)

    assert told(desk) == []


@pytest.mark.parametrize(
    ("side", "words"),
    [
        (Side.BUY, "10 Yes bought at 0.5 failed to settle: the shares are gone, 5 USD are back."),
        (Side.SELL, "10 Yes sold at 0.5 failed to settle: the shares are back, 5 USD are gone."),
    ],
)
def test_a_fill_that_fails_to_settle_is_an_error(side: Side, words: str) -> None:
    desk = source()
    engine = desk._engine
    if side is Side.SELL:
        desk._pipeline.apply(fill(place(engine, size="10", ref="had"), "10", "5", ref="f0"))
    price, size = PriceMicros(micros("0.5")), ShareMicros(micros("10"))
    engine.process(ev.UserCommandGiven(T0, PlaceOrder(YES, side, price, size, ref="x")))
    report = fill(list(engine.account.orders.values())[-1], "10", "5")
    may_fail = replace(report.fill, settlement=Settlement.PROVISIONAL)
    desk._pipeline.apply(replace(report, fill=may_fail))
    void = ev.FillSettled(*may_fail.identity, Settlement.VOID, T0, T0, "gave up")
    desk._pipeline.apply(void)
    desk._pipeline.apply(void)

    notice = desk.notices(0)[-1]
    assert (notice.severity, notice.text) == ("error", words)
