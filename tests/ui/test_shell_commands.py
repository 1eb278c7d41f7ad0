"""Every key of the shell's screens has its stated effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest
from tests.ui.fake_source import FakeSource
from tests.ui.shell import StillApp, running, screen_text, settle
from textual.command import CommandPalette
from textual.pilot import Pilot

from polydesk.domain.commands import (
    CancelAll,
    CancelByUser,
    Kill,
    PauseLeader,
    ThawMarket,
    UnfollowLeader,
    Watch,
)
from polydesk.domain.ids import ClientOrderId, TokenId, Wallet
from polydesk.ui.commands import CommandSpec, Scope
from polydesk.ui.help import HelpScreen
from polydesk.ui.registry import ALL_COMMANDS
from polydesk.ui.screens.dialogs import Question
from polydesk.ui.screens.order_detail import OrderDetailBox
from polydesk.ui.screens.recovery import RecoveryReport
from polydesk.ui.screens.table import Table

KESTREL = Wallet(f"0x{1:040x}")
"""Leader of the newest trade of the fake desk."""


@dataclass
class Desk:
    """A running application in a test."""

    app: StillApp
    pilot: Pilot[object]
    source: FakeSource

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await settle(self.pilot)

    @property
    def text(self) -> str:
        return screen_text(self.app)

    def table(self, name: str) -> Table[object]:
        return self.app.screen.query_one(f"#{name}", Table)


Check = Callable[[Desk, str], Awaitable[None]]


async def _shows(desk: Desk, key: str, mode: str) -> None:
    start = "health" if mode != "health" else "feed"
    await desk.app.switch_mode(start)
    await desk.press(key)
    assert desk.app.current_mode == mode


def shows(mode: str) -> Check:
    async def check(desk: Desk, key: str) -> None:
        await _shows(desk, key, mode)

    return check


async def opens_help(desk: Desk, key: str) -> None:
    await desk.press(key)
    assert isinstance(desk.app.screen, HelpScreen)


async def opens_palette(desk: Desk, key: str) -> None:
    await desk.press(key)
    assert isinstance(desk.app.screen, CommandPalette)


async def asks_and_kills(desk: Desk, key: str) -> None:
    await desk.press(key)
    assert isinstance(desk.app.screen, Question)
    assert desk.source.submitted == []
    await desk.press("enter")
    assert desk.source.submitted == []
    await desk.press("y")
    assert [type(command) for command in desk.source.submitted] == [Kill]
    assert "KILLED" in desk.text


async def changes_theme(desk: Desk, key: str) -> None:
    before = desk.app.theme
    await desk.press(key)
    assert desk.app.theme != before


async def asks_before_leaving(desk: Desk, key: str) -> None:
    await desk.press(key)
    assert isinstance(desk.app.screen, Question)
    assert "2 orders rest" in desk.text


def moves(start: int, end: int) -> Check:
    async def check(desk: Desk, key: str) -> None:
        table = desk.table("trades")
        table.move_cursor(start)
        await settle(desk.pilot)
        await desk.press(key)
        assert table.cursor == end
        assert f"{end + 1} of 60" in desk.text

    return check


def focuses(name: str) -> Check:
    async def check(desk: Desk, key: str) -> None:
        await desk.press(key)
        assert desk.app.screen.focused is desk.table(name)

    return check


def lists_markets(word: str, count: int) -> Check:
    async def check(desk: Desk, key: str) -> None:
        desk.source.submit(Watch(tuple(desk.source.watched[2:]), on=False))
        await desk.press("a" if word != "all" else "v")
        await desk.press(key)
        assert f"Markets: {word}" in desk.text
        assert len(desk.table("markets-table").items) == count

    return check


async def focuses_search(desk: Desk, key: str) -> None:
    await desk.press(key)
    await desk.press(*"fed cut")
    assert [found.row.title for found in desk.table("markets-table").items] == [
        "Will the Fed cut rates in July?"
    ]
    await desk.press("enter")
    assert desk.app.screen.focused is desk.table("markets-table")


async def clears_search(desk: Desk, key: str) -> None:
    await desk.press("slash", *"zzz", "enter")
    assert "No market matches." in desk.text
    await desk.press(key)
    assert len(desk.table("markets-table").items) == 6


async def watches(desk: Desk, key: str) -> None:
    await desk.press("down", key)
    pair = (TokenId("2001"), TokenId("2002"))
    assert desk.source.submitted == [Watch(pair, on=False)]
    await desk.press(key)
    assert desk.source.submitted[-1] == Watch(pair, on=True)
    assert "open, watched" in desk.text


async def unfreezes(desk: Desk, key: str) -> None:
    desk.source.frozen[TokenId("2001")] = "a settled trade was said to have failed"
    await desk.press("a", "down", key)
    assert "at its orders and fills on the venue's site first." in desk.text
    await desk.press("enter")
    assert not desk.source.submitted
    await desk.press("y")
    assert desk.source.submitted == [ThawMarket(TokenId("2001"))]


def opens_outcome(token: str) -> Check:
    async def check(desk: Desk, key: str) -> None:
        await desk.press("down", key)
        assert desk.app.current_mode == "desk"
        assert desk.app.selected_token == token
        assert desk.source.submitted == []

    return check


def filters_trades(word: str) -> Check:
    async def check(desk: Desk, key: str) -> None:
        await desk.press("c" if word == "all" else "a")
        await desk.press(key)
        assert f"Followed trades: {word}" in desk.text
        verdicts = {row.verdict.value for row in desk.table("trades").items}
        assert verdicts == ({"copied", "skipped"} if word == "all" else {word})

    return check


async def filters_leader(desk: Desk, key: str) -> None:
    await desk.press(key)
    assert "Followed trades: all, kestrel" in desk.text
    assert {row.leader for row in desk.table("trades").items} == {KESTREL}
    await desk.press(key)
    assert len({row.leader for row in desk.table("trades").items}) == 5


async def pauses_leader(desk: Desk, key: str) -> None:
    await desk.press(key)
    assert desk.source.submitted == [PauseLeader(KESTREL, True)]
    assert "PAUSED" in desk.text
    await desk.press(key)
    assert desk.source.submitted[-1] == PauseLeader(KESTREL, False)


async def unfollows(desk: Desk, key: str) -> None:
    await desk.press(key)
    assert "Stop following kestrel" in desk.text
    await desk.press("enter")
    await desk.press("n")
    assert desk.source.submitted == []
    await desk.press(key, "y")
    assert desk.source.submitted == [UnfollowLeader(KESTREL)]


async def opens_trade(desk: Desk, key: str) -> None:
    row = desk.table("trades").items[0]
    await desk.press(key)
    assert desk.app.current_mode == "desk"
    assert desk.app.selected_token == row.token_id


async def cancels_order(desk: Desk, key: str) -> None:
    await desk.press(key)
    assert desk.source.submitted == []
    assert desk.app.screen.focused is desk.table("orders")
    await desk.press("down", key)
    assert desk.source.submitted == [CancelByUser(ClientOrderId("order-2"))]
    assert "CANCELED" in desk.text


def filters_orders(table: str) -> Check:
    async def check(desk: Desk, key: str) -> None:
        desk.source.submit(CancelByUser(ClientOrderId("order-1")))
        await settle(desk.pilot)
        seen = []
        for word in ("open", "unknown", "all"):
            await desk.press(key)
            assert f"Orders: {word}" in desk.text
            seen.append([row.client_order_id for row in desk.table(table).items])
        assert seen == [["order-2"], [], ["order-1", "order-2"]]

    return check


async def opens_detail(desk: Desk, key: str) -> None:
    await desk.press("down", key)
    assert isinstance(desk.app.screen, OrderDetailBox)
    assert "Total goals over 6.5" in desk.text


async def cancels_on_orders(desk: Desk, key: str) -> None:
    await desk.press("down", key)
    assert desk.source.submitted == [CancelByUser(ClientOrderId("order-2"))]


async def asks_and_cancels_all(desk: Desk, key: str) -> None:
    await desk.press(key)
    assert "Cancel 2 open orders?" in desk.text
    await desk.press("enter")
    assert desk.source.submitted == []
    await desk.press("y")
    assert desk.source.submitted == [CancelAll()]


async def copies_venue_id(desk: Desk, key: str) -> None:
    await desk.press(key)
    assert desk.app.clipboard == "0xorder-1"


async def opens_market_of_order(desk: Desk, key: str) -> None:
    await desk.press("down", key)
    assert desk.app.current_mode == "desk"
    assert desk.app.selected_token == "2001"


async def opens_recovery(desk: Desk, key: str) -> None:
    await desk.press(key)
    assert isinstance(desk.app.screen, RecoveryReport)
    assert "only a live desk has orders at a venue" in desk.text


async def _open_detail(desk: Desk, size: tuple[int, int] = (120, 40)) -> None:
    await desk.pilot.resize_terminal(*size)
    await settle(desk.pilot)
    await desk.press("enter")
    assert isinstance(desk.app.screen, OrderDetailBox)


async def closes_detail(desk: Desk, key: str) -> None:
    await _open_detail(desk)
    await desk.press(key)
    assert not desk.app.screen.is_modal


async def cancels_shown_order(desk: Desk, key: str) -> None:
    await _open_detail(desk)
    await desk.press(key)
    assert desk.source.submitted == [CancelByUser(ClientOrderId("order-1"))]


async def copies_shown_id(desk: Desk, key: str) -> None:
    await _open_detail(desk)
    await copies_venue_id(desk, key)


async def kills_from_detail(desk: Desk, key: str) -> None:
    await _open_detail(desk)
    await asks_and_kills(desk, key)


def scrolls_detail(before: int, after: int) -> Check:
    async def check(desk: Desk, key: str) -> None:
        detail = desk.source.details[ClientOrderId("order-1")]
        long = replace(detail, trace=detail.trace * 40)
        desk.source.details[ClientOrderId("order-1")] = long
        await _open_detail(desk, (80, 24))
        box = desk.app.screen.query_one("#report")
        box.scroll_to(y=before, animate=False)
        await settle(desk.pilot)
        await desk.press(key)
        assert box.scroll_offset.y == after

    return check


async def leads_to_orders(desk: Desk, key: str) -> None:
    await desk.press(key)
    assert desk.app.current_mode == "orders"


async def opens_position(desk: Desk, key: str) -> None:
    await desk.press("down", key)
    assert desk.app.current_mode == "desk"
    assert desk.app.selected_token == "3001"


def scrolls(before: int, after: int) -> Check:
    async def check(desk: Desk, key: str) -> None:
        health = desk.source.health()
        crowded = replace(health, streams=health.streams * 8)
        desk.source.health = lambda: crowded  # type: ignore[method-assign]
        body = desk.app.screen.query_one("#health")
        await desk.pilot.resize_terminal(80, 24)
        body.scroll_to(y=before, animate=False)
        await settle(desk.pilot)
        await desk.press(key)
        assert body.scroll_offset.y == after

    return check


EXPECTED: dict[str, tuple[str, Check]] = {
    "app.show-desk": ("health", shows("desk")),
    "app.show-markets": ("health", shows("markets")),
    "app.show-feed": ("health", shows("feed")),
    "app.show-portfolio": ("health", shows("portfolio")),
    "app.show-orders": ("health", shows("orders")),
    "app.recovery": ("feed", opens_recovery),
    "app.show-health": ("health", shows("health")),
    "app.help": ("health", opens_help),
    "app.palette": ("health", opens_palette),
    "app.kill": ("feed", asks_and_kills),
    "app.cycle-theme": ("health", changes_theme),
    "app.quit": ("health", asks_before_leaving),
    "app.interrupt": ("health", asks_before_leaving),
    "list.up": ("feed", moves(5, 4)),
    "list.down": ("feed", moves(5, 6)),
    "list.page-up": ("feed", moves(50, 27)),
    "list.page-down": ("feed", moves(0, 23)),
    "list.first": ("feed", moves(50, 0)),
    "list.last": ("feed", moves(5, 59)),
    "list.next": ("feed", focuses("leaders")),
    "list.previous": ("feed", focuses("leaders")),
    "markets.search": ("markets", focuses_search),
    "markets.clear": ("markets", clears_search),
    "markets.show-open": ("markets", lists_markets("open", 6)),
    "markets.show-watched": ("markets", lists_markets("watched", 1)),
    "markets.show-resolved": ("markets", lists_markets("resolved", 6)),
    "markets.show-all": ("markets", lists_markets("all", 6)),
    "markets.watch": ("markets", watches),
    "markets.thaw": ("markets", unfreezes),
    "markets.open": ("markets", opens_outcome("2001")),
    "markets.open-other": ("markets", opens_outcome("2002")),
    "feed.show-all": ("feed", filters_trades("all")),
    "feed.show-copied": ("feed", filters_trades("copied")),
    "feed.show-skipped": ("feed", filters_trades("skipped")),
    "feed.by-leader": ("feed", filters_leader),
    "feed.pause": ("feed", pauses_leader),
    "feed.unfollow": ("feed", unfollows),
    "feed.open": ("feed", opens_trade),
    "portfolio.cancel": ("portfolio", cancels_order),
    "portfolio.orders": ("portfolio", leads_to_orders),
    "portfolio.filter-orders": ("portfolio", filters_orders("orders")),
    "portfolio.open": ("portfolio", opens_position),
    "orders.detail": ("orders", opens_detail),
    "orders.filter": ("orders", filters_orders("orders")),
    "orders.cancel": ("orders", cancels_on_orders),
    "orders.cancel-all": ("orders", asks_and_cancels_all),
    "orders.copy": ("orders", copies_venue_id),
    "orders.market": ("orders", opens_market_of_order),
    "report.close": ("orders", closes_detail),
    "report.cancel": ("orders", cancels_shown_order),
    "report.copy": ("orders", copies_shown_id),
    "report.kill": ("orders", kills_from_detail),
    "report.down": ("orders", scrolls_detail(0, 1)),
    "report.up": ("orders", scrolls_detail(5, 4)),
    "report.page-down": ("orders", scrolls_detail(0, 10)),
    "report.page-up": ("orders", scrolls_detail(15, 5)),
    "health.recovery": ("health", opens_recovery),
    "health.scroll-down": ("health", scrolls(0, 2)),
    "health.scroll-up": ("health", scrolls(2, 0)),
}
SHELL = [spec for spec in ALL_COMMANDS if spec.scope not in {Scope.DESK, Scope.ORDER}]


def test_every_command_of_the_shell_has_an_expectation() -> None:
    assert set(EXPECTED) == {spec.id for spec in SHELL}


def busy_source() -> FakeSource:
    """Return a desk with sixty followed trades."""
    source = FakeSource()
    for _ in range(50):
        source._followed()
    return source


@pytest.mark.parametrize(
    ("spec", "key"),
    [(spec, key) for spec in SHELL for key in spec.key_list],
    ids=lambda value: value.id if isinstance(value, CommandSpec) else value,
)
async def test_the_key_does_what_its_help_says(spec: CommandSpec, key: str) -> None:
    mode, check = EXPECTED[spec.id]
    source = busy_source() if spec.scope is Scope.LIST else FakeSource()
    async with running(mode, source) as (app, pilot):
        await check(Desk(app, pilot, source), key)
