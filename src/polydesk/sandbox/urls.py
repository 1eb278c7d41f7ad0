"""Where a running sandbox is reached.

All hosts of the venue share one loopback port. Gamma and CLOB both have ``/markets``, so each
host becomes a path prefix; HTTP clients that join paths to a base URL need nothing else.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class SandboxUrls:
    """Base URLs in place of the venue's hosts."""

    gamma: str
    clob: str
    data: str
    market_ws: str
    user_ws: str
    rtds_ws: str
    site: str
    relayer: str
    control: str

    @classmethod
    def at(cls, host: str, port: int) -> SandboxUrls:
        """Return the URLs of a sandbox on this address."""
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        http, socket = f"http://{where}", f"ws://{where}"
        return cls(
            gamma=f"{http}/gamma",
            clob=f"{http}/clob",
            data=f"{http}/data",
            market_ws=f"{socket}/ws/market",
            user_ws=f"{socket}/ws/user",
            rtds_ws=f"{socket}/rtds",
            site=f"{http}/site",
            relayer=f"{http}/relayer",
            control=f"{http}/control",
        )

    def hosts(self) -> dict[str, str]:
        """Return the addresses under the keys that ``[hosts]`` in the desk's settings takes."""
        return {
            "gamma": self.gamma,
            "clob": self.clob,
            "data": self.data,
            "market_ws": self.market_ws,
            "rtds_ws": self.rtds_ws,
            "user_ws": self.user_ws,
            "relayer": self.relayer,
            "geoblock": f"{self.site}/api/geoblock",
        }

    def ready(self) -> str:
        """Return the line that says that the exchange is ready and where."""
        told = {"ready": True, "urls": self.as_dict(), "hosts": self.hosts()}
        return json.dumps(told) + "\n"

    def as_dict(self) -> dict[str, str]:
        """Return the URLs by name, as the ready line writes them."""
        return asdict(self)
