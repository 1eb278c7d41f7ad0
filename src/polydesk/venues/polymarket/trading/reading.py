"""Private reads: repeated when it is safe, paged to the end, and checked against what was asked.

Source: ``trading.md`` sections 5.6 and 5.7, 2026-11; ``FAULTS.md`` F023 and F083 to F085.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from polydesk.errors import (
    OutcomeUnknown,
    VenueRejected,
    VenueUnavailable,
    WireError,
)
from polydesk.ports import Clock
from polydesk.venues.polymarket.hosts_text import host_name
from polydesk.venues.polymarket.http import Params, attempts
from polydesk.venues.polymarket.http_parts import check_answer
from polydesk.venues.polymarket.limits import RateLimits, whole_seconds
from polydesk.venues.polymarket.trading.replies import Reply
from polydesk.venues.polymarket.trading.skew import ClockSkew
from polydesk.venues.polymarket.trading.transport import Call, Timed, Transport
from polydesk.venues.polymarket.wire.user import PrivateRows

T = TypeVar("T")
Tell = Callable[[str], None]

MAX_PAGES: Final = 200
LOOK_AGAIN_NS: Final = 60_000_000_000
STALE_S: Final = 2
"""An answer about our own orders that is older than this comes from a cache."""


class PrivateReader:
    """Reads what only we may see.

    Every method raises ``VenueUnavailable`` or ``RateLimited`` when there was no usable answer,
    ``VenueRejected`` when the venue refused, and whatever making the headers raised.
    """

    def __init__(
        self,
        base: str,
        clock: Clock,
        transport: Transport,
        limits: RateLimits,
        skew: ClockSkew,
        tell: Tell,
    ) -> None:
        self._base = base
        self._clock = clock
        self._transport = transport
        self._limits = limits
        self._skew = skew
        self._tell = tell
        self._looked_ns: int | None = None
        """When the clock was last measured or tried to be, steady time."""
        self._resynchronised = False
        """Whether the clock was measured for a 401 and no read has succeeded since."""

    async def get(
        self, path: str, route: str, params: Params = (), *, private: bool = True, base: str = ""
    ) -> Reply:
        """Return an answer of 200, or of 404 with a body; other failures are raised."""
        call = Call("GET", base or self._base, path, params=params, private=private)
        async for attempt in attempts(self._transport.rules):
            with attempt:
                return await self._once(call, route)
        raise VenueUnavailable(f"{call} was not tried")

    async def pages(
        self, path: str, route: str, params: Params, read: Callable[[bytes], PrivateRows[T]]
    ) -> list[T]:
        """Return all rows of a list; it comes whole or not at all.

        Malformed and foreign rows are left out and told.

        Raises:
            WireError: A page is no list, a cursor comes again, or there is no end.
        """
        rows: list[T] = []
        cursor: str | None = None
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            more = [*params, *([("next_cursor", cursor)] if cursor else [])]
            reply = await self.get(path, route, more)
            check_answer(f"{host_name(self._base)} {path}", reply.status, reply.headers, reply.body)
            page = read(reply.body)
            self._report(path, page)
            rows.extend(page.rows)
            cursor = page.next_cursor
            if cursor is None:
                return rows
            if cursor in seen:
                raise WireError(f"{host_name(self._base)} {path} repeats a cursor")
            seen.add(cursor)
        raise WireError(f"{host_name(self._base)} {path} has no end after {MAX_PAGES} pages")

    async def measure_clock(self) -> int:
        """Ask for the venue's time and return the clock's offset, nanoseconds.

        Raises:
            WireError: The answer is no number.
        """
        await self._limits.acquire("clob/time")
        timed = await self._exchange(Call("GET", self._base, "/time", private=False))
        reply = timed.reply
        check_answer(f"{host_name(self._base)} /time", reply.status, reply.headers, reply.body)
        text = reply.body.strip().strip(b'"')
        if not (text.isdigit() and len(text) <= 12):
            raise WireError(f"{host_name(self._base)} answered /time without a number")
        self._skew.learn(int(text), timed.sent_ns, timed.received_ns)
        return self._skew.offset_ns

    async def _once(self, call: Call, route: str) -> Reply:
        if call.private:
            await self._keep_time()
        await self._limits.acquire(route)
        timed = await self._exchange(call)
        if timed.reply.status == 401 and call.private and not self._resynchronised:
            await self._resynchronise()
            timed = await self._exchange(call)
        reply = timed.reply
        if reply.status != 404 or reply.is_page:
            check_answer(str(call), reply.status, reply.headers, reply.body)
        self._resynchronised = False
        if (whole_seconds(reply.headers.get("age")) or 0) > STALE_S and call.private:
            raise VenueUnavailable(f"{call} was answered by a cache on the way")
        return reply

    async def _exchange(self, call: Call) -> Timed:
        """Send once; a read that was lost has changed nothing."""
        try:
            timed = await self._transport.exchange(call)
        except OutcomeUnknown as error:
            raise VenueUnavailable(str(error)) from error
        self._skew.heed(timed)
        return timed

    async def _keep_time(self) -> None:
        """Measure the clock when the last measurement no longer counts; at most once a minute."""
        now = self._clock.monotonic_ns()
        recently = self._looked_ns is not None and now - self._looked_ns < LOOK_AGAIN_NS
        if not recently and self._skew.is_stale(self._clock.now_ns()):
            await self._look()

    async def _resynchronise(self) -> None:
        """Measure the clock, once until a read succeeds: a loop would only hide the reason."""
        self._resynchronised = True
        self._tell("the venue did not accept the credentials (401); measuring the clock once")
        await self._look()

    async def _look(self) -> None:
        self._looked_ns = self._clock.monotonic_ns()
        try:
            await self.measure_clock()
        except (VenueRejected, VenueUnavailable, WireError) as error:
            self._tell(f"the venue's time could not be read: {error}")

    def _report(self, path: str, page: PrivateRows[T]) -> None:
        """Tell what of a page was not taken as it came."""
        for reason in page.broken:
            self._tell(f"{path}: a malformed row was left out: {reason}")
        for words, count in (page.skipped + page.odd).items():
            self._tell(f"{path}: {count} rows: {words}")


def found(reply: Reply) -> Reply | None:
    """Return the answer, None for a 404."""
    return None if reply.status == 404 else reply
