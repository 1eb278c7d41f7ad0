"""The venue's official Python client follows keys, money, fills and sockets on the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from polymarket import AsyncSecureClient
from polymarket._internal.environment import get_environment_config
from polymarket.errors import OrderHeartbeatMismatchError, RequestRejectedError
from polymarket.streams import MarketSpec, UserSpec
from tests.e2e import sdk_venue
from tests.e2e.sdk_actions import MICROS, buy, cash, offer, own_shares, read, rest, shares_of
from tests.e2e.sdk_venue import Floor, Traded

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("nothing_left_open"),
]


async def test_a_key_is_created_once_and_derived_afterwards(floor: Floor) -> None:
    key = next(floor.keys)
    async with (
        await sdk_venue.login(floor.urls, key) as first,
        await sdk_venue.login(floor.urls, key) as again,
    ):
        await check_keys(first, again)


async def check_keys(first: AsyncSecureClient, again: AsyncSecureClient) -> None:
    assert first.credentials == again.credentials
    assert await again.fetch_api_keys() == (first.credentials.key,)
    assert await again.get_closed_only_mode() is False
    await again.delete_api_key()
    with pytest.raises(RequestRejectedError) as refused:
        await first.fetch_api_keys()
    assert refused.value.status == 401


async def test_balances_follow_a_fill_to_the_micro(
    maker: AsyncSecureClient, taker: AsyncSecureClient, market: Traded
) -> None:
    async def purse(who: AsyncSecureClient, token: str) -> tuple[int, int]:
        return await cash(who), await shares_of(who, market, token)

    maker_had, taker_had = await purse(maker, market.no), await purse(taker, market.yes)
    await own_shares(maker, taker, market, 20)
    maker_has, taker_has = await purse(maker, market.no), await purse(taker, market.yes)
    fee = market.fee(20, market.inside)
    assert taker_had[0] - taker_has[0] == (20 * market.inside + fee) * MICROS
    assert maker_had[0] - maker_has[0] == 20 * market.inside_no * MICROS
    assert taker_has[1] - taker_had[1] == maker_has[1] - maker_had[1] == 20 * MICROS


async def test_allowances_name_the_exchange_of_the_market(
    taker: AsyncSecureClient, floor: Floor
) -> None:
    config = get_environment_config(sdk_venue.environment(floor.urls))
    held = (await taker.get_balance_allowance(asset_type="COLLATERAL")).allowances
    spenders = {name.lower(): amount for name, amount in held.items()}
    for exchange in (config.standard_exchange, config.neg_risk_exchange, config.exchange_v3):
        assert spenders[exchange.lower()] > 10_000 * MICROS


async def test_trades_are_confirmed_for_both_sides(
    maker: AsyncSecureClient, taker: AsyncSecureClient, market: Traded
) -> None:
    rested = await offer(maker, market, 20)
    bought = await buy(taker, market, 20)
    (hash_,) = await taker.wait_for_order_fill_settlement(bought)
    (trade_id,) = bought.trade_ids
    (taken,) = (await taker.list_account_trades(id=trade_id).first_page()).items
    in_market = (await maker.list_account_trades(market=market.condition).first_page()).items
    (made,) = [trade for trade in in_market if trade.id == trade_id]
    assert (taken.id, taken.status, taken.transaction_hash) == (trade_id, "CONFIRMED", hash_)
    assert (taken.trader_side, made.trader_side) == ("TAKER", "MAKER")
    assert (taken.side, taken.price, taken.size) == ("BUY", market.inside, 20)
    assert taken.taker_order_id == bought.order_id
    (part,) = made.maker_orders
    assert (part.order_id, part.asset_id, part.side) == (rested.order_id, market.no, "BUY")
    assert (part.price, part.matched_amount) == (market.inside_no, 20)
    assert part.owner == maker.credentials.key


async def test_the_user_subscription_tells_an_orders_life(
    taker: AsyncSecureClient, market: Traded
) -> None:
    handle = await taker.subscribe(UserSpec(markets=[market.condition]))
    placed = await rest(taker, market)
    await taker.cancel_order(order_id=placed.order_id)
    events = await read(handle, lambda event: event.payload.order_event_type == "CANCELLATION")
    await handle.close()
    assert [event.payload.order_event_type for event in events] == ["PLACEMENT", "CANCELLATION"]
    assert [event.payload.status for event in events] == ["LIVE", "CANCELED"]
    assert {event.payload.id for event in events} == {placed.order_id}


async def test_the_user_subscription_tells_a_fill_until_it_is_confirmed(
    maker: AsyncSecureClient, taker: AsyncSecureClient, market: Traded
) -> None:
    handles = [await who.subscribe(UserSpec()) for who in (taker, maker)]
    rested = await offer(maker, market, 20)
    bought = await buy(taker, market, 20)

    (trade_id,) = bought.trade_ids

    def confirmed(event: Any) -> bool:
        return event.payload.id == trade_id and event.payload.status == "CONFIRMED"

    for handle, order_id, role in zip(
        handles, (bought.order_id, rested.order_id), ("TAKER", "MAKER"), strict=True
    ):
        told = [event.payload for event in await read(handle, confirmed)]
        trades = [event for event in told if event.id == trade_id]
        assert [trade.status for trade in trades] == ["MATCHED", "MINED", "CONFIRMED"]
        assert {trade.trader_side for trade in trades} == {role}
        orders = [event for event in told if event.id == order_id]
        assert [order.size_matched for order in orders][-1] == 20
        assert orders[-1].order_event_type == "UPDATE"
        await handle.close()


async def test_the_market_subscription_opens_with_the_book(
    taker: AsyncSecureClient, market: Traded
) -> None:
    handle = await taker.subscribe(MarketSpec(asset_ids=[market.yes]))
    (event,) = await read(handle, lambda event: event.type == "book")
    await handle.close()
    assert event.payload.bids[-1].price == market.bid
    assert event.payload.market == market.condition


async def test_the_market_subscription_shows_an_own_order(
    taker: AsyncSecureClient, floor: Floor
) -> None:
    market = floor.markets["v2"]
    handle = await taker.subscribe(MarketSpec(asset_ids=[market.yes]))
    (book,) = await read(handle, lambda event: event.type == "book")
    await rest(taker, market, 37)
    told = (await read(handle, lambda event: event.type == "price_change"))[-1].payload
    await handle.close()
    (change,) = [one for one in told.price_changes if one.asset_id == market.yes]
    assert (change.side, change.price) == ("BUY", market.bid)
    assert change.size == book.payload.bids[-1].size + 37
    best = (await taker.get_order_book(asset_id=market.yes)).bids[-1]
    assert (best.price, best.size) == (change.price, change.size)


async def test_a_deposit_wallet_trades_with_its_owners_key(
    floor: Floor, maker: AsyncSecureClient, market: Traded, deposit_wallet: AsyncSecureClient
) -> None:
    assert deposit_wallet.wallet_type == "DEPOSIT_WALLET"
    assert deposit_wallet.wallet != deposit_wallet.signer
    before = await cash(deposit_wallet)
    await own_shares(maker, deposit_wallet, market, 10)
    spent = (10 * market.inside + market.fee(10, market.inside)) * MICROS
    assert before - await cash(deposit_wallet) == spent
    placed = await rest(deposit_wallet, market)
    order = await deposit_wallet.get_order(order_id=placed.order_id)
    assert order.maker_address == deposit_wallet.wallet
    assert (await deposit_wallet.cancel_all()).canceled == (placed.order_id,)


async def test_a_heartbeat_with_another_id_names_the_expected_one(floor: Floor) -> None:
    async with floor.newcomer() as client:
        first = await client.send_order_heartbeat()
        with pytest.raises(OrderHeartbeatMismatchError) as refused:
            await client.send_order_heartbeat(heartbeat_id="another")
        assert refused.value.heartbeat_id == first.heartbeat_id
        second = await client.send_order_heartbeat(heartbeat_id=first.heartbeat_id)
        assert second.heartbeat_id != first.heartbeat_id
