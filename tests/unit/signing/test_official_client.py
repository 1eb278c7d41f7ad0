"""Two hundred fresh orders, and requests, signed by ours and by the venue's official client."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator

import pytest
from eth_account.messages import encode_typed_data
from polymarket._internal.environment import PRODUCTION_CONFIG
from polymarket._internal.hmac import build_hmac_signature
from polymarket._internal.l1_auth import sign_api_key_auth
from polymarket._internal.wallet import (
    derive_beacon_deposit_wallet_address,
    derive_proxy_wallet_address,
    derive_safe_wallet_address,
    derive_uups_deposit_wallet_address,
    wrap_deposit_wallet_session_signer_signature,
)

from polydesk.bench.official import OfficialSigner
from polydesk.domain.instruments import Side
from polydesk.venues.polymarket.signing import contracts
from polydesk.venues.polymarket.signing.auth import decode_secret, l1_headers, l2_headers
from polydesk.venues.polymarket.signing.contracts import OrderVersion, exchange_domain
from polydesk.venues.polymarket.signing.eip712 import UINT256_MAX, Domain
from polydesk.venues.polymarket.signing.keccak import keccak256
from polydesk.venues.polymarket.signing.keys import ApiCredentials, PrivateKey
from polydesk.venues.polymarket.signing.orders import (
    MAX_SALT,
    OrderFields,
    SignatureType,
    order_digest,
)
from polydesk.venues.polymarket.signing.signatures import (
    sign_order,
    sign_order_with_session_key,
    signed_digest,
)
from polydesk.venues.polymarket.signing.wallets import derive_wallets

SEED = 2_026_11
EACH = 25
"""Orders of each signature type in each version: 200 in all."""
VERSIONS = (OrderVersion.V2, OrderVersion.V3)


def secret(chance: random.Random) -> bytes:
    return chance.getrandbits(255).to_bytes(32, "big")


def maker_of(owner: str, kind: SignatureType, chance: random.Random) -> str:
    wallets = derive_wallets(owner)
    deposit = chance.choice((wallets.deposit_beacon, wallets.deposit_uups))
    return (owner, wallets.proxy, wallets.safe, deposit)[kind]


def orders(
    owner: str, kind: SignatureType, version: OrderVersion, chance: random.Random
) -> Iterator[tuple[OrderFields, Domain]]:
    """Yield random orders, standard and of negative-risk markets."""
    for _ in range(EACH):
        maker = maker_of(owner, kind, chance)
        fields = OrderFields(
            salt=chance.randint(1, MAX_SALT),
            maker=maker,
            signer=maker if kind is SignatureType.POLY_1271 else owner,
            token_id=chance.randint(1, UINT256_MAX),
            maker_amount=chance.randint(1, 10**14),
            taker_amount=chance.randint(1, 10**14),
            side=chance.choice(list(Side)),
            signature_type=kind,
            timestamp_ms=chance.randint(1_700_000_000_000, 1_900_000_000_000),
            metadata=chance.choice((bytes(32), chance.randbytes(32))),
            builder=chance.choice((bytes(32), chance.randbytes(32))),
        )
        yield fields, exchange_domain(version, neg_risk=chance.random() < 0.5)


def their_digest(typed: object) -> bytes:
    message = encode_typed_data(full_message=typed)  # type: ignore[arg-type]
    return keccak256(b"\x19" + message.version + message.header + message.body)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", SignatureType)
def test_fresh_orders_are_signed_alike(kind: SignatureType, version: OrderVersion) -> None:
    chance = random.Random(f"{SEED}{kind}{version}")
    raw = secret(chance)
    key, client = PrivateKey(raw), OfficialSigner(raw)
    assert key.address == client.account.address

    made = list(orders(key.address, kind, version, chance))
    for order, domain in made:
        theirs, typed = client.typed_data(order, domain)
        assert theirs.protocol_version == version.value
        assert signed_digest(order, domain) == their_digest(typed)
        assert "0x" + sign_order(order, domain, key).hex() == client.sign(order, domain)
    assert len(made) == EACH


@pytest.mark.parametrize("version", VERSIONS)
def test_the_identity_of_a_deposit_wallets_order_is_that_of_the_plain_struct(
    version: OrderVersion,
) -> None:
    chance = random.Random(SEED)
    client = OfficialSigner(secret(chance))
    for order, domain in orders(client.account.address, SignatureType.POLY_1271, version, chance):
        _, typed = client.typed_data(order, domain)
        plain = {
            **typed,
            "primaryType": "Order",
            "types": {name: typed["types"][name] for name in ("EIP712Domain", "Order")},
            "message": typed["message"]["contents"],
        }
        assert order_digest(order, domain) == their_digest(plain)


def test_a_session_keys_envelope_is_the_same() -> None:
    chance = random.Random(SEED)
    raw = secret(chance)
    key, client = PrivateKey(raw), OfficialSigner(raw)
    for version in VERSIONS:
        for order, domain in orders(key.address, SignatureType.POLY_1271, version, chance):
            theirs = wrap_deposit_wallet_session_signer_signature(
                client.account.address,
                client.sign(order, domain),  # type: ignore[arg-type]
            )
            assert "0x" + sign_order_with_session_key(order, domain, key).hex() == theirs


def test_wallets_of_fresh_keys_are_derived_alike() -> None:
    chance = random.Random(SEED)
    config = PRODUCTION_CONFIG.wallet_derivation
    for _ in range(20):
        owner = PrivateKey(secret(chance)).address
        ours = derive_wallets(owner)
        assert ours.proxy == derive_proxy_wallet_address(owner, config)
        assert ours.safe == derive_safe_wallet_address(owner, config)
        assert ours.deposit_beacon == derive_beacon_deposit_wallet_address(owner, config)
        assert ours.deposit_uups == derive_uups_deposit_wallet_address(owner, config)


def test_contracts_are_those_of_the_official_client() -> None:
    theirs = PRODUCTION_CONFIG
    assert theirs.standard_exchange == contracts.EXCHANGE
    assert theirs.neg_risk_exchange == contracts.NEG_RISK_EXCHANGE
    assert theirs.exchange_v3 == contracts.EXCHANGE_V3
    assert theirs.collateral_token == contracts.COLLATERAL
    assert theirs.conditional_tokens == contracts.CONDITIONAL_TOKENS
    assert theirs.position_manager == contracts.POSITION_MANAGER
    assert theirs.chain_id == contracts.POLYGON


def test_requests_of_both_levels_are_signed_alike() -> None:
    chance = random.Random(SEED)
    for nonce in range(20):
        raw, time_s = secret(chance), chance.randint(1_700_000_000, 1_900_000_000)
        key, client = PrivateKey(raw), OfficialSigner(raw)
        theirs = sign_api_key_auth(client.account, chain_id=137, timestamp=time_s, nonce=nonce)
        assert l1_headers(key, time_s, nonce=nonce)["POLY_SIGNATURE"] == theirs.signature

        api_secret = base64.urlsafe_b64encode(raw).decode().rstrip("=" * (nonce % 2))
        body = chance.choice(('{"quote":"\'é"}', ""))
        credentials = ApiCredentials("id", decode_secret(api_secret), "phrase")
        headers = l2_headers(key.address, credentials, time_s, "POST", "/order", body.encode())
        assert headers["POLY_SIGNATURE"] == build_hmac_signature(
            secret=api_secret, timestamp=time_s, method="POST", path="/order", body=body
        )
