"""Reading the settings file; every mistake is one sentence with file, key and what to do."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polydesk.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from polydesk.config.models import Settings


def load_settings(path: Path, *, required: bool = False) -> Settings:
    """Return the settings of a file, or the defaults when it does not exist.

    Raises:
        ConfigError: The file is missing though asked for, unreadable, not TOML, has an unknown
            key or a value that does not fit.
    """
    from pydantic import ValidationError

    from polydesk.config.models import Settings

    data = _read(path, required)
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_first_mistake(path, error, Settings)) from error


def _read(path: Path, required: bool) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if required:
            raise ConfigError(f"{path}: there is no such settings file.") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the settings file cannot be read ({error}).") from error
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: this is not valid TOML: {error}.") from error


def _first_mistake(path: Path, error: ValidationError, model: type[BaseModel]) -> str:
    mistake = error.errors()[0]
    location: Sequence[int | str] = mistake["loc"]
    key = ".".join(str(part) for part in location)
    if mistake["type"] == "extra_forbidden":
        known = _keys_at(model, location[:-1])
        close = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]}?" if close else f"known keys are {', '.join(known)}."
        return f"{path}: unknown key {key}; {hint}"
    message = mistake["msg"].removeprefix("Value error, ")
    return f"{path}: {key}: {message}."


def _keys_at(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Return the names allowed at a place of the file."""
    current: Any = model
    for part in location:
        if isinstance(part, int):
            continue
        annotation = current.model_fields[part].annotation
        current = next((a for a in getattr(annotation, "__args__", ()) if a is not ...), annotation)
    return sorted(current.model_fields)
