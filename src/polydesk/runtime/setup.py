"""Checking an account before it trades: wallet, region, clock, credentials, funds, signature.

Nothing here changes anything at the venue but making API credentials, and nothing is stored.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from polydesk.config.profile import WALLET_TYPES
from polydesk.domain.units import MICROS, UsdMicros, format_micros
from polydesk.errors import PolydeskError, VenueRejected
from polydesk.ports import Clock, Signer
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.venue import venue_clock
from polydesk.venues.polymarket.enrolment import OwnHeaders, OwnProof, obtain_credentials
from polydesk.venues.polymarket.http import HttpReader
from polydesk.venues.polymarket.relayer import is_deployed
from polydesk.venues.polymarket.signing.keys import ApiCredentials
from polydesk.venues.polymarket.signing.orders import SignatureType
from polydesk.venues.polymarket.signing.proof import EXCHANGES, prove_signing
from polydesk.venues.polymarket.signing.wallets import Funder, funders
from polydesk.venues.polymarket.trading.account import COLLATERAL, Region
from polydesk.venues.polymarket.trading.client import TradingRest
from polydesk.venues.polymarket.trading.transport import Authenticate, Transport
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.user_orders import OwnIdentity

NO_LIMIT: Final = UsdMicros(10**18)
"""Allowances from here on count as unlimited."""
NEW_KEY_S: Final = 120.0
"""How long new credentials may be refused. Source: ``trading.md`` section 2.2, 2026-11."""
NEW_KEY_EVERY_S: Final = 5.0
_HOW_TO_FUND: Final = {
    True: "deposit there, or log in on the venue's site, which makes the deposit wallet that "
    "accounts since May 2026 need, and run `polydesk setup` again.",
    False: "deposit on the venue's site, or name another wallet with --wallet.",
}
"""By whether it is the key's own account. Source: ``trading.md`` section 3.4, 2026-11."""
_NS: Final = 1_000_000_000
T = TypeVar("T")
Tell = Callable[[str], None]


class NotReady(PolydeskError):
    """This account cannot trade from here; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when we are, by the venue's word."""

    region: Region
    clock: LiveClock
    """On the venue's time."""


@dataclass(frozen=True, slots=True)
class Account:
    """What the venue says about a key and its wallet."""

    credentials: ApiCredentials
    is_new: bool
    """Whether the credentials were made just now."""
    closed_only: bool
    balance: UsdMicros
    allowances: Mapping[str, UsdMicros]
    """By name of the exchange; micro-dollars."""
    signed_for: tuple[str, ...]
    """Exchanges for which an order was signed, sent to none, and recovered."""


def funder_of(address: str, wanted: str) -> Funder | None:
    """Return a wallet with its type, None when the key of ``address`` does not control it."""
    mine = {funder.address.lower(): funder for funder in funders(address)}
    return mine.get(wanted.lower())


async def reach(hosts: Hosts) -> Place:
    """Reach the venue and ask whether orders from here are taken; a no is never worked around.

    Source: ``trading.md`` section 12, 2026-11.

    Raises:
        NotReady: They are not.
        VenueUnavailable: The venue gave no usable answer.
    """
    clock = await venue_clock(hosts)
    rest = TradingRest(hosts, clock, _Nobody(), OwnIdentity("", frozenset()), tell=_unsaid)
    try:
        region = await rest.geoblock()
    finally:
        await rest.close()
    if region.blocked:
        place = "-".join(part for part in (region.country, region.region) if part) or "here"
        raise NotReady(
            f"the venue takes no orders from where you are ({place}), so nothing was set up; "
            "paper trading works everywhere."
        )
    return Place(region, clock)


async def find_wallet(hosts: Hosts, clock: Clock, address: str, wanted: Funder | None) -> Funder:
    """Return the wallet a key trades for; it exists on chain.

    Args:
        hosts: Where the venue lives.
        clock: Any.
        address: The key's account.
        wanted: The wallet that was asked for; None looks for the one that is deployed.

    Raises:
        NotReady: It is not there, or there are several.
        VenueUnavailable: The venue gave no usable answer.
    """
    reader = HttpReader(clock)
    try:
        if wanted is not None:
            return await _existing(reader, hosts.relayer, wanted)
        return await _only(reader, hosts.relayer, address)
    finally:
        await reader.close()


async def examine(hosts: Hosts, clock: Clock, funder: Funder, key: Signer, tell: Tell) -> Account:
    """Check with the key: signature, credentials, what the account may do and holds.

    Args:
        hosts: Where the venue lives.
        clock: On the venue's time.
        funder: The wallet that the key trades for.
        key: The private key.
        tell: Takes a sentence when this needs patience.

    Raises:
        NotReady: The venue does not take what the key signs.
        NotSignable: The key signs wrongly.
        VenueUnavailable: The venue gave no usable answer.
    """
    signed_for = prove_signing(key, funder, clock.now_ns() // 1_000_000)
    credentials, is_new = await _credentials(hosts, clock, key)
    own = OwnIdentity(credentials.key, frozenset({funder.address.lower()}))
    headers = OwnHeaders(key.address, credentials, clock)
    rest = TradingRest(hosts, clock, headers, own, tell=_unsaid)
    kind = int(funder.signature_type)
    try:
        closed_only = await patiently(rest.closed_only, clock, is_new, tell)
        # The venue remembers what it last read of the chain; deposits and approvals are newer.
        await rest.update_balance(COLLATERAL, None, kind)
        balance = (await rest.balance(COLLATERAL, None, kind)).balance
        allowances = _by_exchange(await rest.allowances(kind))
    except VenueRejected as error:
        raise NotReady(
            f"the venue does not take this key's credentials ({error}); set the computer's clock "
            "and run `polydesk setup` again."
        ) from error
    finally:
        await rest.close()
    return Account(credentials, is_new, closed_only, balance, allowances, signed_for)


def warnings(place: Place, funder: Funder, account: Account, most: UsdMicros) -> list[str]:
    """Return a sentence with its fix for everything that is unwise or in the way of some orders.

    Args:
        place: Where and when we are.
        funder: The wallet.
        account: What the venue says.
        most: What the desk may have at risk in all, micro-dollars.
    """
    found = []
    if place.clock.offset_ns:
        seconds = place.clock.offset_ns // _NS
        way = "behind" if seconds > 0 else "ahead of"
        found.append(
            f"this computer's clock is {abs(seconds)} s {way} the venue's: set it; until then "
            "the desk corrects for it."
        )
    if account.closed_only:
        found.append(
            "the venue lets this account only reduce positions: buys are refused until it says "
            "otherwise."
        )
    if account.balance <= 0:
        found.append(
            f"the {describe(funder)} holds no pUSD: {_HOW_TO_FUND[funder.signature_type is SignatureType.EOA]}"
        )
    if account.balance > most:
        found.append(
            f"the wallet holds {format_micros(account.balance, min_decimals=2)} pUSD, but the desk "
            f"may risk {format_micros(most)} in all ([risk] max_total_usd): keep the rest in a "
            "wallet whose key is not on this computer."
        )
    found.extend(_missing_allowances(account))
    return found


def _missing_allowances(account: Account) -> list[str]:
    short = [name for name, amount in account.allowances.items() if amount < _needed(account)]
    if not short:
        return []
    return [
        f"the wallet allows too little pUSD to the {' and '.join(short)} "
        f"exchange{'s' if len(short) > 1 else ''}: approve trading once on the venue's site, then "
        "run `polydesk setup` again; buys in such markets are refused until then."
    ]


def _needed(account: Account) -> int:
    """Return what an exchange should be allowed to take: all there is, and never nothing."""
    return max(account.balance, MICROS)


def allowance_text(amount: UsdMicros) -> str:
    """Write an allowance for a person."""
    return "unlimited" if amount >= NO_LIMIT else format_micros(amount, min_decimals=2)


def _unsaid(_: str) -> None:
    """Say nothing: the clock was measured before, and every other failure is raised."""


class _Nobody(Authenticate):
    """Public questions need no proof."""

    async def headers(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        raise NotReady("the key is not open yet.")


async def _existing(reader: HttpReader, relayer: str, wanted: Funder) -> Funder:
    if await is_deployed(reader, relayer, wanted):
        return wanted
    raise NotReady(
        f"the {describe(wanted)} does not exist on chain yet: log in once on the venue's site "
        "with this key, which makes it, then run `polydesk setup` again."
    )


async def _only(reader: HttpReader, relayer: str, address: str) -> Funder:
    """Return the one deployed wallet of a key, or its own account when it has none."""
    account, *wallets = funders(address)
    there = [wallet for wallet in wallets if await is_deployed(reader, relayer, wallet)]
    if len(there) > 1:
        raise NotReady(
            f"this key has {len(there)} wallets ({'; '.join(map(describe, there))}): run "
            "`polydesk setup --wallet ADDRESS` with the one that your profile on the venue's site "
            "shows."
        )
    return there[0] if there else account


async def _credentials(hosts: Hosts, clock: Clock, key: Signer) -> tuple[ApiCredentials, bool]:
    transport = Transport(clock, OwnProof(key, clock))
    try:
        return await obtain_credentials(transport, hosts.clob)
    except VenueRejected as error:
        raise NotReady(
            f"{error}: set the computer's clock, log in once on the venue's site with this key, "
            "and run `polydesk setup` again."
        ) from error
    finally:
        await transport.close()


async def patiently(read: Callable[[], Awaitable[T]], clock: Clock, is_new: bool, tell: Tell) -> T:
    """Read, waiting until new credentials are known everywhere at the venue.

    Args:
        read: One private read.
        clock: Measures the wait.
        is_new: Whether the credentials were made just now; others are not waited for.
        tell: Told once that this takes a while.

    Raises:
        VenueRejected: They are refused, for two minutes when they are new.
    """
    end = clock.monotonic_ns() + int(NEW_KEY_S * _NS)
    told = False
    while True:
        try:
            return await read()
        except VenueRejected:
            if not is_new or clock.monotonic_ns() >= end:
                raise
        if not told:
            told = True
            tell("the new credentials are not known everywhere yet; this takes up to two minutes.")
        await clock.sleep(NEW_KEY_EVERY_S)


def _by_exchange(by_contract: Mapping[str, UsdMicros]) -> dict[str, UsdMicros]:
    return {
        name: by_contract.get((domain.contract or "").lower(), UsdMicros(0))
        for name, domain in EXCHANGES.items()
    }


def describe(funder: Funder) -> str:
    """Name a wallet for a person."""
    kind = WALLET_TYPES[funder.signature_type]
    return f"{kind} {funder.address} (signature type {int(funder.signature_type)})"
