"""Ladder and watchlist views."""

from __future__ import annotations

from polydesk.domain.ids import TokenId, short_id
from polydesk.domain.instruments import Side
from polydesk.engine.engine import Engine
from polydesk.engine.readmodel.tape import Tape
from polydesk.views.models import BookView, OwnLevel, WatchRow, WatchView


class BookViews:
    """Builds book views and the watchlist."""

    def __init__(self, engine: Engine, tape: Tape) -> None:
        self._engine = engine
        self._tape = tape
        self._first_mids: dict[TokenId, int] = {}

    def names(self, token_id: TokenId) -> tuple[str, str]:
        """Return (title, outcome label) of a token, short ids when unknown."""
        market = self._engine.token_markets.get(token_id)
        if market is None:
            return (f"token {short_id(token_id)}", "")
        return (market.question, market.outcome(token_id).label)

    def version(self, token_id: TokenId) -> int:
        """Return a number that rises when the ladder must be drawn again, -1 without a book."""
        book = self._engine.books.get(token_id)
        return -1 if book is None else book.version + self._engine.account.version

    def book(self, token_id: TokenId, depth: int) -> BookView | None:
        """Return up to ``depth`` levels a side with our orders."""
        book = self._engine.books.get(token_id)
        if book is None:
            return None
        title, outcome = self.names(token_id)
        return BookView(
            version=self.version(token_id),
            token_id=token_id,
            title=title,
            outcome=outcome,
            tick=book.tick,
            bids=tuple(book.best_levels(True, depth)),
            asks=tuple(book.best_levels(False, depth)),
            last_trade=book.last_trade,
            epoch=book.epoch,
            stale=book.stale,
            crossed=book.crossed,
            hash_state=book.hash_state,
            changed_at=book.changed_at,
            own=self._own(token_id),
            traded=self._tape.traded_at(token_id),
        )

    def _own(self, token_id: TokenId) -> tuple[OwnLevel, ...]:
        """Return our open orders by price: sizes together, the queue of the one in front."""
        levels: dict[tuple[int, bool], OwnLevel] = {}
        for order in self._engine.account.open_orders.values():
            intent = order.intent
            if intent.token_id == token_id:
                place = (intent.price, intent.side is Side.BUY)
                known = levels.get(place, OwnLevel(*place, 0, None))
                queues = (known.queue_ahead, order.queue_ahead)
                front = min((queue for queue in queues if queue is not None), default=None)
                levels[place] = OwnLevel(*place, known.size + order.remaining, front)
        return tuple(levels.values())

    def watch_version(self) -> int:
        """Return a number that rises with any visible change of a watched book."""
        get = self._engine.books.get
        books = (get(token_id) for token_id in self._engine.watch)
        total = sum(book.version for book in books if book is not None)
        return total + self._engine.account.version + len(self._engine.watch)

    def watchlist(self) -> WatchView:
        """Return the watched outcomes in the order they were added."""
        rows = tuple(self._watch_row(token_id) for token_id in self._engine.watch)
        return WatchView(self.watch_version(), rows)

    def _watch_row(self, token_id: TokenId) -> WatchRow:
        title, outcome = self.names(token_id)
        book = self._engine.books.get(token_id)
        position = self._engine.account.ledger.position(token_id).size
        if book is None:
            return WatchRow(token_id, title, outcome, None, None, None, None, position, True, False)
        mid = book.mid
        if mid is not None:
            self._first_mids.setdefault(token_id, mid)
        first = self._first_mids.get(token_id)
        return WatchRow(
            token_id=token_id,
            title=title,
            outcome=outcome,
            bid=book.best_bid if book.bids else None,
            ask=book.best_ask if book.asks else None,
            last=book.last_trade,
            change=mid - first if mid is not None and first is not None else None,
            position=position,
            stale=book.stale,
            has_book=True,
        )
