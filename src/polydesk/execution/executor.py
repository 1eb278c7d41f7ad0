"""The executor: commands and evidence in, reports and actions out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polydesk.domain.approval import Approved
from polydesk.domain.events import OrderReport
from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.instruments import Market
from polydesk.domain.venue import VenueFill
from polydesk.execution import cancel, modes, reconcile, restoring, settling, submit
from polydesk.execution import inputs as given
from polydesk.execution.actions import Action
from polydesk.execution.patience import Patience
from polydesk.execution.pending import Pending, Phase, State
from polydesk.execution.restoring import Remembered


class Executor:
    """Owns the way of every live order.

    Args:
        market: Returns the catalogue row of a token, for fees.
        patience: How long what is waited for.
    """

    def __init__(
        self,
        *,
        market: Callable[[TokenId], Market | None],
        patience: Patience | None = None,
    ) -> None:
        self.state = State(patience or Patience(), market)
        self._handlers: dict[type, Callable[[State, Any], None]] = {
            given.Signed: submit.on_signed,
            given.NotSigned: submit.on_in_hand_failed,
            given.Recorded: submit.on_recorded,
            given.NotRecorded: submit.on_in_hand_failed,
            given.Withheld: submit.on_in_hand_failed,
            given.Placed: submit.on_placed,
            given.CancelsAnswered: cancel.on_answered,
            given.OrderAnswered: reconcile.on_order_answered,
            given.OpenOrdersListed: reconcile.on_open_orders,
            given.TradesListed: reconcile.on_trades,
            given.BalanceRead: reconcile.on_balance,
            given.ReadFailed: reconcile.on_read_failed,
            given.UserOrderSeen: lambda state, told: settling.take_order(state, told.order),
            given.UserFillSeen: lambda state, told: settling.on_venue_fill(state, told.fill),
            given.UserLineChanged: reconcile.on_line,
            given.ModeTold: lambda state, told: modes.told(
                state, told.mode, told.reason, told.for_s
            ),
        }

    def open(self, now: int, remembered: Remembered | None = None) -> list[OrderReport]:
        """Begin a session: take up what the journal holds, then look at the venue."""
        state = self.state
        state.now = max(state.now, now)
        if remembered is not None:
            restoring.restore(state, remembered)
        else:
            state.opened_at = state.now
        reconcile.begin(state)
        return self._out()

    def submit(self, approved: Approved, now: int) -> list[OrderReport]:
        """Take an approved order."""
        self._at(now)
        submit.submit(self.state, approved)
        return self._out()

    def cancel(self, client_order_id: ClientOrderId, now: int) -> list[OrderReport]:
        """Want an order gone."""
        self._at(now)
        cancel.cancel(self.state, client_order_id)
        return self._out()

    def on_input(self, told: given.Input, now: int) -> list[OrderReport]:
        """Take what the rim tells."""
        self._at(now)
        self._handlers[type(told)](self.state, told)
        return self._out()

    def next_due(self) -> int | None:
        """Return when something is to be done although nothing comes in; None for never."""
        state = self.state
        times = [state.mode_until]
        times.append(0 if state.orders_out else state.orders_at)
        times.append(0 if state.trades_out else state.trades_at)
        times.append(0 if state.balance_out else state.balance_at)
        for pending in state.live.values():
            times += _times_of(pending)
        return min((at for at in times if at), default=None)

    def run_due(self, now: int) -> list[OrderReport]:
        """Do what is due."""
        self._at(now)
        reconcile.run_due(self.state)
        return self._out()

    def reason_to_hold(self, client_order_id: ClientOrderId, now: int) -> str:
        """Return why an order must not leave at this very moment, empty when it may.

        What was decided when it was recorded is asked again: it may have waited since.
        """
        pending = self.state.orders.get(client_order_id)
        if pending is None or pending.phase is not Phase.SENDING:
            return submit.NOT_WAITING
        return submit.reason_not_to_send(self.state, pending, max(now, self.state.now))

    def is_news(self, leg: VenueFill) -> bool:
        """Return whether a leg would be told now, and not as one that was told before."""
        return settling.is_news(self.state, leg)

    def take_actions(self) -> list[Action]:
        """Return what the rim shall do, oldest first, and forget it."""
        actions, self.state.actions = self.state.actions, []
        return actions

    def _at(self, now: int) -> None:
        self.state.now = max(self.state.now, now)

    def _out(self) -> list[OrderReport]:
        cancel.send_due(self.state)
        out, self.state.reports = self.state.reports, []
        return out

    def digest(self) -> tuple[object, ...]:
        """Return the whole state as ordered tuples of numbers and texts."""
        state = self.state
        live = tuple(_digest_of(pending) for pending in state.live.values())
        known = len(state.orders), len(state.by_digest), len(state.strangers)
        unsettled = tuple((*key, at) for key, at in state.unsettled.items())
        looks = (state.orders_at, state.trades_at, state.balance_at, state.is_ready)
        mode = (str(state.mode), state.mode_until, str(state.mode_after), state.mode_wait)
        return (live, known, unsettled, looks, mode)


def _times_of(pending: Pending) -> tuple[int, int]:
    asks = 0 if pending.ask_is_out else pending.ask_at
    cancels = 0 if pending.cancel_is_out or not pending.cancel_wanted else pending.cancel_at
    return (asks, 0 if pending.ending is not None else cancels)


def _digest_of(pending: Pending) -> tuple[object, ...]:
    fills = tuple((trade, size, str(status)) for trade, (size, status) in pending.fills.items())
    times = (pending.ask_at, pending.cancel_at, pending.not_found)
    name = (pending.client_order_id, str(pending.phase), pending.matched)
    return (*name, pending.cancel_wanted, times, fills)
