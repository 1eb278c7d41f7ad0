"""Our own inputs survive being written and read; hostile ones are refused, never fatal."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import T0, YES

from polydesk.domain import commands as cmd
from polydesk.domain import events as ev
from polydesk.domain.commands import CopyMode, CopyRule, Sizing, TradingState, UserCommand
from polydesk.domain.decisions import Decision, Verdict
from polydesk.domain.fills import Fill, Liquidity, SettledFill, Settlement
from polydesk.domain.frames import CONTROL, MARKET, Frame
from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent, Origin, TimeInForce
from polydesk.domain.ledger import Entry
from polydesk.domain.limits import RiskLimits
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.reasons import SkipCode
from polydesk.domain.signed import SignedRecord
from polydesk.engine.restore import Earlier
from polydesk.errors import RecordingError, WireError
from polydesk.runtime.control import (
    SessionOpened,
    decode_control,
    encode_command,
    encode_session,
    encode_status,
    encode_tick,
    require_session,
)

money = st.integers(0, 10**15)
signed = st.integers(-(10**15), 10**15)
times = st.integers(0, 2**62)
words = st.text(max_size=20)
hexes = st.text("0123456789abcdef", min_size=40, max_size=40)
wallets = hexes.map(lambda digits: f"0x{digits}")
tokens = st.integers(0, 10**77).map(str)
facts = st.lists(st.tuples(words, words), max_size=3).map(tuple)
sides = st.sampled_from(Side)
plain_names = st.text("abcdefghij ", max_size=12).map(lambda text: " ".join(text.split()))

rules = st.builds(
    CopyRule,
    mode=st.sampled_from(CopyMode),
    sizing=st.sampled_from(Sizing),
    cash=money,
    percent=money,
    max_age_ms=st.integers(1, 10**9),
    max_slippage=money,
    min_price=money,
    max_price=money,
    max_leader_usd=money,
    max_day_usd=money,
    aggregate_window_ms=st.integers(0, 10**9),
)
follows = st.builds(cmd.FollowLeader, wallets, plain_names, rules)
BY_KIND: dict[type, st.SearchStrategy[Any]] = {
    cmd.FollowLeader: follows,
    cmd.UnfollowLeader: st.builds(cmd.UnfollowLeader, wallets),
    cmd.PauseLeader: st.builds(cmd.PauseLeader, wallets, st.booleans()),
    cmd.SetTradingState: st.builds(cmd.SetTradingState, st.sampled_from(TradingState)),
    cmd.Kill: st.builds(cmd.Kill, words),
    cmd.ReleaseKill: st.builds(cmd.ReleaseKill, words),
    cmd.PlaceOrder: st.builds(
        cmd.PlaceOrder,
        tokens,
        sides,
        signed,
        signed,
        time_in_force=st.sampled_from([str(kind) for kind in TimeInForce]),
        post_only=st.booleans(),
        confirmed=st.booleans(),
        ref=words,
        lasts_s=st.integers(0, 10**8),
    ),
    cmd.CancelByUser: st.builds(cmd.CancelByUser, words),
    cmd.CancelAll: st.just(cmd.CancelAll()),
    cmd.ThawMarket: st.builds(cmd.ThawMarket, tokens),
    cmd.Watch: st.builds(cmd.Watch, st.lists(tokens, max_size=4).map(tuple), st.booleans()),
}
intents = st.builds(
    OrderIntent, words, tokens, sides, money, money, st.sampled_from(TimeInForce),
    st.sampled_from(Origin), times, leader=st.none() | wallets, leader_trade=st.none() | words,
    expires_at=st.none() | times, post_only=st.booleans(), confirmed=st.booleans(),
)  # fmt: skip
orders = st.builds(
    Order, intents, st.sampled_from(OrderState), money, money, money,
    venue_order_id=st.none() | words, reason=words, updated_at=times,
    queue_ahead=st.none() | money, cancel_asked_at=times, voided=money, matched=money,
)  # fmt: skip
earlier = st.builds(
    Earlier,
    entries=st.lists(
        st.builds(
            Entry, times, words, words, times,
            st.lists(st.tuples(words, signed), max_size=4).map(tuple),
        ),
        min_size=1, max_size=3,
    ).map(tuple),
    fills=st.lists(
        st.builds(
            Fill, words, words, tokens, sides, money, money, money, money,
            st.sampled_from(Liquidity), times, st.none() | wallets, st.sampled_from(Settlement),
        ),
        max_size=3,
    ).map(tuple),
    settlements=st.lists(
        st.builds(SettledFill, words, words, st.sampled_from(Settlement), times, words), max_size=2
    ).map(tuple),
    signed=st.lists(
        st.builds(SignedRecord, words, words, times, times, money, money, words, times), max_size=2
    ).map(tuple),
    frozen=st.lists(st.tuples(tokens, words), max_size=2).map(tuple),
    orders=st.lists(orders, max_size=2).map(tuple),
    decisions=st.lists(
        st.builds(
            Decision, times, words, wallets, words, tokens, sides, money, money,
            st.sampled_from(Verdict), st.none() | st.sampled_from(SkipCode), facts, times, times,
            times, st.none() | money, st.none() | money, st.none() | words, words, words,
        ),
        max_size=2,
    ).map(tuple),
    day=st.integers(0, 10**6),
    day_start_equity=signed,
    decision_counts=st.lists(
        st.tuples(wallets, st.sampled_from(Verdict), st.integers(0, 10**9)), max_size=3
    ).map(tuple),
    latched_loss=money,
    paused=st.lists(wallets, max_size=2).map(tuple),
    ready_at=st.integers(0, 2**62),
    killed_because=st.none() | words,
    trading_state=st.sampled_from(TradingState),
)  # fmt: skip
sessions = st.builds(
    SessionOpened,
    money,
    st.lists(follows, max_size=3).map(tuple),
    st.lists(tokens, max_size=4).map(tuple),
    st.builds(
        RiskLimits,
        money,
        money,
        money,
        st.integers(1, 10**4),
        money,
        st.integers(1, 10**9),
        st.integers(1, 10**4),
    ),
    st.just(Earlier()) | earlier,
)


def control(body: object) -> Frame:
    return Frame(CONTROL, T0, json.dumps(body).encode())


@pytest.mark.parametrize("kind", get_args(UserCommand), ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_command_comes_back_as_it_was_given(kind: type, data: st.DataObject) -> None:
    command = data.draw(BY_KIND[kind])

    assert decode_control(encode_command(command, T0)) == ev.UserCommandGiven(T0, command)


@given(sessions)
def test_what_opens_a_session_comes_back_with_all_that_was_left(session: SessionOpened) -> None:
    frame = encode_session(session, T0)

    assert decode_control(frame) == session
    assert require_session(frame) == session


def test_every_field_of_what_was_left_is_tried() -> None:
    """A field that is added without a strategy would be written as its default only."""
    tried = {
        "entries", "fills", "orders", "decisions", "day", "day_start_equity", "decision_counts",
        "killed_because", "trading_state", "latched_loss", "paused", "settlements", "signed",
        "frozen", "ready_at",
    }  # fmt: skip

    assert {f.name for f in fields(Earlier)} == tried
    assert is_dataclass(Earlier)


def test_status_and_ticks_come_back() -> None:
    status = encode_status("market", False, T0, "lost", [YES])

    assert decode_control(status) == ev.StreamStatusChanged(T0, "market", False, "lost", (YES,))
    assert decode_control(encode_tick(T0)) == ev.TimePassed(T0)


def test_a_recorders_gap_mark_is_no_input() -> None:
    assert decode_control(control({"kind": "gap", "dropped": 7})) is None


ORDER = {"token_id": YES, "side": "BUY", "price": 500_000, "size": 5_000_000}
HOSTILE: tuple[Any, ...] = (
    b"", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 100_000, b"1e999", b'"session"', b"[]", b"null",
    b'{"kind":"session","cash":1e999}', b'{"kind":"session","cash":"NaN"}',
    {"kind": "session"}, {"kind": "session", "cash": -1.5}, {"kind": "session", "cash": "1e9"},
    {"kind": "session", "cash": "1", "leaders": 5},
    {"kind": "session", "cash": "1", "leaders": [{"wallet": 5}]},
    {"kind": "session", "cash": "1", "leaders": [{"wallet": "0x1", "rule": {"spin": 1}}]},
    {"kind": "session", "cash": "1", "leaders": [{"wallet": "0x1", "rule": {"mode": "all"}}]},
    {"kind": "session", "cash": "1", "leaders": [{"wallet": "0x1", "rule": {"max_age_ms": []}}]},
    {"kind": "session", "cash": "1", "limits": {"max_order_usd": "lots"}},
    {"kind": "session", "cash": "1", "limits": {"no_such_limit": "1"}},
    {"kind": "session", "cash": "1", "earlier": {"entries": [1]}},
    {"kind": "command"}, {"kind": "command", "name": "Transfer", "data": {}},
    {"kind": "command", "name": "__class__", "data": {}}, {"kind": "command", "name": []},
    {"kind": "command", "name": "PlaceOrder", "data": {**ORDER, "price": 0.5}},
    {"kind": "command", "name": "PlaceOrder", "data": {**ORDER, "side": "HOLD"}},
    {"kind": "command", "name": "PlaceOrder", "data": {**ORDER, "time_in_force": "NOW"}},
    {"kind": "command", "name": "PlaceOrder", "data": {**ORDER, "lasts_s": -1}},
    {"kind": "command", "name": "PlaceOrder", "data": {**ORDER, "lasts_s": 2**62}},
    {"kind": "command", "name": "Kill", "data": {}},
    {"kind": "status"}, {"kind": "status", "stream": "market"},
    {"kind": "status", "stream": "market", "up": True, "tokens": 7},
)  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: str(body)[:40])
def test_a_text_that_is_not_ours_is_refused_as_such(body: Any) -> None:
    frame = Frame(CONTROL, T0, body) if isinstance(body, bytes) else control(body)

    with pytest.raises(WireError):
        decode_control(frame)


@given(
    st.recursive(
        st.none() | st.booleans() | signed | words,
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "kind",
                        "name",
                        "data",
                        "cash",
                        "stream",
                        "up",
                        "tokens",
                        "limits",
                        "leaders",
                        "earlier",
                    ]
                ),
                inner | st.sampled_from(["session", "status", "command", "tick", "Watch"]),
            )
        ),
        max_leaves=12,
    )
)
def test_no_text_does_worse_than_being_refused(body: object) -> None:
    with suppress(WireError):
        decode_control(control(body))


def test_the_words_of_a_status_are_made_inert() -> None:
    frame = control({"kind": "status", "stream": "\x1b[2Jmarket", "up": 1, "detail": "\x07\u202e"})

    assert decode_control(frame) == ev.StreamStatusChanged(T0, "[2Jmarket", False, "", ())


def test_a_recording_that_opens_with_an_unreadable_session_is_refused() -> None:
    with pytest.raises(RecordingError, match="opening frame cannot be read"):
        require_session(control({"kind": "session"}))


def test_a_recording_without_a_session_is_no_mistake() -> None:
    assert require_session(Frame(MARKET, T0, b"[]")) is None
    assert require_session(encode_tick(T0)) is None
