"""The exchange's answers as the gateway reads them off the wire."""

from __future__ import annotations

from polydesk.domain.ids import VenueOrderId
from polydesk.domain.venue import CancelOutcome, OutcomeKind, PlaceOutcome, VenueMode
from polydesk.venues.simulation.exchange.cancels import Cancels
from polydesk.venues.simulation.exchange.matcher import Placement
from polydesk.venues.simulation.exchange.refusals import Refusal

NO_ANSWER = "no answer in time"
UNREADABLE = "could not run the execution"
BUSY = "Too Many Requests"


def placed(placement: Placement) -> PlaceOutcome:
    """Read the answer to a placement."""
    refusal = placement.refusal
    if refusal is None:
        digest = VenueOrderId(placement.order_id)
        return PlaceOutcome(OutcomeKind.ACCEPTED, digest, placement.status)
    mode = mode_of(refusal)
    if mode is not None:
        return PlaceOutcome(
            OutcomeKind.UNAVAILABLE, text=refusal.text, mode=mode, retry_after_s=_wait(refusal)
        )
    if "Duplicated" in refusal.text:
        return PlaceOutcome(OutcomeKind.UNKNOWN, text=refusal.text, is_duplicate=True)
    return PlaceOutcome(OutcomeKind.REJECTED, text=refusal.text)


def canceled(answer: Cancels) -> CancelOutcome:
    """Read the answer to a cancel."""
    refusal = answer.refusal
    if refusal is not None:
        return CancelOutcome(
            OutcomeKind.UNAVAILABLE,
            text=refusal.text,
            mode=mode_of(refusal),
            retry_after_s=_wait(refusal),
        )
    return CancelOutcome(
        OutcomeKind.ACCEPTED,
        tuple(VenueOrderId(name) for name in answer.canceled),
        tuple((VenueOrderId(name), reason) for name, reason in answer.not_canceled.items()),
    )


def mode_of(refusal: Refusal) -> VenueMode | None:
    """Return the mode that a refusal tells of."""
    if refusal.http_status == 425:
        return VenueMode.RESTARTING
    if refusal.code == "post_only_mode":
        return VenueMode.POST_ONLY
    if refusal.http_status != 503:
        return None
    return VenueMode.CANCEL_ONLY if "cancel-only" in refusal.text else VenueMode.DISABLED


def _wait(refusal: Refusal) -> float | None:
    return None if refusal.retry_after_s is None else float(refusal.retry_after_s)
