"""The official client in the signer's place: it builds and signs in the desk's own process."""

from __future__ import annotations

import asyncio

from polydesk.bench.official import OfficialSigner
from polydesk.bench.throwaway import API_KEY, SECRET
from polydesk.signer.client import Taken
from polydesk.signer.messages import SignedOrder, SignOrder
from polydesk.signer.orders import amounts_of, domain_of
from polydesk.venues.polymarket.signing.orders import OrderFields, SignatureType
from polydesk.venues.polymarket.signing.positions import asset_number


class InProcessClient:
    """Signs as the client does; amounts and domain are given to it ready made."""

    def __init__(self) -> None:
        self._client = OfficialSigner(SECRET)
        self._address: str = self._client.account.address

    def begin_order(self, order: SignOrder, take: Taken) -> None:
        """Sign at once; it is told as soon as the desk has ended its turn."""
        asyncio.get_running_loop().call_soon(take, self.sign(order))

    def be_ready(self) -> None:
        """Be ready: it is."""

    def expect_order(self, order: SignOrder) -> None:
        """Wait for the order itself: the client does everything at once."""

    def nudge(self) -> None:
        """Need no rehearsal: there is no other process."""

    def rehearse(self, order: SignOrder) -> None:
        """Sign it once more for nobody."""
        self.sign(order)

    def sign(self, ask: SignOrder) -> SignedOrder:
        """Return the order with the client's request; its id is made up, the client has none."""
        amounts, asset = amounts_of(ask), asset_number(ask.token_id)
        fields = OrderFields(
            salt=ask.salt,
            maker=self._address,
            signer=self._address,
            token_id=asset,
            maker_amount=amounts.maker,
            taker_amount=amounts.taker,
            side=ask.side,
            signature_type=SignatureType.EOA,
            timestamp_ms=ask.timestamp_ms,
        )
        body = self._client.body(fields, domain_of(ask, asset), API_KEY)
        return SignedOrder(f"0x{ask.salt:064x}", body, amounts.maker, amounts.taker)
