"""Reading the venue for the executor: each question ends in one answer, or in why there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import MarketVersion
from polydesk.domain.units import ShareMicros, UsdMicros
from polydesk.errors import PolydeskError, VenueUnavailable
from polydesk.execution import actions as do
from polydesk.execution import inputs as told
from polydesk.runtime.rim import Rim
from polydesk.venues.polymarket.trading.account import (
    COLLATERAL,
    CONDITIONAL,
    CONDITIONAL_V2,
)

CONCURRENT_READS: Final = 4
TOKENS_LOOKED_AT: Final = 20
"""Token balances read in one look."""
_NS: Final = 1_000_000_000


class Looks:
    """Asks, a few questions at a time."""

    def __init__(self, rim: Rim) -> None:
        """Take whom to ask and whom to tell."""
        self._rim = rim
        self._reads = asyncio.Semaphore(CONCURRENT_READS)
        self._counted = 0
        """Tokens counted so far: when there are many, the next look goes on behind them."""

    async def order(self, action: do.AskOrder) -> None:
        """Read one order."""
        rim, started, digest = self._rim, self._rim.clock.now_ns(), action.venue_order_id
        try:
            async with self._reads:
                order = await rim.rest.order(digest)
        except PolydeskError as error:
            rim.tell(told.OrderAnswered(digest, None, started, is_read=False, reason=str(error)))
        else:
            rim.tell(told.OrderAnswered(digest, order, started))

    async def open_orders(self, _: do.AskOpenOrders) -> None:
        """List the open orders."""
        rim, started = self._rim, self._rim.clock.now_ns()
        try:
            async with self._reads:
                orders = await rim.rest.open_orders()
        except PolydeskError as error:
            rim.tell(told.ReadFailed("orders", str(error)))
        else:
            rim.tell(told.OpenOrdersListed(tuple(orders), started))

    async def trades(self, action: do.AskTrades) -> None:
        """List our legs of trades, once their markets are known."""
        rim, started = self._rim, self._rim.clock.now_ns()
        try:
            async with self._reads:
                fills = await rim.rest.trades(after_s=action.after_ns // _NS)
            if not await rim.learn(fills):
                raise VenueUnavailable("the catalogue cannot be read, and fees follow from it")
        except PolydeskError as error:
            rim.tell(told.ReadFailed("trades", str(error)))
        else:
            rim.tell(told.TradesListed(tuple(fills), action.after_ns, started))

    async def balance(self, action: do.AskBalance) -> None:
        """Read what the venue counts."""
        rim, started = self._rim, self._rim.clock.now_ns()
        try:
            async with self._reads:
                read = await _balances(rim, self._to_count(action.token_ids))
        except PolydeskError as error:
            rim.tell(told.ReadFailed("balance", str(error)))
        else:
            cash, allowance, shares = read
            rim.tell(told.BalanceRead(cash, allowance, shares, started))

    def _to_count(self, ordered: Sequence[TokenId]) -> list[TokenId]:
        """Return the tokens of one look: those with orders and those held, in turns if many."""
        tokens = list(dict.fromkeys((*ordered, *self._rim.held())))
        if len(tokens) <= TOKENS_LOOKED_AT:
            return tokens
        start = self._counted % len(tokens)
        self._counted += TOKENS_LOOKED_AT
        return (tokens[start:] + tokens[:start])[:TOKENS_LOOKED_AT]


async def _balances(
    rim: Rim, token_ids: Sequence[TokenId]
) -> tuple[UsdMicros, UsdMicros, tuple[tuple[TokenId, ShareMicros], ...]]:
    """Return (cash, allowance, balances of the tokens that can be had: nothing hangs on those)."""
    kind = rim.signature_type
    cash = await rim.rest.balance(COLLATERAL, None, kind)
    shares = []
    for token_id in token_ids:
        market = rim.market(token_id)
        is_v2 = market is not None and market.version is MarketVersion.V2
        asset = CONDITIONAL_V2 if is_v2 else CONDITIONAL
        try:
            held = await rim.rest.balance(asset, token_id, kind)
        except PolydeskError:
            continue
        shares.append((token_id, ShareMicros(held.balance)))
    return cash.balance, cash.allowance, tuple(shares)
