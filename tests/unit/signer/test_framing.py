"""Messages come out of a pipe whole, however its bytes are cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from polydesk.signer.framing import Splitter, frame


def fed(splitter: Splitter, data: bytes, cuts: list[int]) -> list[bytes]:
    heard: list[bytes] = []
    start = 0
    for cut in sorted(cut % (len(data) + 1) for cut in cuts):
        heard += splitter.feed(data[start:cut])
        start = cut
    return heard + splitter.feed(data[start:])


@given(st.lists(st.binary(max_size=40)), st.lists(st.integers(0, 10_000), max_size=30))
def test_every_cut_gives_the_same_messages(sent: list[bytes], cuts: list[int]) -> None:
    small = [message for message in sent if len(message) <= 20]
    splitter = Splitter(20)

    assert fed(splitter, b"".join(map(frame, sent)), cuts) == small
    assert splitter.oversized == len(sent) - len(small)


def test_a_giant_is_skipped_without_being_held() -> None:
    splitter = Splitter(1 << 10)
    splitter.feed((1 << 31).to_bytes(4, "big"))
    for _ in range(100):
        assert splitter.feed(bytes(1 << 16)) == []

    assert splitter.oversized == 1
    assert len(splitter._held) == 0
