"""Platform trades: the wallet filter, and a followed trade until its copy is with the venue."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from polydesk.bench.measure import alternate, alternate_series, cpu_us, p50_p99
from polydesk.bench.plain import PlainActivity
from polydesk.bench.recorded import SEED, address, followed_wallets, platform_trades, recording
from polydesk.bench.results import Result, Spec
from polydesk.domain.approval import Approved
from polydesk.domain.commands import CopyRule, FollowLeader
from polydesk.domain.events import OrderReport, TimePassed, WalletTraded
from polydesk.domain.frames import RTDS, Frame
from polydesk.domain.ids import ConditionId, TokenId, TradeId, Wallet
from polydesk.domain.instruments import Side
from polydesk.domain.text import clean
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros, micros_from_decimal
from polydesk.engine.engine import Engine
from polydesk.engine.observer import Observer
from polydesk.errors import InvariantError
from polydesk.runtime.control import SessionOpened, encode_session
from polydesk.runtime.pipeline import Pipeline
from polydesk.runtime.rehearsal import NO_LIMITS, PLENTY
from polydesk.venues.polymarket.wire.decoder import Decoder

FILTER = Spec("wallet_filter", "frames/s", "json.loads + set", higher_is_better=True, budget=300e3)
_SLOW = "json + pydantic instead of the typed decoder"
ORDER_P50 = Spec("followed_trade_to_order_p50", "µs", _SLOW, budget=300)
ORDER_P99 = Spec("followed_trade_to_order_p99", "µs", _SLOW, budget=2_000)

SPECS = (FILTER, ORDER_P50, ORDER_P99)
NS_PER_MS = 1_000_000
MARKET_BETWEEN = 20
"""Market messages between two followed trades."""


def run(*, quick: bool) -> Iterator[Result]:
    """Measure the followed path."""
    yield wallet_filter(1 if quick else 5, 2_000 if quick else 20_000)
    yield from trade_to_order(1 if quick else 3, 40 if quick else 400)


def wallet_filter(rounds: int, count: int) -> Result:
    """Measure platform trades of which few are of followed wallets."""
    frames, followed = platform_trades(count), followed_wallets()

    def ours() -> float:
        decode = Decoder(wallets=followed).decode

        def work() -> None:
            for frame in frames:
                decode(frame)

        return 1e6 / cpu_us(work, count)

    def plain() -> float:
        hits = []

        def work() -> None:
            for frame in frames:
                row = json.loads(frame.text)
                if row["payload"]["proxyWallet"].lower() in followed:
                    hits.append(row)

        return 1e6 / cpu_us(work, count)

    return FILTER.result(*alternate(ours, plain, rounds), f"{len(followed)} wallets followed")


def trade_to_order(rounds: int, count: int) -> Iterator[Result]:
    """Measure from a followed trade's text to its copy handed to the venue."""

    def typed(pipeline: Pipeline, frame: Frame) -> None:
        pipeline.feed(frame)

    def plain(pipeline: Pipeline, frame: Frame) -> None:
        pipeline.apply(_plain_trade(frame))

    ours, baseline = alternate_series(
        lambda: _delays(count, typed), lambda: _delays(count, plain), rounds
    )
    for spec, value, other in zip((ORDER_P50, ORDER_P99), ours, baseline, strict=True):
        yield spec.result(value, other, f"{rounds * count} followed trades, wall clock")


class Stopwatch:
    """Notes when an order reaches the venue."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._at_ns: int | None = None
        self._submit = pipeline.venue.submit
        pipeline.venue.submit = self._note  # type: ignore[method-assign]

    def _note(self, approved: Approved, now: int) -> Sequence[OrderReport]:
        self._at_ns = time.perf_counter_ns()
        return self._submit(approved, now)

    def handed_over_at(self) -> int:
        """Return when the last order was handed over, once.

        Raises:
            InvariantError: No order came.
        """
        at, self._at_ns = self._at_ns, None
        if at is None:
            raise InvariantError("a followed trade became no order")
        return at


def _delays(count: int, feed: Callable[[Pipeline, Frame], None]) -> tuple[float, float]:
    """Return p50 and p99 in microseconds; every trade must have become an order."""
    pipeline, wallet = desk_following()
    watch = Stopwatch(pipeline)
    market = iter(recording().market[_half() :])
    delays = []
    for number in range(count):
        for frame in islice(market, MARKET_BETWEEN):
            pipeline.feed(frame)
        frame = followed_trade(pipeline.engine, wallet, number)
        started = time.perf_counter_ns()
        feed(pipeline, frame)
        delays.append((watch.handed_over_at() - started) / 1_000)
        pipeline.apply(TimePassed(pipeline.engine.now + 500 * NS_PER_MS))
    return p50_p99(delays)


def _half() -> int:
    return len(recording().market) // 2


def _generous_rule() -> CopyRule:
    return CopyRule(
        min_price=PriceMicros(1_000),
        max_price=PriceMicros(MICROS - 1_000),
        max_slippage=PriceMicros(MICROS // 10),
        max_age_ms=10**12,
        max_leader_usd=PLENTY,
        max_day_usd=PLENTY,
    )


def desk_following(
    observer: Observer | None = None, *, is_live: bool = False
) -> tuple[Pipeline, Wallet]:
    """Return a desk in the middle of the recording and one of its 5,001 leaders, always copied."""
    wallet = address(random.Random(SEED + 2))
    leader = FollowLeader(wallet, "leader", _generous_rule())
    pipeline = Pipeline(Engine(observer=observer))
    session = SessionOpened(PLENTY, leaders=(leader,), limits=NO_LIMITS, is_live=is_live)
    pipeline.feed(encode_session(session, recording().frames[0].ts_init))
    for other in sorted(followed_wallets()):
        pipeline.engine.copier.follow(FollowLeader(Wallet(other), "", CopyRule()))
    for frame in (*recording().opening, *recording().market[: _half()]):
        pipeline.feed(frame)
    return pipeline, wallet


def followed_trade(engine: Engine, wallet: str, number: int) -> Frame:
    """Return the text of a buy at the touch of some book that can be bought from."""
    tokens = [b.token_id for b in engine.books if b.asks and b.bids and not b.stale]
    token = tokens[number % len(tokens)]
    book, market = engine.books.by_token[token], engine.token_markets[token]
    body = {
        "connection_id": "",
        "payload": {
            "proxyWallet": wallet,
            "side": "BUY",
            "asset": token,
            "conditionId": market.condition_id,
            "size": 120.5,
            "price": book.best_ask / MICROS,
            "timestamp": engine.now // 10**9,
            "title": market.question,
            "slug": market.slug,
            "outcome": market.outcome(token).label,
            "name": "leader",
            "pseudonym": "",
            "transactionHash": f"0x{number:064x}",
        },
        "timestamp": engine.now // NS_PER_MS,
        "topic": "activity",
        "type": "trades",
    }
    return Frame(RTDS, engine.now, json.dumps(body, separators=(",", ":")).encode())


def _plain_trade(frame: Frame) -> WalletTraded:
    """Read a trade the plain way."""
    message = PlainActivity.model_validate(json.loads(frame.text))
    row = message.payload
    return WalletTraded(
        trade_id=TradeId(f"{row.transaction_hash}:{row.proxy_wallet}:{row.asset}:{row.price}"),
        wallet=Wallet(row.proxy_wallet.lower()),
        name=clean(row.name, 40),
        token_id=TokenId(row.asset),
        condition_id=ConditionId(row.condition_id),
        side=Side(row.side),
        price=PriceMicros(micros_from_decimal(row.price)),
        size=ShareMicros(micros_from_decimal(row.size)),
        ts_event=message.timestamp * NS_PER_MS,
        ts_init=frame.ts_init,
        transaction_hash=row.transaction_hash,
        title=clean(row.title),
        outcome=clean(row.outcome, 60),
        slug=clean(row.slug),
    )
