"""Carries out what the executor asks for: sign, record, send, cancel, look.

Each action becomes one task; each task ends in one input. Nothing that changes something at the
venue is ever repeated here.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

from polydesk.domain.ids import ClientOrderId, VenueOrderId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent
from polydesk.domain.refusals import REFUSAL_HELP, RefusalCode
from polydesk.domain.signed import SignedRecord
from polydesk.domain.units import ShareMicros, UsdMicros
from polydesk.domain.venue import CancelOutcome, OutcomeKind, PlaceOutcome
from polydesk.errors import (
    NotSignable,
    SignerLost,
    SignerRefused,
    StoreError,
)
from polydesk.execution import actions as do
from polydesk.execution import inputs as told
from polydesk.runtime.asking import Salts, order_to_sign
from polydesk.runtime.looks import Looks
from polydesk.runtime.rim import Rim
from polydesk.signer.messages import SignedOrder, SignOrder
from polydesk.signer.requests import SEND_WITHIN_NS
from polydesk.venues.polymarket.trading.client import MAX_BATCH, MAX_CANCELS

CONCURRENT_SENDS: Final = 8
_LISTS: Final = {do.AskOpenOrders: "orders", do.AskTrades: "trades", do.AskBalance: "balance"}


class Gateway:
    """Runs beside the engine on its loop. ``take`` never blocks."""

    def __init__(self, rim: Rim, *, order_time_ms: Callable[[], int]) -> None:
        """Take the rim.

        Args:
            rim: Whom to work with.
            order_time_ms: The time written into orders, milliseconds UTC.
        """
        self._rim = rim
        self._salts = Salts(order_time_ms)
        self._signed: dict[ClientOrderId, tuple[SignedRecord, bytes]] = {}
        """What is signed and not sent, with the request's bytes."""
        self._expected: tuple[OrderIntent, SignOrder] | None = None
        self._outbox: deque[ClientOrderId] = deque()
        self._to_cancel: list[VenueOrderId] = []
        self._wake = asyncio.Event()
        self._sends = asyncio.Semaphore(CONCURRENT_SENDS)
        self._looks = Looks(rim)
        self._is_open = False
        self._is_closed = False
        self._early: list[do.Action] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._being_signed = 0
        self._handlers: dict[type, Callable[[Any], Coroutine[Any, Any, None]]] = {
            do.Record: self._record,
            do.SendCancels: self._cancel,
            do.AskOrder: self._looks.order,
            do.AskOpenOrders: self._looks.open_orders,
            do.AskTrades: self._looks.trades,
            do.AskBalance: self._looks.balance,
        }

    @property
    def busy(self) -> int:
        """Actions that have not ended."""
        return len(self._tasks) + len(self._outbox) + len(self._to_cancel) + self._being_signed

    def take(self, actions: Sequence[do.Action]) -> None:
        """Begin to carry out actions; before ``open`` they are kept."""
        if not self._is_open:
            self._early.extend(actions)
            return
        for action in actions:
            if isinstance(action, do.Send):
                self._outbox.append(action.client_order_id)
                self._wake.set()
            elif isinstance(action, do.Sign):
                self._sign(action)
            elif isinstance(action, do.SendCancels):
                self._gather(action)
            else:
                self.start(self._carry_out(action))

    def _gather(self, action: do.SendCancels) -> None:
        """Let the cancels of one turn of the loop leave together: a kill is one request."""
        if not self._to_cancel:
            asyncio.get_running_loop().call_soon(self._cancel_gathered)
        self._to_cancel.extend(action.venue_order_ids)

    def _cancel_gathered(self) -> None:
        rim, ids = self._rim, self._to_cancel
        self._to_cancel = []
        most = MAX_CANCELS if rim.is_urgent() else rim.rest.budget.cancels_at_once
        for start in range(0, len(ids), most):
            chosen = tuple(ids[start : start + most])
            self.start(self._carry_out(do.SendCancels(chosen)))

    async def _carry_out(self, action: do.Action) -> None:
        """Do one thing that is answered by one input, also when doing it breaks."""
        try:
            await self._handlers[type(action)](action)
        except Exception as error:
            self._rim.tell(_unanswered(action, _bug(error), self._rim.clock.now_ns()))
            raise

    def prepare(self) -> None:
        """Let the signer get ready: an order may follow."""
        self._rim.signer.be_ready()

    def expect(self, intent: OrderIntent) -> None:
        """Let the signer work out a copy ahead while the gate judges it; most are approved."""
        market = self._rim.market(intent.token_id)
        if market is not None and self._is_open:
            ask = order_to_sign(intent, market, self._salts)
            self._expected = (intent, ask)
            self._rim.signer.expect_order(ask)

    def open(self) -> None:
        """Begin with what was asked for: the account and its markets are known now."""
        self._is_open = True
        self._salts.draw()
        early, self._early = self._early, []
        self.take(early)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside; its failure stops trading."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._rim.on_trouble(_failed(error))

    async def run(self) -> None:
        """Send what waits, in batches when much waits; cancellation ends everything."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._outbox:
                    await self._sends.acquire()
                    self.start(self._send_next())
                    await asyncio.sleep(0)
        finally:
            await self.close()

    async def close(self) -> None:
        """End all tasks; what was on its way is looked up by the next session."""
        self._is_closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Orders

    def _sign(self, action: do.Sign) -> None:
        """Ask the signer within this very call: it works while the desk goes on."""
        rim, key = self._rim, action.approved.intent.client_order_id
        rim.at("intent")
        try:
            ask = self._request(action.approved.intent)
            rim.signer.begin_order(ask, partial(self._on_signature, key, ask))
        except NotSignable as error:
            rim.tell(told.NotSigned(key, str(error)))
        else:
            self._being_signed += 1

    def _request(self, intent: OrderIntent) -> SignOrder:
        """Return what is asked for: word for word what was expected, if it was."""
        expected, self._expected = self._expected, None
        if expected is not None and expected[0] is intent:
            return expected[1]
        return order_to_sign(intent, self._rim.market(intent.token_id), self._salts)

    def _on_signature(
        self, key: ClientOrderId, ask: SignOrder, signed: SignedOrder | SignerRefused | SignerLost
    ) -> None:
        """Go on with an order; called straight from the signer's pipe, where nobody waits."""
        self._being_signed -= 1
        if self._is_closed:
            return
        try:
            self._take_signature(key, ask, signed)
        except Exception as error:  # noqa: BLE001 - told, and trading stops; other answers go on
            self._rim.tell(told.NotSigned(key, _bug(error)))
            self._rim.on_trouble(_failed(error))

    def _take_signature(
        self, key: ClientOrderId, ask: SignOrder, signed: SignedOrder | SignerRefused | SignerLost
    ) -> None:
        rim = self._rim
        if isinstance(signed, SignedOrder):
            rim.at("signed")
            record = _record_of(key, ask, signed, rim.clock.now_ns())
            self._forget_unsent(record.ts)
            self._signed[key] = (record, signed.body)
            rim.tell(told.Signed(key, VenueOrderId(signed.order_id)))
            self._salts.draw()
            return
        rim.tell(told.NotSigned(key, str(signed)))
        if isinstance(signed, SignerLost):
            rim.on_trouble(str(signed))

    def _forget_unsent(self, now_ns: int) -> None:
        """Drop what was signed and then given up: the signer lets it pass no more."""
        while self._signed:
            key, (record, _) = next(iter(self._signed.items()))
            if now_ns - record.ts < SEND_WITHIN_NS:
                return
            del self._signed[key]

    async def _record(self, action: do.Record) -> None:
        """Write the signed order to disk before its first byte may leave."""
        rim, key = self._rim, action.client_order_id
        try:
            rim.journal.signed(self._signed[key][0])
            await rim.journal.durable()
        except StoreError as error:
            self._signed.pop(key, None)
            rim.tell(told.NotRecorded(key, str(error)))
            rim.on_trouble(str(error))
            return
        rim.tell(told.Recorded(key))

    async def _send_next(self) -> None:
        try:
            keys = self._next_batch()
            if keys:
                await self._rim.rest.budget.orders(len(keys))
                await self._send(self._sendable(keys))
        finally:
            self._sends.release()

    def _next_batch(self) -> list[ClientOrderId]:
        return [self._outbox.popleft() for _ in range(min(MAX_BATCH, len(self._outbox)))]

    def _sendable(self, keys: list[ClientOrderId]) -> list[ClientOrderId]:
        """Return the orders that may still be sent; the others are given up, unsent."""
        chosen = []
        for key in keys:
            reason = self._rim.reason_to_hold(key)
            if key not in self._signed:
                reason = reason or "its signature was given up"
            if reason:
                self._signed.pop(key, None)
                self._rim.tell(told.Withheld(key, reason))
            else:
                chosen.append(key)
        return chosen

    async def _send(self, keys: list[ClientOrderId]) -> None:
        """Send orders in one request; when one of them must not leave any more, the others do."""
        while keys:
            outcomes = await self._attempt(keys)
            if outcomes is not None:
                self._take_outcomes(keys, outcomes)
                return
            keys = self._sendable(keys)

    def _take_outcomes(self, keys: list[ClientOrderId], outcomes: list[PlaceOutcome]) -> None:
        self._tell_placed(keys, outcomes)
        if any(outcome.refusal is RefusalCode.CLIENT_TOO_OLD for outcome in outcomes):
            self._rim.on_trouble(REFUSAL_HELP[RefusalCode.CLIENT_TOO_OLD])

    async def _attempt(self, keys: list[ClientOrderId]) -> list[PlaceOutcome] | None:
        """Send orders once; None when a reason came up before the first byte and none left."""
        rim, is_held = self._rim, False

        def hold() -> str:
            """A request that waited for its connection stays here if any of it must not leave."""
            nonlocal is_held
            reason = next(filter(None, map(rim.reason_to_hold, keys)), "")
            is_held = is_held or bool(reason)
            return reason

        rim.at("sent")
        try:
            outcomes = await self._post(keys, hold)
        except (SignerRefused, SignerLost) as error:
            # Without headers not one byte has left.
            outcomes = [PlaceOutcome(OutcomeKind.UNAVAILABLE, text=str(error))] * len(keys)
            if isinstance(error, SignerLost):
                rim.on_trouble(str(error))
        except Exception as error:
            # Nobody knows how far it came; it is looked for, and trading stops.
            self._forget(keys)
            self._tell_placed(
                keys, [PlaceOutcome(OutcomeKind.UNKNOWN, text=_bug(error))] * len(keys)
            )
            raise
        if is_held:
            return None
        self._forget(keys)
        rim.at("reply")
        return outcomes

    async def _post(self, keys: list[ClientOrderId], hold: Callable[[], str]) -> list[PlaceOutcome]:
        rest = self._rim.rest
        signed = [self._signed[key] for key in keys]
        orders = [(body, record.venue_order_id) for record, body in signed]
        if len(orders) == 1:
            return [await rest.post_order(*orders[0], hold)]
        return await rest.post_orders(orders, hold)

    def _forget(self, keys: list[ClientOrderId]) -> None:
        """Let go of signatures that have left: each leaves once."""
        for key in keys:
            self._signed.pop(key, None)

    def _tell_placed(self, keys: list[ClientOrderId], outcomes: list[PlaceOutcome]) -> None:
        for key, outcome in zip(keys, outcomes, strict=True):
            self._rim.tell(told.Placed(key, outcome))

    async def _cancel(self, action: do.SendCancels) -> None:
        rim, ids = self._rim, action.venue_order_ids
        await rim.rest.budget.cancels(len(ids), urgent=rim.is_urgent)
        rim.at("cancel")
        try:
            if len(ids) == 1:
                outcome = await rim.rest.cancel_order(ids[0])
            else:
                outcome = await rim.rest.cancel_orders(list(ids))
        except (SignerRefused, SignerLost) as error:
            outcome = _no_cancel(str(error))
        rim.tell(told.CancelsAnswered(ids, outcome))


def _record_of(
    key: ClientOrderId, ask: SignOrder, signed: SignedOrder, now_ns: int
) -> SignedRecord:
    is_buy = ask.side is Side.BUY
    given, wanted = (UsdMicros, ShareMicros) if is_buy else (ShareMicros, UsdMicros)
    return SignedRecord(
        client_order_id=key,
        venue_order_id=VenueOrderId(signed.order_id),
        salt=ask.salt,
        timestamp_ms=ask.timestamp_ms,
        maker_amount=given(signed.maker_amount),
        taker_amount=wanted(signed.taker_amount),
        body_sha256=hashlib.sha256(signed.body).hexdigest(),
        ts=now_ns,
    )


def _failed(error: BaseException) -> str:
    return f"the gateway failed: {error}"


def _bug(error: Exception) -> str:
    return f"the desk failed: {type(error).__name__}"


def _unanswered(action: do.Action, words: str, now_ns: int) -> told.Input:
    """Return what is told of an action that broke: nothing is known, and nothing is stuck."""
    if isinstance(action, do.Record):
        return told.NotRecorded(action.client_order_id, words)
    if isinstance(action, do.SendCancels):
        outcome = CancelOutcome(OutcomeKind.UNKNOWN, text=words)
        return told.CancelsAnswered(action.venue_order_ids, outcome)
    if isinstance(action, do.AskOrder):
        return told.OrderAnswered(action.venue_order_id, None, now_ns, is_read=False, reason=words)
    return told.ReadFailed(_LISTS[type(action)], words)


def _no_cancel(words: str) -> CancelOutcome:
    return CancelOutcome(OutcomeKind.UNAVAILABLE, text=words)
