"""Credentials are derived, or made when there are none; wallets are looked up, never guessed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import httpx
import pytest
from tests.unit.signing.known import TEST_ADDRESS, TEST_KEY

from polydesk.errors import VenueRejected, VenueUnavailable, WireError
from polydesk.runtime.clocks import LiveClock
from polydesk.venues.polymarket.enrolment import (
    CREATE,
    DERIVE,
    OwnHeaders,
    OwnProof,
    obtain_credentials,
)
from polydesk.venues.polymarket.http import HttpReader, HttpRules
from polydesk.venues.polymarket.relayer import is_deployed
from polydesk.venues.polymarket.signing.auth import auth_domain, auth_hash
from polydesk.venues.polymarket.signing.eip712 import typed_digest
from polydesk.venues.polymarket.signing.keys import ApiCredentials, PrivateKey
from polydesk.venues.polymarket.signing.orders import SignatureType
from polydesk.venues.polymarket.signing.recovery import recover
from polydesk.venues.polymarket.signing.wallets import Funder, funders
from polydesk.venues.polymarket.trading.transport import Transport

CLOB = "https://clob.example"
SECRET = b"\xfb\xff" * 16
WORDS = "deadbeef" * 8
GIVEN = {
    "apiKey": "f4f247b7-4ac7-ff29-a152-04fda0a8755a",
    "secret": base64.urlsafe_b64encode(SECRET).decode(),
    "passphrase": WORDS,
}
REFUSED = (400, {"error": "Could not derive api key!"})
Answer = tuple[int, object]


def answered(status: int, body: bytes) -> httpx.Response:
    """Return an answer whose body is yet to be read, as from a network."""
    return httpx.Response(status, stream=httpx.ByteStream(body))


class Venue:
    """Answers by path, once each, and keeps what it was asked."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = {"/auth/derive-api-key": answers.get("derive", (200, GIVEN))}
        self.answers["/auth/api-key"] = answers.get("create", (200, GIVEN))
        self.asked: list[httpx.Request] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        status, body = self.answers[request.url.path]
        if status == 0:
            raise httpx.ReadTimeout("no answer")
        return answered(status, json.dumps(body).encode())

    @property
    def paths(self) -> list[tuple[str, str]]:
        return [(request.method, request.url.path) for request in self.asked]

    async def obtain(self) -> tuple[ApiCredentials, bool]:
        clock = LiveClock()
        proof = OwnProof(PrivateKey(TEST_KEY), clock)
        transport = Transport(clock, proof, transport=httpx.MockTransport(self.handle))
        try:
            return await obtain_credentials(transport, CLOB)
        finally:
            await transport.close()


async def test_credentials_that_exist_are_derived_and_none_is_created() -> None:
    venue = Venue()
    credentials, is_new = await venue.obtain()

    assert (credentials.key, credentials.reveal(), is_new) == (
        GIVEN["apiKey"],
        (SECRET, WORDS),
        False,
    )
    assert venue.paths == [("GET", DERIVE)]


async def test_a_key_without_credentials_gets_some() -> None:
    venue = Venue(derive=REFUSED)
    credentials, is_new = await venue.obtain()

    assert (credentials.key, is_new) == (GIVEN["apiKey"], True)
    assert venue.paths == [("GET", DERIVE), ("POST", CREATE)]


async def test_each_request_is_proved_by_the_key_itself() -> None:
    venue = Venue(derive=REFUSED)
    await venue.obtain()

    for request in venue.asked:
        headers = request.headers
        digest = typed_digest(
            auth_domain(), auth_hash(TEST_ADDRESS, int(headers["POLY_TIMESTAMP"]), 0)
        )
        assert headers["POLY_ADDRESS"] == TEST_ADDRESS
        assert recover(digest, bytes.fromhex(headers["POLY_SIGNATURE"][2:])) == TEST_ADDRESS


@pytest.mark.parametrize("status", [0, 302, 408, 425, 429, 500, 503])
async def test_no_answer_to_deriving_creates_nothing(status: int) -> None:
    venue = Venue(derive=(status, {"error": "later"}))

    with pytest.raises(VenueUnavailable):
        await venue.obtain()
    assert venue.paths == [("GET", DERIVE)]


@pytest.mark.parametrize("status", [0, 500, 503])
async def test_a_creation_that_was_lost_is_not_repeated(status: int) -> None:
    venue = Venue(derive=REFUSED, create=(status, {"error": "later"}))

    with pytest.raises(VenueUnavailable):
        await venue.obtain()
    assert len(venue.asked) == 2


async def test_a_final_no_is_told_with_the_venues_words() -> None:
    venue = Venue(derive=REFUSED, create=(401, {"error": "Invalid L1 Request headers"}))

    with pytest.raises(VenueRejected, match=r"no API credentials \(401: Invalid L1 Request"):
        await venue.obtain()


@pytest.mark.parametrize(
    "body", [[], {}, "x", {**GIVEN, "secret": ""}, {**GIVEN, "apiKey": 7}, {"apiKey": "x"}]
)
async def test_incomplete_credentials_are_not_taken_and_not_shown(body: object) -> None:
    with pytest.raises(WireError, match="without complete API credentials") as caught:
        await Venue(derive=(200, body)).obtain()

    assert WORDS not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_private_requests_carry_the_accounts_own_headers() -> None:
    credentials = ApiCredentials("id", SECRET, WORDS)
    made = await OwnHeaders(TEST_ADDRESS, credentials, LiveClock()).headers("GET", "/x", b"")

    assert made["POLY_ADDRESS"] == TEST_ADDRESS
    assert made["POLY_API_KEY"] == "id"


def relayer(handle: Callable[[httpx.Request], httpx.Response]) -> HttpReader:
    rules = HttpRules(attempts=1)
    return HttpReader(LiveClock(), rules=rules, transport=httpx.MockTransport(handle))


@pytest.mark.parametrize("deployed", [True, False])
async def test_the_relayer_is_asked_by_address_and_kind(deployed: bool) -> None:
    asked: list[dict[str, str]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        return answered(200, json.dumps({"deployed": deployed}).encode())

    reader = relayer(handle)
    account, *wallets = funders(TEST_ADDRESS)
    assert await is_deployed(reader, CLOB, account)
    for funder in wallets:
        assert await is_deployed(reader, CLOB, funder) is deployed
    await reader.close()

    kinds = ["PROXY", "SAFE", "WALLET", "WALLET"]
    assert asked == [
        {"address": funder.address, "type": kind} for funder, kind in zip(wallets, kinds)
    ]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"deployed":"yes"}', b'{"deployed":null}'])
async def test_an_answer_that_does_not_say_is_no_answer(body: bytes) -> None:
    reader = relayer(lambda _: answered(200, body))

    with pytest.raises(WireError, match="did not say whether"):
        await is_deployed(reader, CLOB, Funder(TEST_ADDRESS, SignatureType.POLY_1271))
    await reader.close()
