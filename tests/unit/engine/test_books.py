from __future__ import annotations

from tests.builders import (
    CONDITION,
    MS,
    SECOND,
    T0,
    YES,
    changed,
    levels,
    micros,
    ready_engine,
    snapshot,
)

from polydesk.domain import events as ev
from polydesk.domain.book import HashState
from polydesk.domain.commands import RequestMarkets, RequestSnapshot
from polydesk.domain.instruments import Side
from polydesk.engine.books import BROKEN_AFTER
from polydesk.engine.engine import Engine


def test_a_change_with_an_agreeing_touch_checks_an_unproven_book() -> None:
    engine = Engine()
    engine.process(snapshot(levels(("0.4", "1")), levels(("0.6", "1")), hash_ok=None))

    engine.process(changed(Side.BUY, "0.5", "9", at=T0 + MS, touch=("0.5", "0.6")))

    assert engine.books.by_token[YES].hash_state is HashState.CHECKED
    assert engine.books.touch_agree == 1


def test_a_disagreeing_touch_breaks_the_book_and_a_later_agreement_heals_it() -> None:
    engine = ready_engine()
    book = engine.books.by_token[YES]

    engine.process(changed(Side.BUY, "0.45", "9", at=T0, touch=("0.48", "0.50")))
    assert book.hash_state is HashState.BROKEN

    engine.process(changed(Side.BUY, "0.44", "9", at=T0 + MS, touch=("0.49", "0.50")))
    assert book.hash_state is HashState.CHECKED


def test_lasting_disagreement_asks_for_a_snapshot_once() -> None:
    engine = ready_engine()

    asked = [
        command
        for n in range(BROKEN_AFTER + 3)
        for command in engine.process(
            changed(Side.BUY, "0.3", str(n + 1), at=T0 + n * MS, touch=("0.48", "0.50"))
        )
    ]

    assert asked == [RequestSnapshot(YES, "touch disagrees")]


def test_the_touch_is_judged_after_the_whole_message() -> None:
    engine = ready_engine()
    best = (micros("0.48"), micros("0.50"))
    gone = (YES, True, micros("0.49"), 0, *best, "")
    early = (YES, True, micros("0.30"), micros("7"), *best, "")

    engine.process(ev.BookChanged(CONDITION, T0, T0, [early, gone]))

    assert (engine.books.touch_agree, engine.books.touch_disagree) == (2, 0)


def test_a_message_older_than_the_book_does_not_judge_its_touch() -> None:
    engine = ready_engine()
    engine.process(changed(Side.BUY, "0.495", "5", at=T0 + 5 * MS, touch=("0.495", "0.50")))

    engine.process(changed(Side.SELL, "0.55", "5", at=T0 + 4 * MS, touch=("0.49", "0.50")))

    assert engine.books.touch_disagree == 0
    assert engine.books.touch_skipped == 1


def test_a_change_before_any_snapshot_is_ignored_and_counted() -> None:
    engine = Engine()

    engine.process(changed(Side.BUY, "0.5", "9", at=T0))

    assert len(engine.books) == 0
    assert engine.books.ignored_changes == 1


def test_a_market_stream_that_is_down_leaves_its_books_stale_until_sent_again() -> None:
    engine = ready_engine()
    book = engine.books.by_token[YES]

    engine.process(ev.StreamStatusChanged(T0, "market", False, "lost", (YES,)))
    assert book.stale

    engine.process(changed(Side.BUY, "0.5", "9", at=T0 + MS))
    assert book.stale

    engine.process(ev.StreamStatusChanged(T0 + 2 * MS, "market", True, "subscribed", (YES,)))
    engine.process(snapshot(levels(("0.4", "1")), levels(("0.6", "1")), at=T0 + SECOND))
    assert (book.stale, book.epoch, book.best_bid) == (False, 2, micros("0.4"))


def test_the_rtds_stream_going_down_leaves_books_alone() -> None:
    engine = ready_engine()

    engine.process(ev.StreamStatusChanged(T0, "rtds", False, "lost"))

    assert not engine.books.by_token[YES].stale


def test_a_tick_change_ends_the_epoch_and_asks_for_a_book() -> None:
    engine = ready_engine()

    commands = engine.process(ev.TickSizeChanged(YES, CONDITION, T0, T0, micros("0.001")))

    assert commands == (RequestSnapshot(YES, "tick size changed"),)
    assert engine.books.by_token[YES].stale
    assert engine.books.by_token[YES].tick == 1_000


def test_a_book_of_an_unknown_market_asks_for_its_catalogue_row_once() -> None:
    engine = Engine()
    bids, asks = levels(("0.4", "1")), levels(("0.6", "1"))

    first = engine.process(snapshot(bids, asks))
    second = engine.process(snapshot(bids, asks, at=T0 + MS))

    assert first == (RequestMarkets((YES,)),)
    assert not second


def test_hashes_are_counted_by_outcome() -> None:
    engine = Engine()
    for n, outcome in enumerate((True, False, None)):
        engine.process(
            snapshot(levels(("0.4", "1")), levels(("0.6", "1")), at=T0 + n, hash_ok=outcome)
        )

    books = engine.books
    assert (books.hash_match, books.hash_mismatch, books.hash_not_applicable) == (1, 1, 1)
