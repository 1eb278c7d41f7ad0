"""How bad things are: one number for everything that may go wrong."""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random


@dataclass(frozen=True, slots=True)
class Weather:
    """Chances from 0 to 1, each of one thing at one occasion."""

    signer_refuses: float = 0.0
    signer_lost: float = 0.0
    """The signer dies with a request pending; it says so only after a while."""
    journal_fails: float = 0.0
    journal_slow: float = 0.0
    """The disk takes seconds."""
    lost_before: float = 0.0
    """A request never arrives."""
    lost_after: float = 0.0
    """It is carried out and the answer is lost."""
    late: float = 0.0
    """It is carried out up to 40 s later, long after the time-out."""
    twice: float = 0.0
    """A proxy delivers it once more, up to 30 s later."""
    busy: float = 0.0
    """429: not taken."""
    broken: float = 0.0
    """500 or an unreadable answer; it may have been carried out."""
    unread: float = 0.0
    """A reading fails."""
    slow_read: float = 0.0
    """A reading takes seconds; what it says is as old."""
    lagging_read: float = 0.0
    """A reading does not show the newest yet."""
    dropped: float = 0.0
    """A message of the user stream is lost although the line is up."""
    repeated: float = 0.0
    delayed: float = 0.0
    """A message of the user stream comes seconds late, behind newer ones."""
    retried: float = 0.0
    """A settlement needs a second try."""
    fails: float = 0.0
    """A settlement fails."""
    reverts: float = 0.0
    """A settlement fails after its transaction was seen."""
    stalls: float = 0.0
    """A settlement is tried again for minutes."""
    held: float = 0.0
    """The gateway holds an order back for a while before it sends."""


CALM = Weather()
STORM = Weather(
    signer_refuses=0.02,
    signer_lost=0.01,
    journal_fails=0.01,
    journal_slow=0.02,
    lost_before=0.06,
    lost_after=0.08,
    late=0.05,
    twice=0.06,
    busy=0.03,
    broken=0.05,
    unread=0.10,
    slow_read=0.15,
    lagging_read=0.15,
    dropped=0.08,
    repeated=0.12,
    delayed=0.12,
    retried=0.10,
    fails=0.06,
    reverts=0.06,
    stalls=0.02,
    held=0.10,
)


def weather_of(chance: Random) -> Weather:
    """Return the weather of one seed: every fault from absent to three times as often."""
    scales = {
        field.name: chance.choice((0.0, 0.5, 1.0, 1.0, 1.0, 2.0, 3.0)) * getattr(STORM, field.name)
        for field in fields(STORM)
    }
    return Weather(**scales)
