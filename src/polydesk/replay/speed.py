"""Playback speeds as people write them."""

from __future__ import annotations

import math

from polydesk.errors import ConfigError

SLOWEST, FASTEST = 0.001, 1_000_000.0
"""Beyond these the next frame is an age away, or there is nothing left to wait for."""


def parse_speed(text: str) -> float | None:
    """Return a factor above zero, or None for ``max``.

    Raises:
        ConfigError: The text is neither, or a factor that no playback could keep.
    """
    if text.strip().lower() == "max":
        return None
    try:
        speed = float(text.strip().lower().removesuffix("x").removeprefix("x"))
    except ValueError:
        speed = 0.0
    if not (math.isfinite(speed) and speed > 0):
        raise ConfigError(f"speed {text!r} is not a number above zero; write 1, 10 or max.")
    if not SLOWEST <= speed <= FASTEST:
        raise ConfigError(
            f"speed {text!r} is out of range; write {SLOWEST:g} to {FASTEST:.0f}, or max."
        )
    return speed
