"""Make hostile remote text inert: one line, printable, bounded, no direction tricks.

Every title, name, outcome or error text that came over the network passes ``clean`` at the
edge; screens additionally wrap it in ``Content``/``Text`` and never pass it as markup.
"""

from __future__ import annotations

import re
import unicodedata

MAX_MARKS = 3
"""Combining marks kept on one base character."""
DEFAULT_CAP = 200
"""Characters kept of one text."""
_RAW_CAP_FACTOR = 8
_FIRST_MARK = "\u0300"
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Variation selectors, the grapheme joiner and fillers: drawn as nothing, yet no format characters."""


def clean(text: str, cap: int = DEFAULT_CAP) -> str:
    """Return ``text`` safe to draw in a single terminal line.

    Drops control, format (bidi, zero-width, tags) and invisible characters, shows unassigned
    and private ones as the replacement character, folds white space, and keeps at most three
    combining marks per base and ``cap`` characters.
    """
    if text.isascii() and text.isprintable() and len(text) <= cap:
        return " ".join(text.split())
    visible = _INVISIBLE.sub("", text[: cap * _RAW_CAP_FACTOR])
    if not visible.isprintable():
        visible = "".join(map(_inert, visible))
    out: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", " ".join(visible.split())):
        is_mark = char >= _FIRST_MARK and unicodedata.category(char) in {"Mn", "Me", "Mc"}
        marks = marks + 1 if is_mark else 0
        if marks > MAX_MARKS or (not out and (is_mark or char == " ")):
            continue
        out.append(char)
        if len(out) >= cap:
            break
    return "".join(out).rstrip()


def _inert(char: str) -> str:
    """Return what of a character may stay; composing must come after the removals."""
    if char.isspace():
        return " "
    category = unicodedata.category(char)
    if category in {"Cc", "Cf"}:
        return ""
    return "\N{REPLACEMENT CHARACTER}" if category in {"Cs", "Co", "Cn"} else char
