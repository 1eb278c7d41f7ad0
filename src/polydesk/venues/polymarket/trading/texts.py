"""What the venue's sentences mean, matched by their characteristic words.

The wire carries texts, not codes; some exist in longer forms, so parts are matched.

Source: ``trading.md`` sections 3.4, 4.4, 5.4 and 11, 2026-11.
"""

from __future__ import annotations

from typing import Final

from polydesk.domain.refusals import RefusalCode
from polydesk.domain.venue import VenueMode

_C = RefusalCode

_REFUSALS: Final[tuple[tuple[str, RefusalCode], ...]] = (
    ("order_version_mismatch", _C.CLIENT_TOO_OLD),
    ("breaks minimum tick size rule", _C.PRICE_OFF_TICK),
    ("lower than the minimum", _C.SIZE_BELOW_MINIMUM),
    ("maximum lot size", _C.TOO_MANY_DECIMALS),
    ("max accuracy", _C.TOO_MANY_DECIMALS),
    ("invalid amount for a marketable buy", _C.MARKETABLE_BUY_TOO_SMALL),
    ("only gtc and gtd orders can be post-only", _C.POST_ONLY_WRONG_TYPE),
    ("crosses book", _C.POST_ONLY_WOULD_CROSS),
    ("crosses the book", _C.POST_ONLY_WOULD_CROSS),
    ("not enough balance", _C.NOT_ENOUGH_BALANCE),
    ("fok orders are f", _C.FOK_NOT_FILLED),
    ("no orders found to match with fak", _C.FAK_NOT_FILLED),
    ("not yet ready to process", _C.MARKET_NOT_READY),
    ("invalid expiration", _C.INVALID_EXPIRATION),
    ("invalid nonce", _C.INVALID_NONCE),
    ("invalid signature", _C.INVALID_SIGNATURE),
    ("the order owner has to be", _C.OWNER_IS_NOT_THE_KEY),
    ("the order signer address has to be", _C.SIGNER_IS_NOT_THE_KEY),
    ("deposit wallet flow", _C.DEPOSIT_WALLET_NEEDED),
    ("address banned", _C.ADDRESS_BANNED),
    ("closed only mode", _C.CLOSED_ONLY),
    ("restricted in your region", _C.GEOBLOCKED),
    ("geoblock", _C.GEOBLOCKED),
    ("canceled in the ctf exchange contract", _C.CANCELED_ON_CHAIN),
    ("too many orders in payload", _C.TOO_MANY_ORDERS),
    ("invalid order payload", _C.INVALID_PAYLOAD),
    ("invalid api key", _C.UNAUTHORIZED),
    ("unauthorized", _C.UNAUTHORIZED),
    ("invalid l1 request headers", _C.UNAUTHORIZED),
)
_MODES: Final[tuple[tuple[str, VenueMode], ...]] = (
    ("post_only_mode", VenueMode.POST_ONLY),
    ("post-only mode", VenueMode.POST_ONLY),
    ("cancel-only", VenueMode.CANCEL_ONLY),
    ("trading is currently disabled", VenueMode.DISABLED),
)
_UNDECIDED: Final = (
    "could not insert order",
    "could not run the execution",
    "order timed out",
    "context canceled",
    "match delayed",
    "delaying the order",
    "trade contains rounding issues",
    "discrepancy greater than allowed",
    "there are no matching orders",
)
"""The venue was in the middle of it, or holds the order back: it may exist."""
REFUSAL_MODES: Final = {
    _C.CLOSED_ONLY: VenueMode.CLOSED_ONLY,
    _C.GEOBLOCKED: VenueMode.GEOBLOCKED,
}
WHOLE_REQUEST: Final = frozenset(
    {
        _C.INVALID_PAYLOAD,
        _C.TOO_MANY_ORDERS,
        _C.OWNER_IS_NOT_THE_KEY,
        _C.UNAUTHORIZED,
        _C.GEOBLOCKED,
        _C.CLIENT_TOO_OLD,
    }
)
"""Refusals that, answered to a batch as a whole, speak of every order in it."""


def refusal_of(text: str) -> RefusalCode:
    """Return what kind of no a sentence is."""
    words = text.lower()
    return next((code for part, code in _REFUSALS if part in words), RefusalCode.OTHER)


def mode_of(text: str) -> VenueMode | None:
    """Return the mode in which the venue refuses everything of this kind, None when none."""
    words = text.lower()
    return next((mode for part, mode in _MODES if part in words), None)


def is_duplicate(text: str) -> bool:
    """Return whether the venue says that it has this very order already."""
    return "duplicated" in text.lower()


def is_undecided(text: str) -> bool:
    """Return whether the sentence leaves open whether the order exists."""
    words = text.lower()
    return any(part in words for part in _UNDECIDED)
