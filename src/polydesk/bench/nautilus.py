"""The Polymarket adapter of nautilus_trader on the same frames, when it is installed.

Its own data client takes the raw texts, keeps the local books and makes quotes; what it hands
to its data engine is counted and dropped, so its bus costs nothing here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import closing
from importlib import import_module
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as package_version
from importlib.util import find_spec
from typing import Any

from polydesk.bench.measure import cpu_us
from polydesk.domain.events import BookChanged, BookSnapshotReceived
from polydesk.domain.frames import Frame
from polydesk.venues.polymarket.wire.decoder import Decoder

_ROOT = "nautilus_trader"


def available() -> bool:
    """Return whether the adapter and what it needs are installed."""
    return find_spec(_ROOT) is not None and find_spec("py_clob_client") is not None


def version() -> str:
    """Return the installed version."""
    try:
        return f"{_ROOT} {package_version(_ROOT)}"
    except PackageNotFoundError:
        return _ROOT


def cost_us(frames: Sequence[Frame]) -> float:
    """Return the CPU microseconds the adapter takes per frame, book and quote included."""
    texts = [frame.text for frame in frames]
    with closing(asyncio.new_event_loop()) as loop:
        client = _client(_outcomes(frames), loop)

        def work() -> None:
            take = client._handle_raw_ws_message
            for text in texts:
                take(text)

        return cpu_us(work, len(texts))


def _outcomes(frames: Iterable[Frame]) -> set[tuple[str, str]]:
    """Return (condition, token) of everything the frames mention."""
    decoder = Decoder(wallets=frozenset())
    found: set[tuple[str, str]] = set()
    for frame in frames:
        for event in decoder.decode(frame):
            if isinstance(event, BookChanged):
                found |= {(event.condition_id, change[0]) for change in event.changes}
            elif isinstance(event, BookSnapshotReceived):
                found.add((event.condition_id, event.token_id))
    return found


def _load(path: str, name: str) -> Any:
    return getattr(import_module(f"{_ROOT}.{path}"), name)


def _client(outcomes: set[tuple[str, str]], loop: asyncio.AbstractEventLoop) -> Any:
    """Return the adapter's data client, subscribed to books and quotes, without connections."""
    clock = _load("common.component", "LiveClock")()
    trader = _load("model.identifiers", "TraderId")("BENCH-001")
    bus = _load("common.component", "MessageBus")(trader_id=trader, clock=clock)
    cache = _load("cache.cache", "Cache")()
    bus.register("DataEngine.process", lambda _data: None)
    provider = _load("common.providers", "InstrumentProvider")()
    config = _load("adapters.polymarket.config", "PolymarketDataClientConfig")()
    client = _load("adapters.polymarket.data", "PolymarketDataClient")(
        loop, None, bus, cache, clock, provider, config, None
    )
    for condition, token in sorted(outcomes):
        instrument = _instrument(condition, token)
        cache.add_instrument(instrument)
        client._create_local_book(instrument.id)
        client._add_subscription_quote_ticks(instrument.id)
        client._add_subscription_order_book_deltas(instrument.id)
    return client


def _instrument(condition: str, token: str) -> Any:
    row = {
        "condition_id": condition,
        "question": "benchmark",
        "minimum_tick_size": "0.001",
        "minimum_order_size": 5,
        "end_date_iso": "2030-01-01",
        "maker_base_fee": 0,
        "taker_base_fee": 0,
    }
    return _load("adapters.polymarket.common.parsing", "parse_instrument")(row, token, "Yes", 0)
