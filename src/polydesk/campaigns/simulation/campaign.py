"""Many seeds, in one process or several; what they came to as plain values."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Any

from polydesk.campaigns.simulation.sightings import EXPECTED
from polydesk.campaigns.simulation.simulation import Outcome, Simulation

LONG_CAMPAIGN = 1_000_000
"""Steps after which everything expected should have been seen."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to simulate."""

    steps: int
    """Over all seeds."""
    seeds: int
    first_seed: int = 1
    until: int | None = None
    """Stop each seed at exactly this step."""
    workers: int = 1

    @property
    def steps_each(self) -> int:
        """Return the steps of one seed."""
        return -(-self.steps // self.seeds)


@dataclass(slots=True)
class Report:
    """What a campaign came to."""

    plan: Plan
    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def steps(self) -> int:
        """Return all steps made."""
        return sum(outcome.steps for outcome in self.outcomes)

    @property
    def seen(self) -> Counter[str]:
        """Return what was seen and how often."""
        total: Counter[str] = Counter()
        for outcome in self.outcomes:
            total.update(outcome.seen)
        return total

    @property
    def missed(self) -> list[str]:
        """Return what a campaign of this length should have seen and did not."""
        seen = self.seen
        return [name for name in EXPECTED if not seen[name]] if self.is_long else []

    @property
    def is_long(self) -> bool:
        """Whether everything expected should have been seen."""
        return self.steps >= LONG_CAMPAIGN

    @property
    def violations(self) -> list[Outcome]:
        """Return the seeds in which an invariant did not hold."""
        return [outcome for outcome in self.outcomes if outcome.violation]

    @property
    def digest(self) -> str:
        """Return one name of all logs: equal for equal runs."""
        text = "".join(f"{outcome.seed}:{outcome.digest};" for outcome in self.outcomes)
        return blake2b(text.encode(), digest_size=16).hexdigest()

    def plain(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "steps": self.steps,
            "seeds": len(self.outcomes),
            "first_seed": self.plan.first_seed,
            "seconds": round(self.seconds, 1),
            "steps_per_second": round(self.steps / self.seconds) if self.seconds else 0,
            "digest": self.digest,
            "orders_sent": sum(outcome.orders for outcome in self.outcomes),
            "own_trades": sum(outcome.fills for outcome in self.outcomes),
            "crashes": sum(outcome.crashes for outcome in self.outcomes),
            "violations": [
                {
                    "seed": outcome.seed,
                    "step": outcome.at_step,
                    "what": outcome.violation,
                    "again": again(self.plan, outcome),
                }
                for outcome in self.violations
            ],
            "sometimes": dict(sorted(self.seen.items())),
            "never": self.missed,
        }


def again(plan: Plan, outcome: Outcome) -> str:
    """Return the command that runs into the same violation again."""
    steps, seed = plan.steps_each, outcome.seed
    return f"polydesk simulate --seed {seed} --seeds 1 --steps {steps} --until {outcome.at_step}"


def run_seed(seed: int, *, steps: int, until: int | None = None) -> Outcome:
    """Run one seed."""
    return Simulation(seed).run(steps, until=until)


def run(plan: Plan, told: Callable[[Outcome], None] | None = None) -> Report:
    """Run a campaign; ``told`` hears of each seed as it ends, in the order of the seeds."""
    report = Report(plan)
    began = time.perf_counter()
    for outcome in _outcomes(plan):
        report.outcomes.append(outcome)
        if told is not None:
            told(outcome)
    report.seconds = time.perf_counter() - began
    return report


def _outcomes(plan: Plan) -> Iterator[Outcome]:
    seeds = range(plan.first_seed, plan.first_seed + plan.seeds)
    one = partial(run_seed, steps=plan.steps_each, until=plan.until)
    if plan.workers <= 1:
        yield from map(one, seeds)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(plan.workers, mp_context=context) as pool:
        yield from pool.map(one, seeds)
