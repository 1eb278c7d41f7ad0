"""The screens of a real live desk that trades on a real sandbox: what a person sees and presses."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.e2e.desk_world import Exchange, World, token

from polydesk.domain.orders import Order, OrderState
from polydesk.ui.app import DeskApp
from polydesk.ui.screens.recovery import RecoveryReport

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
_S = OrderState


class Seen:
    """A person before the screens of one desk."""

    def __init__(self, world: World, app: DeskApp, pilot: object) -> None:
        self.world = world
        self.app = app
        self.pilot = pilot

    @property
    def text(self) -> str:
        """Return what the screen shows, without frames, in one line of words."""
        strips = self.app.screen._compositor.render_strips()
        shown = "\n".join("".join(part.text for part in strip) for strip in strips)
        return " ".join(shown.translate(str.maketrans("│┃┏┓┗┛━─┌┐└┘▸", " " * 13)).split())

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)  # type: ignore[attr-defined]

    async def see(self, *words: str) -> None:
        """Wait until the screen shows words."""
        with contextlib.suppress(AssertionError):
            await self.world.until(lambda: all(word in self.text for word in words), "seen")
        assert [word for word in words if word not in self.text] == [], self.text


@asynccontextmanager
async def screens(world: World) -> AsyncIterator[Seen]:
    app = DeskApp(world.live.desk.source)
    async with app.run_test(size=(140, 44)) as pilot:
        yield Seen(world, app, pilot)


def newest(world: World) -> Order:
    return next(reversed(world.orders.values()))


async def test_an_order_typed_on_the_desk_is_followed_to_its_cancel(world: World) -> None:
    async with screens(world) as seen:
        app = seen.app
        await seen.see("LIVE 0x", "REAL MONEY", "budget", "venue normal")
        app.open_market(token(0))
        await seen.see("Will it rain in place 0?", ".500")
        await seen.press("end", "b")
        await seen.see("LIVE: REAL MONEY · BUY order", "send for real money")
        await seen.press(*["down"] * 9, "ctrl+b", "ctrl+s")
        await world.until(lambda: world.orders, "placed")
        order = await world.reaches(newest(world), _S.LIVE)
        await seen.press("o")
        await seen.see("Orders: all · LIVE: REAL MONEY", "RESTING", "accepted: resting")
        await seen.press("enter")
        await seen.see(
            "intent", "approved", "signed", "sent", "accepted", str(order.venue_order_id)
        )
        await seen.press("x")
        await world.reaches(order, _S.CANCELED)
        await seen.see("CANCELED: it is gone from the venue", "cancel asked")


async def test_an_order_nobody_knows_about_stands_first_until_it_is_found(world: World) -> None:
    async with screens(world) as seen:
        await world.exchange.script(
            {"match": {"endpoint": "place"}, "fault": {"kind": "after_commit"}, "count": 1},
            {"match": {"endpoint": "order-by-id"}, "fault": {"kind": "status", "status": 500}},
            {"match": {"socket": "user"}, "fault": {"kind": "freeze"}},
            {"match": {"endpoint": "open-orders"}, "fault": {"kind": "status", "status": 500}},
        )
        order = await world.reaches(await world.place(), _S.UNKNOWN)
        await seen.press("o", "f", "f")
        await seen.see("Orders: unknown", "its money stays reserved", "1 UNKNOWN")
        await world.exchange.control("DELETE", "faults")
        await world.reaches(order, _S.LIVE)
        await seen.see("No order is unknown.")


async def test_a_failed_settlement_is_told_from_money_on_every_screen(world: World) -> None:
    await world.exchange.control("POST", "settlements", {"scripts": ["failed"]})
    async with screens(world) as seen:
        order = await world.reaches(await world.buy(), _S.MATCHED)
        await world.until(lambda: order.voided, "taken out again")
        await seen.press("o", "enter")
        await seen.see("VOID: failed, not money", "filled", "void")
        view = world.live.desk.source.portfolio()
        assert view.settled + view.at_risk == view.realised + view.unrealised
        assert view.at_risk_value == 0


async def test_a_kill_by_key_cancels_and_shuts_the_signer(world: World) -> None:
    order = await world.rest()
    async with screens(world) as seen:
        await seen.press("ctrl+k")
        await seen.see("LIVE: REAL MONEY", "The signer shuts and stays shut")
        await seen.press("y")
        await world.reaches(order, _S.CANCELED)
        await seen.see("KILLED")


async def test_the_next_desk_shows_what_it_found(venue: Exchange, tmp_path: Path) -> None:
    async with venue.desk(tmp_path) as first:
        await first.rest()
        account, directory = first.account, first.directory
    async with venue.desk_of(account, directory) as second, screens(second) as seen:
        await second.until(lambda: isinstance(seen.app.screen, RecoveryReport), "reported")
        await seen.see("Orders left open by earlier sessions: 1", "RESTING", "ready after")
        await seen.press("escape", "0")
        await seen.see("Venue: LIVE, real money", "the desk knows where all its orders are")
