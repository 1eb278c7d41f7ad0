"""Whatever is wrong: one sentence on standard error, no traceback, a status other than zero."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.cli import cut, polydesk, sentence, start

from polydesk.cli.main import main

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("replya", "demo"), "no command 'replya'; did you mean `polydesk replay`?"),
        (("xyzzy",), "no command 'xyzzy'; `polydesk --help` lists"),
        (("demo", "--sped", "3"), "--sped. Did you mean --speed?"),
        (("replay", "demo", "more"), "`polydesk replay` takes no argument 'more'"),
        (("replay",), "`polydesk replay` needs RECORDING"),
        (("--theme", "zz", "paper"), "options go after the command: `polydesk paper --theme zz`."),
        (("--config", "a b", "live"), "after the command: `polydesk live --config 'a b'`."),
        (
            ("--theme=zz", "live", "--headless"),
            "options go after the command: `polydesk live --headless --theme=zz`.",
        ),
        (("--theme",), "--theme needs a value; `polydesk --help` says which."),
        (("sandbox", "--faults"), "--faults needs a value; `polydesk sandbox --help` says which."),
        (("live", "--passphrase-fd"), "--passphrase-fd needs a value; `polydesk live --help` "),
        (("demo", "--headless", "--speed", "0"), "speed '0' is not a number above zero"),
        (("replay", "demo", "--speed", "fast"), "speed 'fast' is not a number above zero"),
        (("demo", "--headless", "--speed", "nan"), "speed 'nan' is not a number above zero"),
        (("paper", "--headless", "--seconds", "-1"), "--seconds -1 is not a number above zero"),
        (("paper", "--seconds", "soon"), "--seconds"),
        (("sandbox", "--port", "70000"), "--port 70000 is not a port"),
        (("sandbox", "--port", "-1"), "--port -1 is not a port"),
        (("sandbox", "--settle-ms", "-4"), "--settle-ms -4 is out of range; write 0 to 3600000 m"),
        (("sandbox", "--settle-ms", str(10**20)), "is out of range; write 0 to 3600000 mill"),
        (("sandbox", "--clock-tolerance", "-4"), "--clock-tolerance -4 is out of range; write 0 "),
        (("sandbox", "--clock-tolerance", str(10**20)), "is out of range; write 0 to 31536000 s"),
        (("sandbox", "--cash", "-1"), "cannot start with -1 pUSD; write 0 to 1000000000000."),
        (("sandbox", "--cash", str(10**20)), "pUSD; write 0 to 1000000000000."),
        (("sandbox", "--speed", "1e-308"), "speed '1e-308' is out of range; write 0.001 to 100000"),
        (("replay", "demo", "--headless", "--speed", "1e-308"), "is out of range; write 0.001 to"),
        (("replay", "demo", "--headless", "--speed", "1e308"), "to 1000000, or max."),
        (("simulate", "--until", "-1", "--steps", "10", "--seeds", "1"), "--until -1: a seed has "),
        (("simulate", "--until", "0", "--steps", "10", "--seeds", "1"), "write 1 or more."),
        (("simulate", "--seeds", "0"), "must be at least one"),
        (("simulate", "--seeds", str(10**12)), "is out of range; write 1 to 1000000."),
        (("simulate", "--workers", "5000"), "--workers 5000 is out of range; write 1 to 64."),
        (("chaos", "--kills", "0"), "--kills 0: kill at least once"),
        (("chaos", "--kills", "5000", "--workers", "5000"), "is out of range; write 1 to 64."),
        (("live", "--seconds", "0"), "--seconds 0 is not a number above zero"),
        (("record", "x.tape", "--seconds", "-2"), "--seconds -2 is not a number above zero"),
        (("record", "x.tape"), "nothing to record"),
        (("record", "x.tape", "--token", "Yes"), "an outcome token is a decimal number"),
        (("import", "nothing.here"), "nothing.here: there is no such file"),
        (("audit", "nothing.here"), "There is no recording at nothing.here"),
        (("replay", "nothing.here", "--headless"), "There is no recording at nothing.here"),
        (("paper", "--config", "nothing.toml"), "nothing.toml: there is no such settings file"),
    ],
)
def test_a_mistake_on_the_command_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.setenv("POLYDESK_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    status = main(arguments)

    said = capsys.readouterr()
    assert status == 2
    assert said.out == ""
    assert said.err.startswith("polydesk: ")
    assert said.err.count("\n") == 1
    assert words in said.err


def test_a_mistake_ends_the_process_with_its_sentence(tmp_path: Path) -> None:
    assert "did you mean `polydesk replay`?" in sentence(polydesk("replya", home=tmp_path))


def settings(home: Path, text: str) -> Path:
    path = home / "config" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_an_unknown_setting_names_file_key_and_nearest_match(tmp_path: Path) -> None:
    path = settings(tmp_path, "[risk]\nmax_order_us = 5\n")

    said = sentence(polydesk("paper", "--headless", home=tmp_path))

    assert said == f"{path}: unknown key risk.max_order_us; did you mean max_order_usd?"


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_paper_without_a_network_offers_the_demo(tmp_path: Path) -> None:
    settings(tmp_path, f'[hosts]\nclob = "http://127.0.0.1:{closed_port()}"\n')

    said = sentence(polydesk("paper", "--headless", home=tmp_path))

    assert "127.0.0.1" in said
    assert "`polydesk demo` shows the desk on a recording, without a network." in said


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_port_in_use(tmp_path: Path, busy_port: int) -> None:
    said = sentence(polydesk("sandbox", "demo", "--port", str(busy_port), home=tmp_path))

    assert said.startswith(f"Port {busy_port} on 127.0.0.1 is in use; ")


@pytest.mark.parametrize("command", [("demo", "--headless"), ("record", "--token", "1")])
def test_a_recording_is_never_overwritten(tmp_path: Path, command: tuple[str, ...]) -> None:
    path = tmp_path / "kept.tape"
    path.write_bytes(b"precious")
    settings(tmp_path, f'[hosts]\nclob = "http://127.0.0.1:{closed_port()}"\n')
    arguments = (*command, "--record", str(path)) if command[0] == "demo" else (*command, str(path))

    said = sentence(polydesk(*arguments, home=tmp_path))

    assert path.read_bytes() == b"precious"
    assert said.startswith(f"{path} exists already") or "127.0.0.1" in said


def test_a_recording_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "no" / "such.tape"

    said = sentence(polydesk("demo", "--headless", "--record", str(path), home=tmp_path))

    assert str(path) in said


def test_a_foreign_file_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "foreign.tape"
    path.write_bytes(b"PK\x03\x04 something else entirely")

    said = sentence(polydesk("replay", str(path), "--headless", home=tmp_path))

    assert said == f"{path} is not a polydesk recording."


@pytest.mark.parametrize("content", [b"", b"PDTAPE"])
def test_an_empty_or_cut_opening(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "empty.tape"
    path.write_bytes(content)

    assert str(path) in sentence(polydesk("replay", str(path), "--headless", home=tmp_path))


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    said = sentence(polydesk("replay", str(tmp_path), "--headless", home=tmp_path))

    assert said == f"{tmp_path} is a directory, not a recording."


def shortened(path: Path, share: float) -> Path:
    whole = cut(path, frames=600, block_bytes=1 << 14)
    os.truncate(whole, int(whole.stat().st_size * share))
    return whole


@pytest.mark.parametrize("command", ["replay", "audit"])
def test_a_truncated_recording_is_read_up_to_the_damage_which_is_named(
    tmp_path: Path, command: str
) -> None:
    path = shortened(tmp_path / "short.tape", 0.6)
    arguments = [command, str(path), "--json", *(["--headless"] if command == "replay" else [])]

    result = polydesk(*arguments, home=tmp_path)

    assert 0 < json.loads(result.stdout)["frames"] < 600
    said = sentence(result)
    assert "damaged in block" in said
    assert " at byte " in said
    assert "it can be read up to 20" in said


def test_damage_inside_a_block_is_found_while_reading(tmp_path: Path) -> None:
    path = cut(tmp_path / "bent.tape", frames=600, block_bytes=1 << 14)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)

    result = polydesk("replay", str(path), "--headless", "--json", home=tmp_path)

    assert 0 < json.loads(result.stdout)["frames"] < 600
    assert "damaged in block" in sentence(result)


def test_a_home_that_cannot_be_used(tmp_path: Path) -> None:
    home = tmp_path / "a file"
    home.write_text("in the way")

    assert str(home) in sentence(polydesk("paper", "--headless", home=home))


def test_nobody_reads_the_output_any_more(tmp_path: Path) -> None:
    tape = cut(tmp_path / "cut.tape", frames=100)
    process = start("replay", str(tape), "--headless", "--json", home=tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    assert process.wait(timeout=60) == 1
    assert process.stderr.read() == ""
    process.stderr.close()
