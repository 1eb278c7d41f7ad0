"""``python -m polydesk.sandbox RECORDING``: the exchange as its own process."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from polydesk.errors import ConfigError, RecordingError
from polydesk.replay.resolve import open_tape
from polydesk.replay.speed import FASTEST, SLOWEST
from polydesk.sandbox.guard import read_guard
from polydesk.sandbox.limits import Limits, Tier
from polydesk.sandbox.server import serve
from polydesk.sandbox.trading.options import (
    DEFAULT_CASH,
    TradingOptions,
    read_accounts,
    read_cash,
    read_sessions,
    read_step,
    read_tolerance,
)
from polydesk.sandbox.urls import SandboxUrls

EXIT_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; print one JSON line with the URLs once ready."""
    options = _parser().parse_args(arguments)
    try:
        asyncio.run(_serve(options))
    except (ConfigError, RecordingError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    except KeyboardInterrupt:
        return 0
    return 0


async def _serve(options: argparse.Namespace) -> None:
    ended = asyncio.Event()
    if options.attached:
        await _watch_stdin(ended)
    with open_tape(options.recording) as tape:
        await serve(
            tape,
            host=options.host,
            port=options.port,
            speed=options.speed,
            wait_for_subscribers=not options.start,
            loop=options.loop,
            wall_ns=time.time_ns,
            trading=trading_options(options),
            guard=read_guard(
                options.faults, options.seed, Tier(options.tier), Limits(options.limits)
            ),
            on_ready=_announce,
            ended=ended,
        )


class _EndOfInput(asyncio.Protocol):
    """Sets an event when the parent closes our input, or dies."""

    def __init__(self, ended: asyncio.Event) -> None:
        self._ended = ended

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended.set()


async def _watch_stdin(ended: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: _EndOfInput(ended), sys.stdin)


def _announce(urls: SandboxUrls) -> None:
    sys.stdout.write(urls.ready())
    sys.stdout.flush()


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    value = float(text.removesuffix("x"))
    if not SLOWEST <= value <= FASTEST:
        raise argparse.ArgumentTypeError(f"write {SLOWEST:g} to {FASTEST:.0f}, or 'max'")
    return value


def trading_options(options: argparse.Namespace) -> TradingOptions:
    """Return the choices about trading.

    Raises:
        ConfigError: An amount or an address has another form, or a number is out of range.
    """
    return TradingOptions(
        seed=options.seed,
        cash=DEFAULT_CASH if options.cash is None else read_cash(options.cash),
        accounts=read_accounts(options.account),
        sessions=read_sessions(options.session),
        tolerance_s=read_tolerance(options.clock_tolerance),
        step_ms=read_step(options.settle_ms),
        practice=options.practice,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="polydesk.sandbox", description=main.__doc__)
    parser.add_argument("recording", help="a recording to serve, or 'demo'")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--speed", type=_speed, default=1.0, help="factor, or 'max'")
    parser.add_argument("--start", action="store_true", help="do not wait for subscribers")
    parser.add_argument("--loop", action="store_true", help="play again after the end")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same exchange")
    parser.add_argument("--cash", help="pUSD a new wallet starts with; 10000 if left out")
    parser.add_argument("--account", action="append", default=[], metavar="ADDRESS=CASH")
    parser.add_argument("--session", action="append", default=[], metavar="WALLET=KEYADDRESS")
    parser.add_argument("--clock-tolerance", type=int, default=60, metavar="SECONDS")
    parser.add_argument("--settle-ms", type=int, default=1_500, help="least time per step")
    parser.add_argument("--practice", action="store_true", help="add a practice market")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="a fault script")
    parser.add_argument("--tier", choices=[*Tier], default=Tier.STANDARD, help="rate limit tier")
    parser.add_argument("--limits", choices=[*Limits], default=Limits.ENFORCE)
    parser.add_argument("--attached", action="store_true", help="end when standard input ends")
    return parser


if __name__ == "__main__":
    sys.exit(main())
