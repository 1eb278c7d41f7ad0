"""What the trading client has to say about waits, clocks and odd answers, for the person."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Final

from polydesk.domain.text import clean
from polydesk.ports import Clock

QUIET_NS: Final = 60 * 1_000_000_000
"""How long the same sentence, with other numbers or not, is kept back."""
MOST_KEPT: Final = 200
_NUMBER = re.compile(r"[0-9]+")
_log = logging.getLogger(__name__)


class VenueWords:
    """Passes sentences on to the log and the screen, each of a kind once a minute at most."""

    def __init__(self, clock: Clock) -> None:
        """Take the clock; ``show`` is set once there is a screen to show them on."""
        self.show: Callable[[str, str], None] = lambda _severity, _text: None
        self._clock = clock
        self._told: dict[str, int] = {}

    def say(self, text: str) -> None:
        """Take a sentence."""
        text = clean(text, 300)
        kind, now = _NUMBER.sub("#", text), self._clock.monotonic_ns()
        told = self._told.get(kind)
        if told is not None and now - told < QUIET_NS:
            return
        if len(self._told) >= MOST_KEPT:
            self._told.clear()
        self._told[kind] = now
        _log.warning("%s", text)
        self.show("warning", text[:1].upper() + text[1:])
