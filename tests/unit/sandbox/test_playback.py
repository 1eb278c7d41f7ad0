from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.unit.sandbox import small

from polydesk.domain.frames import MARKET, Frame
from polydesk.sandbox.playback import Phase, Playback
from polydesk.sandbox.protocol import text_frame
from polydesk.sandbox.subscribers import ActivitySubscriber, Hub, MarketSubscriber

WAIT_S = 10.0


def listener(hub: Hub) -> MarketSubscriber:
    subscriber = MarketSubscriber(tokens=set(small.TOKENS), custom=True, opened=True)
    hub.add(subscriber)
    hub.note_subscription()
    return subscriber


def many(count: int) -> list[Frame]:
    filler = "x" * 4_000
    return [
        Frame(
            MARKET, n, f'{{"event_type":"z","asset_id":"{small.RAIN_YES}","{filler}":{n}}}'.encode()
        )
        for n in range(count)
    ]


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_so():  # noqa: ASYNC110 - the condition lives in the code under test
            await asyncio.sleep(0)


async def test_the_catalogue_is_known_before_the_start_and_nothing_else() -> None:
    playback = Playback(small.frames(), Hub(), speed=None, wait_for_subscribers=True)
    assert playback.world.catalogue.market(small.RAIN) is not None
    assert playback.world.book(small.RAIN_YES) is None
    assert playback.now_ns == small.START_MS * 1_000_000
    assert playback.phase is Phase.WAITING


async def test_it_waits_for_a_subscriber_on_each_stream() -> None:
    hub = Hub()
    playback = Playback(small.frames(), hub, speed=None, wait_for_subscribers=True)
    async with asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(playback.run())
        market = listener(hub)
        for _ in range(20):
            await asyncio.sleep(0)
        assert playback.phase is Phase.WAITING
        hub.add(ActivitySubscriber(topics={("activity", "*")}))
        hub.note_subscription()
        await until(lambda: playback.phase is Phase.PLAYING)
        for subscriber in hub.everyone:
            hub.remove(subscriber)
        await playing
    assert playback.phase is Phase.FINISHED
    assert market not in hub.market


async def test_a_control_call_starts_without_subscribers() -> None:
    playback = Playback(small.frames(), Hub(), speed=None, wait_for_subscribers=True)
    playback.start()
    await asyncio.wait_for(playback.run(), WAIT_S)
    assert playback.phase is Phase.FINISHED
    assert playback.consumed == len(small.frames())
    assert playback.world.book(small.RAIN_YES) is not None


async def test_full_speed_waits_for_a_slow_reader_and_loses_nothing() -> None:
    hub, recorded = Hub(), many(2_000)
    subscriber = listener(hub)
    playback = Playback(recorded, hub, speed=None, wait_for_subscribers=False)
    taken: list[bytes] = []
    ahead = 0

    async def send(frames: list[bytes]) -> None:
        nonlocal ahead
        ahead = max(ahead, playback.consumed - len(taken))
        await asyncio.sleep(0.001)
        taken.extend(frames)

    async with asyncio.TaskGroup() as tasks:
        pump = tasks.create_task(subscriber.outbox.pump(send))
        await asyncio.wait_for(playback.run(), WAIT_S)
        pump.cancel()
    assert taken == [text_frame(frame.text) for frame in recorded]
    assert ahead < 400


async def test_a_stop_leaves_the_world_where_it_is() -> None:
    playback = Playback(small.frames(), Hub(), speed=1.0, wait_for_subscribers=False)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(playback.run())
        await until(lambda: playback.consumed > 3)
        playback.stop()
    assert playback.phase is Phase.STOPPED
    assert playback.consumed < len(small.frames())
    assert playback.world.book(small.RAIN_YES) is not None


async def test_a_timed_playback_keeps_the_recorded_distance() -> None:
    hub = Hub()
    clock = asyncio.get_running_loop().time
    playback = Playback(small.frames(), hub, speed=305.0, wait_for_subscribers=False)
    began = clock()
    await asyncio.wait_for(playback.run(), WAIT_S)
    assert 0.19 < clock() - began < 2.0


async def test_recording_time_runs_on_between_two_frames_but_not_past_the_next() -> None:
    playback = Playback(small.frames(), Hub(), speed=40.0, wait_for_subscribers=False)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(playback.run())
        await until(lambda: playback.consumed >= len(small.frames()) - 1)
        before = playback.now_ns
        await until(lambda: playback.now_ns > before)
        assert playback.now_ns <= (small.START_MS + 61_000) * 1_000_000
        playback.stop()


async def test_another_round_begins_with_an_empty_world() -> None:
    hub = Hub()
    subscriber = listener(hub)
    playback = Playback(small.frames(), hub, speed=None, wait_for_subscribers=False, loop=True)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(playback.run())

        async def send(_: list[bytes]) -> None:
            return

        pump = tasks.create_task(subscriber.outbox.pump(send))
        await asyncio.wait_for(subscriber.goodbye.wait(), WAIT_S)
        assert subscriber.goodbye_reason[0] == 1012
        world = playback.world
        hub.remove(subscriber)
        await until(lambda: playback.world is not world)
        running.cancel()
        pump.cancel()
