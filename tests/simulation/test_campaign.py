"""A campaign in the suite: many seeds, every invariant after every step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from polydesk.campaigns.simulation.campaign import Plan, Report, again, run
from polydesk.campaigns.simulation.schedule import Schedule
from polydesk.campaigns.simulation.sightings import EXPECTED
from polydesk.campaigns.simulation.simulation import Outcome, Simulation
from polydesk.campaigns.simulation.violation import Violation, demand
from polydesk.campaigns.simulation.wire import WireCheck
from polydesk.cli.main import main

SEEDS, STEPS = 20, 100_000
RARE = 5
"""Kinds of trouble that a campaign of this length may miss."""


@pytest.fixture(scope="module")
def report() -> Report:
    return run(Plan(STEPS, SEEDS))


def test_a_hundred_thousand_steps_break_no_invariant(report: Report) -> None:
    assert [(o.seed, o.at_step, o.violation) for o in report.violations] == []
    assert report.steps >= STEPS
    assert len(report.outcomes) == SEEDS


def test_the_steps_were_full_of_trouble(report: Report) -> None:
    assert sum(outcome.crashes for outcome in report.outcomes) > 100
    assert sum(outcome.orders for outcome in report.outcomes) > 2_000
    assert sum(outcome.fills for outcome in report.outcomes) > 1_000
    never = [name for name in EXPECTED if not report.seen[name]]
    assert len(never) <= RARE, never


def test_i40_the_same_seed_gives_the_same_log_to_the_byte(report: Report) -> None:
    again_run = run(Plan(STEPS // SEEDS * 2, 2))
    assert [o.digest for o in again_run.outcomes] == [o.digest for o in report.outcomes[:2]]


def test_i40_other_seeds_give_other_logs(report: Report) -> None:
    assert len({outcome.digest for outcome in report.outcomes}) == SEEDS


def test_processes_give_what_one_process_gives() -> None:
    plain, spread = run(Plan(1_200, 4)), run(Plan(1_200, 4, workers=2))
    assert spread.digest == plain.digest
    assert spread.seen == plain.seen


def broken(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Plant a violation at a step."""
    original = WireCheck.on_report

    def mutant(self: WireCheck, event: object) -> None:
        original(self, event)  # type: ignore[arg-type]
        self.note("step")
        demand(self.seen["step"] < at, "I-99", "planted")

    monkeypatch.setattr(WireCheck, "on_report", mutant)


def test_a_violation_says_where_and_how_to_run_into_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(monkeypatch, at=321)
    assert main(["simulate", "--seed", "5", "--steps", "900", "--json"]) == 1
    told = capsys.readouterr()
    (violation,) = json.loads(told.out)["violations"]
    assert (violation["seed"], violation["step"]) == (5, 321)
    assert violation["what"] == "I-99: planted"
    assert violation["again"] == "polydesk simulate --seed 5 --seeds 1 --steps 900 --until 321"
    assert main(violation["again"].split()[1:]) == 1


def test_until_stops_at_exactly_that_step() -> None:
    outcome = Simulation(3).run(5_000, until=777)
    assert (outcome.steps, outcome.violation) == (777, "")


def test_a_short_campaign_need_not_see_everything_and_a_long_one_says_what_it_missed() -> None:
    short, long = Report(Plan(10, 1)), Report(Plan(2_000_000, 1))
    short.outcomes = [Outcome(1, steps=10)]
    long.outcomes = [Outcome(1, steps=2_000_000, seen={EXPECTED[0]: 1})]
    assert short.missed == []
    assert long.missed == list(EXPECTED[1:])


@pytest.mark.parametrize("arguments", [["--steps", "0"], ["--seeds", "0"], ["--workers", "0"]])
def test_nothing_to_run_is_one_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *arguments]) == 2
    assert capsys.readouterr().err == "polydesk: Steps, seeds and workers must be at least one.\n"


def test_the_command_tells_each_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--steps", "400", "--seeds", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[:2]] == ["seed 1", "seed 2"]
    assert lines[0].endswith(" ok")


def test_happenings_of_one_moment_keep_the_order_in_which_they_were_planned() -> None:
    schedule, heard = Schedule(5), list[str]()
    for name in "abc":
        schedule.after(10, heard.append, name)
    schedule.after(9, heard.append, "first")
    for _ in range(4):
        schedule.run_next()
    assert heard == ["first", "a", "b", "c"]
    assert schedule.now == 15


def test_a_demand_names_the_invariant_and_the_facts() -> None:
    demand(True, "I-01")
    with pytest.raises(Violation, match="I-07: rounding 3"):
        demand(False, "I-07", "rounding", 3)


def test_every_invariant_of_the_page_is_checked_somewhere() -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs" / "simulation.md").read_text()
    named = {word.strip("`|, ") for word in page.split() if word.startswith("`I-")}
    source = "".join(
        path.read_text() for path in (root / "src/polydesk/campaigns/simulation").glob("*.py")
    )
    checked = {f"I-{number:02d}" for number in range(1, 60) if f'"I-{number:02d}"' in source}
    assert checked | {"I-40"} == named


def test_the_command_that_repeats_a_run_ends_where_the_run_did() -> None:
    outcome = Outcome(9, violation="I-01: x", at_step=44)
    assert again(Plan(100, 10), outcome).endswith("--seed 9 --seeds 1 --steps 10 --until 44")
