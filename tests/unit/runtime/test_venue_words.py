"""What the trading client says reaches the person, and does not flood him."""

from __future__ import annotations

from polydesk.runtime.venue_words import QUIET_NS, VenueWords


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def now_ns(self) -> int:
        return self.now

    def monotonic_ns(self) -> int:
        return self.now

    async def sleep(self, _: float) -> None:
        raise AssertionError


def test_f017_waits_are_told_once_a_minute_and_harmless() -> None:
    clock, shown = Clock(), list[tuple[str, str]]()
    words = VenueWords(clock)
    words.say("before there is a screen")
    words.show = lambda severity, text: shown.append((severity, text))
    words.say("1 orders wait 0.4 s for the venue's rate limit")
    words.say("2 orders wait 1.9 s for the venue's rate limit")
    words.say("the venue \x1b[2J warns")
    assert shown == [
        ("warning", "1 orders wait 0.4 s for the venue's rate limit"),
        ("warning", "The venue [2J warns"),
    ]
    clock.now += QUIET_NS
    words.say("3 orders wait 2.0 s for the venue's rate limit")
    assert shown[-1][1].startswith("3 orders wait")


def test_endless_kinds_of_sentences_take_no_endless_room() -> None:
    words = VenueWords(Clock())
    for first in range(26):
        for second in range(26):
            words.say(f"kind {chr(97 + first)}{chr(97 + second)}")
    assert len(words._told) <= 200
