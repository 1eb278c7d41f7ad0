"""The recording that the official clients trade on: a plain and a negative-risk market."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.unit.sandbox import small

from polydesk.domain.frames import MARKET, REST_EVENTS, REST_MARKETS, Frame

GALE, FOG = "0x" + "5" * 64, "0x" + "6" * 64
GALE_YES, GALE_NO, FOG_YES, FOG_NO = (digit * 20 for digit in ("51", "52", "61", "62"))


def _row(number: int, name: str, condition: str, yes: str, no: str, **more: Any) -> Any:
    return small.MARKETS[0] | {
        "id": str(number),
        "question": f"Will there be {name} tomorrow?",
        "slug": f"will-there-be-{name}",
        "conditionId": condition,
        "clobTokenIds": json.dumps([yes, no]),
        **more,
    }


GALE_ROW = _row(51, "a-gale", GALE, GALE_YES, GALE_NO)
FOG_ROW = _row(
    61, "fog", FOG, FOG_YES, FOG_NO,
    negRisk=True, negRiskMarketID="0x" + "6" * 62 + "00", orderPriceMinTickSize=0.001,
)  # fmt: skip
EVENT = small.EVENT | {"id": "505", "slug": "weather", "markets": [GALE_ROW, FOG_ROW]}


def _books(yes: str, no: str, condition: str, tick: str) -> list[Any]:
    at, levels = small.START_MS, small.levels
    more = {"tick_size": tick}
    return [
        small.book(
            yes, condition, at,
            levels(("0.4", "100"), ("0.5", "40")), levels(("0.6", "100"), ("0.55", "60")), **more,
        ),
        small.book(
            no, condition, at,
            levels(("0.4", "100"), ("0.45", "60")), levels(("0.6", "100"), ("0.5", "40")), **more,
        ),
    ]  # fmt: skip


def write(path: Path) -> Path:
    """Write the recording: the catalogue, and one book of each token that stays as it is."""
    books = [*_books(GALE_YES, GALE_NO, GALE, "0.01"), *_books(FOG_YES, FOG_NO, FOG, "0.001")]
    script: list[tuple[str, int, Any]] = [
        (REST_MARKETS, -2_000, {"markets": [GALE_ROW, FOG_ROW]}),
        (REST_EVENTS, -1_000, [EVENT]),
        (MARKET, 0, books),
    ]
    frames = [
        Frame(channel, (small.START_MS + offset) * 1_000_000, json.dumps(body).encode())
        for channel, offset, body in script
    ]
    return small.write(path, frames)
