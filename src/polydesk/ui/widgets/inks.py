"""Names of colours a line may be drawn with, tied to theme variables in one place.

A style name reads like ``bid``, ``bold ask`` or ``muted on cursor``: weight, ink, ground. Panes
declare the inks and grounds they use as component classes, so a style sheet can change any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

INKS: tuple[str, ...] = (
    "bid", "ask", "buy", "sell", "pnl-up", "pnl-down", "stale", "own-order", "fill", "copied",
    "skipped", "waiting", "muted", "heading", "frame", "frame-focus", "cursor-text", "key",
    "chart-line", "chart-axis", "mode-text", "mode-live",
)  # fmt: skip
"""Text colours; each is the theme variable of the same name."""
GROUNDS: tuple[str, ...] = (
    "bid-depth", "ask-depth", "bid-flash", "ask-flash", "cursor", "panel", "surface",
    "mode-demo", "mode-replay", "mode-paper", "mode-live", "error",
)  # fmt: skip
"""Backgrounds; each is the theme variable of the same name."""
TEXT = "text"
"""The widget's own colour."""


def ink_class(name: str) -> str:
    """Return the component class of a text colour."""
    return f"line--{name}"


def ground_class(name: str) -> str:
    """Return the component class of a background."""
    return f"line--on-{name}"


def component_classes(inks: Iterable[str] = (), grounds: Iterable[str] = ()) -> set[str]:
    """Return the component classes of a pane that uses these colours."""
    return {ink_class(name) for name in inks} | {ground_class(name) for name in grounds}


def ink_rules(widget: str) -> str:
    """Return the style rules that tie every ink and ground to its theme variable."""
    inks = [f"{widget} > .{ink_class(name)} {{ color: ${name}; }}" for name in INKS]
    grounds = [f"{widget} > .{ground_class(name)} {{ background: ${name}; }}" for name in GROUNDS]
    return "\n".join(inks + grounds)


class Pens:
    """Resolves style names to terminal styles, each once until the theme changes."""

    def __init__(
        self,
        ink: Callable[[str], Color],
        ground: Callable[[str], Color],
        filters: Callable[[], Sequence[LineFilter]] = tuple,
    ) -> None:
        """Make pens.

        Args:
            ink: Returns the opaque text colour of a name, ``text`` for the widget's own.
            ground: Returns the opaque background of a name, empty for the widget's own.
            filters: Returns what the terminal needs done to colours, such as no colour at all;
                done once a style instead of once a line.
        """
        self._ink = ink
        self._ground = ground
        self._filters = filters
        self._styles: dict[str, Style] = {}

    def clear(self) -> None:
        """Forget every style, such as after a change of theme."""
        self._styles.clear()

    def __call__(self, name: str) -> Style:
        """Return the terminal style of ``name``."""
        style = self._styles.get(name)
        if style is None:
            style = self._styles[name] = self._resolve(name)
        return style

    def _resolve(self, name: str) -> Style:
        front, _, ground = name.partition(" on ")
        words = front.split()
        bold = "bold" in words
        ink = next((word for word in words if word != "bold"), TEXT)
        background = self._ground(ground)
        segments = [
            Segment(
                "x",
                Style(
                    color=(background + self._ink(ink)).rich_color,
                    bgcolor=background.rich_color,
                    bold=bold,
                ),
            )
        ]
        for line_filter in self._filters():
            segments = line_filter.apply(segments, background)
        return segments[0].style or Style.null()
