"""Secrets show themselves nowhere and are gone after use."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import reprlib
import subprocess
import sys
import traceback
from collections.abc import Callable

import msgspec
import pytest
from rich.console import Console
from rich.pretty import pretty_repr
from tests.unit.keys.fakes import KEY_HEX, key, leaks

from polydesk.keys.secret import Secret


@pytest.mark.parametrize(
    "show",
    [repr, str, ascii, format, "{:>80}".format, "%s %r".__mod__, pprint.pformat, reprlib.repr,
     pretty_repr, lambda secret: repr([secret, {"key": secret}, secret.view])],
)  # fmt: skip
def test_no_way_of_writing_shows_it(show: Callable[[object], str]) -> None:
    argument = (key(), key()) if getattr(show, "__name__", "") == "__mod__" else key()

    assert leaks(show(argument).encode()) == []


@pytest.mark.parametrize(
    "copying",
    [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, msgspec.json.encode, list, vars],
)
def test_no_way_of_copying_takes_it_along(copying: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as caught:
        copying(key())

    assert leaks(str(caught.value).encode()) == []


def test_a_traceback_with_all_local_values_does_not_show_it() -> None:
    def use(holder: Secret) -> None:
        view = holder.view
        raise RuntimeError(f"planted {holder} {view}")

    with pytest.raises(RuntimeError) as caught:
        use(key())

    lines = traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    console = Console(record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    with console.file:
        try:
            raise caught.value
        except RuntimeError:
            console.print_exception(show_locals=True)
    assert leaks("".join(lines).encode() + console.export_text().encode()) == []


def test_a_log_record_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("polydesk.test").error("kept %s as %r", key(), key().view)

    assert "hidden" in caplog.text
    assert leaks(caplog.text.encode()) == []


def test_leaving_the_block_overwrites_the_bytes() -> None:
    with key() as secret:
        memory = secret.view.obj
        assert memory == bytes.fromhex(KEY_HEX)

    assert memory == bytes(32)
    with pytest.raises(ValueError, match="wiped"):
        len(secret)
    secret.wipe()


def test_a_dropped_secret_is_overwritten() -> None:
    secret = key()
    memory = secret.view.obj
    del secret

    assert memory == bytes(32)


def test_a_crash_writes_no_image_of_the_memory() -> None:
    code = (
        "import resource; from polydesk.keys.secret import forbid_core_dumps; "
        "forbid_core_dumps(); print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout == "(0, 0)\n"


def test_equal_bytes_match_and_others_do_not() -> None:
    assert key().matches(key())
    assert not key().matches(key().part(0, 31))
    assert not key().matches(Secret(32))
