"""A digest of everything the engine knows: equal digests mean equal sessions.

Sets and dictionaries are read in sorted or insertion order, never in hash order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import astuple

from polydesk.copying.leaders import Leader
from polydesk.engine.account import Account
from polydesk.engine.engine import Engine


def state_hash(engine: Engine, extra: Iterable[object] = ()) -> str:
    """Return the SHA-256 of the engine's state and of ``extra`` facts, as hex."""
    digest = hashlib.sha256()
    for part in (*_parts(engine), *extra):
        digest.update(repr(part).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _parts(engine: Engine) -> Iterator[object]:
    books, account, leaders = engine.books, engine.account, engine.leaders
    yield ("now", engine.now, str(engine.trading_state), engine.killed, engine.kill_reason)
    yield ("limits", astuple(engine.limits))
    for token_id in sorted(books.by_token):
        book = books.by_token[token_id]
        yield (token_id, book.epoch, book.tick, book.stale, str(book.hash_state), book.last_trade)
        yield (sorted(book.bids.items()), sorted(book.asks.items()))
        yield (sorted(book.bid_times.items()), sorted(book.ask_times.items()))
        yield (book.snapshot_ts, book.newest_ts, book.changed_at, book.tick_ts, book.disagreements)
    yield ("lost", sorted(books.lost))
    for condition_id in sorted(engine.markets):
        yield repr(engine.markets[condition_id])
    yield ("asked", sorted(engine.asked_markets))
    yield ("checks", books.changes, books.ignored_changes, books.trades)
    yield (books.touch_agree, books.touch_disagree, books.touch_skipped)
    yield (books.hash_match, books.hash_mismatch, books.hash_not_applicable)
    yield ("watch", list(engine.watch), list(engine.followed))
    yield from _account_parts(engine)
    yield ("leaders", leaders.trades, leaders.copied, leaders.aggregating)
    yield sorted((str(code), count) for code, count in leaders.skipped.items())
    for wallet, leader in engine.copier.leaders.items():
        yield (wallet, leader.name, leader.paused, leader.trades, leader.copied, leader.skipped)
        yield sorted((token, lot.size, lot.cost) for token, lot in leader.lots.items())
        yield sorted(leader.holdings.items())
        yield (leader.day, leader.bought_today, leader.aggregating, astuple(leader.rule))
        yield from _leader_plans(leader)
    yield ("seen", hash_of(engine.copier.seen))
    yield ("decisions", engine.decisions.newest, engine.decisions.digest())
    yield ("day", account.day, account.day_start_equity, account.latched_loss, account.loss_looks)
    yield ("unmarked", sorted(account.unmarked.items()))


def _leader_plans(leader: Leader) -> Iterator[object]:
    """What is collected, on its way, and since when lots are held."""
    yield sorted((*key, tuple(pending.parts)) for key, pending in leader.pending.items())
    yield sorted((key, repr(copy)) for key, copy in leader.open)
    yield sorted(leader.since.items())


def hash_of(texts: Iterable[str]) -> str:
    """Return the SHA-256 of texts in their order, as hex."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def account_hash(account: Account) -> str:
    """Return the SHA-256 of what a restart must bring back of an account, as hex."""
    digest = hashlib.sha256()
    for part in _durable_parts(account):
        digest.update(repr(part).encode() + b"\n")
    return digest.hexdigest()


def _account_parts(engine: Engine) -> Iterator[object]:
    account, venue = engine.account, engine.venue
    yield from _durable_parts(account)
    yield ("forgotten", sorted((str(state), n) for state, n in account.forgotten.items()))
    yield ("marks", sorted(account.marks.items()), sorted(account.payouts.items()))
    yield ("queues", [(key, order.queue_ahead) for key, order in account.open_orders.items()])
    yield ("counted", astuple(account.counted), account.pays_out, list(account.without_fees))
    yield ("venue", str(venue.mode), venue.mode_until, venue.ready, sorted(venue.frozen.items()))
    yield ("rate", list(engine.orders.approved_at), sorted(engine.fills.refused))


def _durable_parts(account: Account) -> Iterator[object]:
    ledger = account.ledger
    yield ("accounts", sorted(ledger.accounts.items()), ledger.seq)
    for token_id in sorted(ledger.positions):
        position = ledger.positions[token_id]
        yield (token_id, position.size, position.cost, position.realised, position.fees)
    yield ("provisional", sorted(ledger.provisional), "void", sorted(ledger.void))
    yield ("foretold", sorted(ledger.foretold))
    for token_id in sorted(ledger.unsettled):
        unsettled = ledger.unsettled[token_id]
        yield (token_id, repr(unsettled.base), [repr(step) for step in unsettled.steps])
    yield ("reserved", sorted(account.reserved.items()))
    for key in sorted(account.orders):
        order = account.orders[key]
        yield (key, str(order.state), order.filled, order.filled_value, order.fees, order.reason)
        yield (order.updated_at, order.venue_order_id, order.cancel_asked_at, repr(order.intent))
        yield (order.voided, order.matched)
    for fill in account.fills:
        yield [str(value) for value in astuple(fill)]
