"""The one timer: who is asked when, and what is skipped."""

from __future__ import annotations

import pytest
from tests.ui.fake_source import FakeSource
from textual.app import App, ComposeResult
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from polydesk.ui.refresh import (
    MAX_BACKLOG,
    RefreshDriver,
    is_visible,
    terminal_backlog,
)
from polydesk.views.source import DeskSource


class Counter(Widget):
    """Counts how often it is asked."""

    polls = 0

    def poll(self, source: DeskSource) -> bool:
        self.polls += 1
        return True


class CountersApp(App[None]):
    """Counters that are asked on every first, second and third tick."""

    def __init__(self) -> None:
        super().__init__()
        self.source = FakeSource()
        self.backlog = 0
        self.now = 0
        self.driver = RefreshDriver(lambda: self.source, self._clock, lambda: self.backlog)
        self.counters = [Counter() for _ in range(3)]

    def _clock(self) -> int:
        self.now += 500_000
        return self.now

    def compose(self) -> ComposeResult:
        yield from self.counters

    def on_mount(self) -> None:
        for every, counter in enumerate(self.counters, start=1):
            self.driver.register(counter, every)


async def test_each_pane_is_asked_in_its_own_rhythm() -> None:
    app = CountersApp()
    async with app.run_test():
        for _ in range(12):
            app.driver.tick()
        assert [counter.polls for counter in app.counters] == [12, 6, 4]


async def test_panes_of_one_rhythm_take_turns() -> None:
    app = CountersApp()
    async with app.run_test() as pilot:
        first, second = Counter(), Counter()
        await app.mount(first, second)
        await pilot.pause()
        for counter in app.counters:
            app.driver.unregister(counter)
        app.driver.register(first, 2)
        app.driver.register(second, 2)
        app.driver.tick()
        assert sorted([first.polls, second.polls]) == [0, 1]
        app.driver.tick()
        assert (first.polls, second.polls) == (1, 1)


async def test_registering_twice_asks_once() -> None:
    app = CountersApp()
    async with app.run_test():
        app.driver.register(app.counters[0])
        app.driver.tick()
        assert app.counters[0].polls == 1


async def test_a_slow_terminal_skips_ticks() -> None:
    app = CountersApp()
    async with app.run_test():
        app.backlog = MAX_BACKLOG + 1
        app.driver.tick()
        app.backlog = MAX_BACKLOG
        app.driver.tick()
        assert app.counters[0].polls == 1
        assert app.driver.paint_times().skipped == 1


async def test_hidden_panes_are_not_asked() -> None:
    app = CountersApp()
    async with app.run_test() as pilot:
        app.counters[0].display = False
        await pilot.pause()
        app.driver.tick()
        app.driver.poll_all()
        assert app.counters[0].polls == 0


async def test_a_dialog_lets_the_screen_below_live_and_a_screen_does_not() -> None:
    app = CountersApp()
    async with app.run_test() as pilot:
        await app.push_screen(ModalScreen())
        await pilot.pause()
        assert is_visible(app.counters[0])
        app.pop_screen()
        await app.push_screen(Screen())
        await pilot.pause()
        assert not is_visible(app.counters[0])


async def test_removed_panes_are_not_asked() -> None:
    app = CountersApp()
    async with app.run_test():
        await app.counters[0].remove()
        app.driver.tick()
        assert app.counters[0].polls == 0


async def test_costs_are_measured_in_microseconds() -> None:
    app = CountersApp()
    async with app.run_test():
        assert app.driver.paint_times().ticks == 0
        app.driver.tick()
        times = app.driver.paint_times()
        assert (times.ticks, times.p50_us, times.p99_us, times.max_us) == (1, 500, 500, 500)


async def test_the_timer_starts_once_and_stops() -> None:
    app = CountersApp()
    async with app.run_test() as pilot:
        app.driver.start(app, fps=1000)
        app.driver.start(app, fps=1000)
        while app.counters[0].polls < 3:
            await pilot.pause()
        app.driver.stop()
        await pilot.pause()
        polls = app.counters[0].polls
        await pilot.pause()
        assert app.counters[0].polls == polls
        assert terminal_backlog(app)() == 0


async def test_a_widget_without_poll_is_refused() -> None:
    app = CountersApp()
    async with app.run_test():
        with pytest.raises(TypeError, match="Widget has no poll"):
            app.driver.register(Widget())
