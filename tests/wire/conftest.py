"""Recorded payloads, and frames made of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from polydesk.domain.frames import MARKET, Frame

FIXTURES = Path(__file__).parents[1] / "fixtures"
T0 = 1_790_000_000_000_000_000


@pytest.fixture(scope="session")
def examples() -> Path:
    return FIXTURES / "examples"


@pytest.fixture(scope="session")
def recordings() -> Path:
    return FIXTURES / "recordings"


@pytest.fixture(scope="session")
def example(examples: Path) -> Callable[[str], bytes]:
    return lambda name: (examples / name).read_bytes()


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.fixture(scope="session")
def btc5m_frames(recordings: Path) -> list[Frame]:
    path = recordings / "btc5m_market_ws_20260421.jsonl.gz"
    with gzip.open(path) as lines:
        payloads = [json.loads(line)["payload"] for line in lines]
    return [Frame(MARKET, T0 + n, compact(payload)) for n, payload in enumerate(payloads)]


@pytest.fixture(scope="session")
def fed_frames(recordings: Path) -> list[Frame]:
    frames = json.loads((recordings / "fed_july_frames_20260720.json").read_bytes())
    return [Frame(MARKET, T0 + n, compact(frame)) for n, frame in enumerate(frames)]


@pytest.fixture(scope="session")
def multi_frames(recordings: Path) -> list[Frame]:
    """Socket and REST texts of one recorder, each exactly as received."""
    with gzip.open(recordings / "multi_m9-rtds-natural-20260428e.jsonl.gz") as lines:
        rows = [json.loads(line) for line in lines]
    clob = [row["payload"].encode() for row in rows if row["source"] == "polymarket_clob"]
    return [Frame(MARKET, T0 + n, text) for n, text in enumerate(clob)]
