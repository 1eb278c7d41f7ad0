"""Keccak-256: its known values, the library's own way as the second opinion, and threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from Crypto.Hash.keccak import Keccak_Hash
from hypothesis import given
from hypothesis import strategies as st

from polydesk.venues.polymarket.signing import keccak
from polydesk.venues.polymarket.signing.keccak import keccak256

EMPTY = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
ABC = "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"


def test_known_values() -> None:
    assert keccak256(b"").hex() == EMPTY
    assert keccak256(b"abc").hex() == ABC


@given(st.binary(max_size=500))
def test_every_text_has_the_hash_the_library_gives_it(data: bytes) -> None:
    assert keccak256(data) == Keccak_Hash(data, 32, False).digest()


def test_threads_do_not_disturb_each_other() -> None:
    texts = [bytes([number % 251]) * (number * 7) for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(keccak256, texts * 5))

    assert made == [Keccak_Hash(text, 32, False).digest() for text in texts] * 5


def test_what_is_no_bytes_is_refused_and_leaves_nothing_behind() -> None:
    with pytest.raises(TypeError):
        keccak256("abc")  # type: ignore[arg-type]

    assert keccak256(b"abc").hex() == ABC


def test_a_library_of_another_form_is_used_by_its_objects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keccak, "import_module", lambda _: SimpleNamespace())

    assert keccak._fastest() is keccak._wrapped
    assert keccak._fastest()(b"abc").hex() == ABC
