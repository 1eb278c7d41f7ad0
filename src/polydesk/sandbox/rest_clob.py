"""CLOB: books, prices and market parameters, reading side.

Source: ``rest-data.md`` section 4, 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from polydesk.domain.units import decimal_from_micros, format_micros
from polydesk.sandbox.answers import Refusal, answer, body_handler, handler
from polydesk.sandbox.books import Json, TokenBook
from polydesk.sandbox.clob_markets import (
    by_token,
    fee_rate,
    full_market,
    market_page,
    neg_risk,
    parameters,
    tick_size,
)
from polydesk.sandbox.exchange import Exchange

MAX_BATCH: Final = 500
MAX_HISTORY_BATCH: Final = 20
MAX_WINDOW_S: Final = 15 * 86_400
CLOB_VERSION: Final = 2
SIDES: Final = ("BUY", "SELL")
DAY_S: Final = 86_400
INTERVALS: Final = {
    "1h": 3_600,
    "6h": 6 * 3_600,
    "1d": DAY_S,
    "1w": 7 * DAY_S,
    "1m": 30 * DAY_S,
    "max": None,
    "all": None,
}


def clob_routes(exchange: Exchange) -> list[Route]:
    """Return the routes of the CLOB host."""
    gets: dict[str, Callable[[Exchange, Request], Any]] = {
        "/time": lambda e, _: e.trading.now_s,
        "/ok": lambda _, __: "OK",
        "/version": lambda _, __: {"version": CLOB_VERSION},
        "/book": lambda e, r: _asked_book(e, r).rest_json(),
        "/books": lambda e, r: _books(e, _listed_tokens(r)),
        "/price": _price,
        "/prices": lambda e, _: _prices(e, [(t, s) for t in e.world.books for s in SIDES]),
        "/midpoint": lambda e, r: {"mid": _mid(_asked_book(e, r))},
        "/midpoints": lambda e, r: _each(e, _listed_tokens(r), _mid),
        "/spread": lambda e, r: {"spread": _spread(_asked_book(e, r))},
        "/spreads": lambda e, r: _each(e, _listed_tokens(r), _spread),
        "/last-trade-price": lambda e, r: _last_trade(_traded(e, _token(r))),
        "/tick-size": lambda e, r: tick_size(e.world, _token(r)),
        "/neg-risk": lambda e, r: neg_risk(e.world, _token(r)),
        "/fee-rate": lambda e, r: fee_rate(e.world, _token(r)),
        "/prices-history": _history,
        "/markets": lambda e, r: market_page(e.world, r.query_params.get("next_cursor")),
        "/markets/{condition}": lambda e, r: full_market(e.world, r.path_params["condition"]),
        "/markets-by-token/{token}": lambda e, r: by_token(e.world, r.path_params["token"]),
        "/clob-markets/{condition}": lambda e, r: parameters(e.world, r.path_params["condition"]),
    }
    posts: dict[str, Callable[[Exchange, Any], Any]] = {
        "/books": lambda e, body: _books(e, _body_tokens(body)),
        "/prices": lambda e, body: _prices(e, _body_sides(body)),
        "/midpoints": lambda e, body: _each(e, _body_tokens(body), _mid),
        "/spreads": lambda e, body: _each(e, _body_tokens(body), _spread),
        "/last-trades-prices": _last_trades,
        "/batch-prices-history": _batch_history,
    }
    return [
        *(Route(path, handler(exchange, build, _refuse)) for path, build in gets.items()),
        *(
            Route(path, body_handler(exchange, build, _refuse), methods=["POST"])
            for path, build in posts.items()
        ),
        Route(
            "/{rest:path}", handler(exchange, _unknown, _refuse), methods=["GET", "POST", "DELETE"]
        ),
    ]


def _unknown(_: Exchange, __: Request) -> Json:
    raise Refusal(404, "Not found")


def _refuse(_: Request, refusal: Refusal) -> Response:
    return answer({"error": refusal.message}, refusal.status)


def _token(request: Request) -> str:
    token = request.query_params.get("token_id", "")
    if not token.isdecimal():
        raise Refusal(400, "Invalid token id")
    return token


def _asked_book(exchange: Exchange, request: Request) -> TokenBook:
    return _two_sided(exchange.world.book(_token(request)))


def _two_sided(held: TokenBook | None) -> TokenBook:
    """Return the book.

    Raises:
        Refusal: There is none.
    """
    if held is None:
        raise Refusal(404, "No orderbook exists for the requested token id")
    return held


def _listed_tokens(request: Request) -> list[str]:
    given = request.query_params.getlist("token_ids")
    return [token for text in given for token in text.split(",") if token]


def _body_tokens(body: Any) -> list[str]:
    return [str(row["token_id"]) for row in _batch(body)]


def _batch(body: Any) -> list[Json]:
    """Return the rows of a batch body that name a token; anything but a flat array has none."""
    rows = body if isinstance(body, list) else []
    if len(rows) > MAX_BATCH:
        raise Refusal(400, "Payload exceeds the limit")
    return [row for row in rows if isinstance(row, dict) and "token_id" in row]


def _body_sides(body: Any) -> list[tuple[str, str]]:
    pairs = [(str(row["token_id"]), str(row.get("side", "")).upper()) for row in _batch(body)]
    if any(side not in SIDES for _, side in pairs):
        raise Refusal(400, "Invalid side")
    return pairs


def _known(exchange: Exchange, tokens: list[str]) -> list[TokenBook]:
    """Return the books there are; ids without a book are left out."""
    books = (exchange.world.book(token) for token in dict.fromkeys(tokens))
    return [book for book in books if book is not None]


def _books(exchange: Exchange, tokens: list[str]) -> list[Json]:
    return [book.rest_json() for book in _known(exchange, tokens)]


def _each(
    exchange: Exchange, tokens: list[str], value: Callable[[TokenBook], str]
) -> dict[str, str]:
    """Return a value per token; tokens without one are left out."""
    found = {}
    for book in _known(exchange, tokens):
        if book.book.mid is not None:
            found[str(book.book.token_id)] = value(book)
    return found


def _price(exchange: Exchange, request: Request) -> Json:
    held = _asked_book(exchange, request)
    side = request.query_params.get("side", "").upper()
    if side not in SIDES:
        raise Refusal(400, "Invalid side")
    return {"price": _touch(held, side)}


def _touch(held: TokenBook, side: str) -> str:
    """Return the touch as the API reference defines it: BUY is the best bid."""
    return format_micros(held.book.best_bid if side == "BUY" else held.book.best_ask)


def _prices(exchange: Exchange, pairs: list[tuple[str, str]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for token, side in pairs:
        held = exchange.world.book(token)
        if held is not None:
            found.setdefault(token, {})[side] = _touch(held, side)
    return found


def _mid(held: TokenBook) -> str:
    if held.book.mid is None:
        raise Refusal(404, "No orderbook exists for the requested token id")
    return format_micros(held.book.mid)


def _spread(held: TokenBook) -> str:
    if held.book.spread is None:
        raise Refusal(404, "No orderbook exists for the requested token id")
    return format_micros(held.book.spread)


def _traded(exchange: Exchange, token: str) -> TokenBook:
    return _two_sided(exchange.world.books.get(token))


def _last_trade(held: TokenBook) -> Json:
    """Return the last trade; without one seen, price 0.5 and no side are the venue's blank."""
    last = held.book.last_trade
    if last is None or not held.last_side:
        return {"price": "0.5" if last is None else format_micros(last), "side": ""}
    return {"price": format_micros(last), "side": held.last_side}


def _last_trades(exchange: Exchange, body: Any) -> list[Json]:
    rows = []
    for token in _body_tokens(body):
        held = exchange.world.books.get(token)
        if held is not None and held.last_side:
            rows.append({"token_id": token, **_last_trade(held)})
    return rows


def _history(exchange: Exchange, request: Request) -> Json:
    query = request.query_params
    token = query.get("market", "")
    if not token:
        raise Refusal(400, "market is required")
    interval = query.get("interval")
    if interval is not None:
        start, end = _interval_window(exchange, interval)
    else:
        start, end = _number(query.get("startTs")), _number(query.get("endTs"))
        _check_window(start, end)
    step = max(1, _number(query.get("fidelity", "1"))) * 60
    return {"history": _points(exchange, token, start, end, step)}


def _interval_window(exchange: Exchange, interval: str) -> tuple[int, int]:
    if interval not in INTERVALS:
        raise Refusal(400, "invalid interval")
    length = INTERVALS[interval]
    end = exchange.now_s + 1
    return (0 if length is None else end - length), end


def _number(text: Any) -> int:
    try:
        return int(text)
    except (TypeError, ValueError) as error:
        raise Refusal(400, "interval or startTs and endTs are required as integers") from error


def _check_window(start: int, end: int) -> None:
    if end < start or end - start > MAX_WINDOW_S:
        raise Refusal(400, "invalid time window; 15 days at most")


def _points(exchange: Exchange, token: str, start: int, end: int, step: int) -> list[Json]:
    end = min(end, exchange.now_s + 1)
    series = exchange.world.history.series(token, start, end, step)
    return [{"t": t, "p": decimal_from_micros(price)} for t, price in series]


def _batch_history(exchange: Exchange, body: Any) -> Json:
    fields = body if isinstance(body, dict) else {}
    tokens = fields.get("markets")
    if not isinstance(tokens, list) or len(tokens) > MAX_HISTORY_BATCH:
        raise Refusal(400, "markets must be an array of at most 20 token ids")
    start, end = _number(fields.get("start_ts")), _number(fields.get("end_ts"))
    _check_window(start, end)
    step = max(1, _number(fields.get("fidelity", 1))) * 60
    return {"history": {str(t): _points(exchange, str(t), start, end, step) for t in tokens}}
