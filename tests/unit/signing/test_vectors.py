"""Every vector is reproduced, and every corrupted one is refused with its field named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.signing.known import VECTORS

from polydesk.errors import WireError
from polydesk.venues.polymarket.vectors.cases import Row, check, differences
from polydesk.venues.polymarket.vectors.files import LARGEST_FILE, READERS, check_file

COUNTS = {
    "amounts.json": 68,
    "auth_l1.json": 4,
    "auth_l2.json": 12,
    "chain_calls.json": 27,
    "fees.json": 13,
    "orders_session_key.json": 2,
    "orders_v1_legacy.json": 6,
    "orders_v2.json": 27,
    "orders_v3.json": 12,
    "position_ids.json": 10,
    "wallets.json": 1,
}
EXPECTED_PARTS = {
    "amounts.json": ("maker_amount", "taker_amount", "float_client_differs"),
    "auth_l1.json": ("expected",),
    "auth_l2.json": ("expected",),
    "orders_session_key.json": ("expected",),
    "orders_v1_legacy.json": ("expected",),
    "orders_v2.json": ("expected",),
    "orders_v3.json": ("expected",),
    "position_ids.json": ("hex", "is_protocol_v2_position", "decoded", "decode_error"),
    "wallets.json": ("poly_proxy", "gnosis_safe", "deposit_wallet_beacon", "deposit_wallet_uups"),
}
"""Where a row of ``vectors`` says what must come out."""


@pytest.mark.parametrize("name", READERS)
def test_every_vector_is_reproduced(name: str) -> None:
    outcome = check_file(VECTORS / name)

    assert outcome.mismatches == ()
    assert (outcome.checked, outcome.passed) == (COUNTS[name], COUNTS[name])


@pytest.mark.parametrize("name", EXPECTED_PARTS)
def test_no_value_of_a_result_can_change_unnoticed(name: str) -> None:
    document = json.loads((VECTORS / name).read_text())
    rows = document["vectors"]
    document["vectors"] = [rows[0]]
    for row in (rows[0], rows[-1]):
        document["vectors"] = [row]
        for part in EXPECTED_PARTS[name]:
            for holder, key, path in leaves(row, part) if part in row else ():
                before, holder[key] = holder[key], changed(holder[key])
                (case,) = READERS[name](Row(document))
                faults = check(case)
                holder[key] = before
                assert faults, (name, path)
                assert any(str(key) in fault or "body" in fault for fault in faults), (path, faults)


def leaves(holder: Any, key: Any, path: str = "") -> Iterator[tuple[Any, Any, str]]:
    """Yield every plain value below ``holder[key]`` with where it is."""
    value, here = holder[key], f"{path}.{key}"
    if isinstance(value, dict):
        for inner in value:
            yield from leaves(value, inner, here)
    else:
        yield holder, key, here


def changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return value[:-1] + ("1" if value[-1] != "1" else "2")


@pytest.mark.parametrize(
    ("name", "path", "value", "field"),
    [
        ("chain_calls.json", ("calls", 3, "data"), "0x095ea7b3", "data differs"),
        ("chain_calls.json", ("calls", 3, "name"), "burn", "name 'burn' is no known call"),
        ("chain_calls.json", ("relayer", "safe_transaction", "nonce"), "8", "safe_tx_hash differs"),
        (
            "chain_calls.json",
            ("relayer", "deposit_wallet_batch", "deadline"),
            "1",
            "digest differs",
        ),
        ("fees.json", ("fee_vectors", 5, "fee_exact"), "0.161806501", "fee_exact differs"),
        ("fees.json", ("fee_vectors", 5, "fee_rounded_5dp"), "0.16180", "fee_rounded_5dp differs"),
        ("fees.json", ("fee_vectors", 5, "exponent"), "99999999", "exponent 99999999 is out of"),
        ("fees.json", ("fee_vectors", 0, "shares"), "9" * 30 + ".5", "fee_exact differs"),
        ("fees.json", ("adjust_vectors", 0, "price"), "0", "price '0' is not between"),
        ("fees.json", ("adjust_vectors", 0, "adjusted_amount"), "sNaN", "'sNaN' is no decimal"),
        ("wallets.json", ("factories", "deposit_wallet_beacon"), "0x00", "deposit_wallet_beacon"),
        ("orders_v2.json", ("order_type_hash",), "0x00", "order_type_hash differs"),
        ("amounts.json", ("rounding_table", "0.01", "amount"), 3, "rounding.amount differs"),
        ("amounts.json", ("vectors", 0, "price"), "0.575", "the price 575000 is off the grid"),
        ("amounts.json", ("vectors", 0, "price"), 0.57, "price is no text"),
        ("orders_v2.json", ("vectors", 0, "input", "salt"), 2**53, "the salt must lie between"),
        ("orders_v2.json", ("vectors", 0, "input", "maker"), "0x12", "not an address"),
        (
            "orders_v2.json",
            ("vectors", 0, "input", "private_key"),
            "0xzz",
            "private_key is not hex",
        ),
        ("orders_v3.json", ("vectors", 0, "expected", "news"), 1, "news is not known here"),
        ("auth_l2.json", ("vectors", 0, "input", "secret"), "?", "the API secret is not base64"),
        ("auth_l2.json", ("vectors", 0, "input", "request_path"), "/a?b", "not signable"),
    ],
)
def test_a_corrupted_file_names_case_and_field(
    tmp_path: Path, name: str, path: tuple[Any, ...], value: object, field: str
) -> None:
    document = json.loads((VECTORS / name).read_text())
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    copy = tmp_path / name
    copy.write_text(json.dumps(document))

    outcome = check_file(copy)

    assert outcome.passed < outcome.checked == COUNTS[name]
    assert field in outcome.mismatches[0].what


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "no JSON at line 1, column 1"),
        (b'{"vectors": [', "no JSON at line 1"),
        (b"\xff\xfe\x00", "no JSON that can be read"),
        (b"[" * 100_000, "no JSON that can be read"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "no JSON that can be read"),
        (b"[]", "the file is no object"),
        (b"{}", "vectors is missing"),
        (b'{"vectors": []}', "vectors is no list of cases"),
        (b'{"vectors": [1]}', r"vectors\[0\] is no object"),
        (b'{"vectors": [{}]}', r"vectors\[0\].id is missing"),
        (b" " * (LARGEST_FILE + 1), "far larger"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_damaged_file_is_told_apart_from_wrong_values(
    tmp_path: Path, text: bytes, sentence: str
) -> None:
    path = tmp_path / "orders_v2.json"
    path.write_bytes(text)

    with pytest.raises(WireError, match=sentence):
        check_file(path)


def test_truth_is_not_one() -> None:
    assert list(differences({"a": True}, {"a": 1})) == ["a differs: expected True, ours 1"]
    assert list(differences({}, {"a": 1})) == ["a is missing"]
