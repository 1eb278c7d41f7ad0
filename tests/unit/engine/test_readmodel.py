"""The views a screen reads, compared with the engine by plain sums."""

from __future__ import annotations

from tests.builders import (
    CONDITION,
    LEADER,
    NO,
    SECOND,
    T0,
    YES,
    leader_trade,
    levels,
    market,
    micros,
    ready_engine,
    snapshot,
)
from tests.unit.copying.test_decisions import copy
from tests.unit.engine.test_orders import fill, place

from polydesk.domain import events as ev
from polydesk.domain.commands import CopyMode, CopyRule, Sizing, Watch
from polydesk.domain.decisions import Verdict
from polydesk.domain.ids import ConditionId, TokenId
from polydesk.domain.instruments import FeeSchedule, Outcome, Side
from polydesk.domain.orders import OrderState
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.engine.engine import Engine
from polydesk.engine.readmodel.books import BookViews
from polydesk.engine.readmodel.feed import FeedViews, rule_in_words
from polydesk.engine.readmodel.markets import MarketViews
from polydesk.engine.readmodel.portfolio import PortfolioViews
from polydesk.engine.readmodel.tape import Tape

UNKNOWN = TokenId("9" * 30)


def print_(price: str, size: str, *, token: TokenId = YES, at: int = T0) -> ev.TradePrinted:
    amounts = PriceMicros(micros(price)), ShareMicros(micros(size))
    return ev.TradePrinted(token, CONDITION, at, at, *amounts, Side.BUY)


def views(engine: Engine) -> tuple[Tape, BookViews, PortfolioViews]:
    tape = Tape(engine)
    books = BookViews(engine, tape)
    return tape, books, PortfolioViews(engine, books)


def watch(engine: Engine, *tokens: TokenId, on: bool = True) -> None:
    engine.process(ev.UserCommandGiven(engine.now, Watch(tokens, on)))


def test_the_tape_shows_the_newest_trades_of_a_market_first() -> None:
    tape = Tape(ready_engine())
    tape.note(print_("0.50", "10"))
    tape.note(print_("0.51", "20", token=NO, at=T0 + 1))
    tape.note(print_("0.52", "30", token=UNKNOWN, at=T0 + 2))

    of_market = tape.view(YES, 10, 0)

    # the unknown token came with the same condition, so it belongs to the market too
    assert [row.price for row in of_market.rows] == [520_000, 510_000, 500_000]
    assert [row.outcome for row in of_market.rows] == ["", "No", "Yes"]
    assert [row.price for row in tape.view(None, 2, 0).rows] == [520_000, 510_000]
    assert [row.price for row in tape.view(UNKNOWN, 10, 0).rows] == [520_000]
    assert of_market.version == 3


def test_the_tape_filters_by_size_and_adds_up_what_traded_at_a_price() -> None:
    tape = Tape(ready_engine())
    for price, size in (("0.50", "10"), ("0.50", "5"), ("0.51", "99")):
        tape.note(print_(price, size))

    assert [row.size for row in tape.view(YES, 10, micros("10")).rows] == [99_000_000, 10_000_000]
    assert dict(tape.traded_at(YES)) == {500_000: 15_000_000, 510_000: 99_000_000}
    assert tape.view(YES, 0, 0).rows == ()


def test_the_ladder_shows_levels_best_first_own_orders_and_volume() -> None:
    engine = ready_engine()
    tape, books, _ = views(engine)
    place(engine, price="0.40")
    tape.note(print_("0.50", "10"))

    view = books.book(YES, 1)

    assert view is not None
    assert (view.bids, view.asks) == (
        ((490_000, 300_000_000),),
        ((500_000, 200_000_000),),
    )
    assert [(own.price, own.is_bid, own.size) for own in view.own] == [(400_000, True, 10_000_000)]
    assert view.traded == ((500_000, 10_000_000),)
    assert (view.title, view.outcome) == ("Will it rain?", "Yes")
    assert books.book(UNKNOWN, 5) is None
    assert books.version(UNKNOWN) == -1


def test_the_version_of_a_ladder_rises_with_book_and_orders() -> None:
    engine = ready_engine()
    _, books, _ = views(engine)
    seen = [books.version(YES)]

    engine.process(snapshot(levels(("0.40", "1")), levels(("0.60", "1")), at=T0 + SECOND))
    seen.append(books.version(YES))
    place(engine, price="0.40")
    seen.append(books.version(YES))

    assert seen == sorted(set(seen))


def test_the_watchlist_keeps_its_order_and_tells_the_change_since_first_seen() -> None:
    engine = ready_engine()
    _, books, _ = views(engine)
    watch(engine, NO, YES, UNKNOWN)
    first = {row.token_id: row for row in books.watchlist().rows}

    engine.process(snapshot(levels(("0.55", "1")), levels(("0.56", "1")), at=T0 + SECOND))
    rows = books.watchlist().rows

    assert [row.token_id for row in rows] == [NO, YES, UNKNOWN]
    assert first[YES].change == 0
    # from 0.495 to 0.555
    assert (rows[1].bid, rows[1].ask, rows[1].change) == (550_000, 560_000, 60_000)
    assert (rows[0].has_book, rows[0].change) == (False, None)
    assert rows[2].title.startswith("token 9999")


def test_orders_at_one_price_are_one_level_of_the_ladder() -> None:
    engine = ready_engine()
    _, books, _ = views(engine)
    for ref, size, ahead in (("a", "10", None), ("b", "7", "30"), ("c", "5", "20")):
        order = place(engine, price="0.40", size=size, ref=ref)
        order.queue_ahead = None if ahead is None else ShareMicros(micros(ahead))
    place(engine, price="0.41", size="6", ref="d")

    view = books.book(YES, 1)

    assert view is not None
    assert [(own.price, own.size // 1_000_000, own.queue_ahead) for own in view.own] == [
        (400_000, 22, micros("20")),
        (410_000, 6, None),
    ]


def test_an_empty_side_is_shown_as_none_and_not_as_a_price() -> None:
    engine = ready_engine()
    _, books, _ = views(engine)
    watch(engine, YES)
    engine.process(snapshot(levels(("0.99", "1")), [], at=T0 + SECOND))

    (row,) = books.watchlist().rows

    assert (row.bid, row.ask, row.change) == (990_000, None, None)


def test_the_watchlist_moves_when_anything_visible_does() -> None:
    engine = ready_engine()
    _, books, _ = views(engine)
    watch(engine, YES)
    seen = [books.watch_version()]

    for step in (
        lambda: engine.process(print_("0.5", "1")),
        lambda: engine.process(ev.StreamStatusChanged(T0, "market", False, "", (YES,))),
        lambda: watch(engine, NO),
    ):
        step()
        seen.append(books.watch_version())

    assert len(set(seen)) == len(seen)
    watch(engine, NO, on=False)
    assert [row.token_id for row in books.watchlist().rows] == [YES]


def test_the_feed_tells_what_became_of_each_followed_trade() -> None:
    engine = ready_engine(CopyRule(sizing=Sizing.PERCENT, percent=micros("10")))
    feed = FeedViews(engine)
    copy(engine, leader_trade(ref="t1"))
    engine.process(leader_trade(ref="t2", price="0.01", delay_ms=500))

    view = feed.feed(10)

    skipped, copied = view.rows
    assert (copied.verdict, copied.reason, copied.order_state) == (
        Verdict.COPIED,
        "",
        OrderState.MATCHED,
    )
    assert (copied.filled, copied.average_price) == (10_000_000, 500_000)
    assert skipped.reason == "PRICE_OUTSIDE_BAND price 0.01 min 0.02 max 0.98"
    assert (skipped.seen_delay_ms, skipped.client_order_id) == (500, None)
    assert (view.leaders, view.delay_p50_ms) == (1, 1_900)
    assert feed.feed(1).rows == (skipped,)
    assert feed.feed(0).rows == ()


def test_leaders_are_listed_with_counts_and_what_is_held_for_them() -> None:
    engine = ready_engine()
    copy(engine, leader_trade())

    (row,) = FeedViews(engine).leaders()

    assert (row.wallet, row.trades, row.copied, row.skipped) == (LEADER, 1, 1, 0)
    assert (row.held_cost, row.bought_today) == (micros("25"), micros("25"))


def test_a_rule_in_words_says_every_limit() -> None:
    rule = CopyRule(mode=CopyMode.WATCH, sizing=Sizing.PERCENT, percent=micros("12.5"))

    assert rule_in_words(rule) == (
        "watch only (12.5 % of size, up to 10 s old, slippage 0.02, price 0.02-0.98, "
        "max $500 held, $1000 a day)"
    )


def busy_engine() -> Engine:
    """Two positions, one of them resolved, with fees, gains and an open order."""
    engine = ready_engine(fees=FeeSchedule(rate=70_000))
    engine.process(fill(place(engine, ref="a"), "10", "5", ref="a", fee="0.175"))
    copy(engine, leader_trade())
    place(engine, price="0.40", ref="open")
    engine.process(snapshot(levels(("0.61", "9")), levels(("0.64", "9")), at=T0 + SECOND))
    return engine


def test_the_headers_of_the_portfolio_are_the_sums_of_its_rows() -> None:
    engine = busy_engine()

    view = views(engine)[2].portfolio()

    rows = view.positions
    assert view.positions_value == sum(row.value for row in rows) == micros("37.5")
    assert view.unrealised == sum(row.unrealised for row in rows)
    assert view.realised == sum(row.realised for row in rows) == -micros("0.175")
    assert view.equity == view.cash + view.positions_value
    assert view.equity == view.net_deposits + view.realised + view.unrealised
    assert view.day_pnl == view.equity - micros("1000")
    assert rows[0].leaders == ("kestrel",)


def test_the_sums_hold_after_a_resolution_and_a_lost_stream() -> None:
    engine = busy_engine()
    portfolio = views(engine)[2]
    engine.process(ev.StreamStatusChanged(T0 + 2 * SECOND, "market", False, "", (YES,)))
    lost = portfolio.portfolio()
    payouts = ((YES, PriceMicros(1_000_000)), (NO, PriceMicros(0)))
    engine.process(ev.MarketResolved(CONDITION, T0 + 3 * SECOND, T0 + 3 * SECOND, payouts))
    resolved = portfolio.portfolio()

    for view in (lost, resolved):
        assert view.positions_value == sum(row.value for row in view.positions)
        assert view.realised == sum(row.realised for row in view.positions)
        assert view.equity == view.net_deposits + view.realised + view.unrealised
    assert lost.positions_value == micros("37.5")
    assert (resolved.positions_value, resolved.positions[0].resolved) == (0, True)


def test_drawdown_is_measured_from_the_highest_point_seen() -> None:
    engine = busy_engine()
    portfolio = views(engine)[2]
    portfolio.sample()
    engine.process(snapshot(levels(("0.31", "9")), levels(("0.34", "9")), at=T0 + 2 * SECOND))
    portfolio.sample()

    view = portfolio.portfolio()

    # sixty shares fell from 0.625 to 0.325
    assert view.drawdown == micros("18")
    assert [equity for _, equity in view.equity_curve] == [view.peak, view.equity]


def test_open_orders_come_first_and_the_newest_of_each_kind_first() -> None:
    engine = ready_engine()
    for ref in ("a", "b"):
        place(engine, price="0.40", ref=ref)
    for ref in ("x", "y"):
        place(engine, size="1", ref=ref)

    rows = views(engine)[2].portfolio().orders

    assert [row.state for row in rows] == [
        OrderState.INTENT,
        OrderState.INTENT,
        OrderState.DENIED,
        OrderState.DENIED,
    ]
    newest_first = list(reversed(engine.account.orders))
    assert {rows[0].client_order_id, rows[1].client_order_id} == set(newest_first[2:])
    assert [row.client_order_id for row in rows[2:]] == newest_first[:2]


def catalogue() -> Engine:
    engine = ready_engine()
    rows = [
        market(question="Élection à Paris", volume_24h=5, event_title="France", closed=True),
        market(question="Will it snow?", volume_24h=9, category="Weather"),
        market(question="Rain in Rome", volume_24h=7, payouts=(1_000_000, 0)),
    ]
    listed = [
        market(
            condition_id=ConditionId(f"0x{n}"),
            slug=f"market-{n}",
            outcomes=(Outcome(TokenId(f"{n}1"), "Yes", 0), Outcome(TokenId(f"{n}2"), "No", 1)),
            **{
                name: getattr(row, name)
                for name in (
                    "question",
                    "volume_24h",
                    "event_title",
                    "closed",
                    "category",
                    "payouts",
                )
            },
        )
        for n, row in enumerate(rows, start=5)
    ]
    engine.process(ev.MarketsListed(T0, listed))
    return engine


def found(engine: Engine, query: str = "", status: str = "all", limit: int = 9) -> list[str]:
    return [row.title for row in MarketViews(engine).markets(query, status, limit).rows]


def test_markets_are_found_by_every_word_in_any_case_busiest_first() -> None:
    engine = catalogue()

    assert found(engine, "RAIN") == ["Rain in Rome", "Will it rain?"]
    assert found(engine, "rome rain") == ["Rain in Rome"]
    assert found(engine, "élection FRANCE") == ["Élection à Paris"]
    assert found(engine, "weather") == ["Will it snow?"]
    assert found(engine, "rain paris") == []


def test_markets_are_chosen_by_status() -> None:
    engine = catalogue()
    watch(engine, TokenId("61"))

    assert found(engine, status="open") == ["Will it snow?", "Will it rain?"]
    assert found(engine, status="closed") == ["Élection à Paris"]
    assert found(engine, status="resolved") == ["Rain in Rome"]
    assert found(engine, status="watched") == ["Will it snow?"]


def test_a_limit_cuts_the_rows_and_not_the_count() -> None:
    view = MarketViews(catalogue()).markets("", "all", 2)

    assert (len(view.rows), view.total) == (2, 4)


def test_a_new_row_of_the_catalogue_is_found_at_once() -> None:
    engine = catalogue()
    search = MarketViews(engine)
    assert search.markets("hail", "all", 9).total == 0

    engine.process(
        ev.MarketsListed(T0, [market(condition_id=ConditionId("0xh"), question="Hail?")])
    )

    assert search.markets("hail", "all", 9).total == 1
