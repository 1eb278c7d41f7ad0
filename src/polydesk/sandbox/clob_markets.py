"""The CLOB's view of a market, written from its Gamma row.

Source: ``rest-data.md`` section 4, 2026-11.
"""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any, Final

from polydesk.domain.units import MICROS, decimal_from_micros
from polydesk.sandbox.answers import Refusal
from polydesk.sandbox.books import Json
from polydesk.sandbox.catalogue import number_micros, objects, texts_of, tick_of, tokens_of
from polydesk.sandbox.gamma_live import shown_price
from polydesk.sandbox.world import World

PAGE: Final = 1_000
START: Final = "MA=="
END: Final = "LTE="
"""Cursor after the last page (-1 in base64)."""


def tick_size(world: World, token: str) -> Json:
    """Return the tick of a token as the venue writes it, a JSON number."""
    held = world.books.get(token)
    if held is not None:
        return {"minimum_tick_size": decimal_from_micros(held.book.tick)}
    return {"minimum_tick_size": decimal_from_micros(tick_of(_of_token(world, token)))}


def neg_risk(world: World, token: str) -> Json:
    """Return whether a token's market is of the negative-risk kind."""
    held = world.book(token)
    if held is not None:
        return {"neg_risk": held.terms.neg_risk}
    return {"neg_risk": bool(_of_token(world, token).get("negRisk"))}


def fee_rate(world: World, token: str) -> Json:
    """Return the legacy fee cap of a token's market; 0 where the recording has no row."""
    row = world.catalogue.market(token)
    if row is None and token not in world.books:
        raise Refusal(404, "market not found")
    return {"base_fee": (row or {}).get("takerBaseFee", 0)}


def by_token(world: World, token: str) -> Json:
    """Return the condition and both tokens of the market a token belongs to."""
    row = _of_token(world, token)
    first, second = [*tokens_of(row), "", ""][:2]
    return {
        "condition_id": row.get("conditionId", ""),
        "primary_token_id": first,
        "secondary_token_id": second,
    }


def market_page(world: World, cursor: str | None) -> Json:
    """Return a page of all markets; the cursor is an offset in base64."""
    start = _offset(cursor)
    rows = list(world.catalogue.markets.values())
    page = rows[start : start + PAGE] if start >= 0 else []
    more = start >= 0 and start + PAGE < len(rows)
    following = base64.b64encode(str(start + PAGE).encode()).decode() if more else END
    return {
        "data": [_full(world, row) for row in page],
        "next_cursor": following,
        "limit": PAGE,
        "count": len(page),
    }


def _offset(cursor: str | None) -> int:
    try:
        return int(base64.b64decode(cursor or START))
    except ValueError as error:
        raise Refusal(400, "invalid next_cursor") from error


def full_market(world: World, condition: str) -> Json:
    """Return the full CLOB market of a condition.

    Raises:
        Refusal: 404 when the recording has no row of it.
    """
    return _full(world, _of_condition(world, condition))


def _full(world: World, row: Json) -> Json:
    return {
        "enable_order_book": bool(row.get("enableOrderBook")),
        "active": bool(row.get("active")),
        "closed": bool(row.get("closed")),
        "archived": bool(row.get("archived")),
        "accepting_orders": bool(row.get("acceptingOrders")),
        "accepting_order_timestamp": row.get("acceptingOrdersTimestamp"),
        "minimum_order_size": row.get("orderMinSize", 5),
        "minimum_tick_size": decimal_from_micros(_present_tick(world, row)),
        "condition_id": row.get("conditionId", ""),
        "question_id": row.get("questionID", ""),
        "question": row.get("question", ""),
        "description": row.get("description", ""),
        "market_slug": row.get("slug", ""),
        "end_date_iso": row.get("endDate"),
        "game_start_time": row.get("gameStartTime"),
        "seconds_delay": row.get("secondsDelay", 0),
        "fpmm": row.get("marketMakerAddress", ""),
        "maker_base_fee": row.get("makerBaseFee", 0),
        "taker_base_fee": row.get("takerBaseFee", 0),
        "notifications_enabled": bool(row.get("notificationsEnabled")),
        "neg_risk": bool(row.get("negRisk")),
        "neg_risk_market_id": row.get("negRiskMarketID", ""),
        "neg_risk_request_id": row.get("negRiskRequestID", ""),
        "icon": row.get("icon", ""),
        "image": row.get("image", ""),
        "rewards": {
            "rates": None,
            "min_size": row.get("rewardsMinSize", 0),
            "max_spread": row.get("rewardsMaxSpread", 0),
        },
        "is_50_50_outcome": _final_prices(row) == [MICROS // 2, MICROS // 2],
        "tokens": _tokens(world, row),
        "tags": [str(tag.get("label", "")) for tag in objects(row.get("tags"))],
    }


def _tokens(world: World, row: Json) -> list[Json]:
    final = _final_prices(row)
    labels = texts_of(row.get("outcomes"))
    return [
        {
            "token_id": token,
            "outcome": labels[index] if index < len(labels) else "",
            "price": _token_price(world, token, final, index),
            "winner": index < len(final) and final[index] == MICROS,
        }
        for index, token in enumerate(tokens_of(row))
    ]


def _final_prices(row: Json) -> list[int]:
    """Return the pay-outs of a resolved market, nothing for an open one."""
    if not row.get("closed"):
        return []
    prices = [number_micros(text) for text in texts_of(row.get("outcomePrices"))]
    return [price for price in prices if price is not None]


def _token_price(world: World, token: str, final: list[int], index: int) -> Decimal:
    if index < len(final):
        return decimal_from_micros(final[index])
    held = world.book(token)
    price = shown_price(held.book) if held is not None else None
    return decimal_from_micros(price or 0)


def parameters(world: World, condition: str) -> Json:
    """Return the compact trading parameters of a condition.

    Raises:
        Refusal: 404 when the recording has no row of it.
    """
    row = _of_condition(world, condition)
    labels = [*texts_of(row.get("outcomes")), "", ""]
    fees = row.get("feeSchedule")
    body: Json = {
        "c": row.get("conditionId", ""),
        "gst": row.get("gameStartTime"),
        "r": _rewards(row),
        "t": [{"t": token, "o": labels[i]} for i, token in enumerate(tokens_of(row))],
        "mos": row.get("orderMinSize", 5),
        "mts": decimal_from_micros(_present_tick(world, row)),
        "mbf": row.get("makerBaseFee", 0),
        "tbf": row.get("takerBaseFee", 0),
        "ao": bool(row.get("acceptingOrders")),
        "aot": row.get("acceptingOrdersTimestamp"),
        "sd": row.get("secondsDelay", 0),
        "cbos": bool(row.get("clearBookOnStart")),
        "rfqe": bool(row.get("rfqEnabled")),
    }
    if isinstance(fees, dict):
        body["fd"] = {"r": fees.get("rate"), "e": fees.get("exponent"), "to": fees.get("takerOnly")}
    return {**body, "nr": True} if row.get("negRisk") else body


def _rewards(row: Json) -> Json:
    fields = {"mi": row.get("rewardsMinSize"), "ma": row.get("rewardsMaxSpread")}
    return {key: value for key, value in fields.items() if value is not None}


def _present_tick(world: World, row: Json) -> int:
    """Return the tick of the first token's book, which follows tick changes."""
    tokens = tokens_of(row)
    held = world.books.get(tokens[0]) if tokens else None
    return held.book.tick if held is not None else tick_of(row)


def _of_token(world: World, token: str) -> Json:
    return _found(world.catalogue.market(token))


def _of_condition(world: World, condition: str) -> Json:
    row = _found(world.catalogue.market(condition))
    if str(row.get("conditionId", "")).lower() != condition.lower():
        raise Refusal(404, "market not found")
    return row


def _found(row: Any) -> Json:
    if not isinstance(row, dict):
        raise Refusal(404, "market not found")
    return row
