"""The example programs in the sandbox's page, as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from polydesk.sandbox.urls import SandboxUrls

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"
ADDRESS = "127.0.0.1:8800"
"""What the page writes for the sandbox's address."""


def examples(language: str, at: str) -> list[str]:
    """Return the page's programs in a language that log in, with another address in them."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    return [block.replace(ADDRESS, at) for block in blocks if "cancel" in block]


def address_of(urls: SandboxUrls) -> str:
    """Return host and port of a sandbox."""
    return urlsplit(urls.clob).netloc
