"""Where the venue is and what time it has."""

from __future__ import annotations

from dataclasses import replace

from polydesk.config.models import Settings
from polydesk.domain.frames import Frame
from polydesk.errors import VenueUnavailable
from polydesk.runtime.clocks import LiveClock
from polydesk.venues.polymarket.rest import PolymarketRest, first_contact
from polydesk.venues.polymarket.urls import Hosts

SKEW_NOTICED_NS = 2_000_000_000
"""The venue tells its time in whole seconds, so less cannot be told from a right clock."""


def hosts_of(settings: Settings) -> Hosts:
    """Return the venue's addresses, replaced by those the settings give."""
    given = settings.hosts.model_dump()
    return replace(Hosts(), **{name: url.rstrip("/") for name, url in given.items() if url})


async def venue_clock(hosts: Hosts) -> LiveClock:
    """Return a clock on the venue's time; a local clock that is right stays as it is.

    Raises:
        VenueUnavailable: The venue cannot be reached; the sentence offers the demo.
    """
    clock = LiveClock()
    problem = await first_contact(hosts, clock)
    if problem is not None:
        raise VenueUnavailable(problem)
    rest = PolymarketRest(hosts, clock, Nowhere())
    try:
        venue_s = await rest.time()
    finally:
        await rest.close()
    offset = venue_s * 1_000_000_000 + 500_000_000 - clock.now_ns()
    return LiveClock(offset) if abs(offset) > SKEW_NOTICED_NS else clock


class Nowhere:
    """Takes frames of reads whose answer the caller alone wants."""

    def put(self, frame: Frame) -> None:
        """Drop the answer: it was for us alone."""
