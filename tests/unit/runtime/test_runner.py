"""The inbox: urgent things first, everything in its order, nothing lost unsaid."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.builders import MS, SECOND, T0, YES, ready_engine
from tests.unit.runtime.test_pipeline import order_at

from polydesk.domain.commands import CancelAll, Kill, SetTradingState, TradingState
from polydesk.domain.events import OrderFilled
from polydesk.domain.frames import CONTROL, MARKET, REST_BOOKS, RTDS, Frame
from polydesk.runtime.control import encode_command, encode_status, encode_tick
from polydesk.runtime.latency import LoopLag
from polydesk.runtime.pipeline import Pipeline
from polydesk.runtime.runner import BATCH_FRAMES, Runner


class SetClock:
    """Tells the time it was set to."""

    def __init__(self, now: int = T0) -> None:
        self.now = now

    def now_ns(self) -> int:
        return self.now

    def monotonic_ns(self) -> int:
        return self.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class Order:
    """Remembers the order in which frames were taken."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.begun = asyncio.Event()

    def write(self, channel: str, ts_init: int, text: bytes) -> None:
        self.texts.append(text)
        self.begun.set()

    def close(self) -> None:
        """Nothing to close."""


class Inbox:
    """A runner over a real pipeline, with the order of what it took."""

    def __init__(self, *, capacity: int = 50_000) -> None:
        self.taken = Order()
        self.pipeline = Pipeline(ready_engine(), recorder=self.taken)
        self.clock = SetClock()
        self.asked_again = 0
        self.runner = Runner(
            self.pipeline,
            self.clock,
            on_market_overflow=self._ask_again,
            market_capacity=capacity,
        )

    def _ask_again(self) -> None:
        self.asked_again += 1

    def put(self, channel: str, *texts: bytes) -> None:
        for text in texts:
            self.runner.put(Frame(channel, T0, text))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self.runner.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def drain(self) -> list[bytes]:
        async with self.running(), asyncio.timeout(5):
            await self.runner.drained()
        return self.taken.texts


async def test_what_is_done_in_between_is_done_when_nothing_waits() -> None:
    inbox, depths = Inbox(), []
    inbox.runner.on_drained = lambda: depths.append((inbox.runner.depth, len(inbox.taken.texts)))
    inbox.put(MARKET, *(b"book" for _ in range(2 * BATCH_FRAMES + 1)))

    async with inbox.running(), asyncio.timeout(5):
        await inbox.runner.drained()
        inbox.put(MARKET, b"one more")
        await inbox.runner.drained()

    assert depths == [(0, 2 * BATCH_FRAMES + 1), (0, 2 * BATCH_FRAMES + 2)]


async def test_what_comes_in_while_that_is_done_is_not_left_lying() -> None:
    inbox, late = Inbox(), [b"late"]

    def put_one() -> None:
        if late:
            inbox.put(MARKET, late.pop())

    inbox.runner.on_drained = put_one
    inbox.put(MARKET, b"book")

    assert await inbox.drain() == [b"book", b"late"]


async def test_what_a_trade_has_begun_gets_its_turn_before_the_inbox(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inbox, turns = Inbox(), []
    async with inbox.running(), asyncio.timeout(5):
        await inbox.runner.drained()
        inbox.runner.on_drained = lambda: turns.append("inbox")
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(
            inbox.pipeline, "feed", lambda *_: loop.call_soon(turns.append, "what was begun")
        )
        inbox.put(RTDS, b"trade")
        await inbox.runner.drained()

    assert turns == ["what was begun", "inbox"]


async def test_commands_before_followed_trades_before_books_before_the_rest() -> None:
    inbox = Inbox()
    inbox.put(REST_BOOKS, b"rest")
    inbox.put(MARKET, b"book 1", b"book 2")
    inbox.put(RTDS, b"trade 1", b"trade 2")
    inbox.put(CONTROL, b"command")

    taken = await inbox.drain()

    assert taken == [b"command", b"trade 1", b"trade 2", b"book 1", b"book 2", b"rest"]


async def test_kill_passes_even_commands_that_came_before_it() -> None:
    inbox = Inbox()
    inbox.put(RTDS, b"trade")
    inbox.runner.submit(SetTradingState(TradingState.ACTIVE))
    inbox.runner.submit(CancelAll())
    inbox.runner.submit(Kill("now"))

    taken = await inbox.drain()

    assert taken[0] == encode_command(Kill("now"), T0).text
    assert b"SetTradingState" in taken[1]
    assert inbox.pipeline.engine.killed


async def test_stream_status_and_ticks_keep_their_place_among_market_frames() -> None:
    inbox = Inbox()
    down, tick = encode_status("market", False, T0), encode_tick(T0)
    inbox.put(MARKET, b"before")
    inbox.runner.put(down)
    inbox.put(MARKET, b"between")
    inbox.runner.put(tick)
    inbox.put(MARKET, b"after")

    assert await inbox.drain() == [b"before", down.text, b"between", tick.text, b"after"]


async def test_a_command_cannot_pass_itself_off_as_a_status() -> None:
    inbox = Inbox()
    inbox.put(MARKET, b"book")
    inbox.runner.submit(Kill('"kind":"status" "kind":"tick"'))

    assert (await inbox.drain())[1] == b"book"


async def test_a_batch_lets_urgent_frames_and_other_tasks_in_between() -> None:
    inbox = Inbox()
    inbox.put(MARKET, *[b"book"] * (3 * BATCH_FRAMES))
    async with inbox.running(), asyncio.timeout(5):
        await inbox.taken.begun.wait()
        inbox.runner.submit(Kill("in the middle"))
        await inbox.runner.drained()

    place = next(n for n, text in enumerate(inbox.taken.texts) if b"Kill" in text)
    assert 0 < place <= BATCH_FRAMES
    assert len(inbox.taken.texts) == 3 * BATCH_FRAMES + 1


async def test_what_does_not_fit_is_dropped_as_a_whole_and_asked_for_again() -> None:
    inbox = Inbox(capacity=10)
    rtds_is_down = encode_status("rtds", False, T0, "lost")
    inbox.put(MARKET, *[b"book"] * 5)
    inbox.runner.put(rtds_is_down)
    inbox.put(MARKET, *[b"book"] * 5)

    assert (inbox.runner.overflows, inbox.runner.dropped, inbox.asked_again) == (1, 10, 1)
    assert not inbox.pipeline.engine.books.by_token[YES].stale
    taken = await inbox.drain()
    assert taken[0] == rtds_is_down.text
    assert [b'"up":false' in text for text in taken] == [True, True, False]
    assert inbox.pipeline.engine.books.by_token[YES].stale


async def test_neither_trades_nor_commands_are_ever_dropped() -> None:
    inbox = Inbox(capacity=10)
    inbox.put(RTDS, *[b"trade"] * 500)
    for _ in range(500):
        inbox.runner.submit(CancelAll())

    assert inbox.runner.depth == 1_000
    assert len(await inbox.drain()) == 1_000
    assert inbox.runner.overflows == 0


async def test_a_command_is_stamped_with_the_desks_time() -> None:
    inbox = Inbox()
    inbox.clock.now = T0 + SECOND

    inbox.runner.submit(Kill("late"))
    await inbox.drain()

    assert inbox.pipeline.engine.now == T0 + SECOND
    assert inbox.pipeline.engine.kill_reason == "late"


async def test_drained_waits_for_what_comes_while_draining() -> None:
    inbox = Inbox()
    async with inbox.running(), asyncio.timeout(5):
        for _ in range(3):
            inbox.put(MARKET, b"book")
            await inbox.runner.drained()
            assert inbox.runner.depth == 0
    assert len(inbox.taken.texts) == 3


class Ticks(LoopLag):
    """Tells when the loop was looked at twice."""

    def __init__(self) -> None:
        super().__init__()
        self.twice = asyncio.Event()

    def note(self, lag_ms: float) -> None:
        super().note(lag_ms)
        if len(self.lags_ms) == 2:
            self.twice.set()


async def test_ticks_wake_orders_that_are_due_and_only_those() -> None:
    inbox, filled = Inbox(), asyncio.Event()
    inbox.runner.lag = ticks = Ticks()
    inbox.pipeline.on_event = lambda event: filled.set() if type(event) is OrderFilled else None
    async with inbox.running(), asyncio.timeout(5):
        ticking = asyncio.ensure_future(inbox.runner.tick())
        order_at(inbox.pipeline, T0)
        await ticks.twice.wait()
        assert inbox.taken.texts == []
        inbox.clock.now = T0 + 110 * MS
        await filled.wait()
        ticking.cancel()
        await asyncio.wait({ticking})

    assert set(inbox.taken.texts) == {b'{"kind":"tick"}'}


async def test_a_trade_before_which_nothing_waits_is_processed_at_once_and_only_the_first() -> None:
    inbox = Inbox()
    async with inbox.running(), asyncio.timeout(5):
        await inbox.runner.drained()
        inbox.put(RTDS, b"trade 1", b"trade 2")
        assert inbox.taken.texts == [b"trade 1"]
        inbox.runner.submit(Kill("in between"))
        await inbox.runner.drained()
        assert inbox.taken.texts[1] == encode_command(Kill("in between"), T0).text
        assert inbox.taken.texts[2:] == [b"trade 2"]


async def test_a_trade_behind_which_something_waits_keeps_its_place() -> None:
    inbox = Inbox()
    async with inbox.running(), asyncio.timeout(5):
        await inbox.runner.drained()
        inbox.put(MARKET, b"book")
        inbox.put(RTDS, b"trade")
        assert inbox.taken.texts == []
        await inbox.runner.drained()
        assert inbox.taken.texts == [b"trade", b"book"]


async def test_what_a_trade_leads_to_waits_until_it_has_been_processed() -> None:
    inbox = Inbox()
    write = inbox.taken.write

    def and_another(channel: str, ts_init: int, text: bytes) -> None:
        if text == b"trade 1":
            inbox.put(RTDS, b"trade 2")
        write(channel, ts_init, text)

    inbox.taken.write = and_another  # type: ignore[method-assign]
    async with inbox.running(), asyncio.timeout(5):
        await inbox.runner.drained()
        inbox.put(RTDS, b"trade 1")
        assert inbox.taken.texts == [b"trade 1"]
        await inbox.runner.drained()
        assert inbox.taken.texts == [b"trade 1", b"trade 2"]


async def test_a_bug_met_by_a_trade_ends_the_inbox_and_not_only_whoever_brought_it() -> None:
    inbox = Inbox()

    def fail(*_: object) -> None:
        raise KeyError("a bug")

    running = asyncio.create_task(inbox.runner.run())
    await inbox.runner.drained()
    inbox.pipeline.feed = fail  # type: ignore[method-assign]
    with pytest.raises(KeyError):
        inbox.put(RTDS, b"trade")
    with pytest.raises(KeyError):
        await running


async def test_after_its_end_the_inbox_processes_nothing_any_more() -> None:
    inbox = Inbox()
    async with inbox.running(), asyncio.timeout(5):
        await inbox.runner.drained()
    inbox.put(RTDS, b"trade")
    assert inbox.taken.texts == []
    assert inbox.runner.depth == 1
