"""Questions a person's screen asks: markets by words, a token's past prices."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from polydesk.domain.ids import TokenId
from polydesk.errors import VenueRejected, VenueUnavailable, WireError

Search = Callable[[str], Awaitable[object]]
History = Callable[[TokenId], Awaitable[None]]
MOST_HISTORIES = 50
"""Tokens waiting for their past at most; the ones asked for last are the ones looked at."""


class Enquiries:
    """Asks one thing at a time: the newest search first, then histories, each token once."""

    def __init__(self, search: Search, history: History) -> None:
        self.problem = ""
        """Why the last question failed, empty when it did not."""
        self.on_problem: Callable[[str], None] | None = None
        """Told why a search failed."""
        self._search = search
        self._history = history
        self._text = ""
        self._waiting: dict[TokenId, None] = {}
        self._asked: set[TokenId] = set()
        self._wished = asyncio.Event()

    def search(self, text: str) -> None:
        """Ask for markets with these words; a newer text replaces one that still waits."""
        if text.strip():
            self._text = text.strip()
            self._wished.set()

    def history(self, token_id: TokenId) -> None:
        """Ask for a token's past prices, once."""
        if token_id in self._asked:
            return
        self._asked.add(token_id)
        self._waiting[token_id] = None
        while len(self._waiting) > MOST_HISTORIES:
            dropped = next(iter(self._waiting))
            del self._waiting[dropped]
            self._asked.discard(dropped)
        self._wished.set()

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            await self._wished.wait()
            self._wished.clear()
            while self._text or self._waiting:
                await self.answer_one()

    async def answer_one(self) -> None:
        """Ask the venue the next question."""
        text, self._text = self._text, ""
        try:
            if text:
                await self._search(text)
            elif self._waiting:
                token_id, _ = self._waiting.popitem()
                await self._history(token_id)
        except (VenueUnavailable, VenueRejected, WireError) as error:
            self.problem = str(error)
            if text and self.on_problem is not None:
                self.on_problem(self.problem)
        else:
            self.problem = ""
