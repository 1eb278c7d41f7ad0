"""Which columns a ladder of a given width has, and how wide they are.

Columns go in this order when room is short: traded volume, queue, own orders. Bid size, price
and ask size always stay; spare room goes to the two size columns, whose depth bars use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

MINE, QUEUE, SIZE, VOLUME = 4, 6, 8, 6
_WIDEST_SIZE = 26


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells of each column; zero for a column that is left out. One cell parts columns."""

    mine: int
    queue: int
    size: int
    price: int
    volume: int

    @property
    def width(self) -> int:
        """Cells of all columns with the gaps."""
        widths = [self.mine, self.queue, self.size]
        both = 2 * sum(width + 1 for width in widths if width)
        return both + self.price + (self.volume + 1 if self.volume else 0)


@lru_cache(maxsize=64)
def ladder_columns(width: int, decimals: int) -> Columns:
    """Return the columns for ``width`` cells and prices with ``decimals`` places."""
    price = decimals + 4
    choices = (
        Columns(MINE, QUEUE, SIZE, price, VOLUME),
        Columns(MINE, QUEUE, SIZE, price, 0),
        Columns(MINE, 0, SIZE, price, 0),
        Columns(0, 0, SIZE, price, 0),
    )
    chosen = next((columns for columns in choices if columns.width <= width), choices[-1])
    spare = max(0, width - chosen.width) // 2
    size = min(_WIDEST_SIZE, chosen.size + spare)
    return Columns(chosen.mine, chosen.queue, size, chosen.price, chosen.volume)
