"""The desk's side of the user line: texts of the account, and whether the socket is up."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable
from typing import Final

import msgspec

from polydesk.domain.text import clean
from polydesk.errors import SignerLost
from polydesk.signer.children import PROXIES, how_it_ended, reap, spawn
from polydesk.signer.clock import OwnClock
from polydesk.signer.line_messages import (
    LARGEST_FRAME,
    Heard,
    LineChanged,
    LineStart,
    check_url,
    decode_said,
    encode,
)
from polydesk.signer.pipes import FrameReader, FrameWriter

OnText = Callable[[int, bytes], None]
"""Receive time in nanoseconds UTC, and the text as it came."""
OnChange = Callable[[int, bool, str], None]
"""Time, whether the socket is up, and why."""
_LONGEST_DETAIL: Final = 400


class LineSource:
    """The pipe from the signer to the user line. The desk makes it and never reads it.

    The write end goes to the signer and is closed here; the read end stays, so that a line that
    died can be followed by another one.
    """

    def __init__(self) -> None:
        self.read_fd, self.write_fd = os.pipe()
        os.set_blocking(self.write_fd, False)
        self._is_open = True

    def hand_over(self) -> None:
        """Close the write end, once the signer has inherited it."""
        if self.write_fd >= 0:
            os.close(self.write_fd)
            self.write_fd = -1

    def close(self) -> None:
        """Close both ends; a second call does nothing."""
        self.hand_over()
        if self._is_open:
            self._is_open = False
            os.close(self.read_fd)


class UserLineProcess:
    """A running user line. Use it from the thread of the event loop that started it."""

    def __init__(
        self, process: subprocess.Popen[bytes], on_text: OnText, on_change: OnChange
    ) -> None:
        """Take a process that was just started; ``start`` does."""
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._on_text = on_text
        self._on_change = on_change
        self._writer = FrameWriter(process.stdin.fileno())
        self._reader = FrameReader(
            process.stdout.fileno(), LARGEST_FRAME, self._on_message, self._on_end
        )
        self._is_closed = False
        self.is_up = False
        """Whether the socket is connected and subscribed."""
        self.why = ""
        """Why it went up or down last."""
        self.lost = asyncio.Event()
        """Set when the process has ended; start another one after ``subscribe_user``."""

    @classmethod
    def start(
        cls, source: LineSource, start: LineStart, *, on_text: OnText, on_change: OnChange
    ) -> UserLineProcess:
        """Start the line. Call it on the main thread, after the signer's ``subscribe_user``.

        Args:
            source: The pipe in which the subscription waits.
            start: Address and times.
            on_text: Called for each text.
            on_change: Called when the socket went up or down. On up, reconcile: nothing of the
                gap is repeated.

        Raises:
            ConfigError: The address is not the venue's.
            SignerLost: The process ended at once.
        """
        check_url(start.url)
        process = spawn(
            "polydesk.signer.line",
            ["--auth-fd", str(source.read_fd)],
            hand_on=[source.read_fd],
            also_known=PROXIES,
        )
        line = cls(process, on_text, on_change)
        try:
            line._writer.send(encode(start))
        except BrokenPipeError as error:
            line._on_end()
            raise SignerLost("the user line ended at its start") from error
        return line

    async def close(self) -> None:
        """End the line; a second call does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self.is_up = False
        self._reader.close()
        self._writer.close()
        await asyncio.to_thread(reap, self._process)
        self.lost.set()

    def _on_message(self, message: bytes) -> None:
        try:
            said = decode_said(message).what
        except msgspec.MsgspecError:
            # A line that cannot be understood may have told of a fill: it is no line any more.
            self._on_end()
            return
        if isinstance(said, Heard):
            self._on_text(said.ts_ns, said.text)
        else:
            self._changed(said)

    def _changed(self, said: LineChanged) -> None:
        self.is_up = said.up
        self.why = clean(said.detail, _LONGEST_DETAIL)
        self._on_change(said.ts_ns, said.up, self.why)

    def _on_end(self) -> None:
        """Take note that the process is gone; a socket that was up is down now."""
        if self.lost.is_set():
            return
        self._reader.close()
        self._writer.close()
        ended = f"the user line has ended ({how_it_ended(reap(self._process))})"
        self.lost.set()
        # One that could not start has said why.
        detail = ended if self.is_up or not self.why else f"{self.why}; {ended}"
        self._changed(LineChanged(OwnClock().now_ns(), False, detail))
