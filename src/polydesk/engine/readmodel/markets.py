"""Search over the catalogue."""

from __future__ import annotations

from polydesk.domain.instruments import Market
from polydesk.engine.engine import Engine
from polydesk.views.models import MarketRow, MarketsView


class MarketViews:
    """Answers searches; texts are folded once per catalogue version."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._folded: list[tuple[str, Market]] = []
        self._folded_version = -1

    def markets(self, query: str, status: str, limit: int) -> MarketsView:
        """Return markets that contain every word of ``query``, busiest first."""
        words = query.casefold().split()
        hits = [
            market
            for text, market in self._texts()
            if all(word in text for word in words) and self._has(market, status)
        ]
        rows = tuple(self._row(market) for market in hits[:limit])
        return MarketsView(self._engine.catalogue_version, rows, len(hits))

    def _texts(self) -> list[tuple[str, Market]]:
        engine = self._engine
        if self._folded_version != engine.catalogue_version:
            self._folded_version = engine.catalogue_version
            ordered = sorted(engine.markets.values(), key=lambda m: (-m.volume_24h, m.question))
            self._folded = [(_search_text(market), market) for market in ordered]
        return self._folded

    def _has(self, market: Market, status: str) -> bool:
        if status == "all":
            return True
        if status == "watched":
            return self._watched(market)
        return _status(market) == status

    def _watched(self, market: Market) -> bool:
        return any(outcome.token_id in self._engine.watch for outcome in market.outcomes)

    def _row(self, market: Market) -> MarketRow:
        book = self._engine.books.get(market.outcomes[0].token_id) if market.outcomes else None
        return MarketRow(
            condition_id=market.condition_id,
            title=market.question,
            event_title=market.event_title,
            category=market.category,
            outcomes=tuple((outcome.token_id, outcome.label) for outcome in market.outcomes),
            bid=book.best_bid if book is not None and book.bids else None,
            ask=book.best_ask if book is not None and book.asks else None,
            volume_24h=market.volume_24h,
            liquidity=market.liquidity,
            end_ns=market.end_ns,
            tick=book.tick if book is not None else market.tick,
            min_size=market.min_size,
            status=_status(market),
            watched=self._watched(market),
            frozen=self._frozen(market),
        )

    def _frozen(self, market: Market) -> str:
        if not market.outcomes:
            return ""
        return self._engine.venue.frozen_reason(market.outcomes[0].token_id, market)


def _search_text(market: Market) -> str:
    labels = " ".join(outcome.label for outcome in market.outcomes)
    parts = (market.question, market.event_title, market.slug, market.category, labels)
    return " ".join(parts).casefold()


def _status(market: Market) -> str:
    if market.payouts is not None:
        return "resolved"
    return "closed" if market.closed else "open"
