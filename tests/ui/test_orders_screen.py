"""The Orders screen and one order's detail: states in words, evidence, time, and a safe cancel."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.ui.fake_source import MICROS, SECOND, START, FakeSource
from tests.ui.live_source import MS, LiveSource
from tests.ui.shell import StillApp, running, screen_lines, screen_text, settle

from polydesk.domain.commands import CancelByUser
from polydesk.domain.fills import Settlement
from polydesk.domain.ids import ClientOrderId, TradeId
from polydesk.domain.orders import TERMINAL, OrderState
from polydesk.ui.screens.order_detail import (
    OrderDetailBox,
    fill_lines,
    order_facts,
    step_gap,
    trace_lines,
)
from polydesk.ui.screens.order_table import OrdersTable
from polydesk.ui.screens.words import STATE_HELP, is_canceling, state_word, unknown_first
from polydesk.ui.widgets.line import Cell
from polydesk.views.models import FillRow, OrderDetail, TraceLine

S = OrderState


def table(app: StillApp) -> OrdersTable:
    return app.screen.query_one(OrdersTable)


def listed(app: StillApp) -> list[str]:
    return [row.client_order_id for row in table(app).items]


def row_of(app: StillApp, name: str) -> str:
    """Return the line of an order, found by its place in the list."""
    return table(app).text_lines()[2 + listed(app).index(name)]


def text_of(lines: list[list[Cell]]) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in lines]


# the list


def test_every_state_has_its_word_and_its_meaning() -> None:
    assert set(STATE_HELP) == set(OrderState)
    source = LiveSource()
    row = next(iter(source.orders.values()))
    words = {state_word(replace(row, state=state)) for state in OrderState}
    assert len(words) == len(OrderState)
    assert "LIVE" not in words


@pytest.mark.parametrize("state", list(OrderState))
def test_only_an_open_order_whose_whereabouts_are_known_is_canceling(state: OrderState) -> None:
    asked = replace(next(iter(LiveSource().orders.values())), state=state, cancel_asked_at=START)
    assert is_canceling(asked) is (state not in TERMINAL and state is not S.UNKNOWN)
    assert not is_canceling(replace(asked, cancel_asked_at=0))


async def test_unknown_orders_come_first_and_stand_out() -> None:
    async with running("orders", LiveSource(), (160, 40)) as (app, _):
        assert listed(app)[0] == "live-5"
        assert "UNKNOWN" in row_of(app, "live-5")
        assert "looked up by its id: not found yet" in row_of(app, "live-5")
        strip = table(app).render_lines(table(app).size.region)[2]
        words = [segment for segment in strip if segment.text.strip() not in {"", "▸", "┃", "BUY"}]
        assert words
        assert all(segment.style is not None and segment.style.bold for segment in words)


def test_sorting_keeps_the_order_of_the_others() -> None:
    rows = list(LiveSource().orders.values())
    rest = [row.client_order_id for row in rows if row.state is not S.UNKNOWN]
    assert [row.client_order_id for row in unknown_first(rows)] == ["live-5", *rest]


async def test_a_line_says_state_age_filled_at_risk_origin_and_evidence() -> None:
    async with running("orders", LiveSource(), (200, 60)) as (app, _):
        line = row_of(app, "live-3")
        for words in ("PARTIAL", "1m20s", "BUY", ".612", "50", "20", "copy of kestrel", "filled:"):
            assert words in line
        assert "canceling" in row_of(app, "live-4")
        assert "made elsewhere" in row_of(app, "live-6")


async def test_ages_grow_by_themselves_and_only_their_lines_are_drawn() -> None:
    source = LiveSource()
    async with running("orders", source) as (app, pilot):
        assert " 8 s " in row_of(app, "live-5")
        source.now += 2 * SECOND
        await settle(pilot)
        assert " 10 s " in row_of(app, "live-5")
        assert not table(app).poll(source)


async def test_the_filter_lists_open_then_unknown_then_all() -> None:
    async with running("orders", LiveSource()) as (app, pilot):
        assert len(listed(app)) == 10
        await pilot.press("f")
        await settle(pilot)
        assert len(listed(app)) == 6
        await pilot.press("f")
        await settle(pilot)
        assert listed(app) == ["live-5"]
        assert "Orders: unknown" in screen_text(app)


async def test_an_empty_filter_says_which() -> None:
    async with running("orders", FakeSource()) as (app, pilot):
        await pilot.press("f", "f")
        await settle(pilot)
        assert "No order is unknown." in screen_text(app)
        assert "No order under the cursor." in screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_what_an_unknown_state_means_is_said_at_every_size(size: tuple[int, int]) -> None:
    async with running("orders", LiveSource(), size) as (app, _):
        flat = " ".join(screen_text(app).replace("│", " ").split())
        assert "its money stays reserved, and it is looked for until that is proven" in flat
        assert "Changed 01:42:51.000 UTC" in flat
        assert "Evidence looked up by its id: not found yet" in flat


# a safe cancel


async def test_x_cancels_what_is_under_the_cursor() -> None:
    source = LiveSource()
    async with running("orders", source) as (_, pilot):
        await pilot.press("down", "down", "x")
        assert source.submitted == [CancelByUser(ClientOrderId("live-2"))]


async def test_x_on_a_closed_order_sends_nothing() -> None:
    source = LiveSource()
    async with running("orders", source) as (_, pilot):
        await pilot.press("end", "x")
        assert source.submitted == []


async def test_an_order_that_came_under_the_cursor_by_itself_is_not_canceled() -> None:
    source = LiveSource()
    async with running("orders", source) as (app, pilot):
        await pilot.press("f")
        await pilot.press("down", "down")
        aimed = table(app).selected
        assert aimed is not None
        source.orders[aimed.client_order_id] = replace(aimed, state=S.MATCHED)
        source._bump("portfolio")
        await settle(pilot)
        fallen_on = table(app).selected
        assert fallen_on is not None
        assert fallen_on.client_order_id != aimed.client_order_id
        await pilot.press("x")
        assert source.submitted == []
        await pilot.press("x")
        assert source.submitted == [CancelByUser(fallen_on.client_order_id)]


async def test_a_new_order_on_top_does_not_take_an_aimed_cancel() -> None:
    source = FakeSource()
    async with running("orders", source) as (app, pilot):
        first = table(app).selected
        newest = replace(
            source.orders[ClientOrderId("order-1")], client_order_id=ClientOrderId("n")
        )
        source.orders = {ClientOrderId("n"): newest, **source.orders}
        source._bump("portfolio")
        await settle(pilot)
        assert table(app).selected == newest
        assert first != newest
        await pilot.press("x")
        assert source.submitted == []
        await pilot.press("down", "x")
        assert source.submitted == [CancelByUser(ClientOrderId("order-1"))]


async def test_moving_orders_do_not_move_the_cursor_from_its_order() -> None:
    source = LiveSource()
    async with running("orders", source) as (app, pilot):
        await pilot.press("down", "down")
        source.orders = dict(reversed(source.orders.items()))
        source._bump("portfolio")
        await settle(pilot)
        assert table(app).selected is not None
        assert table(app).selected.client_order_id == "live-2"


# the detail


def test_gaps_between_steps_are_milliseconds_with_two_decimals_while_short() -> None:
    assert step_gap(0, 50_000) == "+0.05 ms"
    assert step_gap(0, 9_999_999) == "+9.99 ms"
    assert step_gap(0, 83 * MS) == "+83 ms"
    assert step_gap(0, 2_016 * MS) == "+2.0 s"
    assert step_gap(5, 3) == "+0.00 ms"


def test_the_trace_tells_time_gap_step_and_words() -> None:
    trace = [
        TraceLine(START, "intent", "manual"),
        TraceLine(START + 300_000, "signed", "0x7c"),
        TraceLine(START + 84 * MS, "accepted", "word " * 30),
    ]
    lines = text_of(trace_lines(trace, 100))
    assert lines[1].split() == ["01:42:59.000", "intent", "manual"]
    assert lines[2].split() == ["01:42:59.000", "+0.30", "ms", "signed", "0x7c"]
    assert lines[3].split()[:4] == ["01:42:59.084", "+83", "ms", "accepted"]
    assert len(lines) > 4
    assert text_of(trace_lines([], 100))[-1] == "nothing yet"


@pytest.mark.parametrize(
    ("settlement", "words"),
    [
        (Settlement.PROVISIONAL, "PROVISIONAL: may still fail"),
        (Settlement.CONFIRMED, "CONFIRMED: money"),
        (Settlement.VOID, "VOID: failed, not money"),
    ],
)
def test_fills_say_whether_they_are_money(settlement: Settlement, words: str) -> None:
    fill = FillRow(
        START, TradeId("0xabcdef0123456789"), 612_000, 20 * MICROS, 31_200, True, settlement
    )
    (_, line) = text_of(fill_lines([fill], 100))
    assert words in line
    for part in ("01:42:59.000", "20 @ .612", "maker, fee 0.03", "0xabcd…6789"):
        assert part in line
    (narrow,) = text_of(fill_lines([fill], 76))[1:]
    assert narrow == line.rpartition("  ")[0]
    assert len(narrow) <= 76


async def open_detail(app: StillApp, pilot, name: str) -> None:  # type: ignore[no-untyped-def]
    app.push_screen(OrderDetailBox(ClientOrderId(name)))
    await settle(pilot)
    await settle(pilot)


async def test_the_detail_tells_the_whole_story() -> None:
    async with running("orders", LiveSource(), (120, 40)) as (app, pilot):
        await open_detail(app, pilot, "live-3")
        text = screen_text(app)
        for words in (
            "BUY 50 Hurricanes @ .612, GTC, copy of kestrel",
            "PARTIAL: part of it is filled, the rest is at the venue",
            "20 shares filled that may still fail", "20 of 50 at .612", "0x037c7c",
            "Changed   1m20s ago", "filled: 20 @ 612000, 2m38s ago",
            "intent", "approved", "signed", "sent", "accepted", "filled",
            "+0.05 ms", "+0.30 ms", "+83 ms", "PROVISIONAL", "CONFIRMED", "VOID",
        ):  # fmt: skip
            assert words in text, words


async def test_the_detail_follows_its_order() -> None:
    source = LiveSource()
    async with running("orders", source) as (app, pilot):
        await open_detail(app, pilot, "live-5")
        assert "UNKNOWN: it may be at the venue or not" in screen_text(app)
        source.orders[ClientOrderId("live-5")] = replace(
            source.orders[ClientOrderId("live-5")], state=S.ABANDONED, updated_at=START
        )
        await settle(pilot)
        assert "ABANDONED: proven never to have reached the venue" in screen_text(app)
        await pilot.press("x")
        assert source.submitted == []


async def test_the_detail_cancels_its_own_order_wherever_the_list_moved() -> None:
    source = LiveSource()
    async with running("orders", source) as (_, pilot):
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        source.orders = dict(reversed(source.orders.items()))
        source._bump("portfolio")
        await settle(pilot)
        await pilot.press("x")
        assert source.submitted == [CancelByUser(ClientOrderId("live-2"))]


async def test_an_order_that_left_memory_is_said_to_be_in_the_journal() -> None:
    async with running("orders", LiveSource()) as (app, pilot):
        await open_detail(app, pilot, "long-gone")
        assert "the journal has it" in screen_text(app)
        await pilot.press("x", "c")
        assert app.source.submitted == []  # type: ignore[attr-defined]
        assert app.clipboard == ""


async def test_an_order_the_venue_never_saw_has_no_id_to_copy() -> None:
    async with running("orders", LiveSource()) as (app, pilot):
        await open_detail(app, pilot, "live-9")
        assert "none yet: it was not signed" in screen_text(app)
        await pilot.press("c")
        assert app.clipboard == ""


async def test_repeating_enter_opens_one_detail_and_does_nothing_more() -> None:
    source = LiveSource()
    async with running("orders", source) as (app, pilot):
        await pilot.press(*["enter"] * 12)
        await settle(pilot)
        assert [type(screen) for screen in app.screen_stack].count(OrderDetailBox) == 1
        assert source.submitted == []


async def test_enter_on_the_portfolio_opens_the_order_that_has_the_cursor() -> None:
    async with running("portfolio", LiveSource()) as (app, pilot):
        await pilot.press("tab", "down", "enter")
        await settle(pilot)
        assert isinstance(app.screen, OrderDetailBox)


async def test_the_desk_lists_unknown_orders_first_in_words() -> None:
    async with running("desk", LiveSource()) as (app, _):
        lines = [line for line in screen_lines(app) if "@ ." in line and "│" in line]
        assert "UNKNOWN" in "\n".join(lines[:6])
        assert "canceling" in screen_text(app)


def test_a_buy_in_dollars_that_got_more_shares_is_no_overfill() -> None:
    source = LiveSource()
    row = replace(next(iter(source.orders.values())), size=30_860_000, filled=31_240_000)
    shown = OrderDetail(row, "FOK", post_only=False, trace=(), fills=())

    facts = {label: text for label, text, _ in order_facts(shown, source.now_ns())}

    assert facts["Filled"].startswith("31.24, more than the 30.86 counted on")
