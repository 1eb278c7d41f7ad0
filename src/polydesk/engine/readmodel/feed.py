"""Followed trades with what became of each, and the followed wallets."""

from __future__ import annotations

from itertools import islice

from polydesk.copying.leaders import Leader
from polydesk.domain.commands import CopyMode, CopyRule, Sizing
from polydesk.domain.decisions import Decision
from polydesk.domain.units import MICROS, format_micros
from polydesk.engine.engine import Engine
from polydesk.views.models import FeedRow, FeedView, LeaderRow

DELAY_WINDOW = 500
"""Newest decisions that count for the median delay."""


class FeedViews:
    """Builds the followed feed and the list of leaders."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def version(self) -> int:
        """Return a number that rises with every decision and every move of an order."""
        return self._engine.decisions.newest + self._engine.account.version

    def feed(self, limit: int) -> FeedView:
        """Return the newest decisions first."""
        decisions = self._engine.decisions
        rows = tuple(map(self._row, islice(reversed(decisions), limit)))
        delays = sorted(decision.delay_ms for decision in decisions[-DELAY_WINDOW:])
        median = delays[len(delays) // 2] if delays else None
        return FeedView(self.version(), rows, len(self._engine.copier.leaders), median)

    def _row(self, decision: Decision) -> FeedRow:
        key = decision.client_order_id
        order = self._engine.account.orders.get(key) if key is not None else None
        average = None
        if order is not None and order.filled:
            average = order.filled_value * MICROS // order.filled
        return FeedRow(
            seq=decision.seq,
            trade_id=decision.trade_id,
            leader=decision.leader,
            leader_name=decision.leader_name,
            side=decision.side,
            token_id=decision.token_id,
            title=decision.title,
            outcome=decision.outcome,
            leader_price=decision.leader_price,
            leader_size=decision.leader_size,
            traded_at=decision.traded_at,
            seen_delay_ms=decision.delay_ms,
            verdict=decision.verdict,
            reason=explain(decision),
            copy_price=decision.copy_price,
            copy_size=decision.copy_size,
            client_order_id=key,
            order_state=order.state if order is not None else None,
            filled=order.filled if order is not None else 0,
            average_price=average,
        )

    def leaders(self) -> tuple[LeaderRow, ...]:
        """Return the followed wallets in the order they were added."""
        return tuple(self._leader(leader) for leader in self._engine.copier.leaders.values())

    def _leader(self, leader: Leader) -> LeaderRow:
        return LeaderRow(
            wallet=leader.wallet,
            name=leader.name,
            mode=leader.rule.mode,
            paused=leader.paused,
            trades=leader.trades,
            copied=leader.copied,
            skipped=leader.skipped,
            held_cost=leader.held_cost,
            bought_today=leader.bought_on(self._engine.now),
            rule=rule_in_words(leader.rule),
        )


def explain(decision: Decision) -> str:
    """Return reason code and facts in one line; empty when copied."""
    facts = " ".join(f"{name} {value}" for name, value in decision.facts)
    if decision.skip is not None:
        return f"{decision.skip} {facts}".rstrip()
    return facts if decision.client_order_id is None else ""


def rule_in_words(rule: CopyRule) -> str:
    """Return a rule as a person would say it."""
    if rule.sizing is Sizing.FIXED_CASH:
        size = f"${format_micros(rule.cash)} a trade"
    else:
        size = f"{format_micros(rule.percent)} % of size"
    words = (
        f"{size}, up to {rule.max_age_ms / 1000:g} s old, slippage {format_micros(rule.max_slippage)}, "
        f"price {format_micros(rule.min_price)}-{format_micros(rule.max_price)}, "
        f"max ${format_micros(rule.max_leader_usd)} held, ${format_micros(rule.max_day_usd)} a day"
    )
    return f"watch only ({words})" if rule.mode is CopyMode.WATCH else words
