"""Keys in a real Secret Service: kept encrypted, and every trouble with it is one sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.cli import TIMEOUT_S
from tests.e2e.secret_service.desktop import Desktop, desktop_at
from tests.e2e.setup_world import API_SECRET, API_WORDS, as_toml, scripted
from tests.unit.keys.fakes import ADDRESS, KEY_HEX, OTHER_ADDRESS, OTHER_HEX, PASSPHRASE, leaks

pytestmark = pytest.mark.e2e
ADD = ("add", "main", "--stdin")
GIVEN = (KEY_HEX, PASSPHRASE)
LOCKED = "the keyring Secret Service is locked; unlock it and try again."
NONE_HERE = (
    "there is no system keyring that can be used here; start the desktop's keyring in this "
    "session, or `--store file` keeps the key in an encrypted file instead."
)


@pytest.fixture
def kept(desktop: Desktop) -> Desktop:
    """A session whose keyring holds a key."""
    desktop.start_keyring(unlocked=True)
    desktop.works(*ADD, given=GIVEN)
    return desktop


def addresses(desktop: Desktop) -> list[str]:
    return [row["address"] for row in json.loads(desktop.works("list", "--json"))["keys"]]


def test_a_key_lives_encrypted_in_the_systems_keyring(desktop: Desktop) -> None:
    desktop.start_keyring(unlocked=True)

    said = desktop.works(*ADD, given=GIVEN)
    assert said == f"main: {ADDRESS} is kept in Secret Service, item main.a of polydesk.\n"
    kept = desktop.items()
    assert list(kept) == ["main.a"]
    assert json.loads(kept["main.a"])["crypto"]["kdf"] == "scrypt"
    assert "secret-service" in desktop.works("list")
    said = desktop.works("test", "main", "--stdin", given=[PASSPHRASE])
    assert said == f"main: read from secret-service and proved to control {ADDRESS}.\n"

    said = desktop.works("rotate", "main", "--stdin", given=(OTHER_HEX, PASSPHRASE))
    assert f"{OTHER_ADDRESS} replaces {ADDRESS}" in said
    rotated = desktop.items()
    assert list(rotated) == ["main.b"]
    assert OTHER_ADDRESS in desktop.works("test", "main", "--stdin", given=[PASSPHRASE])

    desktop.works("forget", "main", "--stdin", given=["main"])
    assert desktop.items() == {}
    assert addresses(desktop) == []
    for key in (KEY_HEX, OTHER_HEX):
        seen = b"".join((*kept.values(), *rotated.values(), desktop.written()))
        assert leaks(seen, key) == []


def test_a_key_outlasts_the_session(kept: Desktop) -> None:
    kept.stop_keyring()
    kept.start_keyring(unlocked=True)

    assert ADDRESS in kept.works("test", "main", "--stdin", given=[PASSPHRASE])


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        (("add", "alt", "--stdin"), (OTHER_HEX, PASSPHRASE)),
        (("test", "main", "--stdin"), (PASSPHRASE,)),
        (("rotate", "main", "--stdin"), (OTHER_HEX, PASSPHRASE)),
        (("forget", "main", "--stdin"), ("main",)),
    ],
    ids=["add", "test", "rotate", "forget"],
)
def test_a_locked_keyring_is_one_sentence_and_changes_nothing(
    kept: Desktop, arguments: tuple[str, ...], given: tuple[str, ...]
) -> None:
    kept.lock()

    assert kept.fails(*arguments, given=given) == LOCKED
    assert addresses(kept) == [ADDRESS]
    kept.stop_keyring()
    kept.start_keyring(unlocked=True)
    assert ADDRESS in kept.works("test", "main", "--stdin", given=[PASSPHRASE])


def test_a_locked_keyring_is_told_before_anything_is_typed(kept: Desktop) -> None:
    kept.lock()

    assert kept.fails("add", "alt", "--stdin") == LOCKED


@pytest.fixture
def without(tmp_path: Path) -> Iterator[Desktop]:
    """A session in which no keyring runs or can be started."""
    with desktop_at(tmp_path / "without", bare=True) as session:
        yield session


def test_without_a_daemon_the_sentence_names_the_file_and_the_file_works(without: Desktop) -> None:
    assert without.fails(*ADD, given=GIVEN) == NONE_HERE
    assert addresses(without) == []

    said = without.works(*ADD, "--store", "file", given=GIVEN)
    assert str(without.root / "desk" / "data" / "keys" / "main.a.json") in said
    assert ADDRESS in without.works("test", "main", "--stdin", given=[PASSPHRASE])
    assert leaks(without.written()) == []


def test_without_a_bus_the_sentence_is_the_same(desktop: Desktop) -> None:
    gone = f"unix:path={desktop.root}/no-bus"

    assert desktop.fails(*ADD, given=GIVEN, DBUS_SESSION_BUS_ADDRESS=gone) == NONE_HERE


def test_a_key_whose_keyring_is_gone_is_told_and_stays_listed(kept: Desktop) -> None:
    gone = f"unix:path={kept.root}/no-bus"

    said = kept.fails("test", "main", "--stdin", given=[PASSPHRASE], DBUS_SESSION_BUS_ADDRESS=gone)
    assert said == (
        "the keyring secret-service cannot be used here; start it in this session and try again."
    )
    assert addresses(kept) == [ADDRESS]


def test_a_session_that_never_had_a_keyring_is_one_sentence(desktop: Desktop) -> None:
    desktop.start_keyring(unlocked=False)

    said = desktop.fails(*ADD, given=GIVEN)
    assert said.startswith("the keyring Secret Service failed to write an item (InitError")
    assert said.endswith("`--store file` keeps the key in an encrypted file instead.")
    assert leaks(desktop.written()) == []


PLANTED = """
from pathlib import Path
Path({mark!r}).touch()
from keyring.backend import KeyringBackend
class Keyring(KeyringBackend):
    priority = 99
    def get_password(self, service, username):
        return Path({mark!r}).read_text() or None
    def set_password(self, service, username, password):
        Path({mark!r}).write_text(password)
    def delete_password(self, service, username):
        Path({mark!r}).write_text("")
"""
"""A keyring that keeps plain text, and leaves a mark when it is so much as loaded."""


def plant(way: str, root: Path, mark: Path) -> dict[str, str]:
    """Choose another keyring the way the `keyring` package would obey; return the environment."""
    modules = root / "modules"
    modules.mkdir()
    (modules / "planted.py").write_text(PLANTED.format(mark=str(mark)))
    if way in {"null", "fail"}:
        return {"PYTHON_KEYRING_BACKEND": f"keyring.backends.{way}.Keyring"}
    if way == "environment":
        return {"PYTHON_KEYRING_BACKEND": "planted.Keyring", "PYTHONPATH": str(modules)}
    if way == "plug-in":
        facts = modules / "planted-1.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: planted\nVersion: 1\n")
        (facts / "entry_points.txt").write_text("[keyring.backends]\nplanted = planted\n")
        return {"PYTHONPATH": str(modules)}
    settings = root / "home" / ".config" / "python_keyring" / "keyringrc.cfg"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        textwrap.dedent(f"""\
        [backend]
        default-keyring=planted.Keyring
        keyring-path={modules}
        """)
    )
    return {}


WAYS = ("null", "fail", "environment", "settings", "plug-in")


@pytest.mark.parametrize("way", WAYS)
def test_another_keyring_that_is_chosen_for_us_gets_no_key(desktop: Desktop, way: str) -> None:
    mark = desktop.root / "loaded"
    chosen = plant(way, desktop.root, mark)
    desktop.start_keyring(unlocked=True)

    said = desktop.works(*ADD, given=GIVEN, **chosen)
    assert "is kept in Secret Service, item main.a" in said
    assert list(desktop.items()) == ["main.a"]
    assert not mark.exists()


@pytest.mark.parametrize("way", WAYS)
def test_without_the_systems_keyring_a_chosen_one_is_refused(without: Desktop, way: str) -> None:
    mark = without.root / "loaded"
    chosen = plant(way, without.root, mark)

    assert without.fails(*ADD, given=GIVEN, **chosen) == NONE_HERE
    assert not mark.exists()
    assert leaks(without.written()) == []


@pytest.mark.parametrize("way", ["environment", "settings", "plug-in"])
def test_what_is_planted_would_be_loaded_by_a_careless_program(without: Desktop, way: str) -> None:
    mark = without.root / "loaded"
    chosen = plant(way, without.root, mark)

    careless = [sys.executable, "-c", "import keyring; keyring.get_keyring()"]
    subprocess.run(careless, env={**without.environment, **chosen}, check=True)
    assert mark.exists()


def test_the_credentials_of_an_account_lie_beside_its_key(desktop: Desktop) -> None:
    desktop.start_keyring(unlocked=True)
    with scripted() as venue:
        config = desktop.root / "desk" / "config" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(f"[hosts]\n{as_toml(venue.hosts)}\n")
        report = json.loads(desktop.works("setup", "--stdin", "--json", given=GIVEN))
        kept = desktop.items()
        desktop.lock()
        assert desktop.fails("setup", "--stdin", given=[PASSPHRASE]) == LOCKED

    assert (report["key"], report["wallet"]) == ("main", ADDRESS)
    assert kept.keys() == {"main.a", "main.api"}
    seen = b"".join((*kept.values(), desktop.written()))
    assert leaks(seen) == []
    assert API_SECRET.encode() not in seen
    assert API_WORDS.encode() not in seen


WORK = """
from polydesk.errors import KeyStoreError
from polydesk.keys.keyring_store import open_keyring
store = open_keyring(answer_s=1)
print("open", flush=True)
input()
for work in (lambda: store.read("main.a"), lambda: open_keyring(answer_s=1)):
    try:
        work()
    except KeyStoreError as error:
        print(error)
"""


def test_a_daemon_that_freezes_is_not_waited_for(kept: Desktop) -> None:
    assert kept.daemon is not None
    with subprocess.Popen(
        [sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=kept.environment,
    ) as user:  # fmt: skip
        assert user.stdout is not None
        assert user.stdout.readline() == "open\n"
        os.kill(kept.daemon.pid, signal.SIGSTOP)
        said, _ = user.communicate("go on\n", timeout=TIMEOUT_S)

    assert user.returncode == 0
    assert said == "the keyring Secret Service did not answer within 1 seconds.\n" * 2
