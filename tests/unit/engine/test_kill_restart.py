"""A kill goes on after a restart until nothing of ours is left open."""

from __future__ import annotations

from dataclasses import replace

from tests.builders import SECOND, T0
from tests.unit.engine.test_live_restore import DIGEST, reopened
from tests.unit.engine.test_orders import place
from tests.unit.engine.test_restore import left_behind, ready_engine

from polydesk.domain import events as ev
from polydesk.domain.commands import CancelOrder
from polydesk.domain.fills import Fill, Liquidity, SettledFill, Settlement
from polydesk.domain.folding import Folding
from polydesk.domain.ids import ClientOrderId, TokenId, TradeId
from polydesk.domain.instruments import Side
from polydesk.domain.ledger import Ledger
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros


def test_f027_what_a_kill_wanted_gone_is_wanted_gone_again_after_a_restart() -> None:
    engine, kept = ready_engine()
    order = place(engine, price="0.40")
    key = order.intent.client_order_id
    engine.process(ev.OrderSigned(key, DIGEST, T0, T0))
    engine.process(ev.OrderAccepted(key, DIGEST, T0, T0, resting=True))
    earlier = replace(left_behind(engine, kept), killed_because="the latch's file says so")

    later = reopened(earlier)
    at = T0 + 2 * SECOND

    for ready in (False, True):
        assert later.process(ev.ReadinessChanged(ready, at, at)) == (CancelOrder(key),)


def test_readiness_cancels_nothing_while_the_kill_switch_is_off() -> None:
    engine, _ = ready_engine()
    place(engine, price="0.40")
    assert not engine.process(ev.ReadinessChanged(True, T0, T0))


def test_folding_a_long_session_keeps_nothing_that_is_settled() -> None:
    ledger, fills, entries, settled = Ledger(), [], [], []
    for number in range(3_000):
        fill = Fill(
            TradeId(f"t{number}"), ClientOrderId("o"), TokenId("111"), Side.BUY,
            PriceMicros(500_000), ShareMicros(1_000_000), UsdMicros(500_000), UsdMicros(0),
            Liquidity.MAKER, T0, settlement=Settlement.PROVISIONAL,
        )  # fmt: skip
        entry = ledger.apply_fill(fill)
        assert entry is not None
        ledger.confirm(fill.identity)
        fills.append(fill)
        entries.append(entry)
        settled.append(SettledFill(*fill.identity, Settlement.CONFIRMED, T0))

    folding = Folding(fills, settled)
    longest = 0
    for entry in entries:
        folding.book(entry)
        longest = max([longest, *(len(u.steps) for u in folding.ledger.unsettled.values())])

    assert longest == 0
    assert folding.finish() == ledger
