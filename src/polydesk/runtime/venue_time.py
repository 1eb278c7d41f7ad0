"""Keeping the desk's and the signer's clock on the venue's time while a session lasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from polydesk.errors import PolydeskError, SignerLost, SignerRefused
from polydesk.runtime.clocks import LiveClock
from polydesk.signer.client import SignerProcess
from polydesk.venues.polymarket.trading.client import TradingRest

LOOK_S: Final = 1.0
"""Between two looks at what the answers of the venue tell about the time."""
_NS = 1_000_000_000
_MS = 1_000_000


class VenueTime:
    """Sets both clocks when the venue's answers show that they are wrong."""

    def __init__(
        self,
        clock: LiveClock,
        rest: TradingRest,
        signer: SignerProcess,
        notify: Callable[[str, str], None],
    ) -> None:
        """Take whom to ask and whom to tell.

        Args:
            clock: The desk's clock.
            rest: Measures how far that clock is from the venue's.
            signer: Has a clock of its own, for the times it signs.
            notify: Takes severity and sentence for the person at the desk.
        """
        self._clock = clock
        self._rest = rest
        self._signer = signer
        self._notify = notify

    async def keep(self) -> None:
        """Look again and again until cancelled, or until the signer takes no correction."""
        is_followed = True
        while is_followed:
            await self._clock.sleep(LOOK_S)
            if self._rest.skew.is_large:
                is_followed = await self.correct()

    async def correct(self) -> bool:
        """Set both clocks if a fresh measurement agrees; return whether the signer follows."""
        try:
            await self._rest.time_offset()
        except PolydeskError:
            return True
        skew = self._rest.skew
        if not skew.is_large:
            return True
        offset_ns = self._clock.offset_ns + skew.offset_ns
        try:
            await self._signer.set_clock_offset(offset_ns // _MS)
        except (SignerRefused, SignerLost) as error:
            self._notify("error", f"The clock cannot follow the venue's: {error}.")
            return False
        self._clock.offset_ns = offset_ns
        seconds = skew.offset_ns / _NS
        self._notify("warning", f"The desk's clock was set by {seconds:+.1f} s, to the venue's.")
        return True
