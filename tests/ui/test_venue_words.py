"""How the venue stands, in words: on the line under the title and on Health."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.ui.fake_source import SECOND, START
from tests.ui.live_source import CALM, TROUBLED, LiveSource
from tests.ui.shell import running, screen_lines, screen_text, settle

from polydesk.domain.venue import VenueMode
from polydesk.ui.venue_words import (
    MODE_HELP,
    countdown,
    mode_word,
    short_wallet,
    venue_alarms,
    venue_facts,
    venue_line,
)
from polydesk.views.models import SignerState, VenueView


def line(venue: VenueView | None) -> str:
    health = LiveSource(venue=venue).health()
    return "  ".join(f"{label} {value}".strip() for label, value, _ in venue_line(health))


def said(venue: VenueView) -> dict[str, str]:
    return {label: value for label, value, _ in venue_facts(venue, START)}


@pytest.mark.parametrize(
    ("until", "words"),
    [(0, ""), (START, "overdue"), (START + 1, "0:01"), (START + 42 * SECOND, "0:42"),
     (START + 3_725 * SECOND, "62:05")],
)  # fmt: skip
def test_the_time_left_is_counted_down(until: int, words: str) -> None:
    assert countdown(until, START) == words


@pytest.mark.parametrize("mode", [mode for mode in VenueMode if mode is not VenueMode.NORMAL])
def test_every_mode_but_the_normal_one_is_an_alarm_with_its_meaning(mode: VenueMode) -> None:
    venue = replace(CALM, mode=mode, until=START + 5 * SECOND, reason="told so")
    assert mode_word(venue, START) == f"{mode.value.upper()} 0:05"
    assert venue_alarms(venue, START)[0] == ("venue", mode_word(venue, START), "bold pnl-down")
    assert said(venue)["Mode"] == f"{mode_word(venue, START)}: {MODE_HELP[mode]} (told so)"


def test_a_good_day_has_no_alarm() -> None:
    assert venue_alarms(CALM, START) == []
    assert line(CALM) == "budget 38/60 · 118/120  heartbeat off  venue normal"


def test_a_bad_day_is_told_worst_first() -> None:
    assert line(TROUBLED) == (
        "venue CANCEL-ONLY 0:42  RECONCILING  user line DOWN  1 UNKNOWN  drift -1.20"
        "  budget 0/60 · 118/120  provisional 2  heartbeat on"
    )


def test_a_heartbeat_that_fails_is_a_problem_and_not_a_state() -> None:
    venue = replace(CALM, heartbeat="the venue did not answer within five seconds at all")
    assert venue_alarms(venue, START) == [
        ("heartbeat", "the venue did not answer wi…", "bold pnl-down")
    ]
    assert said(venue)["Heartbeat"].startswith("PROBLEM: the venue did not answer within five")


def test_an_unknown_venue_is_said_to_be_unknown() -> None:
    assert line(None) == "the venue is not known yet"


@pytest.mark.parametrize(
    ("changes", "ink"),
    [({}, "text"), ({"order_budget": (0, 60)}, "bold stale"),
     ({"order_budget": (0, 60), "cancel_budget": (0, 120)}, "bold pnl-down")],
)  # fmt: skip
def test_an_empty_budget_is_marked(changes: dict[str, tuple[int, int]], ink: str) -> None:
    health = LiveSource(venue=replace(CALM, **changes)).health()  # type: ignore[arg-type]
    assert [fact[2] for fact in venue_line(health) if fact[0] == "budget"] == [ink]


@pytest.mark.parametrize(
    ("venue", "label", "words"),
    [
        (CALM, "Orders", "the desk knows where all its orders are"),
        (TROUBLED, "Orders", "RECONCILING: no new order before every order was looked up"),
        (CALM, "User line", "up: the venue tells of orders and fills at once"),
        (TROUBLED, "User line", "DOWN: orders and fills are asked for instead, which is slower"),
        (CALM, "Unknown", "no order"),
        (CALM, "Provisional", "no fill waits to be confirmed"),
        (TROUBLED, "Provisional", "2 matched and not confirmed by the chain yet; each may still fail"),
        (CALM, "Drift", "none: the venue's cash and the ledger agree"),
        (replace(CALM, drift=2_500_000), "Drift",
         "the venue counts 2.50 more cash than the ledger: find out why before trading on"),
        (TROUBLED, "Drift",
         "the venue counts 1.20 less cash than the ledger: find out why before trading on"),
        (CALM, "Clock", "the venue's clock is -12 ms from this machine's"),
    ],
)  # fmt: skip
def test_health_explains_every_number(venue: VenueView, label: str, words: str) -> None:
    assert said(venue)[label] == words


def test_a_drift_below_a_cent_is_still_an_alarm() -> None:
    assert [fact[0] for fact in venue_alarms(replace(CALM, drift=1), START)] == ["drift"]
    assert "0.000001" in said(replace(CALM, drift=1))["Drift"]


def test_a_short_wallet_is_shown_whole() -> None:
    assert short_wallet("0xabc") == "0xabc"


async def test_health_shows_the_whole_block_only_when_live() -> None:
    async with running("health", LiveSource(venue=TROUBLED), (120, 60)) as (app, _):
        text = screen_text(app)
        assert "Venue: LIVE, real money" in text
        for label in said(TROUBLED):
            assert label in text
    async with running("health", size=(120, 60)) as (app, _):
        assert "Venue:" not in screen_text(app)


async def test_facts_that_do_not_fit_are_counted() -> None:
    async with running("feed", LiveSource(venue=TROUBLED), (80, 24)) as (app, _):
        bar = screen_lines(app)[1]
        assert "CANCEL-ONLY 0:42  RECONCILING  user line DOWN  1 UNKNOWN" in bar
        assert bar.rstrip().endswith("+4")


async def test_the_line_follows_the_venue() -> None:
    source = LiveSource()
    async with running("feed", source) as (app, pilot):
        assert "venue normal" in screen_lines(app)[1]
        source.venue = replace(CALM, mode=VenueMode.RESTARTING)
        await settle(pilot)
        assert "RESTARTING" in screen_lines(app)[1]


async def test_the_status_line_shows_settled_at_risk_and_total() -> None:
    source = LiveSource()
    view = source.portfolio()
    async with running("desk", source) as (app, _):
        text = screen_text(app)
        assert "pnl +81.04 settled / +1.50 at risk / +82.54 total" in text
        assert view.settled + view.at_risk == view.realised + view.unrealised
    async with running("desk", source, (80, 24)) as (app, _):
        assert "+81.04 settled / +1.50 at risk" in screen_text(app)


async def test_the_result_is_one_number_where_nothing_can_be_at_risk() -> None:
    async with running("portfolio") as (app, _):
        assert "until confirmed" not in screen_text(app)
    async with running("portfolio", LiveSource()) as (app, _):
        text = screen_text(app)
        assert "+1.50 until confirmed" in text
        assert "280" in text


async def test_a_count_of_the_venue_that_is_lower_stands_in_the_place_of_what_is_settled() -> None:
    source = LiveSource()
    view = source.portfolio()
    short = replace(view.positions[0], counted=7_000_000)
    source.portfolio = lambda: replace(view, positions=(short, *view.positions[1:]))  # type: ignore[method-assign]
    async with running("portfolio", source) as (app, _):
        assert "≠7 " in screen_text(app)


async def test_the_status_line_ends_with_a_whole_fact_at_every_width() -> None:
    source = LiveSource()
    source.relabel = lambda _text: ""
    async with running("desk", source, (80, 24)) as (app, pilot):
        for width in range(80, 160, 4):
            await pilot.resize_terminal(width, 24)
            await settle(pilot)
            assert "…" not in screen_lines(app)[2]


@pytest.mark.parametrize("signer", [SignerState.SHUT, SignerState.LOST])
def test_a_signer_that_signs_nothing_is_told_of_before_anything_else(signer: SignerState) -> None:
    shut = replace(CALM, signer=signer)
    facts = {label: (text, ink) for label, text, ink in venue_facts(shut, START)}

    assert venue_alarms(shut, START)[0][:2] == ("signer", f"{signer.upper()}, restart the desk")
    assert facts["Signer"][0].startswith(f"{signer.upper()}")
    assert "until the desk is restarted" in facts["Signer"][0]
    assert not any(label == "signer" for label, _, _ in venue_alarms(CALM, START))


def test_the_desk_does_not_claim_to_know_where_an_unknown_order_is() -> None:
    facts = {label: text for label, text, _ in venue_facts(replace(CALM, unknown_orders=1), START)}

    assert facts["Orders"] == "the desk knows where all its orders are but the unknown ones"


def test_a_venue_that_answers_nothing_is_not_said_to_be_well() -> None:
    silent = replace(CALM, looked_at=START - 180 * SECOND)

    assert ("venue", "SILENT for 3m00s", "bold pnl-down") in venue_alarms(silent, START)
    assert "venue normal" not in line(silent)
    assert said(silent)["Mode"].endswith("as last heard: the venue has answered nothing for 3m00s")
    assert said(silent)["Drift"] == "none 3m00s ago, when the venue last told its cash"
    for fresh in (0, START - 60 * SECOND):
        assert venue_alarms(replace(CALM, looked_at=fresh), START) == []
