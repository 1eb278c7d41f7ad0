"""Which token is subscribed on which connection. Stable: a token never moves."""

from __future__ import annotations

from collections.abc import Iterable

from polydesk.domain.ids import TokenId

DEFAULT_SHARD_SIZE = 200
"""Assets per connection; third parties quote a ceiling of about 500.
Source: ``websockets.md`` section 2, 2026-11."""


class Shards:
    """Assignment of wanted tokens to numbered connections.

    A token stays where it is until it is no longer wanted; a new one goes to the lowest
    numbered shard with room. Order is kept, so the same calls give the same shards.
    """

    def __init__(self, size: int = DEFAULT_SHARD_SIZE) -> None:
        if size < 1:
            raise ValueError("a shard holds at least one token")
        self._size = size
        self._members: dict[int, dict[TokenId, None]] = {}

    def assign(self, wanted: Iterable[TokenId]) -> dict[int, tuple[TokenId, ...]]:
        """Return every shard's tokens after wanting exactly ``wanted``; no shard is empty."""
        target = dict.fromkeys(wanted)
        self._drop_unwanted(target)
        held = {token for members in self._members.values() for token in members}
        for token in target:
            if token not in held:
                self._members[self._shard_with_room()][token] = None
        return {number: tuple(self._members[number]) for number in sorted(self._members)}

    def _drop_unwanted(self, target: dict[TokenId, None]) -> None:
        for number, members in list(self._members.items()):
            kept = {token: None for token in members if token in target}
            if kept:
                self._members[number] = kept
            else:
                del self._members[number]

    def _shard_with_room(self) -> int:
        number = 0
        while len(self._members.setdefault(number, {})) >= self._size:
            number += 1
        return number
