"""A list with columns: what Markets, Feed, Portfolio and Health show their rows in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from polydesk.ui.commands import to_bindings
from polydesk.ui.format import fit, fit_ends
from polydesk.ui.list_commands import LIST_COMMANDS
from polydesk.ui.screens.base import desk_app
from polydesk.ui.widgets.inks import TEXT, component_classes
from polydesk.ui.widgets.line import Cell, LineWidget, Row
from polydesk.ui.widgets.listing import ListPane
from polydesk.views.source import DeskSource

Item = TypeVar("Item")
TABLE_INKS = component_classes(
    (
        "bid", "ask", "buy", "sell", "pnl-up", "pnl-down", "stale", "own-order", "fill", "copied",
        "skipped", "waiting", "muted", "heading",
    ),
    ("cursor", "panel"),
)  # fmt: skip
"""What rows and facts are drawn with."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    title: str
    width: int
    """Cells, at least."""
    align: str = "left"
    grow: int = 0
    """Share of the spare width."""
    need: int = 0
    """Shown only when the table is at least this many cells wide."""
    both_ends: bool = False
    """Whether a long text is cut in the middle: titles of one event differ at their ends."""

    def fit(self, text: str, room: int) -> str:
        """Return the text on exactly ``room`` cells."""
        return fit_ends(text, room) if self.both_ends else fit(text, room, self.align)


def layout_columns(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    """Return (column index, cells) of the columns shown in ``width`` cells.

    One cell is kept free before each column; spare cells go to the columns that grow.
    """
    shown = [i for i, column in enumerate(columns) if width >= column.need]
    spare = max(0, width - sum(columns[i].width + 1 for i in shown))
    total = sum(columns[i].grow for i in shown)
    return [
        (i, columns[i].width + (spare * columns[i].grow // total if total else 0)) for i in shown
    ]


def table_line(
    columns: Sequence[Column], cells: Sequence[Cell], width: int, mark: str = " ", ground: str = ""
) -> list[Cell]:
    """Return the cells of one line, each fitted to its column, on one ground."""
    on = f" on {ground}" if ground else ""
    line: list[Cell] = []
    for index, room in layout_columns(columns, width):
        text, ink = cells[index]
        line.append((mark, f"{TEXT}{on}"))
        line.append((columns[index].fit(text, room), f"{ink}{on}"))
        mark = " "
    line.append(("", f"{TEXT}{on}"))
    return line


class Table(ListPane[Item]):
    """Rows under a header line, with a cursor that stays on its row."""

    COMPONENT_CLASSES: ClassVar[set[str]] = TABLE_INKS
    BINDINGS: ClassVar[list[BindingType]] = list(to_bindings(LIST_COMMANDS))
    DEFAULT_CSS = "Table { width: 1fr; height: 1fr; }"
    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    EMPTY: ClassVar[str] = "Nothing here yet."
    EVERY: ClassVar[int] = 5
    """Ticks between two looks at the source."""

    class _About(Message):
        """Something about one table."""

        def __init__(self, table: Table[object]) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> Table[object]:
            """The table."""
            return self.table

    class Moved(_About):
        """Another row is under the cursor, or its content changed; a later one supersedes."""

        def can_replace(self, message: Message) -> bool:
            """Only the newest state of a table counts."""
            return isinstance(message, Table.Moved) and message.table is self.table

    class Chosen(_About):
        """A row was opened with Enter or a double click."""

    def cells_of(self, item: Item) -> Sequence[Cell]:
        """Return one cell a column: text and ink."""
        raise NotImplementedError

    # life

    def on_mount(self) -> None:
        """Follow the source."""
        desk_app(self).driver.register(self, self.EVERY)

    def on_unmount(self) -> None:
        """Stop following."""
        desk_app(self).driver.unregister(self)

    # rows

    def header_rows(self, width: int) -> Sequence[Row]:
        """Return the line of column titles."""
        return [("head",)]

    def empty_row(self) -> Row:
        """Return the sentence for a table without rows."""
        return ("empty", self.EMPTY)

    def item_rows(self, item: Item, width: int, *, selected: bool) -> Sequence[Row]:
        """Return the one raw row of an item; the cursor shows also without focus."""
        current = bool(self.items) and item is self.items[self.cursor]
        return [("item", item, current, self.has_focus)]

    def draw(self, row: Row, width: int) -> list[Cell]:
        """Return the cells of a row."""
        if row[0] == "head":
            titles = [(column.title, "muted") for column in self.COLUMNS]
            return table_line(self.COLUMNS, titles, width)
        if row[0] == "empty":
            return [(f" {row[1]}", "muted")]
        _, item, current, focused = row[:4]
        ground = ("cursor" if focused else "panel") if current else ""
        cells = self.cells_of(item)  # type: ignore[arg-type]
        return table_line(self.COLUMNS, cells, width, "▸" if current else " ", ground)

    def set_items(self, items: Sequence[Item]) -> bool:
        """Show new items; tell when the row under the cursor is another or changed."""
        before = self.selected
        changed = super().set_items(items)
        if self.selected != before:
            self.post_message(self.Moved(self))  # type: ignore[arg-type]
        return changed

    def place(self) -> str:
        """Return the cursor's place in words."""
        return f"{self.cursor + 1} of {len(self.items)}" if self.items else "none"

    # moving

    def move_cursor(self, steps: int) -> None:
        """Move the cursor and tell."""
        before = self.cursor
        super().move_cursor(steps)
        if self.cursor != before:
            self.post_message(self.Moved(self))  # type: ignore[arg-type]

    def action_move(self, steps: int) -> None:
        """Move by items."""
        self.move_cursor(steps)

    def action_page(self, pages: int) -> None:
        """Move by whole pages."""
        self.move_cursor(pages * max(1, self.page - 1))

    def action_first(self) -> None:
        """Go to the first row."""
        self.move_cursor(-len(self.items))

    def action_last(self) -> None:
        """Go to the last row."""
        self.move_cursor(len(self.items))

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self.items:
            self.post_message(self.Chosen(self))  # type: ignore[arg-type]

    def on_click(self, event: events.Click) -> None:
        """Open the row on a double click."""
        if event.chain == 2 and self.item_at(event.y) is not None:
            self.action_choose()


Fact = tuple[str, str, str]
"""(label, value, ink of the value)."""


class FactsPane(LineWidget, can_focus=False):
    """A framed pane of short facts that ``look`` takes from the source."""

    COMPONENT_CLASSES: ClassVar[set[str]] = TABLE_INKS
    DEFAULT_CSS = "FactsPane { width: 1fr; height: auto; }"
    EVERY: ClassVar[int] = 10

    def __init__(
        self,
        title: str,
        look: Callable[[DeskSource, int], Sequence[Sequence[Cell]]],
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        """Make a pane.

        Args:
            title: Our own words on the frame.
            look: Returns the lines for a width, each a list of cells.
            id: Name for style sheets.
        """
        super().__init__(id=id)
        self._title = title
        self._look = look
        self._lines: tuple[Row, ...] = ()

    def on_mount(self) -> None:
        """Follow the source."""
        desk_app(self).driver.register(self, self.EVERY)

    def on_unmount(self) -> None:
        """Stop following."""
        desk_app(self).driver.unregister(self)

    def heading(self) -> tuple[str, str]:
        """Return the title."""
        return self._title, ""

    def poll(self, source: DeskSource) -> bool:
        """Take the lines of now; the pane grows and shrinks with them."""
        return self.show(self._look(source, self.inner_width - 2))

    def show(self, lines: Sequence[Sequence[Cell]]) -> bool:
        """Show lines; return whether any differs."""
        rows = tuple(tuple(line) for line in lines)
        if len(rows) != len(self._lines):
            self._lines = rows
            self.refresh(layout=True)
        self._lines = rows
        return self.update_lines()

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Ask for one line a row and the frame."""
        return len(self._lines) + 2 * self.FRAMED

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the rows as last shown."""
        return self._lines

    def draw(self, row: Row, width: int) -> list[Cell]:
        """Return a row's cells after one free cell."""
        return [(" ", TEXT), *row]  # type: ignore[list-item]


def fact_lines(facts: Sequence[Fact], width: int, label_width: int = 16) -> list[list[Cell]]:
    """Return facts one below the other; long values go on over several lines."""
    lines: list[list[Cell]] = []
    for label, value, ink in facts:
        for number, part in enumerate(wrap(value, max(1, width - label_width))):
            shown = label if number == 0 else ""
            lines.append([(fit(shown, label_width), "muted"), (part, ink or TEXT)])
    return lines


def fact_columns(
    groups: Sequence[Sequence[Fact]], width: int, label_width: int = 15
) -> list[list[Cell]]:
    """Return groups of facts side by side, each on an equal share of ``width``."""
    share = max(1, width // max(1, len(groups)))
    lines: list[list[Cell]] = []
    for number in range(max(map(len, groups), default=0)):
        line: list[Cell] = []
        for group in groups:
            label, value, ink = group[number] if number < len(group) else ("", "", "")
            line.append((fit(label, label_width), "muted"))
            line.append((fit(value, share - label_width - 1) + " ", ink or TEXT))
        lines.append(line)
    return lines


def wrap(text: str, width: int, most: int = 6) -> list[str]:
    """Return cleaned text in lines of at most ``width`` cells, at most ``most`` of them."""
    from rich.cells import cell_len

    from polydesk.ui.format import clip, plain

    lines = [""]
    for word in plain(text).split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(clip(word, width))
    kept = [line for line in lines if line] or [""]
    if len(kept) > most:
        kept = [*kept[: most - 1], clip(f"{kept[most - 1]} …", width)]
    return kept
