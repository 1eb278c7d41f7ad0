"""What a wallet holds is read exactly, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.positions import parse_holdings_page

EXAMPLES = Path(__file__).parents[1] / "fixtures" / "examples"


def test_a_real_page_gives_every_holding_with_its_cost() -> None:
    body = (EXAMPLES / "data-v2-positions.json").read_bytes()
    page = parse_holdings_page(body)
    first = page.rows[0]
    assert (first.size, first.cost) == (28_090_000, 18_820_200)
    assert len(page.rows) == len(json.loads(body)["data"])
    assert page.next_cursor


@pytest.mark.parametrize(
    "row",
    [
        {"token_id": "1", "current_size": -1},
        {"token_id": "0x1", "current_size": 1},
        {"token_id": "1", "current_size": "NaN"},
        {"token_id": "1"},
    ],
)
def test_a_row_that_cannot_be_read_makes_the_page_unreadable(row: dict[str, object]) -> None:
    with pytest.raises(WireError, match="positions cannot be read"):
        parse_holdings_page(json.dumps({"data": [row]}).encode())


def test_what_is_not_held_any_more_is_left_out() -> None:
    body = b'{"data":[{"token_id":"1","current_size":0.0,"entry_cost_usdc":null}]}'
    assert parse_holdings_page(body).rows == ()
