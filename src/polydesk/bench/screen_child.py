"""The program inside the terminal: a desk under load, or one pane repainted again and again.

Run as ``python -m polydesk.bench.screen_child <ours|tables> <load|repaint> <amount> <report>``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget

from polydesk.bench.screen_apps import (
    Board,
    MeasuredDesk,
    TableDesk,
    feed_cells,
    keys_of,
    world_ladder,
    world_tape,
)
from polydesk.bench.screen_world import World
from polydesk.runtime.interpreter import settle
from polydesk.ui.panes.feed import Feed
from polydesk.ui.panes.ladder import Ladder
from polydesk.ui.panes.tape import Tape
from polydesk.ui.refresh import FRAMES_PER_SECOND
from polydesk.ui.themes import DESK_COLOURS

RATE = 10_000
"""Events a second."""
STEP_S = 0.01
WARM_S = 0.7
"""Longest time under load before measuring begins."""
LAG_STEP_S = 0.005
PER_FRAME = RATE // FRAMES_PER_SECOND
PANES = ("ladder", "tape", "feed")


class Report:
    """The channel to the parent."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def ready(self) -> None:
        """Say that measuring begins."""
        os.write(self._fd, b"ready\n")

    def send(self, value: dict[str, Any]) -> None:
        """Send the result."""
        with os.fdopen(self._fd, "wb") as pipe:
            pipe.write(json.dumps(value).encode() + b"\n")


class Load:
    """10,000 events a second into the desk's inbox, measured for some seconds."""

    def __init__(self, world: World, seconds: float, report: Report) -> None:
        self._world = world
        self._seconds = seconds
        self._report = report
        self._lags: list[float] = []
        self._warm = min(WARM_S, seconds)
        count = int(RATE * (seconds + self._warm + 0.5))
        self._frames = world.next_frames(count)

    async def run(self, app: Callable[[], App[Any]]) -> None:
        """Work, measure, report, leave."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._world.runner.run()),
                group.create_task(self._generate()),
                group.create_task(self._note_lag()),
            ]
            await asyncio.sleep(self._warm)
            keys_of(app()).look_at(app().key_target())  # type: ignore[attr-defined]
            self._report.ready()
            self._lags.clear()
            frames, spent, began = self._mark()
            await asyncio.sleep(self._seconds)
            frames_end, spent_end, ended = self._mark()
            for task in tasks:
                task.cancel()
        wall = ended - began
        self._report.send(
            {
                "cpu_percent": 100 * (spent_end - spent) / wall,
                "events_per_second": (frames_end - frames) / wall * 1e9,
                "lags_ms": self._lags,
                "painted_ns": keys_of(app()).painted_ns,
            }
        )
        app().exit()

    def _mark(self) -> tuple[int, int, int]:
        return self._world.pipeline.frames, time.process_time_ns(), time.monotonic_ns()

    async def _generate(self) -> None:
        began, sent = time.monotonic(), 0
        put, world = self._world.runner.put, self._world
        while sent < len(self._frames):
            due = int((time.monotonic() - began) * RATE)
            for frame in self._frames[sent:due]:
                put(frame)
            if due // 1_000 > sent // 1_000:
                world.print_trade()
            if due // 5_000 > sent // 5_000:
                world.follow_trade()
            sent = max(sent, due)
            await asyncio.sleep(STEP_S)

    async def _note_lag(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(LAG_STEP_S)
            self._lags.append(max(0.0, (time.monotonic() - before - LAG_STEP_S) * 1_000))


class RepaintApp(App[object]):
    """Three panes, or three tables; one of them changes at a time."""

    CSS = "Horizontal > * { width: 1fr; }"

    def __init__(self, world: World, widgets: dict[str, Widget], times: int, to: Report) -> None:
        self._world = world
        self._widgets = widgets
        self._times = times
        self._report = to
        self._painted = asyncio.Event()
        self.polls: dict[str, Callable[[], bool]] = {}
        super().__init__()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give our panes their colours."""
        return dict(DESK_COLOURS)

    def compose(self) -> ComposeResult:
        """Show all three side by side."""
        yield Horizontal(*self._widgets.values())

    def on_mount(self) -> None:
        """Begin to measure."""
        self.run_worker(self._measure())

    def _display(self, screen: Any, renderable: Any) -> None:
        super()._display(screen, renderable)
        self._painted.set()

    async def _measure(self) -> None:
        await asyncio.sleep(0.2)
        self._report.ready()
        changes = (self._world.print_trade, self._world.follow_trade)
        steps = dict(zip(PANES, (lambda: None, *changes), strict=True))
        costs = {name: await self._repaint(name, steps[name]) for name in PANES}
        self._report.send(costs)
        self.exit()

    async def _repaint(self, name: str, change: Callable[[], None]) -> float:
        """Return the CPU microseconds of one repaint, everything it sets off included."""
        poll = self.polls[name]
        spent = painted = 0
        for number in range(self._times + 3):
            self._world.feed(PER_FRAME)
            change()
            self._painted.clear()
            began = time.thread_time_ns()
            if not poll():
                continue
            await self._painted.wait()
            await asyncio.sleep(0.004)
            if number >= 3:
                spent += time.thread_time_ns() - began
                painted += 1
        return spent / max(1, painted) / 1_000


def _panes(world: World) -> tuple[dict[str, Widget], dict[str, Callable[[], bool]]]:
    ladder, tape, feed = Ladder(id="ladder"), Tape(id="tape"), Feed(id="feed")
    ladder.token = tape.token = world.token
    panes = {"ladder": ladder, "tape": tape, "feed": feed}
    return dict(panes), {
        name: lambda pane=pane: pane.poll(world.source)  # type: ignore[misc]
        for name, pane in panes.items()
    }


def _tables(world: World) -> tuple[dict[str, Widget], dict[str, Callable[[], bool]]]:
    boards = {
        "ladder": Board("ladder", ("bid size", "price", "ask size"), world_ladder(world)),
        "tape": Board("tape", ("time", "side", "price", "size"), world_tape(world)),
        "feed": Board("feed", ("time", "leader", "side", "size", "price", "market"), feed_cells),
    }
    widgets: dict[str, Widget] = {name: board.table for name, board in boards.items()}
    return widgets, {
        name: lambda board=board: board.poll(world.source)  # type: ignore[misc]
        for name, board in boards.items()
    }


def _repaint(kind: str, world: World, times: int, report: Report) -> None:
    for _ in range(60):
        world.print_trade()
        world.follow_trade()
    widgets, polls = _panes(world) if kind == "ours" else _tables(world)
    app = RepaintApp(world, widgets, times, report)
    app.polls = polls
    app.run()


def _load(kind: str, world: World, seconds: float, report: Report) -> None:
    load = Load(world, seconds, report)
    app: App[Any] = (MeasuredDesk if kind == "ours" else TableDesk)(
        world, lambda: load.run(lambda: app)
    )
    app.run()


def main(arguments: list[str]) -> None:
    """Run what the arguments name."""
    kind, what, amount, fd = arguments
    report, world = Report(int(fd)), World()
    settle()
    if what == "load":
        _load(kind, world, float(amount), report)
    else:
        _repaint(kind, world, int(amount), report)


if __name__ == "__main__":
    main(sys.argv[1:])
