"""Which rule is due: counters and seeded chances, the same for the same requests in order."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from polydesk.sandbox.faults.endpoints import is_endpoint
from polydesk.sandbox.faults.kinds import Refuse
from polydesk.sandbox.faults.script import NO_FAULTS, Match, Rule, Script

Row = dict[str, Any]


@dataclass(slots=True)
class Counter:
    """One rule and how often it has been looked at."""

    rule: Rule
    dice: random.Random
    """Asked once per match, so that other rules change nothing."""
    matched: int = 0
    fired: int = 0

    def is_due(self) -> bool:
        """Count one more match and tell whether the rule would fire at it."""
        self.matched += 1
        chosen, limit = self._chosen(self.rule.match), self.rule.count
        return chosen and (limit is None or self.fired < limit)

    def _chosen(self, match: Match) -> bool:
        if match.nth is not None:
            return self.matched in ([match.nth] if isinstance(match.nth, int) else match.nth)
        if match.every is not None:
            return self.matched % match.every == 0
        return match.probability is None or self.dice.random() < match.probability

    def plain(self, index: int) -> Row:
        """Return the counts under the rule's name."""
        return {
            "name": self.rule.name or f"rule {index}",
            "matched": self.matched,
            "fired": self.fired,
        }


@dataclass(slots=True)
class Faults:
    """The script in force. Every rule that matches counts; the first that is due fires."""

    seed: int = 0
    """The exchange's seed, unless the script has its own."""
    script: Script = NO_FAULTS
    _http: list[Counter] = field(default_factory=list)
    _frames: dict[str, list[Counter]] = field(default_factory=dict)
    _connections: dict[str, list[Counter]] = field(default_factory=dict)
    _all: list[Counter] = field(default_factory=list)
    _opened: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.set(self.script)

    @property
    def on_requests(self) -> bool:
        """Whether any rule is about requests."""
        return bool(self._http)

    def set(self, script: Script) -> None:
        """Put another script in force, all counts at zero."""
        seed = self.seed if script.seed is None else script.seed
        self.script = script
        self._all = [
            Counter(rule, random.Random(f"{seed}:{index}"))
            for index, rule in enumerate(script.rules)
        ]
        self._http = [counter for counter in self._all if counter.rule.match.socket is None]
        sockets = [counter for counter in self._all if counter.rule.match.socket is not None]
        self._connections = _by_socket(c for c in sockets if isinstance(c.rule.fault, Refuse))
        self._frames = _by_socket(c for c in sockets if not isinstance(c.rule.fault, Refuse))
        self._opened = {}

    def at_request(self, method: str, path: str, signer: str) -> Rule | None:
        """Return what happens to a request."""
        return _first_due(
            counter for counter in self._http if _is_about(counter.rule.match, method, path, signer)
        )

    def at_connection(self, socket: str) -> tuple[int, Rule | None]:
        """Return the number of a new connection to a socket and what happens to it."""
        number = self._opened[socket] = self._opened.get(socket, 0) + 1
        return number, _first_due(_of_connection(self._connections.get(socket, []), number))

    def on_frames(self, socket: str) -> bool:
        """Return whether any rule is about the frames of a socket."""
        return socket in self._frames

    def at_frame(self, socket: str, connection: int) -> Rule | None:
        """Return what happens to the next frame of a connection."""
        return _first_due(_of_connection(self._frames.get(socket, []), connection))

    def plain(self) -> Row:
        """Return what has fired so far."""
        rows = [counter.plain(index) for index, counter in enumerate(self._all)]
        return {"rules": rows, "fired": sum(counter.fired for counter in self._all)}


def _by_socket(counters: Iterable[Counter]) -> dict[str, list[Counter]]:
    found: dict[str, list[Counter]] = {}
    for counter in counters:
        found.setdefault(str(counter.rule.match.socket), []).append(counter)
    return found


def _of_connection(counters: Iterable[Counter], number: int) -> list[Counter]:
    return [counter for counter in counters if counter.rule.match.connection in {None, number}]


def _is_about(match: Match, method: str, path: str, signer: str) -> bool:
    return (
        (match.method is None or match.method.upper() == method)
        and (match.path is None or path.startswith(match.path))
        and (match.endpoint is None or is_endpoint(match.endpoint, method, path))
        and (match.signer is None or match.signer.lower() == signer.lower())
    )


def _first_due(counters: Iterable[Counter]) -> Rule | None:
    """Let every rule count, and return the first that is due."""
    due = [counter for counter in counters if counter.is_due()]
    if not due:
        return None
    due[0].fired += 1
    return due[0].rule
