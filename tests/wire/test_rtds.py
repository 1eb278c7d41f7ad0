"""Activity frames: followed wallets become events, the rest is counted, the taker once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from polydesk.domain.events import WalletTraded
from polydesk.domain.frames import RTDS, Frame
from polydesk.domain.instruments import Side
from polydesk.venues.polymarket.wire.decoder import Decoder

T0 = 1_790_000_000_000_000_000
TAKER = "0xf5848342fc388908f2d25a9012cc18a0ad193979"


@pytest.fixture
def envelopes(example: Callable[[str], bytes]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(example("rtds-activity-trades.json"))
    return rows


def frame(envelope: object) -> Frame:
    return Frame(RTDS, T0, json.dumps(envelope).encode())


def as_type(envelope: dict[str, Any], kind: str) -> dict[str, Any]:
    return {**envelope, "type": kind}


def with_payload(envelope: dict[str, Any], **fields: object) -> dict[str, Any]:
    return {**envelope, "payload": {**envelope["payload"], **fields}}


def test_followed_wallet_becomes_an_event(envelopes: list[dict[str, Any]]) -> None:
    decoder = Decoder(wallets={TAKER})
    [event] = decoder.decode(frame(envelopes[0]))
    assert isinstance(event, WalletTraded)
    assert (event.wallet, event.side) == (TAKER, Side.BUY)
    assert (event.price, event.size) == (30_000, 1_030_920_000)
    assert event.ts_event == 1_790_272_257_115_000_000
    assert (event.title, event.outcome) == ("Will Malta win on 2026-09-24?", "No")
    assert (event.is_repair, event.source) == (False, "rtds")
    assert event.trade_id == (
        "0x94cfdfa3bd63a11cf2fd697932ee615b6bcfb36f7ee65da9762012e88b6c5bca:"
        f"{TAKER}:849225766499:BUY:1030920000:30000"
    )


def test_a_trade_without_its_transaction_is_left_to_gap_repair(
    envelopes: list[dict[str, Any]],
) -> None:
    decoder = Decoder(wallets={TAKER})
    assert decoder.decode(frame(with_payload(envelopes[0], transactionHash=""))) == []
    assert decoder.decode_errors == 1
    [event] = decoder.decode(frame(envelopes[0]))
    assert isinstance(event, WalletTraded)


def test_wallets_are_looked_up_live(envelopes: list[dict[str, Any]]) -> None:
    wallets: set[str] = set()
    decoder = Decoder(wallets=wallets)
    assert decoder.decode(frame(envelopes[0])) == []
    wallets.add(TAKER)
    assert len(decoder.decode(frame(envelopes[0]))) == 1


def test_other_wallets_are_only_counted(envelopes: list[dict[str, Any]]) -> None:
    decoder = Decoder(wallets={TAKER})
    events = [event for envelope in envelopes for event in decoder.decode(frame(envelope))]
    assert len(events) == sum(e["payload"]["proxyWallet"].lower() == TAKER for e in envelopes)
    assert decoder.trades_seen == len(envelopes)
    assert decoder.other_trades == len(envelopes) - len(events)


def test_other_rows_are_not_read_further_than_the_wallet(envelopes: list[dict[str, Any]]) -> None:
    decoder = Decoder(wallets=set())
    decoder.decode(frame(with_payload(envelopes[0], price="nonsense")))
    assert (decoder.other_trades, decoder.decode_errors) == (1, 0)


@pytest.mark.parametrize("kinds", [("trades", "orders_matched"), ("orders_matched", "trades")])
def test_taker_delivered_by_both_types_is_one_trade(
    kinds: tuple[str, str], envelopes: list[dict[str, Any]]
) -> None:
    followed, others = Decoder(wallets={TAKER}), Decoder(wallets=set())
    events = [e for kind in kinds for e in followed.decode(frame(as_type(envelopes[0], kind)))]
    for kind in kinds:
        others.decode(frame(as_type(envelopes[0], kind)))
    assert (len(events), followed.trades_seen) == (1, 1)
    assert (others.other_trades, others.trades_seen) == (1, 1)


def test_fills_of_one_transaction_are_told_apart(envelopes: list[dict[str, Any]]) -> None:
    decoder = Decoder(wallets={TAKER})
    first = decoder.decode(frame(envelopes[0]))
    other_size = decoder.decode(frame(with_payload(envelopes[0], size=5)))
    other_price = decoder.decode(frame(with_payload(envelopes[0], price=0.031)))
    ids = {event.trade_id for event in (*first, *other_size, *other_price)}  # type: ignore[union-attr]
    assert len(ids) == 3


def test_address_case_does_not_change_the_identity(envelopes: list[dict[str, Any]]) -> None:
    decoder = Decoder(wallets={TAKER})
    assert len(decoder.decode(frame(envelopes[0]))) == 1
    assert decoder.decode(frame(with_payload(envelopes[0], proxyWallet=TAKER))) == []


def test_identity_memory_is_bounded(envelopes: list[dict[str, Any]]) -> None:
    decoder = Decoder(wallets=None)
    for n in range(20_001):
        decoder.decode(frame(with_payload(envelopes[0], size=n + 1)))
    assert decoder.trades_seen == 20_001
    assert len(decoder.decode(frame(with_payload(envelopes[0], size=1)))) == 1
    assert decoder.decode(frame(with_payload(envelopes[0], size=20_001))) == []


def test_hostile_names_arrive_cleaned(envelopes: list[dict[str, Any]]) -> None:
    row = with_payload(envelopes[0], name="\x1b]0;x\x07\u202eevil", title="a\nb" * 500)
    [event] = Decoder().decode(frame(row))
    assert isinstance(event, WalletTraded)
    assert event.name == "]0;xevil"
    assert len(event.title) <= 200
    assert "\n" not in event.title


@pytest.mark.parametrize(
    "fields",
    [
        {"size": 0}, {"size": -1}, {"size": "NaN"}, {"size": 1e300}, {"price": 1.5},
        {"price": -0.1}, {"price": None}, {"side": "HOLD"}, {"asset": "x"}, {"asset": 5},
        {"conditionId": "0xzz"}, {"transactionHash": "0x\u0661"}, {"timestamp": "now"},
    ],
)  # fmt: skip
def test_malformed_row_of_a_followed_wallet_is_an_error(
    fields: dict[str, object], envelopes: list[dict[str, Any]]
) -> None:
    decoder = Decoder(wallets={TAKER})
    assert decoder.decode(frame(with_payload(envelopes[0], **fields))) == []
    assert (decoder.decode_errors, len(decoder.broken)) == (1, 1)


def test_poisoned_subscription_answer_is_counted() -> None:
    decoder = Decoder()
    decoder.decode(frame({"statusCode": 401, "message": "bad topic"}))
    assert dict(decoder.unknown_kinds) == {"status 401": 1}


def test_activity_without_wallet_is_an_error() -> None:
    decoder = Decoder()
    decoder.decode(frame({"topic": "activity", "type": "trades", "payload": {}, "timestamp": 1}))
    assert decoder.decode_errors == 1
