"""Trading live: the paper desk's engine, screens and storage, with a venue that takes money."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from polydesk.config.models import Settings
from polydesk.config.profile import Profile
from polydesk.domain.ids import TokenId, Wallet, short_id, wallet
from polydesk.domain.units import ShareMicros, UsdMicros
from polydesk.engine.restore import Earlier
from polydesk.errors import VenueRejected
from polydesk.ports import Recorder
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.control import SessionOpened
from polydesk.runtime.desk import Desk, Wiring
from polydesk.runtime.desk_source import Session
from polydesk.runtime.earlier import earlier_of, latched, watchlist_of
from polydesk.runtime.keeping import keep_history, watch_stores
from polydesk.runtime.live_desk import LiveDesk, Parts
from polydesk.runtime.observers import StoringObserver
from polydesk.runtime.venue import Nowhere
from polydesk.runtime.venue_words import VenueWords
from polydesk.signer.caps import Caps
from polydesk.signer.client import SignerProcess
from polydesk.signer.line_client import LineSource
from polydesk.signer.messages import Account, Start
from polydesk.store.directory import DeskLock
from polydesk.store.history import HistoryWriter
from polydesk.store.journal import JOURNAL_NAME, SqliteJournal
from polydesk.store.latch import KillLatch
from polydesk.store.restore import RestoredSession, load_session
from polydesk.venues.polymarket.rest import PolymarketRest
from polydesk.venues.polymarket.signing.orders import SignatureType
from polydesk.venues.polymarket.trading.account import COLLATERAL
from polydesk.venues.polymarket.trading.client import TradingRest
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.user import OwnIdentity
from polydesk.views.models import Mode

OPENED: Final = "opened"
"""Audit row of this kind: when the live account was first opened here, nanoseconds UTC."""
DAY_S: Final = 86_400
Holdings = tuple[tuple[TokenId, ShareMicros, UsdMicros], ...]
"""(token, shares, cost)."""


@dataclass(frozen=True, slots=True)
class LiveAccount:
    """Who trades, and where its files are."""

    profile: Profile
    keys: Path
    """Folder of the list of keys."""
    directory: Path
    """Folder of this wallet's journal and history."""
    passphrase_fd: int | None = None
    """Handle from which the signer reads the passphrase; None asks on the terminal."""


@asynccontextmanager
async def live_desk(
    settings: Settings,
    account: LiveAccount,
    hosts: Hosts,
    clock: LiveClock,
    recorder: Recorder | None = None,
    at: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[LiveDesk]:
    """Open storage and signer, look at the account, and wire a desk around them.

    Args:
        settings: The person's.
        account: Who trades.
        hosts: Where the venue is.
        clock: On the venue's time.
        recorder: Takes every frame.
        at: Told each named point an order passes on its way.

    Raises:
        StoreError: Another desk uses the directory, or the journal is damaged or newer.
        ConfigError: The profile does not fit the key.
        KeyStoreError: The key cannot be opened.
        VenueUnavailable: The venue cannot be asked about the account.
        VenueRejected: The venue does not take orders from here, or not these credentials.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(DeskLock(account.directory))
        restored = load_session(account.directory / JOURNAL_NAME)
        latch = KillLatch(account.directory)
        earlier = latched(earlier_of(restored), latch)
        line = LineSource()
        stack.callback(line.close)
        signer = await SignerProcess.start(
            start_of(settings, account, clock, is_killed=earlier.killed_because is not None),
            passphrase_fd=account.passphrase_fd,
            line_fd=line.write_fd,
        )
        stack.push_async_callback(signer.close)
        line.hand_over()
        own = OwnIdentity(signer.hello.api_key, _wallets(signer))
        words = VenueWords(clock)
        rest = TradingRest(hosts, clock, signer, own, tell=words.say)
        stack.push_async_callback(rest.close)
        await check_place(rest)
        journal, history = _open_stores(stack, account.directory)
        opening = await _opening(settings, account, hosts, clock, rest, restored, earlier)
        journal.audit(clock.now_ns(), OPENED, str(opening.opened_at))
        parts = Parts(signer, line, rest, journal, own, account.profile.signature_type)
        observer = StoringObserver(journal, history, latch)
        desk = _desk(account, clock, opening, observer, recorder)
        words.show = desk.source.notify
        stack.callback(keep_history(desk, history, opening, restored).close)
        watch_stores(desk, journal, history, observer, recorder)
        live = settings.live
        yield LiveDesk(
            desk, parts, hosts, clock, heartbeat=live.heartbeat, rehearse=live.rehearse, at=at
        )


def start_of(
    settings: Settings, account: LiveAccount, clock: LiveClock, *, is_killed: bool
) -> Start:
    """Return what the signer starts with: the key, the wallet and its own caps."""
    profile = account.profile
    return Start(
        folder=str(account.keys),
        key=profile.key,
        account=Account(
            signature_type=SignatureType(profile.signature_type),
            funder="" if profile.signature_type == 0 else profile.wallet,
        ),
        caps=caps_of(settings),
        clock_offset_ms=clock.offset_ns // 1_000_000,
        is_latched=is_killed,
    )


def caps_of(settings: Settings) -> Caps:
    """Return the signer's caps: the gate's limits, and what a minute and a day may hold."""
    live, risk = settings.live, settings.risk
    return Caps(
        order_size=live.max_order_shares,
        order_notional=risk.max_order_usd,
        notional_per_minute=live.max_minute_usd,
        notional_per_day=live.max_day_usd,
        orders_per_minute=live.max_orders_per_minute,
        orders_per_day=live.max_orders_per_day,
        longest_life_s=live.longest_life_days * DAY_S,
    )


async def check_place(rest: TradingRest) -> None:
    """Refuse to begin where the venue takes no orders.

    Raises:
        VenueRejected: The place is blocked; paper mode is not.
    """
    region = await rest.geoblock()
    if region.blocked:
        where = " ".join(filter(None, (region.country, region.region)))
        raise VenueRejected(
            f"Polymarket takes no orders from here ({where}); `polydesk paper` works everywhere."
        )


async def _opening(
    settings: Settings,
    account: LiveAccount,
    hosts: Hosts,
    clock: LiveClock,
    rest: TradingRest,
    restored: RestoredSession,
    earlier: Earlier,
) -> SessionOpened:
    """Return what the session opens with; a new account takes over what the venue counts."""
    cash, opened_at = UsdMicros(0), clock.now_ns()
    holdings: Holdings = ()
    if earlier.empty:
        counted = await rest.balance(COLLATERAL, None, account.profile.signature_type)
        cash = counted.balance
        holdings = await _holdings(hosts, clock, wallet(account.profile.wallet))
    elif OPENED in restored.latest:
        opened_at = int(restored.latest[OPENED].text)
    return SessionOpened(
        cash=cash,
        leaders=tuple(leader.follow() for leader in settings.leaders),
        watch=watchlist_of(restored.latest, settings.tokens),
        limits=settings.risk.limits(),
        earlier=earlier,
        is_live=True,
        opened_at=opened_at,
        holdings=holdings,
    )


async def _holdings(hosts: Hosts, clock: LiveClock, owner: Wallet) -> Holdings:
    public = PolymarketRest(hosts, clock, Nowhere())
    try:
        held = await public.holdings(owner)
    finally:
        await public.close()
    return tuple((one.token_id, one.size, one.cost) for one in held)


def _wallets(signer: SignerProcess) -> frozenset[str]:
    return frozenset({signer.hello.address.lower(), signer.hello.maker.lower()})


def _open_stores(stack: AsyncExitStack, directory: Path) -> tuple[SqliteJournal, HistoryWriter]:
    history = HistoryWriter(directory)
    stack.callback(history.close)
    journal = SqliteJournal(directory)
    stack.callback(journal.close)
    return journal, history


def _desk(
    account: LiveAccount,
    clock: LiveClock,
    opening: SessionOpened,
    observer: StoringObserver,
    recorder: Recorder | None,
) -> Desk:
    notice = f"LIVE: real money of wallet {short_id(account.profile.wallet)}."
    return Desk(
        Wiring(
            clock=clock,
            session=Session(Mode.LIVE, notice),
            opening=opening,
            observer=observer,
            recorder=recorder,
        )
    )
