from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.ingest.shards import Shards

TOKENS = st.lists(st.integers(0, 60).map(str), max_size=40)


def test_450_tokens_need_three_connections():
    plan = Shards(200).assign([str(n) for n in range(450)])
    assert [len(tokens) for tokens in plan.values()] == [200, 200, 50]


def test_a_new_token_fills_the_first_gap():
    shards = Shards(2)
    shards.assign(["a", "b", "c"])
    assert shards.assign(["a", "c", "d"]) == {0: ("a", "d"), 1: ("c",)}


def test_an_empty_connection_disappears_and_its_number_is_used_again():
    shards = Shards(1)
    shards.assign(["a", "b", "c"])
    assert set(shards.assign(["a", "c"])) == {0, 2}
    assert shards.assign(["a", "c", "d"]) == {0: ("a",), 1: ("d",), 2: ("c",)}


def test_size_zero_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Shards(0)


@settings(max_examples=80, deadline=None)
@given(wishes=st.lists(TOKENS, min_size=1, max_size=6))
def test_every_token_is_on_one_connection_and_never_moves(wishes):
    shards = Shards(7)
    before: dict[str, int] = {}
    for wanted in wishes:
        plan = shards.assign(wanted)
        now = {token: number for number, tokens in plan.items() for token in tokens}
        assert set(now) == set(wanted)
        assert sum(map(len, plan.values())) == len(set(wanted))
        assert all(0 < len(tokens) <= 7 for tokens in plan.values())
        assert all(now[token] == number for token, number in before.items() if token in now)
        before = now
