"""One market's displayed book as a random walk, told as the venue tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from polydesk.domain.events import (
    BookChanged,
    BookSnapshotReceived,
    LevelChange,
    TickSizeChanged,
    TradePrinted,
)
from polydesk.domain.ids import ConditionId, EventId, TokenId
from polydesk.domain.instruments import FeeSchedule, Market, Outcome, Side
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros

SHARE = 1_000_000
CENT, MIL = PriceMicros(10_000), PriceMicros(1_000)
DEPTH = 6
"""Levels on each side of the middle."""
_LOWEST = 8
"""Levels that always stay between the middle and either end."""


def new_market(number: int, chance: Random) -> Market:
    """Return a market with two outcomes and a fee or none."""
    condition = ConditionId(f"0x{number:064x}")
    tokens = (TokenId(str(10_000 + 2 * number)), TokenId(str(10_001 + 2 * number)))
    return Market(
        condition_id=condition,
        question=f"Question {number}",
        slug=f"question-{number}",
        outcomes=(Outcome(tokens[0], "Yes", 0), Outcome(tokens[1], "No", 1)),
        tick=chance.choice((CENT, CENT, MIL)),
        neg_risk=chance.random() < 0.3,
        fees=FeeSchedule(rate=chance.choice((0, 40_000, 70_000))),
        event_id=EventId(f"e{number}"),
    )


class Street:
    """The displayed book of a market in its first outcome's terms."""

    def __init__(self, market: Market, chance: Random) -> None:
        self.market = market
        self._chance = chance
        self._middle = chance.randrange(300_000, 700_000) // 10_000 * 10_000
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self._prints = 0
        self._fill()

    @property
    def tokens(self) -> tuple[TokenId, TokenId]:
        """Return both outcomes' tokens."""
        first, second = self.market.outcomes
        return first.token_id, second.token_id

    def near(self, token_id: TokenId) -> PriceMicros:
        """Return the middle as a price of a token."""
        is_first = token_id == self.tokens[0]
        return PriceMicros(self._middle if is_first else MICROS - self._middle)

    def _fill(self) -> None:
        tick, middle = self.market.tick, self._middle
        self.bids = {middle - tick * n: self._size() for n in range(1, DEPTH)}
        self.asks = {middle + tick * n: self._size() for n in range(1, DEPTH)}

    def _size(self) -> int:
        """Return a size to the micro-share, so that nothing comes out even."""
        return self._chance.randrange(5 * SHARE, 400 * SHARE)

    def snapshots(self, now: int) -> Iterator[BookSnapshotReceived]:
        """Yield both outcomes' books as they are."""
        bids, asks = list(self.bids.items()), list(self.asks.items())
        for token, (token_bids, token_asks) in zip(
            self.tokens, ((bids, asks), (_mirrored(asks), _mirrored(bids))), strict=True
        ):
            yield BookSnapshotReceived(
                token,
                self.market.condition_id,
                now,
                now,
                token_bids,
                token_asks,
                "hash",
                True,
                self.market.tick,
            )

    def walk(self, now: int) -> BookChanged:
        """Change some levels."""
        chance = self._chance
        changed = self._shift() if chance.random() < 0.2 else [self._resize()]
        return self._told(changed, now)

    def _resize(self) -> tuple[bool, int, int]:
        chance, tick = self._chance, self.market.tick
        is_bid = chance.random() < 0.5
        distance = tick * chance.randrange(1, DEPTH)
        price = self._middle - distance if is_bid else self._middle + distance
        levels = self.bids if is_bid else self.asks
        size = 0 if len(levels) > 2 and chance.random() < 0.25 else self._size()
        return self._set(is_bid, price, size)

    def _set(self, is_bid: bool, price: int, size: int) -> tuple[bool, int, int]:
        levels = self.bids if is_bid else self.asks
        if size:
            levels[price] = size
        else:
            levels.pop(price, None)
        return is_bid, price, size

    def _shift(self) -> list[tuple[bool, int, int]]:
        """Move the middle by a tick; nothing may cross it."""
        tick = self.market.tick
        is_up = self._chance.random() < 0.5
        middle = self._middle + (tick if is_up else -tick)
        if not _LOWEST * tick <= middle <= MICROS - _LOWEST * tick:
            return [self._resize()]
        self._middle = middle
        gone = (
            [p for p in self.asks if p <= middle]
            if is_up
            else [p for p in self.bids if p >= middle]
        )
        changed = [self._set(not is_up, price, 0) for price in gone]
        far = middle + tick * (DEPTH - 1) if is_up else middle - tick * (DEPTH - 1)
        near = middle - tick if is_up else middle + tick
        changed.append(self._set(not is_up, far, self._size()))
        changed.append(self._set(is_up, near, self._size()))
        return changed

    def _told(self, changed: list[tuple[bool, int, int]], now: int) -> BookChanged:
        first, second = self.tokens
        bid, ask = max(self.bids, default=0), min(self.asks, default=MICROS)
        rows: list[LevelChange] = []
        for is_bid, price, size in changed:
            rows.append((first, is_bid, price, size, bid, ask, ""))
            rows.append((second, not is_bid, MICROS - price, size, MICROS - ask, MICROS - bid, ""))
        return BookChanged(self.market.condition_id, now, now, rows)

    def print(self, now: int) -> TradePrinted:
        """Let somebody trade at the touch, or through it, of either outcome."""
        chance = self._chance
        token = chance.choice(self.tokens)
        side = chance.choice((Side.BUY, Side.SELL))
        away = self.market.tick * chance.choice((0, 1, 1, 2, 3))
        middle = self.near(token)
        price = middle + away if side is Side.BUY else middle - away
        self._prints += 1
        return TradePrinted(
            token,
            self.market.condition_id,
            now,
            now,
            PriceMicros(price),
            ShareMicros(chance.randrange(SHARE // 100, 120 * SHARE)),
            side,
            f"0x{self.market.condition_id}{self._prints}",
        )

    def change_tick(self, now: int) -> list[TickSizeChanged]:
        """Take the other grid; the book of the old one is over."""
        tick = MIL if self.market.tick == CENT else CENT
        self.market = replace(self.market, tick=tick)
        self._middle = self._middle // tick * tick
        self._fill()
        condition = self.market.condition_id
        return [TickSizeChanged(token, condition, now, now, tick) for token in self.tokens]


def _mirrored(levels: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(MICROS - price, size) for price, size in levels]
