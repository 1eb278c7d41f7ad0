"""Keys from the command line: typed unseen, kept encrypted, seen nowhere."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.e2e.cli import ENTER, env
from tests.unit.keys.fakes import (
    ADDRESS,
    KEY_HEX,
    OTHER_ADDRESS,
    OTHER_HEX,
    PASSPHRASE,
    MemoryKeyring,
    allow,
    leaks,
)

from polydesk.cli.main import main

pytestmark = pytest.mark.e2e
WITHIN_S = 30
OWN_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
"""A shell's child would have it already."""


class Person:
    """Somebody at a terminal who answers what a command asks."""

    def __init__(self, *arguments: str, home: Path) -> None:
        self.seen = b""
        self._end = time.monotonic() + WITHIN_S
        self.handle, inner = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWN_TERMINAL + ENTER, "keys", *arguments],
            stdin=inner, stdout=inner, stderr=inner, env=env(home), start_new_session=True,
        )  # fmt: skip
        os.close(inner)

    def answer(self, prompt: str, text: str) -> None:
        """Wait for a question and type the answer."""
        self.read_until(prompt.encode())
        self.seen = self.seen.replace(prompt.encode(), b"(asked) ", 1)
        os.write(self.handle, text.encode() + b"\n")

    def end(self) -> tuple[int, str]:
        """Return the status and everything that was shown."""
        self.read_until(b"")
        status = self.process.wait(timeout=WITHIN_S)
        os.close(self.handle)
        return status, self.seen.decode()

    def echoes(self) -> bool:
        """Tell whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self.handle)[3] & termios.ECHO)

    def environment(self) -> bytes:
        """Return what other programs see of the process: its arguments and environment."""
        process = Path("/proc") / str(self.process.pid)
        return (process / "cmdline").read_bytes() + (process / "environ").read_bytes()

    def read_until(self, text: bytes) -> None:
        while not text or text not in self.seen:
            left = self._end - time.monotonic()
            assert left > 0, self.seen
            if select.select([self.handle], [], [], left)[0]:
                try:
                    self.seen += os.read(self.handle, 1 << 12)
                except OSError:
                    return


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_person_adds_proves_replaces_and_forgets_a_key_unseen(tmp_path: Path) -> None:
    person = Person("add", "main", "--store", "file", home=tmp_path)
    person.answer("Private key: ", f"0x{KEY_HEX}")
    person.answer("Private key again: ", f"0x{KEY_HEX}")
    person.answer("Passphrase for main: ", PASSPHRASE)
    person.answer("Passphrase for main again: ", PASSPHRASE)
    told = [person.end()]
    assert f"main: {ADDRESS} is kept in {tmp_path}" in told[0][1]

    person = Person("list", home=tmp_path)
    told.append(person.end())
    assert all(word in told[-1][1] for word in ("main", ADDRESS, "file"))

    person = Person("test", "main", home=tmp_path)
    person.answer("Passphrase for main: ", PASSPHRASE)
    told.append(person.end())
    assert f"proved to control {ADDRESS}" in told[-1][1]

    person = Person("rotate", "main", "--address", OTHER_ADDRESS, home=tmp_path)
    person.answer("Private key: ", OTHER_HEX)
    person.answer("Private key again: ", OTHER_HEX)
    person.answer("New passphrase for main: ", PASSPHRASE)
    seen_by_others = person.environment()
    person.answer("New passphrase for main again: ", PASSPHRASE)
    told.append(person.end())
    assert f"{OTHER_ADDRESS} replaces {ADDRESS}" in told[-1][1]

    kept = everything(tmp_path)
    person = Person("forget", "main", home=tmp_path)
    person.answer("Type main to forget its key: ", "main")
    told.append(person.end())

    assert [status for status, _ in told] == [0] * 5
    shown = "".join(text for _, text in told).encode()
    for text in (KEY_HEX, OTHER_HEX):
        assert leaks(shown + seen_by_others + kept + everything(tmp_path), text) == []
    assert b"Traceback" not in shown
    assert [path.name for path in (tmp_path / "data" / "keys").glob("main*")] == []


def test_interrupted_while_asking_the_terminal_echoes_again(tmp_path: Path) -> None:
    person = Person("add", "main", "--store", "file", home=tmp_path)
    person.answer("Private key: ", KEY_HEX)
    person.read_until(b"Private key again: ")
    while_asking = person.echoes()
    os.write(person.handle, b"\x03")
    status = person.process.wait(timeout=WITHIN_S)
    afterwards = person.echoes()

    assert (while_asking, afterwards) == (False, True)
    assert status == 130
    assert leaks(person.end()[1].encode()) == []


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ((KEY_HEX, OTHER_HEX), "the two differ; nothing was changed."),
        ((PASSPHRASE, PASSPHRASE), "this has 21"),
    ],
)
def test_what_is_mistyped_adds_nothing(
    tmp_path: Path, answers: tuple[str, str], words: str
) -> None:
    person = Person("add", "main", "--store", "file", home=tmp_path)
    person.answer("Private key: ", answers[0])
    person.answer("Private key again: ", answers[1])
    status, shown = person.end()

    assert status == 2
    assert words in shown
    assert leaks(shown.encode() + everything(tmp_path)) == []


class Shell:
    """Runs commands in this process with standard input from a file, as a pipe would be."""

    def __init__(
        self, home: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]
    ) -> None:
        patch.setenv("POLYDESK_HOME", str(home))
        self.home = home
        self._patch = patch
        self._capture = capture

    def run(self, *arguments: str, given: Sequence[str] = ()) -> tuple[int, str, str]:
        """Return status, output and errors."""
        answers = self.home.with_name("answers")
        answers.write_text("".join(f"{line}\n" for line in given))
        with answers.open() as file, self._patch.context() as patch:
            patch.setattr(sys, "stdin", file)
            status = main(("keys", *arguments))
        answers.unlink()
        said = self._capture.readouterr()
        assert leaks((said.out + said.err).encode()) == []
        assert leaks((said.out + said.err).encode(), OTHER_HEX) == []
        return status, said.out, said.err

    def fails(self, *arguments: str, given: Sequence[str] = ()) -> tuple[int, str]:
        """Return status and the one sentence of a command that fails as it should."""
        status, out, err = self.run(*arguments, given=given)
        assert status in {1, 2}
        assert out == ""
        assert err.startswith("polydesk: ")
        assert err.count("\n") == 1
        return status, err

    def works(self, *arguments: str, given: Sequence[str] = ()) -> str:
        """Return the output of a command that works."""
        status, out, err = self.run(*arguments, given=given)
        assert (status, err) == (0, "")
        return out


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Shell]:
    """A desk whose system has a keyring; keys cost little to open."""
    from polydesk.keys.keystore_v3 import Cost
    from polydesk.keys.vault import Vault

    monkeypatch.setattr("polydesk.keys.keystore_v3.LEAST_MEMORY", 0)
    monkeypatch.setattr("polydesk.cli.keys.forbid_core_dumps", lambda: None)
    cheap = (Cost(2, 8, 1),)
    monkeypatch.setattr(Vault.__init__, "__defaults__", cheap)
    allow(monkeypatch, MemoryKeyring)
    yield Shell(tmp_path / "home", monkeypatch, capsys)
    assert leaks(everything(tmp_path)) == []


def test_the_systems_keyring_is_the_usual_place(shell: Shell) -> None:
    said = shell.works("add", "main", "--stdin", given=(KEY_HEX, PASSPHRASE))
    assert said == f"main: {ADDRESS} is kept in Test secret-service, item main.a of polydesk.\n"
    assert f"proved to control {ADDRESS}" in shell.works(
        "test", "main", "--stdin", given=[PASSPHRASE]
    )

    listed = json.loads(shell.works("list", "--json"))["keys"]
    assert [(row["name"], row["address"], row["store"]) for row in listed] == [
        ("main", ADDRESS, "secret-service")
    ]
    assert leaks(repr(MemoryKeyring.items).encode()) == []

    said = shell.works("rotate", "main", "--stdin", given=(KEY_HEX, "another phrase"))
    assert said == f"main: the same key, {ADDRESS}, has the new passphrase.\n"
    shell.works("forget", "main", "--stdin", given=["main"])
    assert MemoryKeyring.items == {}
    assert "no keys yet" in shell.works("list")


@pytest.fixture
def kept(shell: Shell) -> Shell:
    shell.works("add", "main", "--store", "file", "--stdin", given=(KEY_HEX, PASSPHRASE))
    return shell


@pytest.mark.parametrize(
    ("arguments", "given", "status", "words"),
    [
        (("add", "main", "--stdin"), (OTHER_HEX, PASSPHRASE), 2, "there is a key main already"),
        (("add", "Alt", "--stdin"), (), 2, "a key's name has up to 32"),
        (("add", "alt", "--stdin"), (), 2, "input ended"),
        (("add", "alt", "--stdin"), (KEY_HEX,), 2, "input ended"),
        (("add", "alt", "--stdin"), (KEY_HEX, "short"), 2, "at least 8"),
        (("add", "alt", "--stdin"), (KEY_HEX[:40], PASSPHRASE), 2, "that is an address"),
        (("add", "alt", "--stdin"), ("x" * 5_000, PASSPHRASE), 2, "more than 4096 bytes"),
        (("add", "alt", "--stdin", "--address", OTHER_ADDRESS), (KEY_HEX, PASSPHRASE), 2,
         f"this key controls {ADDRESS}, not {OTHER_ADDRESS}"),
        (("add", "alt", "--stdin", "--address", KEY_HEX), (), 2, "--address needs 0x"),
        (("add", "alt", "--store", KEY_HEX), (), 2, "--store"),
        (("add", "alt", KEY_HEX), (), 2, "takes nothing more: it asks for keys"),
        (("add", f"0x{KEY_HEX}", "--stdin"), (), 2, "a key's name"),
        (("add", "alt", f"--key={KEY_HEX}"), (), 2, "Unknown option: --key"),
        (("add", "alt", f"--{KEY_HEX}"), (), 2, "(hidden)"),
        (("add",), (), 2, "needs NAME"),
        ((KEY_HEX,), (), 2, "(hidden)"),
        (("test", "mian", "--stdin"), (PASSPHRASE,), 2, "did you mean main?"),
        (("test", "main", "--stdin"), ("not that one",), 1, "the passphrase is wrong"),
        (("rotate", "other", "--stdin"), (OTHER_HEX, PASSPHRASE), 2, "there is no key other"),
        (("rotate", "main", "--stdin", "--address", ADDRESS), (OTHER_HEX, PASSPHRASE), 2,
         f"this key controls {OTHER_ADDRESS}"),
        (("forget", "main", "--stdin"), ("mai",), 2, "nothing was forgotten"),
        (("forget", "other", "--stdin"), ("other",), 2, "there is no key other"),
    ],
)  # fmt: skip
def test_every_mistake_is_one_sentence_and_changes_nothing(
    kept: Shell, arguments: tuple[str, ...], given: tuple[str, ...], status: int, words: str
) -> None:
    found, sentence = kept.fails(*arguments, given=given)

    assert (found, words in sentence) == (status, True), sentence
    assert "proved" in kept.works("test", "main", "--stdin", given=[PASSPHRASE])
    assert len(json.loads(kept.works("list", "--json"))["keys"]) == 1


def test_without_a_keyring_nothing_is_asked(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch)

    status, sentence = shell.fails("add", "main", "--stdin")

    assert status == 1
    assert "no system keyring" in sentence
    assert "`--store file`" in sentence


def test_a_key_in_the_environment_is_not_taken(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("POLYDESK_PRIVATE_KEY", "PRIVATE_KEY", "POLYDESK_KEYS_ADD_ADDRESS"):
        monkeypatch.setenv(name, KEY_HEX)

    assert "input ended" in shell.fails("add", "main", "--stdin")[1]


def test_without_a_terminal_or_input_the_sentence_names_the_way(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no terminal to ask on; use --stdin" in _detached(shell.home)
    monkeypatch.setattr(sys, "stdin", None)
    assert main(("keys", "add", "main", "--stdin")) == 2


def _detached(home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", ENTER, "keys", "add", "main", "--store", "file"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env(home),
        start_new_session=True, timeout=WITHIN_S, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    return done.stderr


def test_lines_of_other_systems_are_read(shell: Shell) -> None:
    shell.works("add", "main", "--stdin", given=(f" 0x{KEY_HEX} \r", f"{PASSPHRASE}\r"))

    assert "proved" in shell.works("test", "main", "--stdin", given=[PASSPHRASE])
