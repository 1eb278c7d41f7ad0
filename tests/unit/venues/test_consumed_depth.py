"""What we took from a level is capped by what the level shows, looking only where needed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.builders import YES

from polydesk.domain.book import L2Book
from polydesk.domain.events import LevelChange
from polydesk.venues.simulation.matching import ConsumedDepth

PRICES = (480_000, 490_000, 500_000)
CHANGE = st.tuples(st.booleans(), st.sampled_from(PRICES), st.integers(0, 40))
TAKE = st.tuples(st.booleans(), st.sampled_from(PRICES), st.integers(1, 40))


def fresh_book() -> L2Book:
    book = L2Book(YES)
    levels = [(price, 40) for price in PRICES]
    book.apply_snapshot(levels, levels, 1, 1)
    return book


@given(st.lists(TAKE, max_size=5), st.lists(st.lists(CHANGE, max_size=3), max_size=8))
def test_looking_at_named_levels_equals_looking_at_all(
    takes: list[tuple[bool, int, int]], messages: list[list[tuple[bool, int, int]]]
) -> None:
    book, named, everything = fresh_book(), ConsumedDepth(), ConsumedDepth()
    for is_bid, price, size in takes:
        for consumed in (named, everything):
            taken = min(size, consumed.available((YES, is_bid, price), 40))
            if taken:
                consumed.take((YES, is_bid, price), taken)
    for at, message in enumerate(messages, start=2):
        changes: list[LevelChange] = [(YES, *change, None, None, "") for change in message]
        for is_bid, price, size in message:
            book.apply_change(is_bid, price, size, at, at)
        named.observe_changes({YES: book}.get, changes)
        everything.observe({YES: book}.get)
        assert named.digest() == everything.digest()


def test_a_stale_book_says_nothing() -> None:
    book, consumed = fresh_book(), ConsumedDepth()
    consumed.take((YES, True, 490_000), 30)
    book.mark_stale()
    consumed.observe_changes({YES: book}.get, [(YES, True, 490_000, 0, None, None, "")])
    assert consumed.digest() == ((YES, 1, 490_000, 30),)
