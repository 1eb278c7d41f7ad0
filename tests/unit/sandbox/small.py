"""A small recording in which every kind of frame occurs, written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from polydesk.domain.frames import MARKET, REST_EVENTS, REST_MARKETS, RTDS, Frame
from polydesk.replay.tape import TapeHeader, TapeWriter

START_MS = 1_790_000_000_000
START_S = START_MS // 1_000
RAIN, SNOW, OLD = (f"0x{digit * 64}" for digit in "123")
RAIN_YES, RAIN_NO, SNOW_YES, SNOW_NO, OLD_YES, OLD_NO = (
    digit * 20 for digit in ("11", "12", "21", "22", "31", "32")
)
TOKENS = [RAIN_YES, RAIN_NO, SNOW_YES, SNOW_NO]
ALICE, BOB, CAROL = (f"0x{digit * 40}" for digit in "abc")
TX1, TX2, TX3 = (f"0x{digit * 64}" for digit in "def")


def _market(number: int, name: str, condition: str, tokens: list[str], **more: Any) -> Any:
    return {
        "id": str(number),
        "question": f"Will it {name} tomorrow?",
        "conditionId": condition,
        "slug": f"will-it-{name}",
        "version": "v1",
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["0.5", "0.5"]',
        "clobTokenIds": json.dumps(tokens),
        "active": True,
        "closed": False,
        "acceptingOrders": True,
        "enableOrderBook": True,
        "orderPriceMinTickSize": 0.01,
        "orderMinSize": 5,
        "negRisk": False,
        "volume": f"{number}",
        "volumeNum": number,
        "endDate": "2026-10-01T00:00:00Z",
        "endDateIso": "2026-10-01",
        "feesEnabled": True,
        "feeSchedule": {"exponent": 1, "rate": 0.05, "takerOnly": True, "rebateRate": 0.25},
        "tags": [{"id": "7", "label": "Weather", "slug": "weather"}],
        **more,
    }


MARKETS = [
    _market(9, "rain", RAIN, [RAIN_YES, RAIN_NO]),
    _market(10, "snow", SNOW, [SNOW_YES, SNOW_NO]),
    _market(
        11, "thaw", OLD, [OLD_YES, OLD_NO], closed=True, acceptingOrders=False,
        outcomePrices='["0", "1"]',
    ),
]  # fmt: skip
EVENT = {
    "id": "500",
    "slug": "weather-tomorrow",
    "title": "Weather tomorrow",
    "closed": False,
    "volume": 30,
    "tags": [{"id": "7", "label": "Weather", "slug": "weather"}],
    "markets": MARKETS,
}


def levels(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"price": price, "size": size} for price, size in pairs]


def book(token: str, condition: str, at_ms: int, bids: Any, asks: Any, **more: Any) -> Any:
    return {
        "market": condition, "asset_id": token, "timestamp": str(at_ms), "hash": "",
        "bids": bids, "asks": asks, "tick_size": "0.01", "event_type": "book", **more,
    }  # fmt: skip


def change(condition: str, at_ms: int, *entries: tuple[str, str, str, str]) -> Any:
    """Entries are (token, side, price, size)."""
    rows = [
        {"asset_id": token, "price": price, "size": size, "side": side, "hash": "",
         "best_bid": "", "best_ask": ""}
        for token, side, price, size in entries
    ]  # fmt: skip
    return {
        "market": condition, "price_changes": rows, "timestamp": str(at_ms),
        "event_type": "price_change",
    }  # fmt: skip


def print_(token: str, condition: str, at_ms: int, price: str, side: str = "BUY") -> Any:
    return {
        "market": condition, "asset_id": token, "price": price, "size": "10", "side": side,
        "fee_rate_bps": "0", "timestamp": str(at_ms), "event_type": "last_trade_price",
        "transaction_hash": TX1,
    }  # fmt: skip


def activity(
    wallet: str, token: str, side: str, size: float, price: float, *,
    condition: str = RAIN, tx: str = TX1, seconds: int = START_S, kind: str = "trades",
    **more: Any,
) -> Any:  # fmt: skip
    payload = {
        "proxyWallet": wallet, "asset": token, "conditionId": condition, "side": side,
        "size": size, "price": price, "timestamp": seconds, "transactionHash": tx,
        "title": "Will it rain tomorrow?", "slug": "will-it-rain",
        "eventSlug": "weather-tomorrow", "outcome": "Yes", "outcomeIndex": 0,
        "name": f"name {wallet[2:4]}", "pseudonym": "", "bio": "", "profileImage": "",
        "icon": "", **more,
    }  # fmt: skip
    return {"topic": "activity", "type": kind, "timestamp": seconds * 1000, "payload": payload,
            "connection_id": "c"}  # fmt: skip


NEW_MARKET = {
    "id": "12", "question": "Will it hail tomorrow?", "market": "0x" + "4" * 64,
    "slug": "will-it-hail", "assets_ids": ["41" * 20, "42" * 20], "outcomes": ["Yes", "No"],
    "event_message": {"id": "501", "slug": "hail", "title": "Hail"},
    "timestamp": str(START_MS + 5_000), "event_type": "new_market", "tags": [],
    "condition_id": "0x" + "4" * 64, "active": False,
    "clob_token_ids": ["41" * 20, "42" * 20], "order_price_min_tick_size": "0.001",
    "fees_enabled": True,
    "fee_schedule": {"exponent": "1", "rate": "0.07", "taker_only": True, "rebate_rate": "0.2"},
}  # fmt: skip
RESOLVED = {
    "id": "10", "market": SNOW, "assets_ids": [SNOW_YES, SNOW_NO], "winning_asset_id": SNOW_NO,
    "winning_outcome": "No", "timestamp": str(START_MS + 9_000), "event_type": "market_resolved",
}  # fmt: skip


def script() -> list[tuple[str, int, Any]]:
    """(channel, milliseconds after the start, body) of the recording."""
    s = START_MS
    dump = [
        book(RAIN_YES, RAIN, s, levels(("0.4", "100"), ("0.5", "40")), levels(("0.55", "60"))),
        book(RAIN_NO, RAIN, s, levels(("0.45", "60")), levels(("0.6", "100"), ("0.5", "40"))),
        book(SNOW_YES, SNOW, s, levels(("0.1", "9")), levels(("0.2", "8"))),
    ]
    return [
        (REST_MARKETS, -2_000, {"markets": MARKETS}),
        (REST_EVENTS, -1_000, [EVENT]),
        (MARKET, 0, dump),
        (RTDS, 100, activity(ALICE, RAIN_YES, "BUY", 100, 0.5, fee=1.25)),
        (RTDS, 150, activity(BOB, RAIN_NO, "BUY", 100, 0.5, outcome="No", outcomeIndex=1)),
        (RTDS, 160, activity(ALICE, RAIN_YES, "BUY", 100, 0.5, fee=1.25, kind="orders_matched")),
        (MARKET, 1_000, change(RAIN, s + 1_000, (RAIN_YES, "BUY", "0.52", "30"),
                               (RAIN_NO, "SELL", "0.48", "30"))),
        (MARKET, 1_500, change(SNOW, s + 1_500, (SNOW_YES, "SELL", "0.2", "0"),
                               (SNOW_YES, "SELL", "0.3", "5"))),
        (MARKET, 2_000, print_(RAIN_YES, RAIN, s + 2_000, "0.52")),
        (MARKET, 3_000, {"market": RAIN, "asset_id": RAIN_YES, "best_bid": "0.52",
                         "best_ask": "0.55", "spread": "0.03", "timestamp": str(s + 3_000),
                         "event_type": "best_bid_ask"}),
        (RTDS, 4_000, activity(ALICE, RAIN_YES, "SELL", 40, 0.6, tx=TX2, seconds=START_S + 4)),
        (RTDS, 4_100, {"topic": "comments", "type": "comment_created", "payload": {}}),
        (MARKET, 5_000, NEW_MARKET),
        (RTDS, 6_000, activity(CAROL, SNOW_YES, "BUY", 10, 0.2, condition=SNOW, tx=TX3,
                               seconds=START_S + 6)),
        (MARKET, 7_000, {"market": RAIN, "asset_id": RAIN_YES, "old_tick_size": "0.01",
                         "new_tick_size": "0.001", "timestamp": str(s + 7_000),
                         "event_type": "tick_size_change"}),
        (MARKET, 9_000, RESOLVED),
        (MARKET, 61_000, change(RAIN, s + 61_000, (RAIN_YES, "SELL", "0.541", "5"))),
    ]  # fmt: skip


def frames() -> list[Frame]:
    """Texts are written with and without spaces, so that passing them on is seen to be exact."""
    found = []
    for number, (channel, offset, body) in enumerate(script()):
        text = json.dumps(body) if number % 2 else json.dumps(body, separators=(",", ":"))
        found.append(Frame(channel, (START_MS + offset) * 1_000_000, text.encode()))
    return found


def write(path: Path, recorded: list[Frame] | None = None) -> Path:
    with TapeWriter(path, TapeHeader("small", "written by hand")) as tape:
        for frame in frames() if recorded is None else recorded:
            tape.write(frame.channel, frame.ts_init, frame.text)
    return path
