"""The venue's own count of the account: a fact to compare with, never booked."""

from __future__ import annotations

from dataclasses import dataclass, field

from polydesk.domain.ids import TokenId
from polydesk.domain.ledger import Ledger
from polydesk.domain.orders import DUST
from polydesk.domain.units import ShareMicros, UsdMicros


@dataclass(slots=True)
class Counted:
    """The newest count of each thing; None before the first."""

    cash: UsdMicros | None = None
    allowance: UsdMicros | None = None
    """Cash that the exchange's contracts may take."""
    shares: dict[TokenId, ShareMicros] = field(default_factory=dict)
    """Of the tokens the venue was asked about."""
    short: dict[TokenId, ShareMicros] = field(default_factory=dict)
    """What the venue counted of tokens of which the books hold more, when last compared."""
    at: int = 0
    """Engine time of the newest report, nanoseconds UTC."""
    drift: UsdMicros | None = None
    """The venue's cash less ours when both could last be compared; None before that."""

    def compare(self, ledger: Ledger, moved_at: int, asked_at: int) -> None:
        """Compare cash, if nothing was on its way while the venue was asked.

        Args:
            ledger: Our books.
            moved_at: When they last moved, nanoseconds UTC.
            asked_at: When the venue was asked.
        """
        if self.cash is not None and not ledger.provisional and moved_at < asked_at:
            self.drift = UsdMicros(self.cash - ledger.cash)

    def compare_shares(self, ledger: Ledger, token: TokenId, size: ShareMicros) -> None:
        """Compare the count of a token that nothing is on its way of; zero is no proof either."""
        if ledger.settled(token).size - size >= DUST:
            self.short[token] = size
        else:
            self.short.pop(token, None)

    def share_drift(self, ledger: Ledger) -> dict[TokenId, ShareMicros]:
        """Return the venue's shares less our settled ones, where they differ."""
        return {
            token: ShareMicros(size - ledger.settled(token).size)
            for token, size in self.shares.items()
            if size != ledger.settled(token).size
        }
