"""Small builders for tests of the core: one market, one leader, events with plain numbers."""

from __future__ import annotations

from decimal import Decimal

from polydesk.domain import events as ev
from polydesk.domain.commands import CopyRule, FollowLeader
from polydesk.domain.ids import ConditionId, TokenId, TradeId, Wallet
from polydesk.domain.instruments import FeeSchedule, Market, Outcome, Side
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros, micros_from_decimal
from polydesk.engine.engine import Engine

T0 = 1_780_796_579_000_000_000
"""2026-06-07 01:42:59 UTC."""
MS = 1_000_000
SECOND = 1_000_000_000
YES, NO = TokenId("111"), TokenId("222")
CONDITION = ConditionId("0xc0")
LEADER = Wallet("0x" + "a1" * 20)


def micros(text: str | int) -> int:
    """Return a decimal text as micros."""
    return micros_from_decimal(Decimal(text))


def market(*, fees: FeeSchedule | None = None, **changes: object) -> Market:
    """Return a binary market with a cent tick."""
    values: dict[str, object] = {
        "condition_id": CONDITION,
        "question": "Will it rain?",
        "slug": "rain",
        "outcomes": (Outcome(YES, "Yes", 0), Outcome(NO, "No", 1)),
        "fees": fees or FeeSchedule(),
    }
    return Market(**{**values, **changes})  # type: ignore[arg-type]


def levels(*pairs: tuple[str, str]) -> list[tuple[int, int]]:
    """Return (price, size) levels in micros."""
    return [(micros(price), micros(size)) for price, size in pairs]


def snapshot(
    bids: list[tuple[int, int]],
    asks: list[tuple[int, int]],
    *,
    at: int = T0,
    token: TokenId = YES,
    hash_ok: bool | None = True,
) -> ev.BookSnapshotReceived:
    """Return a full book whose hash was reproduced."""
    return ev.BookSnapshotReceived(token, CONDITION, at, at, bids, asks, "h", hash_ok)


def changed(
    side: Side,
    price: str,
    size: str,
    *,
    at: int,
    touch: tuple[str, str] | None = None,
    token: TokenId = YES,
) -> ev.BookChanged:
    """Return one level's new total, with the stated touch when given."""
    best = (micros(touch[0]), micros(touch[1])) if touch else (None, None)
    change = (token, side is Side.BUY, micros(price), micros(size), best[0], best[1], "")
    return ev.BookChanged(CONDITION, at, at, [change])


def leader_trade(
    side: Side = Side.BUY,
    price: str = "0.50",
    size: str = "100",
    *,
    at: int = T0,
    delay_ms: int = 1_900,
    ref: str = "t1",
    token: TokenId = YES,
    repair: bool = False,
) -> ev.WalletTraded:
    """Return a trade of the leader, seen ``delay_ms`` after it happened."""
    return ev.WalletTraded(
        trade_id=TradeId(ref),
        wallet=LEADER,
        name="kestrel",
        token_id=token,
        condition_id=CONDITION,
        side=side,
        price=PriceMicros(micros(price)),
        size=ShareMicros(micros(size)),
        ts_event=at - delay_ms * MS,
        ts_init=at,
        transaction_hash="0xf00",
        is_repair=repair,
    )


def follow(rule: CopyRule | None = None) -> FollowLeader:
    """Return the command that follows the leader."""
    return FollowLeader(LEADER, "kestrel", rule or CopyRule())


def ready_engine(
    rule: CopyRule | None = None, *, cash: str = "1000", fees: FeeSchedule | None = None
) -> Engine:
    """Return an engine with an account, the market, a proven book 0.49 x 0.50 and a leader."""
    engine = Engine()
    engine.open_account(UsdMicros(micros(cash)), T0 - SECOND)
    engine.process(ev.MarketsListed(T0 - SECOND, [market(fees=fees)]))
    engine.process(ev.UserCommandGiven(T0 - SECOND, follow(rule)))
    bids = levels(("0.49", "300"), ("0.48", "500"))
    asks = levels(("0.50", "200"), ("0.51", "400"))
    engine.process(snapshot(bids, asks, at=T0 - SECOND))
    return engine
