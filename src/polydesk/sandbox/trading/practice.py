"""A practice market of Protocol V2 that exists only in this sandbox.

No recording has a market of the newer protocol, so orders of domain version 3 could not be
tried. This one has a house that always quotes both outcomes around 0.50. Its book is the
exchange core's own: what local accounts let rest is shown with it.

Source: ``trading.md`` sections 3.1 and 3.8, ``websockets.md`` section 3.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import msgspec

from polydesk.domain.frames import MARKET, REST_EVENTS, Frame
from polydesk.domain.ids import ConditionId, TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros
from polydesk.sandbox.books import Json
from polydesk.sandbox.playback import Playback
from polydesk.sandbox.trading.credentials import as_uuid
from polydesk.sandbox.trading.markets import MarketFeed
from polydesk.sandbox.trading.practice_frames import Levels, book_events, changes, printed
from polydesk.sandbox.trading.tickets import Ticket, Tickets
from polydesk.venues.polymarket.signing.addresses import ADDRESS_BYTES, write_address
from polydesk.venues.polymarket.signing.positions import Module, Position, position_id
from polydesk.venues.simulation.exchange import ExchangeCore, NewOrder
from polydesk.venues.simulation.exchange.accounts import CASH
from polydesk.venues.simulation.exchange.events import ExchangeEvent, TradeReported
from polydesk.venues.simulation.exchange.trades import TradeStatus

MARKET_ID: Final = "9900000001"
EVENT_ID: Final = "990000001"
SLUG: Final = "polydesk-practice-market"
QUESTION: Final = "PRACTICE: does this market exist outside the polydesk sandbox?"
DESCRIPTION: Final = (
    "A practice market that exists only in this sandbox, for trying orders of Protocol V2 "
    "(domain version 3). A house always bids 0.49 for either outcome. It never resolves by itself."
)
HOUSE_CASH: Final = 1_000_000_000 * MICROS
QUOTES: Final = ((490_000, 200), (480_000, 400), (470_000, 800), (450_000, 1_600))
"""(price in micros, shares) that the house bids for each outcome."""
PAUSE_NS: Final = 1_000_000_000
"""So long after a quote was taken the house renews all of them."""
MS: Final = 1_000_000


class PracticeMarket:
    """The market, its house and what is shown of it, for one round of the recording."""

    def __init__(
        self,
        seed: int,
        playback: Playback,
        core: ExchangeCore,
        feed: MarketFeed,
        tickets: Tickets,
    ) -> None:
        self._name = f"practice:{seed}"
        self._playback = playback
        self._core = core
        self._tickets = tickets
        condition = condition_bytes(seed)
        self.condition = ConditionId(f"0x{condition.hex()}")
        ids = (position_id(Position(Module.BINARY, condition, number)) for number in (0, 1))
        self.tokens = tuple(TokenId(str(number)) for number in ids)
        self._house = write_address(self._hash("house", ADDRESS_BYTES))
        self._owner = as_uuid(self._hash("owner", 16).hex())
        self._quotes: dict[tuple[TokenId, int], str] = {}
        """The house's order by outcome and price."""
        self._count = 0
        self._taken_at: int | None = None
        """When a quote was first found not to stand in full."""
        self._dirty = True
        self._trades: list[TradeReported] = []
        self._shown: Levels = {True: {}, False: {}}
        self._open(feed)

    def _open(self, feed: MarketFeed) -> None:
        now = self._playback.world.now_ns
        self._playback.inject(Frame(REST_EVENTS, now, msgspec.json.encode([self._event()])))
        feed.local.add(self.condition)
        feed.find(self.tokens[0])
        self._core.open_account(self._house)
        self._core.deposit(self._house, CASH, HOUSE_CASH, self._core.state.now)
        self._quote()
        self._shown = self._levels()
        events = book_events(self.condition, self.tokens, self._shown, self._stamp())
        self._show(events)

    def next_due(self) -> int | None:
        """Return when the house will quote anew, None while all its quotes stand."""
        return None if self._taken_at is None else self._taken_at + PAUSE_NS

    def requote(self) -> None:
        """Let the house renew what was taken a moment ago."""
        due = self.next_due()
        if due is not None and due <= self._core.state.now:
            self._quote()

    def note(self, events: list[ExchangeEvent]) -> None:
        """Look at what has happened on the exchange."""
        for event in events:
            if isinstance(event, TradeReported):
                if event.trade.condition_id != self.condition:
                    continue
                if event.trade.status is TradeStatus.MATCHED:
                    self._trades.append(event)
            elif event.condition_id == self.condition:
                self._dirty = True

    def show(self) -> None:
        """Tell the market's sockets of trades and of levels that changed."""
        trades, self._trades = self._trades, []
        for report in trades:
            self._show([printed(report.trade, report.at // MS)])
        if self._taken_at is None and self._missing():
            # Also a restart takes quotes away, and that without a word.
            self._taken_at, self._dirty = self._core.state.now, True
        if not self._dirty:
            return
        self._dirty = False
        before, self._shown = self._shown, self._levels()
        event = changes(self.condition, self.tokens, before, self._shown, self._stamp())
        if event is not None:
            self._show([event])

    def _quote(self) -> None:
        for token, price, size in self._missing():
            old = self._quotes.pop((token, price), "")
            if old:
                self._core.cancel(self._house, [old], self._core.state.now)
            self._quotes[token, price] = self._bid(token, price, size)
        self._taken_at = None

    def _missing(self) -> list[tuple[TokenId, int, int]]:
        """Return (outcome, price, size) of quotes that do not stand in full."""
        return [
            (token, price, size * MICROS)
            for token in self.tokens
            for price, size in QUOTES
            if self._left(token, price) < size * MICROS
        ]

    def _left(self, token: TokenId, price: int) -> int:
        order = self._core.state.live.get(self._quotes.get((token, price), ""))
        return 0 if order is None else order.remaining

    def _bid(self, token: TokenId, price: int, size: int) -> str:
        self._count += 1
        name = f"0x{self._hash(f'order:{self._count}', 32).hex()}"
        self._tickets.add(name, Ticket(self._owner, self._house, 0))
        order = NewOrder(name, token, Side.BUY, PriceMicros(price), ShareMicros(size))
        self._core.place(self._house, order, self._core.state.now)
        return name

    def _levels(self) -> Levels:
        """Return what rests on each side, in terms of the first outcome."""
        book = self._core.state.markets[self.condition]
        found: Levels = {True: {}, False: {}}
        for is_bid, levels in found.items():
            for order in book.resting(is_bid):
                levels[order.level] = levels.get(order.level, 0) + order.remaining
        return found

    def _show(self, events: list[Json]) -> None:
        """Take events into the world, then send them with the hashes of the books they make."""
        now = self._playback.world.now_ns
        self._playback.world.consume(Frame(MARKET, now, msgspec.json.encode(events)))
        for event in events:
            for entry in event.get("price_changes", [event] if "bids" in event else []):
                held = self._playback.world.book(entry["asset_id"])
                entry["hash"] = held.rest_json()["hash"] if held is not None else ""
        self._playback.inject(Frame(MARKET, now, msgspec.json.encode(events)))

    def _stamp(self) -> int:
        """Return the exchange's time in milliseconds."""
        return self._core.state.now // MS

    def _hash(self, what: str, size: int) -> bytes:
        return blake2b(f"{self._name}:{what}".encode(), digest_size=size).digest()

    def _event(self) -> Json:
        row: Json = {
            "id": EVENT_ID,
            "slug": SLUG,
            "title": "Practice (only in this sandbox)",
            "description": DESCRIPTION,
            "active": True,
            "closed": False,
            "archived": False,
            "negRisk": False,
            "tags": [],
        }
        return {**row, "markets": [self._row()]}

    def _row(self) -> Json:
        return {
            "id": MARKET_ID,
            "question": QUESTION,
            "conditionId": self.condition,
            "slug": SLUG,
            "version": "v2",
            "description": DESCRIPTION,
            "outcomes": '["Yes", "No"]',
            "outcomePrices": '["0.5", "0.5"]',
            "positionIds": msgspec.json.encode(self.tokens).decode(),
            "active": True,
            "closed": False,
            "archived": False,
            "acceptingOrders": True,
            "enableOrderBook": True,
            "orderPriceMinTickSize": 0.01,
            "orderMinSize": 5,
            "negRisk": False,
            "feesEnabled": True,
            "feeSchedule": {"exponent": 1, "rate": 0.04, "takerOnly": True, "rebateRate": 0.25},
            "secondsDelay": 0,
            "volume": "0",
            "volumeNum": 0,
        }


def condition_bytes(seed: int) -> bytes:
    """Return the 31 bytes of the market's condition: binary module, base hash, nothing else."""
    base = blake2b(f"practice:{seed}:base".encode(), digest_size=16).digest()
    return bytes([Module.BINARY]) + base + bytes(14)
