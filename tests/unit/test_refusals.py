"""What the venue's no means, and what to do, in one sentence with its own words."""

from __future__ import annotations

import pytest

from polydesk.domain.refusals import REFUSAL_HELP, RefusalCode, explain_refusal


@pytest.mark.parametrize("code", [code for code in RefusalCode if code is not RefusalCode.OTHER])
def test_each_refusal_is_one_sentence_with_the_venues_words(code: RefusalCode) -> None:
    words = explain_refusal(code, "no")
    assert words.endswith(" (the venue: no).")
    assert REFUSAL_HELP[code].count(". ") == 0
    assert explain_refusal(code, "") == REFUSAL_HELP[code]


@pytest.mark.parametrize("code", [None, RefusalCode.OTHER])
def test_what_we_do_not_know_is_the_venues_words_alone(code: RefusalCode | None) -> None:
    assert explain_refusal(code, "a new reason") == "a new reason"
