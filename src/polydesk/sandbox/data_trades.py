"""The trades and activity routes of the Data API v2.

Source: ``rest-data.md`` section 5.2, 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from polydesk.domain.ids import Wallet
from polydesk.domain.units import decimal_from_micros, notional_floor
from polydesk.sandbox.activity import UNENRICHED_INDEX, WalletTrade
from polydesk.sandbox.answers import Refusal
from polydesk.sandbox.books import Json
from polydesk.sandbox.catalogue import texts_of, tokens_of
from polydesk.sandbox.data_params import Params, page
from polydesk.sandbox.exchange import Exchange
from polydesk.sandbox.world import World

DUST: Final = 10_000
"""Default floor of the trades route: 0.01 share."""
SIDES: Final = ("", "BUY", "SELL")
ACTIVITY_TYPES: Final = frozenset(
    {
        "TRADE", "SPLIT", "MERGE", "REDEEM", "REWARD", "CONVERSION", "MIGRATION", "DEPOSIT",
        "WITHDRAWAL", "YIELD", "MAKER_REBATE", "TAKER_REBATE", "REFERRAL_REWARD", "TIP",
    }
)  # fmt: skip
Anchored = tuple[int, int, WalletTrade]
"""(epoch seconds, number in the recording, trade): where a walk stands."""


def trades(exchange: Exchange, params: Params) -> Json:
    """Answer ``/v2/trades``: newest first."""
    world, user = exchange.world, params.user()
    taker_only = params.flag("taker_only", True)
    rows = [row for row in _selected(world, params, user) if _large_enough(row[2], params)]
    if taker_only:
        rows = [row for row in rows if world.trades.is_taker(row[2])]
    if user is not None:
        rows = _in_window(rows, params)
    return _walk("trades", rows, params, newest_first=True, with_type=False, world=world)


def activity(exchange: Exchange, params: Params) -> Json:
    """Answer ``/v2/activity``. A recording holds trades only, so other types are empty.

    Raises:
        Refusal: ``user`` is missing or a type is unknown.
    """
    user = params.user()
    if user is None:
        raise Refusal(400, "user is required", "user")
    types = {part.upper() for part in params.text("type").split(",") if part}
    if not types <= ACTIVITY_TYPES:
        raise Refusal(400, "unknown activity type", "type")
    rows = _in_window(_selected(exchange.world, params, user), params)
    if types and "TRADE" not in types:
        rows = []
    newest = params.choice("sort_direction", "DESC", ("ASC", "DESC")) == "DESC"
    return _walk(
        "activity", rows, params, newest_first=newest, with_type=True, world=exchange.world
    )


def _selected(world: World, params: Params, user: Wallet | None) -> list[Anchored]:
    side = params.choice("side", "", SIDES)
    conditions, events = params.conditions(), params.events()
    if events:
        conditions = _conditions_of(world, events)
    wanted = bool(conditions or events)
    return [
        (trade.seconds, number, trade)
        for number, trade in enumerate(world.trades.rows)
        if (user is None or trade.wallet == user)
        and (not side or trade.side == side)
        and (not wanted or trade.condition.lower() in conditions)
    ]


def _conditions_of(world: World, events: Iterable[str]) -> frozenset[str]:
    """Return the conditions of the markets that name one of these events."""
    wanted = set(events)
    rows = world.catalogue.markets.values()
    return frozenset(
        str(row.get("conditionId", "")).lower()
        for row in rows
        if str(world.catalogue.event_of(row).get("id", "")) in wanted
    )


def _large_enough(trade: WalletTrade, params: Params) -> bool:
    in_cash = params.choice("filter_type", "TOKENS", ("TOKENS", "CASH")) == "CASH"
    amount = notional_floor(trade.price, trade.size) if in_cash else trade.size
    return amount >= params.micros("filter_amount", DUST)


def _in_window(rows: list[Anchored], params: Params) -> list[Anchored]:
    start, end = params.seconds("start"), params.seconds("end")
    return [
        row for row in rows if (start is None or row[0] >= start) and (end is None or row[0] <= end)
    ]


def _walk(
    kind: str,
    rows: list[Anchored],
    params: Params,
    *,
    newest_first: bool,
    with_type: bool,
    world: World,
) -> Json:
    """Return one page of a keyset walk, which new trades do not disturb."""
    rows.sort(key=lambda row: row[:2], reverse=newest_first)
    limit, cursor = params.limit(), params.cursor(kind, "ts", "sq")
    if cursor is not None:
        anchor = (cursor["ts"], cursor["sq"])
        rows = [row for row in rows if (row[:2] < anchor) is newest_first and row[:2] != anchor]
    shown = rows[:limit]
    following: Json | None = None
    if len(rows) > limit:
        following = {"type": kind, "ts": shown[-1][0], "sq": shown[-1][1]}
    build = activity_row if with_type else trade_row
    return page([build(world, row[2]) for row in shown], limit, following)


def trade_row(world: World, trade: WalletTrade) -> Json:
    """Return a row of the trades route."""
    return {
        "proxy_wallet": str(trade.wallet),
        "side": trade.side,
        "token_id": trade.token,
        "condition_id": trade.condition,
        "size": decimal_from_micros(trade.size),
        "price": decimal_from_micros(trade.price),
        "timestamp": trade.seconds,
        **{name: trade.texts[name] for name in ("title", "slug", "icon", "event_slug")},
        "outcome": trade.texts["outcome"] or _outcome(world, trade),
        "outcome_index": _index(world, trade),
        **{
            name: trade.texts[name]
            for name in ("name", "pseudonym", "bio", "profile_image", "profile_image_optimized")
        },
        "transaction_hash": trade.transaction,
    }


def activity_row(world: World, trade: WalletTrade) -> Json:
    """Return a row of the activity route; a taker's purchase includes its fee."""
    cash = notional_floor(trade.price, trade.size)
    paid = cash + trade.fee if trade.side == "BUY" else cash
    return {
        **trade_row(world, trade),
        "type": "TRADE",
        "usdc_size": decimal_from_micros(paid),
    }


def _index(world: World, trade: WalletTrade) -> int:
    if trade.outcome_index != UNENRICHED_INDEX:
        return trade.outcome_index
    tokens = tokens_of(world.catalogue.market(trade.token) or {})
    return tokens.index(trade.token) if trade.token in tokens else UNENRICHED_INDEX


def _outcome(world: World, trade: WalletTrade) -> str:
    labels = texts_of((world.catalogue.market(trade.token) or {}).get("outcomes"))
    index = _index(world, trade)
    return labels[index] if index < len(labels) else ""
