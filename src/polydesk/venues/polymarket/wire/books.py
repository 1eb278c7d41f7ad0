"""Book texts to snapshots, with the proof by hash."""

from __future__ import annotations

from polydesk.domain.events import BookSnapshotReceived
from polydesk.domain.units import MICROS, PriceMicros
from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.bookhash import (
    HashTerms,
    book_head,
    candidate_terms,
    find_terms,
    trades_near,
)
from polydesk.venues.polymarket.wire.ids import CONDITIONS, TOKENS
from polydesk.venues.polymarket.wire.memory import MarketInfo, MarketMemory
from polydesk.venues.polymarket.wire.numbers import (
    PRICES,
    SIZES,
    parse_positive_size,
    parse_price,
    parse_tick,
)
from polydesk.venues.polymarket.wire.schemas import BookText, LevelText
from polydesk.venues.polymarket.wire.times import ms_to_ns


def snapshot(text: BookText, ts_init: int, memory: MarketMemory) -> BookSnapshotReceived:
    """Turn a book text into a snapshot and remember the terms it states.

    Raises:
        WireError: A number or id is malformed, a size is not above zero, a price repeats.
    """
    event = BookSnapshotReceived(
        token_id=TOKENS[text.asset_id],
        condition_id=CONDITIONS[text.market],
        ts_event=ms_to_ns(text.timestamp),
        ts_init=ts_init,
        bids=_levels(text.bids),
        asks=_levels(text.asks),
        hash=text.hash if text.hash.isalnum() else "",
        tick=PriceMicros(parse_tick(text.tick_size)) if text.tick_size else None,
        last_trade=_last_trade(text.last_trade_price),
    )
    info = memory.of(event.condition_id)
    _remember(text, info)
    event.hash_ok = _prove(text, event, info)
    return event


def _levels(levels: list[LevelText]) -> list[tuple[int, int]]:
    read = [(PRICES[level.price], SIZES[level.size]) for level in levels]
    if not all(size for _, size in read):
        raise WireError("a book level has the size zero")
    if len({price for price, _ in read}) != len(read):
        raise WireError("a price stands twice on one side of a book")
    return read


def _last_trade(text: str | None) -> PriceMicros | None:
    return PriceMicros(parse_price(text)) if text else None


def _remember(text: BookText, info: MarketInfo) -> None:
    if text.min_order_size:
        parse_positive_size(text.min_order_size)
        info.min_order_size = text.min_order_size
    if text.neg_risk is not None:
        info.neg_risk = text.neg_risk
    if text.tick_size:
        info.tick = text.tick_size
    if text.last_trade_price is not None:
        info.last_trade = text.last_trade_price


def _prove(text: BookText, event: BookSnapshotReceived, info: MarketInfo) -> bool | None:
    """Return True when the hash is reproduced, False when it cannot be, None when unknown."""
    if not event.hash:
        return None
    head = book_head(
        text.market,
        text.asset_id,
        text.timestamp,
        [(level.price, level.size) for level in text.bids],
        [(level.price, level.size) for level in text.asks],
    )
    terms = search_terms(head, event.hash, info, _touch(event), text.last_trade_price)
    if terms is not None:
        info.learn(terms)
        return True
    all_known = info.min_order_size is not None and info.neg_risk is not None
    return False if all_known and text.last_trade_price is not None else None


def _touch(event: BookSnapshotReceived) -> tuple[int, int]:
    best_bid = max((price for price, _ in event.bids), default=0)
    best_ask = min((price for price, _ in event.asks), default=MICROS)
    return best_bid, best_ask


def search_terms(
    head: str, wanted: str, info: MarketInfo, touch: tuple[int, int], stated: str | None
) -> HashTerms | None:
    """Find the terms under which ``head`` has the hash ``wanted``.

    Args:
        head: The hashed text up to the asks.
        wanted: The venue's hash.
        info: What is known of the market.
        touch: Best bid and ask in micros, around which a last trade price is searched.
        stated: The last trade price the message gave, or None when it gave none.
    """
    first = [stated, None] if stated is not None else info.likely_trades()
    found = find_terms(head, wanted, candidate_terms(info, first))
    if found is not None or stated is not None:
        return found
    tick = parse_tick(info.tick) if info.tick else 10_000
    return find_terms(head, wanted, candidate_terms(info, trades_near(*touch, tick)))
