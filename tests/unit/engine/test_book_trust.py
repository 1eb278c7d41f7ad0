"""What must not make a book look fresh, proved or of another grid than it is."""

from __future__ import annotations

from tests.builders import (
    CONDITION,
    MS,
    SECOND,
    T0,
    YES,
    changed,
    levels,
    market,
    micros,
    ready_engine,
    snapshot,
)

from polydesk.domain import events as ev
from polydesk.domain.book import HashState
from polydesk.domain.commands import RequestSnapshot
from polydesk.domain.instruments import Side
from polydesk.domain.units import PriceMicros
from polydesk.engine.books import ASK_AGAIN_AFTER, BROKEN_AFTER
from polydesk.engine.engine import Engine

FINE = PriceMicros(1_000)
COARSE = PriceMicros(10_000)


def book_frame(*, at: int, tick: PriceMicros | None = None) -> ev.BookSnapshotReceived:
    event = snapshot(levels(("0.40", "9")), levels(("0.60", "9")), at=at)
    event.tick = tick
    return event


def tick_change(at: int, tick: PriceMicros = FINE) -> ev.TickSizeChanged:
    return ev.TickSizeChanged(YES, CONDITION, at, at, tick)


def status(at: int, *, up: bool) -> ev.StreamStatusChanged:
    return ev.StreamStatusChanged(at, "market", up, "", (YES,))


def test_a_snapshot_that_was_not_taken_proves_nothing() -> None:
    engine = ready_engine()
    engine.process(changed(Side.BUY, "0.45", "9", at=T0, touch=("0.48", "0.50")))

    engine.process(book_frame(at=T0 - 10 * SECOND))

    assert engine.books.by_token[YES].hash_state is HashState.BROKEN
    assert engine.books.by_token[YES].best_bid == micros("0.49")


def test_a_snapshot_while_the_stream_is_down_opens_no_book() -> None:
    engine = ready_engine()
    engine.process(status(T0, up=False))

    engine.process(book_frame(at=T0 + SECOND))
    assert engine.books.by_token[YES].stale

    engine.process(status(T0 + 2 * SECOND, up=True))
    assert engine.books.by_token[YES].stale

    engine.process(book_frame(at=T0 + SECOND))
    assert not engine.books.by_token[YES].stale


def test_a_stream_that_is_up_for_all_again_opens_every_book() -> None:
    engine = ready_engine()
    engine.process(status(T0, up=False))
    engine.process(ev.StreamStatusChanged(T0 + MS, "market", True))

    engine.process(book_frame(at=T0 + SECOND))

    assert not engine.books.by_token[YES].stale


def test_a_late_book_of_the_old_grid_does_not_follow_a_tick_change() -> None:
    engine = ready_engine()
    engine.process(tick_change(T0))

    engine.process(book_frame(at=T0 - MS, tick=COARSE))
    assert (engine.books.by_token[YES].stale, engine.books.by_token[YES].tick) == (True, FINE)

    engine.process(book_frame(at=T0 - MS, tick=FINE))
    assert not engine.books.by_token[YES].stale


def test_a_tick_change_told_twice_ends_one_epoch() -> None:
    engine = ready_engine()
    engine.process(tick_change(T0))
    engine.process(book_frame(at=T0 + MS, tick=FINE))

    assert not engine.process(tick_change(T0))
    assert not engine.books.by_token[YES].stale


def test_an_older_tick_change_does_not_take_the_grid_back() -> None:
    engine = ready_engine()
    engine.process(tick_change(T0))

    engine.process(tick_change(T0 - MS, COARSE))

    assert engine.books.by_token[YES].tick == FINE
    assert engine.token_markets[YES].tick == FINE


def test_a_book_that_was_never_told_its_tick_takes_the_catalogues() -> None:
    engine = Engine()
    engine.process(book_frame(at=T0))

    engine.process(ev.MarketsListed(T0, [market(tick=FINE)]))

    assert engine.books.by_token[YES].tick == FINE


def test_a_stale_catalogue_row_does_not_take_back_the_tick_of_the_stream() -> None:
    engine = ready_engine()
    engine.process(tick_change(T0))

    engine.process(ev.MarketsListed(T0 + SECOND, [market(tick=COARSE)]))

    assert engine.books.by_token[YES].tick == FINE


def test_a_book_that_stays_wrong_is_asked_for_again() -> None:
    engine = ready_engine()

    asked = [
        command
        for n in range(BROKEN_AFTER + ASK_AGAIN_AFTER)
        for command in engine.process(
            changed(Side.BUY, "0.3", str(n + 1), at=T0 + n * MS, touch=("0.48", "0.50"))
        )
    ]

    assert asked == [RequestSnapshot(YES, "touch disagrees")] * 2
