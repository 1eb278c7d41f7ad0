"""The command palette: every command by name, themes, and markets to open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.types import IgnoreReturnCallbackType

from polydesk.domain.ids import TokenId
from polydesk.ui.app import DeskApp
from polydesk.ui.commands import CommandSpec, Scope
from polydesk.ui.format import plain
from polydesk.ui.keymap import effective_keys, show_keys
from polydesk.ui.registry import palette_commands

OPEN_MARKET = "open market "
MARKETS_SHOWN = 12
MIN_MARKET_QUERY = 2
"""Letters before the catalogue is searched."""
MARKET_SCORE = 0.4
"""Commands that match well come before markets."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing the palette offers. The help is our own words: Textual reads it as markup."""

    name: str
    note: str
    """Shown behind the name; never read as markup."""
    help: str | None
    call: IgnoreReturnCallbackType

    def show(self, name: Content) -> Content:
        """Return the line, with ``name`` marked where it matches."""
        return Content.assemble(name, (f"  {self.note}", "not bold $muted"))


class DeskCommands(Provider):
    """Offers the commands of the current screen, the themes and the markets."""

    @property
    def desk(self) -> DeskApp:
        """The application."""
        return cast(DeskApp, self.app)

    def _entries(self) -> Iterator[Entry]:
        for spec in palette_commands(Scope(self.desk.current_mode)):
            keys = show_keys(effective_keys(spec, self.desk.user_keymap))
            yield Entry(spec.title, keys, spec.help, partial(self._run, spec))
        for file in self.desk.themes.all():
            name = file.theme.name
            call = partial(self.desk.action_use_theme, name)
            yield Entry(f"Theme {name}", file.title, None, call)

    async def _run(self, spec: CommandSpec) -> None:
        screen = self.desk.screen
        await self.desk.run_action(spec.action, default_namespace=screen.focused or screen)

    async def discover(self) -> Hits:
        """Offer everything before anything is typed."""
        for entry in self._entries():
            shown = entry.show(Content(entry.name))
            yield DiscoveryHit(shown, entry.call, text=entry.name, help=entry.help)

    async def search(self, query: str) -> Hits:
        """Offer what matches, commands first."""
        matcher = self.matcher(query)
        for entry in self._entries():
            score = matcher.match(entry.name)
            if score > 0:
                shown = entry.show(matcher.highlight(entry.name))
                yield Hit(score, shown, entry.call, text=entry.name, help=entry.help)
        for hit in self._markets(query):
            yield hit

    def _markets(self, query: str) -> Iterator[Hit]:
        """Return the markets whose title holds every word; titles are inert."""
        words = query.strip()
        if words.lower().startswith(OPEN_MARKET.strip()):
            words = words[len(OPEN_MARKET.strip()) :].strip()
        if len(words) < MIN_MARKET_QUERY:
            return
        for row in self.desk.source.markets(words, "all", MARKETS_SHOWN).rows:
            for token_id, label in row.outcomes:
                name = f"Open market {plain(row.title)} · {plain(label)}"
                call = partial(self._open, token_id)
                yield Hit(MARKET_SCORE, Content(name), call, text=name)

    def _open(self, token_id: TokenId) -> None:
        self.desk.open_market(token_id)
