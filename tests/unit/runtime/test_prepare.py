"""The signer is told of a followed trade before the desk decides, and of nothing else."""

from __future__ import annotations

import json

import pytest
from tests.builders import LEADER, T0, YES, follow, ready_engine

from polydesk.domain import events as ev
from polydesk.domain.frames import RTDS, Frame
from polydesk.domain.orders import OrderState
from polydesk.runtime.pipeline import Pipeline

STRANGER = "0x" + "57" * 20


def trade_of(wallet: str) -> Frame:
    payload = {
        "proxyWallet": wallet, "side": "BUY", "asset": YES, "conditionId": "0x" + "1" * 64,
        "size": 12, "price": 0.5, "timestamp": T0 // 10**9, "title": "", "slug": "",
        "outcome": "Yes", "name": "", "pseudonym": "", "transactionHash": "0x" + "2" * 64,
    }  # fmt: skip
    body = {"connection_id": "", "payload": payload, "timestamp": T0 // 10**6,
            "topic": "activity", "type": "trades"}  # fmt: skip
    return Frame(RTDS, T0, json.dumps(body, separators=(",", ":")).encode())


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def pipeline(told: list[str]) -> Pipeline:
    pipeline = Pipeline(ready_engine())
    pipeline.engine.copier.follow(follow())
    pipeline.on_event = lambda event: told.append(type(event).__name__)
    pipeline.announce_copies(
        lambda: told.append("prepare"), lambda intent: told.append(f"propose {intent.side}")
    )
    return pipeline


def test_a_followed_trade_is_told_before_it_is_applied(pipeline: Pipeline, told: list[str]) -> None:
    pipeline.feed(trade_of(LEADER))

    assert told[:2] == ["prepare", "propose BUY"]
    assert ev.WalletTraded.__name__ in told[2:]
    assert told.count("prepare") == told.count("propose BUY") == 1


def test_a_copy_is_told_before_the_gate_and_also_when_that_refuses_it(
    pipeline: Pipeline, told: list[str]
) -> None:
    pipeline.engine.killed = True
    pipeline.feed(trade_of(LEADER))

    assert "propose BUY" in told
    assert [order.state for order in pipeline.engine.account.orders.values()] == [OrderState.DENIED]


def test_what_is_not_copied_is_not_told_as_a_copy(pipeline: Pipeline, told: list[str]) -> None:
    pipeline.engine.copier.leaders[LEADER].paused = True
    pipeline.feed(trade_of(LEADER))

    assert told[0] == "prepare"
    assert "propose BUY" not in told


def test_trades_of_others_are_not_told(pipeline: Pipeline, told: list[str]) -> None:
    pipeline.feed(trade_of(STRANGER))

    assert not [word for word in told if word.startswith(("prepare", "propose"))]


def test_a_recording_played_again_has_nobody_to_tell(told: list[str]) -> None:
    pipeline = Pipeline(ready_engine())
    pipeline.engine.copier.follow(follow())
    pipeline.on_event = lambda event: told.append(type(event).__name__)
    pipeline.feed(trade_of(LEADER))

    assert ev.WalletTraded.__name__ in told
