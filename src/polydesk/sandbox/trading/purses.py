"""Whose wallet is whose, and what a wallet starts with.

A key's funds are in its own account or in a wallet that the venue's factories derive from it.
Each is opened with the starting cash when it is first used. Where a wallet of the key was
named with an amount, only named ones have money.

Source: ``trading.md`` sections 3.4 and 5.7.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from polydesk.sandbox.trading.options import TradingOptions
from polydesk.venues.polymarket.signing.orders import SignatureType
from polydesk.venues.polymarket.signing.wallets import Wallets, derive_wallets
from polydesk.venues.simulation.exchange import ExchangeCore
from polydesk.venues.simulation.exchange.accounts import CASH

wallets_of = lru_cache(maxsize=4_096)(derive_wallets)


class Purses:
    """Wallets of one round, as accounts of the exchange core; named by checksummed address."""

    def __init__(self, core: ExchangeCore, options: TradingOptions, now: Callable[[], int]) -> None:
        self._core = core
        self._options = options
        self._now = now
        self._sessions: dict[str, set[str]] = {}
        """Deposit wallets by session key."""
        self._deposit_used: dict[str, str] = {}
        """The deposit wallet a key uses."""
        for wallet, session in options.sessions:
            self.authorise(wallet, session)
        for wallet, cash in options.accounts.items():
            self._fund(wallet, cash)

    def authorise(self, wallet: str, session: str) -> None:
        """Let a session key trade for a deposit wallet."""
        self._sessions.setdefault(session, set()).add(wallet)

    def is_session_of(self, session: str, wallet: str) -> bool:
        """Return whether a key may trade for a deposit wallet that is not its own."""
        return wallet in self._sessions.get(session, set())

    def owns(self, key: str, kind: SignatureType, wallet: str) -> bool:
        """Return whether a wallet is the one, or one of those, that a key has of a kind."""
        return wallet in candidates(key, kind)

    def use(self, key: str, kind: SignatureType, wallet: str) -> None:
        """Open a wallet for a key that trades from it."""
        if kind is SignatureType.POLY_1271:
            self._deposit_used[key] = wallet
        self.open(wallet, key)

    def wallet_for(self, key: str, kind: SignatureType) -> str:
        """Return the wallet that credentials and signature type point to, opened."""
        found = self._choose(key, kind)
        self.open(found, key)
        return found

    def open(self, wallet: str, key: str) -> None:
        """Open a wallet of a key with what it starts with; later calls do nothing."""
        if wallet in self._core.state.accounts.names:
            return
        named = self._options.accounts.keys()
        chosen = any(mine in named for mine in all_wallets(key))
        self._fund(wallet, 0 if chosen else self._options.cash)

    def of_key(self, key: str) -> list[str]:
        """Return the open wallets of a key and of the session it may be."""
        mine = dict.fromkeys([*all_wallets(key), *sorted(self._sessions.get(key, ()))])
        return [wallet for wallet in mine if wallet in self._core.state.accounts.names]

    def _choose(self, key: str, kind: SignatureType) -> str:
        if kind is not SignatureType.POLY_1271:
            return candidates(key, kind)[0]
        foreign = sorted(self._sessions.get(key, ()))
        named = [w for w in candidates(key, kind) if w in self._options.accounts]
        fallback = [*foreign, *named, *candidates(key, kind)]
        return self._deposit_used.get(key) or fallback[0]

    def _fund(self, wallet: str, cash: int) -> None:
        self._core.open_account(wallet)
        self._core.deposit(wallet, CASH, cash, self._now())


def candidates(key: str, kind: SignatureType) -> tuple[str, ...]:
    """Return the wallets that a key may have of a kind, the present way of making them first."""
    derived: Wallets = wallets_of(key)
    return {
        SignatureType.EOA: (key,),
        SignatureType.POLY_PROXY: (derived.proxy,),
        SignatureType.POLY_GNOSIS_SAFE: (derived.safe,),
        SignatureType.POLY_1271: (derived.deposit_beacon, derived.deposit_uups),
    }[kind]


def all_wallets(key: str) -> list[str]:
    """Return every wallet a key may have."""
    return [wallet for kind in SignatureType for wallet in candidates(key, kind)]
