"""What the desk under test is made to do: a restless person at the keys."""

from __future__ import annotations

import asyncio
import random
from typing import Final

from polydesk.domain.book import L2Book
from polydesk.domain.commands import CancelAll, CancelByUser, PlaceOrder
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Market, Side
from polydesk.domain.units import PriceMicros, ShareMicros, ceil_to_tick
from polydesk.runtime.desk import Desk

EVERY_S: Final = 0.02
LOT: Final = 1_000_000
SHARES: Final = (5, 12)
MOST_OPEN: Final = 25


class Person:
    """Places and cancels orders at random; the same seed and books give the same orders."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self._desk = desk
        self._random = random.Random(seed)
        self._name = f"chaos-{seed}"
        self._count = 0

    async def act(self) -> None:
        """Act until cancelled, once the desk knows its own orders."""
        while True:
            await asyncio.sleep(EVERY_S * (0.5 + self._random.random()))
            if self._desk.engine.venue.ready:
                self._act_once()

    def _act_once(self) -> None:
        roll = self._random.random()
        open_orders = list(self._desk.engine.account.open_orders)
        if roll < 0.02:
            self._desk.runner.submit(CancelAll())
        elif open_orders and (roll < 0.35 or len(open_orders) > MOST_OPEN):
            self._desk.runner.submit(CancelByUser(self._random.choice(open_orders)))
        else:
            command = self._order()
            if command is not None:
                self._desk.runner.submit(command)

    def _order(self) -> PlaceOrder | None:
        engine, rng = self._desk.engine, self._random
        usable = [
            token
            for token in engine.watch
            if (book := engine.books.get(token)) is not None
            and not book.stale
            and book.bids
            and book.asks
            and token in engine.token_markets
        ]
        if not usable:
            return None
        token = rng.choice(usable)
        book = engine.books.get(token)
        assert book is not None
        market = engine.token_markets[token]
        free = engine.account.free_shares(token)
        size = rng.randint(*SHARES) * LOT
        side = Side.SELL if free >= size and rng.random() < 0.7 else Side.BUY
        time_in_force = rng.choice(("GTC", "GTC", "GTC", "FAK", "FOK"))
        crosses = time_in_force != "GTC" or rng.random() < 0.3
        self._count += 1
        return PlaceOrder(
            token_id=token,
            side=side,
            price=self._price(market, book, side, crosses=crosses),
            size=ShareMicros(max(size, market.min_size)),
            time_in_force=time_in_force,
            post_only=not crosses and rng.random() < 0.2,
            confirmed=True,
            ref=f"{self._name}-{self._count}",
        )

    def _price(self, market: Market, book: L2Book, side: Side, *, crosses: bool) -> PriceMicros:
        bid, ask = max(book.bids), min(book.asks)
        steps = self._random.randint(0, 3) * market.tick
        if crosses:
            wanted = ask + steps if side is Side.BUY else bid - steps
        else:
            wanted = bid - steps if side is Side.BUY else ask + steps
        return ceil_to_tick(wanted, market.tick)


def tokens_worth_trading(tokens: list[TokenId], seed: int, count: int) -> list[TokenId]:
    """Return some of a recording's tokens."""
    return random.Random(seed).sample(tokens, min(count, len(tokens)))
