"""One seed: the world, the desk's lives in it, and the checks after every event."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from random import Random

from polydesk.campaigns.simulation import quiet
from polydesk.campaigns.simulation.desk import Crash, Desk, Opening
from polydesk.campaigns.simulation.journal import MemoryJournal
from polydesk.campaigns.simulation.lives import Lives
from polydesk.campaigns.simulation.money import Money
from polydesk.campaigns.simulation.people import People, new_street, rule_of_leader
from polydesk.campaigns.simulation.rim import Rim
from polydesk.campaigns.simulation.schedule import MS, SECOND, Schedule
from polydesk.campaigns.simulation.sightings import look
from polydesk.campaigns.simulation.street import Street
from polydesk.campaigns.simulation.tee import Tee
from polydesk.campaigns.simulation.venue import ME, RIVAL, UserLine, Venue
from polydesk.campaigns.simulation.violation import Violation, demand
from polydesk.campaigns.simulation.weather import CALM, Weather, weather_of
from polydesk.campaigns.simulation.wire import WireCheck
from polydesk.domain import events as ev
from polydesk.domain.ids import TokenId
from polydesk.domain.limits import RiskLimits
from polydesk.domain.units import PriceMicros, UsdMicros
from polydesk.errors import PolydeskError
from polydesk.execution import inputs as told
from polydesk.store import rows
from polydesk.venues.simulation.exchange.accounts import CASH
from polydesk.venues.simulation.exchange.modes import Mode

START = 1_780_000_000 * SECOND
CASH_AT_START = (UsdMicros(300_000_000), UsdMicros(3_000_000_000))
"""Little, so that cash runs short, or more than the limits let be used."""
LIMITS = RiskLimits(
    max_order_usd=UsdMicros(50_000_000),
    max_market_usd=UsdMicros(250_000_000),
    max_total_usd=UsdMicros(600_000_000),
    max_open_orders=25,
    max_orders_per_minute=30,
)
QUIET_EVERY = 20_000
"""Steps from one quiescence to the next."""
LOG_EVERY = 1_000
"""Steps from one folding of the whole journal to the next."""
ALL_EVERY = 250
"""Steps from one check of all orders to the next."""
QUIET_SECONDS = 180
STREETS = 3


@dataclass(slots=True)
class Outcome:
    """What one seed came to."""

    seed: int
    steps: int = 0
    digest: str = ""
    seen: dict[str, int] = field(default_factory=dict)
    crashes: int = 0
    orders: int = 0
    fills: int = 0
    violation: str = ""
    """Invariant and facts; empty when all held."""
    at_step: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether every invariant held."""
        return not self.violation


class _Stop(Exception):
    """The step that was asked for is reached."""


class Simulation:
    """A desk and an exchange under one seed."""

    def __init__(self, seed: int, *, weather: Weather | None = None) -> None:
        self.seed = seed
        self.chance = Random(seed)
        self.schedule = Schedule(START)
        self.is_alone = self.chance.random() < 0.5
        self.weather = weather if weather is not None else weather_of(self.chance)
        self._cash = self.chance.choice(CASH_AT_START)
        self.is_calm = False
        self.moved = 0
        """Cash from outside less cash to outside, micro-dollars."""
        self.steps = 0
        self.crashes = 0
        self._log = blake2b(digest_size=16)
        self._crash_in = -1
        self._until: int | None = None
        self._limits = LIMITS
        self.journal = MemoryJournal(self.chance, Random(f"{seed} cuts"), lambda: self.schedule.now)
        self.line = UserLine(self.schedule, self.chance, self._tell)
        self.venue = Venue(self.schedule, self.chance, seed, self.line)
        self.wire = WireCheck(
            lambda: self.schedule.now, self.journal, self._limits, self.venue.core
        )
        self.venue.on_order = self.wire.on_venue_order
        self.venue.on_trade = self.wire.on_venue_trade
        self.streets: list[Street] = []
        self.listed: dict[str, Street] = {}
        self._numbers = 0
        self._fund()
        for _ in range(STREETS):
            self._list_street()
        self._opening = Opening(self._cash, self._limits, (rule_of_leader(),), START)
        self._start_desk()
        self.line.connect()
        self._set_weather(self.weather)
        self.people = People(self, self.chance, is_alone=self.is_alone)

    def _fund(self) -> None:
        for account, amount in ((ME, self._cash), (RIVAL, 10_000_000_000)):
            self.venue.core.deposit(account, CASH, amount, START)

    # The desk and its lives

    def _start_desk(self) -> None:
        tee = Tee(self.journal)
        self.desk = Desk(
            self.schedule,
            tee,
            approved=self.wire.on_approved,
            snapshot=self._snapshot_asked,
            stepped=self._stepped,
        )
        self.wire.new_life(self.desk.engine)
        self.rim = Rim(
            self.schedule,
            self.chance,
            self.venue,
            self.journal,
            tell=self.desk.tell,
            market=self.desk.engine.token_markets.get,
            reason_to_hold=self.desk.reason_to_hold,
            wire=self.wire,
        )
        self.desk.act = self.rim.take
        was_killed = self.journal.latch
        catalogue = ev.MarketsListed(
            self.schedule.now, [street.market for street in self.listed.values()]
        )
        self.desk.restore(self._opening, self.journal)
        self._watch_engine(tee)
        self.desk.begin(catalogue)
        demand(not was_killed or self.desk.engine.killed, "I-27", "the latch was forgotten")
        for street in self.streets:
            for book in street.snapshots(self.schedule.now):
                self.desk.apply(book)
        self.rim.weather = CALM if self.is_calm else self.weather

    def _watch_engine(self, tee: Tee) -> None:
        engine = self.desk.engine
        self.money = Money(engine, is_alone=self.is_alone)
        self.lives = Lives(engine, self.money)
        tee.watch(self.money, self.lives)

    def crash_after(self, steps: int) -> None:
        """Kill the desk after so many further steps; at once for none."""
        self._crash_in = steps
        if not steps:
            self.desk_killed()

    def desk_killed(self) -> None:
        """The desk's process is dead: what was not on disk is gone; it comes back after a while."""
        if not self.desk.is_alive:
            return
        self.crashes += 1
        for order in self.desk.engine.account.open_orders.values():
            self.wire.note(f"restart with an order {order.state}")
        self.check_log()
        self._crash_in = -1
        self.desk.is_alive = self.rim.is_alive = False
        self.journal.crash()
        pause = self.chance.randrange(100, 30_000)
        self.schedule.after(pause * MS, self._revive)

    def _revive(self) -> None:
        self._start_desk()
        if self.line.is_up:
            self._tell(told.UserLineChanged(True))

    def apply(self, event: ev.Event) -> None:
        """Give an event to the desk, if it lives."""
        if self.desk.is_alive:
            self.desk.apply(event)

    def _tell(self, given: told.Input) -> None:
        if isinstance(given, told.UserFillSeen):
            known = self.desk.executor.state.by_digest
            if given.fill.venue_order_id not in known:
                self.wire.note("a fill before its order is known")
        self.desk.tell(given)

    # The world

    def _list_street(self) -> None:
        self._numbers += 1
        street = new_street(self._numbers, self.chance)
        self.streets.append(street)
        self.listed[street.market.condition_id] = street
        self.venue.core.list_market(street.market)
        for book in street.snapshots(self.schedule.now):
            self.venue.core.on_market_event(book, self.schedule.now)

    def show(self, event: ev.MarketDataEvent) -> None:
        """Show what happened in a market to the exchange and to the desk."""
        self.venue.core.on_market_event(event, self.schedule.now)
        self.apply(event)

    def _snapshot_asked(self, token_id: TokenId) -> None:
        self.schedule.after(self.chance.randrange(20, 500) * MS, self._snapshot, token_id)

    def _snapshot(self, token_id: TokenId) -> None:
        for street in self.streets:
            if token_id in street.tokens:
                for book in street.snapshots(self.schedule.now):
                    self.show(book)

    def resolve(self, street: Street, payouts: tuple[PriceMicros, PriceMicros]) -> None:
        """End a market, tell the desk a little later, and begin another."""
        now, market = self.schedule.now, street.market
        street.market = replace(market, payouts=payouts, closed=True, accepting_orders=False)
        self.streets.remove(street)
        self.venue.core.resolve(market.condition_id, payouts, now)
        paid = tuple(zip(street.tokens, payouts, strict=True))
        self.schedule.after(self.chance.randrange(50, 5_000) * MS, self._tell_end, street, paid)
        self._list_street()
        self.apply(ev.MarketsListed(now, [self.streets[-1].market]))
        for book in self.streets[-1].snapshots(now):
            self.apply(book)

    def _tell_end(self, street: Street, paid: tuple[tuple[TokenId, PriceMicros], ...]) -> None:
        now = self.schedule.now
        self.apply(ev.MarketResolved(street.market.condition_id, now, now, paid))

    def open_door(self) -> None:
        """Let the exchange take everything again."""
        self.venue.core.set_mode(Mode.NORMAL, self.schedule.now)

    def _set_weather(self, weather: Weather) -> None:
        self.rim.weather = self.line.weather = self.venue.weather = weather
        self.journal.slow = weather.journal_slow

    # Steps and checks

    def _stepped(self, event: ev.Event) -> None:
        """Check everything after an event, and write it into the log."""
        self.steps += 1
        self.wire.on_report(event)
        self.money.check()
        self.lives.check()
        if not self.steps % ALL_EVERY:
            self.lives.check_all()
        if not self.steps % LOG_EVERY:
            self.check_log()
        is_market = isinstance(event, (ev.BookChanged, ev.BookSnapshotReceived))
        self._log.update(b"book" if is_market else repr(event).encode())
        look(event, self.desk.engine, self.wire.note)
        if self.steps == self._until:
            raise _Stop
        if self._crash_in > 0:
            self._crash_in -= 1
            if not self._crash_in:
                raise Crash

    def check_log(self) -> None:
        """Fold the whole journal from its first row and compare it with what is in memory."""
        written, account = self.journal.read(), self.desk.engine.account
        ledger = written.ledger()
        demand(ledger == account.ledger, "I-36", "the books are not what the journal folds to")
        for key, order in account.orders.items():
            row = written.orders.get(key)
            demand(row == rows.order_row(order), "I-36", "journal", row, "memory", order)

    def run(self, steps: int, *, until: int | None = None) -> Outcome:
        """Run so many steps, with a quiescence from time to time and at the end.

        Args:
            steps: Steps before the last quiescence, which takes some more.
            until: Stop at exactly this step, as a run did that met a violation there.
        """
        outcome = Outcome(self.seed)
        self._until = until
        try:
            next_quiet = QUIET_EVERY
            while self.steps < steps:
                self.advance()
                if self.steps >= next_quiet:
                    next_quiet += QUIET_EVERY
                    self.quiesce()
            self.quiesce()
        except _Stop:
            pass
        except Violation as error:
            outcome.violation, outcome.at_step = str(error), self.steps
        except PolydeskError as error:
            outcome.violation = f"{type(error).__name__}: {error}"
            outcome.at_step = self.steps
        return self._summed_up(outcome)

    def _summed_up(self, outcome: Outcome) -> Outcome:
        outcome.steps = self.steps
        outcome.digest = self._log.hexdigest()
        outcome.seen = dict(sorted(self.wire.seen.items()))
        outcome.crashes = self.crashes
        outcome.orders = len(self.wire.sent)
        outcome.fills = len(self.venue.my_trades)
        return outcome

    def advance(self) -> None:
        """Let the next thing happen."""
        try:
            self.schedule.run_next()
        except Crash:
            self.wire.note("crash in the middle of a step")
            self.desk_killed()
        self.venue.pump()

    def quiesce(self) -> None:
        """Stop all faults, let everything have its time, and compare with the truth."""
        self.is_calm = True
        self._set_weather(CALM)
        until = self.schedule.now + QUIET_SECONDS * SECOND
        while self.schedule.next_at < until:
            self.advance()
        self.lives.check_all()
        self.check_log()
        quiet.check(
            self.desk.engine, self.venue, self.wire, moved=self.moved, is_alone=self.is_alone
        )
        self.is_calm = False
        self._set_weather(self.weather)
