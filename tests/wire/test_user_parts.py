"""What a taker met: one price cannot state the sum of several."""

from __future__ import annotations

import json
from typing import Any

import pytest

from polydesk.venues.polymarket.wire.user import OwnIdentity, read_trades

KEY = "3e2c94ca-8124-c4c1-c7ea-be1ea21b71fe"
OTHER = "5c4e8a20-1298-5fd5-ef96-2c29032ba30f"
OWN = OwnIdentity(KEY, frozenset())


def maker(price: str, size: str, **changes: Any) -> dict[str, Any]:
    row = {"order_id": "0x" + "a" * 64, "owner": OTHER, "matched_amount": size, "price": price,
           "asset_id": "111", "side": "SELL"}  # fmt: skip
    return {**row, **changes}


def parts(*makers: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    row = {
        "id": "t-1", "taker_order_id": "0x" + "b" * 64, "market": "0x" + "ab" * 32,
        "asset_id": "111", "side": "BUY", "size": "5", "price": "0.6", "status": "MATCHED",
        "owner": KEY, "match_time": "1795000000", "maker_orders": list(makers),
    }  # fmt: skip
    (leg,) = read_trades(json.dumps([row]).encode(), OWN).rows
    assert leg.size == 5_000_000
    return leg.parts


def test_f046_a_sweep_states_every_level_in_the_takers_token() -> None:
    found = parts(maker("0.4", "2"), maker("0.45", "3", asset_id="222", side="BUY"))
    assert found == ((400_000, 2_000_000), (550_000, 3_000_000))


@pytest.mark.parametrize(
    "makers",
    [
        (),
        (maker("0.4", "2"),),
        (maker("0.4", "2"), maker("", "3")),
        (maker("0.4", "2"), maker("0.5", "3", asset_id=None)),
    ],
)
def test_parts_that_do_not_add_up_are_left_out_and_the_leg_stays(
    makers: tuple[dict[str, Any], ...],
) -> None:
    assert parts(*makers) == ()
