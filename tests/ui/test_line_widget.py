"""Kept lines: only what changed is drawn, and the cursor stays on its item."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pytest
from rich.cells import cell_len
from tests.ui.fake_source import FakeSource
from textual.app import App, ComposeResult
from textual.geometry import Region

from polydesk.ui.themes import DESK_COLOURS
from polydesk.ui.widgets.line import Cell, LineWidget, Row, fill_cells
from polydesk.ui.widgets.listing import ListPane
from polydesk.views.source import DeskSource


class Numbers(ListPane[int]):
    """A list of numbers; remembers which lines were drawn and refreshed."""

    FOLLOWS_TOP = True

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[object] = []
        self.regions: list[Region] = []

    def poll(self, source: DeskSource) -> bool:
        return False

    def key_of(self, item: int) -> Hashable:
        return item

    def heading(self) -> tuple[str, str]:
        return "Numbers", "note"

    def item_rows(self, item: int, width: int, *, selected: bool) -> Sequence[Row]:
        return [(item, selected)]

    def draw(self, row: Row, width: int) -> list[Cell]:
        self.drawn.append(row[0])
        return [(str(row[0]), "muted on cursor" if row[1] else "muted")]

    def refresh(self, *regions: Region, **options: bool) -> Numbers:  # type: ignore[override]
        self.regions.extend(regions)
        super().refresh(*regions, **options)
        return self


class NumbersApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.pane = Numbers()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(DESK_COLOURS)

    def compose(self) -> ComposeResult:
        yield self.pane


async def test_only_changed_lines_are_formatted_and_refreshed() -> None:
    app = NumbersApp()
    async with app.run_test(size=(20, 10)):
        pane = app.pane
        pane.set_items([10, 20, 30, 40, 50])
        pane.drawn.clear()
        pane.regions.clear()
        assert pane.set_items([10, 21, 31, 40, 51])
        assert pane.drawn == [21, 31, 51]
        assert pane.regions == [Region(0, 2, 20, 2), Region(0, 5, 20, 1)]


async def test_equal_rows_draw_nothing() -> None:
    app = NumbersApp()
    async with app.run_test(size=(20, 10)):
        app.pane.set_items([1, 2])
        app.pane.drawn.clear()
        assert not app.pane.set_items([1, 2])
        assert app.pane.drawn == []


async def test_strips_are_kept_and_cropped() -> None:
    app = NumbersApp()
    async with app.run_test(size=(20, 6)):
        app.pane.set_items([1, 2])
        first = app.pane.render_lines(Region(0, 0, 20, 6))
        again = app.pane.render_lines(Region(0, 0, 20, 6))
        assert all(a is b for a, b in zip(first, again))
        part = app.pane.render_lines(Region(1, 1, 5, 2))
        assert [strip.cell_length for strip in part] == [5, 5]
        assert part[0].text.startswith("1")


async def test_a_new_size_is_drawn_at_once() -> None:
    app = NumbersApp()
    async with app.run_test(size=(20, 6)) as pilot:
        app.pane.set_items([1])
        await pilot.resize_terminal(30, 8)
        await pilot.pause()
        lines = app.pane.text_lines()
        assert len(lines) == 8
        assert {cell_len(line) for line in lines} == {30}


async def test_focus_is_visible_without_colour() -> None:
    app = NumbersApp()
    async with app.run_test(size=(20, 6)) as pilot:
        await pilot.press("tab")
        app.pane.focus()
        await pilot.pause()
        assert app.pane.text_lines()[0].startswith("┏")
        app.screen.set_focus(None)
        await pilot.pause()
        assert app.pane.text_lines()[0].startswith("┌")


async def test_a_change_of_theme_redraws_with_its_colours() -> None:
    app = NumbersApp()
    async with app.run_test(size=(20, 6)) as pilot:
        app.pane.set_items([1])
        before = app.pane.render_lines(Region(0, 0, 20, 6))[0]
        app.theme = "textual-light"
        await pilot.pause()
        after = app.pane.render_lines(Region(0, 0, 20, 6))[0]
        assert before.text == after.text
        assert list(before) != list(after)


async def test_the_cursor_stays_on_its_item_when_others_arrive_above() -> None:
    app = NumbersApp()
    async with app.run_test(size=(20, 6)):
        pane = app.pane
        pane.set_items(list(range(50, 0, -1)))
        pane.move_cursor(10)
        chosen = pane.selected
        pane.set_items(list(range(53, 0, -1)))
        assert pane.selected == chosen
        assert pane.first <= pane.cursor < pane.first + pane.page


async def test_a_cursor_on_the_newest_follows_the_newest() -> None:
    app = NumbersApp()
    async with app.run_test(size=(20, 6)):
        app.pane.set_items([2, 1])
        app.pane.set_items([3, 2, 1])
        assert app.pane.selected == 3


@pytest.mark.parametrize(("steps", "place"), [(-5, 0), (100, 9), (3, 3)])
async def test_the_cursor_stays_inside_the_list(steps: int, place: int) -> None:
    app = NumbersApp()
    async with app.run_test(size=(20, 6)):
        app.pane.set_items(list(range(10)))
        app.pane.move_cursor(steps)
        assert app.pane.cursor == place
        app.pane.set_items([])
        assert app.pane.selected is None


async def test_items_that_vanish_leave_the_cursor_in_place() -> None:
    app = NumbersApp()
    async with app.run_test(size=(20, 6)):
        app.pane.set_items([1, 2, 3])
        app.pane.move_cursor(2)
        app.pane.set_items([1])
        assert app.pane.selected == 1


@pytest.mark.parametrize(
    ("cells", "text"),
    [([("abc", "a")], "abc  "), ([("abcdefgh", "a")], "abcd…"), ([("日本語", "a")], "日本…"),
     ([("ab", "a"), ("cdefg", "b")], "abcd…"[:2] + "cd…"), ([], "     ")],
)  # fmt: skip
def test_cells_are_cut_or_padded_to_the_width(cells: list[Cell], text: str) -> None:
    filled = "".join(part for part, _ in fill_cells(cells, 5))
    assert filled == text
    assert cell_len(filled) == 5


def test_padding_keeps_the_ground_of_the_last_cell() -> None:
    assert fill_cells([("a", "bid on cursor")], 3)[-1] == ("  ", "text on cursor")


def test_a_pane_without_poll_is_refused_by_nobody_else() -> None:
    with pytest.raises(NotImplementedError):
        LineWidget().poll(FakeSource())
