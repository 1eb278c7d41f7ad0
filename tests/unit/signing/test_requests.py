"""Texts of requests, API secrets, position ids and contract calls."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.signing.known import DOMAIN, TEST_ADDRESS, TEST_KEY, TOKEN, order

from polydesk.domain.intents import TimeInForce
from polydesk.domain.units import UsdMicros
from polydesk.errors import KeyStoreError, NotSignable
from polydesk.venues.polymarket.signing import calls
from polydesk.venues.polymarket.signing.auth import (
    auth_domain,
    decode_secret,
    l1_headers,
    l2_headers,
    l2_message,
)
from polydesk.venues.polymarket.signing.body import compact, order_request
from polydesk.venues.polymarket.signing.contracts import COLLATERAL, EXCHANGE
from polydesk.venues.polymarket.signing.keys import ApiCredentials, PrivateKey
from polydesk.venues.polymarket.signing.positions import (
    Module,
    asset_number,
    decode_position,
    looks_like_position,
)
from polydesk.venues.polymarket.signing.relayer import safe_digest, sign_safe
from polydesk.venues.polymarket.signing.signatures import sign_order

KEY = PrivateKey(TEST_KEY)


def test_the_same_order_is_always_the_same_bytes() -> None:
    def text() -> bytes:
        signature = sign_order(order(), DOMAIN, KEY)
        return compact(order_request(order(), signature, "owner", TimeInForce.GTC))

    assert text() == text()
    sent = json.loads(text())
    assert sent["order"]["salt"] == 479_249_096_354
    assert sent["order"]["tokenId"] == str(TOKEN)
    assert b" " not in text()


@pytest.mark.parametrize(
    ("force", "options"),
    [
        (TimeInForce.GTD, {}),
        (TimeInForce.GTC, {"expiration_s": 1_795_000_600}),
        (TimeInForce.FAK, {"expiration_s": 1_795_000_600}),
        (TimeInForce.FAK, {"post_only": True}),
        (TimeInForce.FOK, {"post_only": True}),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    force: TimeInForce, options: dict[str, int]
) -> None:
    with pytest.raises(NotSignable):
        order_request(order(), bytes(65), "owner", force, **options)  # type: ignore[arg-type]


@given(st.binary(min_size=1, max_size=64))
def test_a_secret_is_read_in_every_writing(raw: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(raw).decode()
        assert decode_secret(text) == decode_secret(text.rstrip("=")) == raw


@pytest.mark.parametrize("text", ["a", "a b=", "ä", "abc$", "a\n"])
def test_what_is_no_secret_is_refused_without_telling_it(text: str) -> None:
    with pytest.raises(KeyStoreError) as caught:
        decode_secret(text)
    assert str(caught.value) == "the API secret is not base64."


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/orders?id=1"), ("get", "/orders"), ("GET", "orders"), ("", "/")]
)
def test_only_method_and_bare_path_are_signed(method: str, path: str) -> None:
    with pytest.raises(ValueError, match="not signable"):
        l2_message(1, method, path)


@pytest.mark.parametrize(
    "change",
    [{"timestamp_s": 2}, {"method": "POST"}, {"path": "/b"}, {"body": b"x"}],
)
def test_the_hmac_covers_every_part_of_a_request(change: dict[str, object]) -> None:
    credentials = ApiCredentials("id", b"secret", "phrase")
    parts: dict[str, object] = {"timestamp_s": 1, "method": "GET", "path": "/a", "body": b""}

    def mac(**changes: object) -> str:
        made = l2_headers(TEST_ADDRESS, credentials, **{**parts, **changes})  # type: ignore[arg-type]
        return made["POLY_SIGNATURE"]

    assert mac() == mac()
    assert mac(**change) != mac()


def test_the_statement_of_a_key_covers_time_nonce_and_chain() -> None:
    def signature(time_s: int, nonce: int, chain_id: int) -> str:
        return l1_headers(KEY, time_s, nonce=nonce, chain_id=chain_id)["POLY_SIGNATURE"]

    all_of = {signature(t, n, c) for t in (1, 2) for n in (0, 1) for c in (137, 80_002)}
    assert len(all_of) == 8
    assert auth_domain() is auth_domain()
    assert auth_domain().contract is None


@given(
    st.sampled_from(Module), st.binary(min_size=18, max_size=18), st.binary(min_size=4, max_size=4),
    st.sampled_from((0, 1)),
)  # fmt: skip
def test_a_position_id_gives_back_its_parts(
    module: Module, base: bytes, tail: bytes, outcome: int
) -> None:
    raw = bytes((module,)) + base + bytes(8) + tail + bytes((outcome,))
    asset = int.from_bytes(raw, "big")

    found = decode_position(asset)

    assert (found.module, found.condition, found.outcome) == (module, raw[:-1], outcome)
    assert looks_like_position(asset)
    assert asset_number(str(asset)) == asset


@pytest.mark.parametrize("text", ["", "-1", "0x10", "1_0", "1.0", "٣", "9" * 78, "1" * 79, " 1"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(NotSignable, match="not an id"):
        asset_number(text)


@pytest.mark.parametrize(
    "make",
    [
        lambda: calls.split(bytes(31), UsdMicros(1), neg_risk=False),
        lambda: calls.redeem(bytes(33), neg_risk=True),
        lambda: calls.split_position(bytes(32), UsdMicros(1)),
        lambda: calls.redeem_position(bytes(31), 2, UsdMicros(1)),
        lambda: calls.merge(bytes(32), UsdMicros(-1), neg_risk=False),
        lambda: calls.approve(COLLATERAL, "0x12", 1),
    ],
)
def test_a_call_that_makes_no_sense_cannot_be_made(make: Callable[[], object]) -> None:
    with pytest.raises(NotSignable):
        make()


def test_an_approval_is_for_the_amount_asked_and_can_be_taken_back() -> None:
    assert calls.approve(COLLATERAL, EXCHANGE, 5).data[-32:] == bytes(31) + b"\x05"
    assert calls.approve_all(COLLATERAL, EXCHANGE, allowed=False).data[-32:] == bytes(32)


def test_a_safe_knows_a_personal_signature_by_its_last_byte() -> None:
    call = calls.approve(COLLATERAL, EXCHANGE, 5)
    digests = {safe_digest(TEST_ADDRESS, call, nonce=nonce) for nonce in range(8)}

    assert len(digests) == 8
    assert {sign_safe(digest, KEY)[-1] for digest in digests} == {31, 32}
