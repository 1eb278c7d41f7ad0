"""Every denial is one sentence that says what to do."""

from __future__ import annotations

import pytest

from polydesk.domain.reasons import DENY_HELP, Denial, DenyCode, explain

FIXES = ("order", "choose", "cancel", "wait", "resume", "release", "raise", "watch", "goes on",
         "sell less", "nothing was sent", "cancels still go out")  # fmt: skip


@pytest.mark.parametrize("code", list(DenyCode))
def test_each_denial_names_its_fix_in_one_sentence(code: DenyCode) -> None:
    words = DENY_HELP[code]
    assert words.endswith(".")
    assert words.count(". ") == 0
    assert any(fix in words for fix in FIXES), words


def test_facts_come_with_the_sentence() -> None:
    denial = Denial(DenyCode.PRICE_OFF_TICK, (("price", "0.333"), ("tick", "0.01")))
    assert explain(str(denial)).endswith("(price=0.333 tick=0.01).")
    assert explain(str(denial)).startswith("The price is not on the market's current tick grid;")


@pytest.mark.parametrize("text", ["", "the venue said no: why", "KILL_LATCHED"])
def test_other_texts_stay_and_a_bare_code_is_explained(text: str) -> None:
    words = explain(text)
    assert words == (DENY_HELP[DenyCode.KILL_LATCHED] if text == "KILL_LATCHED" else text)
