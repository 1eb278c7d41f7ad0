"""The venue's official Python client places and cancels orders of every type on the sandbox."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from polymarket import AsyncSecureClient
from polymarket.errors import RequestRejectedError
from tests.e2e.sdk_actions import (
    MICROS,
    accepted,
    buy,
    offer,
    open_ids,
    own_shares,
    rest,
    shares_of,
)
from tests.e2e.sdk_venue import KINDS, Floor, Traded

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("nothing_left_open"),
]


async def test_a_limit_buy_rests_until_it_is_canceled(
    taker: AsyncSecureClient, market: Traded
) -> None:
    placed = await rest(taker, market)
    order = await taker.get_order(order_id=placed.order_id)
    assert placed.status == "live"
    assert (order.price, order.original_size, order.size_matched) == (market.bid, 10, 0)
    assert (order.side, order.order_type, order.outcome) == ("BUY", "GTC", "Yes")
    assert (order.condition_id, order.asset_id) == (market.condition, market.yes)
    assert (order.owner, order.maker_address) == (taker.credentials.key, taker.wallet)
    assert await open_ids(taker, asset_id=market.yes) == {placed.order_id}
    canceled = await taker.cancel_order(order_id=placed.order_id)
    assert (canceled.canceled, canceled.not_canceled) == ((placed.order_id,), {})
    assert await open_ids(taker) == set()


async def test_a_limit_sell_rests_on_shares_that_were_bought(
    maker: AsyncSecureClient, taker: AsyncSecureClient, market: Traded
) -> None:
    await own_shares(maker, taker, market, 10)
    order = await taker.create_limit_order(
        asset_id=market.yes, price=1 - market.tick, size=10, side="SELL"
    )
    placed = accepted(await taker.post_order(order))
    found = await taker.get_order(order_id=placed.order_id)
    assert (placed.status, found.side, found.original_size) == ("live", "SELL", 10)
    owned = await shares_of(taker, market, market.yes)
    order = await taker.create_limit_order(
        asset_id=market.yes, price=1 - market.tick, size=owned // MICROS, side="SELL"
    )
    with pytest.raises(RequestRejectedError, match="not enough balance / allowance"):
        await taker.post_order(order)


async def test_a_good_till_date_order_states_its_end(
    taker: AsyncSecureClient, market: Traded
) -> None:
    expiration = int(time.time()) + 600
    order = await taker.create_limit_order(
        asset_id=market.yes, price=market.bid, size=10, side="BUY", expiration=expiration
    )
    placed = accepted(await taker.post_order(order))
    found = await taker.get_order(order_id=placed.order_id)
    assert (placed.status, found.order_type) == ("live", "GTD")
    assert found.expires_at is not None
    assert found.expires_at.timestamp() == expiration


async def test_a_post_only_order_never_takes(
    maker: AsyncSecureClient, taker: AsyncSecureClient, market: Traded
) -> None:
    await offer(maker, market, 10)
    crossing = await taker.create_limit_order(
        asset_id=market.yes, price=market.inside, size=10, side="BUY", post_only=True
    )
    with pytest.raises(RequestRejectedError, match="cross") as refused:
        await taker.post_order(crossing)
    assert refused.value.status == 400
    passive = await taker.create_limit_order(
        asset_id=market.yes, price=market.bid, size=10, side="BUY", post_only=True
    )
    assert accepted(await taker.post_order(passive)).status == "live"


async def test_a_fok_buy_takes_all_or_nothing(
    maker: AsyncSecureClient, taker: AsyncSecureClient, market: Traded
) -> None:
    await offer(maker, market, 20)
    with pytest.raises(RequestRejectedError, match="FOK orders are fully filled or killed"):
        await buy(taker, market, 30)
    bought = await buy(taker, market, 20)
    assert (bought.status, bought.taking_amount) == ("matched", 20)
    assert bought.making_amount == 20 * market.inside
    assert len(bought.trade_ids) == 1


async def test_a_fak_buy_takes_what_is_there(
    maker: AsyncSecureClient, taker: AsyncSecureClient, market: Traded
) -> None:
    await offer(maker, market, 20)
    bought = await buy(taker, market, 30, "FAK")
    assert (bought.status, bought.taking_amount) == ("matched", 20)
    assert await open_ids(taker) == set()
    with pytest.raises(RequestRejectedError, match="no orders found to match with FAK order"):
        await buy(taker, market, 10, "FAK")


@pytest.mark.parametrize("order_type", ["FOK", "FAK"])
async def test_a_market_sell_gets_the_best_bid(
    maker: AsyncSecureClient, taker: AsyncSecureClient, market: Traded, order_type: Any
) -> None:
    await own_shares(maker, taker, market, 10)
    bid = await maker.create_limit_order(
        asset_id=market.yes, price=market.inside, size=10, side="BUY"
    )
    accepted(await maker.post_order(bid))
    order = await taker.create_market_order(
        asset_id=market.yes, side="SELL", shares=10, min_price=market.inside, order_type=order_type
    )
    sold = accepted(await taker.post_order(order))
    assert (sold.status, sold.making_amount) == ("matched", 10)
    assert sold.taking_amount == 10 * market.inside


async def test_a_market_order_without_a_price_reads_the_book(
    taker: AsyncSecureClient, market: Traded
) -> None:
    order = await taker.create_market_order(asset_id=market.yes, side="BUY", amount=4)
    bought = accepted(await taker.post_order(order))
    assert bought.status == "matched"
    assert bought.making_amount == pytest.approx(Decimal(4), abs=Decimal("0.01"))


async def test_each_order_of_a_batch_is_judged_alone(
    taker: AsyncSecureClient, market: Traded
) -> None:
    orders = [
        await taker.create_limit_order(asset_id=market.yes, price=market.bid, size=size, side="BUY")
        for size in (10, 1, 11)
    ]
    first, small, second = await taker.post_orders(orders)
    assert (first.ok, small.ok, second.ok) == (True, False, True)
    assert "lower than the minimum" in getattr(small, "message", "")
    good = {accepted(first).order_id, accepted(second).order_id}
    assert await open_ids(taker, market=market.condition) == good
    canceled = await taker.cancel_orders(order_ids=sorted(good))
    assert set(canceled.canceled) == good
    assert await open_ids(taker) == set()


async def test_cancels_by_market_and_asset_leave_the_rest(
    taker: AsyncSecureClient, floor: Floor
) -> None:
    placed = {kind: (await rest(taker, floor.markets[kind])).order_id for kind in KINDS}
    standard, v2 = floor.markets["standard"], floor.markets["v2"]
    canceled = await taker.cancel_market_orders(market=standard.condition)
    assert canceled.canceled == (placed["standard"],)
    canceled = await taker.cancel_market_orders(asset_id=v2.yes)
    assert canceled.canceled == (placed["v2"],)
    assert await open_ids(taker) == {placed["negative-risk"]}


async def test_cancel_all_is_of_the_own_key_only(
    maker: AsyncSecureClient, taker: AsyncSecureClient, floor: Floor
) -> None:
    foreign = await rest(maker, floor.markets["standard"])
    own = {(await rest(taker, floor.markets[kind])).order_id for kind in KINDS}
    assert set((await taker.cancel_all()).canceled) == own
    assert await open_ids(maker) == {foreign.order_id}
    refused = await taker.cancel_order(order_id=foreign.order_id)
    assert list(refused.not_canceled) == [foreign.order_id]


async def test_refusals_are_the_venues_own(taker: AsyncSecureClient, market: Traded) -> None:
    for size, text in ((1, "lower than the minimum"), (10**8, "not enough balance / allowance")):
        order = await taker.create_limit_order(
            asset_id=market.yes, price=market.bid, size=size, side="BUY"
        )
        with pytest.raises(RequestRejectedError, match=text) as refused:
            await taker.post_order(order)
        assert refused.value.status == 400
    order = await taker.create_limit_order(
        asset_id=market.yes, price=market.bid, size=10, side="BUY"
    )
    accepted(await taker.post_order(order))
    with pytest.raises(RequestRejectedError, match=r"is invalid. Duplicated\."):
        await taker.post_order(order)
