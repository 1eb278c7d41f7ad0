"""Whatever can change what happens next changes the digest; forgetting does not blur it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.builders import LEADER, MS, SECOND, T0, YES, leader_trade, market, micros, ready_engine
from tests.unit.copying.test_decisions import PERCENT

from polydesk.domain import events as ev
from polydesk.domain.commands import CopyRule, Kill, SetTradingState, TradingState
from polydesk.domain.ids import ClientOrderId, TradeId
from polydesk.domain.instruments import Side
from polydesk.domain.units import PriceMicros, UsdMicros
from polydesk.domain.venue import VenueMode
from polydesk.engine import decision_log
from polydesk.engine.engine import Engine
from polydesk.engine.state_hash import state_hash


def _forget_what_is_collected(engine: Engine) -> None:
    engine.copier.leaders[LEADER].pending.clear()


def _forget_a_seen_trade(engine: Engine) -> None:
    engine.copier.seen.clear()


def _forget_what_is_on_its_way(engine: Engine) -> None:
    copies = engine.copier.leaders[LEADER].open
    for key, _ in list(copies):
        copies.end(key)


def _change_a_rule(engine: Engine) -> None:
    engine.copier.leaders[LEADER].rule = CopyRule()


def _change_a_mark(engine: Engine) -> None:
    engine.account.marks[YES] = PriceMicros(1)


def _change_a_market(engine: Engine) -> None:
    engine.set_market(market(accepting_orders=False))


def _lose_a_stream(engine: Engine) -> None:
    engine.books.lost.add(YES)


def _age_a_level(engine: Engine) -> None:
    engine.books.by_token[YES].bid_times[micros("0.49")] = T0


def _kill(engine: Engine) -> None:
    engine.process(ev.UserCommandGiven(engine.now, Kill("by hand")))


def _reduce(engine: Engine) -> None:
    engine.process(ev.UserCommandGiven(engine.now, SetTradingState(TradingState.REDUCING)))


def _hear_of_the_venue(engine: Engine) -> None:
    engine.process(ev.VenueModeChanged(VenueMode.POST_ONLY, engine.now, engine.now))


def _lose_readiness(engine: Engine) -> None:
    engine.process(ev.ReadinessChanged(False, engine.now, engine.now))


def _freeze(engine: Engine) -> None:
    engine.process(ev.MarketFrozen(YES, engine.now, engine.now, "x"))


def _hear_a_balance(engine: Engine) -> None:
    engine.process(ev.BalanceReported(engine.now, engine.now, cash=UsdMicros(1)))


def _forget_the_rate(engine: Engine) -> None:
    engine.orders.approved_at.clear()


def _foretell_a_fill(engine: Engine) -> None:
    engine.account.ledger.confirm((TradeId("t"), ClientOrderId("o")))


def busy_engine() -> Engine:
    """Return an engine with one copy on its way and another being collected."""
    engine = ready_engine(PERCENT)
    engine.process(leader_trade(size="100", ref="a"))
    engine.process(leader_trade(size="20", ref="b", at=T0 + MS))
    return engine


@pytest.mark.parametrize(
    "change",
    [
        _forget_what_is_collected,
        _forget_a_seen_trade,
        _forget_what_is_on_its_way,
        _change_a_rule,
        _change_a_mark,
        _change_a_market,
        _lose_a_stream,
        _age_a_level,
        _kill,
        _reduce,
        _hear_of_the_venue,
        _lose_readiness,
        _freeze,
        _hear_a_balance,
        _forget_the_rate,
        _foretell_a_fill,
    ],
)
def test_every_part_of_the_state_counts(change: Callable[[Engine], None]) -> None:
    engine = busy_engine()
    assert state_hash(engine) == state_hash(busy_engine())

    change(engine)

    assert state_hash(engine) != state_hash(busy_engine())


def session(first: str, trades: int) -> Engine:
    engine = ready_engine()
    engine.process(leader_trade(Side.SELL, ref=first))
    for n in range(trades):
        engine.process(leader_trade(Side.SELL, ref=f"t{n}", at=T0 + SECOND + n))
    return engine


def test_decisions_in_memory_are_bounded_and_all_still_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decision_log, "DECISIONS_KEPT", 10)

    engine = session("x", 60)

    assert 10 <= len(engine.decisions) < 20
    assert engine.decisions.newest == engine.leaders.trades == 61
    assert [d.seq for d in engine.decisions] == list(range(62 - len(engine.decisions), 62))
    other = session("y", 60)
    assert engine.decisions == other.decisions
    assert engine.decisions.digest() != other.decisions.digest()
    assert engine.decisions.digest() == session("x", 60).decisions.digest()
