from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.sandbox import small
from tests.unit.sandbox.test_world import played

from polydesk.domain.ids import wallet
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.sandbox.activity import WalletTrade, trade_of
from polydesk.sandbox.portfolio import holdings, payout, standings


def trade(side: str, size: float, price: float, **more: object) -> WalletTrade:
    body = small.activity(small.ALICE, small.RAIN_YES, side, size, price, **more)  # type: ignore[arg-type]
    return trade_of(body["payload"], taker=True)


def test_the_taker_reported_by_both_types_counts_once() -> None:
    log = played().trades
    assert len(log.rows) == 4
    assert len(log.of_wallet(wallet(small.ALICE))) == 2


def test_roles_follow_the_fee_and_a_lone_row_is_its_own_taker() -> None:
    log = played().trades
    roles = {(row.wallet[2], row.transaction): log.is_taker(row) for row in log.rows}
    assert roles[("a", small.TX1)] is True
    assert roles[("b", small.TX1)] is False
    assert roles[("c", small.TX3)] is True


def test_average_cost_carries_through_a_partial_sale() -> None:
    held = holdings([trade("BUY", 100, 0.5), trade("BUY", 100, 0.7), trade("SELL", 50, 0.8)])[0]
    assert held.size == 150_000_000
    assert held.average == 600_000
    assert held.realized == 10_000_000
    assert held.bought == 200_000_000


def test_shares_sold_but_never_seen_bought_realise_nothing() -> None:
    held = holdings([trade("SELL", 50, 0.9), trade("BUY", 10, 0.5), trade("SELL", 50, 0.6)])[0]
    assert held.size == 0
    assert held.realized == 1_000_000


def test_a_resolved_token_pays_its_outcome() -> None:
    world = played()
    assert payout(world, small.SNOW_NO) == 1_000_000
    assert payout(world, small.SNOW_YES) == 0
    assert payout(world, small.RAIN_YES) is None


def test_a_finite_window_marks_what_its_trades_left() -> None:
    world = played()
    rows = {row.wallet[2]: row for row in standings(world, "day", small.START_S + 61)}
    # Alice: -50.00 - 1.25 fee + 24.00, 60 shares left at the midpoint 0.5305.
    assert rows["a"].pnl == -50_000_000 - 1_250_000 + 24_000_000 + 31_830_000
    # Carol: 10 shares at 0.2 in a market that resolved against her.
    assert rows["c"].pnl == -2_000_000
    assert [rows[name].rank_pnl for name in "abc"] == [1, 3, 2]


def test_all_time_counts_realised_profit_only_and_ties_share_a_rank() -> None:
    rows = {row.wallet[2]: row for row in standings(played(), "all", small.START_S + 61)}
    assert rows["a"].pnl == 4_000_000
    assert rows["b"].pnl == rows["c"].pnl == 0
    assert [rows[name].rank_pnl for name in "abc"] == [1, 2, 2]


def test_trades_before_the_window_do_not_count() -> None:
    later = small.START_S + 86_400 + 5
    assert [row.wallet[2] for row in standings(played(), "day", later)] == ["c"]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["BUY", "SELL"]),
            st.integers(10_000, 10**9),
            st.integers(1_000, 999_000),
        ),
        max_size=30,
    )
)
def test_cash_and_cost_always_add_up(steps: list[tuple[str, int, int]]) -> None:
    rows = []
    for side, size, price in steps:
        row = trade(side, 1, 0.5)
        row.side, row.size, row.price = side, ShareMicros(size), PriceMicros(price)
        rows.append(row)
    for held in holdings(rows):
        assert 0 <= held.size <= held.bought
        assert 0 <= held.cost <= held.spent
        assert held.size or not held.cost
