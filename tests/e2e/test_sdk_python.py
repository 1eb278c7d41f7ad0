"""The venue's official Python client trades on the sandbox, unchanged but for the hosts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from eth_account import Account
from polymarket import AsyncSecureClient
from polymarket._internal.environment import get_environment_config
from polymarket.errors import OrderHeartbeatMismatchError, RequestRejectedError
from polymarket.models.clob.order_response import AcceptedOrder, OrderResponse
from polymarket.streams import MarketSpec, UserSpec
from tests.e2e import sdk_venue
from tests.e2e.sdk_venue import KINDS, Traded

from polydesk.sandbox.urls import SandboxUrls

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

WAIT_S = 15.0
MICROS = 1_000_000
KEYS = sdk_venue.fresh_keys(0x5D1)


@dataclass(frozen=True)
class Floor:
    """A running sandbox and its markets by kind."""

    urls: SandboxUrls
    markets: dict[str, Traded]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Floor]:
    async with sdk_venue.sandbox(tmp_path_factory.mktemp("sdk")) as urls:
        yield Floor(urls, await sdk_venue.markets(urls))


@pytest.fixture(params=KINDS)
def market(request: pytest.FixtureRequest, floor: Floor) -> Traded:
    return floor.markets[request.param]


@asynccontextmanager
async def trader(floor: Floor) -> AsyncIterator[AsyncSecureClient]:
    """Log a new key in; its funds are its own account's."""
    key = next(KEYS)
    async with await sdk_venue.login(floor.urls, key, Account.from_key(key).address) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def taker(floor: Floor) -> AsyncIterator[AsyncSecureClient]:
    async with trader(floor) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def maker(floor: Floor) -> AsyncIterator[AsyncSecureClient]:
    async with trader(floor) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deposit_wallet(floor: Floor) -> AsyncIterator[AsyncSecureClient]:
    """A trader whose money lies in the deposit wallet that belongs to his key."""
    environment = sdk_venue.environment(floor.urls)
    async with await AsyncSecureClient.create(
        private_key=next(KEYS), environment=environment
    ) as client:
        yield client


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _nothing_left_open(
    maker: AsyncSecureClient, taker: AsyncSecureClient
) -> AsyncIterator[None]:
    yield
    await maker.cancel_all()
    await taker.cancel_all()


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


async def test_a_key_is_created_once_and_derived_afterwards(floor: Floor) -> None:
    key = next(KEYS)
    address = Account.from_key(key).address
    async with (
        await sdk_venue.login(floor.urls, key, address) as first,
        await sdk_venue.login(floor.urls, key, address) as again,
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


async def read(handle: Any, is_last: Any) -> list[Any]:
    """Return events up to the first that is the last."""
    found: list[Any] = []
    async with asyncio.timeout(WAIT_S):
        while not found or not is_last(found[-1]):
            found.append(await anext(handle))
    return found


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
    async with trader(floor) as client:
        first = await client.send_order_heartbeat()
        with pytest.raises(OrderHeartbeatMismatchError) as refused:
            await client.send_order_heartbeat(heartbeat_id="another")
        assert refused.value.heartbeat_id == first.heartbeat_id
        second = await client.send_order_heartbeat(heartbeat_id=first.heartbeat_id)
        assert second.heartbeat_id != first.heartbeat_id


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
