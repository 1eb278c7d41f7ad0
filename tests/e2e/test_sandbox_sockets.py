"""The sandbox as a real process, read over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import pytest
from tests.e2e import sandbox_client as client
from tests.unit.sandbox import small
from websockets.exceptions import ConnectionClosed

from polydesk.domain.frames import MARKET, RTDS, Frame
from polydesk.sandbox.process import SandboxProcess

pytestmark = pytest.mark.e2e

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.fixture
def tape(tmp_path: Path) -> str:
    return str(small.write(tmp_path / "small.tape"))


def texts(channel: str) -> list[bytes]:
    return [frame.text for frame in small.frames() if frame.channel == channel]


def busy_session() -> tuple[list[Frame], list[str]]:
    """Return a recorded session of 5,544 market frames, with its tokens."""
    recorded, tokens = [], set()
    with gzip.open(FIXTURES / "recordings" / "btc5m_market_ws_20260421.jsonl.gz") as lines:
        for number, line in enumerate(lines):
            body = json.loads(line)["payload"]
            text = json.dumps(body, separators=(",", ":")).encode()
            recorded.append(Frame(MARKET, small.START_MS * 1_000_000 + number, text))
            tokens.update(change["asset_id"] for change in body.get("price_changes", []))
            tokens.update([body["asset_id"]] if "asset_id" in body else [])
    return recorded, sorted(tokens)


async def test_two_readers_get_every_frame_in_order_byte_for_byte(tmp_path: Path) -> None:
    recorded, tokens = busy_session()
    rounds = recorded * 4
    path = small.write(tmp_path / "busy.tape", rounds)
    async with (
        await SandboxProcess.start(str(path), speed=None, wait_for_subscribers=True) as sandbox,
        client.market_socket(sandbox.urls, tokens, custom_feature_enabled=True) as first,
        client.market_socket(sandbox.urls, tokens, custom_feature_enabled=True) as second,
    ):
        assert await client.ping(first) == await client.ping(second) == []
        async with client.activity_socket(sandbox.urls, ("activity", "*")):
            both = await asyncio.gather(
                client.take(first, len(rounds)), client.take(second, len(rounds))
            )
        state = await client.until(sandbox.urls, lambda found: bool(found["finished"]))
    assert both[0] == both[1] == [frame.text for frame in rounds]
    assert state["frames_sent"] == 2 * len(rounds)


async def test_playing_waits_for_both_streams_and_delivers_both(tape: str) -> None:
    async with (
        await SandboxProcess.start(tape, speed=None) as sandbox,
        client.market_socket(sandbox.urls, small.TOKENS, custom_feature_enabled=True) as market,
    ):
        assert await client.ping(market) == []
        assert (await client.state(sandbox.urls))["phase"] == "waiting"
        topics = [("activity", "*"), ("comments", "comment_created")]
        async with client.activity_socket(sandbox.urls, *topics) as activity:
            assert await client.take(market, len(texts(MARKET))) == texts(MARKET)
            assert await client.take(activity, len(texts(RTDS))) == texts(RTDS)


async def test_custom_events_stay_away_without_the_flag(tape: str) -> None:
    async with (
        await SandboxProcess.start(tape, speed=None) as sandbox,
        client.market_socket(sandbox.urls, small.TOKENS) as market,
        client.activity_socket(sandbox.urls, ("activity", "trades")) as activity,
    ):
        await client.until(sandbox.urls, lambda found: bool(found["finished"]))
        kinds = [json.loads(text) for text in await client.ping(market)]
        found = [item["event_type"] for item in kinds[1:]]
        trades = await client.ping(activity)
    assert found == [
        "price_change", "price_change", "last_trade_price", "tick_size_change", "price_change"
    ]  # fmt: skip
    assert trades == [text for text in texts(RTDS) if b"trades" in text]


async def test_a_subscription_gets_the_present_books_in_one_array(tape: str) -> None:
    async with await SandboxProcess.start(tape, speed=None) as sandbox:
        await client.play_to_end(sandbox.urls)
        wanted = [small.RAIN_YES, small.SNOW_NO, small.RAIN_NO, "999"]
        async with client.market_socket(sandbox.urls, wanted) as market:
            books = json.loads((await client.take(market, 1))[0])
    assert [book["asset_id"] for book in books] == [small.RAIN_YES, small.RAIN_NO]
    assert books[0]["event_type"] == "book"
    assert books[0]["timestamp"] == str(small.START_MS + 61_000)
    assert books[0]["asks"] == small.levels(("0.55", "60"), ("0.541", "5"))


async def test_later_changes_dump_new_assets_only(tape: str) -> None:
    async with await SandboxProcess.start(tape, speed=None) as sandbox:
        await client.play_to_end(sandbox.urls)
        async with client.market_socket(
            sandbox.urls, [small.RAIN_YES], initial_dump=False
        ) as market:
            assert await client.ping(market) == []
            more = {"operation": "subscribe", "assets_ids": [small.RAIN_YES, small.RAIN_NO]}
            await market.send(json.dumps(more))
            fresh = json.loads((await client.take(market, 1))[0])
            assert [book["asset_id"] for book in fresh] == [small.RAIN_NO]
            await market.send(json.dumps(more))
            assert await client.ping(market) == []
            await market.send(
                json.dumps({"operation": "unsubscribe", "assets_ids": [small.RAIN_YES]})
            )
            await market.send(json.dumps(more))
            again = json.loads((await client.take(market, 1))[0])
            assert [book["asset_id"] for book in again] == [small.RAIN_YES]


async def test_unsubscribed_assets_and_topics_fall_silent(tape: str) -> None:
    async with (
        await SandboxProcess.start(tape, speed=None) as sandbox,
        client.market_socket(sandbox.urls, [small.RAIN_YES, small.SNOW_YES]) as market,
        client.activity_socket(sandbox.urls, ("comments", "*")) as activity,
    ):
        await client.until(sandbox.urls, lambda found: bool(found["finished"]))
        assert await client.ping(activity) == [texts(RTDS)[4]]
        assert len(await client.ping(market)) == 6


async def test_misspelled_and_foreign_messages_are_met_with_silence(tape: str) -> None:
    async with (
        await SandboxProcess.start(tape, speed=None) as sandbox,
        client.market_socket(sandbox.urls, []) as market,
    ):
        await client.play_to_end(sandbox.urls)
        for text in ("{", "[]", '{"operation":"subscribe","asset_ids":["1"]}', "pong", ""):
            await market.send(text)
        await market.send(b"\x00\xff")
        assert await client.ping(market) == []


async def test_another_round_closes_sockets_as_a_venue_restart_does(tape: str) -> None:
    async with await SandboxProcess.start(tape, speed=None, loop=True) as sandbox:
        for _ in range(2):
            async with (
                client.market_socket(
                    sandbox.urls, small.TOKENS, custom_feature_enabled=True
                ) as market,
                client.activity_socket(sandbox.urls, ("activity", "trades")),
            ):
                assert await client.take(market, len(texts(MARKET))) == texts(MARKET)
                with pytest.raises(ConnectionClosed) as closed:
                    await client.take(market, 1)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012


async def test_the_bundled_demo_is_delivered_whole() -> None:
    from polydesk.replay.resolve import open_tape
    from polydesk.sandbox.market_frames import audience_of, decode_market

    with open_tape("demo") as demo:
        recorded = [frame.text for frame in demo if frame.channel == MARKET]
    audiences = [audience_of(decode_market(text)) for text in recorded]
    tokens = sorted({token for whom in audiences for token in whom.tokens | whom.custom_tokens})
    async with (
        await SandboxProcess.start("demo", speed=None) as sandbox,
        client.market_socket(sandbox.urls, tokens, custom_feature_enabled=True) as market,
        client.activity_socket(sandbox.urls, ("activity", "trades")),
    ):
        assert await client.take(market, len(recorded)) == recorded
        finished = await client.until(sandbox.urls, lambda found: bool(found["finished"]))
    assert finished["frames_unread"] == 0
