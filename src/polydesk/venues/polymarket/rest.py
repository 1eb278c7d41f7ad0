"""Polymarket's public reads: each answer goes to the sink as a frame and to the caller."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from polydesk.domain.frames import (
    REST_BOOKS,
    REST_MARKETS,
    REST_PREFIX,
    REST_TRADES,
    Frame,
)
from polydesk.domain.ids import ConditionId, TokenId, Wallet
from polydesk.errors import VenueUnavailable, WireError
from polydesk.ports import Clock, FrameSink
from polydesk.venues.polymarket.cursors import (
    CataloguePage,
    TradesPage,
    parse_catalogue_page,
    parse_trades_page,
)
from polydesk.venues.polymarket.hosts_text import host_name
from polydesk.venues.polymarket.http import HttpReader, HttpRules, Params, Request
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.positions import Holding, parse_holdings_page

REST_SEARCH: Final = f"{REST_PREFIX}gamma/search"
REST_POSITIONS: Final = f"{REST_PREFIX}data/positions"
REST_PRICES: Final = f"{REST_PREFIX}data/prices-history"
REST_TIME: Final = f"{REST_PREFIX}clob/time"

BOOKS_PER_CALL: Final = 500
"""Source: ``rest-data.md`` section 4, 2026-11."""
PAGE_ROWS: Final = 100
"""Gamma's largest page; more is clamped. Source: ``rest-data.md`` section 3.1, 2026-11."""
_IDS_PER_CALL: Final = 40
"""Keeps the URL under 4 kB with 78-digit ids, and the answer on one page."""
TRADES_PER_PAGE: Final = 500
"""Data API v2 refuses more than 1,000. Source: ``rest-data.md`` section 5.1, 2026-11."""

CLOCK_SKEW_S: Final = 60
"""How far the venue's clock may run ahead of ours before its times are disbelieved."""
_NS = 1_000_000_000

_Id = TypeVar("_Id", bound=str)


class PolymarketRest:
    """Reads of Gamma, the CLOB and the Data API against configurable hosts.

    Every method raises ``VenueUnavailable``, ``RateLimited`` or ``VenueRejected`` with one
    sentence that names host and route, and ``WireError`` when a page cannot be read.
    """

    def __init__(
        self, hosts: Hosts, clock: Clock, sink: FrameSink, *, reader: HttpReader | None = None
    ) -> None:
        self._hosts = hosts
        self._clock = clock
        self._sink = sink
        self._reader = reader or HttpReader(clock)

    async def close(self) -> None:
        """Close all connections."""
        await self._reader.close()

    async def markets_by_token(self, token_ids: Sequence[TokenId]) -> list[bytes]:
        """Fetch the markets of tokens, open or closed, of either id version.

        A list hides closed markets unless asked for them, and never shows both; whether an
        id is a CLOB token or a position id only the market knows. So what the first query
        does not find the next one asks for.

        Source: ``rest-data.md`` sections 2 and 3.1, 2026-11.
        """
        bodies: list[bytes] = []
        for chunk in _chunks(token_ids, _IDS_PER_CALL):
            missing = list(chunk)
            for key, closed in itertools.product(
                ("clob_token_ids", "position_ids"), ("false", "true")
            ):
                if missing:
                    body = await self._markets([(key, token) for token in missing], closed)
                    bodies.append(body)
                    missing = _absent(missing, body)
        return bodies

    async def markets(self, condition_ids: Sequence[ConditionId]) -> list[bytes]:
        """Fetch markets by condition, open ones first, then those found nowhere as closed."""
        bodies: list[bytes] = []
        for chunk in _chunks(condition_ids, _IDS_PER_CALL):
            missing = list(chunk)
            for closed in ("false", "true"):
                if missing:
                    rows = [("condition_ids", condition) for condition in missing]
                    body = await self._markets(rows, closed)
                    bodies.append(body)
                    missing = _absent(missing, body)
        return bodies

    async def markets_page(
        self,
        cursor: str | None = None,
        *,
        order: str = "volume24hr",
        ascending: bool = False,
        limit: int = PAGE_ROWS,
        filters: Params = (),
    ) -> CataloguePage:
        """Fetch one page of open markets; the same order and filters for the whole walk."""
        params = _walk(cursor, order, ascending, limit, filters)
        return await self._page("/markets/keyset", "gamma/markets", REST_MARKETS, params)

    async def search(self, text: str, *, limit_per_type: int = 20) -> bytes:
        """Search events and markets by words."""
        params = [("q", text), ("limit_per_type", str(limit_per_type))]
        request = Request("GET", self._hosts.gamma, "/public-search", "gamma/search", params)
        return await self._read(REST_SEARCH, request)

    async def books(self, token_ids: Sequence[TokenId]) -> list[bytes]:
        """Fetch books, at most 500 per call; a token without a book is missing in the answer.

        The request body is a flat array: a wrapper object is answered with an empty list.
        Source: ``rest-data.md`` section 4, 2026-11.
        """
        bodies: list[bytes] = []
        for chunk in _chunks(token_ids, BOOKS_PER_CALL):
            wanted = [{"token_id": token} for token in chunk]
            request = Request("POST", self._hosts.clob, "/books", "clob/books", json=wanted)
            bodies.append(await self._read(REST_BOOKS, request))
        return bodies

    async def trades(
        self, user: Wallet, start_s: int, cursor: str | None = None, *, limit: int = TRADES_PER_PAGE
    ) -> TradesPage:
        """Fetch a wallet's trades since a block second, maker fills included.

        The throw-away parameter gets past a cache that keeps answers for 300 s per URL.
        Source: ``rest-data.md`` sections 5.2 and 5.3, 2026-11.
        """
        params = [
            ("user", user),
            ("taker_only", "false"),
            ("start", str(start_s)),
            ("limit", str(limit)),
            *([("cursor", cursor)] if cursor else []),
            ("_", str(self._clock.now_ns())),
        ]
        request = Request("GET", self._hosts.data, "/v2/trades", "data/trades", params)
        body = await self._read(REST_TRADES, request)
        return parse_trades_page(body, self._clock.now_ns() // _NS + CLOCK_SKEW_S)

    async def holdings(self, user: Wallet) -> list[Holding]:
        """Fetch what a wallet holds, redeemable and dust included.

        Raises:
            WireError: A page cannot be read, or the list does not end.
        """
        found: list[Holding] = []
        cursor: str | None = None
        seen: set[str] = set()
        while True:
            params = [
                ("user", user),
                ("filter_amount", "0"),
                ("limit", str(TRADES_PER_PAGE)),
                *([("cursor", cursor)] if cursor else []),
                ("_", str(self._clock.now_ns())),
            ]
            request = Request("GET", self._hosts.data, "/v2/positions", "data/trades", params)
            page = parse_holdings_page(await self._read(REST_POSITIONS, request))
            found += page.rows
            cursor = page.next_cursor
            if cursor is None or not page.rows:
                return found
            if cursor in seen:
                raise WireError("the list of positions repeats itself")
            seen.add(cursor)

    async def prices_history(
        self, token_id: TokenId, *, interval: str = "1d", bucket_s: int = 300
    ) -> bytes:
        """Fetch a token's price history. Source: ``rest-data.md`` section 5.2, 2026-11."""
        params = [
            ("token_id", token_id),
            ("interval", interval),
            ("bucket_seconds", str(bucket_s)),
        ]
        route = "data/prices-history"
        request = Request("GET", self._hosts.data, "/v2/prices-history", route, params)
        return await self._read(REST_PRICES, request)

    async def time(self) -> int:
        """Return the venue's time in whole seconds.

        Raises:
            WireError: The answer is not a number.
        """
        body = await self._read(REST_TIME, Request("GET", self._hosts.clob, "/time", "clob/time"))
        text = body.strip().strip(b'"')
        if not (text.isdigit() and len(text) <= 12):
            raise WireError(f"{host_name(self._hosts.clob)} answered /time without a number")
        return int(text)

    async def _markets(self, ids: Sequence[tuple[str, str]], closed: str) -> bytes:
        params = [*ids, ("closed", closed), ("limit", str(PAGE_ROWS))]
        request = Request("GET", self._hosts.gamma, "/markets/keyset", "gamma/markets", params)
        return await self._read(REST_MARKETS, request)

    async def _page(
        self, path: str, route: str, channel: str, params: list[tuple[str, str]]
    ) -> CataloguePage:
        body = await self._read(channel, Request("GET", self._hosts.gamma, path, route, params))
        return parse_catalogue_page(body)

    async def _read(self, channel: str, request: Request) -> bytes:
        body = await self._reader.read(request)
        self._sink.put(Frame(channel, self._clock.now_ns(), body))
        return body


async def first_contact(hosts: Hosts, clock: Clock, *, within_s: float = 4.0) -> str | None:
    """Return None when the venue answers, otherwise a sentence for a person without network."""
    rules = HttpRules(connect_s=within_s, read_s=within_s, attempts=1)
    reader = HttpReader(clock, rules=rules)
    try:
        await reader.read_once(Request("GET", hosts.clob, "/time", "clob/time"))
    except VenueUnavailable as error:
        reason = str(error).rstrip(".")
        return f"{reason}. `polydesk demo` shows the desk on a recording, without a network."
    finally:
        await reader.close()
    return None


def _walk(
    cursor: str | None, order: str, ascending: bool, limit: int, filters: Params
) -> list[tuple[str, str]]:
    params = [("limit", str(limit)), ("order", order), ("ascending", str(ascending).lower())]
    params.extend(filters)
    if cursor:
        params.append(("after_cursor", cursor))
    return params


def _chunks(items: Sequence[_Id], size: int) -> Iterator[Sequence[_Id]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _absent(ids: Sequence[_Id], body: bytes) -> list[_Id]:
    """Return the ids that stand nowhere in the answer, neither plain nor in nested JSON."""
    return [
        one
        for one in ids
        if f'"{one}"'.encode() not in body and f'\\"{one}\\"'.encode() not in body
    ]
