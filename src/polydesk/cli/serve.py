"""``polydesk sandbox``."""

from __future__ import annotations

import asyncio
import json
import sys

from polydesk.replay.resolve import open_tape
from polydesk.sandbox.server import serve
from polydesk.sandbox.urls import SandboxUrls


def run(recording: str, *, port: int, speed: float | None, start: bool, loop: bool) -> None:
    """Serve a recording until interrupted; print the addresses once ready."""
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
