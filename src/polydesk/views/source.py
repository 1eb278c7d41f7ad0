"""The door between the desk and its screens: views out, user commands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from polydesk.domain.commands import UserCommand
from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.views.models import (
    BookView,
    ChartView,
    FeedView,
    HealthView,
    LeaderRow,
    MarketsView,
    OrderDetail,
    PortfolioView,
    RecoveryView,
    TapeView,
    WatchView,
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A rare message for the person at the desk."""

    ts: int
    severity: str
    """``information``, ``warning`` or ``error``."""
    text: str
    """Cleaned, one sentence."""


class DeskSource(Protocol):
    """Everything a screen may ask. All calls are cheap, synchronous and never block.

    ``*_version`` calls cost nanoseconds and tell whether the view must be fetched again.
    """

    def now_ns(self) -> int:
        """Return the desk's time: wall clock when live, the recording's time in replay."""
        ...

    def book_version(self, token_id: TokenId) -> int:
        """Return the version of a book, -1 when there is none."""
        ...

    def book(self, token_id: TokenId, depth: int) -> BookView | None:
        """Return up to ``depth`` levels a side."""
        ...

    def tape_version(self) -> int:
        """Return the version of the tape."""
        ...

    def tape(self, token_id: TokenId | None, limit: int, min_size: int = 0) -> TapeView:
        """Return the newest trades of one token, or of all watched markets."""
        ...

    def feed_version(self) -> int:
        """Return the version of the followed feed (also rises when a copy's order moves)."""
        ...

    def feed(self, limit: int) -> FeedView:
        """Return the newest followed trades."""
        ...

    def leaders(self) -> tuple[LeaderRow, ...]:
        """Return the followed wallets in the order they were added."""
        ...

    def watch_version(self) -> int:
        """Return the version of the watchlist (rises with any touch of a watched book)."""
        ...

    def watchlist(self) -> WatchView:
        """Return the watchlist."""
        ...

    def portfolio_version(self) -> int:
        """Return the version of account, positions and orders (also rises with marks)."""
        ...

    def portfolio(self) -> PortfolioView:
        """Return account, positions and orders."""
        ...

    def order(self, client_order_id: ClientOrderId) -> OrderDetail | None:
        """Return one order with its trace and fills; None when it is not known."""
        ...

    def recovery(self) -> RecoveryView | None:
        """Return what the start of a live session found; None where nothing is recovered."""
        ...

    def markets(self, query: str, status: str, limit: int) -> MarketsView:
        """Search the catalogue: all words of ``query`` must occur; ``status`` is ``all``,
        ``open``, ``watched`` or ``resolved``."""
        ...

    def look_up(self, query: str) -> None:
        """Ask the venue for markets with these words; they show in later ``markets`` views."""
        ...

    def chart(self, token_id: TokenId, interval_s: int, limit: int) -> ChartView | None:
        """Return candles with our fills."""
        ...

    def health(self) -> HealthView:
        """Return the state of the desk."""
        ...

    def notices(self, after_ts: int) -> tuple[Notice, ...]:
        """Return rare messages newer than ``after_ts``, oldest first."""
        ...

    def submit(self, command: UserCommand) -> None:
        """Hand a command to the engine; its effect shows in later views."""
        ...
