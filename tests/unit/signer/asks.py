"""What a desk asks of its signer. No secret is here: a process without any may load it."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import msgspec

from polydesk.domain.instruments import MarketVersion, Side
from polydesk.domain.intents import TimeInForce
from polydesk.signer.caps import Caps
from polydesk.signer.messages import Account, SignOrder, Start

MICROS = 1_000_000
CAPS = Caps(
    order_size=1_000 * MICROS,
    order_notional=500 * MICROS,
    notional_per_minute=100_000 * MICROS,
    notional_per_day=1_000_000 * MICROS,
    orders_per_minute=100_000,
    orders_per_day=500_000,
    longest_life_s=86_400,
)
TOKEN = "71321045679252212594626385532706912750332728571942532289631379312455583992563"
_salts = itertools.count(1)


def start_of(folder: Path, caps: Caps = CAPS, **changes: Any) -> Start:
    start = Start(folder=str(folder), key="main", account=Account(), caps=caps)
    return msgspec.structs.replace(start, **changes)


def order(**changes: Any) -> SignOrder:
    """Return a good order with a salt of its own."""
    good = SignOrder(
        token_id=TOKEN,
        side=Side.BUY,
        price=530_000,
        size=10 * MICROS,
        tick=10_000,
        version=MarketVersion.V1,
        neg_risk=False,
        time_in_force=TimeInForce.GTC,
        salt=next(_salts),
        timestamp_ms=time.time_ns() // 1_000_000,
    )
    return msgspec.structs.replace(good, **changes)
