"""Catalogue rows before fills: the venue does not state fees, so they follow from the market."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from polydesk.domain.ids import TokenId
from polydesk.domain.venue import VenueFill
from polydesk.runtime.desk import Desk


class KnownMarkets:
    """Has rows of unknown tokens fetched before their fills are passed on."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._told: set[TokenId] = set()
        """Tokens that the catalogue does not have, as the person was told."""

    def missing(self, token_ids: Iterable[TokenId]) -> list[TokenId]:
        """Return the tokens whose market is not known."""
        known = self._desk.engine.token_markets
        return [token for token in dict.fromkeys(token_ids) if token not in known]

    async def learn(self, token_ids: Sequence[TokenId]) -> bool:
        """Fetch rows; return False when the catalogue could not be read.

        One that can be read and has no such market is no reason to wait: it is told, once.
        """
        if not await self._desk.learn_markets(token_ids):
            return False
        for token_id in self.missing(token_ids):
            if token_id not in self._told:
                self._told.add(token_id)
                words = f"The catalogue has no market of token {token_id}: fees are not counted."
                self._desk.source.notify("warning", words)
        return True

    async def learn_for(self, fills: Sequence[VenueFill]) -> bool:
        """Do the same for those of a listing that are news; others were told with their fee."""
        is_news = self._desk.pipeline.live.executor.is_news
        tokens = self.missing(fill.token_id for fill in fills if is_news(fill))
        return not tokens or await self.learn(tokens)
