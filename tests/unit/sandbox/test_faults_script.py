"""Reading fault scripts, and which rule is due."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from polydesk.errors import ConfigError
from polydesk.sandbox.faults.chance import Faults
from polydesk.sandbox.faults.endpoints import Endpoint, is_endpoint
from polydesk.sandbox.faults.kinds import BeforeCommit, HttpFault, SocketFault
from polydesk.sandbox.faults.script import parse_script, read_script

BEFORE = {"kind": "before_commit"}
AFTER = {"kind": "after_commit"}


def faults(*rules: dict[str, Any], seed: int = 0, **fields: object) -> Faults:
    return Faults(seed, parse_script(json.dumps({"rules": rules, **fields}).encode()))


def fired(script: Faults, count: int, path: str = "/clob/order") -> list[int]:
    """Return at which of many requests, from one, something happened."""
    return [n for n in range(1, count + 1) if script.at_request("POST", path, "") is not None]


def test_a_script_is_read_with_its_settings() -> None:
    text = b'{"seed": 7, "rules": [{"name": "a", "count": 2, "fault": {"kind": "before_commit"}}]}'
    script = parse_script(text)
    assert script.seed == 7
    assert script.rules[0].fault == BeforeCommit(how="reset")
    assert (script.rules[0].name, script.rules[0].count) == ("a", 2)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "No fault script: it is not JSON."),
        ("[]", "No fault script: expected 'object', got 'array'."),
        ("{}", "No fault script: object missing required field 'rules'."),
        (
            '{"rules": [{"fault": {"kind": "explode"}}]}',
            "No fault script: invalid value 'explode' at rules[0].fault.kind; write one of "
            "after_commit, before_commit, corrupt, delay, drip, duplicate, half_reply, late_commit, "
            "status, wrong_time.",
        ),
        (
            '{"rules": [{"fault": {"kind": "before_commit", "how": "loud"}}]}',
            "No fault script: invalid enum value 'loud' at rules[0].fault.how; write one of close, "
            "hang, reset.",
        ),
        (
            '{"rules": [{"fault": {"kind": "delay"}}]}',
            "No fault script: object missing required field 'seconds' at rules[0].fault.",
        ),
        (
            '{"rules": [{"fault": {"kind": "delay", "seconds": -1}}]}',
            "No fault script: expected 'float' > 0.0 at rules[0].fault.seconds.",
        ),
        (
            '{"rules": [{"fault": {"kind": "before_commit"}, "mach": {}}]}',
            "No fault script: object contains unknown field 'mach' at rules[0].",
        ),
        (
            '{"rules": [{"fault": {"kind": "before_commit"}, "match": {"endpoint": "x"}}]}',
            "No fault script: invalid enum value 'x' at rules[0].match.endpoint; write one of auth, "
            "balance, book, cancel, cancel-all, cancel-many, cancel-market, cancel-one, heartbeat, "
            "open-orders, order, order-by-id, orders, place, time, trades.",
        ),
        (
            '{"rules": [{"fault": {"kind": "freeze"}}]}',
            "No fault script: invalid value 'freeze' at rules[0].fault.kind; write one of "
            "after_commit, before_commit, corrupt, delay, drip, duplicate, half_reply, late_commit, "
            "status, wrong_time.",
        ),
        (
            '{"rules": [{"fault": {"kind": "freeze"}, "match": {"socket": "user", "path": "/"}}]}',
            "No fault script: socket does not go with path at rules[0].match.",
        ),
        (
            '{"rules": [{"fault": {"kind": "before_commit"}, "match": {"nth": 1, "every": 2}}]}',
            "No fault script: write only one of nth and every at rules[0].match.",
        ),
        (
            '{"rules": [{"fault": {"kind": "before_commit"}, "match": {"connection": 2}}]}',
            "No fault script: connection needs socket at rules[0].match.",
        ),
    ],
)
def test_a_bad_script_is_one_sentence_that_names_the_field(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_script(text.encode())
    assert str(caught.value) == sentence


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Cannot read the fault script .*none.json: No such"):
        read_script(tmp_path / "none.json")


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text("nope")
    with pytest.raises(ConfigError, match=r"bad.json: No fault script: it is not JSON"):
        read_script(path)


def test_selectors_choose_requests_by_count() -> None:
    assert fired(faults({"fault": BEFORE}), 3) == [1, 2, 3]
    assert fired(faults({"fault": BEFORE, "count": 2}), 5) == [1, 2]
    assert fired(faults({"fault": BEFORE, "match": {"nth": 2}}), 5) == [2]
    assert fired(faults({"fault": BEFORE, "match": {"nth": [1, 4]}}), 5) == [1, 4]
    assert fired(faults({"fault": BEFORE, "match": {"every": 2}}), 5) == [2, 4]
    assert fired(faults({"fault": BEFORE, "match": {"probability": 0}}), 9) == []


def test_a_rule_counts_on_while_an_earlier_one_fires() -> None:
    script = faults(
        {"fault": BEFORE, "match": {"nth": 2}, "name": "earlier"},
        {"fault": AFTER, "match": {"nth": [2, 3]}, "name": "later"},
    )
    rules = [script.at_request("POST", "/clob/order", "") for _ in range(4)]

    assert [rule and rule.name for rule in rules] == [None, "earlier", "later", None]


def test_chances_come_from_the_seed_alone() -> None:
    rule = {"fault": BEFORE, "match": {"probability": 0.3}}
    first = fired(faults(rule, seed=1), 50)
    assert 5 < len(first) < 30
    assert fired(faults(rule, seed=1), 50) == first
    assert fired(faults(rule, seed=2), 50) != first
    own = parse_script(json.dumps({"rules": [rule], "seed": 1}).encode())
    assert fired(Faults(2, own), 50) == first


def test_the_first_rule_that_is_due_decides_and_all_count() -> None:
    script = faults({"fault": BEFORE, "match": {"nth": 2}}, {"fault": AFTER, "match": {"every": 2}})
    found = [script.at_request("POST", "/clob/order", "") for _ in range(4)]
    assert [rule and rule.fault.name for rule in found] == [
        None,
        "before_commit",
        None,
        "after_commit",
    ]
    rows = script.plain()["rules"]
    assert [(row["matched"], row["fired"]) for row in rows] == [(4, 1), (4, 1)]


def test_a_match_is_about_method_path_endpoint_and_signer() -> None:
    match = {"method": "post", "path": "/clob/", "endpoint": "order", "signer": "0xAB"}
    script = faults({"fault": BEFORE, "match": match})
    assert script.at_request("GET", "/clob/order", "0xab") is None
    assert script.at_request("POST", "/clob/orders", "0xab") is None
    assert script.at_request("POST", "/clob/order", "0xcd") is None
    assert script.at_request("POST", "/clob/order", "0xab") is not None
    assert script.plain()["rules"][0]["matched"] == 1


def test_endpoints_have_names_and_groups() -> None:
    assert is_endpoint("place", "POST", "/clob/orders")
    assert is_endpoint("cancel", "DELETE", "/clob/cancel-all")
    assert is_endpoint("order-by-id", "GET", "/clob/data/order/0x12")
    assert is_endpoint("auth", "GET", "/clob/auth/derive-api-key")
    assert not is_endpoint("place", "DELETE", "/clob/order")
    assert not is_endpoint("cancel-all", "POST", "/clob/cancel-all")


def test_another_script_starts_at_zero() -> None:
    script = faults({"fault": BEFORE, "count": 1})
    assert fired(script, 2) == [1]
    script.set(script.script)
    assert fired(script, 2) == [1]


def test_every_script_of_the_documentation_is_one() -> None:
    page = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text()
    section = page.partition("## Faults and control")[2].partition("\n## ")[0]
    blocks = [part.partition("```")[0] for part in section.split("```json\n")[1:]]
    assert len(blocks) == 4
    for block in blocks:
        assert parse_script(block.encode()).rules


def test_the_documentation_names_every_endpoint_and_kind() -> None:
    page = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text()
    kinds = [form.__struct_config__.tag for form in get_args(HttpFault) + get_args(SocketFault)]
    for word in [*get_args(Endpoint), *kinds]:
        assert f"`{word}`" in page
