"""Cases of a vector file: what is expected, how ours is made, and the fields that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from polydesk.errors import PolydeskError, WireError

Values = dict[str, Any]
"""Plain JSON values by field."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a file."""

    name: str
    expected: Callable[[], Values]
    """What the file says, shaped like ``ours``."""
    ours: Callable[[], Values]


class Row:
    """A JSON object whose fields are read with their type or refused by name."""

    __slots__ = ("_path", "_values")

    def __init__(self, values: object, path: str = "") -> None:
        if not is_object(values):
            raise WireError(f"{path or 'the file'} is no object")
        self._values = values
        self._path = path

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str) -> str:
        """Return a text."""
        value = self._value(key)
        if not isinstance(value, str):
            raise WireError(f"{self._name(key)} is no text")
        return value

    def whole(self, key: str) -> int:
        """Return a whole number, written as one or as its digits."""
        value = self._value(key)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 78:
            return int(value)
        if type(value) is not int:
            raise WireError(f"{self._name(key)} is no whole number")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self._value(key)
        if not isinstance(value, bool):
            raise WireError(f"{self._name(key)} is neither true nor false")
        return value

    def raw(self, key: str) -> bytes:
        """Return bytes written as ``0x`` and hex."""
        text = self.text(key)
        try:
            if text.startswith("0x"):
                return bytes.fromhex(text[2:])
        except ValueError:
            pass
        raise WireError(f"{self._name(key)} is not hex")

    def row(self, key: str) -> Row:
        """Return an inner object."""
        return Row(self._value(key), self._name(key))

    def rows(self, key: str) -> list[Row]:
        """Return inner objects, at least one."""
        values = self._value(key)
        if not isinstance(values, list) or not values:
            raise WireError(f"{self._name(key)} is no list of cases")
        return [Row(value, f"{self._name(key)}[{place}]") for place, value in enumerate(values)]

    def values(self, *without: str) -> Values:
        """Return all fields but those named."""
        return {key: value for key, value in self._values.items() if key not in without}

    def only(self, *keys: str) -> Values:
        """Return the named fields, missing ones left out."""
        return {key: self._values[key] for key in keys if key in self._values}

    def _value(self, key: str) -> object:
        if key not in self._values:
            raise WireError(f"{self._name(key)} is missing")
        return self._values[key]

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}".lstrip(".")


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a JSON value is an object."""
    return isinstance(value, dict)


def check(case: Case) -> list[str]:
    """Return the fields in which a case differs, each with both values; none when it passes."""
    try:
        return list(differences(case.expected(), case.ours()))
    except (PolydeskError, ValueError) as error:
        return [str(error)]
    except ArithmeticError:
        return ["an input is far out of range"]


def differences(expected: object, ours: object, path: str = "") -> Iterator[str]:
    """Yield every field that is missing, unknown or different, by its path."""
    if is_object(expected) and is_object(ours):
        for key in [*ours, *(key for key in expected if key not in ours)]:
            inner = f"{path}.{key}".lstrip(".")
            if key not in expected:
                yield f"{inner} is missing"
            elif key not in ours:
                yield f"{inner} is not known here, so it is not proved"
            else:
                yield from differences(expected[key], ours[key], inner)
    elif type(expected) is not type(ours) or expected != ours:
        yield f"{path} differs: expected {_short(expected)}, ours {_short(ours)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:50]}…{text[-24:]}"
