"""Copies are rehearsed only where one could follow."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tests.builders import LEADER, ready_engine

from polydesk.domain.commands import CopyMode, CopyRule, TradingState
from polydesk.runtime.live_desk import LiveDesk
from polydesk.views.models import SignerState


def may_copy(**facts: Any) -> bool:
    """Return what a live desk finds out at its look each second."""
    engine = ready_engine(CopyRule(mode=facts.get("mode", CopyMode.AUTO)))
    engine.copier.leaders[LEADER].paused = facts.get("paused", False)
    engine.venue.ready = facts.get("ready", True)
    engine.killed = facts.get("killed", False)
    engine.trading_state = facts.get("state", TradingState.ACTIVE)
    signer = facts.get("signer", SignerState.SIGNING)
    lost = SimpleNamespace(is_set=lambda: signer is SignerState.LOST)
    made: Any = SimpleNamespace(
        desk=SimpleNamespace(engine=engine, is_halted=False, halt=lambda _: None),
        parts=SimpleNamespace(signer=SimpleNamespace(lost=lost)),
        _signer_state=lambda: signer,
    )
    LiveDesk._look(made)
    return bool(made._may_copy)


def test_a_ready_desk_that_copies_somebody_may() -> None:
    assert may_copy()


@pytest.mark.parametrize(
    "facts",
    [
        {"mode": CopyMode.WATCH},
        {"paused": True},
        {"ready": False},
        {"killed": True},
        {"state": TradingState.HALTED},
        {"state": TradingState.REDUCING},
        {"signer": SignerState.SHUT},
        {"signer": SignerState.LOST},
    ],
    ids=str,
)
def test_a_desk_that_copies_nobody_now_may_not(facts: dict[str, Any]) -> None:
    assert not may_copy(**facts)
