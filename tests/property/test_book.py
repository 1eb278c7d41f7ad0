"""The book equals event order whatever the order of arrival, and its touch is never stale."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from polydesk.domain.book import L2Book, Touch
from polydesk.domain.ids import TokenId
from polydesk.domain.units import MICROS

TOKEN = TokenId("1")
PRICES = st.integers(1, 6).map(lambda tenths: tenths * 100_000)
SIZES = st.integers(0, 3)
SIDES = st.dictionaries(PRICES, st.integers(1, 3), max_size=4)
CHANGE = st.tuples(st.booleans(), PRICES, SIZES)
SNAPSHOT = st.tuples(SIDES, SIDES)


@st.composite
def histories(draw):
    """Draw messages with distinct times and an order of arrival that begins with a snapshot."""
    first = draw(SNAPSHOT)
    messages = [first, *draw(st.lists(st.one_of(CHANGE, SNAPSHOT), max_size=12))]
    timed = list(enumerate(messages, start=1))
    late = draw(st.permutations(timed[1:]))
    return timed, [timed[0], *late]


def expected(timed):
    """Apply everything in event order to plain dictionaries."""
    bids, asks = {}, {}
    for _, message in timed:
        if len(message) == 2:
            bids, asks = dict(message[0]), dict(message[1])
            continue
        is_bid, price, size = message
        side = bids if is_bid else asks
        side.pop(price, None)
        if size:
            side[price] = size
    return bids, asks


def apply(book, messages):
    for at, message in messages:
        if len(message) == 2:
            book.apply_snapshot(message[0].items(), message[1].items(), at, at)
        else:
            book.apply_change(*message, at, at)


def check_touch(book):
    assert book.best_bid == max(book.bids, default=0)
    assert book.best_ask == min(book.asks, default=MICROS)
    assert all(book.bids.values())
    assert all(book.asks.values())


@given(histories())
@settings(max_examples=500)
def test_any_arrival_ends_equal_to_event_order(history):
    timed, arrival = history
    book = L2Book(TOKEN)
    apply(book, arrival)
    assert (book.bids, book.asks) == expected(timed)
    check_touch(book)


@given(histories())
def test_hearing_everything_twice_changes_nothing(history):
    timed, arrival = history
    book = L2Book(TOKEN)
    apply(book, arrival)
    apply(book, arrival)
    assert (book.bids, book.asks) == expected(timed)


@given(SIDES, SIDES, CHANGE, st.booleans())
def test_a_change_precedes_a_snapshot_of_the_same_time(bids, asks, change, change_last):
    book = L2Book(TOKEN)
    apply(book, [(1, ({}, {}))])
    pair = [(5, change), (5, (bids, asks))]
    apply(book, pair[::-1] if change_last else pair)
    assert (book.bids, book.asks) == (bids, asks)


class BookMachine(RuleBasedStateMachine):
    """A live book with gaps: nothing from before a gap survives it."""

    def __init__(self):
        super().__init__()
        self.book = L2Book(TOKEN)
        self.since_gap: list = []
        self.now = 0
        self.version = self.epoch = 0

    @rule(sides=SNAPSHOT, lag=st.integers(0, 5))
    def snapshot(self, sides, lag):
        self.now += 10
        self.book.apply_snapshot(sides[0].items(), sides[1].items(), self.now - lag, self.now)
        self.since_gap.append((self.now - lag, sides))
        assert not self.book.stale

    @rule(change=CHANGE, lag=st.integers(0, 25))
    def change(self, change, lag):
        self.now += 10
        at = self.now - lag
        before = (dict(self.book.bids), dict(self.book.asks), self.book.version)
        applied = self.book.apply_change(*change, at, self.now)
        if applied:
            assert self.book.changed_at == self.now
            self.since_gap.append((at, change))
        else:
            assert before == (self.book.bids, self.book.asks, self.book.version)

    @rule()
    def gap(self):
        self.book.mark_stale()
        self.since_gap = []

    @rule()
    def tick(self):
        self.book.change_tick(1_000, self.now)
        self.since_gap = []
        assert self.book.stale
        assert self.book.tick == 1_000

    @invariant()
    def the_touch_is_the_best_level(self):
        check_touch(self.book)
        book = self.book
        stated = book.check_touch(book.best_bid, book.best_ask)
        assert stated is (Touch.SKIPPED if book.stale else Touch.AGREE)
        assert book.check_touch(None, book.best_ask) is Touch.SKIPPED
        assert book.check_touch(1, 2) is (Touch.SKIPPED if book.stale else Touch.DISAGREE)

    @invariant()
    def only_what_was_heard_since_the_gap_is_shown(self):
        if self.book.stale:
            assert not self.since_gap
            return
        known = {(True, p) for _, m in self.since_gap if len(m) == 2 for p in m[0]}
        known |= {(False, p) for _, m in self.since_gap if len(m) == 2 for p in m[1]}
        known |= {(m[0], m[1]) for _, m in self.since_gap if len(m) == 3}
        shown = {(True, p) for p in self.book.bids} | {(False, p) for p in self.book.asks}
        assert shown <= known

    @invariant()
    def versions_and_epochs_only_rise(self):
        assert self.book.version >= self.version
        assert self.book.epoch >= self.epoch
        self.version, self.epoch = self.book.version, self.book.epoch

    @invariant()
    def derived_numbers_agree_with_the_levels(self):
        book = self.book
        assert book.empty is (not book.bids and not book.asks)
        both = bool(book.bids and book.asks)
        assert (book.mid is None) is (book.spread is None) is (not both)
        if both:
            assert book.spread == min(book.asks) - max(book.bids)
            assert book.crossed is (book.spread <= 0)
        for is_bid, side in ((True, book.bids), (False, book.asks)):
            levels = book.best_levels(is_bid, 2)
            assert levels == sorted(side.items(), reverse=is_bid)[:2]


TestBook = BookMachine.TestCase
TestBook.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


def test_changes_before_the_first_snapshot_are_dropped():
    book = L2Book(TOKEN)
    assert not book.apply_change(True, 500_000, 7, 1, 1)
    assert book.stale
    assert book.empty
