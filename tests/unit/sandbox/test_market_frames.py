from __future__ import annotations

import json

import pytest
from tests.unit.sandbox import small

from polydesk.domain.frames import MARKET, RTDS
from polydesk.sandbox.activity import ActivityAudience, decode_activity
from polydesk.sandbox.market_frames import MarketAudience, audience_of, decode_market
from polydesk.sandbox.subscribers import ActivitySubscriber, MarketSubscriber


def audiences() -> list[MarketAudience]:
    texts = [frame.text for frame in small.frames() if frame.channel == MARKET]
    return [audience_of(decode_market(text)) for text in texts]


def wanted(subscriber: MarketSubscriber) -> list[int]:
    return [number for number, whom in enumerate(audiences()) if subscriber.wants(whom)]


def test_one_asset_of_a_frame_is_enough() -> None:
    assert wanted(MarketSubscriber(tokens={small.RAIN_NO})) == [0, 1]


def test_custom_events_need_the_flag() -> None:
    plain = MarketSubscriber(tokens={small.RAIN_YES})
    custom = MarketSubscriber(tokens={small.RAIN_YES}, custom=True)
    assert wanted(plain) == [0, 1, 3, 6, 8]
    assert wanted(custom) == [0, 1, 3, 4, 5, 6, 8]


def test_a_new_market_goes_to_every_socket_with_the_flag() -> None:
    assert wanted(MarketSubscriber(custom=True)) == [5]


def test_a_resolution_goes_to_subscribers_of_the_market() -> None:
    assert 7 in wanted(MarketSubscriber(tokens={small.SNOW_NO}, custom=True))


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        ({("activity", "trades")}, [0, 1, 3, 5]),
        ({("activity", "orders_matched")}, [2]),
        ({("activity", "*")}, [0, 1, 2, 3, 5]),
        ({("comments", "*")}, [4]),
    ],
)
def test_activity_goes_by_topic_and_type(topics: set[tuple[str, str]], expected: list[int]) -> None:
    texts = [frame.text for frame in small.frames() if frame.channel == RTDS]
    found = [decode_activity(text)[0] for text in texts]
    subscriber = ActivitySubscriber(topics=topics)
    hits = [n for n, whom in enumerate(found) if whom is not None and subscriber.wants(whom)]
    assert hits == expected


def test_a_frame_without_topic_concerns_nobody() -> None:
    assert decode_activity(json.dumps({"statusCode": 401}).encode()) == (None, None)
    assert decode_activity(b"") == (None, None)


def test_streams_do_not_mix() -> None:
    assert not MarketSubscriber(tokens={"x"}).wants(ActivityAudience("activity", "trades"))
    assert not ActivitySubscriber(topics={("activity", "*")}).wants(audiences()[0])
