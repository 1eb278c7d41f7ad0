"""The signer in its own process costs little more than signing does."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import pytest
from tests.unit.signer.asks import order, start_of
from tests.unit.signer.desk import signer, vault_in

pytestmark = pytest.mark.e2e
ROUNDS = 1_500


async def test_a_signed_order_is_back_within_a_millisecond(tmp_path: Path) -> None:
    """Typical: 150 microseconds; the bound leaves room for a machine at work."""
    vault_in(tmp_path / "keys")
    taken: list[int] = []
    async with signer(start_of(tmp_path / "keys")) as running:
        for _ in range(ROUNDS):
            wanted = order()
            start = time.perf_counter_ns()
            await running.sign_order(wanted)
            taken.append(time.perf_counter_ns() - start)

    assert median(taken) < 1_000_000
