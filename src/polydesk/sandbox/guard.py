"""What stands between the wire and the exchange: request log, faults and rate limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import ASGIApp

from polydesk.sandbox.faults.chance import Faults
from polydesk.sandbox.faults.gate import Gate, OrderIds
from polydesk.sandbox.faults.script import NO_FAULTS, Script, read_script
from polydesk.sandbox.limiter import Limiter
from polydesk.sandbox.limits import NS, Limits, SignerLimits, Tier
from polydesk.sandbox.request_log import RequestLog


@dataclass(frozen=True, slots=True)
class GuardOptions:
    """What a user of the sandbox may choose about faults and limits."""

    script: Script = NO_FAULTS
    seed: int = 0
    """For the chances of a script that has no seed of its own."""
    tier: Tier = Tier.STANDARD
    limits: Limits = Limits.ENFORCE


def read_guard(
    faults: Path | None, seed: int, tier: Tier = Tier.STANDARD, limits: Limits = Limits.ENFORCE
) -> GuardOptions:
    """Return the choices about faults and limits.

    Raises:
        ConfigError: The fault script cannot be read or is none.
    """
    script = NO_FAULTS if faults is None else read_script(faults)
    return GuardOptions(script, seed, tier, limits)


@dataclass(slots=True)
class Guard:
    """The state behind the guard, which the control port reads and changes."""

    options: GuardOptions
    faults: Faults = field(init=False)
    log: RequestLog = field(default_factory=RequestLog)

    def __post_init__(self) -> None:
        self.faults = Faults(self.options.seed, self.options.script)

    def around(
        self, application: ASGIApp, now_ns: Callable[[], int], order_ids: OrderIds
    ) -> ASGIApp:
        """Return an application with the guard around it; needs a running event loop.

        Args:
            application: The exchange.
            now_ns: The exchange's time.
            order_ids: Reads which orders a request is about.
        """
        options = self.options
        if options.limits is not Limits.OFF:
            application = Limiter(
                application,
                SignerLimits(options.tier),
                options.limits,
                monotonic_s=asyncio.get_running_loop().time,
                now_s=lambda: now_ns() // NS,
            )
        return Gate(application, self.faults, self.log, now_ns, order_ids)
