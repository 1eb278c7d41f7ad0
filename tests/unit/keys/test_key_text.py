"""What a person may type as a key, and the sentence for everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.keys.fakes import ADDRESS, KEY_HEX, OTHER_ADDRESS, OTHER_HEX, key, leaks, secret

from polydesk.errors import ConfigError, KeyStoreError
from polydesk.keys.address import address_of, parse_address
from polydesk.keys.key_text import CURVE_ORDER, in_range, parse_key
from polydesk.keys.secret import Secret
from polydesk.venues.polymarket.signing.keys import PrivateKey

ORDER = int.from_bytes(CURVE_ORDER, "big")


@pytest.mark.parametrize(
    "text",
    [
        KEY_HEX,
        KEY_HEX.upper(),
        f"0x{KEY_HEX}",
        f"0X{KEY_HEX}",
        f"  0x{KEY_HEX}\t\r",
        f"\n{KEY_HEX} ",
    ],
)
def test_the_usual_ways_to_write_a_key_are_read(text: str) -> None:
    assert parse_key(secret(text)).matches(key())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "this has 0"),
        (KEY_HEX[:-1], "this has 63"),
        (KEY_HEX + "0", "this has 65"),
        (f"0x0x{KEY_HEX}", "this has 66"),
        (KEY_HEX[:-1] + "g", "only the digits"),
        (KEY_HEX[:32] + " " + KEY_HEX[33:], "only the digits"),
        ("\u0664" * 32, "only the digits"),
        (ADDRESS, "that is an address"),
        (" ".join(["abandon"] * 11 + ["about"]), "recovery phrase"),
        ("0" * 64, "no private key"),
        (f"{ORDER:064x}", "no private key"),
        ("f" * 64, "no private key"),
    ],
)
def test_anything_else_is_refused_without_repeating_it(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        parse_key(secret(text))

    assert leaks(str(caught.value).encode()) == []
    assert text == "" or text not in str(caught.value)


@pytest.mark.parametrize(
    ("number", "inside"), [(0, False), (1, True), (ORDER - 1, True), (ORDER, False)]
)
def test_the_ends_of_the_range(number: int, inside: bool) -> None:
    assert in_range(Secret.copy_of(number.to_bytes(32, "big"))) is inside


@given(st.integers(0, 2**256 - 1))
def test_the_range_agrees_with_numbers(number: int) -> None:
    assert in_range(Secret.copy_of(number.to_bytes(32, "big"))) is (0 < number < ORDER)


@pytest.mark.parametrize(("text", "address"), [(KEY_HEX, ADDRESS), (OTHER_HEX, OTHER_ADDRESS)])
def test_known_keys_have_their_known_addresses(text: str, address: str) -> None:
    assert address_of(key(text)) == address


@given(st.integers(1, ORDER - 1))
def test_the_address_is_the_one_that_signs(number: int) -> None:
    raw = number.to_bytes(32, "big")

    assert address_of(Secret.copy_of(raw)) == PrivateKey(raw).address


def test_bytes_that_are_no_key_have_no_address() -> None:
    with pytest.raises(KeyStoreError, match="no private key"):
        address_of(Secret(32))


@pytest.mark.parametrize("text", [ADDRESS, ADDRESS.lower(), "0x" + ADDRESS[2:].upper()])
def test_an_address_is_read_with_or_without_its_checksum(text: str) -> None:
    assert parse_address(text) == ADDRESS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ADDRESS.replace("c", "C"), "checksum"),
        (ADDRESS[:-1], "40 hex"),
        (KEY_HEX, "40 hex"),
        ("", "40 hex"),
    ],
)
def test_a_mistyped_address_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        parse_address(text)

    assert leaks(str(caught.value).encode()) == []
