"""What the journal keeps of live orders, how soon, and how older journals are read."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.store import session
from tests.unit.store.test_journal import tamper

from polydesk.domain.fills import Fill, SettledFill, Settlement
from polydesk.domain.ids import ClientOrderId, VenueOrderId
from polydesk.domain.ledger import Ledger
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.signed import SignedRecord
from polydesk.domain.units import ShareMicros, UsdMicros
from polydesk.errors import StoreError
from polydesk.store import rows
from polydesk.store.chain import Head, link
from polydesk.store.journal import JOURNAL_NAME, SqliteJournal
from polydesk.store.migrations import applied, migrate
from polydesk.store.restore import load_session
from polydesk.store.schema import JOURNAL
from polydesk.store.sqlite import connect_reader, connect_writer

SIGNED = SignedRecord(
    ClientOrderId("order-1"), VenueOrderId("0xfeed"), 479249096354, 1_795_000_000_000,
    5_200_000, 10_000_000, "ab" * 32, 40,
)  # fmt: skip


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "live"


def provisional(number: int) -> Fill:
    return replace(session.fill(number), settlement=Settlement.PROVISIONAL)


def record_live(journal: SqliteJournal) -> Ledger:
    """Record a signed order with two fills, one of which fails, and return the books."""
    ledger = Ledger()
    journal.entry(ledger.deposit(UsdMicros(1_000_000_000), "opening", 1))
    order = Order(session.intent())
    journal.order(order)
    journal.signed(SIGNED)
    order.move_to(OrderState.SIGNED, 41)
    order.cancel_asked_at, order.voided = 42, ShareMicros(10_000_000)
    order.matched = ShareMicros(43)
    journal.order(order)
    for number in (1, 2):
        entry = ledger.apply_fill(provisional(number))
        assert entry is not None
        journal.fill(provisional(number), entry)
    failed, kept = (provisional(number).identity for number in (1, 2))
    journal.settled(
        SettledFill(*failed, Settlement.VOID, 50, "it failed\x1b"), ledger.fail(failed, 50)
    )
    ledger.confirm(kept)
    journal.settled(SettledFill(*kept, Settlement.CONFIRMED, 51), None)
    return ledger


def test_signatures_settlements_and_failed_fills_come_back(directory: Path) -> None:
    journal = SqliteJournal(directory)
    ledger = record_live(journal)
    journal.close()

    restored = load_session(journal.path)

    assert restored.signatures == (SIGNED,)
    assert [(s.settlement, s.reason) for s in restored.settlements] == [
        (Settlement.VOID, "it failed"), (Settlement.CONFIRMED, "")
    ]  # fmt: skip
    assert restored.fills == (provisional(1), provisional(2))
    assert [entry.kind for entry in restored.entries] == ["deposit", "fill", "fill", "void"]
    assert restored.ledger() == ledger
    (order,) = restored.orders
    assert (order.state, order.cancel_asked_at) == (OrderState.SIGNED, 42)
    assert (order.voided, order.matched) == (10_000_000, 43)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE signatures SET salt = 1",
        "UPDATE settlements SET settlement = 'CONFIRMED'",
        "UPDATE orders SET cancel_asked_at = 0",
        "UPDATE orders SET matched = 0 WHERE matched = 43",
        "UPDATE orders SET voided = 1",
        "UPDATE fills SET settlement = 'CONFIRMED'",
        "DELETE FROM signatures",
    ],
)
def test_every_change_of_them_is_found(directory: Path, statement: str) -> None:
    journal = SqliteJournal(directory)
    record_live(journal)
    journal.close()
    tamper(journal.path, statement)

    with pytest.raises(StoreError, match="the journal is damaged"):
        load_session(journal.path)


@pytest.mark.parametrize("table", ["signatures", "settlements"])
def test_they_are_append_only(directory: Path, table: str) -> None:
    journal = SqliteJournal(directory)
    record_live(journal)
    journal.close()
    connection = sqlite3.connect(journal.path)
    for statement in (
        f"UPDATE {table} SET n = n",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ):
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "second",
    [
        replace(SIGNED, venue_order_id=VenueOrderId("0xother")),
        replace(SIGNED, client_order_id=ClientOrderId("other")),
    ],
)
def test_an_order_has_one_signature_and_a_signature_one_order(
    directory: Path, second: SignedRecord
) -> None:
    """I-16."""
    journal = SqliteJournal(directory)
    journal.signed(SIGNED)
    journal.signed(second)
    with pytest.raises(StoreError, match="UNIQUE"):
        journal.flush()
    with pytest.raises(StoreError):
        journal.close()


def write_as_version_1(directory: Path) -> Ledger:
    """Write a journal as the first version did: its tables, its columns, its chain."""
    directory.mkdir()
    path = directory / JOURNAL_NAME
    connection = connect_writer(path, synchronous="FULL")
    migrate(connection, path, JOURNAL[:1])
    ledger, head = Ledger(), Head()
    opening = ledger.deposit(UsdMicros(1_000_000_000), "opening", 1)
    bought = session.fill(1)
    entry = ledger.apply_fill(bought)
    assert entry is not None
    connection.execute("INSERT INTO tokens VALUES (1, ?)", (session.TOKEN,))
    accounts = ["cash", "deposits", f"cost:{session.TOKEN}", "fees"]
    connection.executemany("INSERT INTO accounts VALUES (?, ?)", list(enumerate(accounts, 1)))
    order = rows.order_row(Order(session.intent()))[: len(rows.ORDERS.columns)]
    fill = rows.fill_row(bought)[: len(rows.FILLS.columns)]
    for table, row in ((rows.ORDERS, order), (rows.FILLS, fill)):
        head = link(head, table.name, row)
        stored = tuple(1 if value == session.TOKEN else value for value in row)
        marks = ", ".join("?" * (len(row) + 2))
        connection.execute(
            f"INSERT INTO {table.name} VALUES ({marks})", (head.n, head.hash, *stored)
        )
    for made in (opening, entry):
        row = rows.entry_row(made)
        head = link(head, "entries", (*row, made.postings))
        connection.execute(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", (head.n, head.hash, *row)
        )
        for place, (account, amount) in enumerate(made.postings):
            number = accounts.index(account) + 1
            connection.execute(
                "INSERT INTO postings VALUES (?, ?, ?, ?)", (head.n, place, number, amount)
            )
    connection.close()
    return ledger


def test_a_journal_of_the_first_version_is_read_as_it_is_and_goes_on_after_its_migration(
    directory: Path,
) -> None:
    ledger = write_as_version_1(directory)
    before = load_session(directory / JOURNAL_NAME)
    assert before.ledger() == ledger
    assert before.fills[0].settlement is Settlement.CONFIRMED

    journal = SqliteJournal(directory)
    journal.signed(SIGNED)
    journal.close()

    after = load_session(journal.path)
    assert (after.entries, after.fills, after.orders) == (
        before.entries, before.fills, before.orders
    )  # fmt: skip
    assert after.signatures == (SIGNED,)
    assert after.head.n == before.head.n + 1
    reader = connect_reader(journal.path.with_name(f"{JOURNAL_NAME}.before-journal-2"))
    assert applied(reader) == ["journal-1"]
    reader.close()


async def test_what_was_recorded_is_on_disk_when_the_wait_ends(directory: Path) -> None:
    """I-22: another reader of the file sees the signature before a byte may leave."""
    journal = SqliteJournal(directory)
    reader = connect_reader(journal.path)
    for number in range(20):
        journal.signed(
            replace(
                SIGNED,
                client_order_id=ClientOrderId(f"o{number}"),
                venue_order_id=VenueOrderId(f"0x{number}"),
            )
        )
        await journal.durable()
        assert reader.execute("SELECT count(*) FROM signatures").fetchone() == (number + 1,)
    reader.close()
    journal.close()


async def test_the_wait_for_the_disk_is_not_the_wait_for_company(directory: Path) -> None:
    """The writer gathers rows for 50 ms; an order that is to be sent does not wait for that."""
    journal = SqliteJournal(directory)
    waits = []
    for number in range(40):
        started = time.perf_counter()
        journal.audit(number, "note", "x")
        await journal.durable()
        waits.append(time.perf_counter() - started)
    journal.close()
    assert statistics.median(waits) < 0.025


async def test_a_failed_journal_ends_the_wait_with_its_reason(directory: Path) -> None:
    journal = SqliteJournal(directory)
    journal.signed(SIGNED)
    journal.signed(SIGNED)
    with pytest.raises(StoreError, match="UNIQUE"):
        await asyncio.wait_for(journal.durable(), 10)
    with pytest.raises(StoreError, match="UNIQUE"):
        await asyncio.wait_for(journal.durable(), 10)
    with pytest.raises(StoreError):
        journal.close()


def test_a_wait_whose_loop_is_gone_harms_nothing(directory: Path) -> None:
    journal = SqliteJournal(directory)

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(journal.durable(), 0)

    for _ in range(20):
        asyncio.run(give_up())
    journal.audit(1, "note", "still here")
    journal.close()
    assert load_session(journal.path).audit[-1].text == "still here"
