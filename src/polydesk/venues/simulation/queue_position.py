"""Where a resting order of ours stands in its level's queue: three estimates side by side.

Our simulated order is not displayed, so its place has to be inferred:

- at placement everything displayed at the price is ahead;
- a trade printed at the price takes from the front: first what is ahead, then us;
- a cancel may have been ahead or behind. *Pessimistic* counts only what must have been ahead
  (no more can be ahead than is displayed), *expected* spreads it evenly over the level, and
  *optimistic* counts all of it ahead. The account is kept on pessimistic.

A trade shows twice, as a print and as a fall of the displayed total, in either order. A fall
waits ``PRINT_WINDOW_NS`` for its print before it counts as a cancel, and a print explains the
falls that follow it within the same time.

Source: ``websockets.md`` section 3.1 (no promised order around a trade) and 3.3 (the trade may
come some 88 ms after the book it explains).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from polydesk.domain.units import ShareMicros, share_of

PRINT_WINDOW_NS = 1_000_000_000
"""How long a fall of a level waits for the print that explains it: ten times what was seen."""


class _Recent:
    """Amounts with the time they were seen, oldest first."""

    __slots__ = ("_items", "total")

    def __init__(self) -> None:
        self._items: deque[list[int]] = deque()
        self.total = 0

    def add(self, now: int, amount: int) -> None:
        if amount:
            self._items.append([now, amount])
            self.total += amount

    def take(self, amount: int) -> int:
        """Use up to ``amount`` and return what was used."""
        used = min(amount, self.total)
        left = used
        while left:
            item = self._items[0]
            part = min(left, item[1])
            item[1] -= part
            left -= part
            if not item[1]:
                self._items.popleft()
        self.total -= used
        return used

    def expire(self, until: int) -> int:
        """Remove what was seen at or before ``until`` and return how much that was."""
        gone = 0
        while self._items and self._items[0][0] <= until:
            gone += self._items.popleft()[1]
        self.total -= gone
        return gone

    def digest(self) -> tuple[int, ...]:
        """Return the amounts with their times as plain numbers."""
        return tuple(number for item in self._items for number in item)


@dataclass(slots=True)
class Estimate:
    """One view of the queue, in micro-shares."""

    ahead: int
    filled: int = 0

    def trade(self, volume: int, size: int) -> int:
        """Take ``volume`` from the front and return what of it reached us."""
        reached = min(max(0, volume - self.ahead), size - self.filled)
        self.ahead = max(0, self.ahead - volume)
        self.filled += reached
        return reached


@dataclass(slots=True)
class QueuePosition:
    """Queue estimates of one resting order.

    ``pessimistic.filled <= expected.filled <= optimistic.filled`` at any time, because the
    sizes ahead keep the opposite order through every trade and every cancel.
    """

    size: int
    """What rests, in micro-shares."""
    displayed: int
    """The level's total when last seen; all of it is ahead at placement."""
    pessimistic: Estimate = field(init=False)
    expected: Estimate = field(init=False)
    optimistic: Estimate = field(init=False)
    _falls: _Recent = field(init=False, repr=False)
    """Falls no print has explained yet."""
    _prints: _Recent = field(init=False, repr=False)
    """Printed volume whose fall has not been seen yet."""

    def __post_init__(self) -> None:
        self.pessimistic = Estimate(self.displayed)
        self.expected = Estimate(self.displayed)
        self.optimistic = Estimate(self.displayed)
        self._falls = _Recent()
        self._prints = _Recent()

    @property
    def ahead(self) -> ShareMicros:
        """Size ahead on the estimate the account is kept on."""
        return ShareMicros(self.pessimistic.ahead)

    @property
    def remaining(self) -> ShareMicros:
        """Size the account has not seen filled."""
        return ShareMicros(self.size - self.pessimistic.filled)

    def on_trade(self, printed: int, volume: int, now: int, *, through: bool) -> ShareMicros:
        """Let a print at our price, or through it, act on the queue.

        A print through our price may carry a whole sweep in one size, so the queue ahead is
        still subtracted from it; afterwards nothing can be ahead any more.

        Args:
            printed: Volume of the print in micro-shares.
            volume: What of it is left after better orders of ours.
            now: Engine time, nanoseconds.
            through: Whether the print was beyond our price.

        Returns:
            What the account gets.

        Source: ``websockets.md`` section 3 (one print per settlement transaction).
        """
        self._settle(now)
        if not through:
            self._prints.add(now, printed - self._falls.take(printed))
        reached = [
            estimate.trade(volume, self.size)
            for estimate in (self.pessimistic, self.expected, self.optimistic)
        ]
        if through:
            self.pessimistic.ahead = self.expected.ahead = self.optimistic.ahead = 0
        return ShareMicros(reached[0])

    def on_total(self, displayed: int, now: int) -> None:
        """Take the level's new displayed total."""
        if displayed == self.displayed and not self._falls.total:
            return
        self._settle(now)
        fall = self.displayed - displayed
        if fall > 0:
            self._falls.add(now, fall - self._prints.take(fall))
        self.displayed = displayed

    def _settle(self, now: int) -> None:
        """Count falls that waited long enough as cancels."""
        self._prints.expire(now - PRINT_WINDOW_NS)
        before = self.displayed + self._falls.total
        canceled = self._falls.expire(now - PRINT_WINDOW_NS)
        if not canceled:
            return
        even, front = self.expected, self.optimistic
        even.ahead -= share_of(even.ahead, canceled, max(before, even.ahead))
        front.ahead -= min(front.ahead, canceled)
        most = before - canceled
        for estimate in (self.pessimistic, even, front):
            estimate.ahead = min(estimate.ahead, most)

    def digest(self) -> tuple[int, ...]:
        """Return the state as plain numbers."""
        return (
            self.size,
            self.displayed,
            self._falls.total,
            *self._falls.digest(),
            self._prints.total,
            *self._prints.digest(),
            *(
                n
                for e in (self.pessimistic, self.expected, self.optimistic)
                for n in (e.ahead, e.filled)
            ),
        )
