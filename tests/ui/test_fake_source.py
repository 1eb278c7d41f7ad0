from __future__ import annotations

from tests.ui.fake_source import FakeSource

from polydesk.domain.commands import Kill
from polydesk.views.source import DeskSource


def test_the_same_seed_gives_the_same_desk() -> None:
    first: DeskSource = FakeSource(seed=3)
    second = FakeSource(seed=3)
    assert isinstance(first, FakeSource)
    first.step(500)
    second.step(500)
    assert first.book(first.watched[0], 10) == second.book(second.watched[0], 10)
    assert first.feed(20) == second.feed(20)
    assert first.portfolio() == second.portfolio()


def test_kill_cancels_and_is_kept() -> None:
    source = FakeSource()
    source.submit(Kill("by hand"))
    assert source.health().killed
    assert all(row.state == "CANCELED" for row in source.portfolio().orders)
    assert source.submitted == [Kill("by hand")]
