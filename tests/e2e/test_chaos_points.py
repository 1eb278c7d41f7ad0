"""One real desk after the other, killed at each named point; in the end journal equals truth."""

from __future__ import annotations

import pytest
import pytest_asyncio

from polydesk.campaigns.chaos.campaign import Report, Settings, run
from polydesk.campaigns.chaos.desk_process import POINTS

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def report() -> Report:
    """Return what a kill at every point came to, each life on the files of the one before."""
    return await run(Settings(kills=len(POINTS), seed=58, faults=(), points=POINTS))


def survived(report: Report, point: str) -> None:
    assert report.at[point] == 1, report.plain()
    assert report.verdict.is_clean, report.plain()


async def test_f001_f002_a_desk_killed_at_its_intent_has_sent_nothing(report: Report) -> None:
    survived(report, "intent")


async def test_f003_a_desk_killed_once_it_has_signed_sends_nothing_later(report: Report) -> None:
    survived(report, "signed")


async def test_f004_a_desk_killed_while_it_sends_finds_its_order_again(report: Report) -> None:
    survived(report, "sent")


async def test_f005_a_desk_killed_before_it_stored_the_reply_finds_its_order_again(
    report: Report,
) -> None:
    survived(report, "reply")


async def test_f006_f007_a_desk_killed_at_a_fill_books_it_once(report: Report) -> None:
    survived(report, "fill")


async def test_f008_a_desk_killed_while_it_cancels_cancels_again(report: Report) -> None:
    survived(report, "cancel")


async def test_f001_f008_every_restart_knows_its_orders_within_two_seconds(report: Report) -> None:
    assert report.kills == len(POINTS)
    assert report.verdict.orders > 0
    assert max(report.recovery_ms) < 2_000, report.plain()
