"""One life of the desk: engine and executor, from opening to a crash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from polydesk.campaigns.simulation.journal import MemoryJournal
from polydesk.campaigns.simulation.schedule import Schedule
from polydesk.domain import events as ev
from polydesk.domain.approval import Approved
from polydesk.domain.commands import (
    CancelOrder,
    Command,
    FollowLeader,
    RequestSnapshot,
    TradingState,
)
from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.limits import RiskLimits
from polydesk.domain.units import UsdMicros
from polydesk.engine.engine import Engine
from polydesk.engine.observer import Observer
from polydesk.engine.restore import Earlier, restore, restore_latches
from polydesk.execution.actions import Action
from polydesk.execution.executor import Executor
from polydesk.execution.inputs import Input
from polydesk.execution.restoring import Remembered
from polydesk.runtime.earlier import FILE_SAYS_KILLED, earlier_of
from polydesk.store.restore import fold


class Crash(Exception):
    """The desk's process is killed."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What every life of the desk begins with."""

    cash: UsdMicros
    limits: RiskLimits
    leaders: tuple[FollowLeader, ...]
    opened_at: int
    """When the account was opened, nanoseconds UTC."""


class Desk:
    """The desk's core, wired as the live desk wires it."""

    def __init__(
        self,
        schedule: Schedule,
        observer: Observer,
        *,
        approved: Callable[[Approved], None],
        snapshot: Callable[[TokenId], None],
        stepped: Callable[[ev.Event], None],
    ) -> None:
        self.engine = Engine(observer=observer)
        self.executor = Executor(market=self.engine.token_markets.get)
        self.is_alive = True
        self._schedule = schedule
        self.act: Callable[[Sequence[Action]], None] = lambda _: None
        """Carries out what the executor asks for."""
        self._remembered: Remembered | None = None
        self._approved = approved
        self._snapshot = snapshot
        self._stepped = stepped
        self._wake_at = 0
        self._early: list[ev.OrderReport] = []
        self.engine.hand_over = self._hand_over

    def restore(self, opening: Opening, journal: MemoryJournal) -> None:
        """Take up what the journal holds, or open the account."""
        engine, now = self.engine, self._schedule.now
        engine.limits = opening.limits
        for leader in opening.leaders:
            engine.copier.follow(leader)
        earlier = earlier_of(journal.session())
        if journal.latch and earlier.killed_because is None:
            earlier = replace(earlier, killed_because=FILE_SAYS_KILLED)
        if earlier.empty:
            engine.open_account(opening.cash, now)
            engine.go_live()
            restore_latches(engine, earlier)
            return
        ledger = fold(earlier.entries, earlier.fills, earlier.settlements)
        restore(engine, earlier, ledger, now, is_live=True)
        self._remembered = _remembered(earlier, opening.opened_at)

    def begin(self, catalogue: ev.MarketsListed) -> None:
        """Learn the markets, then look at the venue."""
        self.apply(catalogue)
        now, remembered = self._schedule.now, self._remembered
        self._within(lambda: self._take(self.executor.open(now, remembered)))

    def apply(self, event: ev.Event) -> None:
        """Take an event of the market or of a person."""
        self._within(lambda: self._process(event))

    def tell(self, told: Input) -> None:
        """Let the executor hear something."""
        if self.is_alive:
            self._within(lambda: self._take(self.executor.on_input(told, self._schedule.now)))

    def _within(self, do: Callable[[], None]) -> None:
        """Do something to its end, then begin with what it asks for."""
        do()
        actions = self.executor.take_actions()
        if actions:
            self.act(actions)
        self._plan_wake()

    def _plan_wake(self) -> None:
        due = self.executor.next_due()
        now = self._schedule.now
        if due is not None and (not self._wake_at or due < self._wake_at):
            self._wake_at = max(due, now + 1)
            self._schedule.after(self._wake_at - now, self._wake, self._wake_at)

    def _wake(self, at: int) -> None:
        if self.is_alive and at == self._wake_at:
            self._wake_at = 0
            self._within(lambda: self._take(self.executor.run_due(self._schedule.now)))

    def _take(self, reports: Sequence[ev.OrderReport]) -> None:
        for report in reports:
            self._process(report)

    def _process(self, event: ev.Event) -> None:
        commands = self.engine.process(event)
        self._stepped(event)
        if commands:
            self._carry_out(commands)
        early, self._early = self._early, []
        self._take(early)

    def _hand_over(self, approved: Approved) -> None:
        self._approved(approved)
        self._early.extend(self.executor.submit(approved, self._schedule.now))

    def _carry_out(self, commands: Sequence[Command]) -> None:
        now = self._schedule.now
        for command in commands:
            if isinstance(command, CancelOrder):
                self._take(self.executor.cancel(command.client_order_id, now))
            elif isinstance(command, RequestSnapshot):
                self._snapshot(command.token_id)

    def reason_to_hold(self, key: ClientOrderId) -> str:
        """Return at the last moment why an order must not be sent, as the live desk does."""
        if self.engine.killed:
            return "the kill switch is on"
        if self.engine.trading_state is TradingState.HALTED:
            return "trading is halted"
        return self.executor.reason_to_hold(key, self._schedule.now)


def _remembered(earlier: Earlier, opened_at: int) -> Remembered:
    settled = {row.identity: row.settlement for row in earlier.settlements}
    fills = tuple((fill, settled.get(fill.identity, fill.settlement)) for fill in earlier.fills)
    return Remembered(earlier.orders, fills, opened_at, earlier.ready_at)
