"""What a journal holds, in the form a session opens with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from polydesk.domain.commands import TradingState
from polydesk.domain.ids import TokenId, Wallet
from polydesk.domain.signed import SignedRecord
from polydesk.domain.units import UsdMicros
from polydesk.engine.engine import DAY_STARTED, LOSS_LATCHED
from polydesk.engine.restore import Earlier
from polydesk.engine.user_desk import (
    KILL_LATCHED,
    KILL_RELEASED,
    PAUSE_OF,
    PAUSED,
    STATE_SET,
    UNWATCHED,
    WATCH_OF,
    WATCHED,
)
from polydesk.engine.venue_desk import FREEZE_OF, READINESS_CHANGED, READY, THAWED
from polydesk.store.latch import KillLatch
from polydesk.store.restore import AuditRow, RestoredSession

FILE_SAYS_KILLED = "it was on when the desk stopped"


def earlier_of(restored: RestoredSession) -> Earlier:
    """Return what the journal holds in the form a session opens with."""
    latest = restored.latest
    day, equity = _of_day(latest, DAY_STARTED)
    lost_on, loss = _of_day(latest, LOSS_LATCHED)
    switches = [row for row in latest.values() if row.kind in {KILL_LATCHED, KILL_RELEASED}]
    is_killed = bool(switches) and switches[-1].kind == KILL_LATCHED
    counts = sorted((*key, count) for key, count in restored.decision_counts.items())
    return Earlier(
        entries=restored.entries,
        fills=restored.fills,
        settlements=restored.settlements,
        signed=_signed_and_open(restored),
        frozen=_frozen(latest),
        orders=restored.orders,
        decisions=restored.decisions,
        day=day,
        day_start_equity=UsdMicros(equity),
        latched_loss=UsdMicros(loss if lost_on == day else 0),
        paused=_paused(latest),
        decision_counts=tuple(counts),
        ready_at=_ready_at(latest),
        killed_because=switches[-1].text if is_killed else None,
        trading_state=TradingState(latest[STATE_SET].text)
        if STATE_SET in latest
        else TradingState.ACTIVE,
    )


def latched(earlier: Earlier, latch: KillLatch) -> Earlier:
    """Return it with the kill switch on when its file says so and the journal could not."""
    if not latch.is_set or earlier.killed_because is not None:
        return earlier
    return replace(earlier, killed_because=FILE_SAYS_KILLED)


def _of_day(latest: Mapping[str, AuditRow], kind: str) -> tuple[int, int]:
    """Return (day, micro-dollars) of the newest row of a kind; zeros when there is none."""
    if kind not in latest:
        return (0, 0)
    day, amount = latest[kind].text.split()
    return (int(day), int(amount))


def _signed_and_open(restored: RestoredSession) -> tuple[SignedRecord, ...]:
    still_open = {order.intent.client_order_id for order in restored.orders if order.open}
    return tuple(r for r in restored.signatures if r.client_order_id in still_open)


def _frozen(latest: Mapping[str, AuditRow]) -> tuple[tuple[TokenId, str], ...]:
    return tuple(
        (TokenId(kind.removeprefix(FREEZE_OF)), row.text)
        for kind, row in latest.items()
        if kind.startswith(FREEZE_OF) and row.text != THAWED
    )


def _ready_at(latest: Mapping[str, AuditRow]) -> int:
    row = latest.get(READINESS_CHANGED)
    return row.ts if row is not None and row.text.startswith(READY) else 0


def _paused(latest: Mapping[str, AuditRow]) -> tuple[Wallet, ...]:
    return tuple(
        Wallet(kind.removeprefix(PAUSE_OF))
        for kind, row in latest.items()
        if kind.startswith(PAUSE_OF) and row.text == PAUSED
    )


def watchlist_of(
    latest: Mapping[str, AuditRow], in_settings: Sequence[TokenId]
) -> tuple[TokenId, ...]:
    """Return the settings' outcomes that were not taken off by hand, then those put on."""
    changed = {
        TokenId(kind.removeprefix(WATCH_OF)): row.text
        for kind, row in latest.items()
        if kind.startswith(WATCH_OF)
    }
    kept = [token for token in in_settings if changed.get(token) != UNWATCHED]
    added = [token for token, text in changed.items() if text == WATCHED]
    return tuple(dict.fromkeys([*kept, *added]))
