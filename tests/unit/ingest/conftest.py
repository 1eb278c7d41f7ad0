from __future__ import annotations

import asyncio

import pytest

_NS = 1_000_000_000


class JumpClock:
    """Sleeping moves the time at once; nothing waits for real."""

    def __init__(self) -> None:
        self.ns = 1_000 * _NS
        self.sleeps: list[float] = []

    def now_ns(self) -> int:
        return self.ns

    def monotonic_ns(self) -> int:
        return self.ns

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        until = self.ns + int(seconds * _NS)
        await asyncio.sleep(0)
        self.ns = max(self.ns, until)

    def advance(self, seconds: float) -> None:
        self.ns += int(seconds * _NS)


@pytest.fixture
def clock() -> JumpClock:
    return JumpClock()
