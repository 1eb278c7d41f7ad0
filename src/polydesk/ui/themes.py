"""Colour themes as data: TOML files, checked completely, reloaded when they are saved.

A theme file has a ``name``, a ``title``, ``dark`` and two tables: ``[base]`` with the colours
Textual derives its own widgets from, and ``[desk]`` with the desk's meanings (``bid``, ``ask``,
``pnl-up`` …). Every colour is a ``#rrggbb`` text; a missing, unknown or malformed one is refused
with the file and the key. Style sheets name only these meanings.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from textual.theme import Theme

from polydesk.domain.text import clean
from polydesk.errors import ConfigError

DEFAULT_THEME = "midnight"

BASE_COLOURS: tuple[str, ...] = (
    "primary",
    "secondary",
    "accent",
    "success",
    "warning",
    "error",
    "foreground",
    "background",
    "surface",
    "panel",
)
"""Colours Textual's own widgets are derived from."""

DESK_COLOURS: Mapping[str, str] = {
    "bid": "#4cc38a",
    "ask": "#f2777a",
    "bid-depth": "#12352a",
    "ask-depth": "#3d1f24",
    "bid-flash": "#1f5b45",
    "ask-flash": "#6b2f35",
    "buy": "#4cc38a",
    "sell": "#f2777a",
    "pnl-up": "#4cc38a",
    "pnl-down": "#f2777a",
    "stale": "#d9a441",
    "own-order": "#f2c14e",
    "fill": "#f2c14e",
    "copied": "#4cc38a",
    "skipped": "#94a3b1",
    "waiting": "#6cb6ff",
    "muted": "#94a3b1",
    "heading": "#9fc6ee",
    "frame": "#33414f",
    "frame-focus": "#6cb6ff",
    "cursor": "#1f3346",
    "cursor-text": "#f4f8fb",
    "key": "#f2c14e",
    "chart-line": "#6cb6ff",
    "chart-axis": "#6d7b88",
    "mode-demo": "#8f6fd6",
    "mode-replay": "#2f86c9",
    "mode-paper": "#2f9e6e",
    "mode-live": "#d2302f",
    "mode-text": "#ffffff",
}
"""The desk's meanings with the colours of the default theme."""

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_TOP_KEYS = ("name", "title", "dark", "base", "desk")
MAX_THEME_BYTES = 64_000
_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class ThemeFile:
    """One theme with where it came from."""

    theme: Theme
    title: str
    path: Path
    mtime_ns: int


def shipped_theme_dir(package: Path = _PACKAGE) -> Path:
    """Return the folder of the themes that come with the desk, installed or in a checkout."""
    installed = package / "themes"
    return installed if installed.is_dir() else package.parent.parent / "themes"


def theme_paths(directories: Iterable[Path]) -> list[Path]:
    """Return the theme files of ``directories``; later folders come later, names sorted."""
    return [path for folder in directories for path in sorted(folder.glob("*.toml"))]


def read_theme(path: Path) -> ThemeFile:
    """Read and check one theme file.

    Raises:
        ConfigError: One sentence with the file and the key that is wrong.
    """
    try:
        mtime_ns = path.stat().st_mtime_ns
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path.name}: the theme cannot be read ({error.strerror}).") from error
    if len(raw) > MAX_THEME_BYTES:
        raise ConfigError(f"{path.name}: a theme has at most {MAX_THEME_BYTES} bytes.")
    try:
        table = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name}: not valid TOML: {clean(str(error))}.") from error
    return ThemeFile(*_parse(path.name, table), path, mtime_ns)


def _parse(file: str, table: Mapping[str, object]) -> tuple[Theme, str]:
    """Return the theme and its title from a TOML table."""
    _refuse_unknown(file, "", table, _TOP_KEYS)
    name = _text(file, table, "name")
    if _NAME.fullmatch(name) is None:
        raise ConfigError(f"{file}: 'name' must be lower case letters, digits and dashes.")
    title = clean(_text(file, table, "title"), 60)
    dark = table.get("dark")
    if not isinstance(dark, bool):
        raise ConfigError(f"{file}: 'dark' must be true or false.")
    base = _colours(file, "base", table.get("base"), BASE_COLOURS)
    desk = _colours(file, "desk", table.get("desk"), tuple(DESK_COLOURS))
    primary = base.pop("primary")
    return Theme(name=name, primary=primary, dark=dark, variables=desk, **base), title  # type: ignore[arg-type]


def _text(file: str, table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{file}: '{key}' is missing or not a text.")
    return value


def _colours(file: str, section: str, value: object, keys: Sequence[str]) -> dict[str, str]:
    """Return the complete, checked colours of one table."""
    if not isinstance(value, dict):
        raise ConfigError(f"{file}: the table [{section}] is missing.")
    _refuse_unknown(file, f"{section}.", value, keys)
    for key in keys:
        colour = value.get(key)
        if colour is None:
            raise ConfigError(f"{file}: '{section}.{key}' is missing.")
        if not isinstance(colour, str) or _HEX.fullmatch(colour) is None:
            shown = clean(str(colour), 40)
            raise ConfigError(f"{file}: '{section}.{key}' must be #rrggbb, not '{shown}'.")
    return {key: value[key] for key in keys}


def _refuse_unknown(
    file: str, prefix: str, table: Mapping[str, object], known: Sequence[str]
) -> None:
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"; did you mean '{prefix}{near[0]}'?" if near else "."
            raise ConfigError(f"{file}: unknown key '{prefix}{clean(key, 40)}'{hint}")


class ThemeShelf:
    """The themes at hand, kept equal to the files on disk by ``check``."""

    def __init__(self, user_dirs: Sequence[Path] = ()) -> None:
        self._dirs = (shipped_theme_dir(), *user_dirs)
        self._files: dict[Path, ThemeFile] = {}
        self._seen: dict[Path, int] = {}

    def check(self) -> tuple[list[ThemeFile], list[str]]:
        """Read what changed since the last call.

        Returns:
            New or changed themes, and one sentence for each file that is wrong. A wrong file
            keeps its last good theme and is reported once a save.
        """
        changed: list[ThemeFile] = []
        problems: list[str] = []
        for path in theme_paths(self._dirs):
            stamp = _mtime(path)
            if stamp is None or self._seen.get(path) == stamp:
                continue
            self._seen[path] = stamp
            try:
                loaded = read_theme(path)
            except ConfigError as error:
                problems.append(str(error))
                continue
            self._files[path] = loaded
            changed.append(loaded)
        return changed, problems

    def all(self) -> list[ThemeFile]:
        """Return one file a theme name; the user's own wins over a shipped one."""
        by_name = {file.theme.name: file for file in self._files.values()}
        return list(by_name.values())


def _mtime(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
