"""Copies that nobody sends, decided by a desk of their own: the next real one is quick.

Between two trades of a followed wallet the processor forgets the code that decides about one, and
reading it again takes several times as long as deciding. So, after work that left nothing waiting,
a trade of nobody goes through another whole desk, up to the question for the signer. That desk has
its own engine, market, money and executor, and nothing of it reaches the real one; what the two
share is the code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from polydesk.domain import events as ev
from polydesk.domain.commands import CopyRule, FollowLeader
from polydesk.domain.frames import RTDS, Frame
from polydesk.domain.ids import ClientOrderId, ConditionId, TokenId, Wallet
from polydesk.domain.instruments import Market, Outcome
from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.units import UsdMicros
from polydesk.engine.engine import Engine
from polydesk.execution import actions as do
from polydesk.execution import inputs as told
from polydesk.ports import Clock
from polydesk.runtime.asking import Salts, order_to_sign
from polydesk.runtime.control import SessionOpened, encode_session
from polydesk.runtime.execution_frames import encode_input
from polydesk.runtime.pipeline import Pipeline
from polydesk.runtime.rim import OrderSigner
from polydesk.signer.messages import SignOrder

SHARE: Final = 4
"""Rehearsing takes at most one part in so many of one processor's time."""
PAUSE_NS: Final = 1_000_000
"""From one rehearsal to the next at least: for so long much of what one has read stays at hand."""
_ORDERS_EACH: Final = 500
"""Orders that one desk rehearses; then another takes its place, so that nothing gathers."""
_MS: Final = 1_000_000
PLENTY: Final = UsdMicros(10**15)
_MANY: Final = 10**9
_WALLET = Wallet("0x" + "0" * 40)
_TOKEN = TokenId("1")
_CONDITION = ConditionId("0x" + "0" * 64)
_MARKET = Market(
    _CONDITION, "rehearsal", "", (Outcome(_TOKEN, "Yes", 0), Outcome(TokenId("2"), "No", 1))
)
_BIDS: Final = ((490_000, 10**9),)
_ASKS: Final = ((500_000, 10**9),)
_RULE = CopyRule(max_age_ms=_MANY, max_leader_usd=PLENTY, max_day_usd=PLENTY)
NO_LIMITS: Final = RiskLimits(
    max_order_usd=PLENTY,
    max_market_usd=PLENTY,
    max_total_usd=PLENTY,
    max_daily_loss_usd=PLENTY,
    max_book_age_ms=_MANY,
    max_open_orders=_MANY,
    max_orders_per_minute=_MANY,
)
"""For desks that trade with nobody: no order is too large or too many."""
_TRADE = (
    b'{"connection_id":"","payload":{"asset":"%(token)s","conditionId":"%(condition)s",'
    b'"name":"","outcome":"Yes","price":0.5,"proxyWallet":"%(wallet)s","pseudonym":"",'
    b'"side":"BUY","size":120.5,"slug":"","timestamp":%%d,"title":"rehearsal",'
    b'"transactionHash":"0x%%064x"},"timestamp":%%d,"topic":"activity","type":"trades"}'
) % {b"token": _TOKEN.encode(), b"condition": _CONDITION.encode(), b"wallet": _WALLET.encode()}
"""Source: ``websockets.md`` section 5, 2026-11."""


class Rehearsal:
    """Decides and asks for copies that nobody sends."""

    def __init__(
        self,
        clock: Clock,
        *,
        is_wanted: Callable[[], bool],
        signer: OrderSigner,
        on_trouble: Callable[[str], None],
    ) -> None:
        """Take what it goes by.

        Args:
            clock: The desk's.
            is_wanted: Says whether a copy could follow at all.
            signer: Rehearses along.
            on_trouble: Told why there are no more rehearsals; trading goes on without.
        """
        self._clock = clock
        self._is_wanted = is_wanted
        self._signer = signer
        self._on_trouble = on_trouble
        self._next_ns = clock.monotonic_ns()
        self._salts = Salts(lambda: clock.now_ns() // _MS)
        self._pipeline: Pipeline | None = None
        self._asked: ClientOrderId | None = None
        self._order: SignOrder | None = None
        self._orders = 0
        self.count = 0
        """Copies that came as far as the signer's question."""
        self.spent_ns = 0
        """Time they took."""

    def run(self) -> None:
        """Rehearse a copy unless one was just now; call it when nothing else is waiting."""
        began = self._clock.monotonic_ns()
        if began < self._next_ns or not self._is_wanted():
            return
        try:
            self._rehearse()
        except Exception as error:  # noqa: BLE001 - what nobody needs must not end a desk
            self._is_wanted = _never
            self._on_trouble(f"copies are not rehearsed any more: {error!r}")
            return
        took = self._clock.monotonic_ns() - began
        self.spent_ns += took
        self._next_ns = began + max(PAUSE_NS, took * SHARE)

    def _rehearse(self) -> None:
        now = self._clock.now_ns()
        pipeline = self._pipeline
        if pipeline is None or self._orders == _ORDERS_EACH:
            if pipeline is not None:
                _dismiss(pipeline)
            self._pipeline = pipeline = self._new_desk(now)
        elif self._asked is not None:
            # The last one ends now and not before: what it came through is read last.
            pipeline.feed(encode_input(told.NotSigned(self._asked, "rehearsed"), now))
            self._asked = None
        self._orders += 1
        text = _TRADE % (now // 1_000_000_000, self._orders, now // _MS)
        pipeline.feed(Frame(RTDS, now, text), self._clock.monotonic_ns())

    def _new_desk(self, now: int) -> Pipeline:
        pipeline = Pipeline(Engine())
        pipeline.live.act = self._ask
        pipeline.announce_copies(self._signer.nudge, self._expect)
        self._orders, self._asked = 0, None
        leader = FollowLeader(_WALLET, "", _RULE)
        session = SessionOpened(PLENTY, leaders=(leader,), limits=NO_LIMITS, is_live=True)
        pipeline.feed(encode_session(session, now))
        pipeline.apply(ev.MarketsListed(now, [_MARKET]))
        bids, asks = list(_BIDS), list(_ASKS)
        pipeline.apply(
            ev.BookSnapshotReceived(_TOKEN, _CONDITION, now, now, bids, asks, "-", hash_ok=True)
        )
        for given in first_looks(now):
            pipeline.feed(encode_input(given, now))
        return pipeline

    def _expect(self, intent: OrderIntent) -> None:
        self._order = order_to_sign(intent, _MARKET, self._salts)

    def _ask(self, actions: Sequence[do.Action]) -> None:
        """Ask the signer for nothing."""
        for action in actions:
            if isinstance(action, do.Sign) and self._order is not None:
                self._signer.rehearse(self._order)
                self._asked = action.approved.intent.client_order_id
                self.count += 1


def first_looks(now: int) -> tuple[told.Input, ...]:
    """Return the answers of a venue where nothing is going on and money abounds."""
    return (
        told.OpenOrdersListed((), now),
        told.TradesListed((), 0, now),
        told.BalanceRead(PLENTY, PLENTY, (), now),
    )


def _dismiss(pipeline: Pipeline) -> None:
    """Untie a desk whose parts hold each other: its orders are freed at once, and not by a
    collection that holds up a trade."""
    vars(pipeline.engine).clear()
    vars(pipeline).clear()


def _never() -> bool:
    return False
