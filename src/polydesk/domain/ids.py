"""Identifiers. All are text: token ids have up to 78 digits and fit no machine integer.

Source: ``rest-data.md`` section 2, 2026-11.
"""

from __future__ import annotations

from typing import NewType

EventId = NewType("EventId", str)
"""Gamma's event id."""
ConditionId = NewType("ConditionId", str)
"""A market's condition id, ``0x`` and hex."""
TokenId = NewType("TokenId", str)
"""An outcome's tradable id: CLOB token id (v1) or position id (v2), a decimal text."""
ClientOrderId = NewType("ClientOrderId", str)
"""Our own name of an order, a function of its inputs."""
VenueOrderId = NewType("VenueOrderId", str)
"""The venue's name of an order."""
TradeId = NewType("TradeId", str)
"""The venue's name of a trade."""
Wallet = NewType("Wallet", str)
"""A trader's address in lower case."""


def wallet(text: str) -> Wallet:
    """Return an address in the one form we compare: lower case."""
    return Wallet(text.strip().lower())


def short_id(text: str, *, head: int = 6, tail: int = 4) -> str:
    """Return a long id as ``0x1234…abcd`` for the screen."""
    return text if len(text) <= head + tail + 1 else f"{text[:head]}…{text[-tail:]}"
