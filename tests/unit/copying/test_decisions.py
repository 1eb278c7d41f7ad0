from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.builders import (
    CONDITION,
    LEADER,
    MS,
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

from polydesk.domain import events as ev
from polydesk.domain.commands import (
    Command,
    CopyMode,
    CopyRule,
    PauseLeader,
    Sizing,
    SubmitOrder,
    UnfollowLeader,
)
from polydesk.domain.decisions import Verdict
from polydesk.domain.fills import Fill, Liquidity
from polydesk.domain.ids import TokenId, TradeId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent
from polydesk.domain.reasons import SkipCode
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros, notional_ceil
from polydesk.engine.engine import Engine

PERCENT = CopyRule(sizing=Sizing.PERCENT, percent=micros("10"))


def intents(commands: Sequence[Command]) -> list[OrderIntent]:
    return [command.approved.intent for command in commands if isinstance(command, SubmitOrder)]


def fill_whole(engine: Engine, intent: OrderIntent, price: str = "0.50") -> None:
    executed = Fill(
        trade_id=TradeId("fill-" + intent.client_order_id),
        client_order_id=intent.client_order_id,
        token_id=intent.token_id,
        side=intent.side,
        price=PriceMicros(micros(price)),
        size=intent.size,
        value=notional_ceil(PriceMicros(micros(price)), intent.size),
        fee=UsdMicros(0),
        liquidity=Liquidity.TAKER,
        ts_event=engine.now,
    )
    engine.process(ev.OrderFilled(executed, engine.now, engine.now))


def copy(engine: Engine, trade: ev.WalletTraded) -> OrderIntent:
    (intent,) = intents(engine.process(trade))
    fill_whole(engine, intent)
    return intent


def skip_of(engine: Engine) -> SkipCode | None:
    return engine.decisions[-1].skip


def test_fixed_cash_buys_what_the_money_buys_in_the_visible_book() -> None:
    engine = ready_engine()

    (intent,) = intents(engine.process(leader_trade()))

    # 25 at 0.50 are 50 shares, all of which the best ask offers
    assert (intent.side, intent.size) == (Side.BUY, micros("50"))
    assert intent.price == micros("0.52")
    assert engine.decisions[-1].verdict is Verdict.COPIED


def test_fixed_cash_walks_levels_and_never_plans_to_spend_more() -> None:
    engine = ready_engine(CopyRule(cash=UsdMicros(micros("150"))))

    (intent,) = intents(engine.process(leader_trade()))

    # 200 at 0.50 cost 100, the other 50 buy 98.03 at 0.51
    assert intent.size == micros("298.03")


def test_percent_copies_a_share_of_the_leaders_size() -> None:
    engine = ready_engine(PERCENT)

    (intent,) = intents(engine.process(leader_trade(size="123.45")))

    assert intent.size == micros("12.34")


def test_every_trade_is_decided_once_however_often_it_is_told() -> None:
    engine = ready_engine()

    commands = [engine.process(leader_trade(repair=n == 2)) for n in range(3)]

    assert [len(intents(c)) for c in commands] == [1, 0, 0]
    assert len(engine.decisions) == engine.leaders.trades == 1


def test_a_wallet_nobody_follows_makes_no_decision() -> None:
    engine = ready_engine()
    engine.process(ev.UserCommandGiven(T0, UnfollowLeader(LEADER)))

    assert not engine.process(leader_trade())
    assert not engine.decisions


@pytest.mark.parametrize(
    ("rule", "trade", "code"),
    [
        (CopyRule(mode=CopyMode.WATCH), leader_trade(), SkipCode.WATCH_ONLY),
        (CopyRule(max_age_ms=1_899), leader_trade(), SkipCode.TOO_OLD),
        (CopyRule(max_age_ms=1_899), leader_trade(repair=True), SkipCode.BLIND),
        (CopyRule(), leader_trade(price="0.47"), SkipCode.SLIPPAGE),
        (CopyRule(min_price=PriceMicros(510_000)), leader_trade(), SkipCode.PRICE_OUTSIDE_BAND),
        (CopyRule(max_price=PriceMicros(490_000)), leader_trade(), SkipCode.PRICE_OUTSIDE_BAND),
        (CopyRule(max_leader_usd=UsdMicros(1)), leader_trade(), SkipCode.LEADER_CAP_REACHED),
        (CopyRule(max_day_usd=UsdMicros(1)), leader_trade(), SkipCode.DAY_CAP_REACHED),
        (CopyRule(), leader_trade(Side.SELL), SkipCode.NOTHING_TO_SELL),
        (CopyRule(), leader_trade(token=TokenId("999")), SkipCode.UNKNOWN_MARKET),
        (CopyRule(), leader_trade(token=NO), SkipCode.NO_BOOK),
        (replace(PERCENT, aggregate_window_ms=0), leader_trade(size="9"), SkipCode.BELOW_MINIMUM),
    ],
)
def test_guards_skip_with_their_reason(
    rule: CopyRule, trade: ev.WalletTraded, code: SkipCode
) -> None:
    engine = ready_engine(rule)

    assert not intents(engine.process(trade))
    assert (engine.decisions[-1].verdict, skip_of(engine)) == (Verdict.SKIPPED, code)
    assert engine.leaders.skipped == {code: 1}


@pytest.mark.parametrize(("delay_ms", "copied"), [(10_000, True), (10_001, False)])
def test_the_age_limit_is_inclusive(delay_ms: int, copied: bool) -> None:
    engine = ready_engine()

    engine.process(leader_trade(delay_ms=delay_ms))

    assert (engine.decisions[-1].verdict is Verdict.COPIED) is copied


@pytest.mark.parametrize(("price", "copied"), [("0.48", True), ("0.47", False)])
def test_the_slippage_limit_is_inclusive(price: str, copied: bool) -> None:
    engine = ready_engine()

    engine.process(leader_trade(price=price))

    assert (engine.decisions[-1].verdict is Verdict.COPIED) is copied


def test_a_paused_leader_is_skipped_until_resumed() -> None:
    engine = ready_engine()
    engine.process(ev.UserCommandGiven(T0, PauseLeader(LEADER, paused=True)))
    engine.process(leader_trade(ref="a"))
    assert skip_of(engine) is SkipCode.LEADER_PAUSED

    engine.process(ev.UserCommandGiven(T0, PauseLeader(LEADER, paused=False)))
    engine.process(leader_trade(ref="b"))
    assert engine.decisions[-1].verdict is Verdict.COPIED


def test_an_empty_side_is_no_liquidity() -> None:
    engine = ready_engine()
    engine.process(snapshot(levels(("0.49", "9")), [], at=T0))

    engine.process(leader_trade())

    assert skip_of(engine) is SkipCode.NO_LIQUIDITY


def test_a_closed_market_is_skipped() -> None:
    engine = ready_engine()
    engine.process(ev.MarketsListed(T0, [market(accepting_orders=False)]))

    engine.process(leader_trade())

    assert skip_of(engine) is SkipCode.MARKET_CLOSED


def test_what_risk_denies_is_skipped_with_its_reason() -> None:
    engine = ready_engine(cash="10")

    engine.process(leader_trade())

    assert skip_of(engine) is SkipCode.RISK_DENIED
    assert "INSUFFICIENT_CASH" in dict(engine.decisions[-1].facts)["risk"]


def test_small_copies_aggregate_until_they_reach_the_minimum() -> None:
    engine = ready_engine(PERCENT)

    sizes = [
        [i.size for i in intents(engine.process(leader_trade(size="20", ref=f"t{n}", at=T0 + n)))]
        for n in range(4)
    ]

    assert sizes == [[], [], [micros("6")], []]
    verdicts = [decision.verdict for decision in engine.decisions]
    assert verdicts == [
        Verdict.AGGREGATING,
        Verdict.AGGREGATING,
        Verdict.COPIED,
        Verdict.AGGREGATING,
    ]


def test_aggregation_forgets_what_is_older_than_its_window() -> None:
    engine = ready_engine(replace(PERCENT, aggregate_window_ms=1_000))
    for n in range(4):
        at = T0 + n * 600 * MS
        engine.process(snapshot(levels(("0.49", "300")), levels(("0.50", "200")), at=at))
        engine.process(leader_trade(size="20", ref=f"t{n}", at=at))

    assert [d.verdict for d in engine.decisions] == [Verdict.AGGREGATING] * 4


def test_a_sale_is_mirrored_in_proportion_to_what_the_leader_was_seen_to_hold() -> None:
    engine = ready_engine()
    copy(engine, leader_trade(size="100", ref="buy"))

    (intent,) = intents(engine.process(leader_trade(Side.SELL, "0.49", "40", ref="sell")))

    assert (intent.side, intent.size) == (Side.SELL, micros("20"))
    assert intent.price == micros("0.47")


def test_a_leader_who_sells_all_or_more_empties_the_lot() -> None:
    engine = ready_engine()
    copy(engine, leader_trade(size="100", ref="buy"))

    (intent,) = intents(engine.process(leader_trade(Side.SELL, "0.49", "500", ref="sell")))

    assert intent.size == micros("50")


def test_shares_on_their_way_out_are_not_sold_twice() -> None:
    engine = ready_engine()
    copy(engine, leader_trade(size="100", ref="buy"))
    engine.process(leader_trade(Side.SELL, "0.49", "100", ref="sell"))

    engine.process(leader_trade(Side.SELL, "0.49", "1", ref="again"))

    assert skip_of(engine) is SkipCode.NOTHING_TO_SELL


def test_copies_on_their_way_count_towards_the_cap() -> None:
    engine = ready_engine(CopyRule(max_leader_usd=UsdMicros(micros("40"))))
    assert intents(engine.process(leader_trade(ref="a")))

    engine.process(leader_trade(ref="b"))

    assert skip_of(engine) is SkipCode.LEADER_CAP_REACHED


def test_an_old_sale_still_closes_what_we_hold() -> None:
    engine = ready_engine()
    copy(engine, leader_trade(ref="buy"))

    at = T0 + 40 * SECOND
    sale = leader_trade(Side.SELL, "0.49", "100", at=at, delay_ms=39_000, repair=True, ref="sell")

    assert intents(engine.process(sale))


def test_resolution_forgets_lots_and_holdings() -> None:
    engine = ready_engine()
    copy(engine, leader_trade(ref="buy"))
    leader = engine.copier.leaders[LEADER]
    assert leader.held_cost == micros("25")

    payouts = ((YES, PriceMicros(1_000_000)), (NO, PriceMicros(0)))
    engine.process(ev.MarketResolved(CONDITION, T0 + SECOND, T0 + SECOND, payouts))

    assert leader.held_cost == 0
    assert not leader.holdings


def test_what_was_bought_today_starts_anew_at_midnight() -> None:
    engine = ready_engine()
    copy(engine, leader_trade(ref="buy"))
    leader = engine.copier.leaders[LEADER]

    assert leader.bought_on(T0) == micros("25")
    assert leader.bought_on(T0 + 86_400 * SECOND) == 0


def test_each_decision_carries_both_delays_and_the_order() -> None:
    engine = ready_engine()
    engine.process(leader_trade(size="100"))

    decision = engine.decisions[-1]

    assert decision.delay_ms == 1_900
    assert decision.client_order_id in engine.account.orders
    assert (decision.title, decision.outcome) == ("Will it rain?", "Yes")
    assert decision.leader_size == ShareMicros(micros("100"))
