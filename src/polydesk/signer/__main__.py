"""``python -m polydesk.signer``: the process that holds the key. The desk starts it."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec

from polydesk.errors import ConfigError, KeyStoreError, PolydeskError
from polydesk.signer import messages
from polydesk.signer.bell import Ears, Ring
from polydesk.signer.confine import harden, lock_down
from polydesk.signer.framing import CHUNK, LARGEST_REQUEST, Splitter, frame, write_all
from polydesk.signer.messages import Failed, Hello, Opening, Refused, Reply
from polydesk.signer.rehearsal import Rehearsal
from polydesk.signer.service import Service
from polydesk.signer.unlock import unlock
from polydesk.venues.polymarket.signing.auth import l2_headers
from polydesk.venues.polymarket.signing.keys import ApiCredentials

STDIN, STDOUT = 0, 1
EXIT_FAILED: Final = 1
_TOO_LARGE: Final = "not a message the signer knows: it is too large"


def main(arguments: Sequence[str] | None = None) -> int:
    """Unlock, lock down, and answer until standard input ends."""
    enforced = harden()
    sys.excepthook = _tell_of_bug
    options = _parser().parse_args(arguments)
    splitter = Splitter(LARGEST_REQUEST)
    try:
        first, *others = _first_messages(splitter)
        rehearsal = Rehearsal()
        service = _open(first, options, enforced, rehearsal)
    except (EOFError, KeyboardInterrupt):
        return EXIT_FAILED
    except PolydeskError as error:
        _say(Failed(_kind(error), str(error)))
        return EXIT_FAILED
    _serve(service, rehearsal, splitter, others, Ears(STDIN, options.bell_fd))
    return 0


def _first_messages(splitter: Splitter) -> list[bytes]:
    while data := os.read(STDIN, CHUNK):
        if messages_ := splitter.feed(data):
            return messages_
    raise EOFError


def _open(
    first: bytes, options: argparse.Namespace, enforced: list[str], rehearsal: Rehearsal
) -> Service:
    try:
        start = messages.decode_start(first)
    except msgspec.MsgspecError as error:
        raise ConfigError(f"the signer cannot read how it is to start: {error}") from error
    opened = unlock(Path(start.folder), start.key, options.passphrase_fd)
    service = Service(start, opened, options.line_fd)
    _warm_up(service, rehearsal)
    _leave_the_terminal()
    signal.signal(signal.SIGUSR1, lambda *_: service.latch())
    handles = (options.line_fd, options.bell_fd)
    enforced += lock_down([handle for handle in handles if handle is not None])
    login = opened.credentials
    _say(
        Hello(
            pid=os.getpid(),
            address=opened.key.address,
            maker=service.maker.address,
            api_key="" if login is None else login.key,
            caps=service.caps,
            confinement=tuple(enforced),
        )
    )
    return service


def _serve(
    service: Service, rehearsal: Rehearsal, splitter: Splitter, waiting: list[bytes], ears: Ears
) -> None:
    """Answer until the desk closes the pipe, or dies."""
    for message in waiting:
        _answer(service, rehearsal, message)
    told = 0
    with contextlib.suppress(BrokenPipeError):
        while (data := ears.listen()) != b"":
            if data is not Ring.NUDGE:
                ears.stay_awake()
            if isinstance(data, Ring):
                rehearsal.run(ears.is_asked)
                continue
            for message in splitter.feed(data):
                _answer(service, rehearsal, message)
            while told < splitter.oversized:
                told += 1
                write_all(STDOUT, frame(messages.encode(Reply(0, Refused(_TOO_LARGE)))))


def _answer(service: Service, rehearsal: Rehearsal, message: bytes) -> None:
    answer = service.answer(message)
    if answer:
        write_all(STDOUT, frame(answer))
        rehearsal.note()


def _warm_up(service: Service, rehearsal: Rehearsal) -> None:
    """Load whatever is loaded late, while files can still be opened."""
    service.answer(b"")
    l2_headers(service.maker.address, ApiCredentials("", b"-", ""), 0, "GET", "/")
    rehearsal.run()
    # What is loaded stays: nothing to look through again between two orders.
    gc.freeze()


def _leave_the_terminal() -> None:
    """Get out of reach of the terminal's keys; the screen is the desk's from here on."""
    with contextlib.suppress(PermissionError):
        os.setsid()


def _say(said: Hello | Failed) -> None:
    with contextlib.suppress(BrokenPipeError):
        write_all(STDOUT, frame(messages.encode(Opening(said))))


def _kind(error: PolydeskError) -> str:
    return "unlock" if isinstance(error, KeyStoreError) else "config"


def _tell_of_bug(kind: type[BaseException], _: BaseException, trace: TracebackType | None) -> None:
    """Say where it broke and nothing of what was being worked on."""
    where = ""
    while trace is not None:
        where = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    _say(Failed("bug", f"the signer broke: {kind.__name__}{where}"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="polydesk.signer", description=main.__doc__)
    parser.add_argument("--passphrase-fd", type=int, help="handle that gives the passphrase")
    parser.add_argument("--line-fd", type=int, help="handle of the user line's pipe")
    parser.add_argument("--bell-fd", type=int, help="handle of the desk's bell")
    return parser


if __name__ == "__main__":
    sys.exit(main())
