"""Rehearsals: a whole order for nobody, only after a rest, as often as wanted."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.unit.signer.asks import order
from tests.unit.signer.world import Times, ask, moved_time, service

from polydesk.signer import messages
from polydesk.signer.messages import SignedOrder
from polydesk.signer.rehearsal import RESTED_NS, Rehearsal
from polydesk.venues.polymarket.signing.keys import PrivateKey

EVERYBODYS = PrivateKey((1).to_bytes(32, "big")).address


@pytest.fixture
def times() -> Iterator[Times]:
    with moved_time() as times:
        yield times


def test_a_whole_order_is_signed_with_a_key_of_no_value(times: Times) -> None:
    answer = messages.decode_reply(Rehearsal().run()).answer

    assert isinstance(answer, SignedOrder), answer
    assert json.loads(answer.body)["order"]["maker"] == EVERYBODYS


def test_who_has_just_worked_does_not_rehearse(times: Times) -> None:
    rehearsal = Rehearsal()
    rehearsal.run()
    assert rehearsal.run() == b""

    times.passed_ns += RESTED_NS
    rehearsal.note()
    assert rehearsal.run() == b""


def test_no_cap_and_no_used_salt_ends_rehearsing(times: Times) -> None:
    rehearsal = Rehearsal()
    for _ in range(250):
        times.passed_ns += RESTED_NS
        assert isinstance(messages.decode_reply(rehearsal.run()).answer, SignedOrder)


@pytest.mark.parametrize("looks", [1, 2])
def test_a_rehearsal_ends_when_the_real_order_is_there(times: Times, looks: int) -> None:
    rehearsal, answers = Rehearsal(), [False] * (looks - 1) + [True]
    assert rehearsal.run(lambda: answers.pop(0)) == b""
    assert not answers, "it looked before and after signing, and no more than needed"
    assert rehearsal.run(), "what was broken off does not count as work"


def test_a_rehearsal_leaves_the_real_service_as_it_was(times: Times) -> None:
    desk = service()
    Rehearsal().run()

    assert isinstance(ask(desk, order(salt=1, timestamp_ms=times.now_ms)), SignedOrder)
