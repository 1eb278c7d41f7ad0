"""The kill switch survives what the journal does not: a full disk, a lost file."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.builders import T0, ready_engine

from polydesk.domain import events as ev
from polydesk.domain.commands import Kill, ReleaseKill
from polydesk.domain.decisions import Decision
from polydesk.domain.fills import Fill
from polydesk.domain.ledger import Entry
from polydesk.domain.orders import Order
from polydesk.domain.units import UsdMicros
from polydesk.engine.engine import Engine
from polydesk.engine.restore import Earlier
from polydesk.errors import StoreError
from polydesk.runtime.control import SessionOpened, encode_session
from polydesk.runtime.earlier import FILE_SAYS_KILLED, latched
from polydesk.runtime.observers import StoringObserver
from polydesk.runtime.pipeline import Pipeline
from polydesk.store.history import HistoryWriter
from polydesk.store.latch import LATCH_NAME, KillLatch


class BrokenJournal:
    """A journal whose disk is full."""

    def audit(self, ts: int, kind: str, text: str) -> None:
        raise StoreError("the disk is full")

    def decision(self, decision: Decision) -> None:
        raise StoreError("the disk is full")

    def order(self, order: Order) -> None:
        raise StoreError("the disk is full")

    def fill(self, fill: Fill, entry: Entry) -> None:
        raise StoreError("the disk is full")

    def entry(self, *entries: Entry) -> None:
        raise StoreError("the disk is full")


class GoodJournal(BrokenJournal):
    """A journal that takes audit rows."""

    def audit(self, ts: int, kind: str, text: str) -> None:
        pass


def desk(directory: Path, journal: BrokenJournal) -> Engine:
    history = HistoryWriter(directory)
    history.close()
    engine = ready_engine()
    observer = StoringObserver(journal, history, KillLatch(directory))
    observer.on_failure = lambda problem: None
    engine.observer = observer
    return engine


def test_a_kill_is_latched_although_the_journal_takes_nothing(tmp_path: Path) -> None:
    engine = desk(tmp_path, BrokenJournal())

    engine.process(ev.UserCommandGiven(T0, Kill("by hand")))

    assert KillLatch(tmp_path).is_set
    assert latched(Earlier(), KillLatch(tmp_path)).killed_because == FILE_SAYS_KILLED


def test_a_release_that_is_not_recorded_leaves_the_latch(tmp_path: Path) -> None:
    engine = desk(tmp_path, BrokenJournal())
    engine.process(ev.UserCommandGiven(T0, Kill("by hand")))

    engine.process(ev.UserCommandGiven(T0, ReleaseKill("RELEASE")))

    assert KillLatch(tmp_path).is_set


def test_a_recorded_release_lets_it_go(tmp_path: Path) -> None:
    engine = desk(tmp_path, GoodJournal())
    engine.process(ev.UserCommandGiven(T0, Kill("by hand")))
    engine.process(ev.UserCommandGiven(T0, ReleaseKill("no")))
    assert KillLatch(tmp_path).is_set

    engine.process(ev.UserCommandGiven(T0, ReleaseKill("RELEASE")))

    assert not KillLatch(tmp_path).is_set
    assert latched(Earlier(), KillLatch(tmp_path)) == Earlier()


def test_the_journals_own_reason_is_kept(tmp_path: Path) -> None:
    KillLatch(tmp_path).set()

    assert latched(Earlier(killed_because="loss"), KillLatch(tmp_path)).killed_because == "loss"


def test_a_new_account_under_a_latch_opens_killed() -> None:
    session = SessionOpened(UsdMicros(1_000_000), earlier=Earlier(killed_because="by hand"))
    pipeline = Pipeline(Engine())

    pipeline.feed(encode_session(session, T0))

    assert pipeline.engine.killed
    assert pipeline.engine.account.ledger.cash == 1_000_000


def test_a_latch_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / LATCH_NAME).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StoreError, match="cannot be opened"):
        KillLatch(tmp_path).set()
    assert KillLatch(tmp_path).is_set
