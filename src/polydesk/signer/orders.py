"""Signing one order inside the signer: what is asked becomes amounts, digest and request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from polydesk.domain.instruments import MarketVersion, Side
from polydesk.domain.intents import DROPPED_EARLY_S, TimeInForce
from polydesk.domain.units import (
    MICROS,
    PriceMicros,
    ShareMicros,
    UsdMicros,
    notional_ceil,
    notional_floor,
    shares_for,
)
from polydesk.errors import NotSignable, SignerRefused
from polydesk.ports import Clock, Signer
from polydesk.signer.caps import Meter
from polydesk.signer.messages import Account, SignedOrder, SignOrder
from polydesk.venues.polymarket.signing.addresses import parse_address, write_address
from polydesk.venues.polymarket.signing.amounts import (
    Amounts,
    limit_amounts,
    market_buy_amounts,
)
from polydesk.venues.polymarket.signing.body import compact, order_request
from polydesk.venues.polymarket.signing.contracts import market_domain
from polydesk.venues.polymarket.signing.eip712 import WORD, ZERO_WORD, Domain
from polydesk.venues.polymarket.signing.orders import (
    MAX_SALT,
    OrderFields,
    SignatureType,
    order_digest,
)
from polydesk.venues.polymarket.signing.positions import asset_number, looks_like_position
from polydesk.venues.polymarket.signing.signatures import (
    checked,
    sign_order,
    sign_order_with_session_key,
)

CLOCK_MS: Final = 60_000
"""How far an order's time may be from the signer's own."""
_IMMEDIATE: Final = frozenset({TimeInForce.FAK, TimeInForce.FOK})


@dataclass(frozen=True, slots=True)
class Maker:
    """The wallet whose orders are signed."""

    address: str
    """Holds the funds."""
    signer: str
    """Named as the signer."""
    kind: SignatureType
    is_session_key: bool
    builder: bytes


def maker_of(account: Account, address: str) -> Maker:
    """Return who trades with the key of an address.

    Raises:
        NotSignable: The account does not fit the key.
    """
    kind = account.signature_type
    builder = _builder(account.builder)
    if kind is SignatureType.EOA:
        if account.funder and parse_address(account.funder) != parse_address(address):
            raise NotSignable("a plain account holds its own funds; leave the wallet out")
        return Maker(address, address, kind, False, builder)
    if not account.funder:
        raise NotSignable(f"orders of type {kind.name} need the wallet that holds the funds")
    funder = write_address(parse_address(account.funder))
    is_deposit = kind is SignatureType.POLY_1271
    if account.is_session_key and not is_deposit:
        raise NotSignable("only deposit wallets have session keys")
    signer = funder if is_deposit else address
    return Maker(funder, signer, kind, account.is_session_key, builder)


class Draft(NamedTuple):
    """What is worked out of an order without the key."""

    ask: SignOrder
    amounts: Amounts
    fields: OrderFields
    domain: Domain
    digest: bytes


class OrderSigner:
    """Signs orders within the caps; each salt once."""

    def __init__(
        self, key: Signer, maker: Maker, owner: Callable[[], str], meter: Meter, clock: Clock
    ) -> None:
        """Take what it signs with.

        Args:
            key: The private key.
            maker: The wallet.
            owner: Gives the id of the API key, or raises SignerRefused.
            meter: The caps.
            clock: Venue time and steady time.
        """
        self._key = key
        self._maker = maker
        self._owner = owner
        self._meter = meter
        self._clock = clock
        self._salts: set[int] = set()
        self._expected: Draft | None = None

    def expect(self, ask: SignOrder) -> None:
        """Work out ahead what needs no key; whether it is signed, ``sign`` decides as always.

        Raises:
            NotSignable: The order is off the grid, out of range or contradicts itself.
        """
        self._expected = self._draft(ask)

    def sign(self, ask: SignOrder) -> SignedOrder:
        """Sign an order.

        Raises:
            SignerRefused: A cap, the clock or an earlier use of the salt says no.
            NotSignable: The order is off the grid, out of range or contradicts itself.
        """
        owner = self._owner()
        now = self._clock.monotonic_ns()
        self._check_times(ask)
        if not 0 < ask.salt <= MAX_SALT or ask.salt in self._salts:
            raise SignerRefused("the salt is out of range, or was used before")
        draft, self._expected = self._expected, None
        if draft is None or draft.ask != ask:
            draft = self._draft(ask)
        amounts = draft.amounts
        notional = self._check_caps(ask, amounts, now)
        signature = self._signature(draft)
        request = order_request(
            draft.fields,
            signature,
            owner,
            ask.time_in_force,
            expiration_s=ask.expiration_s,
            post_only=ask.post_only,
        )
        name, body = "0x" + draft.digest.hex(), compact(request)
        signed = SignedOrder(name, body, amounts.maker, amounts.taker)
        self._salts.add(ask.salt)
        self._meter.count(now, notional)
        return signed

    def _draft(self, ask: SignOrder) -> Draft:
        asset = asset_number(ask.token_id)
        domain, amounts = domain_of(ask, asset), amounts_of(ask)
        fields = self._fields(ask, asset, amounts)
        return Draft(ask, amounts, fields, domain, order_digest(fields, domain))

    def _check_times(self, ask: SignOrder) -> None:
        now_ms = self._clock.now_ns() // 1_000_000
        if abs(ask.timestamp_ms - now_ms) > CLOCK_MS:
            raise SignerRefused("the order's time is more than a minute from the signer's clock")
        if ask.time_in_force is not TimeInForce.GTD:
            return
        ahead_s = ask.expiration_s - now_ms // 1_000
        if ahead_s <= DROPPED_EARLY_S:
            raise SignerRefused("the order would have expired when it reaches the book")
        if ahead_s > self._meter.caps.longest_life_s:
            longest = self._meter.caps.longest_life_s
            raise SignerRefused(f"the signer's cap: a GTD order lives {longest} s at most")

    def _check_caps(self, ask: SignOrder, amounts: Amounts, now: int) -> int:
        """Return the notional of an order that no cap forbids, micro-pUSD."""
        price = PriceMicros(ask.price)
        if ask.side is Side.SELL:
            size, notional = amounts.maker, notional_ceil(price, ShareMicros(amounts.maker))
        else:
            # A market buy spends its cash, whatever shares it gets for it.
            size = max(amounts.taker, shares_for(UsdMicros(amounts.maker), price))
            notional = UsdMicros(amounts.maker)
        self._meter.check(now, ask.side, price=price, size=size, notional=notional)
        return notional

    def _fields(self, ask: SignOrder, asset: int, amounts: Amounts) -> OrderFields:
        maker = self._maker
        return OrderFields(
            salt=ask.salt,
            maker=maker.address,
            signer=maker.signer,
            token_id=asset,
            maker_amount=amounts.maker,
            taker_amount=amounts.taker,
            side=ask.side,
            signature_type=maker.kind,
            timestamp_ms=ask.timestamp_ms,
            builder=maker.builder,
        )

    def _signature(self, draft: Draft) -> bytes:
        if self._maker.kind is not SignatureType.POLY_1271:
            # The signer named in the order is this key's account: ``maker_of`` put it there.
            return checked(self._key.sign(draft.digest))
        if self._maker.is_session_key:
            return sign_order_with_session_key(draft.fields, draft.domain, self._key)
        return sign_order(draft.fields, draft.domain, self._key)


def domain_of(ask: SignOrder, asset: int) -> Domain:
    """Return one of the three exchanges' domains, on Polygon.

    Raises:
        NotSignable: The id is none of such a market.
    """
    if ask.version is MarketVersion.V2 and not looks_like_position(asset):
        raise NotSignable("the market trades positions, and this id is none")
    return market_domain(ask.version, ask.neg_risk)


def amounts_of(ask: SignOrder) -> Amounts:
    """Return what an order gives and wants.

    Raises:
        NotSignable: Its price or its size cannot be traded.
    """
    price, tick = PriceMicros(ask.price), PriceMicros(ask.tick)
    if not 0 < ask.price < MICROS:
        raise NotSignable("a price lies between 0 and 1")
    if (ask.size > 0) == (ask.cash > 0) or ask.size < 0 or ask.cash < 0:
        raise NotSignable("an order states its size or its cash")
    is_market_buy = ask.side is Side.BUY and ask.time_in_force in _IMMEDIATE
    if not is_market_buy:
        if ask.cash:
            raise NotSignable("only FAK and FOK buys are stated in cash")
        return limit_amounts(ask.side, price, ShareMicros(ask.size), tick)
    # The venue takes whole cents of a market buy, so one in shares gives no more than they cost.
    cash = UsdMicros(ask.cash) if ask.cash else notional_floor(price, ShareMicros(ask.size))
    return market_buy_amounts(cash, price, tick)


def _builder(text: str) -> bytes:
    if not text:
        return ZERO_WORD
    try:
        code = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        code = b""
    if len(code) != WORD:
        raise NotSignable("a builder code has 0x and 64 hexadecimal digits")
    return code
