"""Gamma's public search over what was recorded.

Source: ``rest-data.md`` section 3.3, 2026-11.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import QueryParams
from starlette.requests import Request

from polydesk.sandbox.answers import Refusal, integer, truth
from polydesk.sandbox.books import Json
from polydesk.sandbox.catalogue import objects
from polydesk.sandbox.exchange import Exchange
from polydesk.sandbox.gamma_filters import arrange
from polydesk.sandbox.gamma_live import live_event
from polydesk.sandbox.world import World

PER_TYPE: Final = 5
_SORTS: Final = {
    "volume": "volume",
    "volume_24hr": "volume24hr",
    "liquidity": "liquidity",
    "competitive": "competitive",
    "closed_time": "closedTime",
    "start_date": "startDate",
    "end_date": "endDate",
}


def search(exchange: Exchange, request: Request) -> Json:
    """Answer ``GET /public-search``.

    Raises:
        Refusal: ``q`` is missing.
    """
    query = request.query_params
    words = (query.get("q") or "").lower().split()
    if not words:
        raise Refusal(422, "q is required")
    per_type = integer(request, "limit_per_type", PER_TYPE, 1, 100)
    start = (integer(request, "page", 1, 1, 1 << 20) - 1) * per_type
    events = _events(exchange.world, query, words)
    tags = _tags(events) if truth(query.get("search_tags")) else []
    profiles = _profiles(exchange.world, words) if truth(query.get("search_profiles")) else []
    found = {"events": events, "tags": tags, "profiles": profiles}
    longest = max(len(rows) for rows in found.values())
    page: Json = {name: rows[start : start + per_type] or None for name, rows in found.items()}
    more = start + per_type < longest
    return {**page, "pagination": {"hasMore": more, "totalResults": len(events)}}


def _events(world: World, query: QueryParams, words: list[str]) -> list[Json]:
    rows = [live_event(row, world) for row in world.catalogue.events.values()]
    rows = [row for row in rows if _matches(row, words) and _status_fits(row, query)]
    order = _SORTS.get(query.get("sort", ""))
    ascending = bool(truth(query.get("ascending")))
    rows = arrange(rows, [order] if order else [], ascending=ascending or not order)
    if truth(query.get("keep_closed_markets")):
        return rows
    return [_open_markets(row) for row in rows]


def _matches(row: Json, words: list[str]) -> bool:
    parts = [row.get("title"), row.get("slug")]
    parts += [market.get("question") for market in objects(row.get("markets"))]
    text = " ".join(str(part) for part in parts if part).lower()
    return all(word in text for word in words)


def _status_fits(row: Json, query: QueryParams) -> bool:
    status = query.get("events_status")
    if status is None:
        return True
    return bool(row.get("closed")) is (status in {"closed", "resolved"})


def _open_markets(row: Json) -> Json:
    """Return an event without its closed markets, unless all are closed."""
    markets = objects(row.get("markets"))
    still_open = [market for market in markets if not market.get("closed")]
    return {**row, "markets": still_open} if still_open else row


def _tags(events: list[Json]) -> list[Json]:
    """Return the tags of the events found, with how many of them carry each."""
    found: dict[str, Json] = {}
    for event in events:
        for tag in objects(event.get("tags")):
            key = str(tag.get("id", ""))
            held = found.setdefault(
                key,
                {"id": key, "label": tag.get("label"), "slug": tag.get("slug"), "event_count": 0},
            )
            held["event_count"] += 1
    return list(found.values())


def _profiles(world: World, words: list[str]) -> list[Json]:
    """Return wallets whose recorded name holds every word."""
    found = []
    for who, trades in world.trades.wallets():
        texts = trades[-1].texts
        names = f"{texts['name']} {texts['pseudonym']}".lower()
        if all(word in names for word in words):
            found.append(
                {
                    "name": texts["name"],
                    "pseudonym": texts["pseudonym"],
                    "bio": texts["bio"],
                    "profileImage": texts["profile_image"],
                    "proxyWallet": str(who),
                }
            )
    return found
