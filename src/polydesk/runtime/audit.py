"""Proving a recording: touches as they arrived, books and hashes in event order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from polydesk.domain.events import Event
from polydesk.domain.frames import Frame
from polydesk.venues.polymarket.wire.audit import HashAuditor, Tally, event_order
from polydesk.venues.polymarket.wire.decoder import Decoder


def audit_recording(tape: Iterable[Frame]) -> dict[str, Any]:
    """Check a whole recording and return the counts as plain JSON values.

    The events are held in memory to be sorted: about 0.5 kB per message.
    """
    decoder = Decoder(wallets=frozenset())
    events: list[Event] = [event for frame in tape for event in decoder.decode(frame)]
    arrived, ordered = HashAuditor(), HashAuditor()
    for event in events:
        arrived.feed(event)
    arrived.finish()
    for event in event_order(events):
        ordered.feed(event)
    ordered.finish()
    return {
        "frames": decoder.frames,
        "decode_errors": decoder.decode_errors,
        "unknown_kinds": dict(decoder.unknown_kinds),
        "skipped_rows": dict(decoder.skipped),
        "touches_as_arrived": _tally(arrived.touches),
        "touches_in_event_order": _tally(ordered.touches),
        "touch_reports_as_arrived": _tally(arrived.reports),
        "later_books_as_arrived": _tally(arrived.later_books),
        "later_books_in_event_order": _tally(ordered.later_books),
        "book_hashes": _tally(ordered.books),
        "change_hashes_in_event_order": _tally(ordered.changes),
        "change_hashes_reordered": ordered.reordered,
    }


def _tally(tally: Tally) -> dict[str, int]:
    return {
        "match": tally.match,
        "mismatch": tally.mismatch,
        "not_applicable": tally.not_applicable,
    }
