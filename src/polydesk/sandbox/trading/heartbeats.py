"""The dead man's switch over all open orders of an API key.

Source: ``trading.md`` section 5.9.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from polydesk.sandbox.books import Json
from polydesk.sandbox.trading.credentials import as_uuid
from polydesk.sandbox.trading.denials import BAD_PAYLOAD, Denied, denied

SECOND: Final = 1_000_000_000
LIFE_NS: Final = 10 * SECOND
"""Without an accepted heartbeat for this long all orders of the key are canceled."""
CHECK_NS: Final = 5 * SECOND
"""The exchange looks this often."""
BAD_ID: Final = "Invalid Heartbeat ID"


@dataclass(slots=True)
class _Switch:
    expected: str
    deadline_ns: int

    @property
    def due_ns(self) -> int:
        """When a look finds that the deadline is over."""
        return -(-self.deadline_ns // CHECK_NS) * CHECK_NS


class Heartbeats:
    """Armed switches by API key. Once armed, nothing disarms one but its end."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._armed: dict[str, _Switch] = {}
        self._count = 0

    def beat(self, owner: str, body: Any, now: int) -> Json:
        """Take a heartbeat and return the id to send with the next one.

        Raises:
            Denied: The id is not the expected one; the deadline stays.
        """
        given = body.get("heartbeat_id") if isinstance(body, dict) else body
        if given is not None and not isinstance(given, str):
            raise denied(BAD_PAYLOAD)
        expected = self._armed[owner].expected if owner in self._armed else ""
        if (given or "") != expected:
            raise Denied(400, {"error_msg": BAD_ID, "heartbeat_id": expected})
        return {"heartbeat_id": self._arm(owner, now)}

    def legacy_beat(self, owner: str, now: int) -> Json:
        """Take a heartbeat of the older route, which knows no ids."""
        self._arm(owner, now)
        return {"status": "ok"}

    def next_due(self) -> int | None:
        """Return when the first switch will go off, None when none is armed."""
        return min((switch.due_ns for switch in self._armed.values()), default=None)

    def expired(self, now: int) -> list[str]:
        """Return and forget the keys whose switches have gone off."""
        over = [owner for owner, switch in self._armed.items() if switch.due_ns <= now]
        for owner in over:
            del self._armed[owner]
        return over

    def _arm(self, owner: str, now: int) -> str:
        self._count += 1
        name = f"heartbeat:{self._seed}:{owner}:{self._count}"
        expected = as_uuid(blake2b(name.encode(), digest_size=16).hexdigest())
        self._armed[owner] = _Switch(expected, now + LIFE_NS)
        return expected
