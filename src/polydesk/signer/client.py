"""The desk's side of the signer: ask, and get signed orders and headers back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from polydesk.domain.text import clean
from polydesk.errors import ConfigError, KeyStoreError, NotSignable, SignerLost, SignerRefused
from polydesk.signer import messages
from polydesk.signer.caps import Caps
from polydesk.signer.children import how_it_ended, reap, spawn
from polydesk.signer.framing import LARGEST_REQUEST
from polydesk.signer.messages import (
    Answer,
    Ask,
    Done,
    Failed,
    Headers,
    Hello,
    Refused,
    Request,
    SignedOrder,
    SignOrder,
    Start,
)
from polydesk.signer.pipes import FrameReader, FrameWriter

ANSWER_S: Final = 2.0
"""Seconds for an answer; one takes less than a thousandth of that."""
UNLOCK_S: Final = 60.0
"""Seconds for unlocking without a person; the passphrase is made slow on purpose."""
_LONGEST_REASON: Final = 400
_LAST_STANDARD: Final = 2
T = TypeVar("T", bound=Answer)


class _Waiting(NamedTuple):
    """A question that is out."""

    answer: asyncio.Future[Any]
    kind: type[Any]
    """What the answer must be."""
    timer: asyncio.TimerHandle


class SignerProcess:
    """A running signer. Ask from the thread of the event loop that started it."""

    def __init__(self, process: subprocess.Popen[bytes], *, answer_s: float) -> None:
        """Take a process that was just started; ``start`` does."""
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._answer_s = answer_s
        self._loop = asyncio.get_running_loop()
        self._writer = FrameWriter(process.stdin.fileno())
        self._reader = FrameReader(
            process.stdout.fileno(), LARGEST_REQUEST, self._on_message, self._on_end
        )
        self._waiting: dict[int, _Waiting] = {}
        self._number = 0
        self._why = "the signer has ended"
        self._opening: asyncio.Future[Hello] = self._loop.create_future()
        self._is_closed = False
        self.lost = asyncio.Event()
        """Set when the signer has ended, for whatever reason."""

    @classmethod
    async def start(
        cls,
        start: Start,
        *,
        passphrase_fd: int | None = None,
        line_fd: int | None = None,
        answer_s: float = ANSWER_S,
    ) -> SignerProcess:
        """Start the signer and wait until it is unlocked. Call it on the main thread.

        Args:
            start: The key's name, the account and the caps.
            passphrase_fd: Handle of which the signer reads one line; None asks on the terminal,
                so no screen may be up. The desk never reads it; its owner closes it.
            line_fd: Write end of the user line's pipe, ``LineSource.write_fd``.
            answer_s: Seconds after which a question counts as lost.

        Raises:
            ConfigError: There is no such key, no terminal, or the account does not fit.
            KeyStoreError: The key cannot be opened.
            SignerLost: The signer ended otherwise.
        """
        with contextlib.ExitStack() as borrowed:
            arguments: list[str] = []
            handles: list[int] = []
            for option, handle in (("--passphrase-fd", passphrase_fd), ("--line-fd", line_fd)):
                if handle is not None:
                    handles.append(_beside_standard_streams(handle, borrowed))
                    arguments += [option, str(handles[-1])]
            process = spawn("polydesk.signer", arguments, hand_on=handles)
        signer = cls(process, answer_s=answer_s)
        try:
            await signer._open(start, None if passphrase_fd is None else UNLOCK_S)
        except BaseException:
            await signer.close()
            raise
        return signer

    @property
    def hello(self) -> Hello:
        """What the signer said when it was ready."""
        return self._opening.result()

    @property
    def address(self) -> str:
        """The key's account."""
        return self.hello.address

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return not self.lost.is_set()

    async def sign_order(self, order: SignOrder) -> SignedOrder:
        """Sign one order; its id is known before anything is sent.

        Raises:
            SignerRefused: Off the grid, over a cap, or the kill switch is on.
            SignerLost: There is no answer. Nothing that was signed can be sent.
        """
        return await self.begin_order(order)

    def begin_order(self, order: SignOrder) -> asyncio.Future[SignedOrder]:
        """Ask for a signature at once, before anything else gets a turn; errors as above.

        Raises:
            NotSignable: A number is too large to be asked for.
        """
        try:
            return self._ask(order, SignedOrder)
        except OverflowError as error:
            raise NotSignable("a number of the order has more than 64 bits") from error

    def be_ready(self) -> None:
        """Tell that an order may follow in a moment; nothing comes back, nothing is raised."""
        if self.is_alive:
            with contextlib.suppress(SignerLost):
                self._send(messages.BE_READY)

    async def headers(self, method: str, path: str, body: bytes = b"") -> Mapping[str, str]:
        """Make the headers of a private request, valid for a short time.

        Args:
            method: Upper case.
            path: From the first slash, without host and query.
            body: The exact bytes that will be sent.

        Raises:
            SignerRefused: Such a request is not made, or not with these bytes.
            SignerLost: There is no answer.
        """
        return (await self._ask(messages.SignHeaders(method, path, body), Headers)).headers

    async def auth_headers(self, nonce: int = 0) -> Mapping[str, str]:
        """Make L1 headers; only a signer started with ``may_authenticate`` does."""
        return (await self._ask(messages.SignAuth(nonce), Headers)).headers

    async def subscribe_user(self) -> None:
        """Let the signer write the user socket's first message into the line's pipe."""
        await self._ask(messages.SubscribeUser(), Done)

    async def tighten(self, caps: Caps) -> None:
        """Lower caps; SignerRefused when one would be raised."""
        await self._ask(messages.Tighten(caps), Done)

    async def set_clock_offset(self, offset_ms: int) -> None:
        """Tell how far the venue's clock is ahead of this computer's."""
        await self._ask(messages.SetClock(offset_ms), Done)

    async def latch(self) -> None:
        """Turn the kill switch on and wait until the signer has said so.

        Raises:
            SignerLost: It has ended, and signs nothing any more.
        """
        self.latch_now()
        await self._ask(messages.Latch(), Done)

    def latch_now(self) -> None:
        """Turn the kill switch on by a signal, past everything that waits in the pipe."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGUSR1)

    async def close(self) -> None:
        """End the signer; a second call does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self._lose("the signer was closed")
        self._reader.close()
        self._writer.close()
        await asyncio.to_thread(reap, self._process)

    async def _open(self, start: Start, within_s: float | None) -> None:
        self._send(messages.encode(start))
        try:
            await asyncio.wait_for(asyncio.shield(self._opening), within_s)
        except TimeoutError as error:
            raise SignerLost(f"the signer did not unlock within {within_s:g} s") from error

    def _ask(self, ask: Ask, kind: type[T]) -> asyncio.Future[T]:
        self._number = number = self._number + 1
        request = messages.encode(Request(number, msgspec.Raw(messages.encode(ask))))
        answer: asyncio.Future[T] = self._loop.create_future()
        try:
            if not self.is_alive:
                raise SignerLost(self._why)
            self._send(request)
        except SignerLost as error:
            answer.set_exception(error)
            return answer
        timer = self._loop.call_later(self._answer_s, self._too_late, number)
        self._waiting[number] = _Waiting(answer, kind, timer)
        answer.add_done_callback(partial(self._forget, number))
        return answer

    def _forget(self, number: int, answer: asyncio.Future[Any]) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is not None:
            waiting.timer.cancel()
        if not answer.cancelled():
            # Whoever asked may be gone; then nobody else looks at the error.
            answer.exception()

    def _send(self, message: bytes) -> None:
        try:
            self._writer.send(message)
        except BrokenPipeError as error:
            raise SignerLost(self._why) from error

    def _on_message(self, message: bytes) -> None:
        if not self._opening.done():
            self._on_opening(message)
            return
        try:
            reply = messages.decode_reply(message)
        except msgspec.MsgspecError:
            self._on_last_words(message)
            return
        waiting = self._waiting.pop(reply.id, None)
        if waiting is not None:
            waiting.timer.cancel()
            _settle(waiting, reply.answer)

    def _on_opening(self, message: bytes) -> None:
        try:
            said = messages.decode_opening(message).said
        except msgspec.MsgspecError:
            self._opening.set_exception(SignerLost("the signer said something unreadable"))
            return
        if isinstance(said, Hello):
            self._opening.set_result(said)
        else:
            self._opening.set_exception(_failure(said))

    def _on_last_words(self, message: bytes) -> None:
        with contextlib.suppress(msgspec.MsgspecError):
            said = messages.decode_opening(message).said
            if isinstance(said, Failed):
                self._why = clean(said.reason, _LONGEST_REASON)

    def _on_end(self) -> None:
        self._writer.close()
        status = reap(self._process)
        self._lose(f"{self._why} ({how_it_ended(status)})")

    def _lose(self, why: str) -> None:
        """Tell everybody who waits; nobody can be served any more."""
        if self.lost.is_set():
            return
        self._why = why
        self.lost.set()
        if not self._opening.done():
            self._opening.set_exception(SignerLost(why))
            # Whoever started it may be gone already.
            self._opening.exception()
        for waiting in self._waiting.values():
            waiting.timer.cancel()
            _fail(waiting, why)
        self._waiting.clear()

    def _too_late(self, number: int) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is not None:
            _fail(waiting, f"the signer did not answer within {self._answer_s:g} s")


def _settle(waiting: _Waiting, said: Answer) -> None:
    """Give an answer to whoever still waits for it."""
    answer = waiting.answer
    if answer.done():
        return
    if isinstance(said, waiting.kind):
        answer.set_result(said)
    elif isinstance(said, Refused):
        answer.set_exception(SignerRefused(clean(said.reason, _LONGEST_REASON)))
    else:
        answer.set_exception(SignerLost("the signer gave an answer of another kind"))


def _fail(waiting: _Waiting, why: str) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(SignerLost(why))


def _beside_standard_streams(handle: int, borrowed: contextlib.ExitStack) -> int:
    """Return a handle that the child's own input and output do not cover."""
    if handle > _LAST_STANDARD:
        return handle
    copy = os.dup(handle)
    borrowed.callback(os.close, copy)
    return copy


def _failure(said: Failed) -> Exception:
    reason = clean(said.reason, _LONGEST_REASON)
    kinds: dict[str, type[Exception]] = {"config": ConfigError, "unlock": KeyStoreError}
    return kinds.get(said.kind, SignerLost)(reason)
