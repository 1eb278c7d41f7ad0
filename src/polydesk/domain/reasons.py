"""Why an order was denied or a leader's trade was not copied: a closed list with facts.

``docs/errors.md`` is generated from this file and checked by a test.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class DenyCode(StrEnum):
    """Codes of the risk gate. The docstring of each member is its help text."""

    ORDER_SIZE_ABOVE_MAXIMUM = "ORDER_SIZE_ABOVE_MAXIMUM"
    ORDER_SIZE_BELOW_MINIMUM = "ORDER_SIZE_BELOW_MINIMUM"
    PRICE_OFF_TICK = "PRICE_OFF_TICK"
    MARKET_EXPOSURE_ABOVE_MAXIMUM = "MARKET_EXPOSURE_ABOVE_MAXIMUM"
    TOTAL_EXPOSURE_ABOVE_MAXIMUM = "TOTAL_EXPOSURE_ABOVE_MAXIMUM"
    TOO_MANY_OPEN_ORDERS = "TOO_MANY_OPEN_ORDERS"
    DAILY_LOSS_REACHED = "DAILY_LOSS_REACHED"
    BOOK_NOT_PROVEN = "BOOK_NOT_PROVEN"
    BOOK_STALE = "BOOK_STALE"
    BOOK_CROSSED = "BOOK_CROSSED"
    TRADING_HALTED = "TRADING_HALTED"
    TRADING_REDUCING = "TRADING_REDUCING"
    KILL_LATCHED = "KILL_LATCHED"
    INSUFFICIENT_CASH = "INSUFFICIENT_CASH"
    INSUFFICIENT_SHARES = "INSUFFICIENT_SHARES"
    MARKET_NOT_TRADING = "MARKET_NOT_TRADING"
    UNKNOWN_INSTRUMENT = "UNKNOWN_INSTRUMENT"
    DUPLICATE_ORDER = "DUPLICATE_ORDER"
    VENUE_NOT_TAKING_ORDERS = "VENUE_NOT_TAKING_ORDERS"
    NOT_RECONCILED = "NOT_RECONCILED"
    MARKET_FROZEN = "MARKET_FROZEN"
    EXPIRY_TOO_NEAR = "EXPIRY_TOO_NEAR"
    ORDER_RATE = "ORDER_RATE"
    ALLOWANCE_TOO_LOW = "ALLOWANCE_TOO_LOW"
    SELF_TRADE = "SELF_TRADE"


DENY_HELP: dict[DenyCode, str] = {
    DenyCode.ORDER_SIZE_ABOVE_MAXIMUM: "The order costs more than `risk.max_order_usd`; order less or raise the limit.",
    DenyCode.ORDER_SIZE_BELOW_MINIMUM: "The size is below the market's minimum; order at least that many shares.",
    DenyCode.PRICE_OFF_TICK: "The price is not on the market's current tick grid; choose a multiple of the tick between one tick and one less a tick.",
    DenyCode.MARKET_EXPOSURE_ABOVE_MAXIMUM: "Position and open orders in this market would pass `risk.max_market_usd`; order less or raise the limit.",
    DenyCode.TOTAL_EXPOSURE_ABOVE_MAXIMUM: "All positions and open orders would pass `risk.max_total_usd`; order less or raise the limit.",
    DenyCode.TOO_MANY_OPEN_ORDERS: "There are already `risk.max_open_orders` open orders; cancel some first.",
    DenyCode.DAILY_LOSS_REACHED: "Today's loss (UTC) has reached `risk.max_daily_loss_usd`; buying goes on tomorrow.",
    DenyCode.BOOK_NOT_PROVEN: "The book disagrees with the venue's touch or hash; wait for a fresh one, or confirm the order by hand.",
    DenyCode.BOOK_STALE: "The book has no snapshot, had a gap or is older than `risk.max_book_age_ms`; wait for a fresh one, or confirm the order by hand.",
    DenyCode.BOOK_CROSSED: "The best bid meets the best ask; wait for a fresh book.",
    DenyCode.TRADING_HALTED: "Trading is halted; resume it first.",
    DenyCode.TRADING_REDUCING: "Only orders that reduce a position are allowed now; resume trading first.",
    DenyCode.KILL_LATCHED: "The kill switch is on; release it with the typed word.",
    DenyCode.INSUFFICIENT_CASH: "Free cash does not cover the cost and the fee; order less, cancel what reserves cash, or deposit.",
    DenyCode.INSUFFICIENT_SHARES: "The account does not hold that many free shares; sell less, cancel open sales, or wait until purchases are settled.",
    DenyCode.MARKET_NOT_TRADING: "The market is closed, resolved or not accepting orders; choose another one.",
    DenyCode.UNKNOWN_INSTRUMENT: "The token is not in the catalogue; find the market on the Markets screen and watch it first.",
    DenyCode.DUPLICATE_ORDER: "An order with this identity exists already; nothing was sent twice.",
    DenyCode.VENUE_NOT_TAKING_ORDERS: "The venue takes no such orders in its present mode; cancels still go out.",
    DenyCode.NOT_RECONCILED: "The desk is still finding out what became of its earlier orders; wait for the recovery report.",
    DenyCode.MARKET_FROZEN: "What the venue says about this market contradicts itself; look at it, then release the market.",
    DenyCode.EXPIRY_TOO_NEAR: "An order that ends by itself must end at least three minutes from now; choose a later time.",
    DenyCode.ORDER_RATE: "In the last minute `risk.max_orders_per_minute` orders were approved already; wait a moment or raise the limit.",
    DenyCode.ALLOWANCE_TOO_LOW: "The exchange's contract may not take that much cash; raise the allowance on the venue's site, then run `polydesk setup` to check it.",
    DenyCode.SELF_TRADE: "An own order stands on the other side at that price; cancel it first or choose another price.",
}


def explain(reason: str) -> str:
    """Return a denial as one sentence with its fix; a text of another form as it is.

    Args:
        reason: As ``str`` of a ``Denial`` gives it and as it is recorded: the code, then facts.
    """
    code, _, facts = reason.partition(": ")
    if code not in DenyCode.__members__:
        return reason
    sentence = DENY_HELP[DenyCode(code)].removesuffix(".")
    return f"{sentence} ({facts.strip()})." if facts.strip() else f"{sentence}."


class SkipCode(StrEnum):
    """Why a leader's trade was not copied."""

    LEADER_PAUSED = "LEADER_PAUSED"
    WATCH_ONLY = "WATCH_ONLY"
    TOO_OLD = "TOO_OLD"
    SLIPPAGE = "SLIPPAGE"
    PRICE_OUTSIDE_BAND = "PRICE_OUTSIDE_BAND"
    LEADER_CAP_REACHED = "LEADER_CAP_REACHED"
    DAY_CAP_REACHED = "DAY_CAP_REACHED"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    NOTHING_TO_SELL = "NOTHING_TO_SELL"
    UNKNOWN_MARKET = "UNKNOWN_MARKET"
    MARKET_CLOSED = "MARKET_CLOSED"
    NO_BOOK = "NO_BOOK"
    NO_LIQUIDITY = "NO_LIQUIDITY"
    OWN_WALLET = "OWN_WALLET"
    BLIND = "BLIND"
    RISK_DENIED = "RISK_DENIED"


SKIP_HELP: dict[SkipCode, str] = {
    SkipCode.LEADER_PAUSED: "Copying of this leader is paused.",
    SkipCode.WATCH_ONLY: "This leader is only watched.",
    SkipCode.TOO_OLD: "The trade was seen later than `max_age_ms` after it happened, or a clock is wrong by more.",
    SkipCode.SLIPPAGE: "Our price would be worse than the leader's by more than `max_slippage`.",
    SkipCode.PRICE_OUTSIDE_BAND: "The price lies outside `min_price` to `max_price`.",
    SkipCode.LEADER_CAP_REACHED: "What is held for this leader would pass `max_leader_usd`.",
    SkipCode.DAY_CAP_REACHED: "Copies of this leader today (UTC) would pass `max_day_usd`.",
    SkipCode.BELOW_MINIMUM: "The copy is smaller than the market's minimum and aggregation is off.",
    SkipCode.NOTHING_TO_SELL: "Nothing was bought for this leader that could be sold.",
    SkipCode.UNKNOWN_MARKET: "The market is not in the catalogue yet.",
    SkipCode.MARKET_CLOSED: "The market is closed or resolved.",
    SkipCode.NO_BOOK: "There is no fresh book for this outcome.",
    SkipCode.NO_LIQUIDITY: "The side of the book we need is empty.",
    SkipCode.OWN_WALLET: "The trade is our own.",
    SkipCode.BLIND: "The trade was found by repair after the stream was down; only fresh trades open positions.",
    SkipCode.RISK_DENIED: "The risk gate denied the copy; its reason is in the facts.",
}


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal of the risk gate."""

    code: DenyCode
    facts: tuple[tuple[str, str], ...] = field(default=())
    """Name and value pairs for people, such as ``("size", "15")``."""

    def __str__(self) -> str:
        facts = " ".join(f"{name}={value}" for name, value in self.facts)
        return f"{self.code}: {facts}" if facts else str(self.code)
