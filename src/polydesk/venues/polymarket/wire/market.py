"""Market channel objects to events.

Source: ``websockets.md`` section 3, 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from polydesk.domain.events import (
    BookChanged,
    Event,
    LevelChange,
    MarketResolved,
    MarketsListed,
    TickSizeChanged,
    TouchReported,
    TradePrinted,
)
from polydesk.domain.ids import EventId
from polydesk.domain.instruments import FeeSchedule, Market, Side
from polydesk.domain.text import clean
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros
from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.books import snapshot
from polydesk.venues.polymarket.wire.gamma import fee_schedule, two_outcomes
from polydesk.venues.polymarket.wire.ids import CONDITIONS, TOKENS, parse_transaction
from polydesk.venues.polymarket.wire.memory import MarketMemory
from polydesk.venues.polymarket.wire.numbers import (
    PRICES,
    SIZES,
    TOUCHES,
    checked_tick,
    json_micros,
    parse_positive_size,
    parse_price,
    parse_tick,
)
from polydesk.venues.polymarket.wire.schemas import (
    BookText,
    ChangesText,
    NewMarketText,
    PrintText,
    ResolvedText,
    Tag,
    TickText,
    TouchText,
)
from polydesk.venues.polymarket.wire.times import NS_PER_MS, ms_to_ns

PRICE_CHANGE_TAIL: Final = b',"event_type":"price_change"}'
"""How the venue ends a ``price_change``. In valid JSON this tail can be nothing else."""

Reader = Callable[[bytes, int, MarketMemory], Event]


_TAG = msgspec.json.Decoder(Tag)
_decode_changes = msgspec.json.Decoder(ChangesText, strict=False).decode
_BOOK = msgspec.json.Decoder(BookText)
_PRINT = msgspec.json.Decoder(PrintText)
_TICK = msgspec.json.Decoder(TickText)
_TOUCH = msgspec.json.Decoder(TouchText)
_NEW = msgspec.json.Decoder(NewMarketText)
_RESOLVED = msgspec.json.Decoder(ResolvedText)


def read_changes(text: bytes, ts_init: int, _memory: MarketMemory | None = None) -> BookChanged:
    """Read a ``price_change``; the hot path, so everything is looked up, nothing computed."""
    message = _decode_changes(text)
    changes: list[LevelChange] = []
    for c in message.price_changes:
        changes.append(
            (
                TOKENS[c.asset_id],
                c.side == "BUY",
                PRICES[c.price],
                SIZES[c.size],
                TOUCHES[c.best_bid],
                TOUCHES[c.best_ask],
                c.hash,
            )
        )
    ts_event = message.timestamp * NS_PER_MS
    return BookChanged(CONDITIONS[message.market], ts_event, ts_init, changes)


def read_book(text: bytes, ts_init: int, memory: MarketMemory) -> Event:
    """Read a ``book``, of the socket or in the REST form."""
    return snapshot(_BOOK.decode(text), ts_init, memory)


def read_print(text: bytes, ts_init: int, memory: MarketMemory) -> Event:
    """Read a ``last_trade_price`` and remember its price for later hashes."""
    message = _PRINT.decode(text)
    event = TradePrinted(
        token_id=TOKENS[message.asset_id],
        condition_id=CONDITIONS[message.market],
        ts_event=ms_to_ns(message.timestamp),
        ts_init=ts_init,
        price=PriceMicros(parse_price(message.price)),
        size=ShareMicros(parse_positive_size(message.size)),
        side=Side(message.side),
        transaction_hash=parse_transaction(message.transaction_hash or ""),
    )
    memory.of(event.condition_id).printed = event.price
    return event


def read_tick(text: bytes, ts_init: int, memory: MarketMemory) -> Event:
    """Read a ``tick_size_change``."""
    message = _TICK.decode(text)
    event = TickSizeChanged(
        token_id=TOKENS[message.asset_id],
        condition_id=CONDITIONS[message.market],
        ts_event=ms_to_ns(message.timestamp),
        ts_init=ts_init,
        tick=PriceMicros(parse_tick(message.new_tick_size)),
    )
    memory.of(event.condition_id).tick = message.new_tick_size
    return event


def read_touch(text: bytes, ts_init: int, _memory: MarketMemory) -> Event:
    """Read a ``best_bid_ask``."""
    message = _TOUCH.decode(text)
    bid, ask = TOUCHES[message.best_bid], TOUCHES[message.best_ask]
    return TouchReported(
        token_id=TOKENS[message.asset_id],
        condition_id=CONDITIONS[message.market],
        ts_event=ms_to_ns(message.timestamp),
        ts_init=ts_init,
        best_bid=None if bid is None else PriceMicros(bid),
        best_ask=None if ask is None else PriceMicros(ask),
    )


def read_new_market(text: bytes, ts_init: int, _memory: MarketMemory) -> Event:
    """Read a ``new_market`` broadcast: its numbers are texts, empty when unknown."""
    message = _NEW.decode(text)
    ms_to_ns(message.timestamp)
    event = message.event_message
    tick = message.order_price_min_tick_size
    market = Market(
        condition_id=CONDITIONS[message.market],
        question=clean(message.question),
        slug=clean(message.slug),
        outcomes=two_outcomes(message.assets_ids, message.outcomes),
        tick=PriceMicros(checked_tick(json_micros(tick)) if tick else 10_000),
        fees=_broadcast_fees(message),
        market_id=clean(message.id),
        event_id=EventId(clean(event.id) if event else ""),
        event_slug=clean(event.slug) if event else "",
        event_title=clean(event.title) if event else "",
        active=message.active,
        accepting_orders=message.active,
    )
    return MarketsListed(ts_init, [market], is_announcement=True)


def _broadcast_fees(message: NewMarketText) -> FeeSchedule:
    fees = message.fee_schedule
    if fees is None or message.fees_enabled is False:
        return FeeSchedule()
    return fee_schedule(fees.rate or 0, fees.exponent or 1, fees.taker_only is not False)


def read_resolved(text: bytes, ts_init: int, _memory: MarketMemory) -> Event:
    """Read a ``market_resolved``: the winner pays one, the other nothing."""
    message = _RESOLVED.decode(text)
    tokens = [TOKENS[token] for token in message.assets_ids]
    if len(tokens) != 2 or tokens.count(TOKENS[message.winning_asset_id]) != 1:
        raise WireError("market_resolved does not name one winner of two outcomes")
    return MarketResolved(
        condition_id=CONDITIONS[message.market],
        ts_event=ms_to_ns(message.timestamp),
        ts_init=ts_init,
        payouts=tuple(
            (token, PriceMicros(MICROS if token == message.winning_asset_id else 0))
            for token in tokens
        ),
    )


READERS: Final[dict[str, Reader]] = {
    "price_change": read_changes,
    "book": read_book,
    "last_trade_price": read_print,
    "tick_size_change": read_tick,
    "best_bid_ask": read_touch,
    "new_market": read_new_market,
    "market_resolved": read_resolved,
}


def kind_of(text: bytes) -> str:
    """Return the event type of an object; a book without one, as REST sends it, is a book."""
    tag = _TAG.decode(text)
    if tag.event_type is not None:
        return tag.event_type
    is_book = tag.bids is not msgspec.UNSET and tag.asks is not msgspec.UNSET
    return "book" if is_book else "(none)"
