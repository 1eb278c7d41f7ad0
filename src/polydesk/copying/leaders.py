"""Followed wallets and what is held for each of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from polydesk.domain.commands import CopyRule
from polydesk.domain.ids import TokenId, Wallet
from polydesk.domain.units import ShareMicros, UsdMicros, share_of

DAY_NS = 86_400_000_000_000


@dataclass(slots=True)
class Lot:
    """Shares of one token bought for one leader."""

    size: ShareMicros = ShareMicros(0)
    cost: UsdMicros = UsdMicros(0)


@dataclass(slots=True)
class Pending:
    """Copies too small for the market, collected until together they are large enough."""

    parts: deque[tuple[int, int]] = field(default_factory=deque)
    """(seen at, micro-shares), oldest first."""

    def collect(self, now: int, size: int, window_ns: int) -> int:
        """Add a part, forget what is older than the window, and return the sum."""
        while self.parts and now - self.parts[0][0] > window_ns:
            self.parts.popleft()
        self.parts.append((now, size))
        return sum(part for _, part in self.parts)


@dataclass(slots=True)
class Leader:
    """One followed wallet."""

    wallet: Wallet
    name: str
    rule: CopyRule
    paused: bool = False
    trades: int = 0
    copied: int = 0
    aggregating: int = 0
    skipped: int = 0
    lots: dict[TokenId, Lot] = field(default_factory=dict)
    holdings: dict[TokenId, ShareMicros] = field(default_factory=dict)
    """What the leader holds as far as seen since we follow."""
    pending: dict[tuple[TokenId, str], Pending] = field(default_factory=dict)
    day: int = 0
    bought_today: UsdMicros = UsdMicros(0)
    """Cost of fills bought for this leader on ``day`` (days since 1970, UTC)."""

    @property
    def held_cost(self) -> UsdMicros:
        """Cost of everything held for this leader."""
        return UsdMicros(sum(lot.cost for lot in self.lots.values()))

    def bought_on(self, now: int) -> UsdMicros:
        """Return what was bought today (UTC)."""
        return self.bought_today if now // DAY_NS == self.day else UsdMicros(0)

    def note_buy(self, token_id: TokenId, size: ShareMicros, value: UsdMicros, at: int) -> None:
        """Attribute a bought lot to this leader."""
        lot = self.lots.setdefault(token_id, Lot())
        lot.size = ShareMicros(lot.size + size)
        lot.cost = UsdMicros(lot.cost + value)
        self.bought_today = UsdMicros(self.bought_on(at) + value)
        self.day = at // DAY_NS

    def note_sale(self, token_id: TokenId, size: ShareMicros) -> None:
        """Take a sold lot off; a lot sold out disappears."""
        lot = self.lots.get(token_id)
        if lot is None:
            return
        size = min(size, lot.size)
        lot.cost = UsdMicros(lot.cost - share_of(lot.cost, size, lot.size))
        lot.size = ShareMicros(lot.size - size)
        if not lot.size:
            del self.lots[token_id]
