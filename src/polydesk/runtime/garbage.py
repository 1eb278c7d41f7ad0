"""Keeps garbage collection out of the way of a trade.

A full collection looks at every tracked object: with a thousand books that is a pause of tens of
milliseconds. What start-up built lives as long as the desk, so it is set aside once; what follows
dies young and is mostly freed by reference count, so collections may be rarer.
"""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (20_000, 20, 50)
"""Allocations before a young collection, and how many of each age make one of the next."""


def pause() -> None:
    """Do not collect while a screen starts: what is imported stays anyway. ``settle`` ends it."""
    gc.disable()


def settle() -> None:
    """Collect once, set aside everything alive, and collect less often from now on."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
