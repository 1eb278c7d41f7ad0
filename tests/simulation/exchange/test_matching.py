"""Who meets whom, at which price, and what is left."""

from __future__ import annotations

from dataclasses import replace

from tests.simulation.exchange.venue import (
    BUY,
    CONDITION,
    MARKET,
    NO,
    SECOND,
    SELL,
    START,
    YES,
    Venue,
    micros,
)

from polydesk.domain.events import MarketsListed, TickSizeChanged, TradePrinted
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros
from polydesk.venues.simulation.exchange.events import OrderReported, TradeReported


def trade_of(venue, number=0):
    return list(venue.core.state.trades.values())[number]


def test_better_prices_first_then_older_orders_at_the_makers_price():
    venue = Venue()
    venue.place("bob", SELL, 0.53, 10)
    venue.place("bob", SELL, 0.52, 10)
    venue.place("cid", SELL, 0.52, 10)
    placed = venue.place("ann", BUY, 0.55, 25)
    assert placed.status == "matched"
    assert [leg.order_id for leg in trade_of(venue).makers] == ["0x02", "0x03", "0x01"]
    assert placed.making_amount == micros(20 * 0.52 + 5 * 0.53)
    assert placed.taking_amount == micros(25)
    assert venue.filled("0x01") == micros(5)
    assert venue.cash("ann") == micros(1_000) - placed.making_amount


def test_one_trade_names_all_makers_and_carries_the_exact_value():
    venue = Venue()
    venue.place("bob", SELL, 0.52, 10)
    venue.place("cid", SELL, 0.53, 7)
    placed = venue.place("ann", BUY, 0.53, 17)
    assert len(placed.trade_ids) == 1
    assert trade_of(venue).value == placed.making_amount


def test_the_answer_states_the_value_exactly_where_the_average_price_cannot():
    venue = Venue()
    venue.place("bob", SELL, 0.52, 33)
    venue.place("cid", BUY, 0.47, 70.01, token_id=NO)
    placed = venue.place("ann", BUY, 0.53, 103.01)
    spent = micros(1_000) - venue.cash("ann")
    assert placed.making_amount == spent == micros(33 * 0.52) + micros(70.01 * 0.53)
    assert trade_of(venue).taker.value != spent


def test_two_buys_mint_and_the_improvement_is_the_takers():
    venue = Venue()
    venue.place("bob", BUY, 0.45, 10, token_id=NO)
    placed = venue.place("ann", BUY, 0.60, 10)
    assert placed.making_amount == micros(5.5)
    venue.wait(60)
    assert venue.held("ann") == micros(510)
    assert venue.held("bob", NO) == micros(510)
    assert venue.cash("bob") == micros(1_000 - 4.5)
    assert venue.core.truth()["balances"]["@treasury"]["pUSD"] == [micros(10), 0]


def test_two_sales_merge_sets_back_into_money():
    venue = Venue()
    venue.place("bob", SELL, 0.45, 10, token_id=NO)
    placed = venue.place("ann", SELL, 0.50, 10)
    assert placed.taking_amount == micros(5.5)
    venue.wait(60)
    assert venue.held("ann") == micros(490)
    assert venue.cash("ann") == micros(1_005.5)
    assert venue.cash("bob") == micros(1_004.5)


def test_a_mint_that_rounds_costs_the_rounding_account_one_micro_dollar():
    venue = Venue()
    venue.place("bob", BUY, 0.45, 10, token_id=NO)
    venue.place("ann", BUY, 0.55, 9.999999, kind="FAK")
    venue.wait(60)
    assert venue.core.truth()["balances"]["@rounding"]["pUSD"] == [-1, 0]


def test_prices_that_do_not_meet_rest_side_by_side():
    venue = Venue()
    venue.place("bob", BUY, 0.44, 10, token_id=NO)
    assert venue.place("ann", BUY, 0.55, 10).status == "live"


def test_a_partly_matched_gtc_rests_and_a_fak_cancels_its_rest():
    venue = Venue()
    venue.place("bob", SELL, 0.50, 10)
    assert venue.place("ann", BUY, 0.50, 15).status == "matched"
    assert venue.status("0x02") == "LIVE"
    assert venue.core.state.orders["0x02"].reserved == micros(2.5)
    assert venue.place("cid", SELL, 0.50, 8, kind="FAK").status == "matched"
    assert (venue.filled("0x03"), venue.status("0x03")) == (micros(5), "CANCELED")


def test_a_fok_matches_all_or_leaves_everything_as_it_was():
    venue = Venue()
    venue.place("bob", SELL, 0.50, 10)
    killed = venue.place("ann", BUY, 0.50, 11, kind="FOK")
    assert not killed.success
    assert venue.filled("0x01") == 0
    assert venue.status("0x02").startswith("CANCELED_order couldn't be fully filled")
    assert venue.cash("ann") == micros(1_000)
    assert venue.place("ann", BUY, 0.50, 10, kind="FOK").status == "matched"


def test_a_gtd_order_leaves_the_book_a_minute_before_it_expires():
    venue = Venue()
    venue.place("ann", BUY, 0.50, 10, kind="GTD", expiration=START // SECOND + 180)
    venue.wait(119)
    assert venue.status("0x01") == "LIVE"
    (event,) = venue.wait(1)
    assert (event.status, event.at) == ("CANCELED_EXPIRED_ORDER", START + 120 * SECOND)


def test_fees_are_the_takers_on_top_of_a_buy_and_out_of_a_sale():
    venue = Venue(fee_rate=70_000)
    venue.place("bob", SELL, 0.50, 100)
    venue.place("ann", BUY, 0.50, 100)
    venue.wait(60)
    assert venue.cash("ann") == micros(1_000 - 50 - 1.75)
    assert venue.cash("bob") == micros(1_050)
    venue.place("cid", BUY, 0.30, 100)
    venue.place("ann", SELL, 0.30, 100)
    venue.wait(60)
    assert venue.cash("ann") == micros(948.25 + 30 - 1.47)
    assert venue.core.truth()["balances"]["@fees"]["pUSD"] == [micros(3.22), 0]


def test_a_trader_who_meets_himself_is_marked():
    venue = Venue()
    venue.place("ann", SELL, 0.50, 10)
    assert venue.place("ann", BUY, 0.50, 10).status == "matched"
    venue.wait(60)
    assert trade_of(venue).self_match
    assert (venue.cash("ann"), venue.held("ann")) == (micros(1_000), micros(500))


def test_displayed_size_is_sold_once_whichever_outcome_shows_it():
    venue = Venue()
    venue.show([(0.48, 100)], [(0.52, 40)])
    venue.show([(0.48, 40)], [(0.52, 100)], token=NO)
    assert venue.place("ann", BUY, 0.52, 30).taking_amount == micros(30)
    assert venue.place("ann", SELL, 0.48, 30, token_id=NO).taking_amount == micros(4.8)
    assert venue.filled("0x02") == micros(10)


def test_an_order_waits_behind_what_was_displayed_and_before_what_came_later():
    venue = Venue()
    venue.show([], [(0.52, 40)])
    venue.place("bob", SELL, 0.52, 10)
    venue.show([], [(0.52, 90)])
    venue.place("ann", BUY, 0.52, 45)
    assert venue.filled("0x01") == micros(5)
    assert venue.place("ann", BUY, 0.52, 60).taking_amount == micros(55)


def test_a_print_fills_a_resting_order_after_the_queue_and_never_beyond_its_size():
    venue = Venue()
    venue.show([(0.48, 100)], [(0.52, 100)])
    venue.place("ann", BUY, 0.48, 10)
    venue.print(SELL, 0.48, 95)
    assert venue.filled("0x01") == 0
    venue.print(BUY, 0.52, 9, token=NO)
    assert venue.filled("0x01") == micros(4)
    venue.print(SELL, 0.47, 500)
    assert venue.status("0x01") == "MATCHED"
    venue.wait(60)
    assert venue.cash("ann") == micros(1_000 - 4.8)


def test_a_print_does_not_pass_a_better_order_that_still_waits():
    venue = Venue()
    venue.show([(0.48, 100), (0.40, 100)], [(0.52, 100)])
    venue.place("ann", BUY, 0.48, 10)
    venue.place("bob", BUY, 0.47, 10)
    venue.print(SELL, 0.47, 60)
    assert (venue.filled("0x01"), venue.filled("0x02")) == (0, 0)


def test_quotes_that_cross_a_resting_order_fill_nothing():
    venue = Venue()
    venue.place("ann", BUY, 0.50, 10)
    venue.show([(0.40, 10)], [(0.45, 100)])
    assert venue.filled("0x01") == 0


def test_a_finer_tick_is_obeyed_at_once_and_ends_the_displayed_book():
    venue = Venue()
    venue.show([(0.48, 100)], [(0.52, 40)])
    venue.now += SECOND
    for token in (YES, NO):
        event = TickSizeChanged(token, CONDITION, venue.now, venue.now, PriceMicros(1_000))
        venue.core.on_market_event(event, venue.now)
    assert venue.place("ann", BUY, 0.521, 10).status == "live"
    venue.show([(0.48, 100)], [(0.521, 40)])
    assert venue.place("bob", BUY, 0.521, 10).status == "matched"


def test_a_delayed_taker_reserves_cannot_be_canceled_and_matches_what_is_left():
    venue = Venue(fee_rate=70_000, taker_delay=lambda market: 3 * SECOND)
    venue.place("bob", SELL, 0.50, 10)
    assert venue.place("ann", BUY, 0.50, 10).status == "delayed"
    assert venue.core.state.orders["0x02"].reserved == micros(5 + 0.175)
    answer = venue.core.cancel("ann", ["0x02"], venue.now)
    assert answer.not_canceled == {"0x02": "order match delayed due to market conditions"}
    venue.core.cancel("bob", ["0x01"], venue.now)
    venue.wait(3)
    assert venue.status("0x02") == "LIVE"
    assert venue.core.state.orders["0x02"].reserved == micros(5)
    assert venue.place("cid", BUY, 0.40, 10).status == "live"


def test_a_delayed_fok_dies_when_the_book_has_moved_away():
    venue = Venue(taker_delay=lambda market: 3 * SECOND)
    venue.place("bob", SELL, 0.50, 10)
    venue.place("ann", BUY, 0.50, 10, kind="FOK")
    venue.core.cancel("bob", ["0x01"], venue.now)
    venue.wait(3)
    assert venue.status("0x02").startswith("CANCELED_order couldn't be fully filled")


def test_the_user_channel_hears_placement_update_and_cancellation():
    venue = Venue()
    venue.place("bob", SELL, 0.50, 10)
    venue.place("ann", BUY, 0.50, 15, kind="FAK")
    seen = [
        (e.change.value, e.request.order_id, e.status, e.filled // MICROS)
        if isinstance(e, OrderReported)
        else e.trade.status.value
        for e in venue.wait(0)
    ]
    assert seen == [
        ("PLACEMENT", "0x01", "LIVE", 0),
        ("PLACEMENT", "0x02", "LIVE", 0),
        ("UPDATE", "0x01", "MATCHED", 10),
        ("UPDATE", "0x02", "LIVE", 10),
        "MATCHED",
        ("CANCELLATION", "0x02", "CANCELED", 10),
    ]
    assert all(isinstance(event, TradeReported) for event in venue.wait(60))


def test_what_a_taker_ate_is_no_longer_ahead_of_a_resting_order():
    venue = Venue()
    venue.show([(0.48, 100)], [])
    venue.place("ann", BUY, 0.48, 10)
    venue.place("bob", SELL, 0.48, 60)
    venue.place("cid", BUY, 0.48, 10)
    venue.print(SELL, 0.48, 44)
    assert (venue.filled("0x01"), venue.filled("0x03")) == (micros(4), 0)
    venue.print(SELL, 0.48, 10)
    assert (venue.filled("0x01"), venue.filled("0x03")) == (micros(10), micros(4))


def test_an_order_placed_after_a_taker_waits_only_for_what_is_left():
    venue = Venue()
    venue.show([(0.48, 100)], [])
    venue.place("bob", SELL, 0.48, 60)
    venue.place("ann", BUY, 0.48, 10)
    venue.print(SELL, 0.48, 44)
    assert venue.filled("0x02") == micros(4)


def test_one_print_fills_no_more_than_its_size_over_several_orders():
    venue = Venue()
    venue.place("ann", BUY, 0.48, 10)
    venue.place("bob", BUY, 0.47, 10)
    venue.print(SELL, 0.47, 14)
    assert (venue.filled("0x01"), venue.filled("0x02")) == (micros(10), micros(4))


def test_no_print_fills_while_the_engine_restarts():
    venue = Venue()
    venue.place("ann", BUY, 0.48, 10)
    venue.core.restart(venue.now)
    venue.print(SELL, 0.48, 100)
    assert venue.filled("0x01") == 0


def test_a_repeated_or_older_print_fills_nothing():
    venue = Venue()
    venue.show([(0.40, 100)], [])
    venue.place("ann", BUY, 0.48, 10)
    price, size = PriceMicros(micros(0.48)), ShareMicros(micros(4))
    for age in (2 * SECOND, -SECOND, -SECOND):
        at = venue.now - age
        event = TradePrinted(YES, CONDITION, at, venue.now, price, size, SELL, f"0x{age}")
        venue.core.on_market_event(event, venue.now)
    assert venue.filled("0x01") == micros(4)


def test_an_older_word_about_the_tick_or_a_catalogue_row_changes_nothing():
    venue = Venue()
    venue.now += SECOND
    for at, tick in ((venue.now, 1_000), (venue.now - 1, 10_000)):
        event = TickSizeChanged(YES, CONDITION, at, venue.now, PriceMicros(tick))
        venue.core.on_market_event(event, venue.now)
    venue.core.on_market_event(MarketsListed(venue.now, [MARKET]), venue.now)
    assert venue.place("ann", BUY, 0.521, 10).status == "live"


def test_a_catalogue_row_does_not_change_how_a_market_ended():
    venue = Venue()
    ends = [(PriceMicros(p), PriceMicros(MICROS - p)) for p in (MICROS, 0)]
    for payouts in ends:
        row = replace(MARKET, payouts=payouts)
        venue.core.on_market_event(MarketsListed(venue.now, [row]), venue.now)
    assert venue.core.truth()["markets"][CONDITION]["payouts"] == [MICROS, 0]
