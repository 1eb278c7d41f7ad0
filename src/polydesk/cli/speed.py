"""Playback speeds as people write them."""

from __future__ import annotations

import math

from polydesk.errors import ConfigError


def parse_speed(text: str) -> float | None:
    """Return a factor above zero, or None for ``max``.

    Raises:
        ConfigError: The text is neither.
    """
    if text.strip().lower() == "max":
        return None
    try:
        speed = float(text.strip().lower().removesuffix("x").removeprefix("x"))
    except ValueError:
        speed = 0.0
    if not (math.isfinite(speed) and speed > 0):
        raise ConfigError(f"speed {text!r} is not a number above zero; write 1, 10 or max.")
    return speed
