"""A first order with a key of no value, so that the second one finds everything loaded."""

from __future__ import annotations

from polydesk.domain.instruments import MarketVersion, Side
from polydesk.domain.intents import TimeInForce
from polydesk.signer.caps import Caps, Meter
from polydesk.signer.clock import OwnClock
from polydesk.signer.messages import Account, SignOrder
from polydesk.signer.orders import OrderSigner, maker_of
from polydesk.venues.polymarket.signing.keys import KEY_BYTES, PrivateKey

_KNOWN_KEY = (1).to_bytes(KEY_BYTES, "big")
"""Everybody's: it owns nothing."""
_ENOUGH = 10**9


def rehearse() -> None:
    """Sign one order that is thrown away."""
    clock = OwnClock()
    key = PrivateKey(_KNOWN_KEY)
    caps = Caps(_ENOUGH, _ENOUGH, _ENOUGH, _ENOUGH, 1, 1, 0)
    maker = maker_of(Account(), key.address)
    OrderSigner(key, maker, lambda: "-", Meter(caps), clock).sign(
        SignOrder(
            token_id="1",
            side=Side.BUY,
            price=500_000,
            size=5_000_000,
            tick=10_000,
            version=MarketVersion.V1,
            neg_risk=False,
            time_in_force=TimeInForce.GTC,
            salt=1,
            timestamp_ms=clock.now_ns() // 1_000_000,
        )
    )
