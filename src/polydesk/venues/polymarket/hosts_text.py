"""How a host is named in a sentence, and what counts as this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

USER_AGENT = "polydesk/0.1"
"""The default of many clients is answered 403. Source: ``rest-data.md`` section 1, 2026-11."""


def host_name(url: str) -> str:
    """Return ``host`` or ``host:port`` of a URL."""
    parts = urlsplit(url)
    name = parts.hostname or url
    return f"{name}:{parts.port}" if parts.port else name


def is_loopback(url: str) -> bool:
    """Return whether the URL points at this machine, where no proxy may come between."""
    name = urlsplit(url).hostname or ""
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
