"""Rehearsed copies: a whole one each time, seldom, wanted, and without a trace."""

from __future__ import annotations

import gc

import pytest
from tests.builders import LEADER, T0, follow, ready_engine
from tests.unit.runtime.test_prepare import trade_of
from tests.unit.runtime.test_runner import SetClock

from polydesk.domain.instruments import Side
from polydesk.runtime.pipeline import Pipeline
from polydesk.runtime.rehearsal import PAUSE_NS, SHARE, Rehearsal
from polydesk.signer.client import Taken
from polydesk.signer.messages import SignOrder
from polydesk.signer.orders import amounts_of


class Listener:
    """Hears what a signer would, in order."""

    def __init__(self, clock: SetClock, *, takes_ns: int = 0) -> None:
        self.heard: list[str] = []
        self.orders: list[SignOrder] = []
        self._clock, self._takes_ns = clock, takes_ns

    def begin_order(self, order: SignOrder, take: Taken) -> None:
        raise AssertionError("a rehearsal asked for a signature")

    def be_ready(self) -> None:
        raise AssertionError("a rehearsal announced an order")

    def expect_order(self, order: SignOrder) -> None:
        raise AssertionError("a rehearsal told of an order")

    def nudge(self) -> None:
        self.heard.append("nudge")

    def rehearse(self, order: SignOrder) -> None:
        self._clock.now += self._takes_ns
        self.heard.append("question")
        self.orders.append(order)


class Stage:
    """A rehearsal with a clock that stands still and a signer that only listens."""

    def __init__(self, *, takes_ns: int = 0) -> None:
        self.clock = SetClock()
        self.signer = Listener(self.clock, takes_ns=takes_ns)
        self.is_wanted = True
        self.troubles: list[str] = []
        self.rehearsal = Rehearsal(
            self.clock,
            is_wanted=lambda: self.is_wanted,
            signer=self.signer,
            on_trouble=self.troubles.append,
        )

    def run_after(self, ns: int) -> int:
        """Let time pass, have a rehearsal run, return how many there have been."""
        self.clock.now += ns
        self.rehearsal.run()
        assert not self.troubles
        return len(self.signer.orders)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_the_signer_is_nudged_first_and_a_whole_order_asked_for(stage: Stage) -> None:
    stage.rehearsal.run()

    assert stage.signer.heard == ["nudge", "question"]
    order = stage.signer.orders[0]
    assert (order.side, order.price) == (Side.BUY, 520_000)
    assert amounts_of(order).taker == order.size > 0
    assert order.timestamp_ms == T0 // 10**6


def test_one_is_enough_for_a_while(stage: Stage) -> None:
    assert stage.run_after(0) == 1
    assert stage.run_after(PAUSE_NS - 1) == 1
    assert stage.run_after(1) == 2


def test_slow_ones_are_rarer_so_that_their_share_of_the_time_stays(stage: Stage) -> None:
    slow = Stage(takes_ns=PAUSE_NS)
    assert slow.run_after(0) == 1
    assert slow.run_after((SHARE - 1) * PAUSE_NS - 1) == 1
    assert slow.run_after(1) == 2
    assert slow.rehearsal.spent_ns == 2 * PAUSE_NS


def test_nothing_is_rehearsed_while_no_copy_can_follow(stage: Stage) -> None:
    stage.is_wanted = False
    assert stage.run_after(0) == 0
    stage.is_wanted = True
    assert stage.run_after(0) == 1


def test_each_comes_as_far_as_the_question_however_many_there_were(stage: Stage) -> None:
    for number in range(1, 1_502):
        assert stage.run_after(PAUSE_NS) == number
    assert stage.rehearsal.count == 1_501
    salts = [order.salt for order in stage.signer.orders]
    assert len(set(salts)) == len(salts)


def test_nothing_gathers_for_the_garbage_collector(stage: Stage) -> None:
    stage.rehearsal.run()
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(2_000):
            stage.run_after(PAUSE_NS)
            stage.signer.orders.clear()
        gathered = len(gc.get_objects()) - before
    finally:
        gc.enable()

    # A desk that is not untied leaves some fifteen objects for each order.
    assert gathered < 2_000


def test_one_that_breaks_is_the_last_and_told_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(order: SignOrder) -> None:
        raise RuntimeError("out of tune")

    monkeypatch.setattr(stage.signer, "rehearse", broken)
    for _ in range(3):
        stage.clock.now += PAUSE_NS
        stage.rehearsal.run()

    assert len(stage.troubles) == 1
    assert "out of tune" in stage.troubles[0]
    assert stage.signer.heard == ["nudge"]


def test_the_real_desk_is_the_same_whether_copies_were_rehearsed_or_not(stage: Stage) -> None:
    hashes = []
    for rehearses in (True, False):
        pipeline = Pipeline(ready_engine())
        pipeline.engine.copier.follow(follow())
        for _ in range(3):
            if rehearses:
                stage.run_after(PAUSE_NS)
            pipeline.feed(trade_of(LEADER))
        assert pipeline.engine.account.orders, "the trade was copied"
        hashes.append(pipeline.state_hash())

    assert stage.rehearsal.count == 3
    assert hashes[0] == hashes[1]
