"""One order from its fields to its signature, beside the venue's official client."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from polydesk.bench import official
from polydesk.bench.measure import alternate, cpu_us
from polydesk.bench.results import Result, Spec
from polydesk.domain.instruments import Side
from polydesk.venues.polymarket.signing.contracts import OrderVersion, exchange_domain
from polydesk.venues.polymarket.signing.keys import PrivateKey
from polydesk.venues.polymarket.signing.orders import OrderFields, SignatureType
from polydesk.venues.polymarket.signing.signatures import sign_order
from polydesk.venues.polymarket.signing.wallets import derive_wallets

CLIENT = "official client, same curve library"
PLAIN = Spec("sign_order", "µs/order", CLIENT, budget=50)
WALLET = Spec("sign_deposit_wallet_order", "µs/order", CLIENT, budget=50)
SPECS = (PLAIN, WALLET) if official.available() else ()

SECRET = bytes(31) + b"\x01"
"""A key that everybody knows."""
TOKEN = 71321045679252212594626385532706912750332728571942532289631379312455583992563


def run(*, quick: bool) -> Iterator[Result]:
    """Measure signing."""
    if not SPECS:
        return
    rounds, count = (1, 20) if quick else (7, 500)
    owner = PrivateKey(SECRET).address
    wallet = derive_wallets(owner).deposit_beacon
    yield _compare(PLAIN, owner, SignatureType.EOA, rounds, count)
    yield _compare(WALLET, wallet, SignatureType.POLY_1271, rounds, count)


def _compare(spec: Spec, maker: str, kind: SignatureType, rounds: int, count: int) -> Result:
    domain = exchange_domain(OrderVersion.V2, neg_risk=False)
    key, client = PrivateKey(SECRET), official.OfficialSigner(SECRET)

    def ours(salt: int) -> object:
        return sign_order(_order(salt, maker, kind), domain, key)

    def theirs(salt: int) -> object:
        return client.sign(_order(salt, maker, kind), domain)

    ours(1), theirs(1)
    return spec.result(
        *alternate(lambda: _each(ours, count), lambda: _each(theirs, count), rounds),
        official.version(),
    )


def _each(sign: Callable[[int], object], count: int) -> float:
    def work() -> None:
        for salt in range(1, count + 1):
            sign(salt)

    return cpu_us(work, count)


def _order(salt: int, maker: str, kind: SignatureType) -> OrderFields:
    return OrderFields(
        salt=salt,
        maker=maker,
        signer=maker,
        token_id=TOKEN,
        maker_amount=52_000_000,
        taker_amount=100_000_000,
        side=Side.BUY,
        signature_type=kind,
        timestamp_ms=1_795_000_000_000 + salt,
    )
