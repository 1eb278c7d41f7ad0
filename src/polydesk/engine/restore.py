"""Going on where an earlier desk stopped: ledger, lots, orders and decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from polydesk.domain.commands import TradingState
from polydesk.domain.decisions import Decision, Verdict
from polydesk.domain.fills import Fill, SettledFill
from polydesk.domain.folding import Folding
from polydesk.domain.ids import ClientOrderId, TokenId, Wallet
from polydesk.domain.ledger import Entry, Ledger
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.signed import SignedRecord
from polydesk.domain.units import ShareMicros, UsdMicros
from polydesk.engine.engine import Engine
from polydesk.engine.recount import Recount
from polydesk.engine.retrace import Retrace
from polydesk.errors import InvariantError

INTERRUPTED = "the desk was closed while this paper order was open"


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier sessions of the same account left."""

    entries: tuple[Entry, ...] = ()
    """All ledger entries, oldest first."""
    fills: tuple[Fill, ...] = ()
    """All fills, oldest first."""
    settlements: tuple[SettledFill, ...] = ()
    """What became of fills that were not money at once, oldest first."""
    signed: tuple[SignedRecord, ...] = ()
    """What was signed of the orders that were open in the end."""
    frozen: tuple[tuple[TokenId, str], ...] = ()
    """Frozen markets by a token of theirs, with the reason."""
    orders: tuple[Order, ...] = ()
    """Every order in its latest state."""
    decisions: tuple[Decision, ...] = ()
    """The newest decisions, oldest first."""
    day: int = 0
    """The last day begun, days since 1970 UTC."""
    day_start_equity: UsdMicros = UsdMicros(0)
    """Equity when that day began, so that a restart does not forget the day's loss."""
    latched_loss: UsdMicros = UsdMicros(0)
    """Loss with which that day's limit was reached; zero when it was not."""
    paused: tuple[Wallet, ...] = ()
    """Leaders whose copying was paused by hand."""
    decision_counts: tuple[tuple[Wallet, Verdict, int], ...] = ()
    """All decisions ever made, by leader and verdict."""
    ready_at: int = 0
    """When the last live session had looked everything up, nanoseconds UTC; 0 for never."""
    killed_because: str | None = None
    """Why the kill switch is on; None when it is off."""
    trading_state: TradingState = TradingState.ACTIVE
    """As last set by hand."""

    @property
    def empty(self) -> bool:
        """Whether the account is new."""
        return not self.entries


def restore(
    engine: Engine, earlier: Earlier, ledger: Ledger, at: int, *, is_live: bool = False
) -> None:
    """Put an earlier session's account into a fresh engine; leaders must be followed already.

    Args:
        engine: An engine without orders or money.
        earlier: What was recorded.
        ledger: The books folded from its entries, fills and settlements.
        at: Time of the new session, nanoseconds UTC.
        is_live: Whether the orders are at the real venue. Then open ones come back as they were,
            with what they reserve, and the desk is not ready before they were looked up.
            Paper orders lived in the desk that ended, so those are over.

    Raises:
        InvariantError: The engine has an account already.
    """
    if engine.account.ledger.seq:
        raise InvariantError("an account can only be restored into a fresh engine")
    engine.account.ledger = ledger
    engine.account.fills.extend(earlier.fills)
    _restore_lots(engine, earlier)
    _restore_decisions(engine, earlier.decisions)
    _restore_counts(engine, earlier)
    _restore_orders(engine, earlier, is_live=is_live)
    engine.account.day = earlier.day
    engine.account.day_start_equity = earlier.day_start_equity
    engine.account.latched_loss = earlier.latched_loss
    engine.account.unmarked = {p.token_id: False for p in ledger.positions.values() if p.size}
    engine.account.version += 1
    if is_live:
        engine.go_live()
    restore_latches(engine, earlier)
    engine.resume(at)


def restore_latches(engine: Engine, earlier: Earlier) -> None:
    """Take up what a person stopped; what was stopped in this session already stays so."""
    if engine.trading_state is TradingState.ACTIVE:
        engine.trading_state = earlier.trading_state
    if earlier.killed_because is not None:
        engine.killed, engine.kill_reason = True, earlier.killed_because
    engine.venue.frozen.update(earlier.frozen)
    for wallet in earlier.paused:
        leader = engine.copier.leaders.get(wallet)
        if leader is not None:
            leader.paused = True


def _restore_lots(engine: Engine, earlier: Earlier) -> None:
    """Attribute lots in the order in which things were booked, as they were then."""
    folding, paid = Folding(earlier.fills, earlier.settlements), set[TokenId]()
    for entry in earlier.entries:
        fill = folding.book(entry)
        if entry.kind == "payout":
            paid.add(TokenId(entry.ref))
            engine.copier.note_resolution((TokenId(entry.ref),))
        elif fill is not None and entry.kind == "fill":
            engine.copier.note_fill(fill, folding.ledger.position(fill.token_id).size)
        elif fill is not None and fill.token_id not in paid:
            engine.copier.note_void(fill.token_id, folding.standing(fill.token_id))


def _restore_decisions(engine: Engine, decisions: Sequence[Decision]) -> None:
    for decision in decisions:
        engine.decisions.append(decision)
        engine.copier.seen[decision.trade_id] = None
        leader = engine.copier.leaders.get(decision.leader)
        if leader is not None:
            engine.copier.note_holding(
                leader, decision.token_id, decision.side, decision.leader_size
            )


def _restore_counts(engine: Engine, earlier: Earlier) -> None:
    for wallet, verdict, count in earlier.decision_counts:
        leader = engine.copier.leaders.get(wallet)
        if leader is not None:
            leader.trades += count
            leader.copied += count if verdict is Verdict.COPIED else 0
            leader.aggregating += count if verdict is Verdict.AGGREGATING else 0
            leader.skipped += count if verdict is Verdict.SKIPPED else 0


def _restore_orders(engine: Engine, earlier: Earlier, *, is_live: bool) -> None:
    signed = {record.client_order_id: record for record in earlier.signed}
    retrace = Retrace(earlier.fills, earlier.settlements, earlier.signed)
    recount = Recount(earlier.fills, earlier.settlements)
    for order in earlier.orders:
        is_news = order.open and is_live and _take_signature(order, signed)
        is_news = recount.correct(order) or is_news
        if order.open and not is_live:
            _interrupt(engine, order)
            is_news = True
        retrace.write(order)
        _take_up(engine, order)
        if is_news:
            engine.observer.on_order(order)
    engine.orders.restore_rate(earlier.orders)


def _interrupt(engine: Engine, order: Order) -> None:
    """Paper orders live in the desk's memory: one that was open then is over now."""
    order.reason = INTERRUPTED
    never_sent = order.state is OrderState.INTENT
    state = OrderState.ABANDONED if never_sent else OrderState.CANCELED
    order.move_to(state, max(engine.now, order.updated_at))


def _take_signature(order: Order, signed: Mapping[ClientOrderId, SignedRecord]) -> bool:
    """The record of a signature may be newer than the order's own row; return whether it is."""
    record = signed.get(order.intent.client_order_id)
    if record is None or order.venue_order_id is not None:
        return False
    order.venue_order_id = record.venue_order_id
    if order.state is OrderState.INTENT:
        order.move_to(OrderState.SIGNED, max(record.ts, order.updated_at))
    return True


def _take_up(engine: Engine, order: Order) -> None:
    if order.open:
        engine.account.add(order)
        engine.copier.note_open(order.intent)
        engine.copier.note_used(order.intent, ShareMicros(order.filled + order.voided))
    else:
        engine.account.orders[order.intent.client_order_id] = order
