"""``polydesk sandbox``."""

from __future__ import annotations

import asyncio
import json
import sys

from polydesk.errors import ConfigError
from polydesk.replay.resolve import open_tape
from polydesk.sandbox.server import serve
from polydesk.sandbox.urls import SandboxUrls

LAST_PORT = 65_535


def run(recording: str, *, port: int, speed: float | None, start: bool, loop: bool) -> None:
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
                on_ready=_announce,
            )
        )


def _announce(urls: SandboxUrls) -> None:
    sys.stdout.write(json.dumps({"ready": True, "urls": urls.as_dict()}) + "\n")
    sys.stdout.flush()
