"""Contracts of the venue and the domains under which their orders are signed.

Source: ``trading.md`` sections 1.1, 1.2 and 3.1, 2026-11.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Final

from polydesk.domain.instruments import MarketVersion
from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing.eip712 import Domain

POLYGON: Final = 137
AMOY: Final = 80_002
"""Test chain of old clients; production does not exist there."""

EXCHANGE: Final = "0xE111180000d2663C0091e4f400237545B87B996B"
NEG_RISK_EXCHANGE: Final = "0xe2222d279d744050d28e00520010520000310F59"
EXCHANGE_V3: Final = "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"
COLLATERAL: Final = "0xC011a7E12a19f7B1f670d46F03B03f3342E82DFB"
"""pUSD, six decimals."""
CONDITIONAL_TOKENS: Final = "0x4D97DCd97eC945f40cF65F87097ACe5EA0476045"
POSITION_MANAGER: Final = "0x006F54F7f9A22e0000CC2AB60031000000ae9fEF"
CTF_ADAPTER: Final = "0xAdA100Db00Ca00073811820692005400218FcE1f"
NEG_RISK_ADAPTER: Final = "0xadA2005600Dec949baf300f4C6120000bDB6eAab"
ROUTER: Final = "0x12121212006e4CD160D18e3f00711DA5c3372600"
BINARY_MODULE: Final = "0x1000008dD9001B968442c1000017eaE6E0dA00Ba"
NEG_RISK_MODULE: Final = "0x200000900045e3B6259600682756002200028933"
AUTO_REDEEMER: Final = "0xa1200000d0002264C9a1698e001292D00E1b00af"
PERPS_DEPOSIT: Final = "0xDCa4af75705dbB50f62437045afF9921947917d2"

PROXY_FACTORY: Final = "0xaB45c5A4B0c941a2F231C04C3f49182e1A254052"
PROXY_IMPLEMENTATION: Final = "0x44e999d5c2F66Ef0861317f9A4805AC2e90aEB4f"
SAFE_FACTORY: Final = "0xaacFeEa03eb1561C4e67d661e40682Bd20E3541b"
SAFE_INIT_CODE_HASH: Final = "0x2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf"
DEPOSIT_FACTORY: Final = "0x00000000000Fb5C9ADea0298D729A0CB3823Cc07"
DEPOSIT_IMPLEMENTATION: Final = "0x58CA52ebe0DadfdF531Cde7062e76746de4Db1eB"
DEPOSIT_BEACON: Final = "0x7A18EDfe055488A3128f01F563e5B479D92ffc3a"

EXCHANGE_NAME: Final = "Polymarket CTF Exchange"


class OrderVersion(StrEnum):
    """Version of the domain an order is signed for."""

    V1 = "1"
    """Refused by the venue since 2026-04-28; for reading old data only."""
    V2 = "2"
    """Outcome tokens of the CTF."""
    V3 = "3"
    """Positions of Protocol V2."""


_EXCHANGES: Final = {
    (POLYGON, OrderVersion.V1, False): "0x4bFb41d5B3570DeFd03C39a9A4D8dE6Bd8B8982E",
    (POLYGON, OrderVersion.V1, True): "0xC5d563A36AE78145C45a50134d48A1215220f80a",
    (POLYGON, OrderVersion.V2, False): EXCHANGE,
    (POLYGON, OrderVersion.V2, True): NEG_RISK_EXCHANGE,
    (POLYGON, OrderVersion.V3, False): EXCHANGE_V3,
    (POLYGON, OrderVersion.V3, True): EXCHANGE_V3,
    (AMOY, OrderVersion.V1, False): "0xdFE02Eb6733538f8Ea35D585af8DE5958AD99E40",
    (AMOY, OrderVersion.V2, False): EXCHANGE,
    (AMOY, OrderVersion.V2, True): NEG_RISK_EXCHANGE,
    (AMOY, OrderVersion.V3, False): "0x9fE6e61422AdB6F610d8597F9684b16912D50C3D",
    (AMOY, OrderVersion.V3, True): "0x9fE6e61422AdB6F610d8597F9684b16912D50C3D",
}


@cache
def exchange_domain(version: OrderVersion, neg_risk: bool, chain_id: int = POLYGON) -> Domain:
    """Return the domain of one exchange contract, always the same object.

    Raises:
        NotSignable: No such exchange is known on that chain.
    """
    contract = _EXCHANGES.get((chain_id, version, neg_risk))
    if contract is None:
        raise NotSignable(f"no exchange of version {version} is known on chain {chain_id}")
    return Domain(chain_id, EXCHANGE_NAME, version.value, contract)


def market_domain(version: MarketVersion, neg_risk: bool) -> Domain:
    """Return the domain for orders of a market, by what its catalogue record says.

    The market's ``version`` decides, never which ids it carries: many v1 markets list position
    ids that have no book.

    Raises:
        NotSignable: The market is of a version that this desk does not know.
    """
    if version is MarketVersion.V1:
        return exchange_domain(OrderVersion.V2, neg_risk)
    if version is MarketVersion.V2:
        return exchange_domain(OrderVersion.V3, neg_risk)
    raise NotSignable("the market is of a version that this desk cannot sign for")
