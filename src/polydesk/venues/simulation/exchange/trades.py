"""A match: one taker against its makers, and everything that changes hands by it.

Makers trade at their own price, so all improvement is the taker's. Two buys of different
outcomes mint complete sets from their money, two sales merge sets back into it. Both sides
move whole micro-dollars rounded down; what minting or merging lacks or leaves by that is booked
to the rounding account, at most one micro-dollar for each maker.

Source: ``trading.md`` sections 4.3 (match price), 5.6 (trades), 6.1 (taker's fee);
``websockets.md`` section 4 (complement makers).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from polydesk.domain.ids import ConditionId, TokenId, TradeId
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.domain.units import (
    MICROS,
    PriceMicros,
    ShareMicros,
    UsdMicros,
    notional_floor,
    payout_price,
)
from polydesk.venues.simulation.exchange.accounts import (
    CASH,
    CLEARING,
    FEES,
    HOUSE,
    ROUNDING,
    TREASURY,
    Posting,
    check_balanced,
    reverse,
)


class TradeStatus(StrEnum):
    """How far a trade's settlement is. Source: ``trading.md`` section 5.6."""

    MATCHED = "MATCHED"
    MINED = "MINED"
    RETRYING = "RETRYING"
    CONFIRMED = "CONFIRMED"
    FAILED = "FAILED"


FINAL: Final = frozenset({TradeStatus.CONFIRMED, TradeStatus.FAILED})


@dataclass(frozen=True, slots=True)
class Leg:
    """One party's part of a match, priced in its own token."""

    order_id: str
    account: str
    token_id: TokenId
    side: Side
    price: PriceMicros
    size: ShareMicros

    @property
    def value(self) -> UsdMicros:
        """Price times size."""
        return notional_floor(self.price, self.size)


@dataclass(frozen=True, slots=True)
class Match:
    """A maker's part and the price of it in the taker's token."""

    maker: Leg
    taker_price: PriceMicros


@dataclass(frozen=True, slots=True)
class Trade:
    """One taker's match with all its makers. Replaced, never changed."""

    trade_id: TradeId
    condition_id: ConditionId
    taker: Leg
    """Its price is the average, rounded up to a micro-dollar; ``value`` is exact."""
    makers: tuple[Leg, ...]
    fee: UsdMicros
    """Paid by the taker."""
    gives: tuple[Posting, ...]
    """What leaves the parties when they match."""
    gets: tuple[Posting, ...]
    """What the transaction delivers; per asset the same as what was given."""
    matched_at: int
    """Nanoseconds UTC, as is the next."""
    updated_at: int
    status: TradeStatus = TradeStatus.MATCHED
    delivered: bool = False
    transaction_hash: str = ""
    attempts: int = 0
    """Transactions sent."""

    @property
    def final(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.status in FINAL

    @property
    def value(self) -> UsdMicros:
        """What the taker gave or got for its shares before fees, to the micro-dollar."""
        prices = (
            maker.price if maker.token_id == self.taker.token_id else MICROS - maker.price
            for maker in self.makers
        )
        return UsdMicros(
            sum(
                notional_floor(PriceMicros(price), maker.size)
                for price, maker in zip(prices, self.makers, strict=True)
            )
        )

    @property
    def self_match(self) -> bool:
        """Whether a trader met himself; the venue lets it happen and pays no rewards for it.

        Source: ``trading.md`` section 12.
        """
        own = self.taker.account
        return own not in HOUSE and any(maker.account == own for maker in self.makers)

    def taking(self) -> list[Posting]:
        """Return the postings that move what was given into clearing."""
        return _through_clearing(reverse(self.gives))

    def delivering(self) -> list[Posting]:
        """Return the postings that pay everybody out of clearing."""
        return _through_clearing(self.gets)

    def undoing(self) -> list[Posting]:
        """Return the postings that undo all that was booked for the trade."""
        booked = self.taking() + (self.delivering() if self.delivered else [])
        return reverse(booked)

    def plain(self) -> dict[str, str | int]:
        """Return the trade as plain values."""
        makers = (f"{m.order_id}:{m.token_id}:{m.price}:{m.size}" for m in self.makers)
        return {
            "taker": self.taker.order_id,
            "account": self.taker.account,
            "token": self.taker.token_id,
            "side": self.taker.side.value,
            "price": self.taker.price,
            "size": self.taker.size,
            "fee": self.fee,
            "makers": ",".join(makers),
            "status": self.status.value,
            "matched_at": self.matched_at,
            "self_match": int(self.self_match),
            "transaction": self.transaction_hash,
        }


def _through_clearing(postings: Sequence[Posting]) -> list[Posting]:
    """Return the postings with clearing as the other side of each."""
    return [*postings, *((CLEARING, asset, -amount) for _, asset, amount in postings)]


def build_trade(
    trade_id: TradeId,
    condition_id: ConditionId,
    taker: Leg,
    matches: Sequence[Match],
    fees: FeeSchedule,
    now: int,
) -> Trade:
    """Return the trade of a taker with the makers it met.

    Args:
        trade_id: Its name.
        condition_id: The market.
        taker: The taker; price and size are replaced by what was matched.
        matches: At least one, best first.
        fees: The market's schedule; the house pays no fee.
        now: Time of the match, nanoseconds.
    """
    sizes = [match.maker.size for match in matches]
    value = sum(notional_floor(m.taker_price, s) for m, s in zip(matches, sizes, strict=True))
    size = ShareMicros(sum(sizes))
    price = payout_price(UsdMicros(value), size)
    leg = Leg(taker.order_id, taker.account, taker.token_id, taker.side, price, size)
    fee = taker_fees(matches, fees) if taker.account not in HOUSE else UsdMicros(0)
    gives, gets = _exchanged(leg, matches, fee)
    check_balanced([*gets, *reverse(gives)])
    makers = tuple(match.maker for match in matches)
    return Trade(
        trade_id, condition_id, leg, makers, fee, tuple(gives), tuple(gets), now, updated_at=now
    )


def taker_fees(matches: Iterable[Match], fees: FeeSchedule) -> UsdMicros:
    """Return the fee of a taker over all its matches, each rounded by itself."""
    return UsdMicros(sum(fees.taker(match.maker.size, match.taker_price) for match in matches))


def taker_cost(side: Side, matches: Sequence[Match], fees: FeeSchedule) -> int:
    """Return what a taker gives for matches: shares of a sale, money with fees of a buy."""
    if side is Side.SELL:
        return sum(match.maker.size for match in matches)
    value = sum(notional_floor(match.taker_price, match.maker.size) for match in matches)
    return value + taker_fees(matches, fees)


def _exchanged(
    taker: Leg, matches: Sequence[Match], fee: UsdMicros
) -> tuple[list[Posting], list[Posting]]:
    gives: list[Posting] = []
    gets: list[Posting] = []
    for match in matches:
        part = Leg(
            taker.order_id,
            taker.account,
            taker.token_id,
            taker.side,
            match.taker_price,
            match.maker.size,
        )
        for leg in (part, match.maker):
            gives.append(_given(leg))
            gets.append(_gotten(leg))
        gets += _set_postings(part, match.maker)
    if fee:
        gets.append((FEES, CASH, fee))
        if taker.side is Side.BUY:
            gives.append((taker.account, CASH, fee))
        else:
            gets.append((taker.account, CASH, -fee))
    return gives, gets


def _given(leg: Leg) -> Posting:
    if leg.side is Side.BUY:
        return leg.account, CASH, leg.value
    return leg.account, leg.token_id, leg.size


def _gotten(leg: Leg) -> Posting:
    if leg.side is Side.BUY:
        return leg.account, leg.token_id, leg.size
    return leg.account, CASH, leg.value


def _set_postings(taker: Leg, maker: Leg) -> list[Posting]:
    """Return what the treasury does when both sides buy (mint) or both sell (merge)."""
    if taker.side is not maker.side:
        return []
    mints = taker.side is Side.BUY
    sign = 1 if mints else -1
    size = taker.size
    return [
        (TREASURY, CASH, sign * size),
        (TREASURY, taker.token_id, -sign * size),
        (TREASURY, maker.token_id, -sign * size),
        (ROUNDING, CASH, sign * (taker.value + maker.value - size)),
    ]
