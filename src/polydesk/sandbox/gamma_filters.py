"""Selecting and ordering catalogue rows as Gamma does.

Source: ``rest-data.md`` sections 3.1 and 3.2, 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from starlette.datastructures import QueryParams

from polydesk.sandbox.answers import Refusal, truth
from polydesk.sandbox.books import Json
from polydesk.sandbox.catalogue import objects, texts_of

_Values = Callable[[Json], list[str]]


def _field(name: str) -> _Values:
    return lambda row: texts_of([row[name]]) if row.get(name) is not None else []


def _inner(name: str) -> _Values:
    return lambda row: texts_of(row.get(name))


def _nested(name: str, key: str) -> _Values:
    return lambda row: [str(item.get(key, "")) for item in objects(row.get(name))]


MARKET_LISTS: Final[dict[str, _Values]] = {
    "id": _field("id"),
    "slug": _field("slug"),
    "condition_ids": _field("conditionId"),
    "clob_token_ids": _inner("clobTokenIds"),
    "position_ids": _inner("positionIds"),
    "question_ids": _field("questionID"),
    "request_ids": _field("requestId"),
    "onchain_event_ids": _field("onchainEventId"),
    "market_maker_address": _field("marketMakerAddress"),
    "tag_id": _nested("tags", "id"),
    "sports_market_types": _field("sportsMarketType"),
    "game_id": _field("gameId"),
    "uma_resolution_status": _field("umaResolutionStatus"),
    "resolution_status": _field("resolutionStatus"),
    "version": _field("version"),
}
"""Repeatable filters: a row passes when it has one of the values."""

EVENT_LISTS: Final[dict[str, _Values]] = {
    "id": _field("id"),
    "slug": _field("slug"),
    "tag_id": _nested("tags", "id"),
    "tag_slug": _nested("tags", "slug"),
    "series_id": _nested("series", "id"),
    "game_id": _field("gameId"),
    "parent_event_id": _field("parentEventId"),
    "version": _field("version"),
}

MARKET_FLAGS: Final = {"rfq_enabled": "rfqEnabled"}
EVENT_FLAGS: Final = {"live": "live", "ended": "ended", "featured": "featured"}

MARKET_RANGES: Final = {
    "liquidity_num": "liquidityNum",
    "volume_num": "volumeNum",
    "start_date": "startDate",
    "end_date": "endDate",
}
EVENT_RANGES: Final = {
    "liquidity": "liquidity",
    "volume": "volume",
    "start_date": "startDate",
    "end_date": "endDate",
    "start_time": "startTime",
}
_TIMES: Final = frozenset({"start_date", "end_date", "start_time"})

SORTS: Final = frozenset(
    {
        "id", "volume", "volumeNum", "volume24hr", "volume1wk", "volume1mo", "volume1yr",
        "liquidity", "liquidityNum", "competitive", "startDate", "endDate", "closedTime",
        "createdAt", "updatedAt", "spread", "lastTradePrice", "bestBid", "bestAsk", "slug",
    }
)  # fmt: skip


def select(
    rows: list[Json], query: QueryParams, lists: dict[str, _Values], ranges: dict[str, str]
) -> list[Json]:
    """Return the rows that pass every filter; resolved ones only with ``closed=true``."""
    closed = truth(query.get("closed")) or False
    flags = EVENT_FLAGS if lists is EVENT_LISTS else MARKET_FLAGS
    return [
        row
        for row in rows
        if bool(row.get("closed")) is closed
        and _in_lists(row, query, lists)
        and _in_ranges(row, query, ranges)
        and _has_flags(row, query, flags)
        and not _excluded(row, query)
    ]


def _in_lists(row: Json, query: QueryParams, lists: dict[str, _Values]) -> bool:
    for name, values in lists.items():
        wanted = query.getlist(name)
        if not wanted:
            continue
        held = {value.lower() for value in values(row)}
        hits = [text.lower() in held for text in wanted]
        every = name == "tag_id" and query.get("tag_match") == "all"
        if not (all(hits) if every else any(hits)):
            return False
    return True


def _in_ranges(row: Json, query: QueryParams, ranges: dict[str, str]) -> bool:
    for name, field in ranges.items():
        low, high = query.get(f"{name}_min"), query.get(f"{name}_max")
        if low is None and high is None:
            continue
        value = row.get(field)
        if value is None:
            return False
        if name in _TIMES:
            inside = (low or "") <= str(value) and (high is None or str(value) <= high)
        else:
            inside = _between(value, low, high)
        if not inside:
            return False
    return True


def _between(value: Any, low: str | None, high: str | None) -> bool:
    try:
        number = float(value)
        return (low is None or number >= float(low)) and (high is None or number <= float(high))
    except (TypeError, ValueError) as error:
        raise Refusal(422, "invalid number in a range filter") from error


def _has_flags(row: Json, query: QueryParams, flags: dict[str, str]) -> bool:
    wanted = {field: truth(query.get(name)) for name, field in flags.items()}
    return all(want is None or bool(row.get(field)) is want for field, want in wanted.items())


def _excluded(row: Json, query: QueryParams) -> bool:
    tags = {str(tag.get("id", "")) for tag in objects(row.get("tags"))}
    title = str(query.get("title_search") or "").lower()
    wrong_title = bool(title) and title not in str(row.get("title", "")).lower()
    return wrong_title or not tags.isdisjoint(query.getlist("exclude_tag_id"))


def ordering(query: QueryParams) -> tuple[list[str], bool]:
    """Return the sort names of a request and whether they ascend (they do by default)."""
    names = [name.strip() for name in (query.get("order") or "").split(",")]
    return [name for name in names if name], truth(query.get("ascending")) is not False


def arrange(rows: list[Json], names: Sequence[str] = (), *, ascending: bool = True) -> list[Json]:
    """Return rows in the asked order, by id without one; rows without the value come last.

    Raises:
        Refusal: 422 for an unknown sort name.
    """
    rows = sorted(rows, key=lambda row: _id_key(row.get("id")))
    for name in reversed(names):
        if name not in SORTS:
            raise Refusal(422, "order fields are not valid")
        rows = _sorted_by(rows, name, ascending)
    return rows


def _sorted_by(rows: list[Json], name: str, ascending: bool) -> list[Json]:
    key = _id_key if name == "id" else _value_key
    present = [row for row in rows if row.get(name) is not None]
    missing = [row for row in rows if row.get(name) is None]
    return sorted(present, key=lambda row: key(row[name]), reverse=not ascending) + missing


def _id_key(value: Any) -> tuple[Any, str]:
    text = str(value or "")
    return (int(text), "") if text.isdecimal() else (0, text)


def _value_key(value: Any) -> tuple[Any, str]:
    """Order numbers as numbers and texts as texts, so that a text ``volume`` sorts wrongly too."""
    return (value, "") if isinstance(value, int | float | Decimal) else (0, str(value))
