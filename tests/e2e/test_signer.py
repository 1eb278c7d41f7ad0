"""A real signer in a process of its own: orders and headers come back, secrets do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.signer.asks import MICROS, order, start_of
from tests.unit.signer.desk import API_KEY, API_PASSPHRASE, KEY, signer, vault_in

from polydesk.domain.instruments import Side
from polydesk.errors import ConfigError, KeyStoreError, SignerLost, SignerRefused
from polydesk.signer.messages import Account
from polydesk.venues.polymarket.signing.contracts import OrderVersion, exchange_domain
from polydesk.venues.polymarket.signing.keys import PrivateKey
from polydesk.venues.polymarket.signing.orders import OrderFields, SignatureType, order_id
from polydesk.venues.polymarket.signing.signatures import sign_order

pytestmark = pytest.mark.e2e


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    vault_in(tmp_path / "keys")
    return tmp_path / "keys"


async def test_an_order_is_signed_as_the_key_itself_would(folder: Path) -> None:
    wanted = order(side=Side.SELL, price=610_000, size=12 * MICROS + 340_000)
    async with signer(start_of(folder)) as running:
        signed = await running.sign_order(wanted)

    key = PrivateKey(KEY)
    fields = OrderFields(
        salt=wanted.salt, maker=key.address, signer=key.address, token_id=int(wanted.token_id),
        maker_amount=12_340_000, taker_amount=7_527_400, side=Side.SELL,
        signature_type=SignatureType.EOA, timestamp_ms=wanted.timestamp_ms,
    )  # fmt: skip
    domain = exchange_domain(OrderVersion.V2, False)
    body = json.loads(signed.body)
    assert signed.order_id == order_id(fields, domain)
    assert body["order"]["signature"] == "0x" + sign_order(fields, domain, key).hex()
    assert (body["owner"], body["orderType"]) == (API_KEY, "GTC")
    assert (signed.maker_amount, signed.taker_amount) == (12_340_000, 7_527_400)


async def test_headers_are_made_for_signed_bodies_only(folder: Path) -> None:
    async with signer(start_of(folder)) as running:
        one, two = await running.sign_order(order()), await running.sign_order(order())
        headers = await running.headers("POST", "/order", one.body)
        batch = b"[" + one.body + b"," + two.body + b"]"
        assert await running.headers("POST", "/orders", batch)
        forged = one.body.replace(b'"BUY"', b'"SELL"')
        with pytest.raises(SignerRefused, match="not signed here"):
            await running.headers("POST", "/order", forged)

    assert headers["POLY_ADDRESS"] == PrivateKey(KEY).address
    assert headers["POLY_API_KEY"] == API_KEY
    assert headers["POLY_PASSPHRASE"] == API_PASSPHRASE


async def test_a_wrong_passphrase_is_a_sentence(folder: Path) -> None:
    with pytest.raises(KeyStoreError, match="passphrase is wrong"):
        async with signer(start_of(folder), passphrase="not this one"):
            pass


async def test_an_unknown_key_and_an_unfit_account_are_sentences(folder: Path) -> None:
    with pytest.raises(ConfigError, match="there is no key other"):
        async with signer(start_of(folder, key="other")):
            pass
    safe = Account(SignatureType.POLY_GNOSIS_SAFE)
    with pytest.raises(ConfigError, match="need the wallet"):
        async with signer(start_of(folder, account=safe)):
            pass


async def test_a_closed_signer_is_lost(folder: Path) -> None:
    async with signer(start_of(folder)) as running:
        await running.close()
        assert running.lost.is_set()
        with pytest.raises(SignerLost, match="closed"):
            await running.sign_order(order())
