"""What an answer to placing or cancelling came to: accepted, rejected, unavailable, unknown.

Only two kinds are answers. Rejected needs the venue's own readable no; unavailable needs proof
that nothing was taken; everything else is unknown and settled by evidence, never by a retry.

A 429 counts as unavailable: limits are counted before an order is looked at. That is inferred,
not documented, so an order refused like this is still looked up by its digest before another
takes its place; the same holds for a 425.

Source: ``trading.md`` sections 5.3 to 5.5 and 11, 2026-11.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from polydesk.domain.ids import VenueOrderId
from polydesk.domain.refusals import RefusalCode
from polydesk.domain.text import clean
from polydesk.domain.venue import OutcomeKind, PlaceOutcome, VenueMode
from polydesk.errors import OutcomeUnknown, PolydeskError, RateLimited
from polydesk.venues.polymarket.trading.replies import Reply, error_in
from polydesk.venues.polymarket.trading.texts import (
    REFUSAL_MODES,
    WHOLE_REQUEST,
    is_duplicate,
    is_undecided,
    mode_of,
    refusal_of,
)

ACCEPTED_STATUSES: Final = frozenset({"live", "matched", "delayed"})
"""``unmatched`` is missing on purpose: the documentation calls it placed, the official client
a rejection. Source: ``trading.md`` section 5.3."""
REFUSING: Final = frozenset({400, 401, 403, 404})
"""Statuses under which a readable sentence is the venue's final no."""
_TEXT_CAP: Final = 300


def place_outcome(reply: Reply, digest: VenueOrderId) -> PlaceOutcome:
    """Judge the answer to one order.

    Args:
        reply: As it came.
        digest: The order's id as we computed it.
    """
    if reply.status == 200:
        return _entry(reply.value(), digest, reply)
    return _failed(reply, digest)


def place_outcomes(reply: Reply, digests: Sequence[VenueOrderId]) -> list[PlaceOutcome]:
    """Judge the answer to a batch, one by one and in the order of the request."""
    value = reply.value()
    if reply.status == 200 and isinstance(value, list):
        return [
            _entry(entry, digest, reply) if entry is not None else _unplaced(digest)
            for entry, digest in zip(_entries_of(value, digests), digests, strict=True)
        ]
    if len(digests) == 1:
        return [place_outcome(reply, digests[0])]
    return [_batch_failed(reply, digest) for digest in digests]


def place_failure(error: PolydeskError, digest: VenueOrderId) -> PlaceOutcome:
    """Judge a request that got no answer: unknown if a byte may have left, else unavailable."""
    kind = OutcomeKind.UNKNOWN if isinstance(error, OutcomeUnknown) else OutcomeKind.UNAVAILABLE
    retry_after_s = error.retry_after_s if isinstance(error, RateLimited) else None
    return PlaceOutcome(
        kind, digest, text=clean(str(error), _TEXT_CAP), retry_after_s=retry_after_s
    )


def unavailability(reply: Reply) -> tuple[VenueMode | None, bool]:
    """Return (mode, whether the answer proves that the request was not taken).

    A 503 proves it only with one of the venue's own sentences about its modes.
    """
    if reply.status == 425:
        return VenueMode.RESTARTING, True
    if reply.status == 429:
        return None, True
    mode = mode_of(_code_and_error(reply.value())) if reply.status == 503 else None
    return mode, mode is not None


def _failed(reply: Reply, digest: VenueOrderId) -> PlaceOutcome:
    mode, proven = unavailability(reply)
    if proven:
        return PlaceOutcome(
            OutcomeKind.UNAVAILABLE,
            digest,
            text=_cut(reply.error() or reply.words()),
            mode=mode,
            retry_after_s=reply.retry_after_s(),
        )
    text = reply.error()
    if reply.status not in REFUSING or not text or reply.is_page:
        return _unknown(digest, f"the venue answered {reply.words()}")
    refused = _refused(text, digest)
    if reply.status == 401 and refused.kind is OutcomeKind.REJECTED:
        return replace(refused, refusal=RefusalCode.UNAUTHORIZED)
    return refused


def _batch_failed(reply: Reply, digest: VenueOrderId) -> PlaceOutcome:
    """Judge one order of a batch that was answered as a whole.

    Each order is processed by itself, so a sentence about one proves nothing of the others.
    """
    outcome = _failed(reply, digest)
    named = digest.lower() in outcome.text.lower()
    if outcome.kind is not OutcomeKind.REJECTED or outcome.refusal in WHOLE_REQUEST:
        return replace(outcome, is_duplicate=outcome.is_duplicate and named)
    if named:
        return outcome
    return _unknown(digest, f"the whole batch was answered {reply.words()}")


def _refused(
    text: str, digest: VenueOrderId, *, retry_after_s: float | None = None
) -> PlaceOutcome:
    """Judge a readable sentence of refusal."""
    text = _cut(text)
    if is_duplicate(text):
        return PlaceOutcome(OutcomeKind.UNKNOWN, digest, text=text, is_duplicate=True)
    if is_undecided(text):
        return _unknown(digest, text)
    mode = mode_of(text)
    if mode is not None:
        return PlaceOutcome(
            OutcomeKind.UNAVAILABLE, digest, text=text, mode=mode, retry_after_s=retry_after_s
        )
    refusal = refusal_of(text)
    return PlaceOutcome(
        OutcomeKind.REJECTED, digest, text=text, mode=REFUSAL_MODES.get(refusal), refusal=refusal
    )


def _entry(value: Any, digest: VenueOrderId, reply: Reply) -> PlaceOutcome:
    """Judge one result object of a 200."""
    if not isinstance(value, dict) or not isinstance(value.get("success"), bool):
        return _unknown(digest, f"the venue answered {reply.words()}")
    named, status = _text(value, "orderID").lower(), _text(value, "status").lower()
    error = error_in(value)
    if named and named != digest.lower():
        return _unknown(
            digest, f"THE VENUE NAMES THIS ORDER {clean(named, 80)}, we computed {digest}"
        )
    if error and not named and not status:
        return _refused(error, digest)
    if not value["success"]:
        return _unsuccessful(digest, named, status, error)
    if status == "unmatched" and named and not error:
        return _unknown(digest, "unmatched: marketable, and the delay step failed; it may rest")
    if error or not named or status not in ACCEPTED_STATUSES:
        said = f"id {named or 'none'}, status {status or 'none'}, error {error or 'none'}"
        return _unknown(digest, f"the venue's answer contradicts itself: {said}")
    return PlaceOutcome(OutcomeKind.ACCEPTED, digest, status=status)


def _unsuccessful(digest: VenueOrderId, named: str, status: str, error: str) -> PlaceOutcome:
    """Judge ``success: false``: a no, unless it also says that the order is somewhere."""
    if status in ACCEPTED_STATUSES or status == "unmatched":
        return _unknown(digest, f"the venue says no, and that the order is {status}: {error}")
    return _refused(error or "refused without a word", digest)


def _entries_of(entries: list[Any], digests: Sequence[VenueOrderId]) -> list[Any]:
    """Return for each digest its result object, None where none can be told to be its own.

    Results come in the order of the request; refused ones carry no id. If a named one stands
    in another's place, the places of the unnamed ones prove nothing.
    """
    names = [_text(entry, "orderID").lower() for entry in entries]
    wanted = [digest.lower() for digest in digests]
    in_order = len(names) == len(wanted) and all(
        name in {"", want} or name not in wanted for name, want in zip(names, wanted, strict=True)
    )
    if in_order:
        return entries
    by_name = {name: entry for name, entry in zip(names, entries) if names.count(name) == 1}
    return [by_name.get(want) for want in wanted]


def _unplaced(digest: VenueOrderId) -> PlaceOutcome:
    return _unknown(digest, "the venue's answer to the batch does not tell about this order")


def _unknown(digest: VenueOrderId, text: str) -> PlaceOutcome:
    return PlaceOutcome(OutcomeKind.UNKNOWN, digest, text=_cut(text))


def _code_and_error(value: Any) -> str:
    code = value.get("code") if isinstance(value, dict) else None
    return f"{code if isinstance(code, str) else ''} {error_in(value)}"


def _text(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _cut(text: str) -> str:
    return clean(text, _TEXT_CAP)
