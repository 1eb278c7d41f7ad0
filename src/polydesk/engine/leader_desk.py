"""Exactly one recorded decision for every trade of a followed wallet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from polydesk.copying.copier import Proposal
from polydesk.copying.leaders import Leader
from polydesk.domain import events as ev
from polydesk.domain.commands import Command, CopyMode
from polydesk.domain.decisions import Decision, Verdict
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.reasons import SkipCode
from polydesk.domain.units import format_micros

if TYPE_CHECKING:
    from polydesk.engine.engine import Engine

NOTHING: Sequence[Command] = ()


class LeaderDesk:
    """Turns followed trades into decisions and copies."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.trades = 0
        self.copied = 0
        self.aggregating = 0
        self.skipped: Counter[SkipCode] = Counter()

    def on_wallet_traded(self, event: ev.WalletTraded) -> Sequence[Command]:
        """Decide about a followed wallet's trade the first time it is told."""
        engine = self._engine
        leader = engine.copier.first_sight(event)
        if leader is None:
            return NOTHING
        self.trades += 1
        if leader.rule.mode is CopyMode.AUTO:
            engine.note_followed(event.token_id)
        proposal = engine.copier.propose(leader, event, engine.now)
        order: Order | None = None
        commands: Sequence[Command] = NOTHING
        if proposal.intent is not None:
            if engine.foretell is not None:
                engine.foretell(proposal.intent)
            order, commands = engine.orders.submit(proposal.intent)
        self._record(leader, event, proposal, order)
        if event.token_id not in engine.token_markets:
            commands = (*commands, *engine.request_market(event.token_id))
        return commands

    def _record(
        self, leader: Leader, event: ev.WalletTraded, proposal: Proposal, order: Order | None
    ) -> None:
        engine = self._engine
        verdict, skip, facts = _verdict(proposal, order)
        sent = order if verdict is Verdict.COPIED else None
        market = engine.token_markets.get(event.token_id)
        title = market.question if market is not None else event.title
        decision = Decision(
            seq=engine.decisions.newest + 1,
            trade_id=event.trade_id,
            leader=event.wallet,
            leader_name=leader.name or event.name,
            token_id=event.token_id,
            side=event.side,
            leader_price=event.price,
            leader_size=event.size,
            verdict=verdict,
            skip=skip,
            facts=facts,
            traded_at=event.ts_event,
            seen_at=event.ts_init,
            decided_at=engine.now,
            copy_price=sent.intent.price if sent else None,
            copy_size=sent.intent.size if sent else None,
            client_order_id=sent.intent.client_order_id if sent else None,
            title=title,
            outcome=market.outcome(event.token_id).label if market is not None else event.outcome,
        )
        self._count(leader, verdict, skip)
        engine.decisions.append(decision)
        engine.observer.on_decision(decision)

    def _count(self, leader: Leader, verdict: Verdict, skip: SkipCode | None) -> None:
        if verdict is Verdict.COPIED:
            self.copied += 1
            leader.copied += 1
        elif verdict is Verdict.AGGREGATING:
            self.aggregating += 1
            leader.aggregating += 1
        elif skip is not None:
            self.skipped[skip] += 1
            leader.skipped += 1


def _verdict(
    proposal: Proposal, order: Order | None
) -> tuple[Verdict, SkipCode | None, tuple[tuple[str, str], ...]]:
    if order is not None:
        if order.state is OrderState.DENIED:
            return Verdict.SKIPPED, SkipCode.RISK_DENIED, (("risk", order.reason),)
        size, limit = format_micros(order.intent.size), format_micros(order.intent.price)
        return Verdict.COPIED, None, (("size", size), ("limit", limit))
    if proposal.aggregating is not None:
        return Verdict.AGGREGATING, None, proposal.aggregating
    skip, facts = proposal.skip or (SkipCode.UNKNOWN_MARKET, ())
    return Verdict.SKIPPED, skip, facts
