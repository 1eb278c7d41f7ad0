from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydesk.domain.text import DEFAULT_CAP, MAX_MARKS, clean

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\x1b\x07\x9b\u202e\u2066\u200b\u200d\ufeff\u0301\u0327\u0488\ufe0f\U000e0041\n\t a"
        ),
        st.characters(categories=["Mn", "Me", "Mc", "Cf", "Cc", "Cs", "Co", "Zl", "Zp", "Zs"]),
    )
)


def is_mark(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Me", "Mc"}


@pytest.mark.parametrize(
    ("dirty", "tidy"),
    [
        ("Will Trump win?", "Will Trump win?"),
        ("  two   words\n\tthree ", "two words three"),
        ("a\x1b[2Jb", "a[2Jb"),
        ("a\x9b31mb", "a31mb"),
        ("\x1b]52;c;aGk=\x07x", "]52;c;aGk=x"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("a\u200bb\u200db\ufeffc", "abbc"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("heart\u2764\ufe0f", "heart\u2764"),
        ("a\u034f\u3164b\U000e0100", "ab"),
        ("cafe\u0301", "caf\u00e9"),
        ("\u0301x", "x"),
        ("\u0301 \u0301x", "x"),
        ("e\u200b\u0301", "\u00e9"),
        ("a\ud800b", "a\N{REPLACEMENT CHARACTER}b"),
        ("a\ue000b", "a\N{REPLACEMENT CHARACTER}b"),
        ("line\u2028sep\u2029x", "line sep x"),
        ("[bold]$x[/]", "[bold]$x[/]"),
        ("", ""),
        ("\x00\u200b", ""),
        ("日本 Ελλάδα", "日本 Ελλάδα"),
    ],
)
def test_examples(dirty, tidy):
    assert clean(dirty) == tidy


@given(HOSTILE, st.integers(1, 60))
def test_the_result_is_one_inert_bounded_line(text, cap):
    result = clean(text, cap)
    categories = {unicodedata.category(char) for char in result}
    assert not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not any(0xFE00 <= ord(char) <= 0xFE0F for char in result)
    assert len(result) <= cap
    assert result == " ".join(result.split())
    assert result == unicodedata.normalize("NFC", result)


@given(HOSTILE, st.integers(1, 60))
def test_cleaning_twice_is_cleaning_once(text, cap):
    once = clean(text, cap)
    assert clean(once, cap) == once


@pytest.mark.parametrize("cap", range(1, 7))
def test_a_space_counts_towards_the_cap(cap):
    assert clean("ab cd ef", cap) == "ab cd ef"[:cap].strip()


@given(HOSTILE)
def test_no_base_carries_more_than_three_marks(text):
    marks = 0
    for char in clean(text):
        marks = marks + 1 if is_mark(char) else 0
        assert marks <= MAX_MARKS


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=DEFAULT_CAP))
def test_plain_text_keeps_its_words(text):
    assert clean(text).split() == text.split()


@pytest.mark.parametrize(
    "text",
    ["a" + "\u0301" * 10_000, "\u0301" * 10_000, "a" * 100_000, " " * 100_000, "\x1b" * 100_000],
)
def test_floods_are_cheap_and_short(text):
    started = time.perf_counter()
    result = clean(text)
    assert time.perf_counter() - started < 0.05
    assert len(result) <= DEFAULT_CAP


def test_a_flood_of_marks_keeps_three():
    assert clean("e" + "\u0323" * 10_000 + "x") == "\u1eb9" + "\u0323" * 3
