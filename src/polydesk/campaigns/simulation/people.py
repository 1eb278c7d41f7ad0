"""Everybody who does something: the trader, a leader, the web, a rival, the venue's operators.

Each habit has a mean pause; chance says when, and what exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from polydesk.campaigns.simulation.schedule import MS, SECOND
from polydesk.campaigns.simulation.street import SHARE, Street, new_market
from polydesk.campaigns.simulation.venue import ME, RIVAL
from polydesk.campaigns.simulation.wire import WEB
from polydesk.domain import commands as cmd
from polydesk.domain import events as ev
from polydesk.domain.ids import TokenId, TradeId, Wallet
from polydesk.domain.instruments import Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros, floor_to_lot
from polydesk.engine.user_desk import RELEASE_WORD
from polydesk.execution.pending import Phase
from polydesk.venues.simulation.exchange import NewOrder
from polydesk.venues.simulation.exchange.accounts import CASH
from polydesk.venues.simulation.exchange.modes import Mode

if TYPE_CHECKING:
    from polydesk.campaigns.simulation.simulation import Simulation

LEADER = Wallet("0x" + "a1" * 20)
RULE = cmd.CopyRule(max_slippage=PriceMicros(50_000))
_TYPES = ("GTC", "GTC", "GTC", "FAK", "FOK")
_AWAY = (-8, -5, -3, -2, -1, -1, 0, 1, 1, 2, 3, 5, 8)


class People:
    """Habits of everybody, on one simulation's clock."""

    def __init__(self, simulation: Simulation, chance: Random, *, is_alone: bool) -> None:
        self._simulation = simulation
        self._chance = chance
        self._count = 0
        habits: list[tuple[float, Callable[[], None]]] = [
            (0.3, self._walk),
            (0.7, self._print),
            (1.0, self._tick),
            (0.7, self._order),
            (1.5, self._lead),
            (2.0, self._cancel),
            (3.0, self._rival),
            (45.0, self._cancel_all),
            (70.0, self._kill),
            (60.0, self._switch),
            (40.0, self._line),
            (55.0, self._crash),
            (100.0, self._restart_venue),
            (90.0, self._change_tick),
            (150.0, self._resolve),
        ]
        if not is_alone:
            habits += [(6.0, self._web_order), (8.0, self._web_cancel), (60.0, self._transfer)]
        for pause, do in habits:
            self._plan(pause, do)

    def _plan(self, pause: float, do: Callable[[], None]) -> None:
        delay = int(self._chance.expovariate(1.0) * pause * SECOND) + MS
        self._simulation.schedule.after(delay, self._happen, pause, do)

    def _happen(self, pause: float, do: Callable[[], None]) -> None:
        self._plan(pause, do)
        if not self._simulation.is_calm or do == self._tick:
            do()

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _give(self, command: cmd.UserCommand) -> None:
        self._simulation.apply(ev.UserCommandGiven(self._simulation.schedule.now, command))

    # Markets

    def _street(self) -> Street:
        return self._chance.choice(self._simulation.streets)

    def _walk(self) -> None:
        self._simulation.show(self._street().walk(self._simulation.schedule.now))

    def _print(self) -> None:
        self._simulation.show(self._street().print(self._simulation.schedule.now))

    def _tick(self) -> None:
        self._simulation.apply(ev.TimePassed(self._simulation.schedule.now))

    def _change_tick(self) -> None:
        street = self._street()
        if self._chance.random() < 0.4:
            self._order_in(street)
        for event in street.change_tick(self._simulation.schedule.now):
            self._simulation.show(event)

    def _resolve(self) -> None:
        """A market ends one way, the other or half and half; another one begins."""
        simulation, street = self._simulation, self._street()
        first = self._chance.choice((0, MICROS, MICROS, MICROS // 2))
        payouts = (PriceMicros(first), PriceMicros(MICROS - first))
        if any(
            order.condition_id == street.market.condition_id
            for order in simulation.venue.open_orders()
        ):
            simulation.wire.note("resolution with open orders")
        if first == MICROS // 2:
            simulation.wire.note("resolution at 50/50")
        simulation.resolve(street, payouts)

    # The trader

    def _order(self) -> None:
        self._order_in(self._street())

    def _order_in(self, street: Street) -> None:
        chance = self._chance
        token = chance.choice(street.tokens)
        held = self._simulation.desk.engine.account.ledger.position(token).size
        side = Side.SELL if held and chance.random() < 0.6 else Side.BUY
        size = chance.randrange(500, 6_000) * 10_000
        if side is Side.SELL and chance.random() < 0.5:
            size = floor_to_lot(held)
        time_in_force = chance.choice(_TYPES)
        self._give(
            cmd.PlaceOrder(
                token_id=token,
                side=side,
                price=self._price(street, token),
                size=ShareMicros(size),
                time_in_force=time_in_force,
                post_only=time_in_force == "GTC" and chance.random() < 0.25,
                confirmed=chance.random() < 0.5,
                ref=f"key-{self._next()}",
            )
        )

    def _price(self, street: Street, token: TokenId) -> PriceMicros:
        tick = street.market.tick
        price = street.near(token) + tick * self._chance.choice(_AWAY)
        return PriceMicros(min(max(price // tick * tick, tick), MICROS - tick))

    def _cancel(self) -> None:
        orders = list(self._simulation.desk.engine.account.open_orders)
        if orders:
            self._give(cmd.CancelByUser(self._chance.choice(orders)))

    def _cancel_all(self) -> None:
        self._give(cmd.CancelAll())

    def _kill(self) -> None:
        simulation = self._simulation
        for pending in simulation.desk.executor.state.live.values():
            if pending.phase in {Phase.SIGNING, Phase.RECORDING, Phase.SENDING}:
                simulation.wire.note(f"killed while {pending.phase}")
        wait = self._chance.choice((2, 5, 10, 20, 300))
        simulation.schedule.after(wait * SECOND, self._give, cmd.ReleaseKill(RELEASE_WORD))
        if self._chance.random() < 0.3:
            simulation.crash_after(self._chance.choice((1, 1, 2, 3, 9)))
        self._give(cmd.Kill("enough"))

    def _switch(self) -> None:
        chance = self._chance
        active = cmd.TradingState.ACTIVE
        state = chance.choice((active, active, cmd.TradingState.REDUCING, cmd.TradingState.HALTED))
        self._give(cmd.SetTradingState(state))
        back = cmd.SetTradingState(active)
        self._simulation.schedule.after(chance.randrange(1, 15) * SECOND, self._give, back)
        for token in list(self._simulation.desk.engine.venue.frozen):
            self._give(cmd.ThawMarket(token))

    # The leader, told once, twice or late

    def _lead(self) -> None:
        chance, simulation, street = self._chance, self._simulation, self._street()
        token, now = chance.choice(street.tokens), simulation.schedule.now
        trade = ev.WalletTraded(
            trade_id=TradeId(f"leader-{self._next()}"),
            wallet=LEADER,
            name="leader",
            token_id=token,
            condition_id=street.market.condition_id,
            side=chance.choice((Side.BUY, Side.BUY, Side.SELL)),
            price=self._price(street, token),
            size=ShareMicros(chance.randrange(1, 200) * SHARE),
            ts_event=now - chance.choice((1, 2, 3, 20)) * SECOND,
            ts_init=now,
            transaction_hash="0x",
        )
        simulation.wire.leader_trades[trade.trade_id] = trade
        simulation.apply(trade)
        if chance.random() < 0.3:
            delay = chance.randrange(1, 60) * SECOND
            simulation.schedule.after(delay, self._lead_again, trade)

    def _lead_again(self, trade: ev.WalletTraded) -> None:
        trade.ts_init = self._simulation.schedule.now
        trade.is_repair = True
        self._simulation.apply(trade)

    # Others on the exchange

    def _rival(self) -> None:
        self._place(RIVAL, "rival")

    def _web_order(self) -> None:
        self._place(ME, WEB)

    def _place(self, account: str, name: str) -> None:
        chance, simulation, street = self._chance, self._simulation, self._street()
        token, core, now = (
            chance.choice(street.tokens),
            simulation.venue.core,
            simulation.schedule.now,
        )
        free = core.state.accounts.free(account, token)
        side = Side.SELL if free > street.market.min_size and chance.random() < 0.5 else Side.BUY
        size = chance.randrange(500, 4_000) * 10_000
        core.place(
            account,
            NewOrder(
                f"{name}{self._next()}",
                token,
                side,
                self._price(street, token),
                floor_to_lot(min(size, free) if side is Side.SELL else size),
                TimeInForce(chance.choice(("GTC", "GTC", "FAK"))),
            ),
            now,
        )

    def _web_cancel(self) -> None:
        simulation = self._simulation
        orders = simulation.venue.open_orders()
        if orders:
            name = self._chance.choice(orders).order_id
            simulation.venue.core.cancel(ME, [name], simulation.schedule.now)

    def _transfer(self) -> None:
        """Cash comes in or leaves; the venue cancels what the rest does not cover."""
        simulation, chance = self._simulation, self._chance
        core, now = simulation.venue.core, simulation.schedule.now
        if chance.random() < 0.6:
            amount = chance.randrange(1, 500) * MICROS
            core.deposit(ME, CASH, amount, now)
        else:
            amount = -min(core.state.accounts.balance(ME, CASH), chance.randrange(1, 300) * MICROS)
            core.withdraw(ME, CASH, -amount, now)
        simulation.moved += amount

    def _restart_venue(self) -> None:
        """The matching engine restarts, with or without its book, or shuts its door."""
        simulation, chance = self._simulation, self._chance
        core, now = simulation.venue.core, simulation.schedule.now
        if chance.random() < 0.3:
            core.set_mode(chance.choice((Mode.CANCEL_ONLY, Mode.DISABLED)), now)
            delay = chance.randrange(2, 20) * SECOND
            simulation.schedule.after(delay, simulation.open_door)
            return
        wipe = chance.random() < 0.4
        if wipe and simulation.venue.open_orders():
            simulation.wire.note("a restart loses our orders")
        simulation.wire.note("425, then post-only")
        core.restart(now, chance.randrange(2, 30), chance.randrange(5, 40), wipe=wipe)

    # The desk's own misfortunes

    def _line(self) -> None:
        chance = self._chance
        seconds = chance.choice((1.0, 3.0, 8.0, 20.0, 60.0, 150.0))
        if seconds > 120:
            self._simulation.wire.note("a gap longer than the listings' overlap")
        self._simulation.line.drop(seconds, min(seconds, chance.random() * 8))

    def _crash(self) -> None:
        self._simulation.crash_after(self._chance.choice((0, 1, 1, 2, 3, 5, 9)))


def new_street(number: int, chance: Random) -> Street:
    """Return the next market with its book."""
    return Street(new_market(number, chance), chance)


def rule_of_leader() -> cmd.FollowLeader:
    """Return the wallet that is copied, and how."""
    return cmd.FollowLeader(LEADER, "leader", RULE)
