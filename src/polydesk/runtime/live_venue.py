"""The executor in the place of a venue: the same door the paper venue has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from polydesk.domain.approval import Approved
from polydesk.domain.events import Event, OrderReport
from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.instruments import Market
from polydesk.execution.actions import Action
from polydesk.execution.executor import Executor
from polydesk.execution.inputs import Input
from polydesk.execution.restoring import Remembered
from polydesk.runtime.control import SessionOpened

NOTHING: Sequence[OrderReport] = ()


class OrderVenue(Protocol):
    """Where approved orders go. All calls are synchronous; time is an argument."""

    def submit(self, approved: Approved, now: int) -> Sequence[OrderReport]:
        """Take an approved order."""
        ...

    def cancel(self, client_order_id: ClientOrderId, now: int) -> Sequence[OrderReport]:
        """Take a wish to cancel."""
        ...

    def on_event(self, event: Event, now: int) -> Sequence[OrderReport]:
        """Learn what the market did."""
        ...

    def next_due(self) -> int | None:
        """Return when something is to be done although nothing comes in."""
        ...

    def run_due(self, now: int) -> Sequence[OrderReport]:
        """Do what is due."""
        ...

    def digest(self) -> tuple[object, ...]:
        """Return the whole state as ordered tuples."""
        ...


class LiveVenue:
    """Passes the executor's actions to whoever carries them out; in a replay nobody does."""

    def __init__(self, market: Callable[[TokenId], Market | None]) -> None:
        self.executor = Executor(market=market)
        self.act: Callable[[Sequence[Action]], None] | None = None
        self._due: int | None = None
        self._is_due_known = False

    def open(self, now: int, remembered: Remembered | None) -> Sequence[OrderReport]:
        """Begin the session: look at the venue before anything is sent."""
        return self._passed_on(self.executor.open(now, remembered))

    def submit(self, approved: Approved, now: int) -> Sequence[OrderReport]:
        """Take an approved order."""
        return self._passed_on(self.executor.submit(approved, now))

    def cancel(self, client_order_id: ClientOrderId, now: int) -> Sequence[OrderReport]:
        """Take a wish to cancel."""
        return self._passed_on(self.executor.cancel(client_order_id, now))

    def on_input(self, told: Input, now: int) -> Sequence[OrderReport]:
        """Take what the rim tells."""
        return self._passed_on(self.executor.on_input(told, now))

    def on_event(self, event: Event, now: int) -> Sequence[OrderReport]:
        """Learn nothing: what the market does to our orders, the venue says itself."""
        return NOTHING

    def next_due(self) -> int | None:
        """Return when something is to be done; kept, since every frame asks."""
        if not self._is_due_known:
            self._due, self._is_due_known = self.executor.next_due(), True
        return self._due

    def run_due(self, now: int) -> Sequence[OrderReport]:
        """Do what is due."""
        return self._passed_on(self.executor.run_due(now))

    def _passed_on(self, reports: Sequence[OrderReport]) -> Sequence[OrderReport]:
        self._is_due_known = False
        actions = self.executor.take_actions()
        if actions and self.act is not None:
            self.act(actions)
        return reports

    def digest(self) -> tuple[object, ...]:
        """Return the executor's state."""
        return self.executor.digest()


def remembered_of(session: SessionOpened) -> Remembered | None:
    """Return what the executor must know of earlier sessions; None for a new account."""
    earlier = session.earlier
    if earlier.empty:
        return None
    settled = {settled.identity: settled.settlement for settled in earlier.settlements}
    fills = tuple((fill, settled.get(fill.identity, fill.settlement)) for fill in earlier.fills)
    return Remembered(earlier.orders, fills, session.opened_at, earlier.ready_at)
