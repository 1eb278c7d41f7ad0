"""An order's digest is its identity: every field and every member of the domain is in it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.signing.known import (
    DOMAIN,
    TEST_ADDRESS,
    TEST_KEY,
    WALLET,
    order,
    wallet_order,
)

from polydesk.domain.instruments import MarketVersion, Side
from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing import contracts
from polydesk.venues.polymarket.signing.addresses import parse_address, write_address
from polydesk.venues.polymarket.signing.contracts import (
    AMOY,
    POLYGON,
    OrderVersion,
    exchange_domain,
    market_domain,
)
from polydesk.venues.polymarket.signing.eip712 import UINT256_MAX, uint_word
from polydesk.venues.polymarket.signing.keys import PrivateKey
from polydesk.venues.polymarket.signing.orders import (
    MAX_SALT,
    SignatureType,
    order_digest,
    order_id,
)
from polydesk.venues.polymarket.signing.signatures import (
    sign_order,
    sign_order_with_session_key,
    signed_digest,
)

OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
KEY = PrivateKey(TEST_KEY)
WORDS = st.binary(min_size=32, max_size=32)
NUMBERS = st.integers(1, UINT256_MAX)
ADDRESSES = st.binary(min_size=20, max_size=20).map(write_address)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "salt": st.integers(1, MAX_SALT),
    "maker": ADDRESSES,
    "signer": ADDRESSES,
    "token_id": NUMBERS,
    "maker_amount": NUMBERS,
    "taker_amount": NUMBERS,
    "side": st.sampled_from(Side),
    "signature_type": st.sampled_from([SignatureType.POLY_PROXY, SignatureType.POLY_GNOSIS_SAFE]),
    "timestamp_ms": NUMBERS,
    "metadata": WORDS,
    "builder": WORDS,
}


def test_every_field_has_values_to_try() -> None:
    assert list(FIELDS) == [field.name for field in dataclasses.fields(order())]


@pytest.mark.parametrize("name", FIELDS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_digest_changes_with_every_field(name: str, data: st.DataObject) -> None:
    proxied = order(maker=WALLET, signature_type=SignatureType.POLY_PROXY)
    value = data.draw(FIELDS[name].filter(lambda value: value != getattr(proxied, name)))
    other = dataclasses.replace(proxied, **{name: value})

    assert order_digest(other, DOMAIN) != order_digest(proxied, DOMAIN)


@pytest.mark.parametrize(
    "change",
    [{"chain_id": AMOY}, {"name": "x"}, {"version": "3"}, {"contract": OTHER}, {"contract": None}],
)
def test_digest_and_signature_change_with_every_member_of_the_domain(
    change: dict[str, Any],
) -> None:
    other = dataclasses.replace(DOMAIN, **change)

    assert order_digest(order(), other) != order_digest(order(), DOMAIN)
    assert sign_order(order(), other, KEY) != sign_order(order(), DOMAIN, KEY)
    assert sign_order(wallet_order(), other, KEY) != sign_order(wallet_order(), DOMAIN, KEY)


def test_a_deposit_wallet_signs_another_digest_than_the_orders_identity() -> None:
    assert signed_digest(order(), DOMAIN) == order_digest(order(), DOMAIN)
    assert signed_digest(wallet_order(), DOMAIN) != order_digest(wallet_order(), DOMAIN)
    assert order_id(order(), DOMAIN) == "0x" + order_digest(order(), DOMAIN).hex()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"salt": 0}, "salt"),
        ({"salt": MAX_SALT + 1}, "salt"),
        ({"salt": 1.0}, "salt must be a whole number"),
        ({"salt": True}, "salt must be a whole number"),
        ({"token_id": 0}, "token id"),
        ({"token_id": UINT256_MAX + 1}, "token id"),
        ({"token_id": "71321"}, "token id must be a whole number"),
        ({"maker_amount": 0}, "maker amount"),
        ({"maker_amount": -5}, "maker amount"),
        ({"maker_amount": 52e6}, "maker amount must be a whole number"),
        ({"taker_amount": UINT256_MAX + 1}, "taker amount"),
        ({"timestamp_ms": 0}, "timestamp"),
        ({"metadata": b""}, "32 bytes"),
        ({"builder": bytes(33)}, "32 bytes"),
        ({"maker": "0x12"}, "not an address"),
        ({"maker": TEST_ADDRESS.replace("F", "f")}, "checksum"),
        ({"maker": WALLET}, "maker and signer of a EOA order"),
        ({"signature_type": SignatureType.POLY_1271, "maker": WALLET}, "POLY_1271"),
    ],
)
def test_an_order_that_must_not_be_signed_cannot_be_made(
    change: dict[str, Any], words: str
) -> None:
    with pytest.raises(NotSignable, match=words):
        order(**change)


def test_only_the_named_signer_signs() -> None:
    foreign = order(maker=OTHER, signer=OTHER)

    with pytest.raises(NotSignable, match="names the signer"):
        sign_order(foreign, DOMAIN, KEY)


def test_the_letters_of_an_address_do_not_matter() -> None:
    low = order(maker=TEST_ADDRESS.lower(), signer=TEST_ADDRESS.lower())

    assert sign_order(low, DOMAIN, KEY) == sign_order(order(), DOMAIN, KEY)


def test_only_deposit_wallets_have_session_keys() -> None:
    with pytest.raises(NotSignable, match="session"):
        sign_order_with_session_key(order(), DOMAIN, KEY)


class Answers:
    """A signer that answers with what it is told."""

    address = TEST_ADDRESS

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def sign(self, digest: bytes) -> bytes:
        return self._answer


@pytest.mark.parametrize("answer", [b"", bytes(64), bytes(65), bytes(64) + b"\x1b\x1b"])
def test_a_malformed_answer_of_a_signer_is_no_signature(answer: bytes) -> None:
    for made in (order(), wallet_order()):
        with pytest.raises(NotSignable, match="65 bytes"):
            sign_order(made, DOMAIN, Answers(answer))


@pytest.mark.parametrize(
    ("version", "neg_risk", "number", "contract"),
    [
        (MarketVersion.V1, False, "2", contracts.EXCHANGE),
        (MarketVersion.V1, True, "2", contracts.NEG_RISK_EXCHANGE),
        (MarketVersion.V2, False, "3", contracts.EXCHANGE_V3),
        (MarketVersion.V2, True, "3", contracts.EXCHANGE_V3),
    ],
)
def test_the_market_decides_the_contract(
    version: MarketVersion, neg_risk: bool, number: str, contract: str
) -> None:
    domain = market_domain(version, neg_risk)

    assert (domain.chain_id, domain.version, domain.contract) == (POLYGON, number, contract)
    assert market_domain(version, neg_risk) is domain


def test_unknown_markets_and_chains_are_refused() -> None:
    with pytest.raises(NotSignable, match="cannot sign for"):
        market_domain(MarketVersion.OTHER, neg_risk=False)
    with pytest.raises(NotSignable, match="chain 1"):
        exchange_domain(OrderVersion.V2, neg_risk=False, chain_id=1)


@given(st.binary(min_size=20, max_size=20))
def test_an_address_is_read_as_it_is_written(raw: bytes) -> None:
    assert parse_address(write_address(raw)) == raw
    assert parse_address("0x" + raw.hex()) == raw


def test_words_hold_256_bits() -> None:
    assert uint_word(UINT256_MAX) == b"\xff" * 32
    for number in (-1, UINT256_MAX + 1):
        with pytest.raises(NotSignable, match="256 bits"):
            uint_word(number)
    with pytest.raises(NotSignable, match="20 bytes"):
        write_address(bytes(21))
