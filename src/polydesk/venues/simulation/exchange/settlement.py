"""From a match to money: what was given waits in clearing until the transaction delivers it.

A trade goes MATCHED, MINED, CONFIRMED; a script or ``revert`` sends it through RETRYING or to
FAILED, which undoes exactly what was booked for it. What was delivered by MINED may have been
spent in later matches: those fail with it. If it was spent for good (a later trade is final,
or the tokens are redeemed), the chain has settled the earlier trade too and it is confirmed.

Source: ``trading.md`` sections 5.6 (steps) and 11 (late and failed settlement).
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Final

from polydesk.domain.ids import TradeId
from polydesk.venues.simulation.exchange.accounts import HOUSE
from polydesk.venues.simulation.exchange.closing import cover
from polydesk.venues.simulation.exchange.events import TradeReported
from polydesk.venues.simulation.exchange.state import State, TimerKind
from polydesk.venues.simulation.exchange.trades import FINAL, Trade, TradeStatus

NORMAL: Final = (TradeStatus.MINED, TradeStatus.CONFIRMED)
RETRIED: Final = (TradeStatus.RETRYING, *NORMAL)
FAILED: Final = (TradeStatus.RETRYING, TradeStatus.FAILED)
REVERTED: Final = (TradeStatus.MINED, *FAILED)
"""Fails after its transaction was seen."""


def check_script(steps: tuple[TradeStatus, ...]) -> None:
    """Raise ValueError unless the steps lead from MATCHED to one final status at their end."""
    early = {TradeStatus.MATCHED, *FINAL} & set(steps[:-1])
    if early or not steps or steps[-1] not in FINAL:
        raise ValueError(f"a settlement must end in CONFIRMED or FAILED, once: {steps}")


def begin(state: State, trade: Trade) -> None:
    """Take what the parties give into clearing and plan the settlement."""
    state.accounts.post(trade.taking())
    steps = state.scripts.popleft() if state.scripts else NORMAL
    state.plans[trade.trade_id] = deque(steps)
    _keep(state, trade)
    _plan_next(state, trade)


def step(state: State, trade_id: TradeId) -> None:
    """Take a trade's next planned step."""
    trade, plan = state.trades[trade_id], state.plans.get(trade_id)
    if not plan:
        return
    status = plan.popleft()
    if status is TradeStatus.FAILED:
        _fail(state, trade)
    else:
        _move(state, trade, status)
        _plan_next(state, trade)


def revert(state: State, trade_id: TradeId) -> bool:
    """Let a trade fail at its next steps; return False when it is final already."""
    if state.trades[trade_id].final:
        return False
    state.plans[trade_id] = deque(FAILED)
    return True


def _plan_next(state: State, trade: Trade) -> None:
    plan = state.plans.get(trade.trade_id)
    if plan:
        name = f"{trade.trade_id}:{len(plan)}"
        delay = state.settings.step.delay_ns(state.settings.seed, name)
        state.timers.set(state.now + delay, TimerKind.SETTLE, trade.trade_id)


def _keep(state: State, trade: Trade) -> None:
    """Store a trade as it is now and report it."""
    state.trades[trade.trade_id] = trade
    if trade.final:
        del state.plans[trade.trade_id]
    state.outbox.append(TradeReported(trade, state.now))


def _move(state: State, trade: Trade, status: TradeStatus) -> None:
    """Take a step that is not a failure; what is mined is delivered."""
    trade = replace(trade, status=status, updated_at=state.now)
    if status is TradeStatus.MINED or (status is TradeStatus.CONFIRMED and not trade.attempts):
        attempts = trade.attempts + 1
        name = state.name("transaction", f"{trade.trade_id}:{attempts}", 32)
        trade = replace(trade, attempts=attempts, transaction_hash=f"0x{name}")
    if status is not TradeStatus.RETRYING and not trade.delivered:
        state.accounts.post(trade.delivering())
        trade = replace(trade, delivered=True)
    _keep(state, trade)


def _fail(state: State, trade: Trade) -> None:
    doomed = _doomed_with(state, trade)
    if doomed is None:
        _move(state, trade, TradeStatus.CONFIRMED)
        return
    postings = [posting for each in doomed for posting in each.undoing()]
    state.accounts.post(postings)
    for each in doomed:
        _keep(state, replace(each, status=TradeStatus.FAILED, updated_at=state.now))
    for account, asset in dict.fromkeys((a, asset) for a, asset, _ in postings if a not in HOUSE):
        cover(state, account, asset)


def _doomed_with(state: State, trade: Trade) -> list[Trade] | None:
    """Return the trade and the later ones that spent what it delivered, None if for good."""
    doomed = [trade]
    while (short := _shortfall(state, doomed)) is not None:
        spender = _newest_spender(state, short, doomed)
        if spender is None:
            return None
        doomed.append(spender)
    return doomed


def _shortfall(state: State, doomed: list[Trade]) -> tuple[str, str] | None:
    """Return the first trader's account that undoing the trades would overdraw."""
    changes: dict[tuple[str, str], int] = {}
    for trade in doomed:
        for account, asset, amount in trade.undoing():
            if account not in HOUSE:
                changes[account, asset] = changes.get((account, asset), 0) + amount
    for (account, asset), change in changes.items():
        if state.accounts.balance(account, asset) + change < 0:
            return account, asset
    return None


def _newest_spender(state: State, short: tuple[str, str], doomed: list[Trade]) -> Trade | None:
    names = {trade.trade_id for trade in doomed}
    for trade_id in reversed(state.plans):
        trade = state.trades[trade_id]
        spent = any((account, asset) == short for account, asset, _ in trade.gives)
        if spent and trade_id not in names:
            return trade
    return None
