"""Going on where an earlier desk stopped: ledger, lots, orders and decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from polydesk.domain.commands import TradingState
from polydesk.domain.decisions import Decision, Verdict
from polydesk.domain.fills import Fill
from polydesk.domain.ids import TokenId, Wallet
from polydesk.domain.instruments import Side
from polydesk.domain.ledger import Entry, Ledger
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.units import ShareMicros, UsdMicros
from polydesk.engine.engine import Engine
from polydesk.errors import InvariantError

INTERRUPTED = "the desk was closed while this paper order was open"


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier sessions of the same account left."""

    entries: tuple[Entry, ...] = ()
    """All ledger entries, oldest first."""
    fills: tuple[Fill, ...] = ()
    """All fills, oldest first."""
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
    killed_because: str | None = None
    """Why the kill switch is on; None when it is off."""
    trading_state: TradingState = TradingState.ACTIVE
    """As last set by hand."""

    @property
    def empty(self) -> bool:
        """Whether the account is new."""
        return not self.entries


def restore(engine: Engine, earlier: Earlier, ledger: Ledger, at: int) -> None:
    """Put an earlier session's account into a fresh engine; leaders must be followed already.

    Args:
        engine: An engine without orders or money.
        earlier: What was recorded.
        ledger: The books folded from its entries and fills.
        at: Time of the new session, nanoseconds UTC.

    Raises:
        InvariantError: The engine has an account already.
    """
    if engine.account.ledger.seq:
        raise InvariantError("an account can only be restored into a fresh engine")
    engine.account.ledger = ledger
    engine.account.fills.extend(earlier.fills)
    _restore_lots(engine, earlier.entries, earlier.fills)
    _restore_decisions(engine, earlier.decisions)
    _restore_counts(engine, earlier)
    for order in earlier.orders:
        _restore_order(engine, order)
    engine.account.day = earlier.day
    engine.account.day_start_equity = earlier.day_start_equity
    engine.account.latched_loss = earlier.latched_loss
    engine.account.unmarked = {p.token_id: False for p in ledger.positions.values() if p.size}
    engine.account.version += 1
    restore_latches(engine, earlier)
    engine.resume(at)


def restore_latches(engine: Engine, earlier: Earlier) -> None:
    """Take up what a person stopped; what was stopped in this session already stays so."""
    if engine.trading_state is TradingState.ACTIVE:
        engine.trading_state = earlier.trading_state
    if earlier.killed_because is not None:
        engine.killed, engine.kill_reason = True, earlier.killed_because
    for wallet in earlier.paused:
        leader = engine.copier.leaders.get(wallet)
        if leader is not None:
            leader.paused = True


def _restore_lots(engine: Engine, entries: Sequence[Entry], fills: Sequence[Fill]) -> None:
    remaining = iter(fills)
    held: Counter[TokenId] = Counter()
    for entry in entries:
        if entry.kind == "fill":
            fill = next(remaining)
            held[fill.token_id] += fill.size if fill.side is Side.BUY else -fill.size
            engine.copier.note_fill(fill, ShareMicros(held[fill.token_id]))
        elif entry.kind == "payout":
            held[TokenId(entry.ref)] = 0
            engine.copier.note_resolution((TokenId(entry.ref),))


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


def _restore_order(engine: Engine, order: Order) -> None:
    """Paper orders live in the desk's memory: one that was open then is over now."""
    if order.open:
        order.reason = INTERRUPTED
        never_sent = order.state is OrderState.INTENT
        state = OrderState.ABANDONED if never_sent else OrderState.CANCELED
        order.move_to(state, max(engine.now, order.updated_at))
        engine.observer.on_order(order)
    engine.account.orders[order.intent.client_order_id] = order
