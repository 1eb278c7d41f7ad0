"""The Textual application: screens on number keys, palette, help, themes and notices.

It owns no trading state. Views come from a ``DeskSource``; what the desk itself must run
(streams, engine) is handed in as ``on_start`` and lives on Textual's own event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.command import CommandPalette
from textual.content import Content
from textual.geometry import Size
from textual.reactive import var
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from polydesk.domain.commands import Watch
from polydesk.domain.ids import TokenId
from polydesk.domain.orders import TERMINAL
from polydesk.ui.app_commands import APP_COMMANDS
from polydesk.ui.commands import Scope, to_bindings
from polydesk.ui.format import plain
from polydesk.ui.keymap import check_keymap
from polydesk.ui.refresh import RefreshDriver, shown_screens, terminal_backlog
from polydesk.ui.screens.dialogs import Question, TooSmall, fits
from polydesk.ui.themes import DEFAULT_THEME, DESK_COLOURS, ThemeShelf
from polydesk.ui.titlebar import TitleBar
from polydesk.views.models import Mode
from polydesk.views.source import DeskSource

if TYPE_CHECKING:
    from polydesk.ui.screens.recovery import RecoveryWatch

SLOW_TICK_S = 0.25
"""How often title line and notices are looked at."""
THEME_TICK_S = 1.0
"""How often theme files are compared with the disk."""
_SEVERITIES = ("information", "warning", "error")


def _desk() -> Screen[Any]:
    from polydesk.ui.screens.desk import DeskScreen

    return DeskScreen()


def _markets() -> Screen[Any]:
    from polydesk.ui.screens.markets import MarketsScreen

    return MarketsScreen()


def _feed() -> Screen[Any]:
    from polydesk.ui.screens.feed import FeedScreen

    return FeedScreen()


def _portfolio() -> Screen[Any]:
    from polydesk.ui.screens.portfolio import PortfolioScreen

    return PortfolioScreen()


def _orders() -> Screen[Any]:
    from polydesk.ui.screens.orders import OrdersScreen

    return OrdersScreen()


def _health() -> Screen[Any]:
    from polydesk.ui.screens.health import HealthScreen

    return HealthScreen()


def _palette() -> type[Any]:
    from polydesk.ui.palette import DeskCommands

    return DeskCommands


class DeskApp(App[object], inherit_bindings=False):
    """The desk on a terminal."""

    TITLE = "polydesk"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[Any]] = {_palette}
    BINDINGS: ClassVar[list[BindingType]] = list(to_bindings(APP_COMMANDS))
    MODES: ClassVar[dict[str, Callable[[], Screen[Any]]]] = {  # type: ignore[assignment]
        "desk": _desk,
        "markets": _markets,
        "feed": _feed,
        "portfolio": _portfolio,
        "orders": _orders,
        "health": _health,
    }
    DEFAULT_MODE = "desk"

    selected_token: var[TokenId | None] = var(None)
    """The outcome the Desk shows; set by ``open_market``."""

    def __init__(
        self,
        source: DeskSource,
        *,
        theme: str = DEFAULT_THEME,
        theme_dirs: Sequence[Path] = (),
        keymap: Mapping[str, str] | None = None,
        on_start: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Make the application; nothing runs before ``run``.

        Args:
            source: Views out, commands in.
            theme: Name of the theme to start with; an unknown one falls back to the default.
            theme_dirs: Folders with the user's own theme files, watched while running.
            keymap: Command id to keys, separated by commas.
            on_start: What to run on the event loop until the desk is left.

        Raises:
            ConfigError: The keymap is wrong.
        """
        self.source = source
        self.user_keymap = dict(keymap or {})
        self.themes = ThemeShelf(theme_dirs)
        self.failure: BaseException | None = None
        """Why ``on_start`` ended with an error, for the caller to report."""
        self._wanted_theme = theme
        self._theme_problems: list[str] = []
        self._on_start = on_start
        self._last_notice = 0
        self._recovery: RecoveryWatch | None = None
        super().__init__()
        self.driver = RefreshDriver(lambda: self.source, self._monotonic_ns, terminal_backlog(self))
        if self.user_keymap:
            from polydesk.ui.registry import ALL_COMMANDS

            check_keymap(self.user_keymap, ALL_COMMANDS)
            self.set_keymap(self.user_keymap)

    @staticmethod
    def _monotonic_ns() -> int:
        """Return the event loop's own clock; it only measures the cost of drawing."""
        return int(asyncio.get_running_loop().time() * 1e9)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give style sheets every desk colour, also under a theme that lacks one."""
        return dict(DESK_COLOURS)

    # Life

    def on_load(self) -> None:
        """Choose mode and theme before anything is styled, so that nothing is styled twice."""
        self._show_mode(self.source.health().mode)
        self._theme_problems = self._take_themes()
        names = [file.theme.name for file in self.themes.all()]
        self.theme = self._wanted_theme if self._wanted_theme in names else DEFAULT_THEME

    def on_mount(self) -> None:
        """Start the one timer and what the desk runs."""
        for problem in self._theme_problems:
            self.say(problem, "error")
        self.driver.start(self)
        self.set_interval(SLOW_TICK_S, self.slow_tick, name="slow")
        self.set_interval(THEME_TICK_S, self.check_themes, name="themes")
        if self._on_start is not None:
            self.run_worker(self._run_desk(), name="desk", group="desk", exit_on_error=False)

    async def _run_desk(self) -> None:
        assert self._on_start is not None
        await self._on_start()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Leave when what the desk runs has died: a screen without a desk would lie."""
        if event.worker.name == "desk" and event.state is WorkerState.ERROR:
            self.failure = event.worker.error
            self.exit(return_code=1)

    async def on_unmount(self) -> None:
        """Stop drawing and wait until what the desk runs has put itself away."""
        self.driver.stop()
        for worker in [w for w in self.workers if w.name == "desk" and w.is_running]:
            worker.cancel()
            await asyncio.gather(worker.wait(), return_exceptions=True)

    # Ticks

    def slow_tick(self) -> None:
        """Bring the title line up to date and show new notices; nothing while closing."""
        if not self.screen_stack:
            return
        health = self.source.health()
        self._show_mode(health.mode)
        for screen in shown_screens(self):
            for bar in screen.query(TitleBar):
                bar.show(health)
        self.show_notices()
        if health.mode is Mode.LIVE:
            self._watch_recovery()

    def _watch_recovery(self) -> None:
        """Let what the start of a live session found show itself."""
        if self._recovery is None:
            from polydesk.ui.screens.recovery import RecoveryWatch

            self._recovery = RecoveryWatch()
        self._recovery.look(self)

    def _show_mode(self, shown: Mode) -> None:
        """Give style sheets the mode as a class of the application."""
        for mode in Mode:
            self.set_class(mode is shown, f"-mode-{mode.value}")

    def show_notices(self) -> None:
        """Show what the desk has to say; the text is inert."""
        for notice in self.source.notices(self._last_notice):
            self._last_notice = max(self._last_notice, notice.ts)
            severity = notice.severity if notice.severity in _SEVERITIES else "warning"
            self.say(notice.text, severity)

    def say(self, text: str, severity: str = "information") -> None:
        """Show one cleaned sentence for a moment; never read as markup."""
        self.notify(plain(text), severity=severity, markup=False)  # type: ignore[arg-type]

    def check_themes(self) -> None:
        """Take theme files that changed on disk; a wrong one keeps its last good state."""
        before = self.available_themes.get(self.theme)
        for problem in self._take_themes():
            self.say(problem, "error")
        if self.available_themes.get(self.theme) is not before:
            self._watch_theme(self.theme)

    def _take_themes(self) -> list[str]:
        """Register new and changed themes; return what is wrong with others."""
        changed, problems = self.themes.check()
        for file in changed:
            self.register_theme(file.theme)
        return problems

    # Screens

    def on_resize(self, event: events.Resize) -> None:
        """Cover the screen with one sentence while the terminal is too small."""
        self._cover(event.size)

    def _cover(self, size: Size) -> None:
        covers = [screen for screen in self.screen_stack if isinstance(screen, TooSmall)]
        if not covers and not fits(*size):
            self.push_screen(TooSmall(size))
        elif covers and not fits(*size):
            covers[0].tell(size)
        elif covers and covers[0] is self.screen:
            self.pop_screen()

    def action_show(self, mode: str) -> None:
        """Show one of the screens."""
        self.switch_mode(mode)
        self.call_after_refresh(self.slow_tick)
        self.call_after_refresh(self.driver.poll_all)

    def open_market(self, token_id: TokenId) -> None:
        """Show an outcome on the Desk; subscribe its book when none is held."""
        if self.source.book_version(token_id) < 0:
            self.source.submit(Watch((token_id,), on=True))
        self.selected_token = token_id
        self.action_show("desk")

    def action_help(self) -> None:
        """Show the keys of the screen."""
        from polydesk.ui.help import HelpScreen

        self.push_screen(HelpScreen(Scope(self.current_mode)))

    def action_recovery(self) -> None:
        """Show what the start of a live session found."""
        from polydesk.ui.screens.recovery import show_recovery

        show_recovery(self)

    def action_command_palette(self) -> None:
        """Show the palette."""
        if not CommandPalette.is_open(self):
            self.push_screen(CommandPalette(placeholder="A command, or words of a market's title"))

    def action_cycle_theme(self) -> None:
        """Switch to the next theme."""
        names = [file.theme.name for file in self.themes.all()]
        place = names.index(self.theme) if self.theme in names else -1
        self.action_use_theme(names[(place + 1) % len(names)])

    def action_use_theme(self, name: str) -> None:
        """Switch to a theme by name."""
        self.theme = name
        titles = {file.theme.name: file.title for file in self.themes.all()}
        self.say(f"Theme: {titles.get(name, name)}.")

    # Safety

    def action_kill(self) -> None:
        """Ask, then latch the kill switch."""
        from polydesk.ui.screens.kill import ask_to_kill

        if not isinstance(self.screen, Question):
            ask_to_kill(self)

    # Leaving

    def resting_orders(self) -> int:
        """Return how many of our orders may still fill."""
        return sum(order.state not in TERMINAL for order in self.source.portfolio().orders)

    def action_leave(self) -> None:
        """Leave; ask first when orders rest."""
        resting = self.resting_orders()
        if not resting:
            self.exit()
            return
        noun = "order rests" if resting == 1 else "orders rest"
        live = self.source.health().mode is Mode.LIVE
        where = " at the venue and may fill while nobody looks" if live else ""
        question = Content(f"{resting} {noun}{where}. Quit all the same?")
        self.push_screen(Question(question, "quit"), self._leave_if)

    def action_interrupt(self) -> None:
        """Leave like ``q``; while a question is open, at once."""
        if isinstance(self.screen, Question):
            self.exit()
        else:
            self.action_leave()

    def _leave_if(self, yes: bool | None) -> None:
        if yes:
            self.exit()
        else:
            # The terminal may have grown while the question covered the sentence.
            self.call_later(self._cover, self.size)
