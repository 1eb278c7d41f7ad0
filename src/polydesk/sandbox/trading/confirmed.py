"""Confirmed trades of local wallets in the Data API, beside those of the recording."""

from __future__ import annotations

from collections.abc import Iterator

from polydesk.domain.ids import wallet
from polydesk.sandbox.activity import WalletTrade
from polydesk.sandbox.catalogue import texts_of, tokens_of
from polydesk.sandbox.trading.tickets import Tickets
from polydesk.sandbox.world import World
from polydesk.venues.simulation.exchange.trades import Leg, Trade, TradeStatus

SECOND = 1_000_000_000


def note_confirmed(world: World, trade: Trade, tickets: Tickets) -> None:
    """Show a trade to the positions, value, trades and activity routes once it is final."""
    if trade.status is TradeStatus.CONFIRMED:
        for row in _rows(world, trade, tickets):
            world.trades.add(row)


def _rows(world: World, trade: Trade, tickets: Tickets) -> Iterator[WalletTrade]:
    """Yield one row per local order, told apart in the transaction by their number."""
    legs = [(trade.taker, trade.fee, True), *((leg, 0, False) for leg in trade.makers)]
    for leg, fee, taker in legs:
        if tickets.get(leg.order_id) is not None:
            yield _row(world, trade, leg, tickets.address(leg.order_id), fee=fee, taker=taker)


def _row(
    world: World, trade: Trade, leg: Leg, address: str, *, fee: int, taker: bool
) -> WalletTrade:
    row = world.catalogue.market(leg.token_id) or {}
    event = world.catalogue.event_of(row)
    tokens, labels = tokens_of(row), texts_of(row.get("outcomes"))
    index = tokens.index(leg.token_id) if leg.token_id in tokens else 0
    texts = {
        "title": str(row.get("question", "")),
        "slug": str(row.get("slug", "")),
        "icon": str(row.get("icon", "")),
        "event_slug": str(event.get("slug", "")),
        "outcome": labels[index] if index < len(labels) else "",
        "name": "",
        "pseudonym": "",
        "bio": "",
        "profile_image": "",
        "profile_image_optimized": "",
    }
    return WalletTrade(
        wallet=wallet(address),
        token=leg.token_id,
        condition=trade.condition_id,
        side=leg.side.value,
        size=leg.size,
        price=leg.price,
        seconds=trade.updated_at // SECOND,
        transaction=trade.transaction_hash,
        fee=fee,
        taker=taker,
        texts=texts,
        outcome_index=index,
    )
