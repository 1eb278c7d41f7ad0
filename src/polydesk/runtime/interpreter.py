"""Keeps the interpreter's own work out of the way of a trade.

A full garbage collection looks at every tracked object: with a thousand books that is a pause of
tens of milliseconds. What start-up built lives as long as the desk, so it is set aside once; what
follows dies young and is mostly freed by reference count, so collections may be rarer.

A thread that wants the interpreter waits for whole turns of another. The journal's thread needs it
again after every row, so beside a busy loop the usual 5 ms a turn would keep an order from the disk.
"""

from __future__ import annotations

import gc
import sys
from typing import Final

THRESHOLDS: Final = (20_000, 20, 50)
"""Allocations before a young collection, and how many of each age make one of the next."""

TURN_S: Final = 0.001
"""How long a thread may keep the interpreter from another that waits for it."""


def pause() -> None:
    """Do not collect while a screen starts: what is imported stays anyway. ``settle`` ends it."""
    gc.disable()


def settle() -> None:
    """Collect once, set aside everything alive, collect less often and take shorter turns."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    sys.setswitchinterval(TURN_S)
