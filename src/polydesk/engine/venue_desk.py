"""What the venue lets the account do, and what it says that cannot be: no orders there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from polydesk.domain import events as ev
from polydesk.domain.commands import Command
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Market
from polydesk.domain.venue import VenueMode

if TYPE_CHECKING:
    from polydesk.engine.engine import Engine

NOTHING: Sequence[Command] = ()
FREEZE_OF, THAWED = "freeze:", "looked at"
"""Start of the kind of the audit rows about one frozen market (the token follows), and the text
of those that end it; any other text is the reason."""
READY = "ready"
"""Start of the text of a row that tells of readiness."""
MODE_CHANGED, READINESS_CHANGED = "venue mode", "readiness"
"""Kinds of the audit rows that tell of a change of mode or readiness."""


class VenueDesk:
    """Keeps the venue's mode, our readiness and frozen markets."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.mode = VenueMode.NORMAL
        self.mode_reason = ""
        self.mode_until = 0
        """When the mode is expected to end, 0 when nobody said."""
        self.ready = True
        """False while the desk is finding out what became of its orders."""
        self.ready_reason = ""
        self.frozen: dict[TokenId, str] = {}
        """Tokens whose market is frozen, with the reason."""

    def on_mode(self, event: ev.VenueModeChanged) -> Sequence[Command]:
        """The venue takes other orders now than before."""
        if event.mode is not self.mode:
            words = f"{event.mode} {event.reason}".rstrip()
            self._engine.observer.on_audit(self._engine.now, MODE_CHANGED, words)
        self.mode, self.mode_reason, self.mode_until = event.mode, event.reason, event.until_ns
        self._engine.account.version += 1
        return NOTHING

    def on_readiness(self, event: ev.ReadinessChanged) -> Sequence[Command]:
        """The desk knows its orders now, or no longer.

        What a kill wanted gone before a restart may not have been written down, so all of it is
        wanted gone again.
        """
        if event.ready is not self.ready:
            words = f"{READY if event.ready else 'not ready'} {event.reason}".rstrip()
            self._engine.observer.on_audit(self._engine.now, READINESS_CHANGED, words)
        self.ready, self.ready_reason = event.ready, event.reason
        self._engine.account.version += 1
        return self._engine.orders.cancel_all() if self._engine.killed else NOTHING

    def on_frozen(self, event: ev.MarketFrozen) -> Sequence[Command]:
        """What is told of a market contradicts itself."""
        self.freeze(event.token_id, event.reason)
        return NOTHING

    def freeze(self, token_id: TokenId, reason: str) -> None:
        """Take no orders in a token's market until a person has looked; the first reason stays."""
        if token_id not in self.frozen:
            self.frozen[token_id] = reason or "no reason given"
            self._engine.observer.on_audit(
                self._engine.now, FREEZE_OF + token_id, self.frozen[token_id]
            )
            self._engine.account.version += 1
            self._engine.catalogue_version += 1

    def thaw(self, token_id: TokenId) -> None:
        """A person has looked at a token's market: let it trade again."""
        market = self._engine.token_markets.get(token_id)
        for each in tokens_of(token_id, market):
            if self.frozen.pop(each, None) is not None:
                self._engine.observer.on_audit(self._engine.now, FREEZE_OF + each, THAWED)
                self._engine.account.version += 1
                self._engine.catalogue_version += 1

    def frozen_reason(self, token_id: TokenId, market: Market | None) -> str:
        """Return why the market of a token is frozen, empty when it is not."""
        if not self.frozen:
            return ""
        reasons = (self.frozen.get(each, "") for each in tokens_of(token_id, market))
        return next((reason for reason in reasons if reason), "")

    def on_balance(self, event: ev.BalanceReported) -> Sequence[Command]:
        """Keep what the venue counts; our books follow trades, never this."""
        account = self._engine.account
        counted = account.counted
        if event.cash is not None:
            counted.cash = event.cash
        if event.allowance is not None:
            counted.allowance = event.allowance
        counted.shares.update(event.shares)
        counted.at = self._engine.now
        if account.moved_at < event.ts_event:
            self._compare_shares(event)
        counted.compare(account.ledger, account.moved_at, event.ts_event)
        account.version += 1
        return NOTHING

    def _compare_shares(self, event: ev.BalanceReported) -> None:
        ledger, counted = self._engine.account.ledger, self._engine.account.counted
        for token_id, size in event.shares:
            if token_id not in ledger.unsettled:
                counted.compare_shares(ledger, token_id, size)


def tokens_of(token_id: TokenId, market: Market | None) -> tuple[TokenId, ...]:
    """Return all tokens of a token's market, itself first."""
    others = () if market is None else tuple(o.token_id for o in market.outcomes)
    return tuple(dict.fromkeys((token_id, *others)))
