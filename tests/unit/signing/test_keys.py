"""A key signs and never shows itself."""

from __future__ import annotations

import base64
import copy
import dataclasses
import inspect
import io
import json
import logging
import pickle
import sys
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

import pytest
from coincurve import PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback
from tests.unit.signing.known import TEST_ADDRESS, TEST_KEY

from polydesk.errors import KeyStoreError
from polydesk.venues.polymarket.signing.addresses import write_address
from polydesk.venues.polymarket.signing.auth import decode_secret, l2_headers
from polydesk.venues.polymarket.signing.keccak import keccak256
from polydesk.venues.polymarket.signing.keys import (
    CURVE_ORDER,
    ApiCredentials,
    Hidden,
    PrivateKey,
)

CANARY = bytes(range(0xA0, 0xC0))
SECRET_TEXT = base64.b64encode(CANARY).decode()


def shapes(secret: bytes) -> list[str]:
    """Return every way in which a secret could stand in a text."""
    return [
        secret.hex(),
        secret[::-1].hex(),
        secret.hex()[:12],
        secret.hex()[-12:],
        str(int.from_bytes(secret, "big")),
        base64.b64encode(secret).decode().rstrip("="),
        base64.urlsafe_b64encode(secret).decode().rstrip("="),
        repr(secret)[2:-1],
        repr(secret)[2:30],
        str(list(secret))[1:-1],
    ]


def assert_hidden(text: str, *more: str) -> None:
    for shape in [*shapes(CANARY), *more]:
        assert shape not in text
        assert shape.upper() not in text


@pytest.fixture(params=["key", "credentials"])
def hidden(request: pytest.FixtureRequest) -> Hidden:
    if request.param == "key":
        return PrivateKey(CANARY)
    return ApiCredentials("id", CANARY, CANARY.hex())


@dataclasses.dataclass
class Holder:
    inside: object


@pytest.mark.parametrize(
    "write",
    [
        repr,
        str,
        format,
        ascii,
        pretty_repr,
        lambda value: f"{value:>100}",
        "{0!s} {0!r} {0:>9}".format,
        lambda value: repr([value, {value: value}]),
        lambda value: repr(Holder(value)),
        lambda value: pretty_repr(Holder([value])),
        lambda value: repr(value.sign if isinstance(value, PrivateKey) else value.reveal),
        lambda value: json.dumps(value, default=str),
    ],
)
def test_no_way_of_writing_it_shows_it(hidden: Hidden, write: Callable[[object], str]) -> None:
    text = write(hidden)

    assert "hidden" in text
    assert_hidden(text)


@pytest.mark.parametrize(
    "take",
    [
        pickle.dumps,
        lambda value: pickle.dumps(value, protocol=0),
        copy.copy,
        copy.deepcopy,
        lambda value: dataclasses.asdict(Holder(value)),
        lambda value: value.__getstate__(),
        lambda value: value.__reduce__(),
        vars,
        bytes,
        int,
        iter,
        json.dumps,
        memoryview,
    ],
)
def test_it_cannot_be_copied_pickled_or_converted(
    hidden: Hidden, take: Callable[[Any], object]
) -> None:
    with pytest.raises(TypeError) as caught:
        take(hidden)
    assert_hidden(str(caught.value))


def test_logging_shows_nothing(hidden: Hidden) -> None:
    stream = io.StringIO()
    logger = logging.Logger("test")
    logger.addHandler(logging.StreamHandler(stream))

    logger.error("%s %r %s", hidden, hidden, {"key": hidden})

    assert "hidden" in stream.getvalue()
    assert_hidden(stream.getvalue())


def raise_with(value: Any) -> None:
    """Fail in our own code, and in frames that hold the key as a local value."""
    held = [value]
    if isinstance(value, PrivateKey):
        value.sign(b"short")
    l2_headers(TEST_ADDRESS, value, 1, "GET", "no-slash")
    assert held


def test_a_traceback_with_all_local_values_shows_nothing(hidden: Hidden) -> None:
    with pytest.raises(ValueError, match=r"digest|signable") as caught:
        raise_with(hidden)

    shown = everything_about(caught.value)
    assert "raise_with" in shown
    assert "hidden" in shown
    assert_hidden(shown)


def everything_about(error: BaseException) -> str:
    """Return what traceback, rich and a cgitb-like report print, local values included."""
    console = Console(file=io.StringIO(), width=400, force_terminal=False)
    console.print(
        Traceback.from_exception(
            type(error), error, error.__traceback__, show_locals=True,
            locals_max_length=None, locals_max_string=None,
        )
    )  # fmt: skip
    plain = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert isinstance(console.file, io.StringIO)
    return "\n".join([console.file.getvalue(), *plain.format(), *frames(error.__traceback__)])


def frames(step: TracebackType | None) -> list[str]:
    """Return each frame of our own package and tests with its values and their attributes."""
    told = []
    while step is not None:
        for name, value in step.tb_frame.f_locals.items():
            told.append(f"{name} = {value!r}")
            told += [f"{name}.{slot} = {getattr(value, slot, None)!r}" for slot in dir(value)]
        step = step.tb_next
    return told


def fail_to_make(secret: object) -> BaseException:
    try:
        PrivateKey(secret)  # type: ignore[arg-type]
    except KeyStoreError as error:
        return error
    raise AssertionError("no error")


@pytest.mark.parametrize("long", [CANARY + b"\x01", CANARY[:31], bytearray(CANARY + b"\x01")])
def test_a_refused_secret_is_in_no_frame_of_ours(long: bytes) -> None:
    error = fail_to_make(long)

    step = error.__traceback__
    assert step is not None
    inside = traceback.TracebackException(type(error), error, step.tb_next, capture_locals=True)
    text = "".join(inside.format())
    assert "keys.py" in text
    assert_hidden(text)
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("text", ["?" + SECRET_TEXT, SECRET_TEXT + "é", SECRET_TEXT[:-3]])
def test_a_refused_api_secret_is_in_no_frame_of_ours(text: str) -> None:
    with pytest.raises(KeyStoreError) as caught:
        decode_secret(text)

    step = caught.value.__traceback__
    assert step is not None
    inside = traceback.TracebackException(
        KeyStoreError, caught.value, step.tb_next, capture_locals=True
    )
    assert SECRET_TEXT[:12] not in "".join(inside.format())
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "secret",
    [b"", bytes(32), CURVE_ORDER.to_bytes(32, "big"), b"\xff" * 32, bytes(33), "11" * 32, None, 7],
)
def test_what_is_no_key_is_refused(secret: object) -> None:
    assert str(fail_to_make(secret)) == (
        "a private key has 32 bytes and lies inside the curve's order."
    )


def test_the_first_and_last_number_of_the_curve_are_keys() -> None:
    assert PrivateKey(bytes(31) + b"\x01").address == "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
    assert PrivateKey((CURVE_ORDER - 1).to_bytes(32, "big")).address.startswith("0x")


def test_a_bytearray_may_be_overwritten_afterwards() -> None:
    secret = bytearray(TEST_KEY)
    key = PrivateKey(secret)
    secret[:] = bytes(32)

    assert key.address == TEST_ADDRESS
    assert key.sign(b"\x01" * 32) == PrivateKey(TEST_KEY).sign(b"\x01" * 32)


@settings(max_examples=50, deadline=None)
@given(
    st.integers(1, CURVE_ORDER - 1).map(lambda n: n.to_bytes(32, "big")),
    st.binary(min_size=32, max_size=32),
)
def test_a_signature_is_low_repeatable_and_of_this_key(secret: bytes, digest: bytes) -> None:
    key = PrivateKey(secret)
    signature = key.sign(digest)

    assert len(signature) == 65
    assert signature == key.sign(digest)
    assert 0 < int.from_bytes(signature[32:64], "big") <= CURVE_ORDER // 2
    assert signature[64] in (27, 28)
    assert recovered(digest, signature) == key.address


def recovered(digest: bytes, signature: bytes) -> str:
    plain = signature[:64] + bytes((signature[64] - 27,))
    public = PublicKey.from_signature_and_message(plain, digest, hasher=None)
    return write_address(keccak256(public.format(compressed=False)[1:])[12:])


def test_no_attribute_that_can_be_listed_holds_the_secret() -> None:
    key = PrivateKey(CANARY)

    found = {name: repr(getattr(key, name)) for name in dir(key)}

    assert_hidden(json.dumps(found))
    assert not hasattr(key, "__dict__")
    assert sys.getsizeof(key) < 200
    assert_hidden("".join(repr(member) for member in inspect.getmembers(key)))
