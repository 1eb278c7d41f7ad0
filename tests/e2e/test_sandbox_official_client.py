"""The venue's official Python client against the sandbox, unchanged but for the host."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio
from polymarket import AsyncPublicClient
from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.errors import RequestRejectedError
from polymarket.models import PriceRequest
from polymarket.streams import MarketSpec
from tests.e2e import sandbox_client as client
from tests.unit.sandbox import small

from polydesk.sandbox.process import SandboxProcess
from polydesk.sandbox.urls import SandboxUrls

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]


def official(urls: SandboxUrls) -> AsyncPublicClient:
    config = dataclasses.replace(
        PRODUCTION_CONFIG,
        gamma_url=urls.gamma,
        clob_url=urls.clob,
        data_url=urls.data,
        clob_market_ws_url=urls.market_ws,
        rtds_ws_url=urls.rtds_ws,
    )
    return AsyncPublicClient(create_environment(name="sandbox", config=config))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def venue(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsyncPublicClient]:
    tape = small.write(tmp_path_factory.mktemp("tape") / "small.tape")
    async with await SandboxProcess.start(str(tape), speed=None) as sandbox:
        await client.play_to_end(sandbox.urls)
        async with official(sandbox.urls) as found:
            yield found


async def test_markets_page_by_page(venue: AsyncPublicClient) -> None:
    found = [market async for page in venue.list_markets(page_size=1) for market in page.items]
    assert [market.slug for market in found] == ["will-it-rain", "will-it-hail"]
    assert found[0].outcomes.yes.token_id == small.RAIN_YES
    assert (await venue.get_market(slug="will-it-rain")).prices.best_bid == Decimal("0.52")


async def test_events_and_search(venue: AsyncPublicClient) -> None:
    event, announced = (await venue.list_events().first_page()).items
    assert announced.slug == "hail"
    assert [market.slug for market in event.markets][:1] == ["will-it-rain"]
    (found,) = (await venue.search(q="rain").first_page()).items
    assert [item.id for item in found.events] == ["500"]
    assert [tag.id for tag in (await venue.list_tags().first_page()).items] == ["7"]


async def test_books_and_prices(venue: AsyncPublicClient) -> None:
    token = small.RAIN_YES
    book = await venue.get_order_book(asset_id=token)
    assert (book.bids[-1].price, book.tick_size) == (Decimal("0.52"), Decimal("0.001"))
    assert len(await venue.get_order_books(asset_ids=small.TOKENS)) == 3
    assert await venue.get_price(asset_id=token, side="SELL") == Decimal("0.541")
    prices = await venue.get_prices(requests=[PriceRequest(token, "BUY")])
    assert prices == {token: {"BUY": Decimal("0.52")}}
    assert await venue.get_midpoint(asset_id=token) == Decimal("0.5305")
    assert await venue.get_midpoints(asset_ids=[token]) == {token: Decimal("0.5305")}
    assert await venue.get_spread(asset_id=token) == Decimal("0.021")
    assert await venue.get_spreads(asset_ids=[token]) == {token: Decimal("0.021")}


async def test_last_trades(venue: AsyncPublicClient) -> None:
    last = await venue.get_last_trade_price(asset_id=small.RAIN_YES)
    assert last is not None
    assert (last.price, last.side) == (Decimal("0.52"), "BUY")
    assert await venue.get_last_trade_price(asset_id=small.RAIN_NO) is None
    rows = await venue.get_last_trade_prices(asset_ids=small.TOKENS)
    assert [row.asset_id for row in rows] == [small.RAIN_YES]


async def test_an_order_can_be_estimated_on_the_book(venue: AsyncPublicClient) -> None:
    price = await venue.estimate_market_price(asset_id=small.RAIN_YES, side="BUY", amount=10)
    assert price == Decimal("0.55")


async def test_an_unknown_token_is_rejected_with_404(venue: AsyncPublicClient) -> None:
    with pytest.raises(RequestRejectedError) as rejected:
        await venue.get_order_book(asset_id="987654321")
    assert rejected.value.status == 404


async def test_wallets(venue: AsyncPublicClient) -> None:
    trades = [t async for p in venue.list_trades(taker_only=False, page_size=2) for t in p.items]
    assert [trade.wallet[2] for trade in trades] == ["c", "a", "b", "a"]
    (position,) = (await venue.list_positions(user=small.ALICE).first_page()).items
    assert (position.current_size, position.realized_pnl) == (Decimal(60), Decimal(4))
    activity = (await venue.list_activity(user=small.ALICE).first_page()).items
    assert [row.type for row in activity] == ["TRADE", "TRADE"]
    assert (await venue.get_portfolio_value(user=small.ALICE)).value == Decimal("31.83")


async def test_rankings(venue: AsyncPublicClient) -> None:
    rows = (await venue.list_trader_leaderboard(window="day").first_page()).items
    assert [(row.rank, row.wallet[2]) for row in rows] == [(1, "a"), (2, "c"), (3, "b")]
    standing = await venue.get_trader_leaderboard_standing(user=small.BOB)
    assert standing is not None
    assert (standing.pnl_rank, standing.volume_rank) == (3, 2)


async def test_history_and_ids(venue: AsyncPublicClient) -> None:
    page = await venue.list_price_history(asset_id=small.RAIN_YES, interval="1h").first_page()
    assert [point.price for point in page.items] == [Decimal("0.535"), Decimal("0.5305")]
    (reference,) = await venue.get_token_references(asset_ids=small.SNOW_NO)
    assert reference.resolved is True


async def test_the_market_subscription_plays_the_recording(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    tape = small.write(tmp_path_factory.mktemp("tape") / "small.tape")
    async with (
        await SandboxProcess.start(str(tape), speed=None) as sandbox,
        official(sandbox.urls) as venue,
    ):
        handle = await venue.subscribe(
            MarketSpec(token_ids=small.TOKENS, custom_feature_enabled=True)
        )
        async with client.activity_socket(sandbox.urls, ("activity", "*")):
            kinds = []
            async with asyncio.timeout(client.WAIT_S):
                while len(kinds) < 11:
                    kinds.append((await anext(handle)).type)
        await handle.close()
    assert kinds == [
        "book", "book", "book", "price_change", "price_change", "last_trade_price",
        "best_bid_ask", "new_market", "tick_size_change", "market_resolved", "price_change",
    ]  # fmt: skip
