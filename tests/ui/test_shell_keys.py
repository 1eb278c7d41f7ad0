"""The registry: no key twice, no command without help, docs and keymaps derived from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ui.shell import running, screen_text, settle

from polydesk.errors import ConfigError
from polydesk.ui.commands import CommandSpec, Scope
from polydesk.ui.keydoc import keys_page
from polydesk.ui.keymap import check_keymap, duplicate_keys, show_keys
from polydesk.ui.registry import ALL_COMMANDS, commands_of, help_commands

ROOT = Path(__file__).parents[2]


def test_no_key_is_claimed_twice_in_one_place() -> None:
    assert duplicate_keys(ALL_COMMANDS) == []


def test_a_key_claimed_by_a_screen_and_by_all_is_found() -> None:
    extra = CommandSpec("feed.x", "X", "Does x.", "q", Scope.FEED, "x")
    assert duplicate_keys([*ALL_COMMANDS, extra]) == [
        ("q", "feed.x", "app.quit")
    ] or duplicate_keys([*ALL_COMMANDS, extra]) == [("q", "app.quit", "feed.x")]


def test_ids_are_unique_and_begin_with_their_scope() -> None:
    ids = [spec.id for spec in ALL_COMMANDS]
    assert len(set(ids)) == len(ids)
    assert [
        spec.id for spec in ALL_COMMANDS if not spec.id.startswith(f"{spec.scope.value}.")
    ] == []


@pytest.mark.parametrize("spec", ALL_COMMANDS, ids=lambda spec: spec.id)
def test_every_command_explains_itself(spec: CommandSpec) -> None:
    assert spec.title
    assert spec.key_list
    assert spec.help[0].isupper()
    assert spec.help.endswith(".")
    assert "[" not in spec.help + spec.title


def test_the_page_of_keys_is_up_to_date() -> None:
    page = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    assert page == keys_page(), "run: python -m polydesk.ui.keydoc > docs/keys.md"


def test_the_page_names_every_command() -> None:
    page = keys_page()
    assert [spec.id for spec in ALL_COMMANDS if f"`{spec.id}`" not in page] == []


@pytest.mark.parametrize(
    ("keymap", "words"),
    [
        ({"feed.pauze": "z"}, "did you mean 'feed.pause'"),
        ({"nothing-like-it": "z"}, "there is no command 'nothing-like-it'"),
        ({"feed.pause": " , "}, "'feed.pause' needs at least one key"),
        ({"feed.pause": "q"}, "the key 'q' is given to both"),
        ({"list.up": "u"}, "the key 'u' is given to both"),
    ],
)
def test_a_wrong_keymap_is_refused_with_a_sentence(keymap: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match="keymap: ") as caught:
        check_keymap(keymap, ALL_COMMANDS)
    assert words in str(caught.value)


def test_two_commands_may_swap_keys() -> None:
    check_keymap({"feed.show-copied": "s", "feed.show-skipped": "c"}, ALL_COMMANDS)


def test_keys_are_written_as_on_the_keyboard() -> None:
    assert show_keys("question_mark,f1") == "? or F1"
    assert show_keys("ctrl+p,colon") == "Ctrl+P or :"
    assert show_keys("T,shift+tab") == "T or Shift+Tab"


async def test_a_remapped_key_works_and_the_old_one_does_not() -> None:
    async with running("feed", keymap={"feed.show-copied": "f5", "app.cycle-theme": "f6"}) as (
        app,
        pilot,
    ):
        await pilot.press("c")
        await settle(pilot)
        assert "Followed trades: all" in screen_text(app)
        await pilot.press("f5")
        await settle(pilot)
        assert "Followed trades: copied" in screen_text(app)
        before = app.theme
        await pilot.press("f6")
        assert app.theme != before


async def test_swapped_keys_do_the_other_thing() -> None:
    keymap = {"feed.show-copied": "s", "feed.show-skipped": "c"}
    async with running("feed", keymap=keymap) as (app, pilot):
        await pilot.press("c")
        await settle(pilot)
        assert "Followed trades: skipped" in screen_text(app)


async def test_hints_and_help_show_the_remapped_key() -> None:
    async with running("feed", keymap={"feed.unfollow": "f7"}) as (app, pilot):
        assert "F7 unfollow" in screen_text(app)
        await pilot.press("question_mark")
        await pilot.pause()
        assert "F7 " in screen_text(app)


async def test_a_wrong_keymap_stops_the_start() -> None:
    with pytest.raises(ConfigError, match="there is no command"):
        async with running("feed", keymap={"no.such": "z"}):
            raise AssertionError("must not start")


@pytest.mark.parametrize("scope", ["markets", "feed", "portfolio", "orders", "health"])
async def test_help_lists_every_key_of_its_screen(scope: str) -> None:
    async with running(scope, size=(120, 80)) as (app, pilot):
        await pilot.press("question_mark")
        await pilot.pause()
        text = screen_text(app)
        for spec in help_commands(Scope(scope)):
            assert show_keys(spec.keys) in text
            assert spec.help[:40] in text


async def test_help_closes_with_escape() -> None:
    async with running("feed") as (app, pilot):
        below = app.screen
        await pilot.press("question_mark")
        await pilot.pause()
        assert app.screen is not below
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is below


def test_help_of_a_screen_begins_with_its_own_keys() -> None:
    assert help_commands(Scope.FEED)[: len(commands_of(Scope.FEED))] == commands_of(Scope.FEED)
