"""Followed wallets and what is held for each of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from polydesk.copying.open_copies import OpenCopies
from polydesk.domain.commands import CopyRule
from polydesk.domain.fills import Fill
from polydesk.domain.ids import TokenId, Wallet
from polydesk.domain.instruments import Side
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
    open: OpenCopies = field(default_factory=OpenCopies)
    since: dict[TokenId, int] = field(default_factory=dict)
    """Venue time of the leader's buy with which our present lot of a token began."""
    day: int = 0
    bought_today: UsdMicros = UsdMicros(0)
    """Cost of fills bought for this leader on ``day`` (days since 1970, UTC)."""

    @property
    def held_cost(self) -> UsdMicros:
        """Cost of everything held for this leader."""
        return UsdMicros(sum(lot.cost for lot in self.lots.values()))

    def free_lot(self, token_id: TokenId) -> ShareMicros:
        """Return the shares held for this leader that no open sale holds."""
        lot = self.lots.get(token_id)
        if lot is None:
            return ShareMicros(0)
        return ShareMicros(max(0, lot.size - self.open.selling(token_id)))

    def waiting_sale(self, token_id: TokenId) -> ShareMicros:
        """Return what is collected to be sold but too small yet for the market."""
        pending = self.pending.get((token_id, Side.SELL))
        return ShareMicros(0 if pending is None else sum(size for _, size in pending.parts))

    def note_buying(self, token_id: TokenId, traded_at: int) -> None:
        """Remember with which of the leader's buys our lot begins."""
        if token_id not in self.lots and token_id not in self.open:
            self.since[token_id] = traded_at

    def bought_on(self, now: int) -> UsdMicros:
        """Return what was bought today (UTC)."""
        return self.bought_today if now // DAY_NS == self.day else UsdMicros(0)

    def note_lot(self, fill: Fill) -> None:
        """Attribute what was bought or sold for this leader to his lot."""
        if fill.side is Side.SELL:
            self.note_sale(fill.token_id, fill.size)
            return
        lot = self.lots.setdefault(fill.token_id, Lot())
        lot.size = ShareMicros(lot.size + fill.size)
        lot.cost = UsdMicros(lot.cost + fill.value)

    def note_spent(self, value: UsdMicros, at: int) -> None:
        """Count a purchase towards the cap of its day."""
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
