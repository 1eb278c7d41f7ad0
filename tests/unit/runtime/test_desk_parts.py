"""Small parts of a running desk: ends, failures and what is said about them."""

from __future__ import annotations

import asyncio
import logging
import stat
from pathlib import Path

import pytest
from tests.builders import T0, ready_engine
from tests.unit.engine.test_orders import place

from polydesk.cli.logs import FILE_NAME, LateFile
from polydesk.config.models import Settings
from polydesk.engine.engine import Engine
from polydesk.errors import InvariantError, StoreError
from polydesk.ingest.supervisor import OnDeath, TaskDied
from polydesk.replay.tape import TapeHeader, TapeRecorder
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.control import SessionOpened, encode_session
from polydesk.runtime.desk import for_seconds
from polydesk.runtime.keeping import RecorderWatch
from polydesk.runtime.observers import StoringObserver
from polydesk.runtime.paper import Paper, paper_desk
from polydesk.store.history import HistoryWriter
from polydesk.store.journal import SqliteJournal


async def endless() -> None:
    await asyncio.Event().wait()


async def timed_out_inside() -> None:
    raise TimeoutError("of its own")


async def test_work_ends_when_the_time_is_over() -> None:
    await for_seconds(endless(), 0.01)


async def test_a_time_out_of_the_work_itself_is_not_taken_for_the_end() -> None:
    with pytest.raises(TimeoutError, match="of its own"):
        await for_seconds(timed_out_inside(), 60)


def open_paper(paper: Paper) -> Engine:
    """Open the session as the desk would, without sockets."""
    opening = SessionOpened(paper.desk.engine.account.ledger.cash or 10_000_000)
    paper.desk.pipeline.feed(encode_session(opening, T0))
    return paper.desk.engine


def messages(paper: Paper) -> list[str]:
    return [notice.text for notice in paper.desk.source.notices(0)]


def failing(tmp_path: Path) -> tuple[Engine, StoringObserver]:
    """Return an engine whose journal takes nothing."""
    journal = SqliteJournal(tmp_path)
    journal.close()
    history = HistoryWriter(tmp_path)
    history.close()
    engine, observer = ready_engine(), StoringObserver(journal, history)
    engine.observer = observer
    return engine, observer


def test_a_failed_journal_is_told_once_and_stops_no_event_half_way(tmp_path: Path) -> None:
    told: list[str] = []
    engine, observer = failing(tmp_path)
    observer.on_failure = told.append

    place(engine, ref="a")
    place(engine, ref="b")

    assert told == ["the journal is closed"]
    assert len(engine.account.open_orders) == 2


def test_while_nobody_listens_a_failed_journal_is_raised(tmp_path: Path) -> None:
    engine, _ = failing(tmp_path)

    with pytest.raises(StoreError, match="the journal is closed"):
        place(engine)


def test_a_directory_is_free_again_when_its_journal_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"not a database, but long enough to be read" * 100)

    for _ in range(2):
        with (
            pytest.raises(StoreError, match=r"journal\.db"),
            paper_desk(Settings(), tmp_path, LiveClock()),
        ):
            raise AssertionError("opened a damaged journal")


def test_what_died_and_what_follows_is_said(tmp_path: Path) -> None:
    with paper_desk(Settings(), tmp_path, LiveClock()) as paper:
        paper.desk._on_died(TaskDied("gap repair", OnDeath.RESTART, None, 1))
        error = InvariantError("a bug")
        paper.desk._on_died(TaskDied("snapshots", OnDeath.HALT, error, 1))

    assert messages(paper) == [
        "gap repair stopped (it returned); is being restarted",
        "snapshots stopped (a bug); the desk stops",
    ]


def test_a_recording_that_stops_is_said_once(tmp_path: Path) -> None:
    recorder = TapeRecorder(tmp_path / "t.tape", TapeHeader("t", "test"))
    with paper_desk(Settings(), tmp_path / "paper", LiveClock()) as paper:
        watch = RecorderWatch(paper.desk, recorder)
        watch.look()
        recorder.error = "Recording stopped: the disk is full."
        watch.look()
        watch.look()
    recorder.close()

    assert messages(paper) == ["Recording stopped: the disk is full."]


def test_finishing_twice_is_finishing_once(tmp_path: Path) -> None:
    with paper_desk(Settings(), tmp_path, LiveClock()) as paper:
        open_paper(paper)
        paper.finish()
        hash_then = paper.desk.pipeline.state_hash()
        paper.finish()

    assert paper.desk.pipeline.state_hash() == hash_then


def test_log_records_go_to_a_private_file_that_exists_only_when_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POLYDESK_HOME", str(tmp_path))
    path = tmp_path / "state" / FILE_NAME
    handler = LateFile()
    logger = logging.Logger("test")
    logger.addHandler(handler)

    logger.info("not worth keeping")
    assert not path.exists()
    logger.error("job=%s died", "rtds")

    assert "level=ERROR logger=test job=rtds died" in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert capfd.readouterr() == ("", "")
    handler.close()


def test_a_place_that_cannot_be_written_to_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "a file"
    home.write_text("in the way")
    monkeypatch.setenv("POLYDESK_HOME", str(home))
    logger = logging.Logger("test")
    logger.addHandler(LateFile())

    logger.error("nowhere to go")

    assert capfd.readouterr() == ("", "")
