"""What lies between the executor and the exchange: signer, journal and network, all of them bad.

Each action ends in one input, as with the real gateway. What has left keeps going when the desk
dies; what would have come back does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from random import Random
from typing import Any, Protocol

from polydesk.campaigns.simulation import answers
from polydesk.campaigns.simulation.journal import MemoryJournal
from polydesk.campaigns.simulation.schedule import MS, SECOND, Schedule
from polydesk.campaigns.simulation.venue import ME, Venue, word_of
from polydesk.campaigns.simulation.weather import CALM, Weather
from polydesk.domain.approval import Approved
from polydesk.domain.ids import ClientOrderId, TokenId, VenueOrderId
from polydesk.domain.instruments import Market
from polydesk.domain.intents import OrderIntent
from polydesk.domain.signed import SignedRecord
from polydesk.domain.units import ShareMicros, UsdMicros
from polydesk.domain.venue import CancelOutcome, OutcomeKind, PlaceOutcome
from polydesk.execution import actions as do
from polydesk.execution import inputs as told
from polydesk.venues.simulation.exchange import NewOrder
from polydesk.venues.simulation.exchange.accounts import CASH

LOST = PlaceOutcome(OutcomeKind.UNKNOWN, text=answers.NO_ANSWER)
BROKEN = PlaceOutcome(OutcomeKind.UNKNOWN, text=answers.UNREADABLE)
BUSY = PlaceOutcome(OutcomeKind.UNAVAILABLE, text=answers.BUSY, retry_after_s=1.0)


class Wire(Protocol):
    """Watches what leaves."""

    repeated: set[ClientOrderId]
    """Orders of which a second copy is about."""

    def on_signing(self, approved: Approved, market: Market | None) -> None:
        """An order is about to be signed."""
        ...

    def on_leaving(self, intent: OrderIntent, request: NewOrder) -> None:
        """The bytes of an order are leaving."""
        ...

    def note(self, what: str) -> None:
        """Something happened that a campaign wants to have seen."""
        ...


class Rim:
    """The rim of one desk; a new desk gets a new one."""

    def __init__(
        self,
        schedule: Schedule,
        chance: Random,
        venue: Venue,
        journal: MemoryJournal,
        *,
        tell: Callable[[told.Input], None],
        market: Callable[[TokenId], Market | None],
        reason_to_hold: Callable[[ClientOrderId], str],
        wire: Wire,
    ) -> None:
        self.weather: Weather = CALM
        self.is_alive = True
        self._schedule = schedule
        self._chance = chance
        self._venue = venue
        self._journal = journal
        self._tell = tell
        self._market = market
        self._reason_to_hold = reason_to_hold
        self._wire = wire
        self._signed: dict[ClientOrderId, tuple[OrderIntent, NewOrder]] = {}
        self._handlers: dict[type, Callable[[Any], None]] = {
            do.Sign: self._sign,
            do.Record: self._record,
            do.Send: self._send,
            do.SendCancels: self._cancel,
            do.AskOrder: self._ask_order,
            do.AskOpenOrders: self._ask_orders,
            do.AskTrades: self._ask_trades,
            do.AskBalance: self._ask_balance,
        }

    def take(self, actions: Sequence[do.Action]) -> None:
        """Begin to carry out actions."""
        for action in actions:
            self._handlers[type(action)](action)

    def _answer(self, delay: int, given: told.Input) -> None:
        self._schedule.after(delay, self._arrive, given)

    def _arrive(self, given: told.Input) -> None:
        if self.is_alive:
            self._tell(given)

    def _hits(self, odds: float) -> bool:
        return bool(odds) and self._chance.random() < odds

    def _ms(self, least: int, most: int) -> int:
        return self._chance.randrange(least, most) * MS

    # Signing and recording

    def _sign(self, action: do.Sign) -> None:
        self._schedule.after(self._ms(0, 5), self._sign_now, action.approved)

    def _sign_now(self, approved: Approved) -> None:
        if not self.is_alive:
            return
        intent = approved.intent
        key, market = intent.client_order_id, self._market(intent.token_id)
        if market is None or not market.accepts_price(intent.price):
            self._wire.note("tick change between decide and sign")
            self._tell(told.NotSigned(key, "the price is not on the market's grid any more"))
        elif self._hits(self.weather.signer_refuses):
            self._tell(told.NotSigned(key, "above the signer's cap"))
        elif self._hits(self.weather.signer_lost):
            self._wire.note("signer lost with a request pending")
            self._answer(self._ms(100, 6_000), told.NotSigned(key, "the signer is gone"))
        else:
            self._wire.on_signing(approved, market)
            request = _request(intent)
            self._signed[key] = (intent, request)
            self._tell(told.Signed(key, VenueOrderId(request.order_id)))

    def _record(self, action: do.Record) -> None:
        key = action.client_order_id
        if self._hits(self.weather.journal_fails):
            self._wire.note("journal fails between signature and send")
            self._signed.pop(key, None)
            self._answer(self._ms(1, 50), told.NotRecorded(key, "the disk is full"))
            return
        intent, request = self._signed[key]
        at = self._journal.signed(_record_of(intent, request, self._schedule.now))
        self._answer(at - self._schedule.now, told.Recorded(key))

    # Orders

    def _send(self, action: do.Send) -> None:
        held = self._hits(self.weather.held)
        self._schedule.after(
            self._ms(0, 3_500 if held else 20), self._leave, action.client_order_id
        )

    def _leave(self, key: ClientOrderId) -> None:
        if not self.is_alive:
            return
        intent, request = self._signed[key]
        reason = self._reason_to_hold(key)
        if reason:
            self._wire.note("held back at the last moment")
            self._tell(told.Withheld(key, reason))
            return
        self._wire.on_leaving(intent, request)
        if self._hits(self.weather.twice):
            self._wire.note("a request is delivered twice")
            self._wire.repeated.add(key)
            is_first = self._chance.random() < 0.4
            delay = self._ms(1, 5) if is_first else self._ms(5, 30_000)
            self._schedule.after(delay, self._commit, request)
        self._travel(key, request)

    def _travel(self, key: ClientOrderId, request: NewOrder) -> None:
        weather, there = self.weather, self._ms(10, 250)
        time_out = self._ms(1_500, 10_000)
        if self._hits(weather.lost_before):
            self._wire.note("a request is lost before it arrives")
            self._answer(time_out, told.Placed(key, LOST))
        elif self._hits(weather.late):
            self._wire.note("a request arrives late")
            self._schedule.after(self._ms(3_000, 37_000), self._commit, request)
            self._answer(time_out, told.Placed(key, LOST))
        elif self._hits(weather.lost_after):
            self._schedule.after(there, self._commit, request)
            self._answer(time_out, told.Placed(key, LOST))
        elif self._hits(weather.busy):
            self._answer(there, told.Placed(key, BUSY))
        elif self._hits(weather.broken):
            if self._chance.random() < 0.5:
                self._schedule.after(there // 2, self._commit, request)
            self._answer(there, told.Placed(key, BROKEN))
        else:
            self._schedule.after(there, self._commit_and_answer, key, request)

    def _commit(self, request: NewOrder) -> None:
        self._venue.core.place(ME, request, self._schedule.now)

    def _commit_and_answer(self, key: ClientOrderId, request: NewOrder) -> None:
        outcome = answers.placed(self._venue.core.place(ME, request, self._schedule.now))
        if outcome.is_duplicate:
            self._wire.note("unknown resolved by Duplicated")
        self._answer(self._ms(5, 250), told.Placed(key, outcome))

    # Cancels

    def _cancel(self, action: do.SendCancels) -> None:
        weather, ids = self.weather, action.venue_order_ids
        there, time_out = self._ms(10, 250), self._ms(1_500, 10_000)
        lost = told.CancelsAnswered(ids, CancelOutcome(OutcomeKind.UNKNOWN, text=answers.NO_ANSWER))
        if self._hits(weather.lost_before):
            self._answer(time_out, lost)
        elif self._hits(weather.late):
            self._schedule.after(self._ms(3_000, 20_000), self._cancel_there, ids)
            self._answer(time_out, lost)
        elif self._hits(weather.lost_after):
            self._schedule.after(there, self._cancel_there, ids)
            self._answer(time_out, lost)
        else:
            self._schedule.after(there, self._cancel_and_answer, ids)

    def _cancel_there(self, ids: tuple[VenueOrderId, ...]) -> None:
        self._venue.core.cancel(ME, ids, self._schedule.now)

    def _cancel_and_answer(self, ids: tuple[VenueOrderId, ...]) -> None:
        answer = self._venue.core.cancel(ME, ids, self._schedule.now)
        self._answer(self._ms(5, 250), told.CancelsAnswered(ids, answers.canceled(answer)))

    # Readings: what is read is what was there then, whenever the answer comes

    def _read(self, read: Callable[[int, int], told.Input], failed: told.Input) -> None:
        """Read after the way there; bring the answer after the way back, or none."""
        if self._hits(self.weather.unread):
            self._answer(self._ms(50, 5_000), failed)
        else:
            self._schedule.after(self._ms(10, 200), self._read_there, read, self._schedule.now)

    def _read_there(self, read: Callable[[int, int], told.Input], started: int) -> None:
        is_lagging = self._hits(self.weather.lagging_read)
        until = self._schedule.now - (self._ms(100, 3_500) if is_lagging else 0)
        is_slow = self._hits(self.weather.slow_read)
        self._answer(self._ms(500, 8_000) if is_slow else self._ms(5, 150), read(started, until))

    def _ask_order(self, action: do.AskOrder) -> None:
        digest = action.venue_order_id

        def read(started: int, until: int) -> told.Input:
            order = self._venue.order(digest)
            is_there = order is not None and order.placed_at <= until
            return told.OrderAnswered(
                digest, word_of(order) if order and is_there else None, started
            )

        failed = told.OrderAnswered(digest, None, self._schedule.now, False, answers.NO_ANSWER)
        self._read(read, failed)

    def _ask_orders(self, _: do.AskOpenOrders) -> None:
        def read(started: int, until: int) -> told.Input:
            found = (word_of(o) for o in self._venue.open_orders() if o.placed_at <= until)
            return told.OpenOrdersListed(tuple(found), started)

        self._read(read, told.ReadFailed("orders", answers.NO_ANSWER))

    def _ask_trades(self, action: do.AskTrades) -> None:
        def read(started: int, until: int) -> told.Input:
            legs = self._venue.trades_since(action.after_ns, until)
            return told.TradesListed(tuple(legs), action.after_ns, started)

        self._read(read, told.ReadFailed("trades", answers.NO_ANSWER))

    def _ask_balance(self, action: do.AskBalance) -> None:
        def read(started: int, until: int) -> told.Input:
            accounts = self._venue.core.state.accounts
            shares = tuple(
                (token, ShareMicros(accounts.balance(ME, token))) for token in action.token_ids
            )
            cash = UsdMicros(accounts.balance(ME, CASH))
            return told.BalanceRead(cash, UsdMicros(10**15), shares, started)

        self._read(read, told.ReadFailed("balance", answers.NO_ANSWER))


def _request(intent: OrderIntent) -> NewOrder:
    """Return what goes over the wire; its name is a function of what it says."""
    name = blake2b(intent.client_order_id.encode(), digest_size=32).hexdigest()
    expires = 0 if intent.expires_at is None else intent.expires_at // SECOND
    return NewOrder(
        order_id=f"0x{name}",
        token_id=intent.token_id,
        side=intent.side,
        price=intent.price,
        size=intent.size,
        order_type=intent.time_in_force,
        post_only=intent.post_only,
        expiration=expires,
    )


def _record_of(intent: OrderIntent, request: NewOrder, now: int) -> SignedRecord:
    return SignedRecord(
        client_order_id=intent.client_order_id,
        venue_order_id=VenueOrderId(request.order_id),
        salt=0,
        timestamp_ms=now // MS,
        maker_amount=0,
        taker_amount=0,
        body_sha256=request.order_id,
        ts=now,
    )
