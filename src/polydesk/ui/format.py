"""Write integer micros and nanoseconds for people, and make text inert for the screen.

The one home of rounding for display. Nothing here feeds back into an order or a ledger.
All widths are terminal cells, so wide characters keep columns straight.
"""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.content import Content

from polydesk.domain.text import clean
from polydesk.domain.units import MICROS

NONE = "-"
"""Shown where a number is missing."""
ELLIPSIS = "…"
SECOND = 1_000_000_000
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_TICK_DECIMALS = {100_000: 1, 10_000: 2, 5_000: 3, 2_500: 4, 1_000: 3, 100: 4}


def _decimals(value: int, places: int, *, grouped: bool = True) -> str:
    """Write micros with ``places`` decimals, rounded half away from zero, without sign."""
    scale: int = 10 ** (6 - places)
    units = (abs(value) + scale // 2) // scale
    whole, fraction = divmod(units, 10**places)
    head = f"{whole:,}" if grouped else str(whole)
    return f"{head}.{fraction:0{places}d}" if places else head


def _signed(value: int, text: str) -> str:
    """Put the sign in front; nothing in front of a value that shows as zero."""
    if not text.strip("0.,"):
        return text
    return f"-{text}" if value < 0 else f"+{text}"


def price_decimals(tick: int) -> int:
    """Return how many decimals a grid of ``tick`` micros needs."""
    return _TICK_DECIMALS.get(tick, 4)


def price(value: int | None, decimals: int = 3) -> str:
    """Write a price without its leading zero, such as ``.613``; one is ``1.000``."""
    if value is None:
        return NONE
    text = _decimals(value, decimals, grouped=False)
    text = text.removeprefix("0") if decimals else text
    return f"-{text}" if value < 0 else text


PRICE_CELLS = 5


def price_cell(value: int | None) -> str:
    """Write a price for a column of ``PRICE_CELLS`` cells with its points in line.

    Three decimals, four when the price or average needs them.
    """
    if value is None:
        return " -   "
    return price(value, 4 if value % 1_000 else 3).ljust(PRICE_CELLS)


def price_change(value: int | None, decimals: int = 3) -> str:
    """Write a price difference with its sign, such as ``+.003``; no change is ``0``."""
    if value is None:
        return NONE
    text = _decimals(value, decimals, grouped=False)
    return "0" if not text.strip("0.") else _signed(value, text.removeprefix("0"))


def money(value: int | None) -> str:
    """Write micro-dollars with cents, such as ``9,412.60``."""
    if value is None:
        return NONE
    text = _decimals(value, 2)
    return f"-{text}" if value < 0 and text.strip("0.,") else text


def signed_money(value: int | None) -> str:
    """Write micro-dollars with cents and always a sign, such as ``+87.31``."""
    return NONE if value is None else _signed(value, _decimals(value, 2))


def signed_drift(value: int) -> str:
    """Write a difference of money that should be none: below a cent with every decimal."""
    if abs(value) >= MICROS // 100:
        return signed_money(value)
    return _signed(value, _decimals(value, 6))


def size(value: int | None) -> str:
    """Write shares: whole above ten, two decimals below when they are needed."""
    if value is None:
        return NONE
    if abs(value) < 10 * MICROS and value % MICROS:
        text = _decimals(value, 2)
    else:
        text = _decimals(value, 0)
    return f"-{text}" if value < 0 else text


def exact_size(value: int) -> str:
    """Write shares with every decimal that counts for an order (two), grouped."""
    text = _decimals(value, 2)
    return text.removesuffix(".00")


def short_size(value: int | None, width: int = 6) -> str:
    """Write shares in at most ``width`` cells, shortened to ``12.3k`` or ``4.5M`` when needed."""
    full = size(value)
    if value is None or len(full) <= width:
        return full
    for scale, unit in ((1_000, "k"), (1_000_000, "M"), (1_000_000_000, "B")):
        for places in (1, 0):
            text = f"{_decimals(value // scale, places)}{unit}"
            if len(text) <= width:
                return text
    return "#" * width


def whole_size(value: int | None, width: int = 6) -> str:
    """Write shares without decimals in at most ``width`` cells; less than one is ``<1``."""
    if value is None or not value:
        return size(value)
    if abs(value) < MICROS:
        return "<1"
    return short_size(value - value % MICROS if value > 0 else value, width)


def percent(part: int, whole: int, places: int = 0) -> str:
    """Write ``part / whole`` as a percentage without sign for positives; ``-`` without a whole."""
    if not whole:
        return NONE
    hundredths = part * 100 * MICROS // whole
    text = _decimals(hundredths, places)
    return f"-{text}%" if hundredths < 0 and text.strip("0.") else f"{text}%"


def signed_percent(part: int, whole: int) -> str:
    """Write ``part / whole`` as a whole percentage with its sign, such as ``+38%``."""
    if not whole:
        return NONE
    hundredths = part * 100 * MICROS // whole
    return f"{_signed(hundredths, _decimals(hundredths, 0))}%"


def clock(ts: int, places: int = 0) -> str:
    """Write the UTC time of day of nanoseconds, with up to nine decimals of a second."""
    seconds, rest = divmod(ts, SECOND)
    day = seconds % _DAY
    text = f"{day // _HOUR:02d}:{day % _HOUR // _MINUTE:02d}:{day % _MINUTE:02d}"
    return f"{text}.{rest // 10 ** (9 - places):0{places}d}" if places else text


def duration(ns: int) -> str:
    """Write a time span with two useful digits: ``12 ms``, ``0.3 s``, ``3m04s``, ``2h05m``."""
    ns = max(0, ns)
    ms = ns // 1_000_000
    if ms < 100:
        return f"{ms} ms"
    if ms < 9_950:
        tenths = (ms + 50) // 100
        return f"{tenths // 10}.{tenths % 10} s"
    if ms < _MINUTE * 1_000 - 500:
        return f"{(ms + 500) // 1_000} s"
    seconds = (ms + 500) // 1_000
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m{seconds % _MINUTE:02d}s"
    if seconds < _DAY:
        return f"{seconds // _HOUR}h{seconds % _HOUR // _MINUTE:02d}m"
    return f"{seconds // _DAY}d{seconds % _DAY // _HOUR:02d}h"


def age(now: int, then: int) -> str:
    """Write how long ago ``then`` was; a time ahead of ``now`` counts as just now."""
    return duration(now - then)


def delay(ms: int | None) -> str:
    """Write a delay given in milliseconds."""
    return NONE if ms is None else duration(ms * 1_000_000)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return remote text as one inert line; cheap for text seen before."""
    return clean(text)


def safe(text: str) -> Content:
    """Wrap remote text for a Textual widget: cleaned, and never read as markup."""
    return Content(plain(text))


def safe_text(text: str, style: str = "") -> Text:
    """Wrap remote text for a table cell: cleaned, and never read as markup."""
    return Text(plain(text), style=style, no_wrap=True, overflow="ellipsis")


@lru_cache(maxsize=8192)
def fit(text: str, width: int, align: str = "left") -> str:
    """Return cleaned text of exactly ``width`` cells, cut with an ellipsis when too long.

    Args:
        text: Any text, also remote.
        width: Cells to fill.
        align: ``left``, ``right`` or ``center``.
    """
    if width <= 0:
        return ""
    text = plain(text) if text.strip() else ""
    cells = cell_len(text)
    if cells > width:
        return set_cell_size(clip(text, width), width)
    gap = width - cells
    if align == "right":
        return " " * gap + text
    if align == "center":
        return " " * (gap // 2) + text + " " * (gap - gap // 2)
    return text + " " * gap


_BOTH_ENDS = 22
"""Cells below which only the beginning of a title is kept."""


@lru_cache(maxsize=4096)
def fit_ends(text: str, width: int) -> str:
    """Return cleaned text of exactly ``width`` cells, cut in the middle when too long.

    Titles of one event often differ only at their ends. The end begins with a whole word; a
    narrow column or a long last word leaves only the beginning.
    """
    text = plain(text)
    half = width // 2
    _, space, end = text[-half:].partition(" ") if half else ("", "", "")
    if cell_len(text) <= width or width < _BOTH_ENDS or not space or cell_len(end) > half:
        return fit(text, width)
    return set_cell_size(clip(text, width - cell_len(end)) + end, width)


def clip(text: str, width: int) -> str:
    """Return at most ``width`` cells of ``text``, the last one an ellipsis when cut."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return ELLIPSIS[:width]
    kept = set_cell_size(text, width - 1).rstrip()
    return kept + ELLIPSIS
