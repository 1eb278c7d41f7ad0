"""``polydesk simulate``."""

from __future__ import annotations

import sys

from polydesk.campaigns.simulation.campaign import Plan, Report, run
from polydesk.campaigns.simulation.simulation import Outcome
from polydesk.cli.output import print_json, warn
from polydesk.cli.workers import check_workers
from polydesk.errors import ConfigError, InvariantError

MOST_SEEDS = 1_000_000


def simulate(plan: Plan, *, as_json: bool) -> None:
    """Run a simulation campaign and print what it came to.

    Raises:
        ConfigError: There is nothing to run, or more than a machine could.
        InvariantError: An invariant did not hold.
    """
    check(plan)
    report = run(plan, told=None if as_json else _tell)
    if as_json:
        print_json(report.plain())
    else:
        _print(report)
    sys.stdout.flush()
    if report.violations:
        raise InvariantError(f"{len(report.violations)} of {plan.seeds} seeds broke an invariant.")
    if report.missed:
        warn(f"never seen in {report.steps:,} steps: {', '.join(report.missed)}.")


def check(plan: Plan) -> None:
    """Refuse a plan that cannot be meant.

    Raises:
        ConfigError: With the option and what to write.
    """
    if plan.steps < 1 or plan.seeds < 1 or plan.workers < 1:
        raise ConfigError("Steps, seeds and workers must be at least one.")
    if plan.until is not None and plan.until < 1:
        raise ConfigError(f"--until {plan.until}: a seed has no such step; write 1 or more.")
    if plan.seeds > MOST_SEEDS:
        raise ConfigError(f"--seeds {plan.seeds} is out of range; write 1 to {MOST_SEEDS}.")
    check_workers(plan.workers)


def _tell(outcome: Outcome) -> None:
    end = "ok" if outcome.is_clean else f"step {outcome.at_step}: {outcome.violation}"
    sys.stdout.write(
        f"seed {outcome.seed}: {outcome.steps:,} steps, {outcome.orders:,} orders, "
        f"{outcome.fills:,} trades, {outcome.crashes} crashes, {outcome.digest} {end}\n"
    )
    sys.stdout.flush()


def _print(report: Report) -> None:
    plain = report.plain()
    sys.stdout.write(
        f"{plain['steps']:,} steps over {plain['seeds']} seeds in {plain['seconds']} s "
        f"({plain['steps_per_second']:,} a second), {plain['digest']}\n"
    )
    for name, count in plain["sometimes"].items():
        sys.stdout.write(f"{count:>10,}  {name}\n")
    for violation in plain["violations"]:
        sys.stdout.write(f"{violation['what']}\n  again: {violation['again']}\n")
