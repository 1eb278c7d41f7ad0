"""The desk's side of the signer: ask, and get signed orders and headers back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from polydesk.domain.text import clean
from polydesk.errors import ConfigError, KeyStoreError, NotSignable, SignerLost, SignerRefused
from polydesk.signer import messages
from polydesk.signer.bell import Bell, Ring
from polydesk.signer.caps import Caps
from polydesk.signer.children import how_it_ended, reap, spawn
from polydesk.signer.framing import LARGEST_REQUEST, frame
from polydesk.signer.messages import (
    Answer,
    Ask,
    Done,
    Expect,
    Failed,
    Headers,
    Hello,
    Question,
    Refused,
    Reply,
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
HURRY_S: Final = 0.001
"""How long the loop does not sleep while an order is being signed."""
LOOK_S: Final = 0.0002
"""How long of that at a time nothing else gets a turn: signing takes half of it."""
_ANSWER_TO_NOBODY: Final = messages.encode(Reply(0, SignedOrder("0x", b"", 0, 0)))
"""No question has this number."""
T = TypeVar("T", bound=Answer)
Trouble = SignerRefused | SignerLost
Taken = Callable[[SignedOrder | Trouble], None]
"""Takes what became of an order that was to be signed."""


class _Waiting(NamedTuple):
    """A question that is out."""

    take: Callable[[Any], None]
    """Given the answer, SignerRefused or SignerLost."""
    kind: type[Any]
    """What the answer must be."""
    timer: asyncio.TimerHandle


class SignerProcess:
    """A running signer. Ask from the thread of the event loop that started it."""

    def __init__(self, process: subprocess.Popen[bytes], bell: Bell, *, answer_s: float) -> None:
        """Take a process that was just started; ``start`` does."""
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._bell = bell
        bell.hang_up_for(process.pid)
        bell.make_room()
        self._answer_s = answer_s
        self._loop = asyncio.get_running_loop()
        self._writer = FrameWriter(process.stdin.fileno())
        self._reader = FrameReader(
            process.stdout.fileno(), LARGEST_REQUEST, self._on_message, self._on_end
        )
        self._waiting: dict[int, _Waiting] = {}
        self._number = 0
        self._orders_out = 0
        self._hurry_until = 0.0
        """The loop does not sleep until then; 0 when it may."""
        self._why = "the signer has ended"
        self._opening: asyncio.Future[Hello] = self._loop.create_future()
        self._is_closed = False
        self.is_latched = False
        """Whether it was told to sign nothing but cancels and reads; only a new one signs again."""
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
        bell = Bell()
        with contextlib.ExitStack() as borrowed, contextlib.ExitStack() as on_failure:
            on_failure.callback(bell.close)
            arguments: list[str] = []
            handles: list[int] = []
            for option, handle in (
                ("--passphrase-fd", passphrase_fd),
                ("--line-fd", line_fd),
                ("--bell-fd", bell.handle),
            ):
                if handle is not None:
                    handles.append(_beside_standard_streams(handle, borrowed))
                    arguments += [option, str(handles[-1])]
            process = spawn("polydesk.signer", arguments, hand_on=handles)
            on_failure.pop_all()
        signer = cls(process, bell, answer_s=answer_s)
        signer.is_latched = start.is_latched
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
            NotSignable: A number is too large to be asked for.
            SignerRefused: Off the grid, over a cap, or the kill switch is on.
            SignerLost: There is no answer. Nothing that was signed can be sent.
        """
        answer: asyncio.Future[SignedOrder] = self._loop.create_future()
        self.begin_order(order, partial(_settle, answer))
        return await answer

    def begin_order(self, order: SignOrder, take: Taken) -> None:
        """Ask for a signature at once, before anything else gets a turn.

        Args:
            order: What is wanted.
            take: Given the signed order or the error of ``sign_order``, later and once, straight
                from the pipe; it must not raise.

        Raises:
            NotSignable: A number is too large to be asked for.
        """

        def taken(said: SignedOrder | Trouble) -> None:
            self._orders_out -= 1
            take(said)

        self._orders_out += 1
        try:
            self._ask(order, SignedOrder, taken)
        except OverflowError as error:
            self._orders_out -= 1
            raise NotSignable("a number of the order has more than 64 bits") from error
        self._hurry()

    def expect_order(self, order: SignOrder) -> None:
        """Tell of an order that may be asked for; nothing comes back, nothing is raised.

        A hint that would have to wait is not given: it helps while the gate judges, or not at all.
        """
        if not self._bell.has_processor or self._writer.is_waiting:
            return
        with contextlib.suppress(OverflowError, SignerLost):
            self._send(messages.encode(Question(0, Expect(order))))

    def be_ready(self) -> None:
        """Tell that an order may follow in a moment; nothing comes back, nothing is raised."""
        self._bell.ring()

    def nudge(self) -> None:
        """Have the signer sign an order for nobody; nothing comes back, nothing is raised."""
        self._bell.make_room()
        self._bell.ring(Ring.NUDGE)

    def rehearse(self, order: SignOrder) -> None:
        """Go the way of a question and of its answer without the signer; nothing is sent."""
        for ask in (Expect(order), order):
            frame(messages.encode(Question(0, ask)))
        self._reader.look()
        self._on_message(_ANSWER_TO_NOBODY)

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
        return (await self._answer_to(messages.SignHeaders(method, path, body), Headers)).headers

    async def auth_headers(self, nonce: int = 0) -> Mapping[str, str]:
        """Make L1 headers; only a signer started with ``may_authenticate`` does."""
        return (await self._answer_to(messages.SignAuth(nonce), Headers)).headers

    async def subscribe_user(self) -> None:
        """Let the signer write the user socket's first message into the line's pipe."""
        await self._answer_to(messages.SubscribeUser(), Done)

    async def tighten(self, caps: Caps) -> None:
        """Lower caps; SignerRefused when one would be raised."""
        await self._answer_to(messages.Tighten(caps), Done)

    async def set_clock_offset(self, offset_ms: int) -> None:
        """Tell how far the venue's clock is ahead of this computer's."""
        await self._answer_to(messages.SetClock(offset_ms), Done)

    async def latch(self) -> None:
        """Turn the kill switch on and wait until the signer has said so.

        Raises:
            SignerLost: It has ended, and signs nothing any more.
        """
        self.latch_now()
        await self._answer_to(messages.Latch(), Done)

    def latch_now(self) -> None:
        """Turn the kill switch on by a signal, past everything that waits in the pipe."""
        self.is_latched = True
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

    def _answer_to(self, ask: Ask, kind: type[T]) -> asyncio.Future[T]:
        answer: asyncio.Future[T] = self._loop.create_future()
        self._ask(ask, kind, partial(_settle, answer))
        return answer

    def _ask(self, ask: Ask, kind: type[T], take: Callable[[T | Trouble], None]) -> None:
        self._number = number = self._number + 1
        request = messages.encode(Question(number, ask))
        try:
            self._send(request)
        except SignerLost as error:
            self._loop.call_soon(take, error)
            return
        timer = self._loop.call_later(self._answer_s, self._too_late, number)
        self._waiting[number] = _Waiting(take, kind, timer)

    def _hurry(self) -> None:
        """Keep the loop turning while an order is out: waking up takes longer than signing."""
        if self._bell.handle is None:
            return
        self._bell.make_room()
        if not self._hurry_until:
            self._loop.call_soon(self._look)
        self._hurry_until = self._loop.time() + HURRY_S

    def _look(self) -> None:
        look, now = self._reader.look, self._loop.time
        end = min(now() + LOOK_S, self._hurry_until)
        while True:
            look()
            if not self._orders_out:
                break
            at = now()
            if at >= end:
                if at < self._hurry_until:
                    self._loop.call_soon(self._look)
                    return
                break
        self._hurry_until = 0.0

    def _send(self, message: bytes) -> None:
        if self.lost.is_set():
            raise SignerLost(self._why)
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
            waiting.take(_read(waiting.kind, reply.answer))

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
        # Its process id may become another's.
        self._bell.close()
        if not self._opening.done():
            self._opening.set_exception(SignerLost(why))
            # Whoever started it may be gone already.
            self._opening.exception()
        waiting, self._waiting = self._waiting, {}
        for question in waiting.values():
            question.timer.cancel()
            # One after the other: whoever fails with it keeps no other from hearing it.
            self._loop.call_soon(question.take, SignerLost(why))

    def _too_late(self, number: int) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is not None:
            waiting.take(SignerLost(f"the signer did not answer within {self._answer_s:g} s"))


def _read(kind: type[T], said: Answer) -> T | Trouble:
    """Return an answer of the kind that was asked for, or why there is none."""
    if isinstance(said, kind):
        return said
    if isinstance(said, Refused):
        return SignerRefused(clean(said.reason, _LONGEST_REASON))
    return SignerLost("the signer gave an answer of another kind")


def _settle(answer: asyncio.Future[T], said: T | Trouble) -> None:
    """Give an answer to whoever still waits for it."""
    if answer.done():
        return
    if isinstance(said, SignerRefused | SignerLost):
        answer.set_exception(said)
        # Whoever asked may be gone; then nobody else looks at the error.
        answer.exception()
    else:
        answer.set_result(said)


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
