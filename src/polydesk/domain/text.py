"""Make hostile remote text inert: one line, printable, bounded, no direction tricks.

Every title, name, outcome or error text that came over the network passes ``clean`` at the
edge; screens additionally wrap it in ``Content``/``Text`` and never pass it as markup.
"""

from __future__ import annotations

import unicodedata

MAX_MARKS = 3
"""Combining marks kept on one base character."""
DEFAULT_CAP = 200
"""Characters kept of one text."""
_RAW_CAP_FACTOR = 8


def clean(text: str, cap: int = DEFAULT_CAP) -> str:
    """Return ``text`` safe to draw in a single terminal line.

    Drops control, surrogate, private-use and format characters (bidi, zero-width, tags),
    folds white space, keeps at most three combining marks per base and ``cap`` characters.
    """
    if text.isascii() and text.isprintable() and len(text) <= cap:
        return " ".join(text.split())
    out: list[str] = []
    marks = 0
    pending_space = False
    for char in unicodedata.normalize("NFC", text[: cap * _RAW_CAP_FACTOR]):
        if char.isspace():
            pending_space = bool(out)
            continue
        category = unicodedata.category(char)
        if category in {"Cc", "Cf", "Zl", "Zp"} or 0xFE00 <= ord(char) <= 0xFE0F:
            continue
        if category in {"Cs", "Co", "Cn"}:
            char = "\N{REPLACEMENT CHARACTER}"
        if category in {"Mn", "Me", "Mc"}:
            marks += 1
            if marks > MAX_MARKS or not out:
                continue
        else:
            marks = 0
        if pending_space:
            out.append(" ")
            pending_space = False
        out.append(char)
        if len(out) >= cap:
            break
    return "".join(out)
