"""Data API v2: trades, activity, positions, standings, price history and health.

Source: ``rest-data.md`` section 5, 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from polydesk.domain.units import decimal_from_micros
from polydesk.sandbox.answers import Refusal, answer, digest, handler
from polydesk.sandbox.books import Json
from polydesk.sandbox.catalogue import texts_of, tokens_of
from polydesk.sandbox.data_params import Params, offset_page
from polydesk.sandbox.data_positions import positions, wallet_value
from polydesk.sandbox.data_trades import activity, trades
from polydesk.sandbox.exchange import Exchange
from polydesk.sandbox.portfolio import WINDOWS, Standing, payout, standings

CODES: Final = {400: "invalid_request", 404: "not_found", 405: "method_not_allowed"}
HISTORY_LENGTHS: Final = {
    "1h": 3_600,
    "6h": 6 * 3_600,
    "1d": 86_400,
    "1w": 7 * 86_400,
    "1m": 30 * 86_400,
    "max": None,
    "all": None,
}
LEAST_BUCKET_S: Final = {"max": 600, "all": 600, "1m": 600, "1w": 300}
MAX_WINDOW_S: Final = 15 * 86_400
MAX_POINTS: Final = 10_000
MAX_TOKENS: Final = 50
POLYGON: Final = 137


def data_routes(exchange: Exchange) -> list[Route]:
    """Return the routes of the Data API host."""
    builds: dict[str, Callable[[Exchange, Params], Any]] = {
        "/v2/trades": trades,
        "/v2/activity": activity,
        "/v2/positions": positions,
        "/v2/value": wallet_value,
        "/v2/leaderboard": _leaderboard,
        "/v2/prices-history": _prices_history,
        "/v2/tokens": _tokens,
        "/v2/status": _status,
    }
    known = [
        Route(path, handler(exchange, _with_params(build), _refuse))
        for path, build in builds.items()
    ]
    return [*known, Route("/{rest:path}", handler(exchange, _unknown, _refuse))]


def _with_params(build: Callable[[Exchange, Params], Any]) -> Callable[[Exchange, Request], Any]:
    return lambda exchange, request: build(exchange, Params(request))


def _unknown(_: Exchange, __: Request) -> Json:
    raise Refusal(404, "no such route")


def _refuse(request: Request, refusal: Refusal) -> Response:
    """Return the v2 error body; its trace id is a digest of the request."""
    trace = digest(str(request.url).encode())
    body: Json = {
        "error": refusal.message,
        "code": CODES.get(refusal.status, "internal"),
        "retryable": False,
        "trace_id": trace,
    }
    if refusal.parameter is not None:
        body["parameter"] = refusal.parameter
    return answer(body, refusal.status, {"x-trace-id": trace})


def _leaderboard(exchange: Exchange, params: Params) -> Json:
    window = params.choice("time_period", "day", tuple(WINDOWS))
    by_volume = params.choice("sort_by", "PNL", ("PNL", "VOLUME")) == "VOLUME"
    user = params.user()
    rows = standings(exchange.world, window, exchange.now_s)
    if user is not None:
        found = [row for row in rows if row.wallet == user]
        return {"data": _standing(found[0]) if found else None}
    rows.sort(key=lambda row: (row.rank_volume if by_volume else row.rank_pnl, row.wallet))
    ranked = [_ranked(row, row.rank_volume if by_volume else row.rank_pnl) for row in rows]
    return offset_page("leaderboard", ranked, params)


def _ranked(row: Standing, rank: int) -> Json:
    return {"rank": rank, **_trader(row)}


def _standing(row: Standing) -> Json:
    return {**_trader(row), "rank_pnl": row.rank_pnl, "rank_volume": row.rank_volume}


def _trader(row: Standing) -> Json:
    return {
        "user_id": str(row.wallet),
        "pnl": decimal_from_micros(row.pnl),
        "volume": decimal_from_micros(row.volume),
        "user_name": row.name,
        "profile_image": row.image,
        "x_username": "",
        "verified": False,
    }


def _prices_history(exchange: Exchange, params: Params) -> Json:
    token = params.text("token_id")
    if not token.isdecimal():
        raise Refusal(400, "token_id is required", "token_id")
    as_of = params.seconds("as_of")
    if as_of is not None:
        series = exchange.world.history.series(token, 0, min(as_of, exchange.now_s) + 1)[-1:]
        return offset_page("prices_history", _points(series, 60), params, MAX_POINTS)
    start, end, least = _window(exchange, params)
    step = max(least, params.seconds("bucket_seconds") or least)
    series = exchange.world.history.series(token, start, min(end, exchange.now_s + 1), step)
    return offset_page("prices_history", _points(series, step), params, MAX_POINTS)


def _window(exchange: Exchange, params: Params) -> tuple[int, int, int]:
    """Return start, end and least bucket of the history asked for.

    Raises:
        Refusal: Neither an interval nor a start is given, or the window is too long.
    """
    interval, start = params.text("interval"), params.seconds("start")
    if bool(interval) is (start is not None):
        raise Refusal(400, "exactly one of interval, start or as_of is required", "interval")
    if start is None:
        name = params.choice("interval", "", tuple(HISTORY_LENGTHS))
        length, end = HISTORY_LENGTHS[name], exchange.now_s + 1
        return 0 if length is None else end - length, end, LEAST_BUCKET_S.get(name, 60)
    end = params.seconds("end") or exchange.now_s + 1
    if not 0 <= end - start <= MAX_WINDOW_S:
        raise Refusal(400, "the window must be at most 15 days", "end")
    return start, end, 60


def _points(series: list[tuple[int, int]], step: int) -> list[Json]:
    return [
        {"timestamp": t, "price": decimal_from_micros(price), "resolution_seconds": step}
        for t, price in series
    ]


def _tokens(exchange: Exchange, params: Params) -> Json:
    """Resolve token or condition ids; unknown ones are left out."""
    catalogue = exchange.world.catalogue
    asked = [part for part in params.text("token_id").split(",") if part]
    if len(asked) > MAX_TOKENS:
        raise Refusal(400, "at most 50 tokens", "token_id")
    for condition in sorted(params.conditions()):
        asked.extend(tokens_of(catalogue.market(condition) or {}))
    rows = [_token(exchange, token) for token in dict.fromkeys(asked) if catalogue.market(token)]
    return {"data": rows}


def _token(exchange: Exchange, token: str) -> Json:
    world = exchange.world
    row = world.catalogue.market(token) or {}
    event = world.catalogue.event_of(row)
    ids = tokens_of(row)
    index = ids.index(token) if token in ids else 0
    event_id = str(event.get("id", ""))
    paid = payout(world, token)
    return {
        "token_id": token,
        "condition_id": row.get("conditionId", ""),
        "structural_condition_id": None,
        "module": _module(row),
        "outcome_index": index,
        "clob_index": index,
        "outcome": [*texts_of(row.get("outcomes")), "", ""][index],
        "opposite_token_id": ids[1 - index] if len(ids) == 2 else None,
        "resolved": paid is not None,
        "final_price": None if paid is None else decimal_from_micros(paid),
        "title": row.get("question", ""),
        "market_slug": row.get("slug", ""),
        "closed": bool(row.get("closed")),
        "neg_risk": bool(row.get("negRisk")),
        "neg_risk_market_id": row.get("negRiskMarketID") or None,
        "question_index": None,
        "event_id": int(event_id) if event_id.isdecimal() else None,
        "event_slug": event.get("slug"),
    }


def _module(row: Json) -> str:
    if row.get("version", "v1") == "v1":
        return "v1_ctf"
    return "neg_risk" if row.get("negRisk") else "binary"


def _status(exchange: Exchange, _: Params) -> Json:
    """Report the feed's age in recording time; block numbers are not in a recording."""
    rows = exchange.world.trades.rows
    age = max(0, exchange.now_s - rows[-1].seconds) if rows else None
    at = datetime.fromtimestamp(exchange.now_s, UTC)
    return {
        "data": {
            "computed_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "age_seconds": 0,
            "serving": {
                "lag_seconds": age or 0,
                "worst": "activity_feed",
                "mechanisms": [{"name": "activity_feed", "age_seconds": age}],
            },
            "ingestion": {
                "cursors": 0,
                "network": "polygon",
                "chain_id": POLYGON,
                "max_synced_block": None,
                "min_synced_block": None,
                "most_lagged": None,
                "lagging": [],
            },
        }
    }
