"""Reading a JSON text of a given form, with one sentence that names what is wrong where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec
from msgspec import inspect

from polydesk.domain.text import clean

Form = TypeVar("Form")
_STEP: Final = re.compile(r"\.\w+|\[[^\]]*\]")
"""One step of the path at which something is wrong."""


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
        told = bad_form(problem, f"{where}{inner}")
        raise BadForm(f"{told}{_choices(problem, form, at)}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadForm("it is not JSON") from error


def _choices(problem: str, form: type, at: str) -> str:
    """Return the names that could have stood at a place, when an unknown one does."""
    if not problem.startswith(("Invalid enum value", "Invalid value")):
        return ""
    kinds = [inspect.type_info(form)]
    names: list[str] = []
    for step in _STEP.findall(at.strip("`")):
        kinds = [plain for kind in kinds for plain in _alternatives(kind)]
        names = [
            str(kind.tag)
            for kind in kinds
            if isinstance(kind, inspect.StructType) and kind.tag_field == step[1:]
        ]
        kinds = [inner for kind in kinds for inner in _inside(kind, step)]
    for kind in kinds:
        names += [str(value) for plain in _alternatives(kind) for value in _values(plain)]
    return f"; write one of {', '.join(sorted(set(names)))}" if names else ""


def _alternatives(kind: inspect.Type) -> Sequence[inspect.Type]:
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _inside(kind: inspect.Type, step: str) -> list[inspect.Type]:
    """Return what a step of a path leads to; nothing when there is no such place."""
    if isinstance(kind, inspect.StructType):
        return [field.type for field in kind.fields if field.encode_name == step[1:]]
    if isinstance(kind, inspect.ListType) and step.startswith("["):
        return [kind.item_type]
    return []


def _values(kind: inspect.Type) -> Sequence[object]:
    if isinstance(kind, inspect.EnumType):
        return [member.value for member in kind.cls]
    return kind.values if isinstance(kind, inspect.LiteralType) else ()


def bad_form(problem: str, where: str) -> BadForm:
    """Return the complaint about one place of a text."""
    problem = clean(problem).replace("`", "'").rstrip(".")
    sentence = f"{problem[:1].lower()}{problem[1:]}"
    return BadForm(f"{sentence} at {clean(where)}" if where else sentence)
