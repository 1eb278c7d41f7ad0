"""Whatever arrives, the decoder answers with a list and counts the frame exactly once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polydesk.domain.frames import MARKET, RTDS, Frame
from polydesk.domain.units import format_micros
from polydesk.venues.polymarket.wire.decoder import Decoder
from polydesk.venues.polymarket.wire.numbers import parse_price, parse_size
from polydesk.venues.polymarket.wire.times import iso_to_ns, ms_to_ns

T0 = 1_790_000_000_000_000_000
EXAMPLES = Path(__file__).parents[1] / "fixtures" / "examples"
CHANNELS = [
    MARKET, RTDS, "control", "rest:gamma/markets", "rest:gamma/events", "rest:gamma/search",
    "rest:clob/book", "rest:clob/books", "rest:data/trades", "rest:data/activity", "rest:x", "",
]  # fmt: skip
SAMPLES = sorted(path.read_bytes() for path in EXAMPLES.glob("*.json"))
ODD = st.sampled_from(
    [None, True, -1, 0, 1e308, 2**80, "", "NaN", "1e999", " 0.5 ", "1_0", "\u0661", "\x00", "\x1b[2J",
     "\u202e", "9" * 400, [], {}, [[]], "0x", "-0.0", 0.1234567891, "[", '["a"]', "2026-13-99"]
)  # fmt: skip
KEYS = st.sampled_from(
    ["event_type", "market", "asset_id", "timestamp", "price_changes", "bids", "asks", "topic",
     "type", "payload", "markets", "events", "data", "conditionId", "error", "hash"]
)  # fmt: skip
VALUES = st.recursive(
    ODD | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
MODERATE = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def decode_counted(channel: str, text: bytes) -> Decoder:
    decoder = Decoder(wallets=None)
    events = decoder.decode(Frame(channel, T0, text))
    assert isinstance(events, list)
    assert decoder.frames == 1
    assert decoder.decode_errors + decoder.unknown_frames in {0, 1}
    assert len(decoder.broken) == decoder.decode_errors
    assert decoder.decode_errors or decoder.unknown_frames == bool(decoder.unknown_kinds)
    return decoder


def replaced(value: Any, path: list[int], fresh: Any) -> Any:
    """Return ``value`` with the node at ``path`` (taken modulo each size) replaced or removed."""
    if not path or not isinstance(value, dict | list) or not value:
        return fresh
    if isinstance(value, list):
        at = path[0] % len(value)
        return [replaced(v, path[1:], fresh) if n == at else v for n, v in enumerate(value)]
    key = sorted(value)[path[0] % len(value)]
    if len(path) == 1 and fresh is None:
        return {k: v for k, v in value.items() if k != key}
    return {k: replaced(v, path[1:], fresh) if k == key else v for k, v in value.items()}


@MODERATE
@given(st.sampled_from(CHANNELS), st.binary(max_size=200))
def test_random_bytes(channel: str, text: bytes) -> None:
    decode_counted(channel, text)


@MODERATE
@given(st.sampled_from(CHANNELS), VALUES)
def test_random_json(channel: str, value: object) -> None:
    decode_counted(channel, json.dumps(value).encode())


@MODERATE
@given(
    st.sampled_from(CHANNELS), st.sampled_from(SAMPLES),
    st.lists(st.integers(0, 30), min_size=1, max_size=5), ODD,
)  # fmt: skip
def test_real_payloads_with_one_node_replaced(
    channel: str, sample: bytes, path: list[int], fresh: object
) -> None:
    decode_counted(channel, json.dumps(replaced(json.loads(sample), path, fresh)).encode())


@MODERATE
@given(
    st.sampled_from(CHANNELS), st.sampled_from(SAMPLES), st.integers(0, 10**6),
    st.binary(max_size=3), st.booleans(),
)  # fmt: skip
def test_real_payloads_with_bytes_damaged_or_cut(
    channel: str, sample: bytes, at: int, noise: bytes, cut: bool
) -> None:
    at %= len(sample)
    decode_counted(channel, sample[:at] + noise + (b"" if cut else sample[at + 1 :]))


@MODERATE
@given(st.text(max_size=30))
def test_changes_with_any_text_as_number_are_exact_or_refused(text: str) -> None:
    entry = {"asset_id": "1", "price": text, "size": text, "side": "BUY", "hash": ""}
    change = {"market": "0x1", "price_changes": [entry], "timestamp": "1776808414710"}
    raw = json.dumps({**change, "event_type": "price_change"}, separators=(",", ":")).encode()
    decoder = Decoder()
    assert len(decoder.decode(Frame(MARKET, T0, raw))) == 1 - decoder.decode_errors


@MODERATE
@given(st.integers(0, 1_000_000))
def test_prices_survive_the_round_trip(micros: int) -> None:
    assert parse_price(format_micros(micros)) == micros


@MODERATE
@given(st.integers(0, 10**18))
def test_sizes_survive_the_round_trip(micros: int) -> None:
    assert parse_size(format_micros(micros)) == micros


@MODERATE
@given(st.integers(1_577_836_800_000, 4_102_444_799_999))
def test_times_are_the_same_as_text_and_number(ms: int) -> None:
    assert ms_to_ns(str(ms)) == ms_to_ns(ms) == ms * 1_000_000


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("2026-09-24T18:45:00Z", 1_790_275_500_000_000_000),
        ("2026-09-24 18:45:00+00", 1_790_275_500_000_000_000),
        ("2026-09-24T18:45:00.25Z", 1_790_275_500_250_000_000),
        ("2026-09-24", 1_790_208_000_000_000_000),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_in_all_forms_of_gamma(text: str | None, ns: int | None) -> None:
    assert iso_to_ns(text) == ns
