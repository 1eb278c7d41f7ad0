"""A resolution that no recording holds, told to everybody as the venue tells one.

Source: ``websockets.md`` section 3 (``market_resolved``).
"""

from __future__ import annotations

import msgspec

from polydesk.domain.frames import MARKET, Frame
from polydesk.domain.instruments import Market
from polydesk.domain.units import ONE_PRICE, format_micros
from polydesk.sandbox.exchange import Exchange
from polydesk.venues.simulation.exchange.resolution import Payouts

MS = 1_000_000
SECOND = 1_000 * MS


def resolve(exchange: Exchange, market: Market, payouts: Payouts) -> None:
    """End a market: its orders go, and where one outcome takes all, the market socket says so.

    How the venue announces a divided pay-out is not published; the catalogue alone tells it.

    Raises:
        ValueError: The pay-outs do not sum to one dollar, or the market ended otherwise before.
    """
    desk = exchange.trading
    desk.core.resolve(market.condition_id, payouts, desk.now_ns)
    if ONE_PRICE in payouts:
        _announce(exchange, market, payouts.index(ONE_PRICE))
        return
    tokens = (outcome.token_id for outcome in market.outcomes)
    shares: dict[str, str] = dict(zip(tokens, map(format_micros, payouts), strict=True))
    exchange.world.catalogue.resolve(market.condition_id, shares, desk.now_ns // SECOND)


def _announce(exchange: Exchange, market: Market, winner: int) -> None:
    won = market.outcomes[winner]
    row = exchange.world.catalogue.market(market.condition_id) or {}
    body = {
        "event_type": "market_resolved",
        "id": str(row.get("id", "")),
        "market": market.condition_id,
        "assets_ids": [outcome.token_id for outcome in market.outcomes],
        "winning_asset_id": won.token_id,
        "winning_outcome": won.label,
        "timestamp": str(exchange.trading.now_ns // MS),
        "tags": [],
    }
    text = msgspec.json.encode(body)
    audience = exchange.world.consume(Frame(MARKET, exchange.world.now_ns, text))
    if audience is not None:
        exchange.hub.publish(text, audience)
