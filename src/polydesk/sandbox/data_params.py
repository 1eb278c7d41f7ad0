"""Parameters and pages of the Data API v2.

Source: ``rest-data.md`` section 5.1, 2026-11.
"""

from __future__ import annotations

import re
from typing import Any, Final

from starlette.requests import Request

from polydesk.domain.ids import Wallet, wallet
from polydesk.domain.units import parse_micros
from polydesk.errors import WireError
from polydesk.sandbox.answers import Refusal, pack_cursor, truth, unpack_cursor
from polydesk.sandbox.books import Json

MAX_LIMIT: Final = 1_000
DEFAULT_LIMIT: Final = 100
MAX_SELECTORS: Final = 20
MAX_DIGITS: Final = 18
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_CONDITION: Final = re.compile(r"0x(?:[0-9a-fA-F]{62}|[0-9a-fA-F]{64})")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ALIASES: Final = {"condition_id": "condition"}


class Params:
    """One request's parameters, snake_case or camelCase."""

    def __init__(self, request: Request) -> None:
        """Read them.

        Raises:
            Refusal: ``offset`` is given, which v2 refuses.
        """
        self._values: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            snake = _CAMEL.sub("_", name).lower()
            self._values[_ALIASES.get(snake, snake)] = value
        if "offset" in self._values:
            raise Refusal(400, "offset is not supported; use cursor", "offset")

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        return self._values.get(name, default)

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return one of the allowed words.

        Raises:
            Refusal: It is none of them.
        """
        value = self._values.get(name, default)
        for word in allowed:
            if value.lower() == word.lower():
                return word
        raise Refusal(400, f"{name} must be one of {', '.join(w for w in allowed if w)}", name)

    def flag(self, name: str, default: bool) -> bool:
        """Return a boolean.

        Raises:
            Refusal: It is neither true nor false.
        """
        text = self._values.get(name)
        value = truth(text)
        if text is not None and value is None:
            raise Refusal(400, f"{name} must be true or false", name)
        return default if value is None else value

    def seconds(self, name: str) -> int | None:
        """Return a time in epoch seconds, None when absent.

        Raises:
            Refusal: It is no whole number.
        """
        text = self._values.get(name)
        if text is None:
            return None
        seconds = _whole(text)
        if seconds is None:
            raise Refusal(400, f"{name} must be epoch seconds", name)
        return seconds

    def micros(self, name: str, default: int) -> int:
        """Return an amount in micros.

        Raises:
            Refusal: It is no plain decimal.
        """
        try:
            return parse_micros(self._values[name]) if name in self._values else default
        except WireError as error:
            raise Refusal(400, f"{name} must be a number", name) from error

    def user(self) -> Wallet | None:
        """Return the wallet asked for.

        Raises:
            Refusal: It is no address.
        """
        text = self._values.get("user")
        if text is None:
            return None
        if "," in text:
            return Wallet("")
        if _ADDRESS.fullmatch(text) is None:
            raise Refusal(400, "user must be an address", "user")
        return wallet(text)

    def conditions(self) -> frozenset[str]:
        """Return the conditions asked for, in lower case; empty means all.

        Raises:
            Refusal: One is malformed, there are too many, or an event is named as well.
        """
        names = [part for part in self.text("condition").split(",") if part]
        if any(_CONDITION.fullmatch(name) is None for name in names):
            raise Refusal(400, "malformed condition", "condition")
        if len(names) > MAX_SELECTORS:
            raise Refusal(400, "at most 20 conditions", "condition")
        if names and self.text("event_id"):
            raise Refusal(400, "condition and event_id exclude each other", "event_id")
        return frozenset(name.lower() for name in names)

    def events(self) -> frozenset[str]:
        """Return the event ids asked for; empty means all.

        Raises:
            Refusal: One is malformed or there are too many.
        """
        names = [part for part in self.text("event_id").split(",") if part]
        if len(names) > MAX_SELECTORS or not all(name.isdecimal() for name in names):
            raise Refusal(400, "event_id must be at most 20 event ids", "event_id")
        return frozenset(names)

    def limit(self, most: int = MAX_LIMIT) -> int:
        """Return the page length.

        Raises:
            Refusal: It is outside 1 to ``most``: v2 refuses instead of clamping.
        """
        limit = _whole(self._values.get("limit", str(DEFAULT_LIMIT)))
        if limit is None or not 1 <= limit <= most:
            raise Refusal(400, f"limit must be between 1 and {most}", "limit")
        return limit

    def cursor(self, kind: str, *numbers: str) -> Json | None:
        """Return the fields of the cursor, None on a first page.

        Args:
            kind: The route's name in its cursors.
            numbers: Fields that hold the place where the walk goes on.

        Raises:
            Refusal: The cursor is none of this route's.
        """
        text = self._values.get("cursor")
        if not text:
            return None
        fields = unpack_cursor(text)
        if fields.get("type") != kind or not all(_is_place(fields.get(name)) for name in numbers):
            raise Refusal(400, "cursor belongs to another route", "cursor")
        return fields


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= MAX_DIGITS else None


def _is_place(value: Any) -> bool:
    return type(value) is int and value >= 0


def page(rows: list[Any], limit: int, following: Json | None) -> Json:
    """Return the envelope of a list; ``following`` describes where the next page begins."""
    return {
        "data": rows,
        "pagination": {
            "limit": limit,
            "offset": 0,
            "has_more": following is not None,
            "next_cursor": None if following is None else pack_cursor(following),
        },
    }


def offset_page(kind: str, rows: list[Any], params: Params, most: int = MAX_LIMIT) -> Json:
    """Return a page of a ranking, whose cursor hides an offset as the venue's does."""
    limit = params.limit(most)
    fields = params.cursor(kind, "o")
    start = 0 if fields is None else fields["o"]
    end = start + limit
    return page(rows[start:end], limit, {"type": kind, "o": end} if end < len(rows) else None)
