"""A running desk: engine, inbox, feeds, storage and views wired together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from polydesk.analytics.backfill import bars_from_points
from polydesk.analytics.candles import CandleBook
from polydesk.domain import events as ev
from polydesk.domain.commands import SetTradingState, TradingState
from polydesk.domain.frames import Frame
from polydesk.domain.ids import TokenId
from polydesk.engine.engine import Engine
from polydesk.engine.observer import Observer
from polydesk.errors import InvariantError, PolydeskError
from polydesk.ingest.supervisor import OnDeath, TaskDied
from polydesk.ports import Clock, FrameSink, Recorder
from polydesk.runtime.control import SessionOpened, encode_session
from polydesk.runtime.desk_source import LiveDeskSource, Session
from polydesk.runtime.feeds import Feeds
from polydesk.runtime.interpreter import settle
from polydesk.runtime.pipeline import Outward, Pipeline
from polydesk.runtime.runner import Runner
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.clob import PricePoint

SAMPLE_S = 1.0
HISTORY_INTERVALS_S = (300, 3_600)
"""Bars made of the venue's price history, which has a point every five minutes of a day."""
_CHANGES_WANTED = (
    ev.UserCommandGiven,
    ev.WalletTraded,
    ev.OrderFilled,
    ev.OrderClosed,
    ev.OrderRejected,
    ev.MarketResolved,
)
"""Events after which other books or wallets may be wanted."""


@dataclass(slots=True)
class Wiring:
    """What a desk is made with."""

    clock: Clock
    session: Session
    opening: SessionOpened
    observer: Observer | None = None
    recorder: Recorder | None = None
    wrap_sink: Callable[[FrameSink], FrameSink] = field(default=lambda sink: sink)
    """Puts something between the streams and the inbox."""
    seed: int = 0
    walk_catalogue: bool = True


class TrafficSink:
    """Counts frames per stream on their way to the inbox."""

    def __init__(self, source: LiveDeskSource, sink: FrameSink) -> None:
        self._source = source
        self._sink = sink

    def put(self, frame: Frame) -> None:
        """Pass a frame on and count it."""
        self._sink.put(frame)
        self._source.note_frame(frame)


class Desk:
    """One session on live sockets. ``run`` is its life."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self.opening = wiring.opening
        self.is_halted = False
        """Whether new orders were stopped because something is broken."""
        self.on_opened: Callable[[], None] = lambda: None
        """Called once, when the account is open and the catalogue rows it needs are here."""
        self.listeners: list[Callable[[ev.Event], None]] = []
        """Told every event but plain book changes, after the engine."""
        self.samplers: list[Callable[[], None]] = []
        """Called once a second."""
        self.engine = Engine(observer=wiring.observer)
        self.pipeline = Pipeline(
            self.engine, recorder=wiring.recorder, outward=self._outward, seed=wiring.seed
        )
        self.runner = Runner(self.pipeline, wiring.clock, on_market_overflow=self._resubscribe_all)
        self.candles = CandleBook()
        self.source = LiveDeskSource(
            self.pipeline, self.runner, wiring.clock, wiring.session, self.candles
        )
        self.source.ask_search = self._ask_search
        self.source.ask_history = self._ask_history
        self.feeds: Feeds | None = None
        self.pipeline.on_event = partial(self._on_event, self.pipeline.on_event)

    def _connect(self, hosts: Hosts) -> Feeds:
        wiring = self._wiring
        feeds = Feeds(
            hosts,
            wiring.clock,
            TrafficSink(self.source, wiring.wrap_sink(self.runner)),
            self.engine,
            seed=wiring.seed,
            on_died=self._on_died,
            on_history=self._on_history,
            walk_catalogue=wiring.walk_catalogue,
        )
        feeds.enquiries.on_problem = partial(self.source.notify, "warning")
        return feeds

    def _ask_search(self, text: str) -> None:
        if self.feeds is not None:
            self.feeds.enquiries.search(text)

    def _ask_history(self, token_id: TokenId) -> None:
        if self.feeds is not None:
            self.feeds.enquiries.history(token_id)

    def _on_history(self, token_id: TokenId, points: list[PricePoint]) -> None:
        """Show a token's past before what was seen here."""
        for interval in HISTORY_INTERVALS_S:
            self.candles.backfill(token_id, interval, bars_from_points(points, interval))

    def _outward(self, command: Outward) -> None:
        if self.feeds is not None:
            self.feeds.take(command)

    def _resubscribe_all(self) -> None:
        if self.feeds is not None:
            self.feeds.resubscribe_all()

    def _on_event(self, forward: Callable[[ev.Event], None] | None, event: ev.Event) -> None:
        if forward is not None:
            forward(event)
        for listener in self.listeners:
            listener(event)
        if self.feeds is not None and isinstance(event, _CHANGES_WANTED):
            self.feeds.follow_engine()

    def halt(self, reason: str) -> None:
        """Stop all new orders and say why."""
        self.is_halted = True
        self.source.notify("error", f"Trading is halted: {reason}")
        self.runner.submit(SetTradingState(TradingState.HALTED))

    def _on_died(self, died: TaskDied) -> None:
        what = "is being restarted" if died.reaction is OnDeath.RESTART else "the desk stops"
        self.source.notify("error", f"{died.name} stopped ({died.error or 'it returned'}); {what}")

    async def run(self, hosts: Hosts) -> None:
        """Open the session, connect and work until cancelled.

        Raises:
            PolydeskError: Something that cannot be gone on from.
        """
        self.feeds = feeds = self._connect(hosts)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.runner.run(), name="engine")
                group.create_task(self.runner.tick(), name="tick")
                group.create_task(self._sample(), name="samples")
                await self._open(feeds)
                group.create_task(feeds.run(), name="feeds")
        except ExceptionGroup as group_error:
            raise first_of(group_error) from group_error
        finally:
            self.feeds = None
            await feeds.close()

    async def _open(self, feeds: Feeds) -> None:
        opening = encode_session(self._wiring.opening, self._wiring.clock.now_ns())
        self.runner.put(opening)
        await self.runner.drained()
        if self.pipeline.opened is None:
            raise InvariantError("the session did not open")
        feeds.follow_engine()
        try:
            await feeds.load_catalogue()
        except PolydeskError as error:
            self.source.notify("warning", str(error))
        await self.runner.drained()
        self.on_opened()
        settle()

    async def learn_markets(self, token_ids: Sequence[TokenId]) -> bool:
        """Have the catalogue rows of tokens, if the venue has them, before going on.

        Returns:
            Whether the catalogue could be read.
        """
        is_read = self.feeds is not None
        if self.feeds is not None:
            try:
                await self.feeds.rest.markets_by_token(token_ids)
            except PolydeskError as error:
                self.source.notify("warning", str(error))
                is_read = False
        await self.runner.drained()
        return is_read

    async def _sample(self) -> None:
        while True:
            await asyncio.sleep(SAMPLE_S)
            self.source.sample()
            for sampler in self.samplers:
                sampler()


def first_of(group: ExceptionGroup[Exception]) -> Exception:
    """Return the first plain exception of a group."""
    error: Exception = group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


async def for_seconds(work: Awaitable[None], seconds: float | None) -> None:
    """Work until cancelled or until the time is over; None is without end."""
    try:
        async with asyncio.timeout(seconds) as limit:
            await work
    except TimeoutError:
        if not limit.expired():
            raise


@contextlib.asynccontextmanager
async def running(desk: Desk, hosts: Hosts) -> AsyncIterator[asyncio.Task[None]]:
    """Run a desk in the background of a block and end it afterwards."""
    task = asyncio.create_task(desk.run(hosts), name="desk")
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
