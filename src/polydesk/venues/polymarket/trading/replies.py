"""An answer of the venue as it came, and what its body says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

from polydesk.domain.text import clean
from polydesk.errors import WireError
from polydesk.venues.polymarket.http_parts import is_page, shown
from polydesk.venues.polymarket.limits import LONGEST_PAUSE_S, asked_pause_s
from polydesk.venues.polymarket.wire.strict_json import parse_strict

_ERROR_KEYS: Final = ("error", "errorMsg", "error_msg", "message")
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers and body of one answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""

    def value(self) -> Any:
        """Return the body as JSON with numbers as texts; None when it is no JSON."""
        try:
            return parse_strict(self.body)
        except WireError:
            return None

    def error(self) -> str:
        """Return the venue's sentence, cleaned; empty when the body carries none."""
        return error_in(self.value())

    def words(self) -> str:
        """Return what may be shown of the answer when it is not understood."""
        if self.is_page:
            return f"{self.status} with a web page instead of an answer"
        return f"{self.status}: {self.error() or shown(self.body)}"

    @property
    def is_page(self) -> bool:
        """Whether a web page came instead of data."""
        return is_page(self.headers, self.body)

    def retry_after_s(self) -> float | None:
        """Return the wait the venue asks for, by header or body; None when it names none."""
        asked = asked_pause_s(self.headers.get("retry-after"))
        if asked is not None:
            return asked
        value = self.value()
        stated = value.get("retry_after_seconds") if isinstance(value, dict) else None
        if not isinstance(stated, str):
            return None
        whole, _, fraction = stated.partition(".")
        seconds = asked_pause_s(whole)
        if seconds is None:
            return None
        return min(seconds + 1.0, LONGEST_PAUSE_S) if fraction.strip("0") else seconds


def error_in(value: Any) -> str:
    """Return the sentence of an error object, cleaned; empty when there is none."""
    if not isinstance(value, dict):
        return ""
    texts = (value.get(key) for key in _ERROR_KEYS)
    return next((clean(text, _SHOWN) for text in texts if _is_sentence(text)), "")


def _is_sentence(text: Any) -> TypeGuard[str]:
    """Return whether words were said; a bare number, read as its text, is none."""
    return isinstance(text, str) and any(map(str.isalpha, text))
