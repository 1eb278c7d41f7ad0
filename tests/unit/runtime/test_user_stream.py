"""The user line comes back whatever became of the last one; fills wait for their market."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.execution.rig import leg

from polydesk.domain.ids import TokenId
from polydesk.errors import SignerLost, SignerRefused
from polydesk.execution import inputs as told
from polydesk.runtime import user_stream
from polydesk.runtime.known_markets import KnownMarkets
from polydesk.runtime.user_stream import UserStream
from polydesk.venues.polymarket.wire.user import OwnIdentity

TOKEN = TokenId("9" * 20)
ORDER = {
    "event_type": "order", "type": "PLACEMENT", "id": "0x" + "ab" * 32, "market": "0x" + "c0" * 32,
    "asset_id": TOKEN, "side": "BUY", "price": "0.5", "original_size": "10", "owner": "key",
}  # fmt: skip


class Clock:
    """Ends the test's patience after some sleeps."""

    def __init__(self) -> None:
        self.slept = 0

    def now_ns(self) -> int:
        return 7

    async def sleep(self, _: float) -> None:
        self.slept += 1
        await asyncio.sleep(0)


class Desk:
    """Counts what it is shown; its catalogue can be read when told."""

    def __init__(self) -> None:
        self.engine = SimpleNamespace(token_markets={})
        self.notices: list[str] = []
        self.source = SimpleNamespace(
            notify=lambda _, text: self.notices.append(text), note_traffic=lambda *_: None
        )
        self.runner = SimpleNamespace(put=lambda _: None)
        executor = SimpleNamespace(is_news=lambda one: one.trade_id != "old")
        self.pipeline = SimpleNamespace(live=SimpleNamespace(executor=executor))
        self.readings: list[Callable[[], bool]] = []

    async def learn_markets(self, token_ids: Any) -> bool:
        return self.readings.pop(0)() if self.readings else False

    def list(self) -> bool:
        self.engine.token_markets[TOKEN] = "a market"
        return True


class World:
    """A stream and what it told."""

    def __init__(self) -> None:
        self.desk, self.clock = Desk(), Clock()
        self.told: list[told.Input] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.markets = KnownMarkets(self.desk)  # type: ignore[arg-type]
        self.stream = UserStream(
            self.desk,  # type: ignore[arg-type]
            self.markets,
            self.clock,  # type: ignore[arg-type]
            OwnIdentity("key", frozenset()),
            tell=self.told.append,
            start=lambda work: self.tasks.append(asyncio.ensure_future(work)),
        )

    def downs(self) -> list[str]:
        changes = [given for given in self.told if isinstance(given, told.UserLineChanged)]
        return [change.detail for change in changes if not change.up]


@pytest.fixture
def world() -> World:
    return World()


class Signer:
    """Writes subscriptions, or does what it is told instead."""

    def __init__(self, *errors: Exception | None, is_alive: bool = True) -> None:
        self.errors = list(errors)
        self.is_alive = is_alive

    async def subscribe_user(self) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error


async def kept(
    world: World, monkeypatch: pytest.MonkeyPatch, signer: Signer, *starts: Exception
) -> int:
    """Keep the line until one stands; return how many were tried."""
    tries, stands = 0, asyncio.Event()
    errors = list(starts)

    def start(*_: Any, **__: Any) -> Any:
        nonlocal tries
        tries += 1
        if errors:
            raise errors.pop(0)
        stands.set()
        return SimpleNamespace(lost=asyncio.Event(), close=_closed)

    monkeypatch.setattr(user_stream, "UserLineProcess", SimpleNamespace(start=start))
    keeping = asyncio.create_task(world.stream.keep(signer, None, "ws://x"))  # type: ignore[arg-type]
    standing = asyncio.create_task(stands.wait())
    await asyncio.wait([keeping, standing], timeout=5, return_when=asyncio.FIRST_COMPLETED)
    for task in (keeping, standing):
        task.cancel()
    await asyncio.gather(keeping, standing, return_exceptions=True)
    return tries if stands.is_set() else -tries


async def _closed() -> None:
    return


async def test_a_line_that_the_system_does_not_start_is_started_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await kept(world, monkeypatch, Signer(), BlockingIOError(11, "no processes left")) == 2
    assert "no processes left" in world.downs()[0]


async def test_a_line_that_ends_at_its_start_is_started_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = SignerLost("the user line ended at its start")
    assert await kept(world, monkeypatch, Signer(), ended, ended) == 3


async def test_a_signer_that_was_slow_once_is_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Signer(SignerLost("the signer did not answer within 2 s"))
    assert await kept(world, monkeypatch, slow) == 1


async def test_without_a_signer_no_line_is_tried(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Signer(SignerLost("the signer has ended"), is_alive=False)
    assert await kept(world, monkeypatch, gone) == 0
    assert world.downs() == ["the signer has ended"]


async def test_a_pipe_full_of_unread_subscriptions_is_emptied_by_the_next_line(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Signer(*[SignerRefused("the line takes no message: its pipe is full")] * 9)
    assert await kept(world, monkeypatch, full) == 1


async def test_what_is_heard_of_an_unknown_market_waits_until_the_catalogue_can_be_read(
    world: World,
) -> None:
    world.desk.readings = [lambda: False, lambda: False, world.desk.list]
    world.stream.on_text(0, json.dumps(ORDER).encode())
    assert world.told == []
    await asyncio.gather(*world.tasks)
    assert [type(given) for given in world.told] == [told.UserOrderSeen]
    assert world.clock.slept == 2
    world.stream.on_text(0, json.dumps(ORDER).encode())
    assert len(world.told) == 2


async def test_a_market_that_the_catalogue_does_not_have_is_told_once_and_not_waited_for(
    world: World,
) -> None:
    world.desk.readings = [lambda: True, lambda: True]
    for _ in range(2):
        world.stream.on_text(0, json.dumps(ORDER).encode())
    await asyncio.gather(*world.tasks)
    assert len(world.told) == 2
    assert len(world.desk.notices) == 1


async def test_only_news_of_a_listing_are_looked_up(world: World) -> None:
    old, new = leg("o1", "old", 1, token_id=TOKEN), leg("o1", "new", 1, token_id=TOKEN)
    assert await world.markets.learn_for([old])
    assert not await world.markets.learn_for([old, new])
    world.desk.readings = [world.desk.list]
    assert await world.markets.learn_for([old, new])
