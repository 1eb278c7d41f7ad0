"""What a session starts with when its recording does not say."""

from __future__ import annotations

from collections.abc import Iterable

from polydesk.domain.events import BookSnapshotReceived, MarketsListed
from polydesk.domain.frames import MARKET, Frame
from polydesk.domain.ids import TokenId
from polydesk.domain.units import UsdMicros
from polydesk.runtime.control import SessionOpened
from polydesk.venues.polymarket.wire.decoder import Decoder

DEFAULT_CASH = UsdMicros(10_000_000_000)
MOST_TOKENS = 200
"""A recording may mention thousands; the first ones make a usable watchlist."""


def plain_opening(tape: Iterable[Frame]) -> SessionOpened:
    """Return a session without leaders that watches the outcomes a recording has books of.

    Where there are none, the outcomes of its catalogue are watched.
    """
    decoder = Decoder(wallets=frozenset())
    with_books: dict[TokenId, None] = {}
    listed: dict[TokenId, None] = {}
    for frame in tape:
        is_book = frame.channel == MARKET and b'"bids"' in frame.text
        if not (is_book or frame.channel.startswith("rest:")):
            continue
        for event in decoder.decode(frame):
            if isinstance(event, BookSnapshotReceived):
                with_books[event.token_id] = None
            elif isinstance(event, MarketsListed):
                listed.update((o.token_id, None) for m in event.markets for o in m.outcomes)
    tokens = tuple(with_books or listed)[:MOST_TOKENS]
    return SessionOpened(DEFAULT_CASH, watch=tokens)
