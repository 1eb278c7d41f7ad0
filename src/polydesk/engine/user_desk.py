"""What a person asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from polydesk.domain import commands as cmd
from polydesk.domain import events as ev
from polydesk.domain.commands import Command
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.intents import DROPPED_EARLY_S, OrderIntent, Origin, TimeInForce

if TYPE_CHECKING:
    from polydesk.engine.engine import Engine

_NS = 1_000_000_000
NOTHING: Sequence[Command] = ()
RELEASE_WORD = "RELEASE"
KILL_LATCHED, KILL_RELEASED, STATE_SET = "kill", "release", "state"
"""Kinds of the audit rows from which a later session takes up what is latched."""
PAUSE_OF, PAUSED, RESUMED = "pause:", "paused", "resumed"
WATCH_OF, WATCHED, UNWATCHED = "watch:", "on", "off"
"""Start of the kind of such rows for one leader (the wallet follows), and their texts."""


class UserDesk:
    """Applies user commands."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._handlers: dict[type, Callable[[Any], Sequence[Command]]] = {
            cmd.FollowLeader: self._follow,
            cmd.UnfollowLeader: self._unfollow,
            cmd.PauseLeader: self._pause,
            cmd.SetTradingState: self._set_trading_state,
            cmd.Kill: self._kill,
            cmd.ReleaseKill: self._release,
            cmd.PlaceOrder: self._place,
            cmd.CancelByUser: self._cancel,
            cmd.CancelAll: self._cancel_all,
            cmd.Watch: self._watch,
            cmd.ThawMarket: self._thaw,
        }

    def on_command(self, event: ev.UserCommandGiven) -> Sequence[Command]:
        """Apply one command of the person at the desk."""
        return self._handlers[type(event.command)](event.command)

    def _audit(self, text: str, kind: str = "user") -> None:
        self._engine.observer.on_audit(self._engine.now, kind, text)

    def _follow(self, command: cmd.FollowLeader) -> Sequence[Command]:
        self._engine.copier.follow(command)
        self._audit(f"follow {command.wallet} {command.rule.mode}")
        return NOTHING

    def _unfollow(self, command: cmd.UnfollowLeader) -> Sequence[Command]:
        self._engine.copier.unfollow(command.wallet)
        self._audit(f"unfollow {command.wallet}")
        return NOTHING

    def _pause(self, command: cmd.PauseLeader) -> Sequence[Command]:
        leader = self._engine.copier.leaders.get(command.wallet)
        if leader is not None:
            leader.paused = command.paused
            self._audit(PAUSED if command.paused else RESUMED, PAUSE_OF + command.wallet)
        return NOTHING

    def _set_trading_state(self, command: cmd.SetTradingState) -> Sequence[Command]:
        self._engine.trading_state = command.state
        self._audit(str(command.state), STATE_SET)
        return NOTHING

    def _kill(self, command: cmd.Kill) -> Sequence[Command]:
        self._engine.killed = True
        self._engine.kill_reason = command.reason
        self._audit(command.reason, KILL_LATCHED)
        return self._engine.orders.cancel_all()

    def _release(self, command: cmd.ReleaseKill) -> Sequence[Command]:
        if command.word == RELEASE_WORD and self._engine.killed:
            self._engine.killed = False
            self._engine.kill_reason = ""
            self._audit("by hand", KILL_RELEASED)
        return NOTHING

    def _place(self, command: cmd.PlaceOrder) -> Sequence[Command]:
        engine, tif = self._engine, TimeInForce(command.time_in_force)
        intent = OrderIntent(
            client_order_id=manual_order_id(command, engine.now),
            token_id=command.token_id,
            side=command.side,
            price=command.price,
            size=command.size,
            time_in_force=tif,
            origin=Origin.MANUAL,
            created_at=engine.now,
            expires_at=_end_of(command, engine.now) if tif is TimeInForce.GTD else None,
            post_only=command.post_only,
            confirmed=command.confirmed,
        )
        order, commands = engine.orders.submit(intent)
        self._audit(f"order {order.intent.client_order_id} {order.state} {order.reason}".rstrip())
        return commands

    def _cancel(self, command: cmd.CancelByUser) -> Sequence[Command]:
        self._audit(f"cancel {command.client_order_id}")
        return self._engine.orders.cancel(command.client_order_id)

    def _cancel_all(self, command: cmd.CancelAll) -> Sequence[Command]:
        self._audit("cancel all")
        return self._engine.orders.cancel_all()

    def _thaw(self, command: cmd.ThawMarket) -> Sequence[Command]:
        self._engine.venue.thaw(command.token_id)
        return NOTHING

    def _watch(self, command: cmd.Watch) -> Sequence[Command]:
        watch = self._engine.watch
        for token_id in command.token_ids:
            if command.on == (token_id in watch):
                continue
            if command.on:
                watch[token_id] = None
            else:
                del watch[token_id]
            self._audit(WATCHED if command.on else UNWATCHED, WATCH_OF + token_id)
        self._engine.observer.on_watch(command.token_ids, command.on)
        unknown = [t for t in command.token_ids if t not in self._engine.token_markets]
        return (
            tuple(c for t in unknown for c in self._engine.request_market(t)) if command.on else ()
        )


def _end_of(command: cmd.PlaceOrder, now: int) -> int:
    """Return what to state as the expiry of an order that is to rest for so long."""
    return now + (command.lasts_s + DROPPED_EARLY_S) * _NS


def manual_order_id(command: cmd.PlaceOrder, now: int) -> ClientOrderId:
    """Return the identity of a manual order: one key press (its ``ref``), one order."""
    text = command.ref or f"{now}:{command}"
    return ClientOrderId("man-" + hashlib.blake2s(text.encode(), digest_size=10).hexdigest())
