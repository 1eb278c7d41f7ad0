"""The followed accounts of the demo: real fills' times and sizes, traded on the recorded books.

No recording holds books and wallets of the same minutes. So six accounts of the sandbox
exchange trade here: when and how much they trade is taken from real recorded fills, the price
is what the recorded book gives at that moment.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from polydesk.domain.book import L2Book
from polydesk.domain.frames import Frame
from polydesk.domain.ids import TokenId
from polydesk.domain.units import (
    PriceMicros,
    ceil_to_tick,
    floor_to_lot,
    floor_to_tick,
    format_micros,
    micros_from_json_number,
)
from polydesk.replay.importing.parts import NS_PER_MS, NS_PER_S, activity_frame

Row = dict[str, Any]

NAMES = ("kestrel", "heron", "lynx", "moth", "otter", "wren")
WALLETS_PER_ACCOUNT = 4
WALLET_PREFIX = "0x5a4db0c0"
"""Makes the made-up addresses easy to tell from real ones."""
TICKS_DEEP = 1
"""An account takes liquidity down to this many ticks behind the best price."""


class DemoMarket(NamedTuple):
    """A recorded market under its demo name."""

    letter: str
    title: str
    condition_id: str
    tokens: tuple[TokenId, TokenId]
    """Outcome 1 and outcome 2."""


@dataclass(slots=True)
class Account:
    """One followed account."""

    wallet: str
    name: str
    held: Counter[TokenId] = field(default_factory=Counter)
    """Micro-shares bought in the demo and not sold yet."""


class Order(NamedTuple):
    """What an account wants to do at a moment."""

    at_ns: int
    account: Account
    market: DemoMarket
    outcome: int
    is_buy: bool
    size: int


def choose_wallets(rows: Sequence[Row], count: int) -> list[str]:
    """Return the busiest wallets of a trade sample, those that buy and sell first."""
    sides: dict[str, set[str]] = defaultdict(set)
    trades: Counter[str] = Counter()
    for row in rows:
        sides[row["proxyWallet"]].add(row["side"])
        trades[row["proxyWallet"]] += 1
    ranked = sorted(trades, key=lambda w: (-min(trades[w], 3), -len(sides[w]), -trades[w], w))
    return ranked[:count]


def plan_orders(
    rows: Sequence[Row],
    markets: Sequence[DemoMarket],
    window: tuple[int, int],
    chance: random.Random,
) -> tuple[list[Account], list[Order]]:
    """Lay the fills of the busiest wallets over the demo window.

    Args:
        rows: Data API trades.
        markets: Demo markets, most traded first.
        window: Time of the first order and of the last one, nanoseconds UTC.
        chance: Seeded; spreads the whole seconds of the record.
    """
    wallets = choose_wallets(rows, WALLETS_PER_ACCOUNT * len(NAMES))
    group = {wallet: n % len(NAMES) for n, wallet in enumerate(wallets)}
    chosen = sorted(
        (row for row in rows if row["proxyWallet"] in group),
        key=lambda row: (row["timestamp"], row["transactionHash"], row["asset"], row["size"]),
    )
    order_of_groups = list(dict.fromkeys(group[row["proxyWallet"]] for row in chosen))
    accounts = [
        Account(f"{WALLET_PREFIX}{n + 1:032x}", f"{name} (sandbox)") for n, name in enumerate(NAMES)
    ]
    target = _assign_markets(chosen, markets)
    first, last = chosen[0]["timestamp"], chosen[-1]["timestamp"] + 1
    orders: list[Order] = []
    for row in chosen:
        share = (row["timestamp"] - first + (chance.random() if orders else 0)) / (last - first)
        orders.append(
            Order(
                window[0] + round(share * (window[1] - window[0])),
                accounts[order_of_groups.index(group[row["proxyWallet"]])],
                target[row["conditionId"]],
                int(row["outcomeIndex"]) % 2,
                row["side"] == "BUY",
                micros_from_json_number(row["size"]),
            )
        )
    return accounts, sorted(orders, key=lambda order: order.at_ns)


def _assign_markets(rows: Sequence[Row], markets: Sequence[DemoMarket]) -> dict[str, DemoMarket]:
    """Give every recorded market a demo market; the liquid ones more often."""
    a, b, c, d = markets[:4]
    cycle = (b, a, a, c, a, b, a, d)
    ranked = [condition for condition, _ in Counter(r["conditionId"] for r in rows).most_common()]
    return {condition: cycle[n % len(cycle)] for n, condition in enumerate(ranked)}


def execute(order: Order, books: Mapping[TokenId, L2Book], chance: random.Random) -> Frame | None:
    """Trade an order on the recorded book and return the stream's message about it.

    A sale is limited to what the account holds; without a holding it becomes a purchase of
    the other outcome. Nothing happens when the needed side is empty.
    """
    account, is_buy, outcome, size = order.account, order.is_buy, order.outcome, order.size
    if not is_buy:
        held = account.held[order.market.tokens[outcome]]
        if held:
            size = min(size, held)
        else:
            is_buy, outcome = True, 1 - outcome
    token = order.market.tokens[outcome]
    price, filled = walk(books[token], is_buy, size)
    if not filled:
        return None
    account.held[token] += filled if is_buy else -filled
    return _message(order, chance, outcome=outcome, is_buy=is_buy, price=price, size=filled)


def walk(book: L2Book, is_buy: bool, size: int) -> tuple[PriceMicros, int]:
    """Return the average price (on the grid) and the size a marketable order gets."""
    levels = book.best_levels(not is_buy, depth=20)
    if not levels:
        return PriceMicros(0), 0
    reach = TICKS_DEEP * book.tick
    taken = value = 0
    for price, resting in levels:
        part = min(resting, size - taken)
        if abs(price - levels[0][0]) > reach or not part:
            break
        taken += part
        value += part * price
    filled = floor_to_lot(taken)
    if not filled:
        return PriceMicros(0), 0
    average = value // taken
    tick = PriceMicros(book.tick)
    return (ceil_to_tick(average, tick) if is_buy else floor_to_tick(average, tick)), filled


def _message(
    order: Order, chance: random.Random, *, outcome: int, is_buy: bool, price: int, size: int
) -> Frame:
    """Return the activity message of a fill.

    Source: ``websockets.md`` sections 5.3 and 8: received about 1.9 s after the match and
    0.8 s after the envelope's time; the payload carries the envelope's second.
    """
    envelope = order.at_ns + round(chance.uniform(1.0, 1.2) * NS_PER_S)
    delay = min(max(chance.gauss(1.9, 0.3), 1.35), 3.2)
    received = order.at_ns + round(delay * NS_PER_S)
    market = order.market
    identity = f"{order.account.wallet} {order.at_ns} {outcome} {size} {price}"
    payload = {
        "asset": market.tokens[outcome],
        "bio": "",
        "conditionId": market.condition_id,
        "eventSlug": EVENT_SLUG,
        "icon": "",
        "name": order.account.name,
        "outcome": f"{market.letter}{outcome + 1}",
        "outcomeIndex": outcome,
        "price": float(format_micros(price)),
        "profileImage": "",
        "proxyWallet": order.account.wallet,
        "pseudonym": "",
        "side": "BUY" if is_buy else "SELL",
        "size": float(format_micros(size)),
        "slug": f"{EVENT_SLUG}-{market.letter.lower()}",
        "timestamp": envelope // NS_PER_S,
        "title": market.title,
        "transactionHash": "0x" + hashlib.sha256(identity.encode()).hexdigest(),
    }
    envelope -= envelope % NS_PER_MS
    return activity_frame(payload, envelope, received_ns=received - received % NS_PER_MS)


EVENT_SLUG = "demo-golden-knights-hurricanes"


def platform_frames(
    rows: Sequence[Row], followed: int, window: tuple[int, int], chance: random.Random
) -> list[Frame]:
    """Return everybody else's fills as stream messages, their times moved into the window.

    Args:
        rows: Data API trades.
        followed: How many of the busiest wallets are left out, being used for accounts.
        window: First and last time, nanoseconds UTC.
        chance: Seeded; spreads the whole seconds of the record.
    """
    chosen = set(choose_wallets(rows, followed))
    others = [row for row in rows if row["proxyWallet"] not in chosen]
    first = min(row["timestamp"] for row in others)
    span = max(row["timestamp"] for row in others) + 1 - first
    frames = []
    for row in others:
        share = (row["timestamp"] - first + chance.random()) / span
        envelope = window[0] + round(share * (window[1] - window[0]))
        envelope -= envelope % NS_PER_MS
        received = envelope + round(chance.uniform(0.5, 1.2) * 1_000) * NS_PER_MS
        payload = {**row, "timestamp": envelope // NS_PER_S}
        frames.append(activity_frame(payload, envelope, received_ns=received))
    return sorted(frames, key=lambda frame: frame.ts_init)
