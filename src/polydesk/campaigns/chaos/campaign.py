"""Rounds of kills: sandbox, desk, SIGKILL, desk again; in the end journal against truth."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from polydesk.campaigns.chaos.account import PASSPHRASE, PlayAccount, enrol
from polydesk.campaigns.chaos.desk_process import POINTS, Plan, write_plan
from polydesk.campaigns.chaos.orders import tokens_worth_trading
from polydesk.campaigns.chaos.verdict import Verdict, judge
from polydesk.errors import InvariantError
from polydesk.replay.resolve import open_tape
from polydesk.runtime.demo import sandbox_hosts
from polydesk.runtime.opening import plain_opening
from polydesk.sandbox.process import SandboxProcess
from polydesk.store.restore import load_session

KILLS_A_ROUND: Final = 25
TOKENS: Final = 8
LONGEST_LIFE_S: Final = 1.2
"""Of a desk that is killed at random, after it was ready."""
READY_WITHIN_S: Final = 30.0
POINT_WITHIN_S: Final = 6.0
SETTLED_WITHIN_S: Final = 120.0
MOST_PASSAGES: Final = 12
STEP_MS: Final = 60
POLL_S: Final = 0.02

FAULT_RULES: Final[dict[str, dict[str, Any]]] = {
    "before": {"match": {"endpoint": "place", "probability": 0.03}, "fault": {"kind": "before_commit"}},
    "after": {"match": {"endpoint": "place", "probability": 0.05}, "fault": {"kind": "after_commit"}},
    "half": {"match": {"endpoint": "place", "probability": 0.02}, "fault": {"kind": "half_reply"}},
    "late": {"match": {"endpoint": "place", "probability": 0.01}, "fault": {"kind": "late_commit", "seconds": 2}},
    "duplicate": {"match": {"endpoint": "place", "probability": 0.02}, "fault": {"kind": "duplicate"}},
    "error": {"match": {"endpoint": "place", "probability": 0.03}, "fault": {"kind": "status", "status": 500, "commit": True}},
    "html": {"match": {"endpoint": "place", "probability": 0.02}, "fault": {"kind": "corrupt", "form": "html"}},
    "busy": {"match": {"endpoint": "place", "probability": 0.02}, "fault": {"kind": "status", "status": 429, "retry_after": 1}},
    "cancel": {"match": {"endpoint": "cancel", "probability": 0.1}, "fault": {"kind": "after_commit"}},
    "drop": {"match": {"socket": "user", "probability": 0.01}, "fault": {"kind": "drop"}},
    "repeat": {"match": {"socket": "user", "probability": 0.05}, "fault": {"kind": "duplicate"}},
    "reorder": {"match": {"socket": "user", "probability": 0.05}, "fault": {"kind": "reorder"}},
}  # fmt: skip
"""What ``--faults`` chooses from. A kill is a fault of its own and always happens."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One campaign."""

    kills: int
    seed: int = 0
    faults: tuple[str, ...] = tuple(FAULT_RULES)
    recording: str = "demo"
    failing: float = 0.1
    """Share of trades whose settlement fails or is retried."""
    points: tuple[str, ...] = ()
    """Where desks kill themselves, one point after the other at its first passage; empty chooses
    points, passages and moments at random."""


@dataclass(slots=True)
class Report:
    """What a campaign came to."""

    kills: int = 0
    at: Counter[str] = field(default_factory=Counter)
    """Kills by point."""
    rounds: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    recovery_ms: list[int] = field(default_factory=list)
    start_ms: list[int] = field(default_factory=list)
    faults_fired: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, other: Report) -> None:
        """Add what a campaign beside this one found."""
        self.kills += other.kills
        self.rounds += other.rounds
        self.at += other.at
        self.faults_fired += other.faults_fired
        self.verdict.add(other.verdict)
        self.recovery_ms += other.recovery_ms
        self.start_ms += other.start_ms
        self.seconds = max(self.seconds, other.seconds)

    def plain(self) -> dict[str, Any]:
        """Return everything by name."""
        return {
            "kills": self.kills,
            "kills_by_point": dict(self.at),
            "rounds": self.rounds,
            "clean": self.verdict.is_clean,
            **self.verdict.plain(),
            "recovery_ms": _spread(self.recovery_ms),
            "process_start_to_ready_ms": _spread(self.start_ms),
            "faults_fired": dict(self.faults_fired),
            "seconds": round(self.seconds, 1),
        }


def _spread(values: Sequence[int]) -> dict[str, int]:
    ordered = sorted(values)
    if not ordered:
        return {}
    middle, far = (
        ordered[len(ordered) // 2],
        ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
    )
    return {"p50": middle, "p99": far, "max": ordered[-1], "count": len(ordered)}


async def run(settings: Settings) -> Report:
    """Run a campaign.

    Raises:
        InvariantError: The desk did not start, or did not settle: it found no end.
    """
    report = Report()
    began = time.monotonic()
    while report.kills < settings.kills:
        kills = min(KILLS_A_ROUND, settings.kills - report.kills)
        await _Round(settings, report, settings.seed * 1_000 + report.rounds).run(kills)
        report.rounds += 1
    report.seconds = time.monotonic() - began
    return report


class _Round:
    """One sandbox, one account, some kills, one comparison."""

    def __init__(self, settings: Settings, report: Report, seed: int) -> None:
        self._settings = settings
        self._report = report
        self._seed = seed
        self._random = random.Random(seed)

    async def run(self, kills: int) -> None:
        """Kill, and compare."""
        extra = ("--seed", str(self._seed), "--settle-ms", str(STEP_MS), "--limits", "off")
        start = SandboxProcess.start(
            self._settings.recording, wait_for_subscribers=False, extra=extra
        )
        with tempfile.TemporaryDirectory(prefix="polydesk-chaos-") as name:
            async with await start as sandbox:
                await self._kill_and_compare(sandbox, Path(name), kills)

    async def _kill_and_compare(self, sandbox: SandboxProcess, folder: Path, kills: int) -> None:
        account = await enrol(folder, sandbox.urls.clob, self._seed)
        plan = self._plan(sandbox, folder, account)
        async with _Control(sandbox.urls.control) as control:
            await control.put("faults", self._script())
            await control.post("settlements", {"scripts": self._settlements()})
            for life in range(kills):
                await self._one_life(folder, replace(plan, seed=self._seed * 1_000 + life))
            fired = await control.get("faults")
            await control.delete("faults")
            await _stand_still(control)
            await self._settle(folder, replace(plan, settles=True))
            truth, requests = await control.get("truth"), await control.get("requests")
        self._note_faults(fired)
        session = load_session(Path(plan.directory) / "journal.db")
        wallet = _as_written(truth, account.profile.wallet)
        verdict = judge(session, truth, requests["requests"], wallet)
        self._report.verdict.add(verdict)

    def _plan(self, sandbox: SandboxProcess, folder: Path, account: PlayAccount) -> Plan:
        desk = folder / "desk"
        desk.mkdir(mode=0o700)
        return Plan(
            directory=str(desk),
            keys=str(account.keys),
            profile=asdict(account.profile),
            hosts=asdict(sandbox_hosts(sandbox.urls)),
            tokens=self._tokens(),
            seed=0,
            passphrase_fd=-1,
        )

    def _tokens(self) -> list[str]:
        with open_tape(self._settings.recording) as tape:
            tokens = list(plain_opening(tape).watch)
        return [str(token) for token in tokens_worth_trading(tokens, self._seed, TOKENS)]

    def _script(self) -> dict[str, Any]:
        rules = [{"name": name, **FAULT_RULES[name]} for name in self._settings.faults]
        return {"seed": self._seed, "rules": rules}

    def _settlements(self) -> list[str]:
        """Return how the first trades settle."""
        kinds = ("failed", "retried", "reverted")
        return [
            self._random.choice(kinds)
            if self._random.random() < self._settings.failing
            else "normal"
            for _ in range(2_000)
        ]

    async def _one_life(self, folder: Path, plan: Plan) -> None:
        """Let a desk live until it is killed, by itself at a point or from outside."""
        point, nth = self._next_point()
        process = await _start(folder, replace(plan, point=point, nth=nth))
        try:
            ready = await _line(process, "ready", READY_WITHIN_S)
            if ready is not None:
                self._note_ready(ready)
                if point:
                    await _ended(process, POINT_WITHIN_S)
                else:
                    await asyncio.sleep(self._random.uniform(0.0, LONGEST_LIFE_S))
        finally:
            by_itself = process.returncode is not None
            if not by_itself:
                process.kill()
            await process.wait()
        if process.returncode != -signal.SIGKILL:
            raise InvariantError(
                f"the desk ended by itself with {process.returncode}: {_words(folder)}"
            )
        self._report.kills += 1
        self._report.at[point if by_itself else "random"] += 1

    def _next_point(self) -> tuple[str, int]:
        """Return where the next desk kills itself, and at which passage."""
        wanted = self._settings.points
        if wanted:
            return wanted[self._report.kills % len(wanted)], 1
        return self._random.choice(("", "", *POINTS)), self._random.randint(1, MOST_PASSAGES)

    async def _settle(self, folder: Path, plan: Plan) -> None:
        process = await _start(folder, plan)
        try:
            ready = await _line(process, "ready", READY_WITHIN_S)
            settled = await _line(process, "settled", SETTLED_WITHIN_S)
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError, TimeoutError):
                    await asyncio.wait_for(process.wait(), 5.0)
            if process.returncode is None:
                process.kill()
            await process.wait()
        if ready is None or settled is None:
            raise InvariantError(f"the desk found no end: {_words(folder)}")
        self._note_ready(ready)

    def _note_ready(self, ready: dict[str, Any]) -> None:
        self._report.recovery_ms.append(int(ready["recovery_ms"]))
        self._report.start_ms.append(int(ready["start_ms"]))

    def _note_faults(self, fired: dict[str, Any]) -> None:
        for rule in fired.get("rules", ()):
            self._report.faults_fired[str(rule.get("name"))] += int(rule.get("fired", 0))


async def _stand_still(control: _Control) -> None:
    """End the recording: no journal can hold what meets a resting order after the last desk."""
    await control.post("stop", {})
    while (await control.get("state"))["phase"] == "playing":  # noqa: ASYNC110 - it is another process
        await asyncio.sleep(POLL_S)


async def _start(folder: Path, plan: Plan) -> Process:
    """Start a desk; its signer reads the passphrase from a pipe of ours."""
    read_fd, write_fd = os.pipe()
    try:
        os.write(write_fd, PASSPHRASE + b"\n")
        os.close(write_fd)
        path = folder / "plan.json"
        write_plan(path, replace(plan, passphrase_fd=read_fd))
        with (folder / "complaints").open("ab") as complaints:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "polydesk.campaigns.chaos.desk_process", str(path),
                stdin=DEVNULL, stdout=PIPE, stderr=complaints, pass_fds=(read_fd,),
            )  # fmt: skip
    finally:
        os.close(read_fd)


async def _line(process: Process, what: str, within_s: float) -> dict[str, Any] | None:
    """Return what a line of the desk says, None when it ended before."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(within_s):
            while line := await process.stdout.readline():
                said: dict[str, Any] = json.loads(line)
                if what in said:
                    return dict(said[what])
    except TimeoutError:
        return None
    await process.wait()
    return None


async def _ended(process: Process, within_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), within_s)


def _words(folder: Path) -> str:
    """Return the last thing the desks complained about."""
    lines = (folder / "complaints").read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-12:]) or "no words"


def _as_written(truth: dict[str, Any], wallet: str) -> str:
    names: dict[str, str] = {name.lower(): name for name in truth["accounts"]}
    return names.get(wallet.lower(), wallet)


class _Control:
    """The sandbox's control port."""

    def __init__(self, base: str) -> None:
        self._base = base

    async def __aenter__(self) -> _Control:
        from httpx import AsyncClient

        self._client = AsyncClient(trust_env=False, verify=False, timeout=30.0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, path: str) -> dict[str, Any]:
        """Read."""
        return await self._ask("GET", path, None)

    async def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Set."""
        return await self._ask("PUT", path, body)

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Do."""
        return await self._ask("POST", path, body)

    async def delete(self, path: str) -> dict[str, Any]:
        """End."""
        return await self._ask("DELETE", path, None)

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        answer = await self._client.request(method, f"{self._base}/{path}", json=body)
        if answer.status_code != 200:
            raise InvariantError(f"the sandbox refused {method} {path}: {answer.text}")
        data = answer.json()
        return data if isinstance(data, dict) else {path: data}
