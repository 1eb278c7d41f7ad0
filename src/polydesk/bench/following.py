"""A followed trade live: from the inbox to its order's signed bytes back in the desk.

The trade's text goes through inbox, decoder, engine, copier, gate and executor; the signer is a
real process with a key of no value. Counted until the request's bytes are in the desk's hands.
The baseline is the same desk with the official client signing inside it.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from polydesk.bench import official
from polydesk.bench.copying import NS_PER_MS, followed_trade
from polydesk.bench.live_desk import live_core
from polydesk.bench.measure import alternate_series, p50_p99, set_as_in_a_desk
from polydesk.bench.recorded import HIT_EVERY, platform_trades, recording
from polydesk.bench.results import Result, Spec
from polydesk.bench.rival import InProcessClient
from polydesk.bench.throwaway import running_signer
from polydesk.domain.events import TimePassed
from polydesk.domain.limits import RiskLimits
from polydesk.runtime.rim import OrderSigner

CLIENT = "official client in the desk's process"
MOST_OPEN = RiskLimits().max_open_orders
"""With as many orders on their way no desk would go on."""
Signing = Callable[[], AbstractAsyncContextManager[OrderSigner]]


@dataclass(frozen=True, slots=True)
class Flow:
    """What comes in between two followed trades, and how."""

    name: str
    words: str
    bunches: int
    """Groups of texts that arrive together, as a socket hands them over."""
    market: int
    """Market messages in a bunch."""
    others: int
    """Trades of wallets that nobody follows in a bunch."""
    before_s: float = 0.0
    """Silence before a bunch, seconds."""
    after_s: float = 0.0
    """Silence between the last bunch and the followed trade, seconds."""
    has_budget: bool = True

    @property
    def specs(self) -> tuple[Spec, Spec]:
        """Median and 99th percentile."""
        p50, p99 = (300, 2_000) if self.has_budget else (None, None)
        return (
            Spec(f"{self.name}_to_signed_p50", "µs", CLIENT, budget=p50),
            Spec(f"{self.name}_to_signed_p99", "µs", CLIENT, budget=p99),
        )


LOAD = Flow(
    "followed_trade",
    "10,000 market messages and 2,500 trades a second, each ms a bunch",
    bunches=2,
    market=10,
    others=2,
    before_s=0.001,
)
BURST = Flow("followed_burst", "back to back", bunches=1, market=20, others=5)
REST = Flow(
    "followed_after_rest",
    "after 10 ms of silence, when the signer sleeps",
    bunches=1,
    market=20,
    others=5,
    after_s=0.01,
    has_budget=False,
)
FLOWS = (LOAD, BURST, REST) if official.available() else ()
SPECS = tuple(spec for flow in FLOWS for spec in flow.specs)


def run(*, quick: bool) -> Iterator[Result]:
    """Measure trades amid a busy stream, as fast as they are signed, and out of silence."""
    rounds, count = (1, 20) if quick else (5, 600)
    for flow in FLOWS:
        yield from _compare(flow, rounds, count)


def _compare(flow: Flow, rounds: int, count: int) -> Iterator[Result]:
    ours, theirs = alternate_series(
        lambda: p50_p99(delays_us(_own_process, count, flow)),
        lambda: p50_p99(delays_us(_client, count, flow)),
        rounds,
    )
    for spec, value, other in zip(flow.specs, ours, theirs, strict=True):
        yield spec.result(value, other, f"{rounds * count:,} trades, {flow.words}, wall clock")


def delays_us(signing: Signing, count: int, flow: Flow) -> list[float]:
    """Return microseconds from each followed trade to its signed order."""
    return asyncio.run(_delays(signing, count, flow))


async def _delays(signing: Signing, count: int, flow: Flow) -> list[float]:
    taken: list[float] = []
    async with signing() as signer, live_core(signer) as core:
        market = cycle(recording().market[len(recording().market) // 2 :])
        others = cycle(platform_trades(HIT_EVERY)[1:])
        engine = core.pipeline.engine
        with set_as_in_a_desk():
            for number in range(count):
                for _ in range(flow.bunches):
                    await asyncio.sleep(flow.before_s)
                    for frame in (*islice(market, flow.market), *islice(others, flow.others)):
                        core.runner.put(frame)
                await core.runner.drained()
                await asyncio.sleep(flow.after_s)
                taken.append(await core.signed_after(followed_trade(engine, core.leader, number)))
                core.pipeline.apply(TimePassed(engine.now + 2 * NS_PER_MS))
                if len(engine.account.open_orders) >= MOST_OPEN:
                    await core.settled()
    return taken


@asynccontextmanager
async def _own_process() -> AsyncIterator[OrderSigner]:
    with tempfile.TemporaryDirectory() as folder:
        async with running_signer(Path(folder)) as signer:
            yield signer


@asynccontextmanager
async def _client() -> AsyncIterator[OrderSigner]:
    yield InProcessClient()
