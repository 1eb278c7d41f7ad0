"""What a wallet holds, as the Data API says: the opening of an account that traded before.

Source: ``rest-data.md`` section 5.2, 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from polydesk.domain.ids import TokenId
from polydesk.domain.units import ShareMicros, UsdMicros, micros_from_json_number
from polydesk.errors import WireError


@dataclass(frozen=True, slots=True)
class Holding:
    """Shares of one token with what they cost by the venue's count."""

    token_id: TokenId
    size: ShareMicros
    cost: UsdMicros
    """Without fees."""


@dataclass(frozen=True, slots=True)
class HoldingsPage:
    """One page of a wallet's holdings."""

    rows: tuple[Holding, ...]
    next_cursor: str | None


class _Row(msgspec.Struct):
    token_id: str
    current_size: Any
    entry_cost_usdc: Any = None


class _Pagination(msgspec.Struct):
    next_cursor: str | None = None


class _Page(msgspec.Struct):
    data: list[_Row]
    pagination: _Pagination | None = None


_PAGE = msgspec.json.Decoder(_Page)


def parse_holdings_page(body: bytes) -> HoldingsPage:
    """Read a page of positions.

    Raises:
        WireError: The text has no such form; a row that cannot be read makes the page
            unreadable, since a missing holding would be a wrong account.
    """
    try:
        page = _PAGE.decode(body)
        rows = tuple(_holding(row) for row in page.data)
    except (WireError, msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise WireError("a page of positions cannot be read") from error
    cursor = page.pagination.next_cursor if page.pagination else None
    return HoldingsPage(tuple(row for row in rows if row.size > 0), cursor or None)


def _holding(row: _Row) -> Holding:
    if not (row.token_id.isascii() and row.token_id.isdigit()):
        raise ValueError("a token id is a decimal number")
    size = micros_from_json_number(row.current_size)
    cost = 0 if row.entry_cost_usdc is None else micros_from_json_number(row.entry_cost_usdc)
    if size < 0 or cost < 0:
        raise ValueError("a holding is not negative")
    return Holding(TokenId(row.token_id), ShareMicros(size), UsdMicros(cost))
