"""Fills and settlement of a live desk: each leg once, and out again when its trade fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.e2e import desk_world
from tests.e2e.desk_world import BUY, SELL, Exchange, World, condition, settled, token, trader_of
from tests.e2e.local_trader import Trader, traders

from polydesk.campaigns.chaos.account import enrol
from polydesk.domain.fills import Settlement
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.units import MICROS
from polydesk.execution.patience import SECOND

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
_S = OrderState
YES, NO = token(0), token(0, 1)
SLOW = ("--settle-ms", "60000", "--clock-tolerance", "86400")
USER: dict[str, Any] = {"socket": "user"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def other(venue: Exchange) -> AsyncIterator[Trader]:
    """Somebody else with money."""
    async with traders(venue.urls, 77) as (found,):
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def slow(tmp_path: Path) -> AsyncIterator[World]:
    """A desk on an exchange where settlement takes minutes, unless time is put forward."""
    async with desk_world.exchange(tmp_path, *SLOW) as venue, venue.desk(tmp_path) as found:
        yield found


async def meet(other: Trader, size: str, price: str = "0.48") -> None:
    """Let the other buy NO against our YES bids: two buys mint a set."""
    await other.place(NO, BUY, price, size)


async def forward(world: World, seconds: float) -> None:
    await world.exchange.control("POST", "advance", {"seconds": seconds})


# Told twice, late or out of order


async def test_f026_a_cancel_that_comes_after_the_match_finds_the_fill(
    world: World, other: Trader
) -> None:
    order = await world.rest("0.52")
    await world.exchange.once("delay", endpoint="cancel", seconds=0.4)
    world.cancel(order)
    await world.until(lambda: order.cancel_asked_at, "asked")
    await meet(other, "10")
    await world.reaches(order, _S.MATCHED)
    assert order.filled == 10 * MICROS
    await world.agree()


async def test_f026_fills_told_after_the_cancel_are_booked_before_the_order_closes(
    world: World, other: Trader
) -> None:
    order = await world.rest("0.52")
    late = {"match": USER, "fault": {"kind": "delay", "seconds": 0.5}}
    await world.exchange.script(late)
    await meet(other, "6")
    world.cancel(order)
    await world.reaches(order, _S.CANCELED)
    assert order.filled == 6 * MICROS
    assert len((await world.agree()).fills) == 1


async def test_f035_a_trade_told_by_socket_and_listing_is_booked_once(
    world: World, other: Trader
) -> None:
    again = {"match": USER, "fault": {"kind": "duplicate", "times": 3}}
    await world.exchange.script(again)
    order = await world.rest("0.52")
    await meet(other, "10")
    await world.reaches(order, _S.MATCHED)
    read_at = world.state.trades_read_at
    await world.until(lambda: world.state.trades_read_at > read_at, "listed")
    assert len((await world.agree()).fills) == 1


async def test_f036_two_own_makers_of_one_trade_are_two_legs(world: World, other: Trader) -> None:
    first, second = await world.rest("0.53"), await world.rest("0.52")
    await meet(other, "20")
    await world.reaches(first, _S.MATCHED)
    await world.reaches(second, _S.MATCHED)
    fills = (await world.agree()).fills
    assert len(fills) == 2
    assert len({fill.trade_id for fill in fills}) == 1


async def test_f037_f042_statuses_and_partial_fills_out_of_order_add_up(
    world: World, other: Trader
) -> None:
    order = await world.rest("0.52", "20")
    mixed = {"match": {**USER, "every": 2}, "fault": {"kind": "reorder"}}
    await world.exchange.script(mixed)
    for size in ("5", "9", "6"):
        await meet(other, size)
    await world.reaches(order, _S.MATCHED)
    session = await world.agree()
    assert order.filled == 20 * MICROS
    ends = [settled.settlement for settled in session.settlements]
    assert ends == [Settlement.CONFIRMED] * len(ends)


async def test_f045_a_match_across_outcomes_is_a_buy_of_our_own_token(
    world: World, other: Trader
) -> None:
    order = await world.rest("0.52")
    await meet(other, "10")
    await world.reaches(order, _S.MATCHED)
    (fill,) = (await world.agree()).fills
    assert (fill.token_id, fill.side, fill.price) == (YES, BUY, 520_000)


async def test_f046_the_fee_booked_is_the_venues_and_the_rest_is_free_again(world: World) -> None:
    order = await world.reaches(await world.buy("20"), _S.MATCHED)
    (fill,) = (await world.agree()).fills
    assert order.fees == fill.fee > 0
    assert not world.live.desk.engine.account.reserved


async def test_f047_matched_without_trades_keeps_the_order_open_until_they_come(
    world: World,
) -> None:
    await world.exchange.script(
        {"match": USER, "fault": {"kind": "freeze", "seconds": 3}, "count": 1},
        {"match": {"endpoint": "trades"}, "fault": {"kind": "status", "status": 500}},
    )
    order = await world.buy()
    await world.until(lambda: any(p.misses_fills for p in world.state.live.values()), "missing")
    assert order.open
    await world.exchange.control("DELETE", "faults")
    await world.reaches(order, _S.MATCHED)
    await world.agree()


# Settlement


async def test_f029_what_was_bought_can_be_sold_once_it_is_settled(slow: World) -> None:
    await slow.reaches(await slow.buy(), _S.MATCHED)
    early = await slow.place(SELL, "0.50")
    assert (early.state, early.venue_order_id) == (_S.DENIED, None)
    assert "INSUFFICIENT_SHARES" in early.reason
    await forward(slow, 600)
    await slow.until(lambda: not slow.state.unsettled, "settled")
    await slow.reaches(await slow.place(SELL, "0.50"), _S.MATCHED)
    await forward(slow, 600)
    await slow.agree()


async def test_f038_a_trade_that_fails_leaves_the_books_as_they_were(world: World) -> None:
    account = world.live.desk.engine.account
    before = account.ledger.cash
    await world.exchange.control("POST", "settlements", {"scripts": ["failed"]})
    order = await world.buy()
    await world.until(lambda: order.voided, "void")
    assert (account.ledger.cash, account.ledger.position(YES).size) == (before, 0)
    assert account.ledger.position(YES).realised == 0
    assert "void" in [step for _, step, _ in order.trace]
    await world.agree()


async def test_f038_a_maker_whose_trade_is_reverted_is_not_opened_again(slow: World) -> None:
    async with traders(slow.exchange.urls, 78) as (other,):
        order = await slow.rest("0.52", "20")
        await meet(other, "10")
        await slow.until(lambda: order.filled == 10 * MICROS, "filled")
        assert (await slow.exchange.control("POST", "revert", {}))["reverted"]
        await forward(slow, 600)
        await slow.until(lambda: order.voided == 10 * MICROS, "void")
    assert (order.state, order.filled, order.remaining) == (_S.PARTIAL, 0, 10 * MICROS)
    slow.cancel(order)
    await slow.reaches(order, _S.CANCELED)
    await slow.agree()


async def test_f039_while_it_is_tried_again_a_trade_is_at_risk_and_not_for_sale(
    slow: World,
) -> None:
    scripts = [["RETRYING", "MINED", "CONFIRMED"]]
    await slow.exchange.control("POST", "settlements", {"scripts": scripts})
    order = await slow.reaches(await slow.buy(), _S.MATCHED)
    account = slow.live.desk.engine.account
    noted = "is being tried again"
    while not any(noted in said for *_, said in order.trace):
        await forward(slow, 30)
        await slow.until(lambda: slow.live.desk.runner.depth == 0, "taken")
    assert account.ledger.position(YES).size == 10 * MICROS
    assert account.free_shares(YES) == 0
    assert (await slow.place(SELL, "0.50")).state is _S.DENIED
    await forward(slow, 900)
    await slow.until(lambda: not slow.state.unsettled, "settled")
    assert account.free_shares(YES) == 10 * MICROS
    await slow.agree()


# Made elsewhere


async def test_f048_orders_of_another_client_are_adopted_and_left_alone(world: World) -> None:
    engine = world.live.desk.engine

    def found(digest: str) -> Order:
        return next(o for o in world.orders.values() if o.venue_order_id == digest)

    # The venue tells a trade's time in whole seconds: this one must not lie before the opening.
    await world.until(lambda: engine.now > world.state.opened_at + SECOND, "a second later")
    async with trader_of(world.exchange, world.account) as web:
        resting = (await web.place(YES, BUY, "0.30", "10"))["orderID"]
        taken = (await web.place(YES, BUY, "0.55", "10"))["orderID"]
        ours = {resting, taken}
        await world.until(lambda: ours <= {o.venue_order_id for o in world.orders.values()}, "seen")
        await world.reaches(found(taken), _S.MATCHED)
        bound = engine.account.bound(YES, engine.token_markets[YES])
        assert engine.account.exposures(bound)[0] >= 8 * MICROS
        session = await world.agree(elsewhere=ours)
        assert (session.signatures, found(resting).state) == ((), _S.LIVE)
        await web.ask("DELETE", "/order", {"orderID": resting})
        await world.reaches(found(resting), _S.CANCELED)
    log = await world.exchange.control("GET", "requests")
    cancels = [row for row in log["requests"] if row["method"] == "DELETE"]
    assert [row["order_ids"] for row in cancels if resting in row["order_ids"]] == [[resting]]


async def test_f056_what_the_wallet_held_before_is_an_opening_holding(
    venue: Exchange, tmp_path: Path
) -> None:
    account = await enrol(tmp_path, venue.urls.clob, next(venue.seeds))
    async with trader_of(venue, account) as web:
        await web.place(token(1), BUY, "0.55", "10")
        await settled(web, token(1), 10 * MICROS)
    async with venue.desk_of(account, tmp_path / "desk") as world:
        position = world.live.desk.engine.account.ledger.position(token(1))
        assert (position.size, position.cost > 0) == (10 * MICROS, True)
        kinds = [entry.kind for entry in (await world.journal()).entries]
        assert kinds == ["deposit", "holding"]
        await world.reaches(await world.place(SELL, "0.50", token_id=token(1)), _S.MATCHED)
        await world.until(lambda: world.is_quiet, "quiet")
        assert world.live.desk.engine.account.ledger.position(token(1)).size == 0


async def test_f055_a_count_of_zero_is_shown_beside_the_books_and_changes_nothing(
    world: World,
) -> None:
    await world.reaches(await world.buy(token_id=token(2)), _S.MATCHED)
    await world.until(lambda: world.is_quiet, "quiet")
    gone = {
        "account": world.account.profile.wallet,
        "amount": -10 * MICROS,
        "asset": str(token(2)),
    }
    await world.exchange.control("POST", "transfer", gone)
    await world.rest("0.40", token_id=token(1))
    account = world.live.desk.engine.account
    await world.until(lambda: account.counted.share_drift(account.ledger), "counted")
    assert account.counted.share_drift(account.ledger) == {token(2): -10 * MICROS}
    assert account.ledger.position(token(2)).size == 10 * MICROS
    assert account.drift == 0
    rows = {row.token_id: row for row in world.live.desk.source.portfolio().positions}
    assert (rows[token(2)].counted, rows[token(2)].size) == (0, 10 * MICROS)


# Ends


async def test_an_order_by_hand_that_ends_by_itself_is_gone_when_its_time_is_over(
    slow: World,
) -> None:
    order = await slow.rest(time_in_force="GTD", lasts_s=300)
    await forward(slow, 240)
    await slow.until(lambda: slow.is_quiet, "quiet")
    assert order.state is _S.LIVE
    await forward(slow, 70)
    # The user line calls it a cancel, a look at the order by its name; the desk's clock, which would
    # tell it too, does not go along here.
    await slow.reaches(order, _S.CANCELED, _S.EXPIRED)
    assert order.cancel_asked_at == 0
    assert not slow.live.desk.engine.account.reserved
    await slow.agree()


# The end of a market


@pytest.mark.parametrize(
    ("number", "payouts", "worth"),
    [(3, [1_000_000, 0], 10 * MICROS), (4, [500_000, 500_000], 5 * MICROS)],
    ids=["f049", "f051"],
)
async def test_f049_f051_a_resolved_market_cancels_orders_and_pays_by_its_vector(
    world: World, number: int, payouts: list[int], worth: int
) -> None:
    yes = token(number)
    await world.reaches(await world.buy(token_id=yes), _S.MATCHED)
    order = await world.rest(token_id=yes)
    await world.until(lambda: not world.state.unsettled, "settled")
    account = world.live.desk.engine.account
    cash = account.ledger.cash
    wish = {"condition_id": condition(number), "payouts": payouts}
    await world.exchange.control("POST", "resolve", wish)
    await world.reaches(order, _S.CANCELED)
    await world.until(lambda: account.redeemable == worth, "worth its pay-out")
    assert account.ledger.cash == cash
    assert account.totals().positions_value == worth
    assert (await world.place(token_id=yes)).state is _S.DENIED
    await world.agree()


async def test_f054_an_order_that_meets_a_closed_market_is_refused_and_not_repeated(
    world: World,
) -> None:
    yes = token(5)
    await world.reaches(await world.buy(token_id=yes), _S.MATCHED)
    await world.until(lambda: not world.state.unsettled, "settled")
    await world.exchange.script({"match": {"socket": "market"}, "fault": {"kind": "freeze"}})
    wish = {"condition_id": condition(5), "payouts": [0, 1_000_000]}
    await world.exchange.control("POST", "resolve", wish)
    order = await world.reaches(await world.place(token_id=yes), _S.REJECTED)
    assert "not yet ready" in order.reason
    assert len(await world.posts(order)) == 1
    await world.agree()
