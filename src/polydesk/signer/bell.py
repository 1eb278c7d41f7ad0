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
from typing import Final

from polydesk.signer.clock import OwnClock
from polydesk.signer.framing import CHUNK
from polydesk.signer.quick import write_now

AWAKE_NS: Final = 5_000_000
"""How long the signer keeps looking for the order that was announced, and for one after that:
what a followed wallet takes from a book comes as several trades, one right after the other."""
_ONE: Final = (1).to_bytes(8, sys.byteorder)
_COUNT: Final = 8
"""Bytes of the counter."""


class Bell:
    """The desk's end. Silent where there is no such counter, or no second processor."""

    def __init__(self) -> None:
        self.handle: int | None = None
        """For the signer to inherit; None when the bell is silent."""
        self._pid = 0
        self._all: frozenset[int] = frozenset()
        self._away_from = -1
        if sys.platform == "linux":
            self._all = frozenset(os.sched_getaffinity(0))
            # One that keeps the interpreter: no other thread gets a turn at this moment.
            self._where = ctypes.PyDLL(None).sched_getcpu
            if len(self._all) > 1:
                self.handle = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def hang_up_for(self, pid: int) -> None:
        """Say which process hears it."""
        self._pid = pid

    def ring(self) -> None:
        """Wake the signer; nothing is raised, whatever has become of it."""
        if sys.platform == "linux" and self.handle is not None:
            try:
                write_now(self.handle, _ONE)
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
        self._pipe_alone = _poll(pipe)
        self._both = self._pipe_alone if bell is None else _poll(pipe, bell)

    def listen(self, awake_ns: int = 0) -> bytes | None:
        """Wait for the desk.

        Args:
            awake_ns: How long to look for it before falling asleep, nanoseconds.

        Returns:
            What it sent, nothing at its end; None when it only rang.
        """
        ready = {handle for handle, _ in self._look(awake_ns) or self._both.poll()}
        if self._bell in ready:
            os.read(self._bell, _COUNT)
        return os.read(self._pipe, CHUNK) if self._pipe in ready else None

    def _look(self, awake_ns: int) -> list[tuple[int, int]]:
        """Look without sleeping; whoever else wants the processor gets it."""
        if self._bell is None:
            return []
        poll, now_ns = self._both.poll, self._clock.monotonic_ns
        end = now_ns() + awake_ns
        while not (ready := poll(0)) and now_ns() < end:
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
