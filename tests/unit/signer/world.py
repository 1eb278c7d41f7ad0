"""A signer's service in this process, with a clock that a test moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from tests.unit.signer.asks import start_of
from tests.unit.signer.desk import API_KEY, KEY, login

from polydesk.signer import messages
from polydesk.signer.messages import Answer, Ask
from polydesk.signer.service import Service
from polydesk.signer.unlock import Unlocked, _credentials, _subscription
from polydesk.venues.polymarket.signing.keys import PrivateKey

START_S = 1_795_000_000
SECOND = 1_000_000_000


class Times:
    """In the place of the ``time`` module."""

    def __init__(self) -> None:
        self.passed_ns = 0

    def time_ns(self) -> int:
        return START_S * SECOND + self.passed_ns

    def monotonic_ns(self) -> int:
        return self.passed_ns

    def clock_gettime_ns(self, _: int) -> int:
        return self.passed_ns

    def pass_s(self, seconds: float) -> None:
        self.passed_ns += int(seconds * SECOND)

    @property
    def now_ms(self) -> int:
        return self.time_ns() // 1_000_000


@contextmanager
def moved_time() -> Iterator[Times]:
    times = Times()
    with patch("polydesk.signer.clock.time", times):
        yield times


def opened(*, with_credentials: bool = True) -> Unlocked:
    key = PrivateKey(KEY)
    if not with_credentials:
        return Unlocked(key, None, None)
    with login() as kept:
        return Unlocked(key, _credentials(kept), _subscription(kept))


def service(line: int | None = None, **start: Any) -> Service:
    return Service(start_of(Path("/nowhere"), **start), opened(), line)


def ask(desk: Service, question: Ask, number: int = 7) -> Answer:
    request = messages.Request(number, msgspec.Raw(messages.encode(question)))
    reply = messages.decode_reply(desk.answer(messages.encode(request)))
    assert reply.id == number
    return reply.answer


def refusal(desk: Service, question: Ask) -> str:
    answer = ask(desk, question)
    assert isinstance(answer, messages.Refused), answer
    return answer.reason


OWNER = API_KEY
