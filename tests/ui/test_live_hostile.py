"""Hostile words from the venue are inert in evidence, reason, trace, report and venue line."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import pytest
from tests.ui.live_source import TROUBLED, LiveSource
from tests.ui.shell import running, screen_text, settle
from tests.ui.test_shell_hostile import (
    ACTION,
    PAYLOADS,
    TURNS,
    assert_inert,
    click_everywhere,
)

from polydesk.domain.ids import ClientOrderId
from polydesk.domain.text import clean
from polydesk.ui.screens.order_detail import OrderDetailBox

SCREENS = ("desk", "portfolio", "orders", "health")


def hostile_live(*payloads: str) -> LiveSource:
    """Return a live desk in which every text from outside is a payload, one after the other."""
    texts = cycle(payloads)
    venue = replace(TROUBLED, reason=next(texts), heartbeat=next(texts), wallet=next(texts))
    source = LiveSource(relabel=lambda _text: next(texts), venue=venue)
    for key, row in source.orders.items():
        source.orders[key] = replace(
            row, reason=next(texts), evidence=next(texts), venue_order_id=next(texts)
        )
    source.recovered = source.report()
    return source


def turned(turn: int) -> list[str]:
    texts = list(PAYLOADS.values())
    return [*texts[turn:], *texts[:turn]]


@pytest.mark.parametrize("turn", TURNS)
async def test_screens_details_and_report_keep_hostile_words_inert(turn: int) -> None:
    source = hostile_live(*turned(turn))
    async with running("orders", source, ((80, 24), (120, 40))[turn // 4 % 2]) as (app, pilot):
        assert_inert(app)
        await pilot.press("escape")
        for mode in SCREENS:
            app.action_show(mode)
            await settle(pilot)
            assert_inert(app)
        for key in ("live-3", "live-5", "live-8"):
            app.push_screen(OrderDetailBox(ClientOrderId(key)))
            await settle(pilot)
            assert_inert(app)
            await pilot.press("escape")


async def test_clicking_on_hostile_evidence_runs_nothing() -> None:
    async with running("orders", hostile_live(ACTION), (120, 40)) as (app, pilot):
        await click_everywhere(app, pilot)
        await pilot.press("escape", "enter")
        await settle(pilot)
        await click_everywhere(app, pilot)
        assert_inert(app)


async def test_hostile_evidence_is_shown_letter_by_letter() -> None:
    async with running("orders", hostile_live(ACTION), (200, 60)) as (app, pilot):
        await pilot.press("escape")
        await settle(pilot)
        assert f"Evidence  {ACTION} " in screen_text(app)


@pytest.mark.parametrize("name", PAYLOADS)
async def test_only_clean_text_reaches_the_clipboard_and_the_messages(name: str) -> None:
    source = hostile_live(PAYLOADS[name])
    async with running("orders", source) as (app, pilot):
        await pilot.press("escape", "c", "x")
        await settle(pilot)
        assert app.clipboard == clean(PAYLOADS[name])
        for notice in app._notifications:
            assert clean(notice.message, len(notice.message)) == notice.message
        assert_inert(app)
