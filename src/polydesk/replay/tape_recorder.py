"""Recording behind a queue, so that a slow disk never slows the feed."""

from __future__ import annotations

import json
import queue
import threading
from pathlib import Path

from polydesk.domain.frames import CONTROL, Frame
from polydesk.replay.tape_format import FAST_LEVEL, TapeHeader
from polydesk.replay.tape_writer import TapeWriter


class TapeRecorder:
    """A ``ports.Recorder``: hands frames to a writer thread and never blocks the feed.

    When the disk is slower than the feed for so long that the queue is full, frames are
    dropped and counted; before the next frame that fits, a control frame
    ``{"kind":"gap","dropped":n}`` marks the hole. Only one thread may call ``write``.
    """

    def __init__(
        self,
        path: Path,
        header: TapeHeader,
        *,
        capacity: int = 1 << 16,
        flush_s: float = 2.0,
        block_bytes: int = 1 << 18,
    ) -> None:
        """Begin a recording and its thread.

        Args:
            path: A file that does not exist yet.
            header: What the recording says about itself.
            capacity: Frames the queue holds.
            flush_s: Frames reach the disk at the latest after about this many seconds.
            block_bytes: As for ``TapeWriter``.

        Raises:
            RecordingError: The file exists or cannot be created.
        """
        self.dropped = 0
        """Frames not recorded so far."""
        self.error: str | None = None
        """Why recording stopped, one sentence; None while it works."""
        self._writer = TapeWriter(path, header, block_bytes=block_bytes, level=FAST_LEVEL)
        self._queue: queue.Queue[Frame | None] = queue.Queue(capacity)
        self._flush_s = flush_s
        self._flushed_ts: int | None = None
        self._hole = 0
        self._last_ts = 0
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="tape-recorder", daemon=True)
        self._thread.start()

    @property
    def frames(self) -> int:
        """Frames written so far."""
        return self._writer.frames

    def write(self, channel: str, ts_init: int, text: bytes) -> None:
        """Append one frame; never blocks, drops and counts when the queue is full."""
        self._last_ts = ts_init
        try:
            if self._closed or self.error is not None:
                raise queue.Full
            if self._hole:
                self._queue.put_nowait(_gap(ts_init, self._hole))
                self._hole = 0
            self._queue.put_nowait(Frame(channel, ts_init, text))
        except queue.Full:
            self._hole += 1
            self.dropped += 1

    def close(self) -> None:
        """Write everything queued, finish the file and end the thread."""
        if self._closed:
            return
        self._closed = True
        if self._hole:
            self._queue.put(_gap(self._last_ts, self._hole))
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        """Body of the writer thread."""
        try:
            self._write_all()
        except Exception as error:  # noqa: BLE001 - kept as the reason; the queue must go on emptying
            self._give_up(error)
            while self._queue.get() is not None:
                self.dropped += 1
            return
        try:
            self._writer.close()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self.error = f"Recording to {self._writer.path} stopped: {error}."
        self._writer.abandon()

    def _write_all(self) -> None:
        while True:
            try:
                frame = self._queue.get(timeout=self._flush_s)
            except queue.Empty:
                self._writer.flush()
                continue
            if frame is None:
                return
            self._writer.write(frame.channel, frame.ts_init, frame.text)
            self._flush_when_due(frame.ts_init)

    def _flush_when_due(self, ts_ns: int) -> None:
        """Keep a steady trickle, too small to fill a block, from staying in memory."""
        if self._flushed_ts is None:
            self._flushed_ts = ts_ns
        elif ts_ns - self._flushed_ts >= self._flush_s * 1_000_000_000:
            self._writer.flush()
            self._flushed_ts = ts_ns


def _gap(ts_ns: int, dropped: int) -> Frame:
    text = json.dumps({"kind": "gap", "dropped": dropped}, separators=(",", ":"))
    return Frame(CONTROL, ts_ns, text.encode())
