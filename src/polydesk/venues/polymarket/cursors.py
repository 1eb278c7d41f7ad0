"""Where a list goes on: the cursor of a page, and little else of it.

The rows themselves are read by the decoder, from the frame the body became.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from polydesk.errors import WireError


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """One page of a Gamma list."""

    body: bytes
    next_cursor: str | None
    """None on the last page; a short page proves nothing."""


@dataclass(frozen=True, slots=True)
class TradesPage:
    """One page of a wallet's trades."""

    body: bytes
    next_cursor: str | None
    rows: int
    newest_s: int | None
    """Largest credible block second of the rows, None without such a row."""


class _Keyset(msgspec.Struct):
    next_cursor: str | None = None


class _Row(msgspec.Struct):
    timestamp: Any = None


class _Pagination(msgspec.Struct):
    next_cursor: str | None = None


class _Trades(msgspec.Struct):
    data: list[_Row]
    pagination: _Pagination | None = None


_KEYSET = msgspec.json.Decoder(_Keyset)
_TRADES = msgspec.json.Decoder(_Trades)


def parse_catalogue_page(body: bytes) -> CataloguePage:
    """Read the cursor of a Gamma keyset page.

    Raises:
        WireError: The text has no such form.

    Source: ``rest-data.md`` section 3.1, 2026-11.
    """
    try:
        keyset = _KEYSET.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError("a page of the catalogue cannot be read") from error
    return CataloguePage(body, keyset.next_cursor or None)


def parse_trades_page(body: bytes, latest_s: int) -> TradesPage:
    """Read the cursor and the times of a Data API page.

    Args:
        body: The answer.
        latest_s: No row can be newer than this second; the times of those that claim to be
            are left out, so that one false row cannot make a reader skip what follows.

    Raises:
        WireError: The text has no such form.

    Source: ``rest-data.md`` section 5.1, 2026-11.
    """
    try:
        trades = _TRADES.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError("a page of trades cannot be read") from error
    times = (row.timestamp for row in trades.data)
    newest = max((at for at in times if type(at) is int and 0 < at <= latest_s), default=None)
    cursor = trades.pagination.next_cursor if trades.pagination else None
    return TradesPage(body, cursor or None, len(trades.data), newest)
