"""The signer's own limits. They hold whatever the desk believes or says."""

from __future__ import annotations

from collections import deque
from typing import Annotated, Final

from msgspec import Meta, Struct

from polydesk.domain.instruments import Side
from polydesk.domain.units import MICROS, format_micros
from polydesk.errors import SignerRefused

_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * _NS
DAY_NS: Final = 86_400 * _NS
Amount = Annotated[int, Meta(ge=0, lt=2**62)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class Caps(Struct, frozen=True, forbid_unknown_fields=True):
    """What one run of the signer allows at most. Windows roll."""

    order_size: Amount
    """Shares of one order at its limit price, micros."""
    order_notional: Amount
    """Price times size of one order, micro-pUSD."""
    notional_per_minute: Amount
    notional_per_day: Amount
    orders_per_minute: Count
    orders_per_day: Count
    longest_life_s: Amount
    """How far ahead a GTD order may expire, seconds."""
    buy_at_most: Amount = MICROS
    """Highest price of a buy, micros."""
    sell_at_least: Amount = 0
    """Lowest price of a sale, micros."""

    def tightened(self, wanted: Caps) -> Caps:
        """Return the wanted caps.

        Raises:
            SignerRefused: One of them is looser than now.
        """
        for name in self.__struct_fields__:
            now, then = getattr(self, name), getattr(wanted, name)
            if then < now if name == "sell_at_least" else then > now:
                raise SignerRefused(f"caps are never loosened while the signer runs: {name}")
        return wanted


class RollingSum:
    """Amounts of the last so many nanoseconds."""

    def __init__(self, window_ns: int) -> None:
        """Take the window."""
        self._window_ns = window_ns
        self._taken: deque[tuple[int, int]] = deque()
        self._total = 0

    def add(self, now_ns: int, amount: int) -> None:
        """Count an amount."""
        self._taken.append((now_ns, amount))
        self._total += amount

    def at(self, now_ns: int) -> tuple[int, int]:
        """Return how many amounts the window holds, and their sum."""
        while self._taken and now_ns - self._taken[0][0] >= self._window_ns:
            self._total -= self._taken.popleft()[1]
        return len(self._taken), self._total


class Meter:
    """What was signed, held against the caps. Times are of the steady clock."""

    def __init__(self, caps: Caps) -> None:
        """Take the caps."""
        self.caps = caps
        self._minute = RollingSum(MINUTE_NS)
        self._day = RollingSum(DAY_NS)

    def check(self, now_ns: int, side: Side, *, price: int, size: int, notional: int) -> None:
        """Refuse an order that a cap forbids; nothing is counted yet.

        Args:
            now_ns: Steady time.
            side: Of the order.
            price: Limit price, micros.
            size: Shares at that price, micros.
            notional: Micro-pUSD.

        Raises:
            SignerRefused: With the cap that says no.
        """
        caps = self.caps
        if side is Side.BUY and price > caps.buy_at_most:
            raise _over("price of a buy", price, caps.buy_at_most)
        if side is Side.SELL and price < caps.sell_at_least:
            raise SignerRefused(
                f"the signer's cap: a sale at {format_micros(price)} is below "
                f"{format_micros(caps.sell_at_least)}"
            )
        if size > caps.order_size:
            raise _over("size of one order", size, caps.order_size)
        if notional > caps.order_notional:
            raise _over("notional of one order", notional, caps.order_notional)
        self._check_window("minute", self._minute.at(now_ns), notional)
        self._check_window("day", self._day.at(now_ns), notional)

    def count(self, now_ns: int, notional: int) -> None:
        """Count an order that was signed."""
        self._minute.add(now_ns, notional)
        self._day.add(now_ns, notional)

    def _check_window(self, name: str, taken: tuple[int, int], notional: int) -> None:
        orders, total = taken
        caps = self.caps
        is_minute = name == "minute"
        most = caps.orders_per_minute if is_minute else caps.orders_per_day
        if orders >= most:
            raise SignerRefused(f"the signer's cap: {most} orders a {name} are signed")
        limit = caps.notional_per_minute if is_minute else caps.notional_per_day
        if total + notional > limit:
            raise _over(f"notional of a {name}", total + notional, limit)


def _over(what: str, value: int, limit: int) -> SignerRefused:
    return SignerRefused(
        f"the signer's cap: the {what} would be {format_micros(value)}, "
        f"more than {format_micros(limit)}"
    )
