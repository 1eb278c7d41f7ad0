"""Our own inputs as recorded text: what opens a session, commands, stream status, ticks.

Everything that reaches the engine passes through a frame, so a recording of frames is a
recording of the session. Money and prices in a ``session`` text are decimal strings; command
payloads carry the exact integers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec

from polydesk.domain import commands as cmd
from polydesk.domain import events as ev
from polydesk.domain.commands import CopyMode, CopyRule, FollowLeader, Sizing, UserCommand
from polydesk.domain.frames import CONTROL, Frame
from polydesk.domain.ids import TokenId, wallet
from polydesk.domain.intents import TimeInForce
from polydesk.domain.limits import RiskLimits
from polydesk.domain.text import clean
from polydesk.domain.units import ShareMicros, UsdMicros, format_micros, parse_micros
from polydesk.engine.restore import Earlier
from polydesk.errors import RecordingError, WireError

_COMMANDS: dict[str, type[UserCommand]] = {
    kind.__name__: kind
    for kind in (
        cmd.FollowLeader,
        cmd.UnfollowLeader,
        cmd.PauseLeader,
        cmd.SetTradingState,
        cmd.Kill,
        cmd.ReleaseKill,
        cmd.PlaceOrder,
        cmd.CancelByUser,
        cmd.CancelAll,
        cmd.Watch,
        cmd.ThawMarket,
    )
}
_RULE_MICROS = frozenset(
    {"cash", "percent", "max_slippage", "min_price", "max_price", "max_leader_usd", "max_day_usd"}
)
_LIMIT_COUNTS = frozenset({"max_open_orders", "max_book_age_ms", "max_orders_per_minute"})


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """What a session starts with."""

    cash: UsdMicros
    leaders: tuple[FollowLeader, ...] = ()
    watch: tuple[TokenId, ...] = ()
    limits: RiskLimits = field(default_factory=RiskLimits)
    earlier: Earlier = Earlier()
    """What earlier sessions of the same account left."""
    is_live: bool = False
    """Whether orders go to the real venue."""
    opened_at: int = 0
    """When a live account was first opened here, nanoseconds UTC."""
    holdings: tuple[tuple[TokenId, ShareMicros, UsdMicros], ...] = ()
    """(token, shares, cost) a new live account holds already."""


ControlInput = SessionOpened | ev.UserCommandGiven | ev.StreamStatusChanged | ev.TimePassed


_LONGEST_LIFE_S = 10 * 366 * 86_400
_UNREADABLE = (
    msgspec.MsgspecError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    RecursionError,
)


def decode_control(frame: Frame) -> ControlInput | None:
    """Read a control frame; None for kinds that carry no input (a recorder's gap mark).

    Raises:
        WireError: The text is not one of ours.
    """
    try:
        data = msgspec.json.decode(frame.text)
        return _decode(data, frame.ts_init)
    except _UNREADABLE as error:
        raise WireError(f"unreadable control frame: {error}") from error


def _decode(data: Mapping[str, Any], ts_init: int) -> ControlInput | None:
    match data["kind"]:
        case "tick":
            return ev.TimePassed(ts_init)
        case "status":
            tokens = tuple(TokenId(str(token)) for token in data.get("tokens") or ())
            stream, detail = clean(str(data["stream"]), 40), clean(str(data.get("detail", "")))
            return ev.StreamStatusChanged(ts_init, stream, data["up"] is True, detail, tokens)
        case "command":
            return ev.UserCommandGiven(ts_init, _decode_command(data))
        case "session":
            return _decode_session(data)
    return None


def _decode_command(data: Mapping[str, Any]) -> UserCommand:
    command: UserCommand = msgspec.convert(data["data"], _COMMANDS[data["name"]])
    if isinstance(command, cmd.PlaceOrder):
        TimeInForce(command.time_in_force)
        if not 0 <= command.lasts_s <= _LONGEST_LIFE_S:
            raise ValueError("an order lasts ten years at most")
    return command


def _decode_session(data: Mapping[str, Any]) -> SessionOpened:
    return SessionOpened(
        cash=UsdMicros(parse_micros(data["cash"])),
        leaders=tuple(decode_leader(row) for row in data.get("leaders") or ()),
        watch=tuple(TokenId(str(token)) for token in data.get("watch") or ()),
        limits=decode_limits(data.get("limits") or {}),
        earlier=msgspec.convert(data.get("earlier") or {}, Earlier),
        is_live=data.get("live") is True,
        opened_at=int(data.get("opened_at") or 0),
        holdings=tuple(
            (TokenId(str(token)), ShareMicros(parse_micros(size)), UsdMicros(parse_micros(cost)))
            for token, size, cost in data.get("holdings") or ()
        ),
    )


def decode_leader(row: Mapping[str, Any]) -> FollowLeader:
    """Read a followed wallet with its rule; money and prices are decimal strings."""
    return FollowLeader(
        wallet(row["wallet"]), clean(row.get("name", "")), decode_rule(row.get("rule") or {})
    )


def decode_rule(row: Mapping[str, Any]) -> CopyRule:
    """Read a copy rule; absent fields keep their defaults."""
    values: dict[str, Any] = {}
    for name, value in row.items():
        if name in _RULE_MICROS:
            values[name] = parse_micros(str(value))
        elif name == "mode":
            values[name] = CopyMode(value)
        elif name == "sizing":
            values[name] = Sizing(value)
        else:
            values[name] = int(value)
    return CopyRule(**values)


def decode_limits(row: Mapping[str, Any]) -> RiskLimits:
    """Read risk limits; absent fields keep their defaults."""
    values: dict[str, Any] = {
        name: int(value) if name in _LIMIT_COUNTS else parse_micros(str(value))
        for name, value in row.items()
    }
    return RiskLimits(**values)


def encode_session(session: SessionOpened, ts_init: int) -> Frame:
    """Write what a session starts with."""
    leaders = [
        {"wallet": leader.wallet, "name": leader.name, "rule": _encode_rule(leader.rule)}
        for leader in session.leaders
    ]
    limits = {
        f.name: getattr(session.limits, f.name)
        if f.name in _LIMIT_COUNTS
        else format_micros(getattr(session.limits, f.name))
        for f in fields(RiskLimits)
    }
    body: dict[str, Any] = {
        "kind": "session",
        "cash": format_micros(session.cash),
        "watch": list(session.watch),
        "leaders": leaders,
        "limits": limits,
    }
    if session.earlier != Earlier():
        body["earlier"] = session.earlier
    if session.is_live:
        body |= {"live": True, "opened_at": session.opened_at}
        body["holdings"] = [
            (token, format_micros(size), format_micros(cost))
            for token, size, cost in session.holdings
        ]
    return _frame(body, ts_init)


def _encode_rule(rule: CopyRule) -> dict[str, Any]:
    return {
        f.name: format_micros(getattr(rule, f.name))
        if f.name in _RULE_MICROS
        else getattr(rule, f.name)
        for f in fields(CopyRule)
    }


def encode_command(command: UserCommand, ts_init: int) -> Frame:
    """Write a person's command."""
    body = {"kind": "command", "name": type(command).__name__, "data": command}
    return _frame(body, ts_init)


def encode_status(
    stream: str, up: bool, ts_init: int, detail: str = "", tokens: Sequence[str] = ()
) -> Frame:
    """Write that a stream went up or down."""
    body = {"kind": "status", "stream": stream, "up": up, "detail": detail, "tokens": list(tokens)}
    return _frame(body, ts_init)


def encode_tick(ts_init: int) -> Frame:
    """Write that time passed."""
    return Frame(CONTROL, ts_init, b'{"kind":"tick"}')


def _frame(body: Mapping[str, Any], ts_init: int) -> Frame:
    return Frame(CONTROL, ts_init, msgspec.json.encode(body))


def require_session(frame: Frame) -> SessionOpened | None:
    """Return the session a recording opens with, or None when its first frame is other.

    Raises:
        RecordingError: The first frame claims to be a session and cannot be read.
    """
    if frame.channel != CONTROL:
        return None
    try:
        opened = decode_control(frame)
    except WireError as error:
        raise RecordingError(f"the recording's opening frame cannot be read: {error}") from error
    return opened if isinstance(opened, SessionOpened) else None
