"""Events of the user channel in the venue's form, and for whom each is.

Source: ``websockets.md`` section 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from polydesk.domain.units import format_micros
from polydesk.sandbox.books import Json
from polydesk.sandbox.trading.markets import MarketFeed
from polydesk.sandbox.trading.tickets import Tickets
from polydesk.venues.simulation.exchange.events import (
    ExchangeEvent,
    OrderReported,
    TradeReported,
)
from polydesk.venues.simulation.exchange.trades import Leg, Trade

MS: Final = 1_000_000
SECOND: Final = 1_000_000_000
TAKER: Final = "TAKER"
MAKER: Final = "MAKER"


class Reporter:
    """Writes what happens to orders and trades."""

    def __init__(self, tickets: Tickets, feed: MarketFeed) -> None:
        self._tickets = tickets
        self._feed = feed

    def frames(self, event: ExchangeEvent) -> Iterator[tuple[str, Json]]:
        """Yield (name of the API key, frame) for everybody an event concerns."""
        if isinstance(event, OrderReported):
            ticket = self._tickets.get(event.request.order_id)
            if ticket is not None:
                yield ticket.owner, self._order(event)
            return
        for owner, role in self.parties(event.trade).items():
            yield owner, self._trade_frame(event, role)

    def parties(self, trade: Trade) -> dict[str, str]:
        """Return the role of each API key in a trade; who did both is its taker."""
        makers = {leg.order_id: MAKER for leg in trade.makers}
        roles = {**makers, trade.taker.order_id: TAKER}
        known = ((self._tickets.get(order_id), role) for order_id, role in roles.items())
        return {ticket.owner: role for ticket, role in known if ticket is not None}

    def _order(self, event: OrderReported) -> Json:
        request = event.request
        ticket = self._tickets.get(request.order_id)
        owner = self._tickets.owner(request.order_id)
        return {
            "event_type": "order",
            "id": request.order_id,
            "owner": owner,
            "order_owner": owner,
            "market": event.condition_id,
            "asset_id": request.token_id,
            "side": request.side.value,
            "price": format_micros(request.price),
            "original_size": format_micros(request.size),
            "size_matched": format_micros(event.filled),
            "outcome": self._feed.outcome(request.token_id)[0],
            "order_type": request.order_type.value,
            "type": event.change.value,
            "status": event.status,
            "associate_trades": list(event.trade_ids) or None,
            "maker_address": self._tickets.address(request.order_id),
            "expiration": str(ticket.expiration_s if ticket is not None else 0),
            "created_at": str(event.placed_at // SECOND),
            "timestamp": str(event.at // MS),
        }

    def _trade_frame(self, event: TradeReported, role: str) -> Json:
        body = self.trade(event.trade, role)
        owner = self._tickets.owner(event.trade.taker.order_id)
        return {
            "event_type": "trade",
            "type": "TRADE",
            **body,
            "trade_owner": owner,
            "timestamp": str(event.at // MS),
        }

    def trade(self, trade: Trade, role: str) -> Json:
        """Return a trade as the user channel and the listings write it."""
        taker = trade.taker
        return {
            "id": trade.trade_id,
            "taker_order_id": taker.order_id,
            "market": trade.condition_id,
            "asset_id": taker.token_id,
            "side": taker.side.value,
            "size": format_micros(taker.size),
            "fee_rate_bps": "0",
            "price": format_micros(taker.price),
            "status": trade.status.value,
            "match_time": str(trade.matched_at // SECOND),
            "match_time_nano": str(trade.matched_at),
            "last_update": str(trade.updated_at // SECOND),
            "outcome": self._feed.outcome(taker.token_id)[0],
            "bucket_index": 0,
            "owner": self._tickets.owner(taker.order_id),
            "maker_address": self._tickets.address(taker.order_id),
            "transaction_hash": trade.transaction_hash,
            "trader_side": role,
            "maker_orders": [self._maker(leg) for leg in trade.makers],
        }

    def _maker(self, leg: Leg) -> Json:
        label, index = self._feed.outcome(leg.token_id)
        return {
            "order_id": leg.order_id,
            "owner": self._tickets.owner(leg.order_id),
            "maker_address": self._tickets.address(leg.order_id),
            "matched_amount": format_micros(leg.size),
            "price": format_micros(leg.price),
            "fee_rate_bps": "0",
            "asset_id": leg.token_id,
            "outcome": label,
            "outcome_index": index,
            "side": leg.side.value,
        }
