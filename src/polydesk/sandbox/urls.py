"""Where a running sandbox is reached.

All hosts of the venue share one loopback port. Gamma and CLOB both have ``/markets``, so each
host becomes a path prefix; HTTP clients that join paths to a base URL need nothing else.
"""

from __future__ import annotations

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

    def as_dict(self) -> dict[str, str]:
        """Return the URLs by name, as the ready line writes them."""
        return asdict(self)
