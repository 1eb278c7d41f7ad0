"""A bell from the desk to the signer: an order may follow in a moment.

Not a message, for two reasons. Whoever writes into a pipe lends its own processor to the reader,
so the signer would rehearse on the desk's while the desk decides; the bell wakes it on another.
And the signer, once awake, keeps looking at the pipe for a moment instead of falling asleep, so
that the order needs no waking any more: on a virtual machine that takes longer than signing.

Source: eventfd(2), pipe(7), sched_setaffinity(2).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import sys
from enum import Enum
from typing import Final

from polydesk.signer.clock import OwnClock
from polydesk.signer.framing import CHUNK
from polydesk.signer.quick import write_now

AWAKE_NS: Final = 5_000_000
"""How long the signer keeps looking for the order that was announced, and for one after that:
what a followed wallet takes from a book comes as several trades, one right after the other."""
_COUNT: Final = 8
"""Bytes of the counter, which adds up what was rung since it was read."""
_MOST_NUDGES: Final = 2**32
"""The lower half counts nudges, the upper half rings."""


class Ring(Enum):
    """What the bell says."""

    NUDGE = 1
    """Rehearse, and sleep again."""
    ORDER = _MOST_NUDGES
    """An order may follow in a moment."""


_BYTES: Final = {kind: kind.value.to_bytes(_COUNT, sys.byteorder) for kind in Ring}


class Bell:
    """The desk's end. Silent where there is no such counter, or no second processor."""

    def __init__(self) -> None:
        self.handle: int | None = None
        """For the signer to inherit; None when the bell is silent."""
        self._pid = 0
        self._all: frozenset[int] = frozenset()
        self.has_processor = (os.cpu_count() or 1) > 1
        """Whether the signer can work while the desk does."""
        self._away_from = -1
        if sys.platform == "linux":
            self._all = frozenset(os.sched_getaffinity(0))
            # One that keeps the interpreter: no other thread gets a turn at this moment.
            self._where = ctypes.PyDLL(None).sched_getcpu
            self.has_processor = len(self._all) > 1
            if self.has_processor:
                self.handle = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def hang_up_for(self, pid: int) -> None:
        """Say which process hears it."""
        self._pid = pid

    def ring(self, kind: Ring = Ring.ORDER) -> None:
        """Wake the signer; nothing is raised, whatever has become of it."""
        if sys.platform == "linux" and self.handle is not None:
            try:
                write_now(self.handle, _BYTES[kind])
            except OSError:
                return

    def close(self) -> None:
        """Give the handle back."""
        handle, self.handle = self.handle, None
        if handle is not None:
            os.close(handle)

    def make_room(self) -> None:
        """Have the signer run on another processor than the one that the desk is working on.

        Both would otherwise share one, as a pipe's ends do, until the system evens them out. The
        desk seldom moves: it is enough to look when there is time.
        """
        if self.handle is None or sys.platform != "linux":
            return
        here = self._where()
        if here != self._away_from:
            self._away_from = here
            # Not allowed everywhere; then they share until the system evens them out.
            with contextlib.suppress(OSError):
                os.sched_setaffinity(self._pid, self._all - {here})


class Ears:
    """The signer's end: the pipe with questions, and the bell beside it."""

    def __init__(self, pipe: int, bell: int | None) -> None:
        """Take two handles, the bell's not blocking."""
        self._pipe = pipe
        self._bell = bell
        self._clock = OwnClock()
        self._awake_until = 0
        self._pipe_alone = _poll(pipe)
        self._both = self._pipe_alone if bell is None else _poll(pipe, bell)

    def stay_awake(self, for_ns: int = AWAKE_NS) -> None:
        """Look for the desk for so long from now on before falling asleep, nanoseconds."""
        if self._bell is not None:
            self._awake_until = self._clock.monotonic_ns() + for_ns

    def listen(self) -> bytes | Ring:
        """Wait for the desk and return what it sent, nothing at its end, or that it rang."""
        ready = {handle for handle, _ in self._look() or self._both.poll()}
        rung = Ring.NUDGE
        if self._bell in ready:
            count = int.from_bytes(os.read(self._bell, _COUNT), sys.byteorder)
            rung = Ring.ORDER if count >= _MOST_NUDGES else Ring.NUDGE
        return os.read(self._pipe, CHUNK) if self._pipe in ready else rung

    def _look(self) -> list[tuple[int, int]]:
        """Look without sleeping; whoever else wants the processor gets it."""
        poll, now_ns, end = self._both.poll, self._clock.monotonic_ns, self._awake_until
        ready: list[tuple[int, int]] = []
        while now_ns() < end and not (ready := poll(0)):
            os.sched_yield()
        return ready

    def is_asked(self) -> bool:
        """Return whether there is something to read."""
        return bool(self._pipe_alone.poll(0))


def _poll(*handles: int) -> select.poll:
    found = select.poll()
    for handle in handles:
        found.register(handle, select.POLLIN)
    return found
