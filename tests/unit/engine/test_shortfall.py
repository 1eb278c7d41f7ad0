"""A count that is short of the books is shown beside them and changes nothing (F055)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.builders import CONDITION, NO, SECOND, T0, YES, micros, ready_engine
from tests.unit.engine.test_orders import fill, place

from polydesk.domain import events as ev
from polydesk.domain.fills import Settlement
from polydesk.domain.ids import ClientOrderId, TradeId
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.engine.engine import Engine
from polydesk.engine.readmodel.books import BookViews
from polydesk.engine.readmodel.portfolio import PortfolioViews
from polydesk.engine.readmodel.tape import Tape


class Desk:
    """Ten settled shares, and a venue that counts what it is told to."""

    def __init__(self) -> None:
        self.engine = ready_engine()
        self.engine.process(fill(place(self.engine), "10", "5"))
        self.at = T0

    def count(self, shares: str, *, asked_at: int | None = None) -> None:
        self.at += SECOND
        pairs = ((YES, ShareMicros(micros(shares))),)
        when = self.at if asked_at is None else asked_at
        self.engine.process(ev.BalanceReported(when, self.at, shares=pairs))

    @property
    def shown(self) -> int | None:
        views = PortfolioViews(self.engine, BookViews(self.engine, Tape(self.engine)))
        (row,) = views.portfolio().positions
        return row.counted


@pytest.mark.parametrize("shares", ["0", "4.5", "9.99"])
def test_f055_a_lower_count_is_shown_and_the_books_stay(shares: str) -> None:
    desk = Desk()
    desk.count(shares)
    assert desk.shown == micros(shares)
    assert desk.engine.account.ledger.position(YES).size == micros("10")
    assert not desk.engine.venue.frozen


@pytest.mark.parametrize("shares", ["10", "9.995", "25"])
def test_f055_a_count_that_catches_up_is_shown_no_more(shares: str) -> None:
    desk = Desk()
    desk.count("0")
    desk.count(shares)
    assert desk.shown is None


def test_a_fill_on_its_way_explains_any_difference() -> None:
    desk = Desk()
    order = place(desk.engine, ref="k2")
    told = fill(order, "10", "5", ref="f2")
    waiting = replace(told, fill=replace(told.fill, settlement=Settlement.PROVISIONAL))
    desk.engine.process(waiting)
    desk.count("10")
    assert desk.shown is None
    key = ClientOrderId(order.intent.client_order_id)
    desk.engine.process(ev.FillSettled(TradeId("f2"), key, Settlement.CONFIRMED, desk.at, desk.at))
    desk.count("10")
    assert desk.shown == micros("10")


def test_what_the_venue_was_asked_before_the_books_moved_says_nothing() -> None:
    desk = Desk()
    desk.count("0", asked_at=desk.engine.account.moved_at - 1)
    assert desk.shown is None
    desk.count("0", asked_at=desk.engine.account.moved_at + 1)
    assert desk.shown == 0


def test_held_tokens_are_those_that_can_still_be_traded() -> None:
    desk = Desk()
    assert desk.engine.account.held_tokens() == [YES]
    assert Engine().account.held_tokens() == []
    desk.engine.go_live()
    payouts = ((YES, PriceMicros(1_000_000)), (NO, PriceMicros(0)))
    desk.engine.process(ev.MarketResolved(CONDITION, T0, T0, payouts))
    assert desk.engine.account.held_tokens() == []
