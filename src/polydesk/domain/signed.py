"""What is written down about an order before its first byte leaves."""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.domain.ids import ClientOrderId, VenueOrderId


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """One signed order: enough to know it again at the venue, too little to send it."""

    client_order_id: ClientOrderId
    venue_order_id: VenueOrderId
    """The order's digest, which is its name at the venue."""
    salt: int
    timestamp_ms: int
    """The order's own time, milliseconds UTC."""
    maker_amount: int
    """What the order gives: dollars for a buy, shares for a sale; micros."""
    taker_amount: int
    """What it takes."""
    body_sha256: str
    """SHA-256 of the request's body as it will be sent, as hex; the signature itself is not kept."""
    ts: int
    """Engine time of the signing, nanoseconds UTC."""
