"""Gamma: the catalogue, its search and its tags.

Source: ``rest-data.md`` section 3, 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from polydesk.sandbox.answers import (
    Refusal,
    answer,
    fingerprint,
    handler,
    integer,
    pack_cursor,
    truth,
    unpack_cursor,
)
from polydesk.sandbox.books import Json
from polydesk.sandbox.catalogue import objects
from polydesk.sandbox.exchange import Exchange
from polydesk.sandbox.gamma_filters import (
    EVENT_LISTS,
    EVENT_RANGES,
    MARKET_LISTS,
    MARKET_RANGES,
    arrange,
    ordering,
    select,
)
from polydesk.sandbox.gamma_live import live_event, live_market
from polydesk.sandbox.gamma_search import search

MAX_PAGE: Final = 100
DEFAULT_PAGE: Final = 20
_PAGING: Final = ("limit", "after_cursor", "offset")

Build = Callable[[Exchange, Request], Any]


def gamma_routes(exchange: Exchange) -> list[Route]:
    """Return the routes of the Gamma host."""
    builds: dict[str, Build] = {
        "/markets/keyset": lambda e, r: _keyset("markets", _markets(e, r), r),
        "/markets": lambda e, r: _offset_page(_markets(e, r), r),
        "/markets/slug/{key}": _one_market,
        "/markets/{key}/tags": lambda e, r: objects(_held_market(e, r).get("tags")),
        "/markets/{key}": _one_market,
        "/events/keyset": lambda e, r: _keyset("events", _events(e, r), r),
        "/events": lambda e, r: _offset_page(_events(e, r), r),
        "/events/slug/{key}": _one_event,
        "/events/{key}/tags": lambda e, r: objects(_held_event(e, r).get("tags")),
        "/events/{key}": _one_event,
        "/public-search": search,
        "/tags/slug/{key}": _one_tag,
        "/tags/{key}": _one_tag,
        "/tags": lambda e, r: _offset_page(all_tags(e), r),
        "/comments/keyset": lambda _, __: {"comments": []},
        "/comments": _nothing,
        "/series": _nothing,
        "/sports": _nothing,
        "/teams": _nothing,
        "/{rest:path}": _unknown,
    }
    return [Route(path, handler(exchange, build, _refuse)) for path, build in builds.items()]


def _refuse(_: Request, refusal: Refusal) -> Response:
    kind = "not found error" if refusal.status == 404 else "validation error"
    return answer({"type": kind, "error": refusal.message}, refusal.status)


def _nothing(_: Exchange, __: Request) -> list[Json]:
    """Answer a list route of which recordings hold nothing."""
    return []


def _unknown(_: Exchange, __: Request) -> list[Json]:
    raise Refusal(404, "not found")


def _markets(exchange: Exchange, request: Request) -> list[Json]:
    world, query = exchange.world, request.query_params
    rows = [live_market(row, world) for row in world.catalogue.markets.values()]
    chosen = _in_order(select(rows, query, MARKET_LISTS, MARKET_RANGES), request)
    return [_shown_market(row, request) for row in chosen]


def _shown_market(row: Json, request: Request) -> Json:
    """Return a market as listed: tags only when asked for."""
    if truth(request.query_params.get("include_tag")):
        return row
    return {key: value for key, value in row.items() if key != "tags"}


def _events(exchange: Exchange, request: Request) -> list[Json]:
    world, query = exchange.world, request.query_params
    rows = [live_event(row, world) for row in world.catalogue.events.values()]
    chosen = _in_order(select(rows, query, EVENT_LISTS, EVENT_RANGES), request)
    if truth(query.get("include_markets")) is False:
        return [{key: v for key, v in row.items() if key != "markets"} for row in chosen]
    return chosen


def _in_order(rows: list[Json], request: Request) -> list[Json]:
    names, ascending = ordering(request.query_params)
    return arrange(rows, names, ascending=ascending)


def _keyset(name: str, rows: list[Json], request: Request) -> Json:
    """Return one page; the cursor is bound to the filters and absent on the last page."""
    print_ = fingerprint(request, *_PAGING)
    limit = integer(request, "limit", DEFAULT_PAGE, 1, MAX_PAGE)
    cursor = request.query_params.get("after_cursor")
    start = _after(rows, cursor, print_) if cursor else 0
    page: Json = {name: rows[start : start + limit]}
    if start + limit < len(rows):
        last = str(rows[start + limit - 1]["id"])
        page["next_cursor"] = pack_cursor({"after": last, "print": print_})
    return page


def _after(rows: list[Json], cursor: str, print_: str) -> int:
    """Return where a walk goes on.

    Raises:
        Refusal: The cursor belongs to another listing, or its row is gone.
    """
    fields = unpack_cursor(cursor)
    ids = [str(row["id"]) for row in rows]
    if fields.get("print") != print_ or fields.get("after") not in ids:
        raise Refusal(422, "after_cursor does not belong to this query")
    return ids.index(fields["after"]) + 1


def _offset_page(rows: list[Json], request: Request) -> list[Json]:
    start = integer(request, "offset", 0, 0, 1 << 31)
    return rows[start : start + integer(request, "limit", DEFAULT_PAGE, 0, MAX_PAGE)]


def _held_market(exchange: Exchange, request: Request) -> Json:
    row = exchange.world.catalogue.market(request.path_params["key"])
    if row is None:
        raise Refusal(404, "not found")
    return row


def _held_event(exchange: Exchange, request: Request) -> Json:
    row = exchange.world.catalogue.event(request.path_params["key"])
    if row is None:
        raise Refusal(404, "not found")
    return row


def _one_market(exchange: Exchange, request: Request) -> Json:
    return _shown_market(live_market(_held_market(exchange, request), exchange.world), request)


def _one_event(exchange: Exchange, request: Request) -> Json:
    return live_event(_held_event(exchange, request), exchange.world)


def all_tags(exchange: Exchange) -> list[Json]:
    """Return every tag that a recorded row carries, by id."""
    catalogue = exchange.world.catalogue
    rows = [*catalogue.events.values(), *catalogue.markets.values()]
    found = {str(tag.get("id")): tag for row in rows for tag in objects(row.get("tags"))}
    return arrange(list(found.values()))


def _one_tag(exchange: Exchange, request: Request) -> Json:
    key = request.path_params["key"]
    for tag in all_tags(exchange):
        if key in {str(tag.get("id")), tag.get("slug")}:
            return tag
    raise Refusal(404, "not found")
