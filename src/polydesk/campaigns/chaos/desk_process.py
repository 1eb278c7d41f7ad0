"""The process that is killed: a live desk on the sandbox, with a person who never rests.

``python -m polydesk.campaigns.chaos.desk_process PLAN`` where PLAN is a JSON file.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from polydesk.campaigns.chaos.orders import Person
from polydesk.config.models import Settings
from polydesk.config.profile import Profile
from polydesk.domain import events as ev
from polydesk.execution.patience import SECOND, Patience
from polydesk.runtime.live import LiveAccount, live_desk
from polydesk.runtime.live_desk import LiveDesk
from polydesk.runtime.venue import venue_clock
from polydesk.venues.polymarket.urls import Hosts

POINTS: Final = ("intent", "signed", "sent", "reply", "fill", "cancel")
PATIENCE: Final = Patience(unknown_window=5 * SECOND)
"""The sandbox's latest commit comes after two seconds; a campaign need not wait for longer."""
SETTLE_POLL_S: Final = 0.05
STILL_POLLS: Final = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """One life of the desk."""

    directory: str
    keys: str
    profile: dict[str, Any]
    hosts: dict[str, str]
    tokens: list[str]
    seed: int
    passphrase_fd: int
    point: str = ""
    """Where the process kills itself; empty for nowhere."""
    nth: int = 1
    """At which passage of that point."""
    settles: bool = False
    """Do nothing new, wait until everything is known, and end in order."""


class Killer:
    """Ends the process with SIGKILL at the n-th passage of a named point."""

    def __init__(self, point: str, nth: int) -> None:
        self._point = point
        self._left = nth

    def at(self, point: str) -> None:
        """Pass a point."""
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def on_event(self, event: ev.Event) -> None:
        """Pass the point of fills."""
        if isinstance(event, ev.OrderFilled):
            self.at("fill")


async def live_through(plan: Plan) -> None:
    """Live until killed, or until everything is settled."""
    began = time.monotonic()
    hosts = Hosts(**plan.hosts)
    clock = await venue_clock(hosts)
    account = LiveAccount(
        Profile(**plan.profile), Path(plan.keys), Path(plan.directory), plan.passphrase_fd
    )
    killer = Killer(plan.point, plan.nth)
    async with live_desk(_settings(plan), account, hosts, clock, at=killer.at) as live:
        live.desk.pipeline.live.executor.state.patience = PATIENCE
        live.desk.listeners.append(killer.on_event)
        live.desk.listeners.append(_Reporter(live, began).on_event)
        async with asyncio.TaskGroup() as group:
            life = group.create_task(live.run())
            if plan.settles:
                await _until_settled(live)
                life.cancel()
            else:
                group.create_task(Person(live.desk, plan.seed).act())
        say({"settled": live.summary()})


class _Reporter:
    """Says once when the desk is ready to trade."""

    def __init__(self, live: LiveDesk, began: float) -> None:
        self._live = live
        self._began = began

    def on_event(self, event: ev.Event) -> None:
        if isinstance(event, ev.ReadinessChanged) and event.ready:
            start_ms = round((time.monotonic() - self._began) * 1000)
            say({"ready": {"recovery_ms": self._live.recovery.took_ms, "start_ms": start_ms}})


async def _until_settled(live: LiveDesk) -> None:
    """Wait until nothing is unknown, on its way or unsettled, for a while."""
    still = 0
    while still < STILL_POLLS:
        await asyncio.sleep(SETTLE_POLL_S)
        state = live.desk.pipeline.live.executor.state
        is_still = live.desk.engine.venue.ready and not (
            state.unknown
            or state.unsettled
            or state.strangers
            or any(p.misses_fills or p.ending is not None for p in state.live.values())
        )
        still = still + 1 if is_still else 0


def _settings(plan: Plan) -> Settings:
    limits = {
        "max_order_usd": "50",
        "max_market_usd": "5000",
        "max_total_usd": "9000",
        "max_open_orders": 200,
        "max_daily_loss_usd": "5000",
        "max_orders_per_minute": 5_000,
    }
    caps = {
        "max_minute_usd": "1000000",
        "max_day_usd": "100000000",
        "max_orders_per_minute": 2_400,
        "max_orders_per_day": 1_000_000,
    }
    return Settings.model_validate({"risk": limits, "live": caps, "watch": plan.tokens})


def say(what: dict[str, Any]) -> None:
    """Tell the campaign something."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def write_plan(path: Path, plan: Plan) -> None:
    """Write a plan for a process to come."""
    path.write_text(json.dumps(asdict(plan)), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Live one life."""
    plan = Plan(**json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    run: Callable[[Any], Any] = asyncio.run
    run(live_through(plan))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
