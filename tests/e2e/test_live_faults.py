"""Orders of a live desk on a venue that loses, cuts, doubles and refuses, each exactly once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.desk_world import BUY, Exchange, World, token

from polydesk.domain.commands import PlaceOrder, TradingState
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.domain.venue import VenueMode

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
_S = OrderState


def steps(order: Order) -> list[str]:
    """Return what an order went through."""
    return [step for _, step, _ in order.trace]


async def sent_once(world: World, order: Order) -> dict[str, Any]:
    """Return the one request that carried an order."""
    (post,) = await world.posts(order)
    return post


# The reply is lost or unreadable


async def test_f009_an_order_whose_reply_is_lost_is_found_by_its_digest(world: World) -> None:
    await world.exchange.once("after_commit")
    order = await world.rest()

    def is_seen() -> bool:
        # The user stream may tell of the order before the reply is seen to be lost.
        late = any("the reply came late" in words for _, _, words in order.trace)
        return "unknown" in steps(order) or late

    await world.until(is_seen, "told that the reply is lost")
    assert (await sent_once(world, order))["commits"] == 1
    await world.agree()


async def test_f009_while_unknown_its_money_stays_kept_aside(world: World) -> None:
    await world.exchange.script(
        {"match": {"endpoint": "place"}, "fault": {"kind": "after_commit"}, "count": 1},
        {"match": {"endpoint": "order-by-id"}, "fault": {"kind": "status", "status": 500}},
        {"match": {"socket": "user"}, "fault": {"kind": "freeze"}},
        {"match": {"endpoint": "open-orders"}, "fault": {"kind": "status", "status": 500}},
    )
    order = await world.reaches(await world.place(), _S.UNKNOWN)
    account = world.live.desk.engine.account
    assert account.reserved[order.intent.client_order_id] >= 4_000_000
    assert account.unknown_orders == 1
    await world.exchange.control("DELETE", "faults")
    await world.reaches(order, _S.LIVE)
    await world.agree()


async def test_f010_an_order_that_never_arrived_is_given_up_by_evidence(world: World) -> None:
    await world.exchange.once("before_commit")
    order = await world.reaches(await world.place(), _S.UNKNOWN)
    await world.reaches(order, _S.ABANDONED)
    assert (await sent_once(world, order))["commits"] == 0
    assert not world.live.desk.engine.account.reserved
    await world.agree()


async def test_f011_a_zombie_within_its_window_is_adopted(world: World) -> None:
    await world.exchange.once("late_commit", seconds=0.5)
    order = await world.reaches(await world.place(), _S.UNKNOWN)
    await world.reaches(order, _S.LIVE)
    await sent_once(world, order)
    await world.agree()


async def test_f011_a_zombie_after_its_window_is_canceled_at_once(world: World) -> None:
    await world.exchange.once("late_commit", seconds=3)
    order = await world.reaches(await world.place(), _S.ABANDONED)
    digest, key = order.venue_order_id, order.intent.client_order_id
    words = "the venue has it after all; it is being canceled"
    await world.until(lambda: any(said == words for *_, said in order.trace), "alive")
    await world.until(lambda: key not in world.state.live, "over")
    assert (await world.exchange.truth())["orders"][digest]["status"] == "CANCELED"
    await sent_once(world, order)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "half_reply"},
        {"kind": "corrupt", "form": "html"},
        {"kind": "corrupt", "form": "json"},
        {"kind": "corrupt", "form": "type"},
    ],
    ids=lambda fault: str(fault.get("form", fault["kind"])),
)
async def test_f012_an_unreadable_reply_is_unknown_and_no_refusal(
    world: World, fault: dict[str, Any]
) -> None:
    await world.exchange.once(**fault)
    order = await world.rest()
    assert "rejected" not in steps(order)
    assert (await sent_once(world, order))["commits"] == 1
    await world.agree()


# The venue refuses


@pytest.mark.parametrize("success", [True, False], ids=["f013", "f014"])
async def test_f013_f014_an_order_refused_in_a_good_answer_is_rejected_in_its_words(
    world: World, *, success: bool
) -> None:
    body = {"success": success, "errorMsg": "no room at the inn", "orderID": "", "status": ""}
    await world.exchange.once("status", status=200, body=body)
    order = await world.reaches(await world.place(), _S.REJECTED)
    assert "no room at the inn" in order.reason
    assert not world.live.desk.engine.account.reserved
    await sent_once(world, order)
    await world.agree()


async def test_f015_duplicated_is_neither_a_refusal_nor_a_second_order(world: World) -> None:
    await world.exchange.once("duplicate")
    order = await world.rest()
    assert (await sent_once(world, order))["answers"] == [200, 400]
    assert "rejected" not in steps(order)
    await world.agree()


async def test_f015_a_duplicated_taker_is_filled_once(world: World) -> None:
    await world.exchange.once("duplicate")
    order = await world.reaches(await world.buy(), _S.MATCHED)
    assert order.filled == 10_000_000
    assert len((await world.agree()).fills) == 1


@pytest.mark.parametrize(("commit", "end"), [(True, _S.LIVE), (False, _S.ABANDONED)])
async def test_f016_a_500_is_unknown_until_looked_up(
    world: World, *, commit: bool, end: OrderState
) -> None:
    words = "could not run the execution"
    await world.exchange.once("status", status=500, error=words, commit=commit)
    order = await world.place()
    await world.until(lambda: "unknown" in steps(order), "unknown")
    assert any(words in said for _, step, said in order.trace if step == "unknown")
    await world.reaches(order, end)
    await sent_once(world, order)
    await world.agree()


async def test_f017_after_a_429_the_next_order_waits_as_long_as_told(world: World) -> None:
    await world.exchange.once("status", status=429, retry_after=1)
    refused = await world.reaches(await world.place(), _S.ABANDONED)
    later = await world.rest()
    first, second = await sent_once(world, refused), await sent_once(world, later)
    assert second["time_ns"] - first["time_ns"] > 900_000_000
    await world.agree()


async def test_f018_during_a_restart_nothing_is_sent_and_a_cancel_is_kept(world: World) -> None:
    resting = await world.rest()
    await world.exchange.control("POST", "restart", {"seconds": 60, "post_only_seconds": 0})
    refused = await world.reaches(await world.place(price="0.41"), _S.ABANDONED)
    assert world.live.desk.engine.venue.mode is VenueMode.RESTARTING
    denied = await world.place(price="0.42")
    assert (denied.state, "VENUE_NOT_TAKING_ORDERS" in denied.reason) == (_S.DENIED, True)
    await sent_once(world, refused)
    world.cancel(resting)
    await world.until(lambda: "425" in str(resting.trace) or "restart" in str(resting.trace), "no")
    assert resting.open
    await world.exchange.calm()
    await world.reaches(resting, _S.CANCELED)
    await world.agree()


async def test_f018_a_restart_makes_no_storm_of_cancels(world: World) -> None:
    resting = await world.rest()
    await world.exchange.control("POST", "restart", {"seconds": 60, "post_only_seconds": 0})
    world.cancel(resting)
    begun = asyncio.get_running_loop().time()
    await world.until(lambda: asyncio.get_running_loop().time() - begun > 2, "two seconds")
    log = await world.exchange.control("GET", "requests")
    cancels = [row for row in log["requests"] if resting.venue_order_id in row["order_ids"]][1:]
    assert 1 <= len(cancels) <= 4
    await world.exchange.calm()
    await world.reaches(resting, _S.CANCELED)
    await world.agree()


async def test_f019_in_the_post_only_phase_only_post_only_orders_leave(world: World) -> None:
    await world.exchange.control("POST", "restart", {"seconds": 0, "post_only_seconds": 60})
    taught = await world.reaches(await world.buy(), _S.ABANDONED)
    assert world.live.desk.engine.venue.mode is VenueMode.POST_ONLY
    denied = await world.buy()
    assert (denied.state, denied.venue_order_id) == (_S.DENIED, None)
    assert "post-only" in denied.reason
    quoting = await world.rest(post_only=True)
    await sent_once(world, taught)
    await sent_once(world, quoting)
    await world.agree()


async def test_f020_a_wiped_order_is_gone_by_evidence_and_frees_its_money(world: World) -> None:
    order = await world.rest()
    wiped = {"seconds": 0, "post_only_seconds": 0, "wipe": True}
    assert (await world.exchange.control("POST", "restart", wiped))["orders_lost"] >= 1
    await world.reaches(order, _S.CANCELED)
    assert steps(order).count("canceled") == 1
    assert not world.live.desk.engine.account.reserved
    await world.agree()


async def test_f021_in_cancel_only_mode_cancels_go_on_and_orders_do_not(world: World) -> None:
    resting = await world.rest()
    await world.exchange.control("POST", "mode", {"mode": "cancel-only"})
    taught = await world.reaches(await world.place(price="0.41"), _S.ABANDONED)
    assert world.live.view().mode is VenueMode.CANCEL_ONLY
    assert (await world.place(price="0.42")).state is _S.DENIED
    world.cancel(resting)
    await world.reaches(resting, _S.CANCELED)
    await sent_once(world, taught)
    await world.agree()


async def test_f021_while_trading_is_disabled_nothing_leaves(world: World) -> None:
    await world.exchange.control("POST", "mode", {"mode": "disabled"})
    await world.reaches(await world.place(), _S.ABANDONED)
    assert world.live.view().mode is VenueMode.DISABLED
    assert (await world.place(price="0.42")).state is _S.DENIED
    await world.agree()


async def test_f022_an_order_format_that_is_too_old_stops_trading(world: World) -> None:
    await world.exchange.once("status", status=400, error="order_version_mismatch")
    order = await world.reaches(await world.place(), _S.REJECTED)
    desk = world.live.desk
    await world.until(lambda: desk.engine.trading_state is TradingState.HALTED, "halted")
    assert any("update polydesk" in str(notice) for notice in desk.source.notices(0))
    assert (await world.place(price="0.41")).state is _S.DENIED
    await sent_once(world, order)
    await world.agree()


async def test_f023_a_401_is_answered_once_and_makes_no_loop(world: World) -> None:
    refusing = {"kind": "status", "status": 401}
    await world.exchange.script(
        {"match": {"endpoint": "place"}, "fault": refusing, "count": 1},
        {"match": {"endpoint": "open-orders"}, "fault": refusing, "count": 1},
    )
    refused = await world.reaches(await world.place(), _S.REJECTED)
    assert "Unauthorized" in refused.reason
    await sent_once(world, refused)
    await world.rest(price="0.41")
    await world.agree()


async def test_f023_after_a_401_for_its_clock_the_desk_keeps_the_venues_time(
    venue: Exchange, tmp_path: Path
) -> None:
    async with venue.desk(tmp_path) as world:
        before = world.live.view().clock_offset_ms
        await venue.control("POST", "advance", {"seconds": 120})
        refused = await world.reaches(await world.place(), _S.REJECTED)
        assert "Unauthorized" in refused.reason
        moved = lambda: world.live.view().clock_offset_ms - before  # noqa: E731
        await world.until(lambda: moved() > 100_000, "on the venue's time")
        assert moved() < 125_000
        await world.rest(price="0.41")
        await world.agree()


async def test_f024_the_orders_of_a_batch_are_judged_one_by_one(world: World) -> None:
    crossing = dict.fromkeys(range(4, 8), PriceMicros(550_000))
    for number in range(8):
        world.live.desk.runner.submit(
            PlaceOrder(
                token_id=token(0), side=BUY, price=crossing.get(number, PriceMicros(400_000)),
                size=ShareMicros(5_000_000), post_only=True, confirmed=True, ref=f"leg-{number}",
            )
        )  # fmt: skip
    await world.until(lambda: len(world.orders) == 8, "taken")
    for number, order in enumerate(list(world.orders.values())):
        await world.reaches(order, _S.REJECTED if number in crossing else _S.LIVE)
    log = await world.exchange.control("GET", "requests")
    assert any(len(row["order_ids"]) > 1 for row in log["requests"] if row["method"] == "POST")
    await world.agree()


async def test_f024_every_order_of_a_batch_without_answer_is_looked_up(world: World) -> None:
    rule = {"match": {"endpoint": "place"}, "fault": {"kind": "after_commit"}}
    await world.exchange.script(rule)
    placed = [
        PlaceOrder(token(0), BUY, PriceMicros(400_000), ShareMicros(5_000_000), confirmed=True,
                   ref=f"leg-{number}")
        for number in range(6)
    ]  # fmt: skip
    for command in placed:
        world.live.desk.runner.submit(command)
    await world.until(lambda: len(world.orders) == 6, "taken")
    for order in list(world.orders.values()):
        await world.reaches(order, _S.LIVE)
        assert "unknown" in steps(order)
    await world.agree()
