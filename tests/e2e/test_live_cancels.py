"""Cancels of a live desk that get no answer, and its signer at the worst moment."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from tests.e2e.desk_world import LIMITS, Exchange, World

from polydesk.domain.commands import CancelAll, Kill, ReleaseKill, TradingState
from polydesk.domain.orders import OrderState
from polydesk.engine.user_desk import RELEASE_WORD
from polydesk.views.models import SignerState

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
_S = OrderState


@pytest.mark.parametrize("kind", ["before_commit", "after_commit", "half_reply"])
async def test_f025_a_cancel_without_answer_is_asked_until_there_is_evidence(
    world: World, kind: str
) -> None:
    order = await world.rest()
    await world.exchange.once(kind, endpoint="cancel")
    world.cancel(order)
    await world.reaches(order, _S.CANCELED)
    await world.agree()


async def test_f027_the_kill_switch_also_gets_what_is_still_on_its_way(world: World) -> None:
    resting = [await world.rest(f"0.3{number}") for number in range(3)]
    await world.exchange.once("delay", seconds=1)
    flying = await world.arrives(await world.place(price="0.41"))
    world.live.desk.runner.submit(Kill("enough"))
    for order in (*resting, flying):
        await world.reaches(order, _S.CANCELED)
    wallet = world.account.profile.wallet
    assert (await world.exchange.truth())["accounts"][wallet]["open"] == []
    assert (await world.place(price="0.42")).state is _S.DENIED
    await world.agree()


async def test_f027_after_a_release_the_signer_is_still_shut_and_said_to_be(world: World) -> None:
    assert world.live.view().signer is SignerState.SIGNING
    world.live.desk.runner.submit(Kill("enough"))
    world.live.desk.runner.submit(ReleaseKill(RELEASE_WORD))
    await world.until(lambda: not world.live.desk.engine.killed, "released")

    order = await world.reaches(await world.place(price="0.42"), _S.ABANDONED)

    assert "kill switch" in order.reason
    assert world.live.view().signer is SignerState.SHUT


async def test_f027_cancel_all_reaches_a_zombie(world: World) -> None:
    await world.exchange.once("late_commit", seconds=0.6)
    flying = await world.reaches(await world.place(), _S.UNKNOWN)
    world.live.desk.runner.submit(CancelAll())
    await world.reaches(flying, _S.CANCELED, _S.ABANDONED)
    await world.until(lambda: not world.state.live, "over")
    wallet = world.account.profile.wallet
    assert (await world.exchange.truth())["accounts"][wallet]["open"] == []


# The signer


async def test_f032_an_order_whose_signer_dies_is_never_sent(world: World) -> None:
    pid = world.live.parts.signer._process.pid
    os.kill(pid, signal.SIGSTOP)
    order = await world.place()
    os.kill(pid, signal.SIGKILL)
    await world.reaches(order, _S.ABANDONED)
    assert order.venue_order_id is None
    desk = world.live.desk
    await world.until(lambda: desk.engine.trading_state is TradingState.HALTED, "halted")
    assert (await world.place()).state is _S.DENIED
    assert not (await world.journal()).signatures


async def test_f033_the_signers_own_cap_ends_an_order_that_the_gate_let_through(
    venue: Exchange, tmp_path: Path
) -> None:
    async with venue.desk(tmp_path, live={"max_order_shares": "9"}) as world:
        assert float(LIMITS["max_order_usd"]) > 4
        order = await world.reaches(await world.place(size="10"), _S.ABANDONED)
        assert (order.venue_order_id, order.reason != "") == (None, True)
        await world.rest(size="9")
        await world.agree()
