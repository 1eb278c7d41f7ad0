"""A token's position while some of its fills may still fail.

What is final is folded into ``base``; the steps since the first provisional one are kept and
walked again without a fill that fails. So a failed trade is taken out as if it had never been,
whatever came after it, and what is kept stays short.

A sale of more than is held cannot be booked, since a position is never negative. It waits,
whole, neither money nor shares, until enough was bought or until it fails itself. That happens
when a purchase fails whose shares were sold meanwhile, and when shares are sold that were
bought outside the desk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from polydesk.domain.fills import Fill, Identity, Settlement
from polydesk.domain.instruments import Side
from polydesk.domain.positions import Position
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros


@dataclass(frozen=True, slots=True)
class Payout:
    """Everything held was paid out at a price."""

    price: PriceMicros


Step = Fill | Payout


def walk(
    base: Position, steps: Iterable[Step], counts: Callable[[Fill], bool] = lambda _: True
) -> tuple[Position, list[Fill]]:
    """Return the position after the steps that count, and the sales that wait for shares."""
    position, waiting = replace(base), list[Fill]()
    for step in steps:
        if isinstance(step, Payout):
            position.pay_out(step.price)
        elif not counts(step):
            continue
        elif step.side is Side.BUY:
            position.book(step)
            waiting = [sale for sale in waiting if not _booked(position, sale)]
        elif not _booked(position, step):
            waiting.append(step)
    return position, waiting


def _booked(position: Position, sale: Fill) -> bool:
    """Book a sale if its shares are there; return whether they are."""
    if sale.size > position.size:
        return False
    position.book(sale)
    return True


def is_provisional(fill: Fill) -> bool:
    """Whether a fill may still fail."""
    return fill.settlement is Settlement.PROVISIONAL


class Unsettled:
    """The steps of one token since the first that is not final, and what they come to."""

    __slots__ = ("base", "now", "settled", "short", "steps", "waiting", "worst")

    def __init__(self, base: Position) -> None:
        self.base = replace(base)
        """The position before all steps."""
        self.steps: list[Step] = []
        self.now = self.settled = self.worst = self.base
        """With all fills; with the final ones only; with all but the provisional sales."""
        self.waiting: list[Fill] = []
        """Sales not booked because the shares are not there, oldest first."""
        self.short: list[Fill] = []
        """Final sales whose shares hang on purchases that may still fail."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Unsettled):
            return NotImplemented
        return (self.base, self.steps) == (other.base, other.steps)

    __hash__ = None  # type: ignore[assignment]

    def add(self, step: Step) -> None:
        """Take a further step."""
        self.steps.append(step)
        self._fold()

    def confirm(self, identity: Identity) -> None:
        """Let a provisional fill be final."""
        self.steps = [
            replace(step, settlement=Settlement.CONFIRMED)
            if isinstance(step, Fill) and step.identity == identity
            else step
            for step in self.steps
        ]
        self._fold()

    def take_out(self, identity: Identity) -> None:
        """Let a fill never have been."""
        self.steps = [
            step
            for step in self.steps
            if not (isinstance(step, Fill) and step.identity == identity)
        ]
        self._fold()

    def _fold(self) -> None:
        """Fold leading steps that are final into the base; sales that wait stay in front."""
        final = 0
        for step in self.steps:
            if isinstance(step, Fill) and is_provisional(step):
                break
            final += 1
        self.base, waiting = walk(self.base, self.steps[:final])
        self.steps = [*waiting, *self.steps[final:]]
        self._look()

    def _look(self) -> None:
        self.now, self.waiting = walk(self.base, self.steps)
        self.settled, self.short = walk(
            self.base, self.steps, lambda fill: not is_provisional(fill)
        )
        self.worst, _ = walk(
            self.base, self.steps, lambda fill: fill.side is Side.BUY or not is_provisional(fill)
        )

    @property
    def unspendable(self) -> UsdMicros:
        """Booked cash that a failure of one trade or another would take away again."""
        least = min(self.now.cash_effect, self.settled.cash_effect, self.worst.cash_effect)
        return UsdMicros(self.now.cash_effect - least)

    @property
    def sellable(self) -> ShareMicros:
        """Shares that are ours whatever fails, less those of sales under way."""
        going = [
            step.size
            for step in self.steps
            if isinstance(step, Fill)
            and step.side is Side.SELL
            and (is_provisional(step) or step in self.waiting or step in self.short)
        ]
        return ShareMicros(max(0, min(self.now.size, self.settled.size - sum(going))))
