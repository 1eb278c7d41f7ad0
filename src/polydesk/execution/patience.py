"""How long the executor waits for what. All times in nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits of one executor."""

    fresh: int = 5 * SECOND
    """An approved order that is not sent within this time is not sent at all."""
    unknown_window: int = 45 * SECOND
    """A request whose answer was lost may still be carried out within this time."""
    not_found_looks: int = 3
    """Looks after that window which must all find nothing before an order is given up."""
    gone_after: int = 10 * SECOND
    """An order the venue had is taken for gone when it was missing for this long: a reading may
    lag behind what was just taken."""
    ask_first: int = SECOND // 2
    ask_longest: int = 5 * SECOND
    """Between two questions about one order; the wait doubles."""
    fill_grace: int = SECOND
    """The user stream gets this long to tell what a reply announced."""
    fills_longest: int = 10 * SECOND
    """Between two listings for fills that are missing; the wait doubles."""
    cancel_again: int = 2 * SECOND
    cancel_longest: int = 15 * SECOND
    """Between two cancels of one order; the wait doubles."""
    look_busy: int = 20 * SECOND
    """Between two reconciliations with open orders or unsettled fills.
    Source: ``DESIGN.md`` section 13."""
    look_idle: int = 60 * SECOND
    look_blind: int = 5 * SECOND
    """While the user stream is down."""
    look_again: int = 2 * SECOND
    """After a listing that could not be read."""
    stranger_grace: int = 5 * SECOND
    """How long after a match all legs of an order that nobody here made are waited for."""
    listed_again: int = 3_600 * SECOND
    """How far before the last session's first full look trades are listed once more."""
    overlap: int = 120 * SECOND
    """How far before the oldest thing of interest trades are listed."""
    restart_first: int = 2 * SECOND
    restart_longest: int = 30 * SECOND
    """How long orders are held back after a 425; doubles while it goes on."""
    closed_door: int = 30 * SECOND
    """How long orders are held back after cancel-only or disabled without a stated time."""
