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
from itertools import cycle, islice
from pathlib import Path

from polydesk.bench import official
from polydesk.bench.copying import MARKET_BETWEEN, NS_PER_MS, followed_trade
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
P50 = Spec("followed_trade_to_signed_p50", "µs", CLIENT, budget=300)
P99 = Spec("followed_trade_to_signed_p99", "µs", CLIENT, budget=2_000)
BURST_P50 = Spec("followed_burst_to_signed_p50", "µs", CLIENT, budget=300)
BURST_P99 = Spec("followed_burst_to_signed_p99", "µs", CLIENT, budget=2_000)
SPECS = (P50, P99, BURST_P50, BURST_P99) if official.available() else ()
PAUSE_S = 0.002
OTHERS_BETWEEN = 5
"""Trades of wallets that nobody follows between two followed ones."""
MOST_OPEN = RiskLimits().max_open_orders
"""With as many orders on their way no desk would go on."""
Signing = Callable[[], AbstractAsyncContextManager[OrderSigner]]


def run(*, quick: bool) -> Iterator[Result]:
    """Measure trades that come one by one, and trades that come as fast as they are signed."""
    if not SPECS:
        return
    rounds, count = (1, 20) if quick else (5, 600)
    yield from _compare((P50, P99), PAUSE_S, rounds, count)
    yield from _compare((BURST_P50, BURST_P99), 0.0, rounds, count)


def _compare(specs: tuple[Spec, Spec], pause_s: float, rounds: int, count: int) -> Iterator[Result]:
    ours, theirs = alternate_series(
        lambda: p50_p99(delays_us(_own_process, count, pause_s)),
        lambda: p50_p99(delays_us(_client, count, pause_s)),
        rounds,
    )
    pace = f"{pause_s * 1e3:g} ms apart" if pause_s else "back to back"
    for spec, value, other in zip(specs, ours, theirs, strict=True):
        yield spec.result(value, other, f"{rounds * count:,} trades {pace}, wall clock")


def delays_us(signing: Signing, count: int, pause_s: float) -> list[float]:
    """Return microseconds from each followed trade to its signed order."""
    return asyncio.run(_delays(signing, count, pause_s))


async def _delays(signing: Signing, count: int, pause_s: float) -> list[float]:
    taken: list[float] = []
    async with signing() as signer, live_core(signer) as core:
        market = iter(recording().market[len(recording().market) // 2 :])
        others = cycle(platform_trades(HIT_EVERY)[1:])
        engine = core.pipeline.engine
        with set_as_in_a_desk():
            for number in range(count):
                between = (*islice(market, MARKET_BETWEEN), *islice(others, OTHERS_BETWEEN))
                for frame in between:
                    core.runner.put(frame)
                await core.runner.drained()
                await asyncio.sleep(pause_s)
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
