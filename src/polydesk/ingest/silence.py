"""Which subscribed books are quieter than their own normal and deserve a look over REST."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from polydesk.domain.ids import TokenId

_NS = 1_000_000_000
_NO_TOKENS: frozenset[TokenId] = frozenset()


@dataclass(frozen=True, slots=True)
class SilenceLimits:
    """When a token counts as silent. Seconds.

    Source: DESIGN section 4: 3 to 10 s, adaptive; never longer while orders rest.
    """

    least_s: float = 3.0
    most_s: float = 10.0
    normals: int = 4
    """Silent after this many of the token's own usual gaps."""
    longest_s: float = 60.0
    """A token that stays quiet is asked ever less often, down to this."""


@dataclass(slots=True)
class _Gaps:
    last_ns: int
    normal_ns: int
    asked_ns: int
    """When it was last found silent, or had data."""
    asks: int = 0


class SilenceProbe:
    """Learns each token's usual gap between changes from samples of its last change.

    Pure: times are arguments on one clock. Feed it with ``observe`` about once a second.
    """

    def __init__(self, limits: SilenceLimits | None = None) -> None:
        self._limits = limits or SilenceLimits()
        self._tokens: dict[TokenId, _Gaps] = {}

    def keep(self, token_ids: Iterable[TokenId]) -> None:
        """Forget every token but these."""
        self._tokens = {t: self._tokens[t] for t in token_ids if t in self._tokens}

    def expect(self, token_id: TokenId, now_ns: int) -> None:
        """Begin to wait for a token that has shown nothing yet."""
        self._tokens.setdefault(token_id, self._new(now_ns))

    def observe(self, token_id: TokenId, last_change_ns: int) -> None:
        """Tell when a token's book last changed or was confirmed."""
        gaps = self._tokens.get(token_id)
        if gaps is None:
            self._tokens[token_id] = self._new(last_change_ns)
        elif last_change_ns > gaps.last_ns:
            gap_ns = last_change_ns - gaps.last_ns
            gaps.normal_ns += (gap_ns - gaps.normal_ns) // 8
            gaps.last_ns = gaps.asked_ns = last_change_ns
            if gap_ns < self._ceiling_ns():
                gaps.asks = 0

    def _new(self, at_ns: int) -> _Gaps:
        return _Gaps(at_ns, self._ceiling_ns() // self._limits.normals, at_ns)

    def silent(self, now_ns: int, resting: Container[TokenId] = _NO_TOKENS) -> list[TokenId]:
        """Return the tokens to probe now; each is asked again only after a further wait.

        Args:
            now_ns: Now, on the clock of ``observe``.
            resting: Tokens with own orders resting: never left longer than the ceiling.
        """
        found = []
        for token_id, gaps in self._tokens.items():
            if now_ns - gaps.asked_ns >= self._patience_ns(gaps, token_id in resting):
                gaps.asked_ns = now_ns
                gaps.asks += 1
                found.append(token_id)
        return found

    def _patience_ns(self, gaps: _Gaps, is_resting: bool) -> int:
        limits = self._limits
        least = int(limits.least_s * _NS)
        normal = min(max(least, limits.normals * gaps.normal_ns), self._ceiling_ns())
        if is_resting:
            return normal
        return min(normal << min(gaps.asks, 8), int(limits.longest_s * _NS))

    def _ceiling_ns(self) -> int:
        return int(self._limits.most_s * _NS)
