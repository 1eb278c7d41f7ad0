"""``python -m polydesk.sandbox RECORDING``: the exchange as its own process."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence

from polydesk.errors import ConfigError, RecordingError
from polydesk.replay.resolve import open_tape
from polydesk.sandbox.server import serve
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
    sys.stdout.write(json.dumps({"ready": True, "urls": urls.as_dict()}) + "\n")
    sys.stdout.flush()


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    value = float(text.removesuffix("x"))
    if not value > 0:
        raise argparse.ArgumentTypeError("the speed must be above zero, or 'max'")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="polydesk.sandbox", description=main.__doc__)
    parser.add_argument("recording", help="a recording to serve, or 'demo'")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--speed", type=_speed, default=1.0, help="factor, or 'max'")
    parser.add_argument("--start", action="store_true", help="do not wait for subscribers")
    parser.add_argument("--loop", action="store_true", help="play again after the end")
    parser.add_argument("--attached", action="store_true", help="end when standard input ends")
    return parser


if __name__ == "__main__":
    sys.exit(main())
