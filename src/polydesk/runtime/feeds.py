"""Everything that brings frames in: streams, snapshots, catalogue, gap repair, watched over."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from polydesk.domain.commands import RequestMarkets, RequestSnapshot
from polydesk.domain.ids import ConditionId, TokenId, Wallet
from polydesk.engine.engine import Engine
from polydesk.ingest.backoff import AttemptCap
from polydesk.ingest.catalogue import CatalogueRunner
from polydesk.ingest.enquiries import Enquiries
from polydesk.ingest.repair import RepairPlan, RepairRunner
from polydesk.ingest.shards import Shards
from polydesk.ingest.silence import SilenceProbe
from polydesk.ingest.snapshots import SnapshotQueue, SnapshotRunner
from polydesk.ingest.supervisor import Job, Supervision, Supervisor, TaskDied
from polydesk.ports import Clock, FrameSink
from polydesk.venues.polymarket.rest import PolymarketRest
from polydesk.venues.polymarket.stream import MarketStream, RtdsStream, StreamStatus
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.clob import PricePoint, parse_prices_history

PROBE_EVERY_S = 1.0


class Feeds:
    """Owns the connections of one desk. ``sink`` takes what they bring."""

    def __init__(
        self,
        hosts: Hosts,
        clock: Clock,
        sink: FrameSink,
        engine: Engine,
        *,
        seed: int,
        on_died: Callable[[TaskDied], None],
        on_history: Callable[[TokenId, list[PricePoint]], None],
        walk_catalogue: bool = True,
    ) -> None:
        rng = random.Random(seed)
        self._clock = clock
        self._engine = engine
        self._rng = rng
        self._on_died = on_died
        self._on_history = on_history
        self._walk_catalogue = walk_catalogue
        supervision = Supervision(clock, rng, cap=AttemptCap(clock))
        self.rest = PolymarketRest(hosts, clock, sink)
        self.market = MarketStream(hosts, clock, sink, supervision, Shards())
        self.rtds = RtdsStream(hosts, clock, sink, supervision, on_status=self._on_rtds)
        self._repair = RepairRunner(RepairPlan(), self.rest.trades, clock)
        self._silence = SilenceProbe()
        self.snapshots = SnapshotRunner(
            SnapshotQueue(), self.rest.books, self.market.resubscribe, clock
        )
        self._catalogue = CatalogueRunner(
            self.rest.markets_page,
            self.rest.markets_by_token,
            clock,
            fetch_conditions=self.rest.markets,
            held=self._held_conditions,
            is_known=engine.token_markets.__contains__,
        )

        self.enquiries = Enquiries(self.rest.search, self._read_history)

    async def _read_history(self, token_id: TokenId) -> None:
        body = await self.rest.prices_history(token_id)
        self._on_history(token_id, parse_prices_history(body))

    def _on_rtds(self, status: StreamStatus) -> None:
        if status.up:
            self._repair.stream_is_back()

    def _held_conditions(self) -> Sequence[ConditionId]:
        markets = (
            self._engine.token_markets.get(token_id) for token_id in self._engine.wanted_tokens()
        )
        return list(dict.fromkeys(m.condition_id for m in markets if m is not None))

    def follow_engine(self) -> None:
        """Want what the engine wants: books of its tokens, trades of its leaders."""
        wanted = self._engine.wanted_tokens()
        self.market.set_wanted(wanted)
        self._silence.keep(wanted)
        self.snapshots.keep(wanted)
        self._repair.set_wallets([Wallet(text) for text in sorted(self._engine.copier.wallets)])

    def resubscribe_all(self) -> None:
        """Ask for every book anew: frames of any of them may have been dropped."""
        self.market.resubscribe(self._engine.wanted_tokens())

    def take(self, command: RequestSnapshot | RequestMarkets) -> None:
        """Carry out what the engine asks of the outside."""
        if isinstance(command, RequestSnapshot):
            self.snapshots.wish(command.token_id, command.reason)
        else:
            self._catalogue.need(command.token_ids)

    async def load_catalogue(self) -> None:
        """Fetch the rows of all wanted tokens before the streams start.

        A held market that was resolved meanwhile sends no book; its row is what pays out.
        """
        tokens = list(self._engine.wanted_tokens())
        if tokens:
            await self.rest.markets_by_token(tokens)

    async def run(self) -> None:
        """Keep everything running until cancelled."""
        jobs = [
            Job("market stream", self.market.run),
            Job("rtds stream", self.rtds.run),
            Job("snapshots", self.snapshots.run),
            Job("gap repair", self._repair.run),
            Job("catalogue look-ups", self._catalogue.run_lookups),
            Job("silence probe", self._probe),
            Job("enquiries", self.enquiries.run),
        ]
        if self._walk_catalogue:
            jobs.append(Job("catalogue", self._catalogue.run_refresh))
        await Supervisor(self._clock, self._rng, self._on_died).run(jobs)

    async def close(self) -> None:
        """Close what stays open between reads."""
        await self.rest.close()

    async def _probe(self) -> None:
        while True:
            await self._clock.sleep(PROBE_EVERY_S)
            self.look_for_silence()

    def look_for_silence(self) -> None:
        """Ask for books that are missing or silent longer than is normal for them."""
        now = self._clock.now_ns()
        for token_id in self._engine.wanted_tokens():
            book = self._engine.books.get(token_id)
            if book is None or book.stale:
                self._silence.expect(token_id, now)
            else:
                self._silence.observe(token_id, book.changed_at)
        orders = self._engine.account.open_orders.values()
        resting = {order.intent.token_id for order in orders}
        for token_id in self._silence.silent(now, resting):
            self.snapshots.wish(token_id, "silent")
