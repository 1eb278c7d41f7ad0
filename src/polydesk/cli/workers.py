"""How many processes a campaign may use."""

from __future__ import annotations

from polydesk.errors import ConfigError

MOST_WORKERS = 64
"""More than any machine that a campaign is run on has processors for."""


def check_workers(workers: int) -> None:
    """Refuse more workers than could be meant.

    Raises:
        ConfigError: There are too many.
    """
    if workers > MOST_WORKERS:
        raise ConfigError(f"--workers {workers} is out of range; write 1 to {MOST_WORKERS}.")
