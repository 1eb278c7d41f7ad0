from __future__ import annotations

from typing import Any

from tests.unit.sandbox import small
from tests.unit.sandbox.test_world import played

from polydesk.sandbox.gamma_live import live_event, live_market


def test_every_row_has_what_strict_clients_demand() -> None:
    world = played()
    rows: list[Any] = [live_market(row, world) for row in small.MARKETS]
    rows += live_event(small.EVENT, world)["markets"]
    assert [row["marketMakerAddress"] for row in rows] == [""] * len(rows)


def test_a_recorded_address_stays() -> None:
    row = small.MARKETS[0] | {"marketMakerAddress": small.ALICE}
    assert live_market(row, played())["marketMakerAddress"] == small.ALICE
