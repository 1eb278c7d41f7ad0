"""Orders worked out ahead: the same bytes as ever, and nothing signed that was not asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tests.unit.signer.asks import CAPS, MICROS, order
from tests.unit.signer.world import Times, ask, moved_time, refusal, service

from polydesk.domain.instruments import MarketVersion
from polydesk.signer import messages
from polydesk.signer.messages import (
    Account,
    Expect,
    Latch,
    Question,
    SignedOrder,
    SignOrder,
    Tighten,
)
from polydesk.signer.service import Service
from polydesk.venues.polymarket.signing.eip712 import Domain
from polydesk.venues.polymarket.signing.orders import OrderFields, SignatureType, order_digest

WALLET = "0x9c5b2d1f4e3a7c60b8d1f2e3a4b5c6d7e8f90123"
POSITION = str(1 << 248 | 5 << 120)


@pytest.fixture
def times() -> Iterator[Times]:
    with moved_time() as times:
        yield times


def expect(desk: Service, wanted: SignOrder) -> bytes:
    return desk.answer(messages.encode(Question(0, Expect(wanted))))


@pytest.mark.parametrize(
    "account",
    [
        Account(),
        Account(SignatureType.POLY_GNOSIS_SAFE, WALLET),
        Account(SignatureType.POLY_1271, WALLET),
        Account(SignatureType.POLY_1271, WALLET, is_session_key=True),
    ],
)
@pytest.mark.parametrize(
    "market", [{}, {"neg_risk": True}, {"version": MarketVersion.V2, "token_id": POSITION}]
)
def test_an_expected_order_is_signed_as_any_other(
    times: Times, account: Account, market: dict[str, Any]
) -> None:
    wanted = order(timestamp_ms=times.now_ms, **market)
    ahead, at_once = service(account=account), service(account=account)

    assert expect(ahead, wanted) == b""
    signed = ask(ahead, wanted)

    assert isinstance(signed, SignedOrder)
    assert signed == ask(at_once, wanted)


@pytest.mark.parametrize(
    "change", [{"price": 540_000}, {"size": 11 * MICROS}, {"neg_risk": True}, {"salt": 10**9}]
)
def test_what_is_signed_is_what_is_asked_for_and_not_what_was_expected(
    times: Times, change: dict[str, Any]
) -> None:
    expected = order(timestamp_ms=times.now_ms)
    asked = msgspec.structs.replace(expected, **change)
    desk = service()
    expect(desk, expected)

    assert ask(desk, asked) == ask(service(), asked)


def test_what_was_worked_out_ahead_is_not_worked_out_again(
    times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_out: list[int] = []

    def counted(fields: OrderFields, domain: Domain) -> bytes:
        worked_out.append(fields.salt)
        return order_digest(fields, domain)

    monkeypatch.setattr("polydesk.signer.orders.order_digest", counted)
    desk, wanted = service(), order(timestamp_ms=times.now_ms)
    expect(desk, wanted)
    assert worked_out == [wanted.salt]
    ask(desk, wanted)
    assert worked_out == [wanted.salt]
    other = order(timestamp_ms=times.now_ms)
    ask(desk, other)
    assert worked_out == [wanted.salt, other.salt]


def test_expecting_signs_nothing_and_counts_for_nothing(times: Times) -> None:
    desk = service(caps=msgspec.structs.replace(CAPS, orders_per_minute=1, orders_per_day=1))
    wanted = order(timestamp_ms=times.now_ms)
    for _ in range(5):
        assert expect(desk, wanted) == b""

    assert isinstance(ask(desk, wanted), SignedOrder)
    expect(desk, wanted)
    assert "used before" in refusal(desk, wanted)


def test_an_expected_order_is_refused_for_every_reason_any_other_is(times: Times) -> None:
    lowered, latched, late = service(), service(), service()
    wanted = order(timestamp_ms=times.now_ms)
    for desk in (lowered, latched, late):
        expect(desk, wanted)

    ask(lowered, Tighten(msgspec.structs.replace(CAPS, order_size=MICROS)))
    ask(latched, Latch())

    assert "cap" in refusal(lowered, wanted)
    assert "kill switch" in refusal(latched, wanted)
    times.pass_s(61)
    assert "minute" in refusal(late, wanted)


def test_an_order_that_cannot_be_signed_is_refused_when_it_is_asked_for(times: Times) -> None:
    desk = service()
    off_grid = order(timestamp_ms=times.now_ms, price=531_234)

    assert expect(desk, off_grid) == b""
    assert refusal(desk, off_grid) == refusal(service(), off_grid)
