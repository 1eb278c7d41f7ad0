"""Whose books the desk asks for: one that is needed and not wanted would never come."""

from __future__ import annotations

from tests.builders import CONDITION, NO, SECOND, T0, YES, leader_trade, ready_engine
from tests.unit.copying.test_decisions import copy
from tests.unit.engine.test_orders import place

from polydesk.domain import events as ev
from polydesk.domain.commands import CancelOrder, CopyMode, CopyRule, Watch
from polydesk.domain.ids import TokenId
from polydesk.domain.units import PriceMicros
from polydesk.engine.engine import FOLLOWED_TOKENS, Engine


def wanted(engine: Engine) -> list[TokenId]:
    return list(engine.wanted_tokens())


def test_what_is_watched_or_held_is_wanted_once() -> None:
    engine = ready_engine()
    engine.process(ev.UserCommandGiven(T0, Watch((NO, YES), on=True)))
    copy(engine, leader_trade())

    assert wanted(engine) == [NO, YES]


def test_the_book_of_an_open_order_is_wanted_until_it_is_over() -> None:
    engine = ready_engine()
    order = place(engine, price="0.40")
    key = order.intent.client_order_id
    assert wanted(engine) == [YES]

    assert engine.orders.cancel(key) == (CancelOrder(key),)
    engine.process(ev.OrderClosed(key, T0, T0, expired=False))
    assert wanted(engine) == []


def test_the_book_of_what_a_copied_leader_trades_is_ready_for_the_next_trade() -> None:
    engine = ready_engine()

    engine.process(leader_trade(token=NO))

    assert wanted(engine) == [NO]


def test_a_leader_who_is_only_watched_wants_no_books() -> None:
    engine = ready_engine(CopyRule(mode=CopyMode.WATCH))

    engine.process(leader_trade(token=NO))

    assert wanted(engine) == []


def test_only_the_newest_followed_tokens_are_wanted() -> None:
    engine = ready_engine()
    tokens = [TokenId(str(n)) for n in range(1, FOLLOWED_TOKENS + 3)]
    for token in (*tokens, tokens[2]):
        engine.process(leader_trade(token=token, ref=f"{token}{len(engine.decisions)}"))

    assert wanted(engine) == [*tokens[3:], tokens[2]]


def test_a_resolved_market_wants_no_book() -> None:
    engine = ready_engine()
    engine.process(leader_trade(token=NO))
    payouts = ((YES, PriceMicros(1_000_000)), (NO, PriceMicros(0)))

    engine.process(ev.MarketResolved(CONDITION, T0 + SECOND, T0 + SECOND, payouts))

    assert wanted(engine) == []
