"""Same recording in, same state out: on every hash seed, in every folder, at every speed."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.cli import cut, polydesk

pytestmark = pytest.mark.e2e
FIELDS: dict[str, Any] = {
    "frames": int,
    "decode_errors": int,
    "unknown_kinds": int,
    "books": int,
    "book_changes": int,
    "touch_checks": {"agree": int, "disagree": int, "skipped": int},
    "hash_checks": {"match": int, "mismatch": int, "not_applicable": int},
    "trades_seen": int,
    "leader_trades": int,
    "decisions": {"copied": int, "aggregating": int, "skipped": dict},
    "orders": dict,
    "fills": int,
    "ledger": dict.fromkeys(
        ("cash", "positions_value", "realised_pnl", "unrealised_pnl", "fees", "equity",
         "net_deposits"), str,
    ),
    "state_hash": str,
    "latency_us": {
        "seen_to_decided": {"p50": float, "p99": float},
        "seen_to_order": {"p50": float, "p99": float},
    },
    "loop_lag_ms": {"p50": float, "p99": float, "max": float},
}  # fmt: skip
"""Every field that a headless session documents, with its type."""
OF_THE_MACHINE = ("latency_us", "loop_lag_ms", "damage")


def run(*arguments: str, home: Path, **more: Any) -> dict[str, Any]:
    result = polydesk(*arguments, "--headless", "--json", home=home, **more)
    assert (result.returncode, result.stderr) == (0, "")
    summary: dict[str, Any] = json.loads(result.stdout)
    return summary


def outcome(summary: dict[str, Any]) -> dict[str, Any]:
    """Return a summary without what depends on the machine."""
    return {name: value for name, value in summary.items() if name not in OF_THE_MACHINE}


def has_fields(value: Any, expected: Any) -> None:
    if isinstance(expected, dict):
        assert value.keys() >= expected.keys()
        for name, inner in expected.items():
            has_fields(value[name], inner)
    else:
        assert isinstance(value, expected), (value, expected)


def adds_up(summary: dict[str, Any]) -> None:
    money = {name: Decimal(text) for name, text in summary["ledger"].items()}
    decisions = summary["decisions"]
    decided = decisions["copied"] + decisions["aggregating"] + sum(decisions["skipped"].values())

    assert money["equity"] == money["cash"] + money["positions_value"]
    assert (
        money["equity"] == money["net_deposits"] + money["realised_pnl"] + money["unrealised_pnl"]
    )
    assert decided == summary["leader_trades"] > 0
    assert sum(summary["orders"].values()) >= decisions["copied"] > 0


def test_the_demo_is_the_same_on_other_hash_seeds_and_in_another_folder(tmp_path: Path) -> None:
    away = tmp_path / "elsewhere"
    away.mkdir()

    first = run("replay", "demo", home=tmp_path, PYTHONHASHSEED="1")
    second = run(
        "replay",
        "demo",
        "--speed",
        "max",
        home=away,
        cwd=away,
        PYTHONHASHSEED="4242",
        TZ="Asia/Tokyo",
    )

    assert outcome(first) == outcome(second)
    assert first["damage"] is None
    has_fields(first, FIELDS)
    adds_up(first)


def test_a_paced_replay_ends_like_the_fastest(tmp_path: Path) -> None:
    tape = str(cut(tmp_path / "cut.tape", frames=1_500))

    fast = run("replay", tape, home=tmp_path)
    paced = run("replay", tape, "--speed", "20x", home=tmp_path)

    assert outcome(paced) == outcome(fast)
    assert fast["frames"] == 1_500


def test_a_recorded_demo_replays_to_the_same_state_and_money(tmp_path: Path) -> None:
    tape = str(tmp_path / "session.tape")

    played = run("demo", "--record", tape, home=tmp_path, PYTHONHASHSEED="7")
    replayed = run("replay", tape, home=tmp_path, PYTHONHASHSEED="8")

    assert outcome(replayed) == outcome(played)
    assert played["fills"] > 0
    assert played["touch_checks"]["disagree"] == 0
    has_fields(played, FIELDS)
    adds_up(played)
