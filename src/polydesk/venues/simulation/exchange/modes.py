"""The exchange's trading modes: what they refuse and how they follow one another.

Source: ``trading.md`` sections 5.4 (texts) and 11 (restart: 425, then two minutes post-only).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from polydesk.venues.simulation.exchange.refusals import Refusal
from polydesk.venues.simulation.order_rules import SECOND

RESTART_SECONDS: Final = 90
POST_ONLY_SECONDS: Final = 120


class Mode(StrEnum):
    """What the exchange takes."""

    NORMAL = "normal"
    RESTARTING = "restarting"
    POST_ONLY = "post-only"
    CANCEL_ONLY = "cancel-only"
    DISABLED = "disabled"


@dataclass(slots=True)
class Modes:
    """The mode an operator set, and the timetable of the last restart."""

    setting: Mode = Mode.NORMAL
    restarting_until: int = 0
    """Nanoseconds UTC, as is the next."""
    post_only_until: int = 0

    def restart(self, now: int, seconds: int, post_only_seconds: int) -> None:
        """Begin a restart of the matching engine."""
        self.restarting_until = now + seconds * SECOND
        self.post_only_until = self.restarting_until + post_only_seconds * SECOND

    def at(self, now: int) -> Mode:
        """Return the mode at a time."""
        if now < self.restarting_until:
            return Mode.RESTARTING
        if self.setting is Mode.NORMAL and now < self.post_only_until:
            return Mode.POST_ONLY
        return self.setting

    def matches(self, now: int) -> bool:
        """Return whether the matching engine runs."""
        return self.at(now) not in {Mode.RESTARTING, Mode.DISABLED}

    def refuses_order(self, now: int, *, post_only: bool) -> Refusal | None:
        """Return why a new order is refused, None when the mode lets it pass."""
        mode = self.at(now)
        if mode is Mode.CANCEL_ONLY:
            text = "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed."
            return Refusal(text, 503)
        if mode is Mode.POST_ONLY and not post_only:
            wait = max(0, self.post_only_until - now)
            text = "post-only mode: only post-only orders and cancels are allowed"
            return Refusal(text, 503, "post_only_mode", -(-wait // SECOND))
        return self.refuses_cancel(now)

    def refuses_cancel(self, now: int) -> Refusal | None:
        """Return why a cancel is refused, None when the mode lets it pass."""
        mode = self.at(now)
        if mode is Mode.RESTARTING:
            return Refusal("the matching engine is restarting", 425)
        if mode is Mode.DISABLED:
            text = "Trading is currently disabled. Check polymarket.com for updates"
            return Refusal(text, 503)
        return None
