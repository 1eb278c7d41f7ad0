"""The core of a live desk around a recording: everything an order passes but the venue."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from polydesk.bench.copying import desk_following, followed_trade
from polydesk.domain import events as ev
from polydesk.domain.approval import Approved
from polydesk.domain.frames import Frame
from polydesk.domain.ids import Wallet
from polydesk.errors import InvariantError
from polydesk.execution import actions as do
from polydesk.execution import inputs as told
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.execution_frames import encode_input
from polydesk.runtime.gateway import Gateway
from polydesk.runtime.observers import StoringObserver
from polydesk.runtime.pipeline import Pipeline
from polydesk.runtime.rehearsal import Rehearsal, first_looks
from polydesk.runtime.rim import OrderSigner, Rim
from polydesk.runtime.runner import Runner
from polydesk.store.history import HistoryWriter
from polydesk.store.journal import SqliteJournal
from polydesk.venues.polymarket.trading.client import TradingRest
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.user_orders import OwnIdentity

KEPT_BACK: Final = "a benchmark sends nothing"
_MS: Final = 1_000_000
_PATIENCE_S: Final = 5.0


class LiveCore:
    """Inbox, pipeline in live mode, gateway and journal; orders end where they would be sent."""

    def __init__(
        self, pipeline: Pipeline, leader: Wallet, signer: OrderSigner, journal: SqliteJournal
    ) -> None:
        self.pipeline = pipeline
        self.leader = leader
        self._signed_at = 0
        clock = LiveClock()
        self.runner = Runner(pipeline, clock)
        self._trouble = ""
        self._signed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._idle = asyncio.Event()
        self._idle.set()
        self._gateway = Gateway(
            Rim(
                signer=signer,
                rest=_nowhere(clock),
                signature_type=0,
                journal=journal,
                clock=clock,
                market=pipeline.engine.token_markets.get,
                tell=self._tell,
                reason_to_hold=lambda _: KEPT_BACK,
                is_urgent=lambda: False,
                on_trouble=self._fail,
                at=self._at,
            ),
            order_time_ms=lambda: clock.now_ns() // _MS,
        )
        pipeline.live.act = self._act
        pipeline.announce_copies(self._gateway.prepare, self._gateway.expect)
        self.rehearsal = Rehearsal(
            clock,
            is_wanted=lambda: not self._gateway.busy,
            signer=signer,
            on_trouble=self._fail,
        )
        self.runner.on_drained = self.rehearsal.run
        pipeline.on_event = self._on_event
        self._gateway.open()

    async def signed_after(self, frame: Frame) -> float:
        """Put a followed trade into the inbox; return microseconds until its order was signed.

        Raises:
            InvariantError: It became no signed order.
        """
        self._signed = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                started = time.perf_counter_ns()
                self.runner.put(frame)
                await self._signed
        except TimeoutError:
            raise InvariantError("a followed trade became no signed order") from None
        if self._trouble:
            raise InvariantError(self._trouble)
        return (self._signed_at - started) / 1_000

    async def settled(self) -> None:
        """Wait until nothing is on its way any more."""
        async with asyncio.timeout(_PATIENCE_S):
            await self._idle.wait()
            await self.runner.drained()

    async def close(self) -> None:
        """End what is on its way."""
        await self._gateway.close()

    def _at(self, point: str) -> None:
        if point == "signed":
            self._signed_at = time.perf_counter_ns()
            self._end_wait()

    def _fail(self, reason: str) -> None:
        self._trouble = reason
        self._end_wait()

    def _end_wait(self) -> None:
        if not self._signed.done():
            self._signed.set_result(None)

    def _on_event(self, event: ev.Event) -> None:
        if isinstance(event, ev.OrderAbandoned) and not self.pipeline.engine.account.open_orders:
            self._idle.set()

    def _tell(self, given: told.Input) -> None:
        self.runner.put(encode_input(given, self.pipeline.engine.now))

    def _act(self, actions: Sequence[do.Action]) -> None:
        """Sign and record as in earnest; what would go out to the venue does not."""
        for action in actions:
            if isinstance(action, do.Sign):
                self._idle.clear()
                self._gateway.take((action,))
            elif isinstance(action, do.Record):
                self._gateway.take((action,))
            elif isinstance(action, do.Send):
                self._tell(told.Withheld(action.client_order_id, KEPT_BACK))


@asynccontextmanager
async def live_core(signer: OrderSigner) -> AsyncIterator[LiveCore]:
    """Run a live desk's core over the recording for a block."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        history = HistoryWriter(folder)
        stack.callback(history.close)
        journal = SqliteJournal(folder)
        stack.callback(journal.close)
        pipeline, leader = desk_following(StoringObserver(journal, history), is_live=True)
        _make_ready(pipeline)
        core = LiveCore(pipeline, leader, signer, journal)
        running = asyncio.create_task(core.runner.run())
        try:
            yield core
            await core.settled()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await core.close()


def approvals(count: int) -> list[Approved]:
    """Return orders that a live desk's gate let through, each a copy of a followed trade."""
    pipeline, leader = desk_following(is_live=True)
    _make_ready(pipeline)
    found: list[Approved] = []

    def act(actions: Sequence[do.Action]) -> None:
        found.extend(action.approved for action in actions if isinstance(action, do.Sign))

    pipeline.live.act = act
    for number in range(count):
        pipeline.feed(followed_trade(pipeline.engine, leader, number))
        refused = told.NotSigned(found[-1].intent.client_order_id, KEPT_BACK)
        pipeline.feed(encode_input(refused, pipeline.engine.now))
    return found


def _make_ready(pipeline: Pipeline) -> None:
    """Answer the looks at the venue with which a live session begins."""
    now = pipeline.engine.now
    for given in first_looks(now):
        pipeline.feed(encode_input(given, now))


def _nowhere(clock: LiveClock) -> TradingRest:
    return TradingRest(Hosts(), clock, _Nobody(), OwnIdentity("", frozenset()))


class _Nobody:
    async def headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        raise InvariantError(KEPT_BACK)
