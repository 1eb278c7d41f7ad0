"""What the copies of one leader that are on their way may still do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent
from polydesk.domain.units import ShareMicros, UsdMicros, notional_ceil, share_of


@dataclass(slots=True)
class OpenCopy:
    """What one open copy order may still do."""

    token_id: TokenId
    side: Side
    size: ShareMicros
    cost: UsdMicros
    """Worst-case cost of the rest, for a buy."""


class OpenCopies:
    """Copies on their way: they count towards the caps and hold shares back.

    Cost and tokens are kept and not summed up: every followed trade asks for them.
    """

    __slots__ = ("_copies", "_tokens", "cost")

    def __init__(self) -> None:
        self._copies: dict[ClientOrderId, OpenCopy] = {}
        self._tokens: Counter[TokenId] = Counter()
        self.cost = UsdMicros(0)
        """Worst-case cost of the buys."""

    def __iter__(self) -> Iterator[tuple[ClientOrderId, OpenCopy]]:
        return iter(self._copies.items())

    def __contains__(self, token_id: TokenId) -> bool:
        """Return whether any copy is of this token."""
        return token_id in self._tokens

    def begin(self, intent: OrderIntent) -> None:
        """Take up a copy; one that was known begins anew."""
        key = intent.client_order_id
        self.end(key)
        cost = notional_ceil(intent.price, intent.size) if intent.side is Side.BUY else UsdMicros(0)
        self._copies[key] = OpenCopy(intent.token_id, intent.side, intent.size, cost)
        self._tokens[intent.token_id] += 1
        self.cost = UsdMicros(self.cost + cost)

    def fill(self, key: ClientOrderId, size: ShareMicros) -> None:
        """Take a filled part off what a copy may still do."""
        copy = self._copies.get(key)
        if copy is None:
            return
        rest = ShareMicros(max(0, copy.size - size))
        cost = UsdMicros(share_of(copy.cost, rest, copy.size) if copy.size else 0)
        self.cost = UsdMicros(self.cost - copy.cost + cost)
        copy.size, copy.cost = rest, cost

    def end(self, key: ClientOrderId) -> None:
        """Forget a copy that can do nothing more."""
        copy = self._copies.pop(key, None)
        if copy is None:
            return
        self.cost = UsdMicros(self.cost - copy.cost)
        self._tokens[copy.token_id] -= 1
        if not self._tokens[copy.token_id]:
            del self._tokens[copy.token_id]

    def selling(self, token_id: TokenId) -> ShareMicros:
        """Return the shares of a token that open sales hold."""
        sales = (copy for copy in self._copies.values() if copy.side is Side.SELL)
        return ShareMicros(sum(copy.size for copy in sales if copy.token_id == token_id))
