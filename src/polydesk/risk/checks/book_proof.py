"""No proof, no order: the book must be fresh, uncrossed and confirmed by the venue."""

from __future__ import annotations

from polydesk.domain.book import HashState
from polydesk.domain.intents import OrderIntent, Origin
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.risk.context import RiskContext

_PROVED = (HashState.PROVEN, HashState.CHECKED)


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse on a doubtful book; a person may confirm a manual order all the same."""
    if intent.origin is Origin.MANUAL and intent.confirmed:
        return None
    book = context.book
    if book is None or book.stale:
        return Denial(DenyCode.BOOK_STALE, (("reason", "no snapshot"),))
    age_ms = (context.now - book.changed_at) // 1_000_000
    if age_ms > limits.max_book_age_ms:
        facts = (("age_ms", str(age_ms)), ("max", str(limits.max_book_age_ms)))
        return Denial(DenyCode.BOOK_STALE, facts)
    if book.crossed:
        return Denial(DenyCode.BOOK_CROSSED)
    if book.hash_state not in _PROVED:
        return Denial(DenyCode.BOOK_NOT_PROVEN, (("state", book.hash_state),))
    return None
