"""Every row of the fault catalogue has a test, or says what is open."""

from __future__ import annotations

import ast

from tests.tools import fault_table
from tests.tools.fault_table import Row, page, proofs, rows


def test_the_catalogue_holds_every_row_once_and_in_order() -> None:
    wanted = [f"F{n:03}" for n in range(fault_table.FIRST, fault_table.LAST + 1)]
    assert [row.number for row in rows()] == wanted


def test_every_row_has_a_test_or_says_what_is_open() -> None:
    found = proofs()
    assert [
        row.number for row in rows() if not row.open.strip() and not found.get(row.number)
    ] == []


def test_what_is_said_is_said_in_words() -> None:
    for row in rows():
        assert row.fault.strip()
        assert row.required.strip()
        assert row.open == row.open.strip()
        assert "|" not in row.fault + row.required + row.open


def test_the_page_is_up_to_date() -> None:
    written = fault_table.PAGE.read_text(encoding="utf-8")
    assert written == page(rows(), proofs()), "run: python -m tests.tools.fault_table"


def test_tests_are_found_by_the_rows_in_their_names() -> None:
    module = ast.parse(
        "def test_f001_f002_both(): ...\n"
        "async def test_f003_later(): ...\n"
        "def f004_helper(): ...\n"
        "class TestIt:\n    def test_f005_inside(self): ...\n"
    )
    names = set(fault_table.test_names(module))
    assert names == {"test_f001_f002_both", "test_f003_later", "test_f005_inside"}


def test_a_row_without_tests_shows_why() -> None:
    text = page([Row("F001", "lost", "found", "no time yet")], {})
    assert text.endswith("| F001 | lost | found | open: no time yet |\n")
    assert "0 rows are proved by 0 tests. 1 rows leave" in text
