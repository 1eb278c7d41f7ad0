"""Who may ask: signatures of L1 by the vectors, HMACs of L2, credentials from the seed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.signing.known import TEST_ADDRESS, TEST_KEY, VECTORS

from polydesk.sandbox.trading.auth import (
    Clocks,
    SignedRequest,
    check_l1,
    check_l2,
    check_socket,
)
from polydesk.sandbox.trading.credentials import ApiKey, KeyRing, make_key, restore_key
from polydesk.sandbox.trading.denials import Denied
from polydesk.venues.polymarket.signing.auth import l1_headers, l2_headers
from polydesk.venues.polymarket.signing.keys import ApiCredentials, PrivateKey

NOW = 1_795_000_000
CLOCKS = Clocks(exchange_s=NOW, wall_s=NOW + 10_000, tolerance_s=60)
KEY = PrivateKey(TEST_KEY)


def lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def l1_vectors() -> list[Any]:
    found: list[Any] = json.loads((VECTORS / "auth_l1.json").read_text())["vectors"]
    return [vector for vector in found if vector["input"]["chain_id"] == 137]


@pytest.mark.parametrize("vector", l1_vectors(), ids=lambda vector: str(vector["id"]))
def test_the_venues_own_l1_headers_are_accepted(vector: Any) -> None:
    clocks = Clocks(vector["input"]["timestamp"], 0, 60)
    found = check_l1(lower(vector["expected"]["headers"]), clocks)
    assert found == (vector["expected"]["message"]["address"], vector["input"]["nonce"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("poly_address", "0x" + "1" * 40),
        ("poly_address", "0x12"),
        ("poly_timestamp", str(NOW + 1)),
        ("poly_timestamp", "soon"),
        ("poly_nonce", "1"),
        ("poly_nonce", "²"),
        ("poly_signature", "0x" + "11" * 65),
        ("poly_signature", "0xzz"),
    ],
)
def test_a_changed_l1_header_is_refused(name: str, value: str) -> None:
    headers = {**lower(l1_headers(KEY, NOW)), name: value}
    with pytest.raises(Denied) as no:
        check_l1(headers, CLOCKS)
    assert (no.value.status, no.value.body) == (401, {"error": "Invalid L1 Request headers"})


def test_a_missing_or_old_l1_header_is_refused() -> None:
    headers = lower(l1_headers(KEY, NOW))
    del headers["poly_nonce"]
    with pytest.raises(Denied):
        check_l1(headers, CLOCKS)
    with pytest.raises(Denied):
        check_l1(lower(l1_headers(KEY, NOW - 61)), CLOCKS)


def credentials(key: ApiKey) -> ApiCredentials:
    return ApiCredentials(key.key, key.secret, key.passphrase)


def signed(key: ApiKey, at: int = NOW, path: str = "/order", body: bytes = b"{}") -> dict[str, str]:
    return lower(l2_headers(TEST_ADDRESS, credentials(key), at, "POST", path, body))


REQUEST = SignedRequest("POST", ("/order", "/clob/order"), b"{}")


@pytest.mark.parametrize("path", ["/order", "/clob/order"])
def test_a_request_is_signed_by_either_path(path: str) -> None:
    ring = KeyRing(5)
    key = ring.create(TEST_ADDRESS, 0)
    assert check_l2(signed(key, path=path), REQUEST, ring, CLOCKS).key is key


@pytest.mark.parametrize("at", [NOW - 60, NOW + 60, NOW + 10_060, NOW + 9_940])
def test_both_clocks_are_accepted_and_tell_how_far_the_exchange_is_ahead(at: int) -> None:
    ring = KeyRing(5)
    caller = check_l2(signed(ring.create(TEST_ADDRESS, 0), at), REQUEST, ring, CLOCKS)
    assert caller.ahead_s == (0 if at < NOW + 1_000 else -10_000)


@pytest.mark.parametrize("at", [NOW - 61, NOW + 61, NOW + 10_061])
def test_a_request_of_another_time_is_refused(at: int) -> None:
    ring = KeyRing(5)
    headers = signed(ring.create(TEST_ADDRESS, 0), at)
    with pytest.raises(Denied) as no:
        check_l2(headers, REQUEST, ring, CLOCKS)
    assert (no.value.status, no.value.body) == (401, {"error": "Unauthorized/Invalid api key"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("poly_signature", "AAAA"),
        ("poly_signature", "ä"),
        ("poly_address", "0x" + "2" * 40),
        ("poly_api_key", "f4f247b7-4ac7-ff29-a152-04fda0a8755a"),
        ("poly_passphrase", "ab" * 32),
        ("poly_timestamp", str(NOW - 1)),
    ],
)
def test_a_changed_l2_header_is_refused(name: str, value: str) -> None:
    ring = KeyRing(5)
    headers = {**signed(ring.create(TEST_ADDRESS, 0)), name: value}
    with pytest.raises(Denied):
        check_l2(headers, REQUEST, ring, CLOCKS)


@pytest.mark.parametrize("change", [{"method": "DELETE"}, {"body": b"{} "}, {"paths": ("/x",)}])
def test_another_method_path_or_body_is_refused(change: Any) -> None:
    ring = KeyRing(5)
    fields = {"method": "POST", "paths": ("/order",), "body": b"{}", **change}
    with pytest.raises(Denied):
        check_l2(signed(ring.create(TEST_ADDRESS, 0)), SignedRequest(**fields), ring, CLOCKS)


def test_credentials_are_a_function_of_seed_address_and_nonce() -> None:
    same = make_key(5, TEST_ADDRESS, 7)
    assert make_key(5, TEST_ADDRESS, 7) == same
    others = [
        make_key(6, TEST_ADDRESS, 7),
        make_key(5, TEST_ADDRESS, 8),
        make_key(5, "0x" + "3" * 40, 7),
    ]
    assert len({same.key, *(other.key for other in others)}) == 4
    assert len({same.secret, *(other.secret for other in others)}) == 4


def test_a_restarted_exchange_knows_its_credentials_again() -> None:
    given = make_key(5, TEST_ADDRESS, 7)
    assert KeyRing(5).find(given.key, given.passphrase) == given
    assert KeyRing(6).find(given.key, given.passphrase) is None
    assert restore_key(5, given.key, given.passphrase[:-2]) is None
    assert restore_key(5, given.key, "no hex") is None


def test_a_nonce_names_one_set_of_credentials() -> None:
    ring = KeyRing(5)
    with pytest.raises(Denied, match="Could not derive api key!"):
        ring.derive(TEST_ADDRESS, 0)
    made = ring.create(TEST_ADDRESS, 0)
    with pytest.raises(Denied, match="Could not create api key"):
        ring.create(TEST_ADDRESS, 0)
    assert ring.derive(TEST_ADDRESS, 0) is made
    assert ring.of_address(TEST_ADDRESS) == [made]
    ring.revoke(made)
    assert ring.find(made.key, made.passphrase) is None


def test_a_socket_shows_key_secret_and_passphrase() -> None:
    ring = KeyRing(5)
    key = ring.create(TEST_ADDRESS, 0)
    shown = {"apiKey": key.key, **key.as_json()}
    assert check_socket(shown, ring) is key
    for name in ("apiKey", "secret", "passphrase"):
        assert check_socket({**shown, name: "AAAA"}, ring) is None
        assert check_socket({**shown, name: 5}, ring) is None
    assert check_socket({**shown, "secret": "***"}, ring) is None
    assert check_socket(None, ring) is None
