"""What every route of the sandbox sees: the world, who listens, the playback, trading."""

from __future__ import annotations

from polydesk.sandbox.playback import Playback
from polydesk.sandbox.subscribers import Hub
from polydesk.sandbox.trading.desk import TradingDesk
from polydesk.sandbox.world import World


class Exchange:
    """The running exchange."""

    def __init__(self, hub: Hub, playback: Playback, trading: TradingDesk) -> None:
        self.hub = hub
        self.playback = playback
        self.trading = trading

    @property
    def world(self) -> World:
        """The state at the present recording time."""
        return self.playback.world

    @property
    def now_s(self) -> int:
        """The recording's time in epoch seconds."""
        return self.playback.now_ns // 1_000_000_000
