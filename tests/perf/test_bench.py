"""`polydesk bench`: the schema, every name, honest ratios. No test looks at how fast anything is."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from polydesk.bench.suite import specs

COMMAND = "from polydesk.cli.main import run; run()"


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "bench", "--json", "--quick"],
        capture_output=True,
        check=True,
        timeout=120,
    )
    value: dict[str, Any] = json.loads(done.stdout)
    return value


@pytest.fixture(scope="module")
def rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = report["results"]
    return found


def test_every_figure_is_there_once_and_in_order(rows: list[dict[str, Any]]) -> None:
    expected = [spec.name for spec in specs()]
    assert [row["name"] for row in rows] == expected
    assert len(set(expected)) == len(expected)


def test_the_machine_is_named(report: dict[str, Any]) -> None:
    assert "Python 3." in report["machine"]


def test_every_row_has_the_whole_schema(rows: list[dict[str, Any]]) -> None:
    required = {"name", "value", "unit", "baseline_name", "baseline", "ratio"}
    for row in rows:
        assert required <= set(row) <= required | {"budget", "within", "note"}, row["name"]
        assert row["unit"], row["name"]
        assert row["baseline_name"], row["name"]


def test_every_figure_was_measured(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert row["value"] > 0, row["name"]
        assert row["baseline"] > 0, row["name"]


def test_ratios_say_how_many_times_better(rows: list[dict[str, Any]]) -> None:
    higher = {spec.name for spec in specs() if spec.higher_is_better}
    for row in rows:
        ratio = row["value"] / row["baseline"]
        expected = ratio if row["name"] in higher else 1 / ratio
        assert row["ratio"] == pytest.approx(expected, rel=0.01), row["name"]


def test_budgets_are_judged_in_the_right_direction(rows: list[dict[str, Any]]) -> None:
    higher = {spec.name for spec in specs() if spec.higher_is_better}
    for row in rows:
        if "budget" in row:
            kept = row["value"] >= row["budget"]
            if row["name"] not in higher:
                kept = row["value"] <= row["budget"]
            assert row["within"] is kept, row["name"]


def test_the_path_of_a_followed_trade_has_its_budgets() -> None:
    budgets = {spec.name: (spec.unit, spec.budget) for spec in specs()}
    assert budgets["followed_trade_to_signed_p50"] == ("µs", 300)
    assert budgets["followed_trade_to_signed_p99"] == ("µs", 2_000)
    assert budgets["signer_order"] == ("µs/order", 50)


def test_the_signer_is_several_times_as_fast_as_the_official_client(
    rows: list[dict[str, Any]],
) -> None:
    """Typical: eight times; both only compute, one after the other, with one curve library."""
    assert next(row["ratio"] for row in rows if row["name"] == "signer_order") > 3
