"""What a campaign ends with when something is wrong."""

from __future__ import annotations


class Violation(Exception):
    """An invariant does not hold.

    Args:
        invariant: Its number, as ``docs/simulation.md`` names it.
        facts: What was found, for a person.
    """

    def __init__(self, invariant: str, facts: str) -> None:
        super().__init__(f"{invariant}: {facts}")
        self.invariant = invariant
        self.facts = facts


def demand(holds: bool, invariant: str, *facts: object) -> None:
    """Raise a violation with the facts unless something holds."""
    if not holds:
        raise Violation(invariant, " ".join(str(fact) for fact in facts))
