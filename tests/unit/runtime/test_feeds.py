"""What the desk asks the outside for, decided without any connection."""

from __future__ import annotations

import asyncio

from tests.builders import SECOND, T0, YES, follow, leader_trade, ready_engine
from tests.unit.runtime.test_runner import SetClock
from tests.unit.store.session import fill

from polydesk.domain import events as ev
from polydesk.domain.commands import RequestSnapshot, Watch
from polydesk.domain.frames import Frame
from polydesk.domain.ids import TokenId
from polydesk.domain.units import UsdMicros
from polydesk.engine.engine import Engine
from polydesk.runtime.control import SessionOpened
from polydesk.runtime.desk import Desk, Wiring
from polydesk.runtime.desk_source import Session
from polydesk.runtime.feeds import Feeds
from polydesk.venues.polymarket.urls import Hosts
from polydesk.views.models import Mode

UNSEEN = TokenId("333")


class NoSink:
    def put(self, frame: Frame) -> None:
        raise AssertionError("nothing was fetched")


def feeds_of(engine: Engine, clock: SetClock) -> Feeds:
    return Feeds(
        Hosts(),
        clock,
        NoSink(),
        engine,
        seed=1,
        on_died=lambda _: None,
        on_history=lambda _, __: None,
    )


def watch(engine: Engine, token: TokenId) -> None:
    engine.process(ev.UserCommandGiven(T0, Watch((token,), on=True)))


def look_for(feeds: Feeds, clock: SetClock, seconds: int) -> int:
    for _ in range(seconds):
        clock.now += SECOND
        feeds.look_for_silence()
    return feeds.snapshots.counters.wishes["silent"]


def test_a_book_that_was_never_sent_is_fetched() -> None:
    engine, clock = ready_engine(), SetClock()
    watch(engine, UNSEEN)
    feeds = feeds_of(engine, clock)

    assert look_for(feeds, clock, 9) == 0
    assert look_for(feeds, clock, 3) == 1


def test_a_book_that_stays_stale_is_fetched() -> None:
    engine, clock = ready_engine(), SetClock()
    watch(engine, YES)
    engine.process(ev.StreamStatusChanged(T0, "market", False, "", (YES,)))
    engine.process(ev.StreamStatusChanged(T0, "market", True, "", (YES,)))

    assert look_for(feeds_of(engine, clock), clock, 12) == 1


def test_held_books_are_asked_for_again_like_watched_ones(monkeypatch) -> None:
    engine, clock = ready_engine(), SetClock()
    watch(engine, UNSEEN)
    bought = fill(1)
    engine.account.ledger.apply_fill(bought)
    feeds = feeds_of(engine, clock)
    asked: list[TokenId] = []
    monkeypatch.setattr(feeds.market, "resubscribe", asked.extend)

    feeds.resubscribe_all()

    assert asked == [UNSEEN, bought.token_id]


def test_rows_of_held_markets_are_fetched_first_since_they_may_be_resolved(monkeypatch) -> None:
    engine, clock = ready_engine(), SetClock()
    bought = fill(1)
    engine.account.ledger.apply_fill(bought)
    feeds = feeds_of(engine, clock)
    asked: list[TokenId] = []

    async def by_token(tokens: list[TokenId]) -> None:
        asked.extend(tokens)

    monkeypatch.setattr(feeds.rest, "markets_by_token", by_token)

    asyncio.run(feeds.load_catalogue())

    assert asked == [bought.token_id]


def test_a_followed_trade_makes_the_desk_want_its_book(monkeypatch) -> None:
    clock = SetClock()
    desk = Desk(Wiring(clock, Session(Mode.PAPER), SessionOpened(UsdMicros(1))))
    desk.engine.copier.follow(follow())
    desk.feeds = feeds_of(desk.engine, clock)
    wanted: list[list[TokenId]] = []
    monkeypatch.setattr(desk.feeds.market, "set_wanted", lambda tokens: wanted.append([*tokens]))

    desk.pipeline.apply(leader_trade(token=UNSEEN))

    assert wanted[-1] == [UNSEEN]


async def test_a_wish_for_a_book_nobody_wants_any_more_is_dropped() -> None:
    engine, clock = ready_engine(), SetClock()
    watch(engine, UNSEEN)
    feeds = feeds_of(engine, clock)
    feeds.take(RequestSnapshot(UNSEEN, "touch disagrees"))
    engine.process(ev.UserCommandGiven(T0, Watch((UNSEEN,), on=False)))

    feeds.follow_engine()

    assert await feeds.snapshots.fetch_once() == 0.0
    assert feeds.snapshots.counters.calls == 0
