"""The sums that every followed trade asks for agree with the full ones."""

from __future__ import annotations

from tests.builders import NO, T0, YES, leader_trade, ready_engine

from polydesk.domain import events as ev
from polydesk.domain.commands import SubmitOrder
from polydesk.engine.engine import Engine
from polydesk.venues.paper import PaperVenue


def engine_with_position() -> Engine:
    engine = ready_engine()
    venue = PaperVenue(book=engine.books.get, market=engine.token_markets.get)
    for command in engine.process(leader_trade()):
        assert isinstance(command, SubmitOrder)
        venue.submit(command.approved, engine.now)
    for report in venue.run_due(T0 + 10**9):
        engine.process(report)
    assert engine.account.ledger.position(YES).size
    return engine


def test_equity_is_that_of_the_totals() -> None:
    account = engine_with_position().account
    assert account.equity() == account.totals().equity
    assert account.day_loss() == account.day_start_equity - account.totals().equity


def test_positions_count_in_their_market_and_in_the_sum() -> None:
    engine = engine_with_position()
    cost = engine.account.ledger.position(YES).cost
    account = engine.account
    assert account.exposures(account.bound(NO, engine.token_markets[NO])) == (cost, cost)
    assert account.exposures(account.bound(NO, None)) == (0, cost)


def test_reservations_of_open_buys_count_until_they_fill() -> None:
    engine = ready_engine()
    engine.process(leader_trade())
    reserved = sum(engine.account.reserved.values())
    assert reserved > 0
    bound = engine.account.bound(NO, engine.token_markets[NO])
    assert engine.account.exposures(bound) == (reserved, reserved)
    assert bound.tokens == {YES, NO}
    assert engine.account.bound(NO, None).cash_in_market == 0


def test_a_stale_book_keeps_the_last_mark() -> None:
    engine = engine_with_position()
    before = engine.account.equity()
    engine.account.refresh_marks()
    engine.process(ev.StreamStatusChanged(engine.now, "market", False))
    assert engine.account.equity() == before
