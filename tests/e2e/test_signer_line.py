"""The user line: a process with a network and the API secret, and a desk that has neither."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.unit.signer.asks import start_of
from tests.unit.signer.desk import API_KEY, API_PASSPHRASE, API_SECRET, signer, until, vault_in
from websockets.asyncio.server import ServerConnection, serve

from polydesk.errors import ConfigError, SignerRefused
from polydesk.signer.client import SignerProcess
from polydesk.signer.line_client import LineSource, UserLineProcess
from polydesk.signer.line_messages import LineStart

pytestmark = pytest.mark.e2e


class Venue:
    """A user socket on loopback that remembers what it was told."""

    def __init__(self) -> None:
        self.url = ""
        self.said: list[str] = []
        self.connections: list[ServerConnection] = []
        self.answers_pings = True

    async def talk(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        async for text in connection:
            if text != "PING":
                self.said.append(str(text))
            elif self.answers_pings:
                await connection.send("PONG")


class Desk:
    """What a desk hears of its line."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.changes: list[tuple[bool, str]] = []

    def start(self, source: LineSource, url: str, **times: float) -> UserLineProcess:
        return UserLineProcess.start(
            source,
            LineStart(url, first_wait_s=0.02, **times),
            on_text=lambda ts, text: self.texts.append(text),
            on_change=lambda ts, up, why: self.changes.append((up, why)),
        )


@pytest.fixture
async def venue() -> AsyncIterator[Venue]:
    venue = Venue()
    async with serve(venue.talk, "127.0.0.1", 0) as server:
        venue.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/ws/user"
        yield venue


@asynccontextmanager
async def unlocked(tmp_path: Path) -> AsyncIterator[tuple[SignerProcess, LineSource]]:
    vault_in(tmp_path / "keys")
    source = LineSource()
    try:
        async with signer(start_of(tmp_path / "keys"), line_fd=source.write_fd) as running:
            source.hand_over()
            yield running, source
    finally:
        source.close()


async def test_the_line_subscribes_and_forwards_every_text(tmp_path: Path, venue: Venue) -> None:
    desk = Desk()
    async with unlocked(tmp_path) as (running, source):
        await running.subscribe_user()
        line = desk.start(source, venue.url)
        await until(lambda: venue.said)
        for number in range(50):
            await venue.connections[0].send(json.dumps({"event_type": "order", "n": number}))
        await until(lambda: len(desk.texts) == 50)
        await line.close()

    auth = {"apiKey": API_KEY, "secret": API_SECRET, "passphrase": API_PASSPHRASE}
    assert json.loads(venue.said[0]) == {"type": "user", "auth": auth}
    assert [json.loads(text)["n"] for text in desk.texts] == list(range(50))
    assert desk.changes == [(True, "subscribed")]


async def test_a_dropped_socket_is_told_and_subscribed_again(tmp_path: Path, venue: Venue) -> None:
    desk = Desk()
    async with unlocked(tmp_path) as (running, source):
        await running.subscribe_user()
        line = desk.start(source, venue.url)
        await until(lambda: venue.said)
        await venue.connections[0].close()
        await until(lambda: len(venue.said) == 2)
        await until(lambda: line.is_up)
        await line.close()

    assert [up for up, _ in desk.changes] == [True, False, True]
    assert venue.said[0] == venue.said[1]


async def test_a_socket_that_answers_no_ping_is_dead(tmp_path: Path, venue: Venue) -> None:
    venue.answers_pings = False
    desk = Desk()
    async with unlocked(tmp_path) as (running, source):
        await running.subscribe_user()
        line = desk.start(source, venue.url, ping_s=0.05, silence_s=0.2)
        await until(lambda: len(venue.connections) == 2)
        await line.close()

    assert "answered no ping" in desk.changes[1][1]


async def test_a_killed_line_is_lost_and_another_one_follows(tmp_path: Path, venue: Venue) -> None:
    desk = Desk()
    async with unlocked(tmp_path) as (running, source):
        await running.subscribe_user()
        line = desk.start(source, venue.url)
        await until(lambda: line.is_up)
        os.kill(line._process.pid, signal.SIGKILL)
        await asyncio.wait_for(line.lost.wait(), 5)
        assert not line.is_up
        await running.subscribe_user()
        other = desk.start(source, venue.url)
        await until(lambda: other.is_up)
        await other.close()
        await line.close()

    assert "killed by signal 9" in desk.changes[1][1]
    assert len(venue.said) == 2


async def test_a_venue_that_repeats_the_secret_does_not_tell_it_to_the_desk(
    tmp_path: Path, venue: Venue
) -> None:
    desk = Desk()
    async with unlocked(tmp_path) as (running, source):
        await running.subscribe_user()
        line = desk.start(source, venue.url)
        await until(lambda: venue.said)
        await venue.connections[0].send(f"bad auth: {venue.said[0]}")
        await until(lambda: desk.texts)
        await line.close()

    assert API_SECRET.encode() not in desk.texts[0]
    assert API_PASSPHRASE.encode() not in desk.texts[0]


async def test_the_credentials_go_to_the_venue_or_this_machine_only() -> None:
    source = LineSource()
    desk = Desk()
    try:
        for url in (
            "wss://elsewhere.example/ws/user",
            "ws://ws-subscriptions-clob.polymarket.com/ws/user",
            "wss://polymarket.com.example/ws/user",
            "wss://notpolymarket.com/ws/user",
        ):
            with pytest.raises(ConfigError, match="venue's own"):
                desk.start(source, url)
    finally:
        source.close()


async def test_a_line_without_a_subscription_says_so(venue: Venue) -> None:
    source = LineSource()
    source.hand_over()
    desk = Desk()
    line = desk.start(source, venue.url)
    await asyncio.wait_for(line.lost.wait(), 10)
    source.close()
    await line.close()

    assert "subscription ended early" in desk.changes[0][1]
    assert not venue.connections


async def test_a_key_without_credentials_has_no_line(tmp_path: Path) -> None:
    vault_in(tmp_path / "keys", with_credentials=False)
    source = LineSource()
    async with signer(start_of(tmp_path / "keys"), line_fd=source.write_fd) as running:
        with pytest.raises(SignerRefused, match="polydesk setup"):
            await running.subscribe_user()
    source.close()
