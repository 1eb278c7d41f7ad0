"""How far the venue's clock is from ours.

``GET /time`` is the venue's word, in whole seconds: one answer gives an interval, several narrow
it down. A request whose time lies in the future is refused, so the lower end is used. The
``Date`` of every answer comes from whatever server stood in front, which may keep another time;
a jump of it against our clock shows that the measurement no longer holds.

Source: ``trading.md`` section 2.3, 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

from polydesk.venues.polymarket.trading.transport import Timed

_NS: Final = 1_000_000_000
WARN_NS: Final = 2 * _NS
JUMP_NS: Final = 4 * _NS
"""Whole seconds, renewed once a second, answered slowly: less is no jump."""
KEPT_NS: Final = 180 * _NS
"""An older measurement is taken anew: clocks drift and are set."""

Tell = Callable[[str], None]


class ClockSkew:
    """Venue time less the time of the clock that stamped the answers, nanoseconds.

    Args:
        tell: Told when the difference passes two seconds, and when it is over.
    """

    def __init__(self, tell: Tell = lambda _: None) -> None:
        self._tell = tell
        self._low = 0
        self._high = 0
        self._begun_ns: int | None = None
        """When the present interval was begun, None before the first answer."""
        self._warned = False
        self._date_ns: int | None = None
        """Date of the last answer less our time then."""
        self._jumped = False

    @property
    def offset_ns(self) -> int:
        """What to add to our clock so that it is never ahead of the venue's; 0 while in doubt."""
        if self._begun_ns is None or self._low <= 0 <= self._high:
            return 0
        return self._low

    @property
    def is_large(self) -> bool:
        """Whether the clocks certainly differ by more than two seconds."""
        return self._begun_ns is not None and (self._low > WARN_NS or self._high < -WARN_NS)

    def is_stale(self, now_ns: int) -> bool:
        """Return whether it should be measured again: never done, long ago, or a clock was set."""
        if self._begun_ns is None or self._jumped:
            return True
        return abs(now_ns - self._begun_ns) > KEPT_NS

    def heed(self, timed: Timed) -> None:
        """Look at the ``Date`` of an answer that comes from no cache."""
        headers = timed.reply.headers
        if headers.get("age", "0") != "0" or not (text := headers.get("date")):
            return
        try:
            second = int(parsedate_to_datetime(text).timestamp())
        except (ValueError, TypeError, OverflowError):
            return
        # Many servers renew their date once a second, so it may be a second old.
        difference = second * _NS - timed.received_ns
        if self._date_ns is not None and abs(difference - self._date_ns) > JUMP_NS:
            self._jumped = True
        self._date_ns = difference

    def learn(self, venue_s: int, sent_ns: int, received_ns: int) -> None:
        """Take a second the venue stated between two moments of ours.

        Args:
            venue_s: Unix seconds, rounded down.
            sent_ns: Our time before asking, nanoseconds UTC, as is the next.
            received_ns: When the answer began to arrive.
        """
        low = venue_s * _NS - received_ns
        high = (venue_s + 1) * _NS - sent_ns
        if not low <= high:
            return
        joint_low, joint_high = max(low, self._low), min(high, self._high)
        if self.is_stale(received_ns) or joint_low > joint_high:
            self._begun_ns, self._low, self._high = received_ns, low, high
        else:
            self._low, self._high = joint_low, joint_high
        self._jumped = False
        self._judge()

    def _judge(self) -> None:
        if self.is_large and not self._warned:
            seconds = self.offset_ns / _NS
            self._tell(
                f"this computer's clock is {abs(seconds):.1f} s "
                f"{'behind' if seconds > 0 else 'ahead of'} the venue's; set it"
            )
        elif self._warned and not self.is_large:
            self._tell("this computer's clock agrees with the venue's again")
        self._warned = self.is_large
