"""The bundled recording: whole, honest, readable by the wire and worth watching from the start."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from polydesk.domain import events as ev
from polydesk.domain.book import L2Book, Touch
from polydesk.domain.commands import CopyMode
from polydesk.domain.frames import CONTROL, MARKET, RTDS, Frame
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Market, Side
from polydesk.replay.bundled import demo_path
from polydesk.replay.resolve import open_tape
from polydesk.runtime.control import SessionOpened, require_session
from polydesk.venues.polymarket.wire.decoder import Decoder

SECOND = 1_000_000_000
Books = dict[TokenId, L2Book]


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    with open_tape("demo") as reader:
        found = list(reader)
        assert reader.damage is None
    return found


@pytest.fixture(scope="module")
def session(frames: list[Frame]) -> SessionOpened:
    opened = require_session(frames[0])
    assert opened is not None
    return opened


@pytest.fixture(scope="module")
def markets(frames: list[Frame], session: SessionOpened) -> dict[TokenId, Market]:
    decoder = Decoder()
    listed = [e for f in frames[:10] for e in decoder.decode(f) if isinstance(e, ev.MarketsListed)]
    return {o.token_id: m for e in listed for m in e.markets for o in m.outcomes}


def replay(frames: list[Frame]) -> Iterator[tuple[ev.Event, Books, list[Touch]]]:
    """Yield each event with the books after it and the touch checks of a change."""
    decoder = Decoder()
    books: Books = {}
    for frame in frames:
        for event in decoder.decode(frame):
            touches: list[Touch] = []
            if isinstance(event, ev.BookSnapshotReceived):
                book = books.setdefault(event.token_id, L2Book(event.token_id))
                book.tick = event.tick or book.tick
                book.apply_snapshot(event.bids, event.asks, event.ts_event, event.ts_init)
            elif isinstance(event, ev.BookChanged):
                for token, is_bid, price, size, *_ in event.changes:
                    books[token].apply_change(is_bid, price, size, event.ts_event, event.ts_init)
                touches = [books[c[0]].check_touch(c[4], c[5]) for c in event.changes]
            yield event, books, touches
    assert decoder.decode_errors == 0
    assert not decoder.unknown_kinds


def test_it_is_small_enough_to_ship() -> None:
    assert demo_path().stat().st_size < 3_000_000


def test_it_says_what_it_is_and_whose_data_it_holds() -> None:
    with open_tape("demo") as reader:
        header = reader.header
    assert header.notes[0].startswith("DEMO")
    assert any("sandbox" in note for note in header.notes)
    page = demo_path().with_name("ATTRIBUTION.md").read_text("utf-8")
    for repository in (
        "SobhiSandakli/Polymarket-Tickscope",
        "nexiumito/polycopy",
        "funkekaiser/polyarb",
    ):
        assert repository in header.attribution
        assert repository in page
    assert page.count("Copyright") == 3


def test_the_session_opens_first_and_watches_every_token(
    frames: list[Frame], session: SessionOpened, markets: dict[TokenId, Market]
) -> None:
    assert session.cash == 10_000_000_000
    assert len(session.watch) == len(set(session.watch)) == 12
    assert all(token in markets for token in session.watch)
    modes = Counter(leader.rule.mode for leader in session.leaders)
    assert modes == {CopyMode.AUTO: 5, CopyMode.WATCH: 1}
    opening = [frame.channel for frame in frames[:20]]
    assert opening[0] == CONTROL
    assert opening[5:17] == [MARKET] * 12


def test_every_rebuilt_touch_equals_the_recorded_one(frames: list[Frame]) -> None:
    seen = Counter(touch for _, _, touches in replay(frames) for touch in touches)
    assert seen.total() > 85_000
    assert set(seen) == {Touch.AGREE}


def test_no_book_is_ever_crossed_and_all_open_two_sided(frames: list[Frame]) -> None:
    opened = 0
    for event, books, _ in replay(frames):
        if isinstance(event, ev.BookSnapshotReceived):
            opened += 1
            assert books[event.token_id].bids
            assert books[event.token_id].asks
        if isinstance(event, ev.BookChanged):
            assert not any(books[change[0]].crossed for change in event.changes)
    assert opened == 12


def test_both_goals_move_a_price_from_a_quarter_to_three_quarters(frames: list[Frame]) -> None:
    mids: dict[TokenId, list[int]] = {}
    for event, books, _ in replay(frames):
        if isinstance(event, ev.BookChanged):
            for change in event.changes:
                mid = books[change[0]].mid
                if mid is not None:
                    mids.setdefault(change[0], []).append(mid)
    assert any(min(path) < 240_000 and max(path) > 700_000 for path in mids.values())
    remarks = [json.loads(f.text) for f in frames if f.channel == CONTROL][1:]
    assert [remark["text"] for remark in remarks] == [
        "Score feed: Golden Knights 1, Hurricanes 0",
        "Score feed: Golden Knights 2, Hurricanes 0",
    ]


def test_a_followed_purchase_can_be_copied_within_five_seconds(
    frames: list[Frame], session: SessionOpened, markets: dict[TokenId, Market]
) -> None:
    rules = {leader.wallet: leader.rule for leader in session.leaders}
    start = frames[0].ts_init
    for event, books, _ in replay(frames):
        if isinstance(event, ev.WalletTraded) and event.wallet in rules:
            rule, book = rules[event.wallet], books[event.token_id]
            assert event.ts_init - start < 5 * SECOND
            assert event.side is Side.BUY
            assert rule.mode is CopyMode.AUTO
            assert book.best_ask <= event.price + rule.max_slippage
            assert rule.cash // book.best_ask >= markets[event.token_id].min_size // 1_000_000
            return
    pytest.fail("no followed trade")


def test_followed_accounts_trade_what_the_book_gave_and_sell_only_what_they_hold(
    frames: list[Frame], session: SessionOpened, markets: dict[TokenId, Market]
) -> None:
    followed = {leader.wallet for leader in session.leaders}
    held: Counter[tuple[str, str]] = Counter()
    sides: Counter[Side] = Counter()
    for event, _, _ in replay(frames):
        if not isinstance(event, ev.WalletTraded) or event.wallet not in followed:
            continue
        assert event.wallet.startswith("0x5a4db0c0")
        assert markets[event.token_id].accepts_price(event.price)
        assert event.ts_init > event.ts_event
        sides[event.side] += 1
        held[event.wallet, event.token_id] += event.size if event.side is Side.BUY else -event.size
        assert held[event.wallet, event.token_id] >= 0
    assert sides[Side.BUY] > 50
    assert sides[Side.SELL] >= 10


def test_the_platforms_other_trades_are_there_to_be_ignored(
    frames: list[Frame], session: SessionOpened
) -> None:
    decoder = Decoder(wallets={leader.wallet for leader in session.leaders})
    for frame in frames:
        if frame.channel == RTDS:
            decoder.decode(frame)
    assert decoder.other_trades > 400


def test_frames_are_in_order_of_receipt(frames: list[Frame]) -> None:
    times = [frame.ts_init for frame in frames]
    assert times == sorted(times)
    assert times[-1] - times[0] < 220 * SECOND
