"""Pages of the documentation that are written from the code, so that they cannot drift."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path

from polydesk import errors
from polydesk.domain.reasons import DENY_HELP, SKIP_HELP
from polydesk.domain.refusals import REFUSAL_HELP
from polydesk.errors import ConfigError, PolydeskError

_OPENING = """# Reasons and errors

Written by `polydesk docs errors docs/errors.md` from `domain/reasons.py`,
`domain/refusals.py` and `errors.py`.
Everything here appears on the screen, in the journal and in `--json` exactly as written.

## Why an order was denied

Every order, by hand or a copy, passes the risk gate. A denied order never leaves the desk; its
reason is the code followed by the facts, such as `ORDER_SIZE_BELOW_MINIMUM: size=3 min=5`.
"""
_SKIPS = """
## Why a followed trade was not copied

Every trade of a followed wallet ends in exactly one decision: copied, aggregating, or skipped
with one of these codes.
"""
_REFUSALS = """
## Why the venue refused an order

A refusal is final: the order does not exist there. The venue's own words stand beside the code.
An answer that is lost or unclear is no refusal; such an order is *unknown* and looked up by its
id until there is evidence.
"""
_ERRORS = """
## When a command ends with an error

Each is one sentence on standard error. Exit status 2 is a wrong option, setting or recording,
1 any other failure, 130 an interrupt.
"""


def errors_page() -> str:
    """Return the page of all reasons and errors as Markdown."""
    lines = [
        _OPENING,
        *_table("Code", DENY_HELP.items()),
        _SKIPS,
        *_table("Code", SKIP_HELP.items()),
        _REFUSALS,
        *_table("Code", REFUSAL_HELP.items()),
        _ERRORS,
        *_table("Error", _error_help(PolydeskError)),
    ]
    return "\n".join(lines) + "\n"


def _table(head: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f"| {head} | Meaning |"
    yield "|---|---|"
    for code, text in rows:
        yield f"| `{code}` | {text} |"


def _error_help(base: type[PolydeskError]) -> Iterator[tuple[str, str]]:
    """Yield the classes below ``base`` in the order in which they are written."""
    for name, kind in vars(errors).items():
        if inspect.isclass(kind) and issubclass(kind, base) and kind is not base:
            yield name, inspect.getdoc(kind) or ""


_PAGES = {"errors": errors_page}


def write(page: str, target: Path) -> None:
    """Write a generated page to a file.

    Raises:
        ConfigError: There is no such page.
    """
    make = _PAGES.get(page)
    if make is None:
        raise ConfigError(f"there is no page {page!r}; known pages are {', '.join(_PAGES)}.")
    target.write_text(make(), encoding="utf-8")
