"""Reasons not to copy, one small rule each. A guard returns a skip with facts, or None."""

from __future__ import annotations

from polydesk.copying.leaders import Leader
from polydesk.domain.book import L2Book
from polydesk.domain.commands import CopyMode, CopyRule
from polydesk.domain.events import WalletTraded
from polydesk.domain.instruments import Market, Side
from polydesk.domain.reasons import SkipCode
from polydesk.domain.units import PriceMicros, UsdMicros, ceil_to_tick, floor_to_tick, format_micros

Skip = tuple[SkipCode, tuple[tuple[str, str], ...]]
"""Why a trade is not copied, with name and value pairs for people."""
CLOCK_DIFFERENCE_NS = 10_000_000_000
"""How far the clocks of the push stream and of the repair rows may differ at most.
Source: ``websockets.md`` sections 5.3 and 8 (whole seconds; the envelope comes some 3 s later)."""


def check_leader(leader: Leader) -> Skip | None:
    """Skip when this leader is only watched or is paused."""
    if leader.rule.mode is CopyMode.WATCH:
        return (SkipCode.WATCH_ONLY, ())
    if leader.paused:
        return (SkipCode.LEADER_PAUSED, ())
    return None


def check_age(trade: WalletTraded, rule: CopyRule) -> Skip | None:
    """Skip an old buy, and one from the future: then a clock is wrong and no age is known.

    An old sale still closes what we hold, so it passes.
    """
    age_ms = (trade.ts_init - trade.ts_event) // 1_000_000
    if trade.side is Side.SELL or abs(age_ms) <= rule.max_age_ms:
        return None
    code = SkipCode.BLIND if trade.is_repair else SkipCode.TOO_OLD
    return (code, (("age_ms", str(age_ms)), ("max", str(rule.max_age_ms))))


def check_sale(trade: WalletTraded, leader: Leader) -> Skip | None:
    """Skip a sale without a lot to sell, or told so late that our lot began after it."""
    if trade.side is Side.BUY:
        return None
    if not leader.free_lot(trade.token_id):
        return (SkipCode.NOTHING_TO_SELL, ())
    lead_ns = leader.since.get(trade.token_id, 0) - trade.ts_event
    if lead_ns <= CLOCK_DIFFERENCE_NS:
        return None
    return (SkipCode.NOTHING_TO_SELL, (("sold_before_our_lot_ms", str(lead_ns // 1_000_000)),))


def check_market(market: Market | None) -> Skip | None:
    """Skip a market that is unknown or over."""
    if market is None:
        return (SkipCode.UNKNOWN_MARKET, ())
    if market.closed or not market.accepting_orders or market.payouts is not None:
        return (SkipCode.MARKET_CLOSED, ())
    return None


def check_band(trade: WalletTraded, rule: CopyRule) -> Skip | None:
    """Skip a buy whose price lies outside the band of the rule."""
    if trade.side is Side.SELL or rule.min_price <= trade.price <= rule.max_price:
        return None
    facts = (
        ("price", format_micros(trade.price)),
        ("min", format_micros(rule.min_price)),
        ("max", format_micros(rule.max_price)),
    )
    return (SkipCode.PRICE_OUTSIDE_BAND, facts)


def check_book(book: L2Book | None, side: Side) -> Skip | None:
    """Skip without a fresh book or without anything on the side we need."""
    if book is None or book.stale:
        return (SkipCode.NO_BOOK, ())
    if not (book.asks if side is Side.BUY else book.bids):
        return (SkipCode.NO_LIQUIDITY, (("side", "ask" if side is Side.BUY else "bid"),))
    return None


def limit_price(trade: WalletTraded, rule: CopyRule, tick: PriceMicros) -> PriceMicros:
    """Return the worst price the rule accepts, on the grid."""
    if trade.side is Side.BUY:
        return floor_to_tick(min(trade.price + rule.max_slippage, rule.max_price), tick)
    return ceil_to_tick(trade.price - rule.max_slippage, tick)


def check_slippage(
    trade: WalletTraded, rule: CopyRule, book: L2Book, limit: PriceMicros
) -> Skip | None:
    """Skip when the touch is worse than the limit."""
    touch = book.best_ask if trade.side is Side.BUY else book.best_bid
    worse = touch > limit if trade.side is Side.BUY else touch < limit
    if not worse:
        return None
    slip = touch - trade.price if trade.side is Side.BUY else trade.price - touch
    facts = (("slippage", format_micros(slip)), ("max", format_micros(rule.max_slippage)))
    return (SkipCode.SLIPPAGE, facts)


def check_caps(leader: Leader, cost: UsdMicros, now: int) -> Skip | None:
    """Skip a buy that would pass the leader's cap or the day's cap."""
    rule = leader.rule
    coming = leader.open.cost + cost
    held = leader.held_cost + coming
    if held > rule.max_leader_usd:
        facts = (("would hold", format_micros(held)), ("max", format_micros(rule.max_leader_usd)))
        return (SkipCode.LEADER_CAP_REACHED, facts)
    today = leader.bought_on(now) + coming
    if today > rule.max_day_usd:
        facts = (("bought today", format_micros(today)), ("max", format_micros(rule.max_day_usd)))
        return (SkipCode.DAY_CAP_REACHED, facts)
    return None
