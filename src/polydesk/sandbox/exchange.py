"""What every route of the sandbox sees: the world, who listens, the playback."""

from __future__ import annotations

from polydesk.sandbox.playback import Playback
from polydesk.sandbox.subscribers import Hub
from polydesk.sandbox.world import World


class Exchange:
    """The running exchange."""

    def __init__(self, hub: Hub, playback: Playback) -> None:
        self.hub = hub
        self.playback = playback

    @property
    def world(self) -> World:
        """The state at the present recording time."""
        return self.playback.world

    @property
    def now_s(self) -> int:
        """The exchange's time in epoch seconds."""
        return self.playback.now_ns // 1_000_000_000
