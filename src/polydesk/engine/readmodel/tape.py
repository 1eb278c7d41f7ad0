"""Anonymous trades for the tape and the volume traded at each price."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

from polydesk.domain.events import TradePrinted
from polydesk.domain.ids import TokenId
from polydesk.engine.engine import Engine
from polydesk.views.models import TapeRow, TapeView

TAPE_ROWS = 5_000
MARKET_ROWS = 1_000


class Tape:
    """The newest trades, of all and of each market."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rows: deque[TapeRow] = deque(maxlen=TAPE_ROWS)
        self._by_market: dict[str, deque[TapeRow]] = {}
        self._traded: dict[TokenId, dict[int, int]] = {}
        self.version = 0

    def note(self, event: TradePrinted) -> None:
        """Take up a trade."""
        market = self._engine.token_markets.get(event.token_id)
        label = market.outcome(event.token_id).label if market is not None else ""
        row = TapeRow(event.ts_event, event.token_id, label, event.side, event.price, event.size)
        self._rows.append(row)
        rows = self._by_market.setdefault(event.condition_id, deque(maxlen=MARKET_ROWS))
        rows.append(row)
        traded = self._traded.setdefault(event.token_id, {})
        traded[event.price] = traded.get(event.price, 0) + event.size
        self.version += 1

    def traded_at(self, token_id: TokenId) -> tuple[tuple[int, int], ...]:
        """Return (price, size traded there) of a token."""
        return tuple(self._traded.get(token_id, {}).items())

    def view(self, token_id: TokenId | None, limit: int, min_size: int) -> TapeView:
        """Return the newest trades of a token's market, or of all."""
        large = (row for row in self._newest_first(token_id) if row.size >= min_size)
        return TapeView(self.version, tuple(islice(large, limit)))

    def _newest_first(self, token_id: TokenId | None) -> Iterator[TapeRow]:
        if token_id is None:
            return reversed(self._rows)
        market = self._engine.token_markets.get(token_id)
        if market is not None:
            return reversed(self._by_market.get(market.condition_id, ()))
        return (row for row in reversed(self._rows) if row.token_id == token_id)
