"""The signer alone: one order's question to its answer, inside the process and from outside.

Inside counts all the signer does for an order: reading the question, every limit, amounts, digest,
signature, the request's text, remembering it for the header, writing the answer.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import TypeVar

import msgspec

from polydesk.bench import official
from polydesk.bench.measure import alternate, alternate_series, p50_p99
from polydesk.bench.results import Result, Spec
from polydesk.bench.rival import InProcessClient
from polydesk.bench.throwaway import running_signer, service
from polydesk.domain.instruments import MarketVersion, Side
from polydesk.domain.intents import TimeInForce
from polydesk.errors import InvariantError
from polydesk.signer import messages
from polydesk.signer.client import SignerProcess
from polydesk.signer.messages import SignedOrder, SignOrder

CLIENT = "official client builds and signs, same curve library"
_NO_PIPE = "the same signing without a pipe"
INSIDE = Spec("signer_order", "µs/order", CLIENT, budget=50)
TRIP_P50 = Spec("signer_round_trip_p50", "µs", _NO_PIPE)
TRIP_P99 = Spec("signer_round_trip_p99", "µs", _NO_PIPE)
SPECS = (*((INSIDE,) if official.available() else ()), TRIP_P50, TRIP_P99)
T = TypeVar("T")
TOKEN = "71321045679252212594626385532706912750332728571942532289631379312455583992563"


def run(*, quick: bool) -> Iterator[Result]:
    """Measure the signer."""
    rounds, count = (1, 20) if quick else (7, 500)
    if official.available():
        client = InProcessClient()
        yield INSIDE.result(
            *alternate(
                lambda: median(_inside_us(count)),
                lambda: median(_taken_us(client.sign, _orders(count))),
                rounds,
            ),
            f"median, {official.version()}",
        )
    ours, inside = alternate_series(
        lambda: p50_p99(asyncio.run(_trips_us(count))), lambda: p50_p99(_inside_us(count)), rounds
    )
    for spec, value, other in zip((TRIP_P50, TRIP_P99), ours, inside, strict=True):
        yield spec.result(value, other, "what a process of its own for the key costs")


def _orders(count: int) -> list[SignOrder]:
    now_ms = time.time_ns() // 1_000_000
    return [
        SignOrder(
            token_id=TOKEN,
            side=Side.BUY,
            price=530_000,
            size=10_000_000,
            tick=10_000,
            version=MarketVersion.V1,
            neg_risk=False,
            time_in_force=TimeInForce.GTC,
            salt=salt,
            timestamp_ms=now_ms,
        )
        for salt in range(1, count + 1)
    ]


def _inside_us(count: int) -> list[float]:
    """Return what each answer takes the signer's own code."""
    answer = service().answer
    asked = [
        messages.encode(messages.Request(number, msgspec.Raw(messages.encode(order))))
        for number, order in enumerate(_orders(count), start=1)
    ]
    said = messages.decode_reply(answer(asked.pop()))
    if not isinstance(said.answer, SignedOrder):
        raise InvariantError(f"the signer did not sign: {said.answer}")
    return _taken_us(answer, asked)


def _taken_us(work: Callable[[T], object], given: Iterable[T]) -> list[float]:
    taken = []
    for one in given:
        started = time.perf_counter_ns()
        work(one)
        taken.append((time.perf_counter_ns() - started) / 1_000)
    return taken


async def _trips_us(count: int) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        async with running_signer(Path(folder)) as signer:
            return [await _trip_us(signer, order) for order in _orders(count)]


async def _trip_us(signer: SignerProcess, order: SignOrder) -> float:
    started = time.perf_counter_ns()
    await signer.sign_order(order)
    return (time.perf_counter_ns() - started) / 1_000
