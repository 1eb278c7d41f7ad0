"""A market announced on the socket, written as the Gamma row it will have.

Only what the announcement says is in the row.

Source: ``websockets.md`` section 3 (``new_market``), ``rest-data.md`` section 3.1, 2026-11.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from polydesk.sandbox.books import Json

_SAME: Final = ("id", "question", "slug", "description", "active")
_FEES: Final = {
    "exponent": "exponent",
    "rate": "rate",
    "taker_only": "takerOnly",
    "rebate_rate": "rebateRate",
}


def gamma_row(event: Json) -> Json:
    """Return the catalogue row of a ``new_market`` event."""
    row: Json = {name: event[name] for name in _SAME if name in event}
    row["conditionId"] = event.get("condition_id") or event.get("market", "")
    row["closed"] = False
    row["outcomes"] = _json_text(event.get("outcomes"))
    tokens = event.get("clob_token_ids") or event.get("assets_ids")
    row["clobTokenIds"] = _json_text(tokens)
    tick = _number(event.get("order_price_min_tick_size"))
    if tick is not None:
        row["orderPriceMinTickSize"] = tick
    if event.get("fees_enabled") is not None:
        row["feesEnabled"] = bool(event["fees_enabled"])
    row.update(_fees(event.get("fee_schedule")))
    named = event.get("event_message")
    row["events"] = [named] if isinstance(named, dict) else []
    return row


def _fees(schedule: Any) -> Json:
    if not isinstance(schedule, dict):
        return {}
    fees = {ours: schedule.get(wire) for wire, ours in _FEES.items()}
    numbers = {key: _number(value) for key, value in fees.items() if key != "takerOnly"}
    return {"feeSchedule": {**numbers, "takerOnly": bool(fees["takerOnly"])}}


def _json_text(values: Any) -> str:
    return msgspec.json.encode(values if isinstance(values, list) else []).decode()


def _number(text: Any) -> Any:
    """Return the JSON number a text holds; None for an empty or other text."""
    try:
        return msgspec.json.decode(str(text))
    except msgspec.DecodeError:
        return None
