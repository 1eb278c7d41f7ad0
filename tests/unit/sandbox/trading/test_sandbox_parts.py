"""Small parts of the trading side: heartbeats, wallets, options, cancels in bulk, frames."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.sandbox import small
from tests.unit.signing.known import TEST_ADDRESS, WALLET

from polydesk.domain.frames import MARKET, REST_MARKETS, Frame
from polydesk.domain.ids import ConditionId, TokenId
from polydesk.domain.instruments import Market, Outcome, Side
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros
from polydesk.errors import ConfigError
from polydesk.sandbox.trading.denials import Denied
from polydesk.sandbox.trading.heartbeats import SECOND, Heartbeats
from polydesk.sandbox.trading.listings import page
from polydesk.sandbox.trading.markets import MarketFeed
from polydesk.sandbox.trading.options import (
    TradingOptions,
    read_accounts,
    read_cash,
    read_sessions,
)
from polydesk.sandbox.trading.practice import condition_bytes
from polydesk.sandbox.trading.practice_frames import changes, mirrored
from polydesk.sandbox.trading.purses import Purses, candidates
from polydesk.sandbox.trading.tickets import Ticket, Tickets
from polydesk.sandbox.trading.user_frames import Reporter
from polydesk.sandbox.world import World
from polydesk.venues.polymarket.signing.orders import SignatureType
from polydesk.venues.polymarket.signing.positions import (
    Module,
    Position,
    decode_position,
    looks_like_position,
    position_id,
)
from polydesk.venues.simulation.exchange import ExchangeCore, NewOrder, Settings
from polydesk.venues.simulation.exchange.accounts import CASH

EXAMPLES = Path(__file__).parents[3] / "fixtures" / "examples"
START = 1_000 * SECOND


# Heartbeats


def test_heartbeats_follow_one_another_by_their_ids() -> None:
    beats = Heartbeats(0)
    first = beats.beat("ann", {"heartbeat_id": ""}, START)["heartbeat_id"]
    second = beats.beat("ann", {"heartbeat_id": first}, START)["heartbeat_id"]
    assert first != second
    with pytest.raises(Denied) as no:
        beats.beat("ann", {"heartbeat_id": first}, START)
    assert no.value.body == {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": second}
    with pytest.raises(Denied):
        beats.beat("bob", {"heartbeat_id": first}, START)


@pytest.mark.parametrize("body", [{"heartbeat_id": 5}, {"heartbeat_id": ["x"]}, [], 5])
def test_a_malformed_heartbeat_is_refused(body: Any) -> None:
    with pytest.raises(Denied):
        Heartbeats(0).beat("ann", body, START)


def test_the_switch_goes_off_at_the_first_look_after_ten_seconds() -> None:
    beats = Heartbeats(0)
    beats.beat("ann", None, START + 1)
    beats.legacy_beat("bob", START + 3 * SECOND)
    assert beats.next_due() == START + 15 * SECOND
    assert beats.expired(START + 15 * SECOND - 1) == []
    assert beats.expired(START + 15 * SECOND) == ["ann", "bob"]
    assert beats.next_due() is None


def test_a_refused_heartbeat_does_not_extend_the_deadline() -> None:
    beats = Heartbeats(0)
    beats.beat("ann", None, START)
    with pytest.raises(Denied):
        beats.beat("ann", {"heartbeat_id": "wrong"}, START + 9 * SECOND)
    assert beats.expired(START + 10 * SECOND) == ["ann"]


# Wallets


def purses(**choices: Any) -> tuple[ExchangeCore, Purses]:
    core = ExchangeCore()
    return core, Purses(core, TradingOptions(**choices), lambda: START)


def cash(core: ExchangeCore, wallet: str) -> int:
    return core.state.accounts.balance(wallet, CASH)


def test_each_wallet_of_a_key_starts_with_the_cash_once() -> None:
    core, found = purses(cash=5 * MICROS)
    for kind in SignatureType:
        wallet = found.wallet_for(TEST_ADDRESS, kind)
        assert wallet == candidates(TEST_ADDRESS, kind)[0]
        assert found.wallet_for(TEST_ADDRESS, kind) == wallet
        assert cash(core, wallet) == 5 * MICROS
    assert len(found.of_key(TEST_ADDRESS)) == 4


def test_a_named_wallet_is_the_only_one_with_money() -> None:
    core, found = purses(accounts={WALLET: 7})
    assert found.wallet_for(TEST_ADDRESS, SignatureType.POLY_1271) == WALLET
    assert cash(core, WALLET) == 7
    assert cash(core, found.wallet_for(TEST_ADDRESS, SignatureType.EOA)) == 0


def test_the_older_deposit_wallet_is_asked_about_once_it_was_used_or_named() -> None:
    older = candidates(TEST_ADDRESS, SignatureType.POLY_1271)[1]
    _, found = purses()
    found.use(TEST_ADDRESS, SignatureType.POLY_1271, older)
    assert found.wallet_for(TEST_ADDRESS, SignatureType.POLY_1271) == older
    _, named = purses(accounts={older: 7})
    assert named.wallet_for(TEST_ADDRESS, SignatureType.POLY_1271) == older


def test_a_session_key_is_bound_to_its_wallet() -> None:
    session = "0x" + "5" * 40
    _, found = purses(sessions=((WALLET, session),))
    assert found.is_session_of(session, WALLET)
    assert not found.is_session_of(session, TEST_ADDRESS)
    assert not found.is_session_of(TEST_ADDRESS, WALLET)
    assert found.wallet_for(session, SignatureType.POLY_1271) == WALLET


# Options


def test_accounts_and_sessions_are_read_with_their_checksum() -> None:
    assert read_accounts([f"{TEST_ADDRESS.lower()}=1.5"]) == {TEST_ADDRESS: 1_500_000}
    assert read_sessions([f"{WALLET}={TEST_ADDRESS}"]) == ((WALLET, TEST_ADDRESS),)


@pytest.mark.parametrize("text", ["0x12=5", f"{TEST_ADDRESS}", f"{TEST_ADDRESS}=-1", "=5"])
def test_a_wrong_account_is_one_sentence(text: str) -> None:
    with pytest.raises(ConfigError):
        read_accounts([text])


@pytest.mark.parametrize("text", ["", "ten", "1e3", "-1"])
def test_a_wrong_amount_is_one_sentence(text: str) -> None:
    with pytest.raises(ConfigError):
        read_cash(text)


def test_a_wrong_session_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match="--session"):
        read_sessions([WALLET])


# Frames


def example(name: str) -> Any:
    return json.loads((EXAMPLES / name).read_text())


class Story:
    """Ann's resting buy is met by Bob's buy of the other outcome."""

    def __init__(self) -> None:
        self.core = ExchangeCore()
        outcomes = (Outcome(TokenId("1"), "Yes", 0), Outcome(TokenId("2"), "No", 1))
        self.core.list_market(Market(ConditionId("0xc"), "?", "q", outcomes))
        self.tickets = Tickets()
        feed = MarketFeed(World(), self.core, lambda: START)
        self.reporter = Reporter(self.tickets, feed)
        for name, token, price in (("ann", "1", 600_000), ("bob", "2", 400_000)):
            self.core.open_account(name)
            self.core.deposit(name, CASH, 100 * MICROS, START)
            self.tickets.add(f"0x{name}", Ticket(f"key of {name}", f"0x{name}", 0))
            order = NewOrder(
                f"0x{name}", TokenId(token), Side.BUY, PriceMicros(price), ShareMicros(5 * MICROS)
            )
            self.core.place(name, order, START)
        self.frames = [
            pair for event in self.core.advance(START) for pair in self.reporter.frames(event)
        ]

    def of(self, owner: str, kind: str) -> Any:
        return next(
            body for name, body in self.frames if name == owner and body["event_type"] == kind
        )


@pytest.mark.parametrize("name", ["placement", "cancellation", "update-matched"])
def test_an_order_frame_has_the_examples_members(name: str) -> None:
    frame = Story().of("key of ann", "order")
    assert set(example(f"ws-user-order-{name}.json")) - {"event_type"} <= set(frame)


@pytest.mark.parametrize("name", ["taker-matched", "maker-confirmed"])
def test_a_trade_frame_has_the_examples_members(name: str) -> None:
    frame = Story().of("key of bob", "trade")
    shown = example(f"ws-user-trade-{name}.json")
    assert set(shown) <= set(frame)
    assert set(shown["maker_orders"][0]) <= set(frame["maker_orders"][0])


def test_each_side_of_a_mint_is_told_its_own_role() -> None:
    story = Story()
    taken = story.of("key of bob", "trade")
    made = story.of("key of ann", "trade")
    assert (taken["trader_side"], made["trader_side"]) == ("TAKER", "MAKER")
    assert (taken["asset_id"], taken["price"], taken["outcome"]) == ("2", "0.4", "No")
    shown = example("ws-user-trade-taker-matched-complement-maker.json")["maker_orders"][0]
    (maker,) = made["maker_orders"]
    assert set(shown) <= set(maker)
    assert (maker["asset_id"], maker["price"], maker["outcome"]) == ("1", "0.6", "Yes")
    assert taken == replace_side(made, "TAKER")


def replace_side(frame: Any, side: str) -> Any:
    return {**frame, "trader_side": side}


# Markets


def test_a_market_is_taken_into_trading_when_it_is_asked_for_and_holds_takers() -> None:
    world, core = World(), ExchangeCore()
    rows = [{**small.MARKETS[0], "secondsDelay": 3}, small.MARKETS[1]]
    world.consume(Frame(REST_MARKETS, 1, json.dumps(rows).encode()))
    feed = MarketFeed(world, core, lambda: START)
    assert (world.on_market, core.state.markets) == (None, {})
    found = feed.find(small.RAIN_NO)
    assert found is not None
    assert feed.taker_delay(found) == 3 * SECOND
    assert list(core.state.markets) == [small.RAIN]
    assert feed.outcome(small.RAIN_NO) == ("No", 1)
    assert feed.find("404") is None
    assert world.on_market is not None


def test_a_recorded_delay_holds_a_taker_and_then_matches_it() -> None:
    world = World()
    rows = [{**small.MARKETS[0], "secondsDelay": 3}]
    book = small.book(small.RAIN_YES, small.RAIN, 1, [], small.levels(("0.55", "60")))
    world.consume(Frame(REST_MARKETS, 1, json.dumps(rows).encode()))
    world.consume(Frame(MARKET, 1, json.dumps([book]).encode()))
    rule = MarketFeed(world, ExchangeCore(), lambda: START).taker_delay
    core = ExchangeCore(Settings(taker_delay=rule))
    MarketFeed(world, core, lambda: START).find(small.RAIN_YES)
    core.open_account("ann")
    core.deposit("ann", CASH, 100 * MICROS, START)
    order = NewOrder(
        "0x1",
        TokenId(small.RAIN_YES),
        Side.BUY,
        PriceMicros(550_000),
        ShareMicros(5 * MICROS),
    )
    assert core.place("ann", order, START).status == "delayed"
    core.advance(START + 3 * SECOND - 1)
    assert not core.state.trades
    core.advance(START + 3 * SECOND)
    assert len(core.state.trades) == 1


def test_the_catalogue_and_the_market_channel_end_a_traded_market() -> None:
    world, core = World(), ExchangeCore()
    world.consume(Frame(REST_MARKETS, 1, json.dumps(small.MARKETS[:2]).encode()))
    feed = MarketFeed(world, core, lambda: START)
    feed.find(small.RAIN_YES)
    feed.find(small.SNOW_YES)
    ended = {**small.MARKETS[0], "closed": True, "outcomePrices": '["0", "1"]'}
    world.consume(Frame(REST_MARKETS, 2, json.dumps([ended]).encode()))
    strange = {**small.RESOLVED, "winning_asset_id": "404"}
    world.consume(Frame(MARKET, 3, json.dumps(strange).encode()))
    states = core.state.markets
    assert states[ConditionId(small.RAIN)].market.payouts == (0, MICROS)
    assert states[ConditionId(small.SNOW)].market.payouts is None
    world.consume(Frame(MARKET, 4, json.dumps(small.RESOLVED).encode()))
    assert states[ConditionId(small.SNOW)].market.payouts == (0, MICROS)
    assert world.unread == 0


# Pages, the practice market


def test_a_page_ends_with_the_venues_cursor() -> None:
    rows = [{"id": number} for number in range(150)]
    first = page(rows, {}, "no")
    second = page(rows, {"next_cursor": first["next_cursor"]}, "no")
    assert [first["count"], second["count"], second["next_cursor"]] == [100, 50, "LTE="]
    assert page(rows, {"next_cursor": "LTE="}, "no")["data"] == []
    with pytest.raises(Denied, match="no"):
        page(rows, {"next_cursor": "ä"}, "no")


def test_a_position_id_has_the_documented_layout() -> None:
    position = Position(Module.BINARY, condition_bytes(3), 1)
    number = position_id(position)
    assert decode_position(number) == position
    assert looks_like_position(number)
    vector = json.loads((EXAMPLES.parent / "vectors" / "position_ids.json").read_text())["vectors"][
        1
    ]
    parts = vector["decoded"]
    told = Position(
        Module(parts["module_id"]),
        bytes.fromhex(parts["condition_id_bytes31"][2:]),
        parts["outcome_index"],
    )
    assert position_id(told) == int(vector["id"])


def test_both_outcomes_show_one_change_mirrored() -> None:
    before = {True: {490_000: 5}, False: {510_000: 5}}
    after = {True: {490_000: 5}, False: {510_000: 3}}
    tokens = (TokenId("1"), TokenId("2"))
    event = changes(ConditionId("0xc"), tokens, before, after, 1)
    assert event is not None
    shown = [(e["asset_id"], e["side"], e["price"]) for e in event["price_changes"]]
    assert shown == [("1", "SELL", "0.51"), ("2", "BUY", "0.49")]
    assert changes(ConditionId("0xc"), tokens, before, before, 1) is None
    assert mirrored(mirrored(after)) == after
