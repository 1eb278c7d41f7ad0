"""Markets and events as Gamma answered them, findable by every id the venue uses.

Rows stay raw JSON objects: the sandbox repeats what was recorded and changes a row only where
the recording itself says so (a resolution).

Source: ``rest-data.md`` sections 2 and 3, 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from polydesk.domain.units import MICROS, format_micros, parse_micros
from polydesk.errors import WireError
from polydesk.sandbox.announcements import gamma_row
from polydesk.sandbox.books import Json, Terms

_LIST_KEYS: Final = ("markets", "events", "data")


class Catalogue:
    """Rows in order of first appearance."""

    def __init__(self) -> None:
        self.markets: dict[str, Json] = {}
        """By Gamma id."""
        self.events: dict[str, Json] = {}
        """By Gamma id, with their markets nested as recorded."""
        self._market_keys: dict[str, str] = {}
        """Condition id, slug and outcome ids to Gamma id."""
        self._event_slugs: dict[str, str] = {}

    def take_markets(self, text: bytes) -> None:
        """Take a recorded answer of a market route."""
        for row in rows_of(text):
            self._take_market(row)
            for event in objects(row.get("events")):
                self._take_event(event, overwrite=False)

    def take_events(self, text: bytes) -> None:
        """Take a recorded answer of an event route or of the search."""
        for row in rows_of(text):
            self._take_event(row, overwrite=True)
            bare = {key: value for key, value in row.items() if key not in {"markets", "tags"}}
            for market in objects(row.get("markets")):
                self._take_market({**market, "events": market.get("events") or [bare]})

    def take_announcements(self, text: bytes) -> None:
        """Take the markets a socket frame announces, unless a row of them is held."""
        for event in rows_of(text):
            if event.get("event_type") != "new_market" or str(event.get("id")) in self.markets:
                continue
            row = gamma_row(event)
            self._take_market(row)
            for named in objects(row["events"]):
                self._take_event(named, overwrite=False)

    def market(self, key: str) -> Json | None:
        """Return the row with this id, condition id, slug or outcome id."""
        return self.markets.get(self._market_keys.get(key.lower(), key))

    def event(self, key: str) -> Json | None:
        """Return the event with this id or slug."""
        return self.events.get(self._event_slugs.get(key, key))

    def event_of(self, market: Json) -> Json:
        """Return the event a market row names, an empty object when it names none."""
        named = objects(market.get("events"))
        return named[0] if named else {}

    def terms(self, token: str, recorded: Terms) -> Terms:
        """Return the text terms of a token's book: the catalogue's before the books' own."""
        row = self.market(token)
        if row is None or "orderMinSize" not in row:
            return recorded
        size = number_micros(row["orderMinSize"])
        text = recorded.min_order_size if size is None else format_micros(size)
        return Terms(text, bool(row.get("negRisk", recorded.neg_risk)))

    def resolve(self, condition: str, payouts: Mapping[str, str], at_s: int) -> None:
        """Write a resolution into the market's row and its event's copy.

        Args:
            condition: The market's; an unknown one changes nothing.
            payouts: Dollars per share by token; what is not named pays nothing.
            at_s: When, seconds UTC.

        Source: ``rest-data.md`` section 3.5, 2026-11.
        """
        row = self.market(condition)
        if row is None or not payouts.keys() <= set(tokens_of(row)):
            return
        prices = [payouts.get(token, "0") for token in tokens_of(row)]
        result: Json = {
            "closed": True,
            "acceptingOrders": False,
            "outcomePrices": msgspec.json.encode(prices).decode(),
            "umaResolutionStatus": "resolved",
            "closedTime": f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S}+00",
        }
        row.update(result)
        event = self.events.get(str(self.event_of(row).get("id", "")), {})
        for copy in objects(event.get("markets")):
            if copy.get("id") == row["id"]:
                copy.update(result)

    def _take_market(self, row: Json) -> None:
        market_id = str(row.get("id") or "")
        if not market_id:
            return
        held = self.markets.get(market_id, {})
        self.markets[market_id] = {**held, **row}
        names = [row.get("conditionId"), row.get("slug"), *all_tokens(row)]
        for name in names:
            if isinstance(name, str) and name:
                self._market_keys[name.lower()] = market_id

    def _take_event(self, row: Json, *, overwrite: bool) -> None:
        event_id = str(row.get("id") or "")
        if not event_id or (event_id in self.events and not overwrite):
            return
        self.events[event_id] = row
        slug = row.get("slug")
        if isinstance(slug, str) and slug:
            self._event_slugs[slug] = event_id


def rows_of(text: bytes) -> list[Json]:
    """Return the objects of an answer: a bare array, a page, or one object.

    Raises:
        WireError: The text is no JSON.
    """
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"not JSON: {error}") from error
    if isinstance(body, dict):
        lists = [body[key] for key in _LIST_KEYS if isinstance(body.get(key), list)]
        body = lists[0] if lists and "id" not in body else [body]
    return objects(body)


def objects(value: Any) -> list[Json]:
    """Return the JSON objects of an array, nothing for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts_of(value: Any) -> list[str]:
    """Read an array of texts that may itself be written as a text."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return []
    return [str(item) for item in value] if isinstance(value, list) else []


def tokens_of(row: Json) -> list[str]:
    """Return a market's tradable ids in outcome order, the family chosen by ``version``."""
    return texts_of(row.get("positionIds" if row.get("version") == "v2" else "clobTokenIds"))


def all_tokens(row: Json) -> list[str]:
    """Return the ids of both families; tradable ones last, so that they win."""
    both = [*texts_of(row.get("clobTokenIds")), *texts_of(row.get("positionIds"))]
    return [*both, *tokens_of(row)]


def number_micros(value: Any) -> int | None:
    """Read a JSON number or decimal text as micros; None when it is neither."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return parse_micros(str(value))
    except WireError:
        return None


def tick_of(row: Json) -> int:
    """Return a market's tick in micros, one cent when the row has none."""
    tick = number_micros(row.get("orderPriceMinTickSize"))
    return tick if tick and tick < MICROS else 10_000
