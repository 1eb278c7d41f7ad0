from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent, Origin, TimeInForce
from polydesk.domain.orders import TERMINAL, TRANSITIONS, Order, OrderState
from polydesk.errors import InvariantError

S = OrderState
RANK = {
    S.INTENT: 0,
    S.SIGNED: 1,
    S.SENT: 2,
    S.UNKNOWN: 2,
    S.LIVE: 3,
    S.PARTIAL: 4,
    **dict.fromkeys(TERMINAL, 9),
}
MAY_BE_THERE = (S.SIGNED, S.SENT, S.UNKNOWN)
LEGAL = {
    (S.INTENT, S.DENIED),
    (S.INTENT, S.SIGNED),
    (S.INTENT, S.SENT),
    (S.INTENT, S.ABANDONED),
    (S.SIGNED, S.SENT),
    (S.SIGNED, S.UNKNOWN),
    (S.SENT, S.UNKNOWN),
    (S.LIVE, S.PARTIAL),
    *(
        (start, end)
        for start in MAY_BE_THERE
        for end in (S.LIVE, S.PARTIAL, S.REJECTED, S.ABANDONED)
    ),
    *(
        (start, end)
        for start in (*MAY_BE_THERE, S.LIVE, S.PARTIAL)
        for end in (S.MATCHED, S.CANCELED, S.EXPIRED)
    ),
}


def make_order(state: OrderState = S.INTENT) -> Order:
    intent = OrderIntent(
        ClientOrderId("o"), TokenId("1"), Side.BUY, 500_000, 10, TimeInForce.GTC, Origin.MANUAL, 0
    )
    return Order(intent, state)


def test_every_state_has_a_row():
    assert set(TRANSITIONS) == set(OrderState) == set(RANK)


@pytest.mark.parametrize("start", list(OrderState))
@pytest.mark.parametrize("end", list(OrderState))
def test_the_transition_table(start, end):
    order = make_order(start)
    if start is end or (start, end) in LEGAL:
        order.move_to(end, 5)
        assert (order.state, order.updated_at) == (end, 5)
    else:
        with pytest.raises(InvariantError, match=f"{start} cannot become {end}"):
            order.move_to(end, 5)
        assert (order.state, order.updated_at) == (start, 0)


@given(st.lists(st.sampled_from(list(OrderState)), max_size=20))
def test_rank_never_falls_and_the_end_is_the_end(wishes):
    order = make_order()
    for at, wish in enumerate(wishes):
        before = order.state
        try:
            order.move_to(wish, at)
        except InvariantError:
            assert order.state is before
        assert RANK[order.state] >= RANK[before]
        assert before not in TERMINAL or order.state is before
        assert order.open is (order.state not in TERMINAL)


def test_remaining_is_what_is_not_filled():
    order = make_order()
    order.filled = 4
    assert order.remaining == 6
