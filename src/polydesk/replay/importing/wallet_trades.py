"""Dumps of wallets' trades, told as the stream would have told them.

The ``activity`` stream and the Data API share the fields of a trade row, so a dump of rows
becomes stream messages in the order of their time. Rows which are no trades (merges,
redemptions, splits) the stream never carries: they stay answers of the Data API.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from polydesk.domain.frames import REST_PREFIX, Frame
from polydesk.domain.instruments import Side
from polydesk.errors import RecordingError
from polydesk.replay.importing.parts import (
    NS_PER_MS,
    NS_PER_S,
    Converted,
    Json,
    activity_frame,
    compact,
    market_row,
    markets_frame,
    seen_market_row,
)

Row = dict[str, Json]

ACTIVITY_CHANNEL: Final = f"{REST_PREFIX}data/activity"
NOTES: Final = (
    "Trades are told as RTDS activity messages, oldest first, received at their recorded second;"
    " the true delay was not recorded.",
    "Market descriptions are made from the trade rows: the id of an outcome that did"
    " not trade is made up.",
)


def convert_rows(name: str, rows: Sequence[Row], notes: tuple[str, ...] = ()) -> Converted:
    """Turn Data API trade or activity rows into stream messages and activity answers."""
    try:
        newest_first = enumerate(rows)
        ordered = [row for _, row in sorted(newest_first, key=_age)]
        frames = [_frame(row) for row in ordered]
        catalogue = trade_markets(ordered)
    except (KeyError, TypeError, ValueError) as error:
        raise RecordingError("A trade row does not have the Data API's fields.") from error
    if not frames:
        raise RecordingError("The dump holds no trades.")
    head = [markets_frame(catalogue, frames[0].ts_init)] if catalogue else []
    return Converted("trade rows", name, "Data API trades", [*head, *frames], (*NOTES, *notes))


def _age(numbered: tuple[int, Row]) -> tuple[int, int]:
    """Return the sort key that turns a dump, newest first, into oldest first."""
    number, row = numbered
    return int(row["timestamp"]), -number


def _frame(row: Row) -> Frame:
    ts_ns = int(row["timestamp"]) * NS_PER_S
    if row.get("type", "TRADE") == "TRADE":
        return activity_frame(row, ts_ns)
    return Frame(ACTIVITY_CHANNEL, ts_ns, compact([row]))


def trade_markets(rows: Sequence[Row]) -> list[Row]:
    """Return one market row per condition with the outcomes that traded."""
    seen: dict[str, dict[int, Row]] = {}
    for row in rows:
        if row.get("asset") and row.get("outcome"):
            outcomes = seen.setdefault(row["conditionId"], {})
            outcomes.setdefault(_place(row, outcomes), row)
    return [_market(condition, outcomes) for condition, outcomes in seen.items()]


def _place(row: Row, outcomes: dict[int, Row]) -> int:
    """Return an outcome's place; fresh rows may carry 999, then it is the first free one.

    Source: ``websockets.md`` section 5.3.
    """
    index = int(row.get("outcomeIndex", 999))
    if index in {0, 1}:
        return index
    known = [place for place, held in outcomes.items() if held["asset"] == row["asset"]]
    return known[0] if known else len(outcomes)


def _market(condition: str, outcomes: dict[int, Row]) -> Row:
    first = outcomes[min(outcomes)]
    slug = str(first.get("eventSlug", ""))
    return seen_market_row(
        condition,
        {place: (row["asset"], row["outcome"]) for place, row in outcomes.items()},
        question=first.get("title", ""),
        slug=first.get("slug", ""),
        event={"id": "", "slug": slug, "title": first.get("title", "")} if slug else None,
    )


def convert_session(name: str, events: Sequence[Row]) -> Converted:
    """Turn a captured session of platform trades into stream messages."""
    indexes: dict[str, dict[str, int]] = {}
    rows = []
    for event in events:
        outcomes = indexes.setdefault(event["market_id"], {})
        index = outcomes.setdefault(event["token_id"], len(outcomes))
        rows.append(
            {
                "proxyWallet": event["trader"],
                "side": event["side"],
                "asset": event["token_id"],
                "conditionId": event["market_id"],
                "size": event["size"],
                "price": event["price"],
                "timestamp": int(event["source_ts_ms"]) // (NS_PER_S // NS_PER_MS),
                "title": event.get("title", ""),
                "slug": event.get("slug", ""),
                "outcome": event["outcome"],
                "outcomeIndex": index,
                "transactionHash": event["tx_hash"],
            }
        )
    note = "The order of a market's outcomes was not recorded: it is the order of appearance."
    return convert_rows(name, rows[::-1], (note,))


def convert_candle(name: str, dump: Row) -> Converted:
    """Turn all trades of one five-minute market, with its winner, into stream messages."""
    tokens = (dump["up_token"], dump["down_token"])
    rows = [_candle_row(dump, tokens, number) for number in range(len(dump["trades"]))]
    converted = convert_rows(
        name,
        rows[::-1],
        (
            "Transaction hashes were not recorded: they are made from the row numbers.",
            "The last answer is the market's resolution, dated just after the last trade.",
        ),
    )
    frames = list(converted.frames)
    return Converted(
        "one market's trades",
        name,
        "every trade of one market",
        [*frames, _resolution(dump, tokens, frames[-1].ts_init)],
        converted.notes,
    )


def _candle_row(dump: Row, tokens: tuple[str, str], number: int) -> Row:
    second, side, price, size, token, wallet = dump["trades"][number]
    index = tokens.index(token)
    return {
        "proxyWallet": wallet,
        "side": Side(side).value,
        "asset": token,
        "conditionId": dump["cid"],
        "size": size,
        "price": price,
        "timestamp": second,
        "title": f"BTC up or down, five minutes from {dump['cs']}",
        "slug": f"btc-updown-5m-{dump['cs']}",
        "outcome": ("Up", "Down")[index],
        "outcomeIndex": index,
        "transactionHash": f"0x{number:064x}",
    }


def _resolution(dump: Row, tokens: tuple[str, str], after_ns: int) -> Frame:
    row = market_row(dump["cid"], tokens, ("Up", "Down"), slug=f"btc-updown-5m-{dump['cs']}")
    prices = ["1", "0"] if dump["up_won"] else ["0", "1"]
    closed = {"closed": True, "acceptingOrders": False, "umaResolutionStatus": "resolved"}
    return markets_frame(
        [row | closed | {"outcomePrices": json.dumps(prices)}], after_ns + NS_PER_S
    )
