"""The one timer that draws: it asks visible panes to look at the source, spread over its ticks.

The desk never pushes into the screen. Each pane compares a version, takes a view when it moved
and repaints only the lines that differ. A tick is skipped while the terminal has not taken what
was written before, so a slow connection sees fewer frames instead of late ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from polydesk.views.source import DeskSource

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen
    from textual.timer import Timer
    from textual.widget import Widget

FRAMES_PER_SECOND = 30
"""Ticks a second; no pane is asked more often."""
MAX_BACKLOG = 2
"""Writes waiting for the terminal above which a tick is skipped."""
_KEPT_TIMES = 2_048


@runtime_checkable
class Pollable(Protocol):
    """A widget that follows the source."""

    def poll(self, source: DeskSource) -> bool:
        """Take what is new and mark the changed lines; return whether anything changed."""
        ...


class DeskApp(Protocol):
    """What panes and desk screens need of the application that hosts them."""

    source: DeskSource
    driver: RefreshDriver


@dataclass(frozen=True, slots=True)
class PaintTimes:
    """How long panes took to look and format, in microseconds, over the last ticks."""

    ticks: int
    skipped: int
    """Ticks left out because the terminal was behind."""
    p50_us: int
    p99_us: int
    max_us: int


@dataclass(slots=True)
class _Entry:
    """One registered pane: asked when ``tick % every == phase``."""

    pane: Pollable
    widget: Widget
    every: int
    phase: int


class RefreshDriver:
    """Polls registered panes from one timer and measures what that costs."""

    def __init__(
        self,
        source: Callable[[], DeskSource],
        monotonic_ns: Callable[[], int],
        backlog: Callable[[], int] = lambda: 0,
    ) -> None:
        """Make a driver; nothing runs before ``start``.

        Args:
            source: Returns the source to poll.
            monotonic_ns: A clock that only measures the cost of ticks.
            backlog: Returns how many writes wait for the terminal.
        """
        self._source = source
        self._monotonic_ns = monotonic_ns
        self._backlog = backlog
        self._entries: list[_Entry] = []
        self._times: deque[int] = deque(maxlen=_KEPT_TIMES)
        self._tick = 0
        self._skipped = 0
        self._timer: Timer | None = None

    def start(self, app: App[object], fps: int = FRAMES_PER_SECOND) -> None:
        """Begin to tick on the application's event loop."""
        if self._timer is None:
            self._timer = app.set_interval(1 / fps, self.tick, name="refresh")

    def stop(self) -> None:
        """Stop ticking; registered panes stay."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def register(self, widget: Widget, every: int = 1) -> None:
        """Poll ``widget`` on one of every ``every`` ticks while it is visible."""
        if not isinstance(widget, Pollable):
            raise TypeError(f"{type(widget).__name__} has no poll method")
        if all(entry.widget is not widget for entry in self._entries):
            phase = self._quietest_phase(every)
            self._entries.append(_Entry(widget, cast("Widget", widget), every, phase))

    def unregister(self, widget: Widget) -> None:
        """Forget a pane; unknown ones are ignored."""
        self._entries = [entry for entry in self._entries if entry.widget is not widget]

    def _quietest_phase(self, every: int) -> int:
        """Return the phase that meets the fewest panes already registered."""
        load = [
            sum((tick % entry.every) == entry.phase for entry in self._entries for tick in ticks)
            for ticks in (range(phase, phase + every * 12, every) for phase in range(every))
        ]
        return load.index(min(load))

    def tick(self) -> None:
        """Poll the panes whose turn it is."""
        self._tick += 1
        if self._backlog() > MAX_BACKLOG:
            self._skipped += 1
            return
        started = self._monotonic_ns()
        source = self._source()
        for pane in self._due():
            pane.poll(source)
        self._times.append(self._monotonic_ns() - started)

    def _due(self) -> Iterator[Pollable]:
        for entry in tuple(self._entries):
            if self._tick % entry.every == entry.phase and is_visible(entry.widget):
                yield entry.pane

    def poll_all(self) -> None:
        """Poll every visible pane now, such as after a screen is shown."""
        source = self._source()
        for entry in tuple(self._entries):
            if is_visible(entry.widget):
                entry.pane.poll(source)

    def paint_times(self) -> PaintTimes:
        """Return the cost of the last ticks."""
        ordered = sorted(self._times)
        if not ordered:
            return PaintTimes(0, self._skipped, 0, 0, 0)
        last = len(ordered) - 1
        return PaintTimes(
            ticks=len(ordered),
            skipped=self._skipped,
            p50_us=ordered[last // 2] // 1_000,
            p99_us=ordered[last * 99 // 100] // 1_000,
            max_us=ordered[last] // 1_000,
        )


def is_visible(widget: Widget) -> bool:
    """Return whether ``widget`` is displayed on the top screen or under a see-through dialog."""
    if not widget.is_attached or not widget.is_on_screen:
        return False
    return widget.screen in shown_screens(widget.app)


def shown_screens(app: App[object]) -> list[Screen[object]]:
    """Return the screens a person sees, top first: a dialog lets the one below show."""
    shown: list[Screen[object]] = []
    for screen in reversed(app.screen_stack):
        shown.append(screen)
        if not screen.is_modal:
            break
    return shown


def terminal_backlog(app: App[object]) -> Callable[[], int]:
    """Return a function that tells how many writes wait for the terminal of ``app``.

    Textual writes from a thread with a queue of its own; without one (tests, web) it is zero.
    """

    def waiting() -> int:
        writer = getattr(getattr(app, "_driver", None), "_writer_thread", None)
        queue = getattr(writer, "_queue", None)
        return queue.qsize() if queue is not None else 0

    return waiting
