"""Which instruments a capture shows, to describe them when nobody else does."""

from __future__ import annotations

from dataclasses import dataclass, field

from polydesk.domain.frames import Frame
from polydesk.domain.units import parse_micros
from polydesk.errors import WireError
from polydesk.replay.importing.parts import Json, markets_frame, seen_market_row


@dataclass(slots=True)
class Sightings:
    """Tokens per market, in the order they were seen."""

    tokens: dict[str, list[str]] = field(default_factory=dict)
    ticks: dict[str, int] = field(default_factory=dict)

    def look(self, value: Json) -> None:
        """Note the ids of a market-channel message or of a list of them."""
        for message in value if isinstance(value, list) else [value]:
            if not isinstance(message, dict) or not isinstance(message.get("market"), str):
                continue
            condition = message["market"]
            self._note(condition, message.get("asset_id"))
            for entry in message.get("price_changes") or ():
                self._note(condition, entry.get("asset_id"))
            self._note_tick(condition, message.get("tick_size"))

    def _note(self, condition: str, token: Json) -> None:
        if isinstance(token, str) and token:
            held = self.tokens.setdefault(condition, [])
            if token not in held:
                held.append(token)

    def _note_tick(self, condition: str, tick: Json) -> None:
        if isinstance(tick, str) and tick:
            try:
                self.ticks[condition] = parse_micros(tick)
            except WireError:
                return

    def rows(self) -> list[dict[str, Json]]:
        """Return made-up catalogue rows for everything seen."""
        return [
            seen_market_row(
                condition,
                {n: (token, f"Outcome {n + 1}") for n, token in enumerate(tokens)},
                tick=self.ticks.get(condition, 10_000),
            )
            for condition, tokens in self.tokens.items()
        ]


def described(frames: list[Frame], rows: list[dict[str, Json]]) -> list[Frame]:
    """Return the frames with a catalogue frame of these rows before them."""
    if not rows or not frames:
        return frames
    return [markets_frame(rows, frames[0].ts_init), *frames]
