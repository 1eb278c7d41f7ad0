"""The one gate: every intent leaves it approved or denied with a reason."""

from __future__ import annotations

from polydesk.domain.approval import Approved, BookProof
from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial
from polydesk.risk.checks import CHECKS
from polydesk.risk.context import RiskContext
from polydesk.risk.reservation import worst_cost_of


def judge(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Approved | Denial:
    """Ask every check in order and return the approval or the first denial."""
    context.worst_cost = worst_cost_of(intent, context.market)
    for check in CHECKS:
        denial = check(intent, context, limits)
        if denial is not None:
            return denial
    return Approved(intent, context.worst_cost, _proof(context))


def _proof(context: RiskContext) -> BookProof | None:
    book = context.book
    if book is None:
        return None
    age_ms = (context.now - book.changed_at) // 1_000_000
    return BookProof(book.epoch, age_ms, str(book.hash_state))
