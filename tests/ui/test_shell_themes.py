"""Themes: complete, readable, refused with file and key, reloaded when saved."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from tests.ui.shell import running
from textual.color import Color
from textual.theme import Theme

from polydesk.errors import ConfigError
from polydesk.ui.themes import (
    BASE_COLOURS,
    DEFAULT_THEME,
    DESK_COLOURS,
    ThemeFile,
    ThemeShelf,
    read_theme,
    shipped_theme_dir,
    theme_paths,
)
from polydesk.views.models import Mode

ROOT = Path(__file__).parents[2]
SHIPPED = theme_paths([shipped_theme_dir()])
INKS = (
    "bid", "ask", "buy", "sell", "pnl-up", "pnl-down", "stale", "own-order", "fill", "copied",
    "skipped", "waiting", "muted", "heading", "key",
)  # fmt: skip
READABLE = 4.5
"""Contrast of small text."""
VISIBLE = 3.0
"""Contrast of lines and marks."""


def contrast(first: str, second: str) -> float:
    lights = sorted(_luminance(Color.parse(colour)) for colour in (first, second))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 255 for part in (colour.r, colour.g, colour.b)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ground(theme: Theme, name: str) -> str:
    colour = getattr(theme, name)
    assert isinstance(colour, str)
    return colour


@pytest.fixture(params=SHIPPED, ids=lambda path: path.stem)
def shipped(request: pytest.FixtureRequest) -> ThemeFile:
    path: Path = request.param
    return read_theme(path)


def test_there_are_at_least_five_themes_of_the_wanted_kinds() -> None:
    files = [read_theme(path) for path in SHIPPED]
    assert len(files) >= 5
    assert sum(not file.theme.dark for file in files) >= 1
    assert sum(file.theme.dark for file in files) >= 3
    assert DEFAULT_THEME in {file.theme.name for file in files}


def test_the_file_is_named_like_its_theme(shipped: ThemeFile) -> None:
    assert shipped.path.stem == shipped.theme.name


def test_every_ink_is_readable_on_every_ground(shipped: ThemeFile) -> None:
    theme = shipped.theme
    grounds = [ground(theme, name) for name in ("background", "surface", "panel")]
    grounds.append(theme.variables["cursor"])
    weak = [
        (ink, back, round(contrast(theme.variables[ink], back), 2))
        for ink in INKS
        for back in grounds
        if contrast(theme.variables[ink], back) < READABLE
    ]
    assert weak == []


def test_text_is_readable(shipped: ThemeFile) -> None:
    theme = shipped.theme
    text = ground(theme, "foreground")
    for name in ("background", "surface", "panel"):
        assert contrast(text, ground(theme, name)) >= 7
    for depth in ("bid-depth", "ask-depth", "cursor", "bid-flash", "ask-flash"):
        assert contrast(text, theme.variables[depth]) >= READABLE
    assert contrast(theme.variables["cursor-text"], theme.variables["cursor"]) >= 7


def test_the_mode_can_be_read_and_seen(shipped: ThemeFile) -> None:
    variables = shipped.theme.variables
    modes = [variables[f"mode-{mode}"] for mode in Mode]
    assert len(set(modes)) == len(Mode)
    for colour in modes:
        assert contrast(variables["mode-text"], colour) >= READABLE
        assert contrast(ground(shipped.theme, "background"), colour) >= VISIBLE


def test_frames_with_focus_stand_out(shipped: ThemeFile) -> None:
    variables = shipped.theme.variables
    assert contrast(ground(shipped.theme, "background"), variables["frame-focus"]) >= VISIBLE


def test_the_colour_blind_theme_tells_sides_apart_without_red_and_green() -> None:
    variables = read_theme(shipped_theme_dir() / "blue-orange.toml").theme.variables
    for up, down in (("bid", "ask"), ("buy", "sell"), ("pnl-up", "pnl-down")):
        blue, orange = Color.parse(variables[up]), Color.parse(variables[down])
        assert blue.b > blue.r
        assert orange.r > orange.b
        assert abs(blue.b - orange.b) > 100


def test_themes_are_found_in_a_checkout_and_in_an_installed_package(tmp_path: Path) -> None:
    package = tmp_path / "src" / "polydesk"
    package.mkdir(parents=True)
    assert shipped_theme_dir(package) == tmp_path / "themes"
    (package / "themes").mkdir()
    assert shipped_theme_dir(package) == package / "themes"


def test_the_wheel_carries_the_themes_where_the_package_looks() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["themes"] == "polydesk/themes"
    assert shipped_theme_dir() == ROOT / "themes"


def theme_text(**changes: str) -> str:
    """Return a valid theme file with some values replaced, or removed when empty."""
    text = (shipped_theme_dir() / f"{DEFAULT_THEME}.toml").read_text(encoding="utf-8")
    lines = []
    for line in text.splitlines():
        key = line.partition(" = ")[0]
        wanted = changes.pop(key.replace("-", "_"), None)
        if wanted is None:
            lines.append(line)
        elif wanted:
            lines.append(f"{key} = {wanted}")
    return "\n".join(lines + list(changes.values())) + "\n"


def save(path: Path, text: str, moment: int) -> None:
    """Write a file that was saved at ``moment``."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(moment, moment))


@pytest.mark.parametrize("key", [*BASE_COLOURS, *DESK_COLOURS])
def test_a_missing_colour_is_named(tmp_path: Path, key: str) -> None:
    path = tmp_path / "mine.toml"
    save(path, theme_text(**{key.replace("-", "_"): ""}), 1)
    with pytest.raises(ConfigError, match=rf"^mine\.toml: '(base|desk)\.{key}' is missing\.$"):
        read_theme(path)


@pytest.mark.parametrize("key", [*BASE_COLOURS, *DESK_COLOURS])
@pytest.mark.parametrize("value", ['"grren"', '"#12345"', "7", '"#12345g"', '"red; } * { x"'])
def test_a_malformed_colour_is_named(tmp_path: Path, key: str, value: str) -> None:
    path = tmp_path / "mine.toml"
    save(path, theme_text(**{key.replace("-", "_"): value}), 1)
    with pytest.raises(ConfigError, match=rf"^mine\.toml: '(base|desk)\.{key}' must be #rrggbb"):
        read_theme(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not toml at all", "not valid TOML"),
        ("name = 3", "'name' is missing or not a text"),
        ('name = "Bad Name"\ntitle = "x"\ndark = true', "'name' must be lower case"),
        ('name = "x"\ntitle = "x"\ndark = "yes"', "'dark' must be true or false"),
        ('name = "x"\ntitle = "x"\ndark = true', "the table [base] is missing"),
        ('nmae = "x"', "unknown key 'nmae'; did you mean 'name'?"),
        (theme_text(extra='bidd = "#ffffff"'), "unknown key 'desk.bidd'; did you mean 'desk.bid'?"),
        ("#" * 70_000, "a theme has at most"),
    ],
)
def test_a_wrong_file_is_refused_with_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.toml"
    save(path, text, 1)
    with pytest.raises(ConfigError) as caught:
        read_theme(path)
    assert str(caught.value).startswith("mine.toml: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_is_read_again_only_after_it_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    save(path, theme_text(name='"mine"'), 1)
    shelf = ThemeShelf([tmp_path])
    assert "mine" in [file.theme.name for file in shelf.check()[0]]
    assert shelf.check() == ([], [])
    save(path, theme_text(name='"mine"', bid='"#123456"'), 2)
    changed, problems = shelf.check()
    assert [file.theme.variables["bid"] for file in changed] == ["#123456"]
    assert problems == []


def test_a_broken_save_keeps_the_last_good_theme_and_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    save(path, theme_text(name='"mine"', bid='"#123456"'), 1)
    shelf = ThemeShelf([tmp_path])
    shelf.check()
    save(path, theme_text(name='"mine"', bid='"oops"'), 2)
    changed, problems = shelf.check()
    assert changed == []
    assert problems == ["mine.toml: 'desk.bid' must be #rrggbb, not 'oops'."]
    assert shelf.check() == ([], [])
    kept = {file.theme.name: file.theme for file in shelf.all()}
    assert kept["mine"].variables["bid"] == "#123456"


def test_a_user_theme_wins_over_a_shipped_one_of_the_same_name(tmp_path: Path) -> None:
    save(tmp_path / "own.toml", theme_text(bid='"#abcdef"'), 1)
    shelf = ThemeShelf([tmp_path])
    shelf.check()
    themes = {file.theme.name: file.theme for file in shelf.all()}
    assert themes[DEFAULT_THEME].variables["bid"] == "#abcdef"


async def test_saving_the_shown_theme_changes_the_screen(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    save(path, theme_text(name='"mine"', background='"#101010"'), 1)
    async with running("health", theme="mine", theme_dirs=[tmp_path]) as (app, pilot):
        assert app.theme == "mine"
        save(path, theme_text(name='"mine"', background='"#202020"', bid='"#123456"'), 2)
        app.check_themes()
        await pilot.pause()
        assert app.screen.styles.background == Color.parse("#202020")
        assert app.theme_variables["bid"] == "#123456"


async def test_a_broken_save_is_told_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    save(path, theme_text(name='"mine"'), 1)
    async with running("health", theme="mine", theme_dirs=[tmp_path]) as (app, pilot):
        before = app.theme_variables["bid"]
        save(path, theme_text(name='"mine"', bid='"oops"'), 2)
        app.check_themes()
        await pilot.pause()
        told = [notice.message for notice in app._notifications]
        assert told == ["mine.toml: 'desk.bid' must be #rrggbb, not 'oops'."]
        assert app.theme_variables["bid"] == before


async def test_an_unknown_theme_falls_back_to_the_default() -> None:
    async with running("health", theme="no-such") as (app, _pilot):
        assert app.theme == DEFAULT_THEME


async def test_the_key_goes_through_all_themes_and_back() -> None:
    async with running("health") as (app, pilot):
        seen = [app.theme]
        for _ in SHIPPED:
            await pilot.press("T")
            seen.append(app.theme)
        assert seen[0] == seen[-1]
        assert set(seen) == {path.stem for path in SHIPPED}
