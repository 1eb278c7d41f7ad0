"""A paper desk against the sandbox exchange, closed and opened again on the same directory."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from tests.e2e.cli import polydesk, start
from tests.unit.sandbox.small import (
    ALICE,
    MARKETS,
    RAIN,
    RAIN_NO,
    RAIN_YES,
    START_MS,
    activity,
    book,
    levels,
    write,
)

from polydesk.config.models import Settings
from polydesk.domain import events as ev
from polydesk.domain.commands import Kill, TradingState
from polydesk.domain.decisions import Verdict
from polydesk.domain.frames import MARKET, REST_MARKETS, RTDS, Frame
from polydesk.domain.ids import TokenId
from polydesk.errors import StoreError
from polydesk.replay.tape import TapeHeader, TapeReader, TapeWriter
from polydesk.runtime.control import encode_tick
from polydesk.runtime.demo import sandbox_hosts
from polydesk.runtime.desk import running
from polydesk.runtime.paper import Paper, paper_desk
from polydesk.runtime.replay import replay_to_end
from polydesk.runtime.summary import summarise
from polydesk.runtime.venue import venue_clock
from polydesk.sandbox.process import SandboxProcess
from polydesk.store.history import HistoryReader

pytestmark = pytest.mark.e2e
YES = TokenId(RAIN_YES)
WITHIN_S = 30
ENOUGH_SOCKETS = 6
"""The exchange listens, and desk and control port have connected."""


def quote(at_ms: int, size: str) -> dict[str, object]:
    """Return a level change that states the touch, which proves the book."""
    row = {
        "asset_id": RAIN_YES, "price": "0.3", "size": size, "side": "BUY", "hash": "",
        "best_bid": "0.5", "best_ask": "0.55",
    }  # fmt: skip
    return {
        "market": RAIN, "price_changes": [row], "timestamp": str(START_MS + at_ms),
        "event_type": "price_change",
    }  # fmt: skip


def small_tape(path: Path) -> Path:
    """Write two seconds in which the leader buys one second after the books are known."""
    s = START_MS
    dump = [
        book(RAIN_YES, RAIN, s, levels(("0.4", "100"), ("0.5", "40")), levels(("0.55", "60"))),
        book(RAIN_NO, RAIN, s, levels(("0.45", "60")), levels(("0.6", "100"), ("0.5", "40"))),
    ]
    bought = activity(ALICE, RAIN_YES, "BUY", 100, 0.55, seconds=s // 1000 + 1)
    script = [
        (REST_MARKETS, -2_000, {"markets": MARKETS}),
        (MARKET, 0, dump),
        *((MARKET, at, quote(at, str(at))) for at in range(300, 1_000, 100)),
        (RTDS, 1_200, bought),
        *((MARKET, at, quote(at, str(at))) for at in range(1_300, 2_000, 100)),
    ]
    return write(
        path,
        [
            Frame(channel, (s + at) * 1_000_000, json.dumps(body).encode())
            for channel, at, body in script
        ],
    )


def settings() -> Settings:
    return Settings.model_validate(
        {
            "paper": {"cash": "100"},
            "watch": [RAIN_YES, RAIN_NO],
            "leaders": [{"wallet": ALICE, "name": "alice", "mode": "auto", "cash": "11"}],
        }
    )


@asynccontextmanager
async def exchange(tmp_path: Path) -> AsyncIterator[SandboxProcess]:
    async with (
        await SandboxProcess.start(str(small_tape(tmp_path / "small.tape"))) as sandbox,
        asyncio.timeout(WITHIN_S),
    ):
        yield sandbox


class Seen:
    """Waits for what a desk does."""

    def __init__(self, paper: Paper) -> None:
        self.filled = asyncio.Event()
        self.told = asyncio.Event()
        self.read_again = asyncio.Event()
        self.has_book = asyncio.Event()
        self._paper = paper
        paper.desk.listeners.append(self._look)

    def _look(self, event: ev.Event) -> None:
        if isinstance(event, ev.OrderFilled):
            self.filled.set()
        if isinstance(event, ev.WalletTraded):
            (self.read_again if event.is_repair else self.told).set()
        if isinstance(event, ev.BookSnapshotReceived) and event.token_id == YES:
            self.has_book.set()


@asynccontextmanager
async def desk_on(
    sandbox: SandboxProcess, directory: Path, recorder: TapeWriter | None = None
) -> AsyncIterator[tuple[Paper, Seen]]:
    hosts = sandbox_hosts(sandbox.urls)
    clock = await venue_clock(hosts)
    with paper_desk(settings(), directory, clock, recorder) as paper:
        seen = Seen(paper)
        async with running(paper.desk, hosts):
            yield paper, seen


async def a_second_later(paper: Paper) -> None:
    """Let the desk take its marks although the recording has no more frames."""
    paper.desk.runner.put(encode_tick(paper.clock.now_ns() + 2_000_000_000))
    await paper.desk.runner.drained()


async def trade_once(sandbox: SandboxProcess, directory: Path) -> Paper:
    async with desk_on(sandbox, directory) as (paper, seen):
        await seen.filled.wait()
        await a_second_later(paper)
    return paper


async def test_a_desk_goes_on_where_it_stopped_and_copies_nothing_twice(tmp_path: Path) -> None:
    directory, tape = tmp_path / "paper", tmp_path / "second.tape"
    async with exchange(tmp_path) as sandbox:
        first = (await trade_once(sandbox, directory)).desk.engine
        with TapeWriter(tape, TapeHeader("second", "test")) as recorder:
            async with desk_on(sandbox, directory, recorder) as (paper, seen):
                await asyncio.gather(seen.read_again.wait(), seen.has_book.wait())
                await a_second_later(paper)
                with (
                    pytest.raises(StoreError, match="another desk"),
                    paper_desk(settings(), directory, paper.clock),
                ):
                    raise AssertionError("two desks on one directory")
            second = paper.desk.engine
    summary = summarise(paper.desk.pipeline)

    assert first.account.ledger.position(YES).size == second.account.ledger.position(YES).size > 0
    assert second.account.ledger == first.account.ledger
    assert second.account.orders == first.account.orders
    assert second.account.fills == first.account.fills
    assert second.decisions == first.decisions
    assert [decision.verdict for decision in second.decisions] == [Verdict.COPIED]
    assert second.copier.leaders.keys() == {ALICE}
    assert second.copier.leaders[ALICE].copied == 1
    assert second.account.totals() == first.account.totals()
    assert second.account.day_start_equity == first.account.day_start_equity == 100_000_000
    assert second.account.totals().equity < 100_000_000

    with TapeReader(tape) as reader:
        again = replay_to_end(reader)
    assert again["state_hash"] == summary["state_hash"]
    assert again["ledger"] == summary["ledger"]
    assert again["damage"] is None


async def test_the_kill_switch_stays_on_over_a_restart(tmp_path: Path) -> None:
    directory = tmp_path / "paper"
    async with exchange(tmp_path) as sandbox:
        async with desk_on(sandbox, directory) as (paper, seen):
            await seen.has_book.wait()
            paper.desk.runner.submit(Kill("by hand"))
            await paper.desk.runner.drained()
        async with desk_on(sandbox, directory) as (paper, seen):
            await seen.has_book.wait()

    assert (paper.desk.engine.killed, paper.desk.engine.kill_reason) == (True, "by hand")


async def test_charts_go_on_over_a_restart(tmp_path: Path) -> None:
    directory = tmp_path / "paper"
    async with exchange(tmp_path) as sandbox:
        async with desk_on(sandbox, directory) as (paper, seen):
            await seen.filled.wait()
            paper.desk.source.sample()
        before = paper.desk.candles.recent(YES, 60, 10)
        hosts = sandbox_hosts(sandbox.urls)
        with paper_desk(settings(), directory, await venue_clock(hosts)) as paper:
            shown = paper.desk.source.chart(YES, 60, 10)

    assert before
    assert shown is not None
    assert shown.candles == before


async def test_a_journal_that_fails_halts_trading_and_says_so(tmp_path: Path) -> None:
    async with exchange(tmp_path) as sandbox:
        clock = await venue_clock(sandbox_hosts(sandbox.urls))
        stack = ExitStack()
        paper = stack.enter_context(paper_desk(settings(), tmp_path / "paper", clock))
        seen = Seen(paper)
        async with running(paper.desk, sandbox_hosts(sandbox.urls)):
            await seen.has_book.wait()
            paper.journal._writer._fail("the disk is full")
            await seen.told.wait()
    with pytest.raises(StoreError, match="the disk is full"):
        stack.close()

    engine, source = paper.desk.engine, paper.desk.source
    assert engine.trading_state is TradingState.HALTED
    assert engine.decisions[-1].facts == (("risk", "TRADING_HALTED"),)
    assert not engine.account.fills
    assert "Trading is halted: the disk is full" in [notice.text for notice in source.notices(0)]
    assert not (tmp_path / "paper" / "desk.pid").exists()


@contextmanager
def configured(home: Path, sandbox: SandboxProcess) -> Iterator[Path]:
    urls = sandbox.urls
    lines = [
        f'watch = ["{RAIN_YES}", "{RAIN_NO}"]', '[paper]\ncash = "100"',
        "[hosts]", f'gamma = "{urls.gamma}"', f'clob = "{urls.clob}"', f'data = "{urls.data}"',
        f'market_ws = "{urls.market_ws}"', f'rtds_ws = "{urls.rtds_ws}"',
        f'[[leaders]]\nwallet = "{ALICE}"\nname = "alice"\nmode = "auto"\ncash = "11"',
    ]  # fmt: skip
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("\n".join(lines), encoding="utf-8")
    yield home


async def test_paper_from_the_command_line_trades_for_some_seconds(tmp_path: Path) -> None:
    async with exchange(tmp_path) as sandbox:
        with configured(tmp_path / "home", sandbox) as home:
            arguments = ("paper", "--headless", "--json", "--seconds", "3")
            result = await asyncio.to_thread(polydesk, *arguments, home=home)

    assert (result.returncode, result.stderr) == (0, "")
    summary = json.loads(result.stdout)
    assert summary["fills"] == 1
    assert summary["decisions"]["copied"] == summary["leader_trades"] == 1
    database = sqlite3.connect(home / "data" / "paper" / "journal.db")
    assert database.execute("SELECT count(*) FROM fills").fetchone() == (1,)
    database.close()
    reader = HistoryReader(home / "data" / "paper" / "history.db")
    assert reader.counts()["candles"] > 0
    reader.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for another process."""
    while not condition():  # noqa: ASYNC110 - nobody tells us
        await asyncio.sleep(0.02)


async def until_connected(sandbox: SandboxProcess) -> None:
    """Wait until a desk has subscribed to both streams."""
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        while True:
            state = (await client.get(f"{sandbox.urls.control}/state")).json()
            if all(state["subscribers"].values()):
                return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_desk_told_to_end_closes_its_files_and_sums_up(
    tmp_path: Path, number: signal.Signals
) -> None:
    tape = tmp_path / "cut off.tape"
    async with exchange(tmp_path) as sandbox:
        with configured(tmp_path / "home", sandbox) as home:
            process = start("paper", "--headless", "--json", "--record", str(tape), home=home)
            await until_connected(sandbox)
            process.send_signal(number)
            out, complaint = await asyncio.to_thread(process.communicate, timeout=WITHIN_S)

    assert (process.returncode, complaint) == (0, "")
    assert json.loads(out)["decode_errors"] == 0
    assert not (home / "data" / "paper" / "desk.pid").exists()
    with TapeReader(tape) as reader:
        assert reader.damage is None


async def test_a_demo_told_to_end_takes_its_exchange_along(tmp_path: Path) -> None:
    tape = tmp_path / "cut off.tape"
    arguments = ("demo", "--headless", "--speed", "1", "--record", str(tape))
    process = start(*arguments, home=tmp_path)
    async with asyncio.timeout(WITHIN_S):
        await until(lambda: bool(children(process)))
        (child,) = children(process)
        process.send_signal(signal.SIGTERM)
        out, complaint = await asyncio.to_thread(process.communicate)

    assert (process.returncode, out, complaint) == (130, "", "")
    assert not is_alive(child)
    with TapeReader(tape) as reader:
        assert reader.damage is None


async def test_a_demo_whose_exchange_dies_says_so(tmp_path: Path) -> None:
    process = start("demo", "--headless", "--speed", "1", home=tmp_path)
    async with asyncio.timeout(WITHIN_S):
        await until(lambda: bool(children(process)))
        (child,) = children(process)
        await until(lambda: open_sockets(child) >= ENOUGH_SOCKETS)
        os.kill(child, signal.SIGKILL)
        _, complaint = await asyncio.to_thread(process.communicate)

    assert process.returncode == 1
    assert complaint == "polydesk: The sandbox exchange ended before the recording did.\n"


def children(process: subprocess.Popen[str]) -> list[int]:
    """Return the children of a process."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in path.read_text().split()]


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def open_sockets(pid: int) -> int:
    """Return how many sockets a process has open, those that close meanwhile left out."""
    count = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            count += "socket" in str(link.readlink())
    return count
