"""From text to engine: decoding, books, and the whole path of market data on one core."""

from __future__ import annotations

from collections.abc import Iterator

from polydesk.bench import nautilus
from polydesk.bench.measure import alternate, alternate_series, cpu_us
from polydesk.bench.plain import PlainBook, PlainChanges, PlainDesk
from polydesk.bench.recorded import recording
from polydesk.bench.results import Result, Spec
from polydesk.domain.book import L2Book
from polydesk.domain.events import BookChanged, LevelChange
from polydesk.domain.frames import Frame
from polydesk.domain.units import MICROS, decimal_from_micros
from polydesk.engine.engine import Engine
from polydesk.runtime.pipeline import Pipeline
from polydesk.venues.polymarket.wire.decoder import Decoder
from polydesk.venues.polymarket.wire.market import read_changes

DECODE = Spec("decode_price_change", "µs/message", "pydantic models")
APPLY = Spec("book_apply", "µs/change", "dict sorted for the touch")
PATH = "json + pydantic + dict sorted for the touch"
ENGINE = Spec("decode_book_engine", "µs/message", PATH, budget=2.6)
PIPELINE = Spec("decode_book_engine_paper_venue", "µs/message", PATH, budget=4.6)
NAUTILUS = Spec("decode_book_engine_nautilus", "µs/message", "nautilus_trader adapter", budget=2.6)

SPECS = (DECODE, APPLY, ENGINE, PIPELINE, *((NAUTILUS,) if nautilus.available() else ()))
LEVELS = 200


def run(*, quick: bool) -> Iterator[Result]:
    """Measure the market path."""
    rounds, count = (1, 2_000) if quick else (5, 20_000)
    yield decode(rounds, count)
    yield apply(rounds, count)
    frames = recording().market[:count]
    ours, plain = alternate_series(
        lambda: (_engine(frames), _pipeline(frames)), lambda: (_plain(frames),), rounds
    )
    for spec, value in zip((ENGINE, PIPELINE), ours, strict=True):
        yield spec.result(
            value, plain[0], f"{len(frames):,} recorded messages, numbers seen before"
        )
    if nautilus.available():
        yield NAUTILUS.result(
            *alternate(lambda: _engine(frames), lambda: nautilus.cost_us(frames), rounds),
            nautilus.version(),
        )


def decode(rounds: int, count: int) -> Result:
    """Measure reading price changes."""
    texts = recording().changes[:count]

    def ours() -> None:
        for text in texts:
            read_changes(text, 1)

    def plain() -> None:
        read = PlainChanges.model_validate_json
        for text in texts:
            read(text)

    ours()
    return DECODE.result(
        *alternate(lambda: cpu_us(ours, count), lambda: cpu_us(plain, count), rounds)
    )


def apply(rounds: int, count: int) -> Result:
    """Measure setting a level and knowing the touch, on books of 200 levels a side."""
    changes = _recorded_changes(count)
    plain_changes = [
        (is_bid, decimal_from_micros(price), decimal_from_micros(size))
        for _, is_bid, price, size, *_ in changes
    ]

    def ours() -> None:
        book = L2Book(changes[0][0])
        book.apply_snapshot(*_deep_sides(), 1, 1)
        for at, (_, is_bid, price, size, *_) in enumerate(changes, start=2):
            book.apply_change(is_bid, price, size, at, at)
            _ = book.best_bid, book.best_ask

    def plain() -> None:
        book = PlainBook()
        bids, asks = _deep_sides()
        book.bids = {decimal_from_micros(p): decimal_from_micros(s) for p, s in bids}
        book.asks = {decimal_from_micros(p): decimal_from_micros(s) for p, s in asks}
        for is_bid, price, size in plain_changes:
            book.apply(is_bid, price, size)
            book.touch()

    return APPLY.result(
        *alternate(lambda: cpu_us(ours, len(changes)), lambda: cpu_us(plain, len(changes)), rounds)
    )


def _recorded_changes(count: int) -> list[LevelChange]:
    """Return the recorded changes of the first outcome, at most ``count``."""
    found: list[LevelChange] = []
    for text in recording().changes:
        event: BookChanged = read_changes(text, 1)
        token = found[0][0] if found else event.changes[0][0]
        found += [change for change in event.changes if change[0] == token]
        if len(found) >= count:
            break
    return found[:count]


def _deep_sides() -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    step = MICROS // (2 * LEVELS + 2)
    bids = [(step * place, MICROS) for place in range(1, LEVELS + 1)]
    asks = [(MICROS - step * place, MICROS) for place in range(1, LEVELS + 1)]
    return bids, asks


def _engine(frames: tuple[Frame, ...]) -> float:
    engine = Engine()
    decode_frame = Decoder(wallets=engine.copier.wallets).decode

    def work() -> None:
        process = engine.process
        for frame in frames:
            for event in decode_frame(frame):
                process(event)

    return cpu_us(work, len(frames))


def _pipeline(frames: tuple[Frame, ...]) -> float:
    pipeline = Pipeline(Engine())

    def work() -> None:
        feed = pipeline.feed
        for frame in frames:
            feed(frame)

    return cpu_us(work, len(frames))


def _plain(frames: tuple[Frame, ...]) -> float:
    desk = PlainDesk()

    def work() -> None:
        for frame in frames:
            desk.feed(frame.text)

    return cpu_us(work, len(frames))
