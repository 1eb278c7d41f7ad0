"""The order heartbeat: a dead man's switch over every open order of the API key.

The first one accepted arms it and nothing disarms it but its own end, ten seconds after the
last. One sender for a key, one request at a time.

Source: ``trading.md`` section 5.9, 2026-11.
"""

from __future__ import annotations

import asyncio
import json
from typing import Final

from polydesk.errors import OutcomeUnknown, VenueRejected
from polydesk.venues.polymarket.http_parts import check_answer
from polydesk.venues.polymarket.trading.outcomes import REFUSING, unavailability
from polydesk.venues.polymarket.trading.replies import Reply
from polydesk.venues.polymarket.trading.transport import Call, Transport

PATH: Final = "/v1/heartbeats"
_LONGEST_ID: Final = 200


class Heartbeats:
    """Sends heartbeats in turn."""

    def __init__(self, base: str, transport: Transport) -> None:
        self._base = base
        self._transport = transport
        self._turn = asyncio.Lock()

    async def beat(self, heartbeat_id: str) -> str:
        """Send one heartbeat and return the id to send with the next.

        A refusal that names the id it expected is answered once with that id.

        Raises:
            VenueUnavailable: It was not sent, or not taken; the deadline did not move.
            OutcomeUnknown: It may have been taken, and have armed the switch.
            VenueRejected: Refused twice: another program sends heartbeats for this key.
        """
        async with self._turn:
            reply = await self._send(heartbeat_id)
            expected = _id_in(reply)
            if reply.status == 400 and expected is not None and expected != heartbeat_id:
                reply = await self._send(expected)
            if reply.status == 400:
                raise VenueRejected(
                    f"the heartbeat was refused ({reply.error() or 'no reason'}); "
                    "does another program send heartbeats for this API key?"
                )
            return _next_id(reply)

    async def _send(self, heartbeat_id: str) -> Reply:
        body = json.dumps({"heartbeat_id": heartbeat_id}, separators=(",", ":")).encode()
        return (await self._transport.exchange(Call("POST", self._base, PATH, body))).reply


def _next_id(reply: Reply) -> str:
    """Return the next id; only a readable refusal proves that nothing was armed."""
    following = _id_in(reply)
    if reply.status == 200 and following is not None:
        return following
    is_refusal = reply.status in REFUSING and bool(reply.error()) and not reply.is_page
    if is_refusal or unavailability(reply)[1]:
        check_answer("the heartbeat", reply.status, reply.headers, reply.body)
    raise OutcomeUnknown(f"the heartbeat was answered {reply.words()}")


def _id_in(reply: Reply) -> str | None:
    value = reply.value()
    found = value.get("heartbeat_id") if isinstance(value, dict) else None
    return found if isinstance(found, str) and len(found) <= _LONGEST_ID else None
