"""What a person stopped stays stopped: from the desk into the journal and into the next desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.builders import LEADER, NO, SECOND, T0, YES, follow

from polydesk.domain import events as ev
from polydesk.domain.commands import (
    Kill,
    PauseLeader,
    ReleaseKill,
    SetTradingState,
    TradingState,
    UserCommand,
    Watch,
)
from polydesk.domain.ids import TokenId
from polydesk.domain.units import UsdMicros
from polydesk.engine.engine import LOSS_LATCHED, Engine
from polydesk.engine.restore import Earlier, restore
from polydesk.runtime.earlier import earlier_of, watchlist_of
from polydesk.runtime.observers import StoringObserver
from polydesk.store.history import HistoryWriter
from polydesk.store.journal import JOURNAL_NAME, SqliteJournal
from polydesk.store.restore import AuditRow, RestoredSession, load_session

KILL = Kill("by hand")


@contextmanager
def desk(directory: Path, at: int) -> Iterator[Engine]:
    """Run one session of a desk on the journal of a directory."""
    earlier = earlier_of(restored := load_session(directory / JOURNAL_NAME))
    history, journal = HistoryWriter(directory), SqliteJournal(directory)
    engine = Engine(observer=StoringObserver(journal, history))
    engine.copier.follow(follow())
    if earlier.empty:
        engine.open_account(UsdMicros(1_000_000_000), at)
    else:
        restore(engine, earlier, restored.ledger(), at)
    try:
        yield engine
    finally:
        journal.close()
        history.close()


def give(engine: Engine, *commands: UserCommand) -> None:
    for command in commands:
        engine.process(ev.UserCommandGiven(engine.now, command))


def next_desk(directory: Path) -> Engine:
    with desk(directory, T0 + 60 * SECOND) as engine:
        return engine


def test_the_kill_switch_survives_however_often_streams_fell_since(tmp_path: Path) -> None:
    with desk(tmp_path, T0) as engine:
        give(engine, KILL)
        for n in range(1_500):
            engine.process(ev.StreamStatusChanged(T0 + n, "rtds", n % 2 == 0))

    later = next_desk(tmp_path)

    assert (later.killed, later.kill_reason) == (True, "by hand")
    assert next_desk(tmp_path).killed


def test_a_released_kill_switch_stays_released(tmp_path: Path) -> None:
    with desk(tmp_path, T0) as engine:
        give(engine, KILL, ReleaseKill("RELEASE"))

    assert not next_desk(tmp_path).killed


def test_a_kill_switch_pulled_again_is_on(tmp_path: Path) -> None:
    with desk(tmp_path, T0) as engine:
        give(engine, KILL, ReleaseKill("RELEASE"), Kill("again"), ReleaseKill("no"))

    assert next_desk(tmp_path).kill_reason == "again"


def test_the_trading_state_is_the_one_last_set(tmp_path: Path) -> None:
    with desk(tmp_path, T0) as engine:
        give(engine, SetTradingState(TradingState.HALTED), SetTradingState(TradingState.REDUCING))

    assert next_desk(tmp_path).trading_state is TradingState.REDUCING


def test_a_paused_leader_stays_paused_until_resumed(tmp_path: Path) -> None:
    with desk(tmp_path, T0) as engine:
        give(engine, PauseLeader(LEADER, paused=True))
    assert next_desk(tmp_path).copier.leaders[LEADER].paused

    with desk(tmp_path, T0 + SECOND) as engine:
        give(engine, PauseLeader(LEADER, paused=False))
    assert not next_desk(tmp_path).copier.leaders[LEADER].paused


def test_a_days_loss_is_taken_up_with_its_day_only(tmp_path: Path) -> None:
    with desk(tmp_path, T0) as engine:
        day = engine.account.day
        engine.observer.on_audit(T0, LOSS_LATCHED, f"{day} 77")
    assert earlier_of(load_session(tmp_path / JOURNAL_NAME)).latched_loss == 77

    with desk(tmp_path, T0 + SECOND) as engine:
        engine.observer.on_audit(T0, LOSS_LATCHED, f"{day - 1} 77")
    assert earlier_of(load_session(tmp_path / JOURNAL_NAME)).latched_loss == 0


def test_what_was_stopped_before_the_session_opened_stays_stopped() -> None:
    engine, opened = Engine(), Engine()
    entry = opened.open_account(UsdMicros(1_000_000_000), T0)
    give(engine, KILL, SetTradingState(TradingState.HALTED))

    restore(engine, Earlier(entries=(entry,)), opened.account.ledger, T0)

    assert engine.killed
    assert engine.trading_state is TradingState.HALTED


def test_the_watchlist_is_the_settings_with_what_was_changed_by_hand(tmp_path: Path) -> None:
    with desk(tmp_path, T0) as engine:
        give(engine, Watch((YES,), on=True), Watch((NO,), on=True), Watch((NO,), on=False))
    other = TokenId("333")

    latest = load_session(tmp_path / JOURNAL_NAME).latest

    assert watchlist_of(latest, ()) == (YES,)
    assert watchlist_of(latest, (other, NO)) == (other, YES)


@pytest.mark.parametrize(
    ("text", "expected"), [("ready 3 open orders", 7), ("not ready looking", 0), (None, 0)]
)
def test_when_the_last_session_had_looked_everything_up(text: str | None, expected: int) -> None:
    rows = {} if text is None else {"readiness": AuditRow(7, "readiness", text)}
    assert earlier_of(RestoredSession(latest=rows)).ready_at == expected
