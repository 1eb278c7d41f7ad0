from __future__ import annotations

from dataclasses import replace

from tests.builders import CONDITION, T0, market

from polydesk.domain import events as ev
from polydesk.domain.units import UsdMicros
from polydesk.engine.engine import Engine


def test_an_announcement_does_not_replace_a_fuller_row() -> None:
    engine = Engine()
    full = market(volume_24h=UsdMicros(5))
    engine.process(ev.MarketsListed(T0, [full]))

    engine.process(ev.MarketsListed(T0 + 1, [market()], is_announcement=True))

    assert engine.markets[CONDITION] == full


def test_an_announcement_makes_a_market_known() -> None:
    engine = Engine()

    engine.process(ev.MarketsListed(T0, [market()], is_announcement=True))

    assert CONDITION in engine.markets


def test_a_catalogue_row_replaces_an_older_one_until_the_market_is_resolved() -> None:
    engine = Engine()
    for row in (market(), market(accepting_orders=False)):
        engine.process(ev.MarketsListed(T0, [row]))
    assert not engine.markets[CONDITION].accepting_orders

    resolved = replace(engine.markets[CONDITION], payouts=(1_000_000, 0))
    engine.set_market(resolved)
    engine.process(ev.MarketsListed(T0, [market()]))
    assert engine.markets[CONDITION] == resolved
