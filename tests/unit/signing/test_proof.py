"""An order that is never sent proves whose key signs, for every kind of wallet."""

from __future__ import annotations

import json

import pytest
from tests.unit.signing.known import DOMAIN, TEST_ADDRESS, TEST_KEY, VECTORS, order

from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing.keys import CURVE_ORDER, PrivateKey
from polydesk.venues.polymarket.signing.orders import SignatureType
from polydesk.venues.polymarket.signing.proof import EXCHANGES, prove_signing
from polydesk.venues.polymarket.signing.recovery import recover
from polydesk.venues.polymarket.signing.signatures import sign_order, signed_digest
from polydesk.venues.polymarket.signing.wallets import Funder, funders

MINE = PrivateKey(TEST_KEY)
OTHER = PrivateKey((7).to_bytes(32, "big"))


class Impostor:
    """Says that it is one account and signs with the key of another."""

    address = TEST_ADDRESS

    def sign(self, digest: bytes) -> bytes:
        return OTHER.sign(digest)


@pytest.mark.parametrize("funder", funders(TEST_ADDRESS), ids=lambda f: f.signature_type.name)
def test_the_key_proves_itself_for_every_exchange(funder: Funder) -> None:
    assert prove_signing(MINE, funder, 1_795_000_000_000) == tuple(EXCHANGES)
    with pytest.raises(NotSignable, match="standard exchange was signed by another key"):
        prove_signing(Impostor(), funder, 1_795_000_000_000)


def test_every_contract_is_signed_for_once() -> None:
    assert len({domain.separator for domain in EXCHANGES.values()}) == len(EXCHANGES) == 3


def test_the_account_is_recovered_from_a_published_signature() -> None:
    cases = json.loads((VECTORS / "orders_v2.json").read_bytes())["vectors"]
    expected = [case["expected"] for case in cases]
    plain = [case for case in expected if len(case["signature"]) == 2 + 2 * 65]

    assert len(plain) > 10
    for case in plain:
        digest, signature = (bytes.fromhex(case[k][2:]) for k in ("signed_digest", "signature"))
        assert recover(digest, signature) == TEST_ADDRESS


def test_a_changed_digest_is_another_account() -> None:
    signature = sign_order(order(), DOMAIN, MINE)

    assert recover(signed_digest(order(), DOMAIN), signature) == TEST_ADDRESS
    assert recover(signed_digest(order(salt=1), DOMAIN), signature) != TEST_ADDRESS


@pytest.mark.parametrize("signature", [b"", bytes(65), bytes(64) + b"\x1b", b"\xff" * 64 + b"\x1b"])
def test_what_is_no_signature_is_nobodys(signature: bytes) -> None:
    assert recover(bytes(32), signature) is None


def test_the_other_half_of_a_signature_is_refused_as_the_contracts_refuse_it() -> None:
    digest = signed_digest(order(), DOMAIN)
    good = sign_order(order(), DOMAIN, MINE)
    mirrored = CURVE_ORDER - int.from_bytes(good[32:64], "big")
    high = good[:32] + mirrored.to_bytes(32, "big") + bytes((27 + 28 - good[64],))

    assert recover(digest, good) == TEST_ADDRESS
    assert recover(digest, high) is None


def test_the_wallets_of_a_key_are_the_published_ones() -> None:
    published = json.loads((VECTORS / "wallets.json").read_bytes())
    text = json.dumps(published).lower()

    found = funders(TEST_ADDRESS.lower())
    assert [funder.signature_type for funder in found] == [
        SignatureType.EOA,
        SignatureType.POLY_PROXY,
        SignatureType.POLY_GNOSIS_SAFE,
        SignatureType.POLY_1271,
        SignatureType.POLY_1271,
    ]
    assert found[0].address == TEST_ADDRESS
    assert all(funder.address.lower() in text for funder in found)
