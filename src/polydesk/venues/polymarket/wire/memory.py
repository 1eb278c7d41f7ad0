"""What was learned about each market on the way: the terms its book hashes cover."""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.domain.units import MICROS
from polydesk.venues.polymarket.wire.bookhash import HashTerms, trade_text

MAX_MARKETS = 50_000


@dataclass(slots=True)
class MarketInfo(HashTerms):
    """Terms of one market as the server writes them, with the newest printed trade."""

    printed: int | None = None
    """Price of the last ``last_trade_price`` seen, micros."""

    def likely_trades(self) -> list[str | None]:
        """Return last trade prices to try: remembered, printed, its complement, none, nine keys."""
        texts: list[str | None] = [] if self.last_trade is None else [self.last_trade]
        if self.printed is not None:
            texts += [trade_text(self.printed), trade_text(MICROS - self.printed)]
        return list(dict.fromkeys([*texts, "", None]))

    def learn(self, terms: HashTerms) -> None:
        """Keep terms that a hash has proved."""
        self.min_order_size = terms.min_order_size
        self.tick = terms.tick
        self.neg_risk = terms.neg_risk
        self.last_trade = terms.last_trade


class MarketMemory:
    """Bounded store of ``MarketInfo`` by condition; the oldest market is forgotten first."""

    __slots__ = ("_infos",)

    def __init__(self) -> None:
        self._infos: dict[str, MarketInfo] = {}

    def get(self, condition_id: str) -> MarketInfo | None:
        """Return what is known, or None."""
        return self._infos.get(condition_id)

    def of(self, condition_id: str) -> MarketInfo:
        """Return the entry of a market, made when missing."""
        info = self._infos.get(condition_id)
        if info is None:
            if len(self._infos) >= MAX_MARKETS:
                del self._infos[next(iter(self._infos))]
            info = self._infos[condition_id] = MarketInfo()
        return info
