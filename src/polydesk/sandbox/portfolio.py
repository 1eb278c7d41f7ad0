"""Positions and standings, computed from the trades a recording shows.

A wallet's life before the recording is unknown, so a sale of shares that were not bought in
view changes no position and realises nothing. Costs are averages, as the Data API keeps them.

Source: ``rest-data.md`` section 5.2, 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from polydesk.domain.ids import Wallet
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros, notional_floor, share_of
from polydesk.sandbox.activity import WalletTrade
from polydesk.sandbox.catalogue import number_micros, texts_of, tokens_of
from polydesk.sandbox.world import World

DAY_S: Final = 86_400
WINDOWS: Final = {"day": DAY_S, "week": 7 * DAY_S, "month": 30 * DAY_S, "all": None}


@dataclass(slots=True)
class Holding:
    """One wallet's position in one token. Amounts in micros."""

    wallet: Wallet
    token: str
    first: WalletTrade
    last: WalletTrade
    size: int = 0
    cost: int = 0
    """Entry cost of what is held, without fees."""
    bought: int = 0
    """Shares bought over the recording."""
    spent: int = 0
    """Cash paid for them, without fees."""
    fees: int = 0
    realized: int = 0

    def take(self, trade: WalletTrade) -> None:
        """Apply the next trade."""
        self.last = trade
        if trade.side == "BUY":
            self._buy(trade)
        else:
            self._sell(trade)

    def _buy(self, trade: WalletTrade) -> None:
        paid = notional_floor(trade.price, trade.size)
        self.size += trade.size
        self.bought += trade.size
        self.cost += paid
        self.spent += paid
        self.fees += trade.fee

    def _sell(self, trade: WalletTrade) -> None:
        sold = min(self.size, trade.size)
        if not sold:
            return
        cost = share_of(self.cost, sold, self.size)
        self.realized += notional_floor(trade.price, ShareMicros(sold)) - cost
        self.size -= sold
        self.cost -= cost

    @property
    def average(self) -> int:
        """Average entry price of what is held, or of all that was bought once it is sold."""
        if self.size:
            return share_of(MICROS, self.cost, self.size)
        return share_of(MICROS, self.spent, self.bought) if self.bought else 0


def holdings(trades: Iterable[WalletTrade]) -> list[Holding]:
    """Return the positions that a wallet's trades, oldest first, add up to."""
    found: dict[str, Holding] = {}
    for trade in trades:
        held = found.get(trade.token)
        if held is None:
            held = found[trade.token] = Holding(trade.wallet, trade.token, trade, trade)
        held.take(trade)
    return [held for held in found.values() if held.bought]


def payout(world: World, token: str) -> int | None:
    """Return what a share pays once its market is resolved, None before."""
    row = world.catalogue.market(token)
    if row is None or not row.get("closed"):
        return None
    tokens, prices = tokens_of(row), texts_of(row.get("outcomePrices"))
    if token not in tokens or len(tokens) != len(prices):
        return None
    return number_micros(prices[tokens.index(token)])


def price_now(world: World, token: str, fallback: int) -> PriceMicros:
    """Return a token's price: pay-out, else midpoint, else last trade, else ``fallback``."""
    paid = payout(world, token)
    if paid is not None:
        return PriceMicros(paid)
    held = world.book(token)
    if held is None:
        return PriceMicros(fallback)
    if held.book.mid is not None:
        return PriceMicros(held.book.mid)
    last = held.book.last_trade
    return PriceMicros(fallback if last is None else last)


def value_now(world: World, held: Holding) -> int:
    """Return what a position is worth."""
    price = price_now(world, held.token, held.last.price)
    return notional_floor(price, ShareMicros(held.size))


@dataclass(slots=True)
class Standing:
    """One wallet in a ranking."""

    wallet: Wallet
    name: str
    image: str
    pnl: int
    """Micro-pUSD."""
    volume: int
    """Micro-shares."""
    rank_pnl: int = 0
    rank_volume: int = 0


def standings(world: World, window: str, now_s: int) -> list[Standing]:
    """Return every wallet's result in a window, ranked by profit and by volume.

    ``all`` counts realised profit only; a finite window counts what the trades in it changed:
    cash that came in and went out, and what was left of them at the present price.
    """
    length = WINDOWS[window]
    start = 0 if length is None else now_s - length
    found = []
    for who, trades in world.trades.wallets():
        inside = [trade for trade in trades if trade.seconds >= start]
        if inside:
            pnl = _realized(trades) if length is None else _change(world, inside)
            texts = inside[-1].texts
            volume = sum(trade.size for trade in inside)
            found.append(Standing(who, texts["name"], texts["profile_image"], pnl, volume))
    _rank(found)
    return found


def _realized(trades: list[WalletTrade]) -> int:
    return sum(held.realized for held in holdings(trades))


def _change(world: World, trades: list[WalletTrade]) -> int:
    cash, left, last = 0, dict[str, int](), dict[str, int]()
    for trade in trades:
        amount = notional_floor(trade.price, trade.size)
        buys = trade.side == "BUY"
        cash += (-amount if buys else amount) - trade.fee
        left[trade.token] = left.get(trade.token, 0) + (trade.size if buys else -trade.size)
        last[trade.token] = trade.price
    return cash + sum(
        notional_floor(price_now(world, token, last[token]), ShareMicros(size))
        for token, size in left.items()
    )


def _rank(rows: list[Standing]) -> None:
    """Number rows by each measure; equal values share a number and the next ones skip."""
    by_pnl = sorted((row.pnl for row in rows), reverse=True)
    by_volume = sorted((row.volume for row in rows), reverse=True)
    pnl_ranks = {value: rank for rank, value in reversed(list(enumerate(by_pnl, start=1)))}
    volume_ranks = {value: rank for rank, value in reversed(list(enumerate(by_volume, start=1)))}
    for row in rows:
        row.rank_pnl = pnl_ranks[row.pnl]
        row.rank_volume = volume_ranks[row.volume]
