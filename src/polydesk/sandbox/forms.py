"""Reading a JSON text of a given form, with one sentence that names what is wrong where."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from polydesk.domain.text import clean

Form = TypeVar("Form")


class BadForm(Exception):
    """A text that does not have the form; its words are a sentence without its end."""


def read_form(text: bytes | msgspec.Raw, form: type[Form], where: str = "") -> Form:
    """Return what a JSON text says.

    Args:
        text: JSON.
        form: What to read it as.
        where: Where the text stands in a larger one.

    Raises:
        BadForm: It is no JSON, or of another form.
    """
    try:
        return msgspec.json.decode(text, type=form)
    except msgspec.ValidationError as error:
        problem, _, at = str(error).partition(" - at ")
        inner = at.strip("`").removeprefix("$").removeprefix("" if where else ".")
        raise bad_form(problem, f"{where}{inner}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadForm("it is not JSON") from error


def bad_form(problem: str, where: str) -> BadForm:
    """Return the complaint about one place of a text."""
    problem = clean(problem).replace("`", "'").rstrip(".")
    sentence = f"{problem[:1].lower()}{problem[1:]}"
    return BadForm(f"{sentence} at {clean(where)}" if where else sentence)
