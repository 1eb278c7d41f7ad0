"""What the Python client's acceptance tests do again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from polymarket import AsyncSecureClient
from polymarket.models.clob.order_response import AcceptedOrder, OrderResponse
from tests.e2e.sdk_venue import Traded

WAIT_S = 15.0
MICROS = 1_000_000


def accepted(response: OrderResponse) -> AcceptedOrder:
    assert isinstance(response, AcceptedOrder), response
    return response


async def rest(who: AsyncSecureClient, market: Traded, size: object = 10) -> AcceptedOrder:
    """Place a buy order of YES that stays in the book."""
    order = await who.create_limit_order(
        asset_id=market.yes, price=market.bid, size=str(size), side="BUY"
    )
    return accepted(await who.post_order(order))


async def offer(maker: AsyncSecureClient, market: Traded, size: int) -> AcceptedOrder:
    """Offer YES inside the spread by bidding for NO, which needs no shares."""
    order = await maker.create_limit_order(
        asset_id=market.no, price=market.inside_no, size=size, side="BUY"
    )
    return accepted(await maker.post_order(order))


async def buy(
    taker: AsyncSecureClient, market: Traded, shares: int, order_type: Any = "FOK"
) -> AcceptedOrder:
    """Buy YES at the price inside the spread."""
    order = await taker.create_market_order(
        asset_id=market.yes, side="BUY", amount=shares * market.inside,
        max_price=market.inside, order_type=order_type,
    )  # fmt: skip
    return accepted(await taker.post_order(order))


async def own_shares(
    maker: AsyncSecureClient, taker: AsyncSecureClient, market: Traded, shares: int
) -> None:
    """Buy shares and wait until they are delivered."""
    await offer(maker, market, shares)
    await taker.wait_for_order_fill_settlement(await buy(taker, market, shares))


async def open_ids(who: AsyncSecureClient, **wanted: str) -> set[str]:
    return {order.id async for page in who.list_open_orders(**wanted) for order in page.items}


async def cash(who: AsyncSecureClient) -> int:
    return (await who.get_balance_allowance(asset_type="COLLATERAL")).balance


async def shares_of(who: AsyncSecureClient, market: Traded, token: str) -> int:
    kind: Any = "CONDITIONAL-V2" if market.kind == "v2" else "CONDITIONAL"
    return (await who.get_balance_allowance(asset_type=kind, asset_id=token)).balance


async def read(handle: Any, is_last: Callable[[Any], bool]) -> list[Any]:
    """Return events up to the first that is the last."""
    found: list[Any] = []
    async with asyncio.timeout(WAIT_S):
        while not found or not is_last(found[-1]):
            found.append(await anext(handle))
    return found
