"""The positions and value routes of the Data API v2.

Source: ``rest-data.md`` section 5.2, 2026-11.
"""

from __future__ import annotations

from typing import Any, Final

from polydesk.domain.units import (
    MICROS,
    PriceMicros,
    ShareMicros,
    decimal_from_micros,
    notional_floor,
    share_of,
)
from polydesk.sandbox.answers import Refusal
from polydesk.sandbox.books import Json
from polydesk.sandbox.catalogue import texts_of, tokens_of
from polydesk.sandbox.data_params import Params, offset_page
from polydesk.sandbox.exchange import Exchange
from polydesk.sandbox.portfolio import Holding, holdings, payout, price_now, value_now
from polydesk.sandbox.world import World

DUST: Final = 100_000
"""Default floor: 0.1 share."""
STATUSES: Final = ("OPEN", "REDEEMABLE", "REDEEMABLE_LOST", "MERGEABLE", "CLOSED")
USER_ONLY: Final = frozenset({"REDEEMABLE_LOST", "MERGEABLE"})
SORTS: Final = {
    "CURRENT_VALUE": "current_value",
    "PRICE": "current_price",
    "TOKENS": "current_size",
    "UNREALIZED_PNL": "unrealized_pnl",
    "REALIZED_PNL": "realized_pnl",
    "TOTAL_PNL": "total_pnl",
    "TIMESTAMP": "last_event_at",
}


def positions(exchange: Exchange, params: Params) -> Json:
    """Answer ``/v2/positions``.

    Raises:
        Refusal: Neither a user nor exactly one condition is named, or a status needs a user.
    """
    status = params.choice("status", "OPEN", STATUSES)
    _check_selectors(params, status)
    world = exchange.world
    rows = [
        position_row(world, held, pair)
        for held, pair in _asked(world, params)
        if _has_status(world, held, status, pair) and _large_enough(world, held, status, params)
    ]
    rows = [row for row in rows if _in_window(row, params) and _titled(row, params)]
    first = "REALIZED_PNL" if status == "CLOSED" else "CURRENT_VALUE"
    field = SORTS[params.choice("sort_by", first, tuple(SORTS))]
    falling = params.choice("sort_direction", "DESC", ("ASC", "DESC")) == "DESC"
    rows.sort(key=lambda row: (row[field], row["token_id"], row["proxy_wallet"]), reverse=falling)
    return offset_page("positions", rows, params)


def wallet_value(exchange: Exchange, params: Params) -> Json:
    """Answer ``/v2/value``: what a wallet's shown positions are worth.

    Raises:
        Refusal: ``user`` is missing.
    """
    user = params.user()
    if user is None:
        raise Refusal(400, "user is required", "user")
    world = exchange.world
    total = sum(value_now(world, held) for held, _ in _asked(world, params))
    return {"data": {"proxy_wallet": str(user), "value": decimal_from_micros(total)}}


def _check_selectors(params: Params, status: str) -> None:
    user, conditions = params.user(), params.conditions()
    if user is None and len(conditions) != 1:
        raise Refusal(400, "user or exactly one condition is required", "user")
    if user is None and (status in USER_ONLY or params.events()):
        raise Refusal(400, "user is required", "user")
    if status == "CLOSED" and params.flag("include_archived", False):
        raise Refusal(400, "include_archived is invalid with CLOSED", "include_archived")


def _asked(world: World, params: Params) -> list[tuple[Holding, int]]:
    """Return the holdings of the request, each with what its owner holds of the other side."""
    user, conditions, events = params.user(), params.conditions(), params.events()
    owners = world.trades.wallets()
    trades = [rows for who, rows in owners if user is None or who == user]
    found = []
    for rows in trades:
        mine = {held.token: held for held in holdings(rows)}
        for held in mine.values():
            if conditions and held.last.condition.lower() not in conditions:
                continue
            if events and _event_id(world, held) not in events:
                continue
            other = mine.get(_opposite(world, held.token)[0])
            found.append((held, other.size if other else 0))
    return found


def _event_id(world: World, held: Holding) -> str:
    row = world.catalogue.market(held.token) or {}
    return str(world.catalogue.event_of(row).get("id", ""))


def _opposite(world: World, token: str) -> tuple[str, str]:
    """Return the other outcome's id and label, empty texts when unknown."""
    row = world.catalogue.market(token) or {}
    tokens, labels = tokens_of(row), texts_of(row.get("outcomes"))
    if token not in tokens or len(tokens) != 2 or len(labels) != 2:
        return "", ""
    other = 1 - tokens.index(token)
    return tokens[other], labels[other]


def _has_status(world: World, held: Holding, status: str, pair: int) -> bool:
    paid = payout(world, held.token)
    match status:
        case "CLOSED":
            return not held.size
        case "REDEEMABLE":
            return bool(held.size) and paid is not None
        case "REDEEMABLE_LOST":
            return bool(held.size) and paid == 0
        case "MERGEABLE":
            return bool(held.size) and bool(pair) and paid is None
        case _:
            return bool(held.size)


def _large_enough(world: World, held: Holding, status: str, params: Params) -> bool:
    if status == "CLOSED":
        return True
    in_cash = params.choice("filter_type", "TOKENS", ("TOKENS", "CASH")) == "CASH"
    amount = value_now(world, held) if in_cash else held.size
    return amount >= params.micros("filter_amount", DUST)


def _in_window(row: Json, params: Params) -> bool:
    start, end = params.seconds("start"), params.seconds("end")
    at: int = row["last_event_at"]
    return (start is None or at >= start) and (end is None or at <= end)


def _titled(row: Json, params: Params) -> bool:
    return params.text("title").strip().lower() in str(row["title"]).lower()


def position_row(world: World, held: Holding, pair: int) -> Json:
    """Return a row of the positions route; ``pair`` is the owner's size of the other outcome."""
    price = price_now(world, held.token, held.last.price)
    return {
        "proxy_wallet": str(held.wallet),
        "token_id": held.token,
        "condition_id": held.last.condition,
        **_money(held, price),
        **_state(world, held, pair),
        **_labels(world, held),
        "last_event_at": held.last.seconds,
        "first_entry_at": held.first.seconds,
    }


def _money(held: Holding, price: PriceMicros) -> dict[str, Any]:
    value = notional_floor(price, ShareMicros(held.size))
    unrealized = value - held.cost
    amounts = {
        "current_size": held.size,
        "avg_price": held.average,
        "entry_cost_usdc": held.cost,
        "entry_fees_usdc": held.fees,
        "total_cost_usdc": held.cost + held.fees,
        "current_price": price,
        "current_value": value,
        "total_size": held.bought,
        "realized_pnl": held.realized,
        "unrealized_pnl": unrealized,
        "total_pnl": held.realized + unrealized,
        "percent_pnl": _percent(unrealized, held.cost),
        "percent_realized_pnl": _percent(held.realized, held.spent),
    }
    return {name: decimal_from_micros(amount) for name, amount in amounts.items()}


def _percent(part: int, whole: int) -> int:
    return share_of(100 * MICROS, part, whole) if whole else 0


def _state(world: World, held: Holding, pair: int) -> Json:
    paid = payout(world, held.token)
    redeemable = bool(held.size) and paid is not None
    row = world.catalogue.market(held.token) or {}
    return {
        "status": "CLOSED" if not held.size else "REDEEMABLE" if redeemable else "OPEN",
        "redeemable": redeemable,
        "mergeable": bool(held.size) and bool(pair) and paid is None,
        "negative_risk": bool(row.get("negRisk")),
        "archived": bool(row.get("archived")),
        "verified": False,
    }


def _labels(world: World, held: Holding) -> Json:
    row = world.catalogue.market(held.token) or {}
    event = world.catalogue.event_of(row)
    other_token, other_label = _opposite(world, held.token)
    texts = held.last.texts
    return {
        **{name: texts[name] for name in ("title", "slug", "icon")},
        "event_id": str(event.get("id", "")),
        "event_slug": texts["event_slug"] or event.get("slug", ""),
        "outcome": texts["outcome"],
        "outcome_index": held.last.outcome_index,
        "opposite_outcome": other_label,
        "opposite_token_id": other_token,
        "end_date": str(row.get("endDateIso") or row.get("endDate") or "")[:10],
        "name": texts["name"],
        "profile_image": texts["profile_image"],
    }
