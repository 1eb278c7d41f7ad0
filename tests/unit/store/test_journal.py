"""The journal keeps everything, forgets nothing and notices every change."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.store import session

from polydesk.domain.decisions import Verdict
from polydesk.domain.orders import Order, OrderState
from polydesk.errors import StoreError
from polydesk.ports import Journal
from polydesk.store.journal import SqliteJournal
from polydesk.store.restore import AuditRow, load_session, verify
from polydesk.store.sqlite import connect_reader

TABLES = ("tokens", "accounts", "decisions", "orders", "fills", "entries", "postings", "audit")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "paper"


@pytest.fixture
def full(directory: Path) -> Path:
    """Path of a closed journal with every kind of record."""
    journal = SqliteJournal(directory)
    session.record_all_kinds(journal)
    journal.close()
    return journal.path


def tamper(path: Path, *statements: str) -> None:
    """Change a journal behind its back, with the guards removed first."""
    connection = sqlite3.connect(path)
    triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    for (name,) in triggers.fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def kill_midway(directory: Path, durable: int) -> subprocess.CompletedProcess[str]:
    """Let a process record until ``durable`` fills are on disk, then die without warning."""
    script = str(Path(session.__file__))
    return subprocess.run(
        [sys.executable, script, str(directory), str(durable)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_it_is_the_journal_the_core_asks_for(directory: Path) -> None:
    journal: Journal = SqliteJournal(directory)
    assert isinstance(journal, SqliteJournal)
    journal.close()


def test_a_session_comes_back_whole(directory: Path) -> None:
    journal = SqliteJournal(directory)
    ledger = session.record_all_kinds(journal)
    journal.close()
    restored = load_session(journal.path)
    assert restored.ledger() == ledger
    assert [entry.kind for entry in restored.entries] == ["deposit", "fill", "payout"]
    assert restored.fills == (session.fill(1),)
    assert restored.decisions == (session.decision(1), session.decision(2, Verdict.COPIED))
    assert restored.decision_counts == {
        (session.LEADER, Verdict.SKIPPED): 1,
        (session.LEADER, Verdict.COPIED): 1,
    }
    assert restored.last_decision_seq == 2
    assert restored.audit == (AuditRow(60, "kill", "asked by the person[31m"),)
    assert restored.head == journal.head()


def test_an_order_comes_back_in_its_latest_state_with_its_intent(full: Path) -> None:
    (order,) = load_session(full).orders
    assert order.intent == session.intent()
    assert (order.state, order.updated_at, order.queue_ahead) == (OrderState.SENT, 40, 9)
    assert order.venue_order_id == "0xfeed"


def test_the_state_of_an_order_is_taken_when_it_is_recorded(directory: Path) -> None:
    journal = SqliteJournal(directory)
    order = Order(session.intent())
    journal.order(order)
    order.move_to(OrderState.DENIED, 99)
    journal.close()
    assert load_session(journal.path).orders[0].state is OrderState.INTENT


def test_only_the_newest_decisions_are_returned_but_all_are_counted(directory: Path) -> None:
    journal = SqliteJournal(directory)
    for seq in range(1, 21):
        journal.decision(session.decision(seq))
    journal.close()
    restored = load_session(journal.path, keep_decisions=5)
    assert [decision.seq for decision in restored.decisions] == [16, 17, 18, 19, 20]
    assert restored.decision_counts == {(session.LEADER, Verdict.SKIPPED): 20}


def test_the_chain_goes_on_over_restarts(directory: Path) -> None:
    for start in range(3):
        journal = SqliteJournal(directory)
        assert journal.head().n == start
        journal.audit(start, "start", f"number {start}")
        journal.close()
    restored = load_session(journal.path)
    assert [row.ts for row in restored.audit] == [0, 1, 2]
    assert restored.head.n == 3


def test_nothing_recorded_is_an_empty_session(directory: Path) -> None:
    assert load_session(directory / "journal.db").empty
    SqliteJournal(directory).close()
    assert load_session(directory / "journal.db").empty


def test_flush_means_durable(directory: Path) -> None:
    journal = SqliteJournal(directory)
    session.record_all_kinds(journal)
    journal.flush()
    reader = connect_reader(journal.path)
    assert verify(reader) == journal.head()
    assert journal.head().n == 9
    reader.close()
    journal.close()


def test_a_session_can_be_read_while_the_desk_goes_on_writing(directory: Path) -> None:
    journal = SqliteJournal(directory)
    for number in range(2_000):
        journal.audit(number, "note", "busy")
        if number % 200 == 0:
            journal.flush()
            restored = load_session(journal.path)
            assert restored.head.n >= number + 1
    journal.close()


def test_files_are_private(full: Path) -> None:
    names = {path.name for path in full.parent.iterdir()}
    assert {"journal.db", "journal.head"} <= names
    assert all(path.stat().st_mode & 0o077 == 0 for path in full.parent.iterdir())


def test_the_file_is_sound_for_sqlite_too(full: Path) -> None:
    reader = connect_reader(full)
    assert reader.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert reader.execute("PRAGMA foreign_key_check").fetchall() == []
    reader.close()


def test_money_columns_hold_integers_only(full: Path) -> None:
    connection = sqlite3.connect(full)
    with pytest.raises(sqlite3.IntegrityError, match="cannot store REAL"):
        connection.execute("INSERT INTO postings VALUES (1, 9, 1, 0.5)")
    connection.close()


@pytest.mark.parametrize("table", TABLES)
def test_no_row_can_be_changed_or_removed(full: Path, table: str) -> None:
    connection = sqlite3.connect(full)
    column = connection.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchone()[0]
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
            connection.execute(statement)
    connection.close()


def test_a_row_cannot_be_replaced_by_inserting_it_again(full: Path) -> None:
    connection = sqlite3.connect(full)
    with pytest.raises(sqlite3.IntegrityError, match="audit is append-only"):
        connection.execute("INSERT OR REPLACE INTO audit SELECT n, hash, ts, kind, 'no' FROM audit")
    connection.close()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE fills SET price = price + 1", r"row 6 \(fills\) is not what was written"),
        ("UPDATE postings SET amount = -amount", r"row 1 \(entries\)"),
        ("UPDATE tokens SET token = '8'", r"row 2 \(decisions\)"),
        ("UPDATE accounts SET name = 'mine' WHERE name = 'cash'", r"row 1 \(entries\)"),
        ("DELETE FROM postings WHERE n = 7 AND position = 2", r"row 7 \(entries\)"),
        ("DELETE FROM decisions WHERE n = 3", "row 3 is missing"),
        ("UPDATE orders SET hash = zeroblob(32) WHERE n = 5", r"row 5 \(orders\)"),
        ("UPDATE audit SET text = 'nothing happened'", r"row 9 \(audit\)"),
        ("DELETE FROM audit", "ends at row 8 but row 9 had been written"),
    ],
)
def test_every_change_is_found_and_its_row_named(full: Path, statement: str, message: str) -> None:
    tamper(full, statement)
    with pytest.raises(StoreError, match=message):
        load_session(full)


def test_a_flipped_byte_in_the_content_is_found(full: Path) -> None:
    content = full.read_bytes()
    place = content.index(b"asked by the person")
    full.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    with pytest.raises(StoreError, match=r"row 9 \(audit\) is not what was written"):
        load_session(full)


def test_no_flipped_byte_gives_another_session(full: Path) -> None:
    sound = load_session(full)
    content = full.read_bytes()
    found = 0
    for place in range(0, len(content), 997):
        full.write_bytes(content[:place] + bytes([content[place] ^ 0x40]) + content[place + 1 :])
        try:
            assert load_session(full) == sound
        except StoreError:
            found += 1
    assert found > 5


def test_a_deleted_write_ahead_log_is_noticed(directory: Path) -> None:
    kill_midway(directory, 50)
    (directory / "journal.db-wal").unlink()
    (directory / "journal.db-shm").unlink(missing_ok=True)
    with pytest.raises(StoreError, match="had been written"):
        load_session(directory / "journal.db")
    with pytest.raises(StoreError, match="had been written"):
        SqliteJournal(directory)


def test_an_older_copy_put_back_is_noticed_until_the_witness_is_removed(full: Path) -> None:
    older = full.read_bytes()
    journal = SqliteJournal(full.parent)
    journal.audit(70, "note", "later")
    journal.close()
    full.write_bytes(older)
    with pytest.raises(StoreError, match=r"row 10 had been written.*remove .*journal\.head"):
        load_session(full)
    full.with_suffix(".head").unlink()
    assert load_session(full).head.n == 9


def test_another_journal_put_in_its_place_is_noticed(full: Path, tmp_path: Path) -> None:
    other = SqliteJournal(tmp_path / "other")
    for number in range(20):
        other.audit(number, "note", "somebody else's")
    other.close()
    full.write_bytes(other.path.read_bytes())
    with pytest.raises(StoreError, match=r"not the one .* remembers"):
        load_session(full)


@pytest.mark.parametrize("text", ["garbage", "5 " + "zz" * 32, "é"])
def test_a_damaged_witness_is_said(full: Path, text: str) -> None:
    full.with_suffix(".head").write_text(text, encoding="utf-8")
    with pytest.raises(StoreError, match=r"journal\.head"):
        load_session(full)


def test_a_killed_process_leaves_a_prefix_that_verifies(directory: Path) -> None:
    child = kill_midway(directory, 300)
    assert child.returncode == 9, child.stderr
    acknowledged = int(child.stdout)
    restored = load_session(directory / "journal.db")
    assert restored.head.n >= acknowledged == 601
    assert len(restored.fills) == len(restored.entries) - 1 >= 300
    ledger = restored.ledger()
    assert ledger.seq == len(restored.entries)
    journal = SqliteJournal(directory)
    journal.audit(1, "start", "again")
    journal.close()
    assert load_session(journal.path).head.n == restored.head.n + 1


def test_any_cut_of_the_log_opens_to_a_committed_prefix(directory: Path, tmp_path: Path) -> None:
    kill_midway(directory, 20)
    base, log = ((directory / name).read_bytes() for name in ("journal.db", "journal.db-wal"))
    heads = set()
    copy = tmp_path / "copy"
    copy.mkdir()
    for cut in range(0, len(log) + 1, len(log) // 40):
        for name in ("journal.db", "journal.db-wal"):
            (copy / name).write_bytes(base if name == "journal.db" else log[:cut])
        (copy / "journal.db-shm").unlink(missing_ok=True)
        restored = load_session(copy / "journal.db")
        heads.add(restored.head.n)
        assert len(restored.fills) == max(0, len(restored.entries) - 1)
        restored.ledger()
    assert {0, 11, 21, 31} <= heads


def test_a_newer_version_is_refused(full: Path) -> None:
    tamper(full, "INSERT INTO migrations VALUES (3, 'journal-3')")
    with pytest.raises(StoreError, match="newer polydesk"):
        load_session(full)
    with pytest.raises(StoreError, match="newer polydesk"):
        SqliteJournal(full.parent)


def test_a_fill_booked_twice_breaks_the_journal(directory: Path) -> None:
    journal = SqliteJournal(directory)
    ledger = session.record_all_kinds(journal)
    journal.flush()
    head = journal.head()
    journal.fill(session.fill(1), ledger.deposit(session.UsdMicros(1), "wrong", 1))
    with pytest.raises(StoreError, match="cannot hold"):
        journal.flush()
    assert journal.failed
    assert "UNIQUE" in (journal.problem or "")
    with pytest.raises(StoreError):
        journal.audit(1, "after", "the end")
    with pytest.raises(StoreError):
        journal.close()
    assert load_session(journal.path).head == head


def test_books_that_do_not_follow_from_the_fills_are_refused(directory: Path) -> None:
    journal = SqliteJournal(directory)
    ledger = session.record_all_kinds(journal)
    other = session.fill(2)
    entry = ledger.apply_fill(other)
    assert entry is not None
    journal.fill(session.fill(2, size=5), entry)
    journal.close()
    with pytest.raises(StoreError, match=r"entry 4 \(fill .*\) does not add up"):
        load_session(journal.path).ledger()


def test_a_full_disk_breaks_the_journal_at_a_committed_row(directory: Path) -> None:
    script = """
import resource, signal, sys
from pathlib import Path
from polydesk.errors import StoreError
from polydesk.store.journal import SqliteJournal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = SqliteJournal(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
try:
    for number in range(100_000):
        journal.audit(number, "note", "x" * 200)
        if number % 50 == 0:
            journal.flush()
except StoreError as error:
    print(journal.failed, error)
"""
    child = subprocess.run(
        [sys.executable, "-c", script, str(directory)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert child.stdout.startswith("True the journal cannot be written"), child.stderr
    assert load_session(directory / "journal.db").head.n % 50 == 1
