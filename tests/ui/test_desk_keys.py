"""Every key of the Desk: pressed, and the effect seen in commands or on the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.ui.fake_source import FakeSource
from tests.ui.shell import running, settle
from textual.pilot import Pilot
from textual.widgets import Input, Static

from polydesk.domain.commands import (
    CancelAll,
    CancelByUser,
    Kill,
    PlaceOrder,
    ReleaseKill,
    SetTradingState,
    TradingState,
)
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.units import MICROS
from polydesk.ui.screens.desk import DeskScreen
from polydesk.ui.screens.desk_commands import DESK_COMMANDS
from polydesk.ui.screens.ticket import OrderTicket


class Desk:
    """A running Desk with short words for what tests do."""

    def __init__(self, pilot: Pilot[object], source: FakeSource) -> None:
        self.pilot = pilot
        self.source = source
        screen = pilot.app.screen
        assert isinstance(screen, DeskScreen)
        self.screen = screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await settle(self.pilot)

    @property
    def focus(self) -> str | None:
        return self.screen.focused.id if self.screen.focused else None

    def shows(self, pane: str) -> str:
        widget = getattr(self.screen, pane)
        return "\n".join(widget.text_lines())


@asynccontextmanager
async def desk(size: tuple[int, int] = (120, 40)) -> AsyncIterator[Desk]:
    source = FakeSource()
    async with running("desk", source, size) as (_, pilot):
        yield Desk(pilot, source)


async def test_the_first_watched_outcome_is_open_and_the_ladder_has_the_keys() -> None:
    async with desk() as it:
        assert it.screen.token == "1001"
        assert it.focus == "ladder"
        assert ".612" in it.shows("ladder")


@pytest.mark.parametrize(
    ("key", "price"),
    [("down", 612_000), ("j", 612_000), ("up", 614_000), ("k", 614_000), ("pagedown", 603_000),
     ("pageup", 623_000), ("home", 614_000), ("g", 614_000), ("end", 612_000), ("G", 612_000)],
)  # fmt: skip
async def test_moving_in_the_ladder_selects_a_price(key: str, price: int) -> None:
    async with desk() as it:
        await it.press(key)
        assert it.screen.ladder.cursor == price
        assert f"▸{price // 1000:03}".replace("▸", "▸.") in it.shows("ladder")


async def test_rows_stay_under_the_cursor_while_the_market_moves() -> None:
    async with desk() as it:
        await it.press("down")
        before = [line[20:40].find(".612") for line in it.screen.ladder.text_lines()]
        it.source.move_mid("1001", 3)
        await settle(it.pilot)
        assert [line[20:40].find(".612") for line in it.screen.ladder.text_lines()] == before
        assert it.screen.ladder.cursor == 612_000


async def test_the_ladder_centres_when_the_touch_leaves_it() -> None:
    async with desk() as it:
        it.source.move_mid("1001", 60)
        await settle(it.pilot)
        assert ".673" in it.shows("ladder")


async def test_a_selection_that_leaves_the_ladder_is_dropped() -> None:
    async with desk() as it:
        await it.press("down")
        it.source.move_mid("1001", 60)
        await settle(it.pilot)
        assert it.screen.ladder.cursor is None


async def test_a_scrolled_ladder_waits_for_recentre() -> None:
    async with desk() as it:
        await it.press(*["pagedown"] * 4)
        assert ".613" not in it.shows("ladder").split("mid")[1].split("\n", 1)[1]
        it.source.move_mid("1001", 1)
        await settle(it.pilot)
        low = it.screen.ladder.cursor
        assert low is not None
        assert f".{low // 1000:03}" in it.shows("ladder")
        await it.press("c")
        assert ".614" in it.shows("ladder")
        assert it.screen.ladder.cursor is None


async def test_d_switches_to_cumulative_depth() -> None:
    async with desk() as it:
        assert "bid sum" not in it.shows("ladder")
        await it.press("d")
        assert "bid sum" in it.shows("ladder")
        await it.press("d")
        assert "bid sum" not in it.shows("ladder")


@pytest.mark.parametrize(
    ("key", "pane"),
    [("tab", "tape"), ("l", "tape"), ("right", "tape"), ("shift+tab", "watchlist"),
     ("h", "watchlist"), ("left", "watchlist"), ("w", "watchlist"), ("t", "tape"), ("f", "feed"),
     ("v", "chart"), ("i", "positions")],
)  # fmt: skip
async def test_keys_go_to_panes(key: str, pane: str) -> None:
    async with desk() as it:
        await it.press(key)
        assert it.focus == pane
        assert it.shows(pane).startswith("┏")
        await it.press("a")
        assert it.focus == "ladder"


async def test_tab_goes_round_every_pane() -> None:
    async with desk() as it:
        seen = []
        for _ in range(6):
            await it.press("tab")
            seen.append(it.focus)
        assert seen == ["tape", "feed", "positions", "chart", "watchlist", "ladder"]


@pytest.mark.parametrize(("key", "pane"), [("w", "watchlist"), ("t", "tape"), ("v", "chart")])
async def test_a_small_terminal_shows_the_pane_asked_for(key: str, pane: str) -> None:
    async with desk((80, 24)) as it:
        widget = getattr(it.screen, pane)
        assert not widget.is_on_screen
        await it.press(key)
        assert widget.is_on_screen
        assert not it.screen.feed.is_on_screen
        assert it.focus == pane
        assert widget.text_lines()[0].startswith("┏")
        await it.press("f")
        assert it.screen.feed.is_on_screen
        assert not widget.is_on_screen


async def test_enter_on_the_watchlist_opens_the_outcome() -> None:
    async with desk() as it:
        await it.press("w", "j", "j", "enter")
        assert it.screen.token == "2001"
        assert "Total goals over 6.5" in it.shows("ladder")
        assert "Over" in it.shows("chart")


@pytest.mark.parametrize("pane", ["t", "f", "i"])
async def test_enter_on_other_lists_opens_their_outcome(pane: str) -> None:
    async with desk() as it:
        await it.press("m", pane, "end")
        chosen = it.screen.focused.selected.token_id  # type: ignore[union-attr]
        await it.press("enter")
        assert it.screen.token == chosen


async def test_y_switches_to_the_other_outcome_and_back() -> None:
    async with desk() as it:
        await it.press("y")
        assert it.screen.token == "1002"
        assert "Golden Knights ·" in it.shows("ladder")
        await it.press("y")
        assert it.screen.token == "1001"


async def test_o_shows_the_orders() -> None:
    async with desk() as it:
        await it.press("o")
        assert it.pilot.app.current_mode == "orders"


async def test_plus_and_minus_filter_the_tape() -> None:
    async with desk() as it:
        assert "all sizes" in it.shows("tape")
        await it.press(*["plus"] * 4)
        assert "≥ 500" in it.shows("tape")
        sizes = [row.size for row in it.screen.tape.items]
        assert sizes
        assert min(sizes) >= 500 * MICROS
        await it.press(*["minus"] * 9)
        assert "all sizes" in it.shows("tape")
        await it.press("equals_sign")
        assert "≥ 10" in it.shows("tape")


async def test_m_shows_trades_of_all_watched_markets() -> None:
    async with desk() as it:
        assert {row.token_id for row in it.screen.tape.items} == {"1001", "1002"}
        await it.press("m")
        assert len({row.token_id for row in it.screen.tape.items}) > 2
        assert "all watched" in it.shows("tape")


async def test_brackets_change_the_chart_interval() -> None:
    async with desk() as it:
        assert "Hurricanes 1 m" in it.shows("chart")
        await it.press("right_square_bracket")
        assert "Hurricanes 5 m" in it.shows("chart")
        await it.press("left_square_bracket", "left_square_bracket")
        assert "Hurricanes 10 s" in it.shows("chart")


async def test_p_halts_and_resumes_trading() -> None:
    async with desk() as it:
        await it.press("p")
        await it.press("p")
        assert it.source.submitted == [
            SetTradingState(TradingState.HALTED),
            SetTradingState(TradingState.ACTIVE),
        ]


async def test_kill_needs_a_second_key_that_is_not_enter() -> None:
    async with desk() as it:
        await it.press("K", "enter", "K")
        assert it.source.submitted == []
        await it.press("escape")
        assert it.source.submitted == []
        await it.press("K", "y")
        assert it.source.submitted == [Kill("by hand")]
        assert "KILLED" in it.shows("status")


@pytest.mark.parametrize("size", [(20, 5), (79, 40)])
async def test_f133_the_kill_key_works_and_is_named_in_any_terminal(size: tuple[int, int]) -> None:
    async with desk() as it:
        await it.pilot.resize_terminal(*size)
        await settle(it.pilot)
        words = it.pilot.app.screen.query_one("#sentence", Static).render()
        assert "K to kill" in str(words)
        await it.press("K", "enter")
        assert it.source.submitted == []
        await it.press("y")
        assert it.source.submitted == [Kill("by hand")]


async def test_release_needs_the_typed_word() -> None:
    async with desk() as it:
        await it.press("R")
        assert isinstance(it.pilot.app.screen, DeskScreen)
        await it.press("K", "y", "R", *"release", "enter")
        assert it.source.submitted == [Kill("by hand")]
        await it.press("escape", "R", *"RELEASE", "enter")
        assert it.source.submitted[-1] == ReleaseKill("RELEASE")
        assert "KILLED" not in it.shows("status")


async def test_x_cancels_the_order_under_the_cursor() -> None:
    async with desk() as it:
        await it.press("x")
        await it.press("i", "end", "x")
        assert it.source.submitted == []
        await it.press("home", "down", "x")
        assert it.source.submitted == [CancelByUser(list(it.source.orders)[1])]
        assert "open orders 1" in it.shows("positions")


@pytest.mark.parametrize(
    ("key", "side", "size"), [("s", Side.SELL, 300 * MICROS), ("b", Side.BUY, 10 * MICROS)]
)
async def test_a_ticket_from_positions_is_for_that_position_at_its_bid(
    key: str, side: Side, size: int
) -> None:
    async with desk() as it:
        await it.press("i", "end", key, "ctrl+s")
        (order,) = it.source.submitted
        assert isinstance(order, PlaceOrder)
        assert (order.token_id, order.side, order.size) == (TokenId("3001"), side, size)
        assert order.price == max(it.source.books[TokenId("3001")].bids)
        await it.press("a", "s", "ctrl+s")
        later = it.source.submitted[-1]
        assert isinstance(later, PlaceOrder)
        assert later.size == 10 * MICROS


async def test_a_release_says_that_a_pause_stays() -> None:
    async with desk() as it:
        await it.press("p", "K", "y", "R", *"RELEASE", "enter")
        assert "p resumes" in [notice.message for notice in it.pilot.app._notifications][-1]


async def test_x_cancels_our_orders_at_the_selected_price() -> None:
    async with desk() as it:
        await it.press("down", "x")
        assert it.source.submitted == [CancelByUser(next(iter(it.source.orders)))]


async def test_cancel_all_asks_first() -> None:
    async with desk() as it:
        await it.press("X", "enter", "n")
        assert it.source.submitted == []
        await it.press("X", "y")
        assert it.source.submitted == [CancelAll()]
        await it.press("X")
        assert isinstance(it.pilot.app.screen, DeskScreen)


@pytest.mark.parametrize(
    ("key", "side", "price"), [("b", Side.BUY, 612_000), ("s", Side.SELL, 614_000)]
)
async def test_a_ticket_without_selection_starts_at_its_own_touch(
    key: str, side: Side, price: int
) -> None:
    async with desk() as it:
        await it.press(key, *"40", "ctrl+s")
        assert len(it.source.submitted) == 1
        order = it.source.submitted[0]
        assert isinstance(order, PlaceOrder)
        assert (order.token_id, order.side, order.price) == (TokenId("1001"), side, price)
        assert order.size == 40 * MICROS
        assert order.time_in_force == "GTC"
        assert order.ref


async def test_a_ticket_takes_the_selected_price_and_shows_our_order_then() -> None:
    async with desk() as it:
        await it.press("end", "j", "j", "b", *"25", "f9")
        order = it.source.submitted[0]
        assert isinstance(order, PlaceOrder)
        assert order.price == 610_000
        row = next(line for line in it.screen.ladder.text_lines() if ".610" in line)
        assert "25" in row


async def test_enter_alone_never_sends() -> None:
    async with desk() as it:
        await it.press("b", *"40", "enter", "enter", "space", "y")
        assert it.source.submitted == []
        await it.press("escape", "enter")
        assert it.source.submitted == []


async def test_one_ticket_is_one_order_and_tickets_differ() -> None:
    async with desk() as it:
        await it.press("b", *"40", "ctrl+s", "ctrl+s", "ctrl+s")
        assert len(it.source.submitted) == 1
        await it.press("b", "ctrl+s")
        first, second = it.source.submitted
        assert isinstance(first, PlaceOrder)
        assert isinstance(second, PlaceOrder)
        assert first.ref != second.ref
        assert second.size == 40 * MICROS


async def test_a_ticket_without_size_is_not_sent() -> None:
    async with desk() as it:
        await it.press("b", "backspace", "ctrl+s")
        assert it.source.submitted == []
        assert "type a size" in ticket(it)
        await it.press(*"abc-+")
        assert it.pilot.app.screen.query_one(Input).value == ""


def ticket(it: Desk) -> str:
    screen = it.pilot.app.screen
    assert isinstance(screen, OrderTicket)
    return "\n".join(screen.preview.text_lines())


async def test_the_ticket_says_what_fills_what_rests_and_what_it_costs() -> None:
    async with desk() as it:
        it.source.set_level("1001", 614_000, 30 * MICROS)
        await it.press("home", "b", *"40")
        text = ticket(it)
        assert "DEMO" in text
        assert "fills in part, rest rests: 30 @ .6140 average" in text
        assert "10 @ .614, first in the queue" in text
        assert "24.56 at most" in text
        await it.press("ctrl+t", "ctrl+t")
        assert "rest canceled" in ticket(it)


async def test_the_ticket_follows_the_book_while_it_is_open() -> None:
    async with desk() as it:
        await it.press("home", "b")
        assert "fills now" in ticket(it)
        it.source.move_mid("1001", 5)
        await settle(it.pilot)
        assert "now     rests" in ticket(it)
        assert "ask .619" in ticket(it)


async def test_arrows_move_the_limit_price() -> None:
    async with desk() as it:
        await it.press("b", "up", "up", "down", "ctrl+s")
        order = it.source.submitted[0]
        assert isinstance(order, PlaceOrder)
        assert order.price == 613_000


async def test_post_only_is_sent_as_such() -> None:
    async with desk() as it:
        await it.press("b", "ctrl+t", "ctrl+o", "ctrl+s")
        order = it.source.submitted[0]
        assert isinstance(order, PlaceOrder)
        assert order.post_only
        assert order.time_in_force == "GTC"


async def test_an_order_that_ends_by_itself_says_and_sends_how_long_it_lasts() -> None:
    async with desk() as it:
        it.source.set_level("1001", 614_000, 30 * MICROS)
        await it.press("home", "b", *"40", "ctrl+l")
        assert "10 @ .614, first in the queue, for 5 min" in ticket(it)
        assert "GTD 5 min" in ticket(it)
        await it.press("ctrl+l", "ctrl+l", "ctrl+o")
        assert "GTD 1 h  Ctrl+L how long   post only on" in ticket(it)
        await it.press("ctrl+s")
        order = it.source.submitted[0]
        assert isinstance(order, PlaceOrder)
        assert (order.time_in_force, order.lasts_s, order.post_only) == ("GTD", 3_600, True)


async def test_an_order_without_an_end_says_nothing_of_one() -> None:
    async with desk() as it:
        await it.press("b", "ctrl+l", "ctrl+t", "ctrl+s")
        order = it.source.submitted[0]
        assert isinstance(order, PlaceOrder)
        assert (order.time_in_force, order.lasts_s) == ("GTC", 0)


async def test_a_stale_book_must_be_accepted() -> None:
    async with desk() as it:
        it.source.books[TokenId("1001")].stale = True
        await it.press("b", "ctrl+s")
        assert it.source.submitted == []
        assert "STALE" in ticket(it)
        await it.press("ctrl+b", "ctrl+s")
        order = it.source.submitted[0]
        assert isinstance(order, PlaceOrder)
        assert order.confirmed


@pytest.mark.parametrize("state", ["halted", "killed"])
async def test_no_ticket_is_sent_while_trading_is_stopped(state: str) -> None:
    async with desk() as it:
        it.source.state = TradingState.HALTED
        it.source.killed = state == "killed"
        await it.press("b", "ctrl+s")
        assert it.source.submitted == []
        assert ("KILLED" if state == "killed" else "HALTED") in ticket(it)


async def test_a_mouse_click_selects_a_price_and_a_row() -> None:
    async with desk() as it:
        await it.pilot.click("#ladder", offset=(10, 8))
        await settle(it.pilot)
        line = it.screen.ladder.text_lines()[8]
        assert "▸" in line
        await it.pilot.click("#watchlist", offset=(5, 5))
        assert it.screen.watchlist.cursor == 1
        await it.pilot.double_click("#watchlist", offset=(5, 6))
        await settle(it.pilot)
        assert it.screen.token == "2001"


def test_every_key_of_the_desk_is_pressed_in_this_file() -> None:
    with open(__file__, encoding="utf-8") as file:
        text = file.read()
    missing = [key for spec in DESK_COMMANDS for key in spec.key_list if f'"{key}"' not in text]
    assert missing == []
