"""Planted bugs: the simulation catches each of them, and finds nothing wrong without them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from polydesk.campaigns.simulation import desk, venue
from polydesk.campaigns.simulation.journal import MemoryJournal
from polydesk.campaigns.simulation.simulation import Outcome, Simulation
from polydesk.campaigns.simulation.weather import CALM, STORM, Weather
from polydesk.domain.approval import Approved
from polydesk.domain.commands import Kill
from polydesk.domain.events import UserCommandGiven
from polydesk.domain.fills import Liquidity
from polydesk.domain.intents import Origin
from polydesk.domain.ledger import Ledger
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.units import ShareMicros, UsdMicros
from polydesk.domain.venue import OutcomeKind, TradeStatus
from polydesk.engine import fill_desk
from polydesk.engine.account import Account
from polydesk.engine.order_life import OrderLife
from polydesk.engine.venue_desk import VenueDesk
from polydesk.execution import cancel, patience, reconcile, reports, restoring, settling, submit
from polydesk.execution.actions import Send, Sign
from polydesk.execution.executor import Executor
from polydesk.execution.pending import Pending, Phase
from polydesk.risk import engine as gate
from polydesk.risk.checks import order_rate

Patch = pytest.MonkeyPatch
ROUGH = replace(STORM, lost_before=0.15, lost_after=0.15, late=0.12, journal_slow=0.05)
SEEDS = (1, 2, 3, 4, 5, 6)
STEPS = 2_500


@dataclass(frozen=True)
class Mutant:
    """A planted bug and the invariants of which one must see it."""

    plant: Callable[[Patch], None]
    seen_by: tuple[str, ...]
    seeds: tuple[int, ...] = SEEDS
    weather: Weather = ROUGH


def resend_after_time_out(patch: Patch) -> None:
    original = submit._unknown

    def mutant(state: Any, pending: Pending, outcome: Any) -> None:
        original(state, pending, outcome)
        state.actions.append(Send(pending.client_order_id))

    patch.setitem(submit._ANSWERS, OutcomeKind.UNKNOWN, mutant)
    patch.setattr(Executor, "reason_to_hold", lambda *_: "")


def rejected_on_a_broken_answer(patch: Patch) -> None:
    patch.setitem(submit._ANSWERS, OutcomeKind.UNKNOWN, submit._rejected)


def sent_before_it_is_on_disk(patch: Patch) -> None:
    original = submit.on_signed

    def mutant(state: Any, told: Any) -> None:
        original(state, told)
        pending = state.orders[told.client_order_id]
        pending.phase, pending.sent_at = Phase.SENDING, state.now
        state.actions[-1:] = [*state.actions[-1:], Send(told.client_order_id)]

    patch.setattr(submit, "on_signed", mutant)


def kill_ignored_between_signature_and_send(patch: Patch) -> None:
    patch.setattr(submit, "reason_not_to_send", lambda *_: "")
    patch.setattr(desk.Desk, "reason_to_hold", lambda *_: "")


def given_up_when_not_found(patch: Patch) -> None:
    patch.setattr(
        reconcile, "_take_missing", lambda state, order, _: reconcile._believe_absence(state, order)
    )


def unknown_given_up_too_early(patch: Patch) -> None:
    patch.setattr(patience.Patience.__init__, "__defaults__", _with_window(3 * patience.SECOND))


def _with_window(window: int) -> tuple[Any, ...]:
    names = list(patience.Patience.__dataclass_fields__)
    defaults = list(patience.Patience.__init__.__defaults__ or ())
    defaults[names.index("unknown_window")] = window
    return tuple(defaults)


def canceled_without_evidence(patch: Patch) -> None:
    def mutant(state: Any, told: Any) -> None:
        for digest in told.venue_order_ids:
            pending = state.by_digest[digest]
            pending.cancel_is_out = False
            if not pending.is_done:
                reports.take_as_arrived(state, pending, resting=True)
                reports.end_as_gone(state, pending)

    patch.setattr(cancel, "on_answered", mutant)


def failed_ignored(patch: Patch) -> None:
    original = settling._tell_settlement

    def mutant(state: Any, pending: Pending, leg: Any) -> None:
        if leg.status is not TradeStatus.FAILED:
            original(state, pending, leg)

    patch.setattr(settling, "_tell_settlement", mutant)


def failed_applied_twice(patch: Patch) -> None:
    original = Account.fail

    def mutant(self: Account, order: Order, told: Any, now: int) -> Any:
        fill = self.ledger.provisional.get(told.identity)
        entry = original(self, order, told, now)
        if fill is not None:
            order.filled = ShareMicros(order.filled - fill.size)
        return entry

    patch.setattr(Account, "fail", mutant)


def fill_applied_twice(patch: Patch) -> None:
    original = Ledger.apply_fill

    def mutant(self: Ledger, fill: Any) -> Any:
        entry = original(self, fill)
        if entry is not None:
            original(self, replace(fill, trade_id=fill.trade_id + "again"))
        return entry

    patch.setattr(Ledger, "apply_fill", mutant)


def every_word_of_a_trade_is_a_fill(patch: Patch) -> None:
    def mutant(state: Any, pending: Pending, leg: Any, last: Any) -> None:
        del last
        pending.fills.pop(leg.trade_id)
        again = replace(leg, trade_id=f"{leg.trade_id}-{leg.status}")
        settling._first_word(state, pending, again)

    patch.setattr(settling, "_next_word", mutant)


def provisional_shares_sold(patch: Patch) -> None:
    patch.setattr(Account, "free_shares", lambda self, token: self.ledger.position(token).size)


def sale_proceeds_spent_before_they_settle(patch: Patch) -> None:
    patch.setattr(
        Account,
        "free_cash",
        property(lambda self: UsdMicros(self.ledger.cash - sum(self.reserved.values()))),
    )


def sent_again_after_a_restart(patch: Patch) -> None:
    original = restoring._restore_order

    def mutant(state: Any, order: Order) -> None:
        if order.open and order.state is not OrderState.LIVE:
            approved = Approved(order.intent, UsdMicros(0), None)
            key = order.intent.client_order_id
            state.keep(Pending(key, order.intent, Phase.SIGNING, created_at=state.now))
            state.actions.append(Sign(approved))
        else:
            original(state, order)

    patch.setattr(restoring, "_restore_order", mutant)


def told_by_the_stream_after_the_end(patch: Patch) -> None:
    def accepted(self: OrderLife, event: Any) -> Any:
        order = self._engine.account.orders[event.client_order_id]
        order.state = OrderState.LIVE
        self._engine.observer.on_order(order)
        return ()

    def revive(state: Any, pending: Pending) -> None:
        pending.phase, pending.is_accepted, pending.is_over = Phase.LIVE, False, False
        state.live[pending.client_order_id] = pending

    original = reports.on_venue_order

    def believe(state: Any, order: Any, read_at: int = 0) -> None:
        pending = state.by_digest.get(order.venue_order_id)
        if pending is not None:
            pending.is_given_up = True
        original(state, order, read_at)

    patch.setattr(reports, "revive", revive)
    patch.setattr(reports, "on_venue_order", believe)
    patch.setattr(OrderLife, "on_accepted", accepted)


def rank_falls(patch: Patch) -> None:
    original = OrderLife.on_cancel_asked

    def mutant(self: OrderLife, event: Any) -> Any:
        commands = original(self, event)
        order = self._engine.account.orders[event.client_order_id]
        if order.state is OrderState.LIVE:
            order.state = OrderState.SENT
            self._engine.observer.on_order(order)
        return commands

    patch.setattr(OrderLife, "on_cancel_asked", mutant)


def overfill_accepted(patch: Patch) -> None:
    patch.setattr(fill_desk, "_doubt", lambda *_: "")
    _faulty_legs(patch, lambda leg: replace(leg, size=ShareMicros(3 * leg.size), parts=()))


def maker_side_inverted(patch: Patch) -> None:
    def turned(leg: Any) -> Any:
        is_maker = leg.liquidity is Liquidity.MAKER
        return replace(leg, side=leg.side.opposite) if is_maker else leg

    _faulty_legs(patch, turned)


def _faulty_legs(patch: Patch, change: Callable[[Any], Any]) -> None:
    original = venue.legs_of
    patch.setattr(venue, "legs_of", lambda trade: [change(leg) for leg in original(trade)])


def external_order_ignored(patch: Patch) -> None:
    patch.setattr(reports, "adopt", lambda *_: None)
    patch.setattr(settling, "_keep_stranger", lambda *_: None)


def fee_dropped(patch: Patch) -> None:
    patch.setattr(settling, "_fee", lambda *_: UsdMicros(0))


def reservation_kept_after_the_end(patch: Patch) -> None:
    original = Account.move

    def mutant(self: Account, order: Order, state: OrderState, now: int) -> None:
        key = order.intent.client_order_id
        reserved = self.reserved.get(key)
        original(self, order, state, now)
        if reserved is not None:
            self.reserved[key] = reserved

    patch.setattr(Account, "move", mutant)


def reservation_let_go_while_unknown(patch: Patch) -> None:
    original = OrderLife.on_unknown

    def mutant(self: OrderLife, event: Any) -> Any:
        commands = original(self, event)
        self._engine.account.reserved.pop(event.client_order_id, None)
        return commands

    patch.setattr(OrderLife, "on_unknown", mutant)


def open_orders_left_out_of_exposure(patch: Patch) -> None:
    original = Account.exposures

    def mutant(self: Account, bound: Any) -> Any:
        return original(self, replace(bound, cash=0, cash_in_market=0))

    patch.setattr(Account, "exposures", mutant)


def order_rate_not_counted(patch: Patch) -> None:
    checks = tuple(check for check in gate.CHECKS if check is not order_rate.check)
    patch.setattr(gate, "CHECKS", checks)


def latch_forgotten_by_a_restart(patch: Patch) -> None:
    original = MemoryJournal.crash

    def mutant(self: MemoryJournal) -> None:
        original(self)
        self.rows = [row for row in self.rows if row[1] != "audit"]

    patch.setattr(MemoryJournal, "crash", mutant)
    patch.setattr(desk, "FILE_SAYS_KILLED", None)


def kill_not_repeated_after_a_restart(patch: Patch) -> None:
    original = VenueDesk.on_readiness

    def mutant(self: VenueDesk, event: Any) -> Any:
        original(self, event)
        return ()

    patch.setattr(VenueDesk, "on_readiness", mutant)


def settlement_lost_by_the_journal(patch: Patch) -> None:
    patch.setattr(MemoryJournal, "on_settled", lambda *_: None)


MUTANTS = [
    Mutant(resend_after_time_out, ("I-16",)),
    Mutant(rejected_on_a_broken_answer, ("I-19",)),
    Mutant(sent_before_it_is_on_disk, ("I-22",)),
    Mutant(kill_ignored_between_signature_and_send, ("I-25",), seeds=(8, 12)),
    Mutant(given_up_when_not_found, ("I-19",)),
    Mutant(unknown_given_up_too_early, ("I-19",)),
    Mutant(canceled_without_evidence, ("I-19",)),
    Mutant(failed_ignored, ("I-20",)),
    Mutant(failed_applied_twice, ("I-13",)),
    Mutant(fill_applied_twice, ("I-03", "I-06", "I-11", "I-36")),
    Mutant(every_word_of_a_trade_is_a_fill, ("I-14", "I-19", "I-20")),
    Mutant(provisional_shares_sold, ("I-03",)),
    Mutant(sale_proceeds_spent_before_they_settle, ("I-03",)),
    Mutant(sent_again_after_a_restart, ("I-16", "I-19")),
    Mutant(told_by_the_stream_after_the_end, ("I-15",)),
    Mutant(rank_falls, ("I-15",)),
    Mutant(overfill_accepted, ("I-14",)),
    Mutant(maker_side_inverted, ("I-10", "I-20")),
    Mutant(external_order_ignored, ("I-20", "I-10")),
    Mutant(fee_dropped, ("I-11",)),
    Mutant(reservation_kept_after_the_end, ("I-04",)),
    Mutant(reservation_let_go_while_unknown, ("I-04",)),
    Mutant(open_orders_left_out_of_exposure, ("I-28",), seeds=(70,)),
    Mutant(order_rate_not_counted, ("I-29",)),
    Mutant(latch_forgotten_by_a_restart, ("I-27",)),
    Mutant(settlement_lost_by_the_journal, ("I-36", "StoreError")),
]


def hunt(seeds: tuple[int, ...], weather: Weather) -> Outcome:
    """Run seeds until one breaks an invariant; return how the last one ended."""
    for seed in seeds:
        outcome = Simulation(seed, weather=weather).run(STEPS)
        if not outcome.is_clean:
            break
    return outcome


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.plant.__name__)
def test_a_planted_bug_is_caught(mutant: Mutant, monkeypatch: Patch) -> None:
    mutant.plant(monkeypatch)
    outcome = hunt(mutant.seeds, mutant.weather)
    assert outcome.violation.startswith(mutant.seen_by), outcome.violation or "nothing was found"


def _is_live(order: Order) -> bool:
    return order.state is OrderState.LIVE and order.intent.origin is not Origin.EXTERNAL


def killed_in_the_middle(seed: int) -> Outcome:
    """Kill the desk's process while the kill switch is being carried out, then let all rest."""
    simulation = Simulation(seed, weather=CALM)
    while not any(map(_is_live, simulation.desk.engine.account.open_orders.values())):
        simulation.advance()
    simulation.crash_after(1)
    with pytest.raises(desk.Crash):
        simulation.apply(UserCommandGiven(simulation.schedule.now, Kill("now")))
    simulation.desk_killed()
    return simulation.run(0)


def test_f027_a_kill_goes_on_after_the_process_was_killed_in_its_middle() -> None:
    assert killed_in_the_middle(4).violation == ""


def test_a_kill_that_ends_with_the_process_is_caught(monkeypatch: Patch) -> None:
    kill_not_repeated_after_a_restart(monkeypatch)
    assert killed_in_the_middle(4).violation.startswith("I-26")


@pytest.mark.parametrize("seed", SEEDS)
def test_without_a_planted_bug_the_same_seeds_are_clean(seed: int) -> None:
    assert Simulation(seed, weather=ROUGH).run(STEPS).violation == ""
