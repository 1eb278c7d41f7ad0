"""``polydesk sandbox``."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence

from polydesk.errors import ConfigError
from polydesk.replay.resolve import open_tape
from polydesk.sandbox.guard import GuardOptions
from polydesk.sandbox.server import serve
from polydesk.sandbox.trading.options import (
    TradingOptions,
    read_accounts,
    read_cash,
    read_sessions,
    read_step,
    read_tolerance,
)
from polydesk.sandbox.urls import SandboxUrls

LAST_PORT = 65_535


def run(
    recording: str,
    *,
    port: int,
    speed: float | None,
    start: bool,
    loop: bool,
    trading: TradingOptions,
    guard: GuardOptions,
) -> None:
    """Serve a recording until interrupted; print the addresses once ready.

    Raises:
        ConfigError: The port is none or is in use.
    """
    if not 0 <= port <= LAST_PORT:
        raise ConfigError(f"--port {port} is not a port; write 0 to {LAST_PORT}.")
    with open_tape(recording) as tape:
        asyncio.run(
            serve(
                tape,
                port=port,
                speed=speed,
                wait_for_subscribers=not start,
                loop=loop,
                wall_ns=time.time_ns,
                trading=trading,
                guard=guard,
                on_ready=_announce,
            )
        )


def choices(
    *,
    seed: int,
    cash: str,
    account: Sequence[str],
    session: Sequence[str],
    clock_tolerance: int,
    settle_ms: int,
    practice: bool,
) -> TradingOptions:
    """Return the choices about trading.

    Raises:
        ConfigError: An amount or an address has another form, or a number is out of range.
    """
    return TradingOptions(
        seed=seed,
        cash=read_cash(cash),
        accounts=read_accounts(account),
        sessions=read_sessions(session),
        tolerance_s=read_tolerance(clock_tolerance),
        step_ms=read_step(settle_ms),
        practice=practice,
    )


def _announce(urls: SandboxUrls) -> None:
    sys.stdout.write(urls.ready())
    sys.stdout.flush()
