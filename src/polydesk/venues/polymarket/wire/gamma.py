"""Gamma answers: catalogue rows to markets.

Source: ``rest-data.md`` sections 2 and 3, 2026-11.
"""

from __future__ import annotations

from typing import Final

import msgspec

from polydesk.domain.events import MarketResolved
from polydesk.domain.ids import EventId
from polydesk.domain.instruments import FeeSchedule, Market, MarketVersion, Outcome
from polydesk.domain.text import clean
from polydesk.domain.units import MICROS, ONE_PRICE, PriceMicros, ShareMicros, UsdMicros
from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.gamma_schemas import EventRow, GammaPage, MarketRow, TagRow
from polydesk.venues.polymarket.wire.ids import CONDITIONS, TOKENS
from polydesk.venues.polymarket.wire.numbers import checked_tick, json_micros, json_size
from polydesk.venues.polymarket.wire.pages import REFUSALS, Page
from polydesk.venues.polymarket.wire.schemas import Number
from polydesk.venues.polymarket.wire.times import iso_to_ns

MAX_EXPONENT: Final = 8
_HALF: Final = PriceMicros(MICROS // 2)
_NOTHING: Final = PriceMicros(0)
_PAYOUTS: Final = {
    "0": _NOTHING,
    "0.0": _NOTHING,
    "0.5": _HALF,
    "1": ONE_PRICE,
    "1.0": ONE_PRICE,
}
"""Outcome prices that are final, exactly as written."""
_FAIR_PAYOUTS: Final = ((ONE_PRICE, _NOTHING), (_NOTHING, ONE_PRICE), (_HALF, _HALF))

_PAGE = msgspec.json.Decoder(GammaPage)
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_MARKET = msgspec.json.Decoder(MarketRow)
_EVENT = msgspec.json.Decoder(EventRow)
_TEXTS = msgspec.json.Decoder(list[str])
_NUMBERS = msgspec.json.Decoder(list[str | float | int])


class NotTradable(Exception):
    """A row that is well formed but names no binary market with tokens."""


def read_markets(body: bytes) -> Page[Market]:
    """Read a market list: keyset page, bare array or single object."""
    rows, cursor = _rows(body, "markets")
    page: Page[Market] = Page(next_cursor=cursor)
    for raw in rows:
        try:
            _add_market(page, _MARKET.decode(raw), None)
        except REFUSALS:
            page.broken += 1
    return page


def read_events(body: bytes) -> Page[Market]:
    """Read an event list (keyset page, bare array, single object or search answer)."""
    rows, cursor = _rows(body, "events")
    page: Page[Market] = Page(next_cursor=cursor)
    for raw in rows:
        try:
            event = _EVENT.decode(raw)
        except REFUSALS:
            page.broken += 1
            continue
        for nested in event.markets or []:
            try:
                _add_market(page, _MARKET.decode(nested), event)
            except REFUSALS:
                page.broken += 1
    return page


def parse_markets(body: bytes) -> tuple[list[Market], str | None]:
    """Read a market list into binary markets and the next cursor.

    Raises:
        WireError: The body is not a market list.
    """
    page = read_markets(body)
    return page.rows, page.next_cursor


def parse_events(body: bytes) -> tuple[list[Market], str | None]:
    """Read an event list into its binary markets and the next cursor."""
    page = read_events(body)
    return page.rows, page.next_cursor


def parse_search(body: bytes) -> list[Market]:
    """Read a search answer into the binary markets of the events found."""
    return read_events(body).rows


def resolution(market: Market, ts_init: int, ts_event: int | None = None) -> MarketResolved | None:
    """Return the pay-out event of a finally resolved market, or None."""
    if market.payouts is None:
        return None
    pairs = zip(market.outcomes, market.payouts, strict=True)
    return MarketResolved(
        condition_id=market.condition_id,
        ts_event=ts_init if ts_event is None else ts_event,
        ts_init=ts_init,
        payouts=tuple((outcome.token_id, payout) for outcome, payout in pairs),
    )


def two_outcomes(tokens: list[str], labels: list[str]) -> tuple[Outcome, ...]:
    """Pair two token ids with their labels.

    Raises:
        NotTradable: There are not exactly two outcomes, or they have no tokens.
        WireError: The ids are malformed or equal.
    """
    if len(labels) != 2:
        raise NotTradable("not binary")
    if not tokens:
        raise NotTradable("no tokens")
    if len(tokens) != 2 or tokens[0] == tokens[1]:
        raise WireError("a binary market needs two different token ids")
    return tuple(
        Outcome(TOKENS[token], clean(label), index)
        for index, (token, label) in enumerate(zip(tokens, labels, strict=True))
    )


def fee_schedule(rate: Number, exponent: Number, taker_only: bool) -> FeeSchedule:
    """Build a fee schedule; raise WireError when we could not calculate its fees."""
    micros, power = json_micros(rate), json_micros(exponent)
    if not 0 <= micros <= MICROS or power % MICROS or not 0 <= power <= MAX_EXPONENT * MICROS:
        raise WireError(f"fee schedule not understood: rate {rate!r}, exponent {exponent!r}")
    return FeeSchedule(micros, power // MICROS, taker_only)


def _rows(body: bytes, key: str) -> tuple[list[msgspec.Raw], str | None]:
    """Return the rows of an answer in any of its forms, with the cursor."""
    try:
        if body.lstrip()[:1] == b"[":
            return _RAWS.decode(body), None
        page = _PAGE.decode(body)
        listed = page.markets if key == "markets" else page.events
        if listed is not msgspec.UNSET:
            return listed or [], page.next_cursor
        if page.id is not None:
            return [msgspec.Raw(body)], None
    except REFUSALS as error:
        raise WireError(f"not a list of {key}: {error}") from error
    raise WireError(f"the answer has no {key}")


def _add_market(page: Page[Market], row: MarketRow, event: EventRow | None) -> None:
    try:
        market = _market(row, event)
    except NotTradable as reason:
        page.skipped[str(reason)] += 1
        return
    page.rows.append(market)
    closed_ns = iso_to_ns(row.closed_time)
    if closed_ns is not None:
        page.times[market.condition_id] = closed_ns


def _market(row: MarketRow, event: EventRow | None) -> Market:
    version = _version(row.version)
    tick, least = row.order_price_min_tick_size, row.order_min_size
    outcomes = two_outcomes(_tokens(row, version), _texts(row.outcomes))
    parent = event or (row.events[0] if row.events else EventRow())
    closed = bool(row.closed_time) if row.closed is None else row.closed
    return Market(
        condition_id=CONDITIONS[row.condition_id],
        question=clean(row.question or ""),
        slug=clean(row.slug or ""),
        outcomes=outcomes,
        tick=PriceMicros(checked_tick(json_micros(tick)) if tick else 10_000),
        min_size=ShareMicros(json_size(least) if least else 5_000_000),
        neg_risk=bool(row.neg_risk),
        fees=_fees(row),
        version=version,
        market_id=clean(row.id or ""),
        event_id=EventId(clean(parent.id or "")),
        event_slug=clean(parent.slug or ""),
        event_title=clean(parent.title or ""),
        group_title=clean(row.group_item_title or ""),
        category=clean(row.category or _first_tag(row.tags) or _first_tag(parent.tags)),
        end_ns=iso_to_ns(row.end_date) or iso_to_ns(row.end_date_iso),
        active=row.active is not False,
        closed=closed,
        accepting_orders=not closed if row.accepting_orders is None else row.accepting_orders,
        volume=_usd(row.volume_num if row.volume_num is not None else row.volume),
        volume_24h=_usd(row.volume_24hr),
        liquidity=_usd(row.liquidity_num if row.liquidity_num is not None else row.liquidity),
        payouts=_payouts(row) if closed else None,
    )


def _version(text: str | None) -> MarketVersion:
    if text in {None, "", "v1"}:
        return MarketVersion.V1
    return MarketVersion.V2 if text == "v2" else MarketVersion.OTHER


def _tokens(row: MarketRow, version: MarketVersion) -> list[str]:
    """Choose the tradable ids by version, never by which field is there.

    Source: ``rest-data.md`` section 2: both fields may be present on a v1 market.
    """
    return _texts(row.position_ids if version is MarketVersion.V2 else row.clob_token_ids)


def _texts(value: str | list[str] | None) -> list[str]:
    """Read a list of texts sent as an array or as JSON inside a text."""
    if isinstance(value, str):
        return _TEXTS.decode(value) if value else []
    return value or []


def _payouts(row: MarketRow) -> tuple[PriceMicros, ...] | None:
    """Return the final pay-outs; None unless they are exactly 1/0, 0/1 or a half each.

    Source: ``rest-data.md`` section 3.5: ``closed`` alone proves nothing.
    """
    value = row.outcome_prices
    prices = (_NUMBERS.decode(value) if value else []) if isinstance(value, str) else value or []
    found = tuple(_PAYOUTS.get(str(price)) for price in prices)
    return found if found in _FAIR_PAYOUTS else None


def _fees(row: MarketRow) -> FeeSchedule:
    schedule = row.fee_schedule
    if schedule is None or row.fees_enabled is False:
        return FeeSchedule()
    return fee_schedule(
        schedule.rate or 0,
        1 if schedule.exponent is None else schedule.exponent,
        schedule.taker_only is not False,
    )


def _first_tag(tags: list[TagRow] | None) -> str:
    return next((tag.label for tag in tags or [] if tag.label), "")


def _usd(value: Number | None) -> UsdMicros:
    return UsdMicros(json_micros(value) if value not in {None, ""} else 0)
