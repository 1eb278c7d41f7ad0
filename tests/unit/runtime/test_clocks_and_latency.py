from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import LEADER, MS, SECOND, T0, leader_trade, ready_engine

from polydesk.domain.frames import CONTROL, MARKET, RTDS, Frame
from polydesk.runtime.clocks import ExchangeClock, LiveClock, StampingSink
from polydesk.runtime.latency import WINDOW, Latency, LoopLag, percentile
from polydesk.signer.clock import OwnClock

stamps = st.lists(st.integers(T0 // MS - 5_000, T0 // MS + 5_000), min_size=1, max_size=30)


class Stamps:
    def __init__(self) -> None:
        self.times: list[int] = []

    def put(self, frame: Frame) -> None:
        self.times.append(frame.ts_init)


def stamped(ms: int, channel: str = MARKET) -> Frame:
    return Frame(channel, 7, json.dumps({"event_type": "book", "timestamp": str(ms)}).encode())


@given(stamps, st.sampled_from([None, 1.0, 1_000.0]))
def test_the_exchanges_time_never_steps_back(times: list[int], speed: float | None) -> None:
    clock, kept = ExchangeClock(T0, speed), Stamps()
    sink = StampingSink(clock, kept)

    for ms in times:
        sink.put(stamped(ms))

    assert kept.times == sorted(kept.times)
    assert kept.times[0] >= T0
    assert clock.now_ns() >= max([T0, *(ms * MS for ms in times)])


def test_at_full_speed_time_is_what_the_frames_say() -> None:
    clock, kept = ExchangeClock(T0, None), Stamps()
    sink = StampingSink(clock, kept)

    for ms in (T0 // MS + 10, T0 // MS + 5, T0 // MS + 20):
        sink.put(stamped(ms, RTDS))

    assert kept.times == [T0 + 10 * MS, T0 + 10 * MS, T0 + 20 * MS]


def test_time_runs_on_between_frames_at_the_speed_of_the_playback() -> None:
    clock = ExchangeClock(T0, 1_000_000.0)

    clock.advance_to(T0 + SECOND)
    first = clock.now_ns()

    assert first >= T0 + SECOND
    assert clock.now_ns() > first


def test_only_the_venues_frames_and_its_own_time_fields_set_the_clock() -> None:
    clock = ExchangeClock(T0, None)
    title = json.dumps({"title": '"timestamp":"9999999999999"', "timestamp": "1"}).encode()

    for frame in (stamped(T0 // MS + 9, CONTROL), Frame(MARKET, 7, title), Frame(RTDS, 7, b"{}")):
        assert clock.observe(frame) == T0


def test_a_live_clock_is_corrected_by_its_offset() -> None:
    ahead, plain = LiveClock(3_600 * SECOND), LiveClock()

    assert 3_599 * SECOND < ahead.now_ns() - plain.now_ns() < 3_601 * SECOND
    assert plain.monotonic_ns() <= ahead.monotonic_ns()


@pytest.mark.parametrize("clock", [LiveClock(5 * SECOND), OwnClock(5_000)])
def test_a_computers_clock_that_is_set_meanwhile_moves_nothing(
    clock: LiveClock | OwnClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = clock.now_ns()
    real = time.time_ns
    for step in (90 * SECOND, -3_600 * SECOND):
        monkeypatch.setattr(time, "time_ns", lambda step=step: real() + step)
        assert 0 <= clock.now_ns() - before < 60 * SECOND


def test_percentiles_of_nothing_one_and_many() -> None:
    assert percentile([], 0.5) is None
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([float(n) for n in range(100)], 0.5) == 50.0
    assert percentile([float(n) for n in range(100)], 1.0) == 99.0


def test_decisions_are_timed_and_copies_among_them_as_orders() -> None:
    engine, latency = ready_engine(), Latency()
    engine.process(leader_trade())
    engine.process(leader_trade(ref="t2", price="0.01"))

    latency.note_decisions(engine.decisions, 1)

    assert engine.decisions[0].leader == LEADER
    assert (len(latency.decided_us), len(latency.ordered_us)) == (2, 1)
    assert Latency.summary([3.0, 1.0, 2.0]) == {"p50": 2.0, "p99": 3.0}
    assert Latency.summary([]) == {"p50": None, "p99": None}


def test_the_loops_lag_keeps_a_window_and_the_worst_of_all() -> None:
    lag = LoopLag()

    lag.note(80.0)
    for _ in range(WINDOW):
        lag.note(1.0)

    assert lag.summary() == {"p50": 1.0, "p99": 1.0, "max": 80.0}
    assert LoopLag().summary() == {"p50": 0.0, "p99": 0.0, "max": 0.0}
