"""``polydesk bench``."""

from __future__ import annotations

import sys

from polydesk.bench.results import Result, rounded
from polydesk.bench.suite import machine, run_all
from polydesk.cli.output import print_json


def run(*, as_json: bool, quick: bool) -> None:
    """Measure the hot paths and print each beside its baseline."""
    if as_json:
        print_json(run_all(quick=quick))
        return
    sys.stdout.write(f"{machine()}\n")
    run_all(quick=quick, told=_print)


def _print(result: Result) -> None:
    spec = result.spec
    budget = ""
    if spec.budget is not None:
        limit = f"{'≥' if spec.higher_is_better else '≤'} {spec.budget:,g}"
        budget = f"  budget {limit}: {'kept' if result.within else 'MISSED'}"
    sys.stdout.write(
        f"{spec.name:32} {rounded(result.value):>12,g} {spec.unit:<11} "
        f"{rounded(result.baseline):>12,g} {spec.baseline_name}  "
        f"x{result.ratio:.1f}{budget}\n"
    )
    sys.stdout.flush()
