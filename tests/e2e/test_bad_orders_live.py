"""Orders that cannot be: one sentence with the way out on the screen, and nothing lost."""

from __future__ import annotations

import pytest
from tests.e2e.desk_world import BUY, SELL, World, condition, token

from polydesk.domain.orders import OrderState

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
_S = OrderState


def told(world: World) -> str:
    """Return the newest message for the person."""
    return world.live.desk.source.notices(0)[-1].text


async def unsent(world: World, before: int) -> None:
    """Hold that the exchange was not asked anything."""
    log = await world.exchange.control("GET", "requests")
    assert log["count"] == before


async def asked(world: World) -> int:
    log = await world.exchange.control("GET", "requests")
    count: int = log["count"]
    return count


async def test_a_price_off_the_grid_is_told_with_the_tick_and_never_sent(world: World) -> None:
    before = await asked(world)
    order = await world.place(BUY, "0.4051")
    assert order.state is _S.DENIED
    assert "choose a multiple of the tick" in told(world)
    assert "tick=0.01" in told(world)
    await unsent(world, before)


async def test_shares_that_are_not_held_cannot_be_sold(world: World) -> None:
    before = await asked(world)
    assert (await world.place(SELL, "0.60", "10")).state is _S.DENIED
    assert "sell less" in told(world)
    await unsent(world, before)


async def test_money_that_left_the_wallet_is_the_venues_word_and_nothing_is_lost(
    world: World,
) -> None:
    name = await _wallet(world)
    await _transfer(world, name, -9_999_000_000)
    try:
        order = await world.reaches(await world.place(BUY, "0.40", "10"), _S.REJECTED)
        assert order.reason.startswith("Free balance or allowance does not cover the order;")
        assert "run `polydesk setup`" in told(world)
        assert world.live.desk.engine.account.reserved == {}
    finally:
        await _transfer(world, name, 9_999_000_000)
    await world.agree()


async def test_without_an_allowance_the_fix_is_named(world: World) -> None:
    name = await _wallet(world)
    await world.exchange.control("POST", "restrict", {"account": name, "allowed": False})
    try:
        order = await world.place(BUY, "0.40", "10")
        await world.reaches(order, _S.REJECTED, _S.DENIED)
        assert "allowance" in told(world)
        assert "polydesk setup" in told(world)
    finally:
        await world.exchange.control("POST", "restrict", {"account": name, "allowed": True})
    await world.agree()


async def test_a_closed_market_takes_no_order(world: World) -> None:
    resting = await world.rest(token_id=token(5))
    await world.exchange.control(
        "POST", "resolve", {"condition_id": condition(5), "winner": token(5)}
    )
    engine = world.live.desk.engine
    await world.until(lambda: engine.token_markets[token(5)].payouts is not None, "resolved")
    before = await asked(world)
    assert (await world.place(BUY, "0.40", "10", token_id=token(5))).state is _S.DENIED
    assert "choose another one" in told(world)
    await unsent(world, before)
    await world.reaches(resting, _S.CANCELED)
    await world.agree()


async def _wallet(world: World) -> str:
    """Return the account's name at the exchange, which knows it by its first order."""
    order = await world.rest()
    world.cancel(order)
    await world.reaches(order, _S.CANCELED)
    names = (await world.exchange.truth())["accounts"]
    (name,) = [n for n in names if n.lower() == world.account.profile.wallet.lower()]
    return str(name)


async def _transfer(world: World, name: str, amount: int) -> None:
    await world.exchange.control("POST", "transfer", {"account": name, "amount": amount})
