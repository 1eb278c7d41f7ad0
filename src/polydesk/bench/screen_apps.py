"""Two desks with the same content: ours, and one of DataTables."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import DataTable

from polydesk.bench.screen_world import World, now_ns
from polydesk.domain.units import format_micros
from polydesk.ui.app import DeskApp
from polydesk.ui.format import clock
from polydesk.ui.refresh import FRAMES_PER_SECOND
from polydesk.ui.screens.desk import DeskScreen
from polydesk.views.source import DeskSource

Cells = list[tuple[str, ...]]
DEPTH, TRADES, DECISIONS = 14, 25, 25


class KeyWatch:
    """Notes when the effect of each key press was handed to the terminal."""

    def __init__(self) -> None:
        self.painted_ns: list[int] = []
        self._pressed = 0
        self._drawn = 0

    def pressed(self) -> None:
        """Note that a key's action ran."""
        self._pressed += 1

    def look_at(self, widget: Widget) -> None:
        """Take part whenever ``widget`` is drawn."""
        draw = widget.render_lines

        def noted(*arguments: Any) -> Any:
            self._drawn = self._pressed
            return draw(*arguments)

        setattr(widget, "render_lines", noted)  # noqa: B010 - one instance, not the class

    def displayed(self) -> None:
        """Note that what was drawn is on its way to the terminal."""
        while len(self.painted_ns) < self._drawn:
            self.painted_ns.append(now_ns())


class MeasuredDeskScreen(DeskScreen):
    """The Desk, with key presses noted."""

    CSS_PATH = str(Path(inspect.getfile(DeskScreen)).with_name("desk.tcss"))

    def action_move(self, steps: int) -> None:
        """Move the cursor and note it."""
        super().action_move(steps)
        keys_of(self.app).pressed()


class MeasuredDesk(DeskApp):
    """Our desk on its real driver."""

    CSS_PATH = Path(inspect.getfile(DeskApp)).with_name("app.tcss")
    MODES: ClassVar[dict[str, Callable[[], Screen[Any]]]] = {
        **DeskApp.MODES,
        "desk": MeasuredDeskScreen,
    }

    def __init__(self, world: World, work: Callable[[], Any]) -> None:
        self.keys = KeyWatch()
        super().__init__(world.source, on_start=work)

    def key_target(self) -> Widget:
        """Return the pane that keys move."""
        return self.screen.query_one("#ladder")

    def _display(self, screen: Any, renderable: Any) -> None:
        super()._display(screen, renderable)
        self.keys.displayed()


class TableDesk(App[object]):
    """The same desk of DataTables: each changed cell is updated, thirty times a second."""

    CSS = "Horizontal { height: 3fr; } #positions { height: 1fr; } DataTable { width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [("j", "move(1)", ""), ("k", "move(-1)", "")]

    def __init__(self, world: World, work: Callable[[], Any]) -> None:
        self.keys = KeyWatch()
        self._world = world
        self._work = work
        self.boards = [
            Board("watchlist", ("market", "outcome", "bid", "ask", "last"), watch_cells),
            Board("ladder", ("bid size", "price", "ask size"), world_ladder(world)),
            Board("tape", ("time", "side", "price", "size"), world_tape(world)),
            Board("feed", ("time", "leader", "side", "size", "price", "market"), feed_cells),
            Board("positions", ("market", "outcome", "size", "value", "result"), position_cells),
        ]
        super().__init__()

    def compose(self) -> ComposeResult:
        """Lay out the tables as the Desk lies."""
        watchlist, ladder, tape, feed, positions = (board.table for board in self.boards)
        yield Horizontal(watchlist, ladder, Vertical(tape, feed))
        yield positions

    def on_mount(self) -> None:
        """Begin to draw and to work."""
        self.set_interval(1 / FRAMES_PER_SECOND, self.poll)
        self.boards[1].table.focus()
        self.run_worker(self._work(), name="desk")

    def poll(self) -> None:
        """Bring every table up to date."""
        for board in self.boards:
            board.poll(self._world.source)

    def key_target(self) -> Widget:
        """Return the table that keys move."""
        return self.boards[1].table

    def action_move(self, steps: int) -> None:
        """Move the cursor of the ladder."""
        table = self.boards[1].table
        table.move_cursor(row=table.cursor_row + steps)
        self.keys.pressed()

    def _display(self, screen: Any, renderable: Any) -> None:
        super()._display(screen, renderable)
        self.keys.displayed()


def keys_of(app: App[Any]) -> KeyWatch:
    """Return what notes the key presses of a measured desk."""
    keys: KeyWatch = app.keys  # type: ignore[attr-defined]
    return keys


class Board:
    """A DataTable that follows the source."""

    def __init__(
        self, name: str, columns: Sequence[str], cells: Callable[[DeskSource], Cells]
    ) -> None:
        self.table: DataTable[str] = DataTable(id=name, cursor_type="row")
        self._columns = columns
        self._cells = cells
        self._shown: Cells = []

    def poll(self, source: DeskSource) -> bool:
        """Update the cells that differ; return whether any did."""
        if not self.table.columns:
            self.table.add_columns(*self._columns)
        wanted = self._cells(source)
        for row in wanted[len(self._shown) :]:
            self.table.add_row(*row)
        changed = len(wanted) > len(self._shown)
        for y, (new, old) in enumerate(zip(wanted, self._shown, strict=False)):
            for x, (text, before) in enumerate(zip(new, old, strict=True)):
                if text != before:
                    self.table.update_cell_at((y, x), text)  # type: ignore[arg-type]
                    changed = True
        self._shown = wanted
        return changed


def world_ladder(world: World) -> Callable[[DeskSource], Cells]:
    """Return what reads the shown book as cells, asks above bids."""

    def cells(source: DeskSource) -> Cells:
        view = source.book(world.token, DEPTH)
        if view is None:
            return []
        asks = [("", format_micros(p), format_micros(s)) for p, s in reversed(view.asks)]
        bids = [(format_micros(s), format_micros(p), "") for p, s in view.bids]
        blank = ("", "", "")
        return [*[blank] * (DEPTH - len(asks)), *asks, *bids, *[blank] * (DEPTH - len(bids))]

    return cells


def world_tape(world: World) -> Callable[[DeskSource], Cells]:
    """Return what reads the newest trades of the shown market as cells."""

    def cells(source: DeskSource) -> Cells:
        rows = source.tape(world.token, TRADES).rows
        return [
            (clock(row.ts), row.side.value, format_micros(row.price), format_micros(row.size))
            for row in rows
        ]

    return cells


def feed_cells(source: DeskSource) -> Cells:
    """Return the newest decisions as cells, two lines each as on the Desk."""
    found: Cells = []
    for row in source.feed(DECISIONS // 2).rows:
        found.append(
            (
                clock(row.traded_at), row.leader_name, row.side.value,
                format_micros(row.leader_size), format_micros(row.leader_price), row.title,
            )
        )  # fmt: skip
        found.append(("", row.verdict.value, row.reason, "", "", row.outcome))
    return found


def watch_cells(source: DeskSource) -> Cells:
    """Return the watchlist as cells."""
    return [
        (row.title, row.outcome, _money(row.bid), _money(row.ask), _money(row.last))
        for row in source.watchlist().rows
    ]


def position_cells(source: DeskSource) -> Cells:
    """Return the positions as cells."""
    return [
        (row.title, row.outcome, _money(row.size), _money(row.value), _money(row.unrealised))
        for row in source.portfolio().positions
    ]


def _money(value: int | None) -> str:
    return "" if value is None else format_micros(value)
