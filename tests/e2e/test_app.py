"""The whole application: sandbox process, sockets, engine, copies, screens, driven by keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from polydesk.domain.decisions import Verdict
from polydesk.domain.intents import Origin
from polydesk.domain.orders import OrderState
from polydesk.runtime.demo import Demo
from polydesk.ui.app import DeskApp
from polydesk.ui.screens.desk import DeskScreen
from polydesk.ui.screens.dialogs import Question
from polydesk.ui.screens.ticket import OrderTicket
from polydesk.views.models import OrderRow

pytestmark = pytest.mark.e2e
PATIENCE_S = 30.0


async def until(pilot: Pilot[object], condition: Callable[[], bool], what: str) -> None:
    """Let the application work until a condition holds."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await pilot.pause(0.02)
    except TimeoutError:
        pytest.fail(f"waited {PATIENCE_S:g} s for {what}")


def desk_text(app: DeskApp) -> str:
    """Return the ladder as drawn, empty while another screen is shown."""
    screen = app.screen
    return "\n".join(screen.ladder.text_lines()) if isinstance(screen, DeskScreen) else ""


@asynccontextmanager
async def demo_app(speed: float) -> AsyncIterator[tuple[Demo, DeskApp, Pilot[object]]]:
    demo = Demo(speed=speed)
    app = DeskApp(demo.desk.source, on_start=demo.play)
    async with app.run_test(size=(120, 40)) as pilot:
        yield demo, app, pilot
    if app.failure is not None:
        raise app.failure


async def test_books_move_copies_fill_and_pnl_follows() -> None:
    async with demo_app(speed=10.0) as (demo, app, pilot):
        source = demo.desk.source
        await until(pilot, lambda: len(source.watchlist().rows) == 12, "the watchlist")
        await until(pilot, lambda: all(row.has_book for row in source.watchlist().rows), "books")
        await until(pilot, lambda: source.portfolio().positions != (), "a copy that filled")
        await until(pilot, lambda: len(source.tape(None, 5).rows) > 0, "trades on the tape")

        copied = [row for row in source.feed(50).rows if row.verdict is Verdict.COPIED]
        assert copied[-1].order_state is OrderState.MATCHED
        assert copied[-1].leader_name.endswith("(sandbox)")
        view = source.portfolio()
        assert view.equity == view.net_deposits + view.realised + view.unrealised
        assert view.positions_value == sum(row.value for row in view.positions)
        for key, mode in (("2", "markets"), ("3", "feed"), ("5", "portfolio"), ("0", "health")):
            await pilot.press(key)
            await until(pilot, lambda mode=mode: app.current_mode == mode, f"screen {mode}")
        assert source.health().decode_errors == 0


async def test_a_person_buys_rests_cancels_kills_and_releases() -> None:
    async with demo_app(speed=1.0) as (demo, app, pilot):
        source = demo.desk.source
        await until(pilot, lambda: "spread" in desk_text(app), "the ladder")

        def mine(state: OrderState) -> list[OrderRow]:
            orders = source.portfolio().orders
            return [o for o in orders if o.origin is Origin.MANUAL and o.state is state]

        def copies() -> int:
            return sum(o.origin is Origin.COPY for o in source.portfolio().orders)

        await pilot.press("a", "G", "down", "down", "b")
        await until(pilot, lambda: isinstance(app.screen, OrderTicket), "the ticket")
        await pilot.press("enter")
        assert mine(OrderState.LIVE) == []
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(mine(OrderState.LIVE)) == 1, "a resting order")
        assert mine(OrderState.LIVE)[0].queue_ahead is not None

        await pilot.press("K")
        await until(pilot, lambda: isinstance(app.screen, Question), "the question")
        await pilot.press("y")
        await until(pilot, lambda: source.health().killed, "the kill switch")
        await until(pilot, lambda: len(mine(OrderState.CANCELED)) == 1, "the order to be canceled")

        await pilot.press("a", "b")
        await until(pilot, lambda: isinstance(app.screen, OrderTicket), "the second ticket")
        await pilot.press("ctrl+s")
        assert isinstance(app.screen, OrderTicket)
        await pilot.press("escape")
        assert len(source.portfolio().orders) == len(mine(OrderState.CANCELED)) + copies()

        await pilot.press("R")
        await until(pilot, lambda: not isinstance(app.screen, DeskScreen), "the word's field")
        await pilot.press(*"RELEASE", "enter")
        await until(pilot, lambda: not source.health().killed, "the release")
