"""What an answer to a cancel came to.

The venue answers 200 with two lists; *not found* among the reasons is a question, and *matched*
says that a fill is on its way. Neither ends an order here.

Source: ``trading.md`` section 5.5, 2026-11.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from polydesk.domain.ids import VenueOrderId
from polydesk.domain.text import clean
from polydesk.domain.venue import CancelOutcome, OutcomeKind
from polydesk.errors import OutcomeUnknown, PolydeskError, RateLimited, WireError
from polydesk.venues.polymarket.trading.outcomes import REFUSING, unavailability
from polydesk.venues.polymarket.trading.replies import Reply
from polydesk.venues.polymarket.trading.texts import is_undecided
from polydesk.venues.polymarket.wire.user_orders import parse_order_id

_TEXT_CAP: Final = 300
_WORST_FIRST: Final = (
    OutcomeKind.UNKNOWN,
    OutcomeKind.UNAVAILABLE,
    OutcomeKind.REJECTED,
    OutcomeKind.ACCEPTED,
)


def cancel_outcome(reply: Reply) -> CancelOutcome:
    """Judge the answer to a cancel of one, several or all orders."""
    if reply.status == 200:
        return _lists(reply)
    text = clean(reply.error() or reply.words(), _TEXT_CAP)
    mode, proven = unavailability(reply)
    if proven:
        return CancelOutcome(
            OutcomeKind.UNAVAILABLE, text=text, mode=mode, retry_after_s=reply.retry_after_s()
        )
    readable = bool(reply.error()) and not reply.is_page
    if reply.status in REFUSING and readable and not is_undecided(text):
        return CancelOutcome(OutcomeKind.REJECTED, text=text)
    return CancelOutcome(OutcomeKind.UNKNOWN, text=clean(f"the venue answered {reply.words()}"))


def cancel_failure(error: PolydeskError) -> CancelOutcome:
    """Judge a request that got no answer: unknown if a byte may have left, else unavailable."""
    kind = OutcomeKind.UNKNOWN if isinstance(error, OutcomeUnknown) else OutcomeKind.UNAVAILABLE
    retry_after_s = error.retry_after_s if isinstance(error, RateLimited) else None
    return CancelOutcome(kind, text=clean(str(error), _TEXT_CAP), retry_after_s=retry_after_s)


def merged(outcomes: Sequence[CancelOutcome]) -> CancelOutcome:
    """Return several answers to one wish as one: all lists, and the kind that knows least."""
    if len(outcomes) == 1:
        return outcomes[0]
    worst = min(outcomes, key=lambda outcome: _WORST_FIRST.index(outcome.kind))
    return CancelOutcome(
        worst.kind,
        canceled=tuple(one for outcome in outcomes for one in outcome.canceled),
        not_canceled=tuple(one for outcome in outcomes for one in outcome.not_canceled),
        text=worst.text,
        mode=worst.mode,
        retry_after_s=worst.retry_after_s,
    )


def _lists(reply: Reply) -> CancelOutcome:
    value = reply.value()
    try:
        if not isinstance(value, dict) or not {"canceled", "not_canceled"} & value.keys():
            raise WireError("neither list is there")
        canceled = tuple(_ids(value.get("canceled") or []))
        refused = tuple(_reasons(value.get("not_canceled") or {}))
    except WireError:
        text = clean(f"the venue answered {reply.words()}", _TEXT_CAP)
        return CancelOutcome(OutcomeKind.UNKNOWN, text=text)
    return CancelOutcome(OutcomeKind.ACCEPTED, canceled=canceled, not_canceled=refused)


def _ids(value: Any) -> list[VenueOrderId]:
    if not isinstance(value, list):
        raise WireError("not a list of ids")
    return [_id(one) for one in value]


def _reasons(value: Any) -> list[tuple[VenueOrderId, str]]:
    if not isinstance(value, dict):
        raise WireError("not reasons by id")
    return [(_id(key), clean(str(reason))) for key, reason in value.items()]


def _id(value: Any) -> VenueOrderId:
    if not isinstance(value, str):
        raise WireError("not an id")
    return parse_order_id(value)
