from __future__ import annotations

import asyncio

import pytest

from polydesk.domain.ids import TokenId
from polydesk.errors import VenueUnavailable
from polydesk.ingest.enquiries import MOST_HISTORIES, Enquiries


class Venue:
    """Remembers what it was asked; fails when told."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = False
        self._heard = asyncio.Event()

    async def heard(self, questions: int) -> None:
        async with asyncio.timeout(5):
            while len(self.asked) < questions:
                self._heard.clear()
                await self._heard.wait()

    async def search(self, text: str) -> object:
        return await self._answer(f"search {text}")

    async def history(self, token_id: TokenId) -> None:
        await self._answer(f"history {token_id}")

    async def _answer(self, what: str) -> None:
        self.asked.append(what)
        self._heard.set()
        if self.fails:
            raise VenueUnavailable("the venue does not answer")


@pytest.fixture
def venue() -> Venue:
    return Venue()


@pytest.fixture
def enquiries(venue: Venue) -> Enquiries:
    return Enquiries(venue.search, venue.history)


async def test_only_the_newest_search_is_asked(enquiries: Enquiries, venue: Venue) -> None:
    for text in ("r", "ra", " rain "):
        enquiries.search(text)

    await enquiries.answer_one()
    await enquiries.answer_one()

    assert venue.asked == ["search rain"]


async def test_an_empty_search_asks_nothing(enquiries: Enquiries, venue: Venue) -> None:
    enquiries.search("  ")
    await enquiries.answer_one()
    assert venue.asked == []


async def test_a_history_is_asked_once_and_after_a_search(
    enquiries: Enquiries, venue: Venue
) -> None:
    enquiries.history(TokenId("1"))
    enquiries.history(TokenId("1"))
    enquiries.search("rain")

    for _ in range(3):
        await enquiries.answer_one()

    assert venue.asked == ["search rain", "history 1"]


async def test_histories_that_wait_are_bounded_and_may_be_asked_again(
    enquiries: Enquiries, venue: Venue
) -> None:
    for n in range(MOST_HISTORIES + 1):
        enquiries.history(TokenId(str(n)))
    enquiries.history(TokenId("0"))

    for _ in range(2 * MOST_HISTORIES):
        await enquiries.answer_one()

    assert len(venue.asked) == MOST_HISTORIES
    assert "history 0" in venue.asked


async def test_a_failed_search_is_told_and_the_next_question_is_asked(
    enquiries: Enquiries, venue: Venue
) -> None:
    told: list[str] = []
    enquiries.on_problem = told.append
    venue.fails = True
    enquiries.search("rain")
    enquiries.history(TokenId("1"))

    await enquiries.answer_one()
    await enquiries.answer_one()

    assert told == ["the venue does not answer"]
    assert enquiries.problem == "the venue does not answer"
    venue.fails = False
    enquiries.search("snow")
    await enquiries.answer_one()
    assert enquiries.problem == ""


async def test_it_works_until_cancelled(enquiries: Enquiries, venue: Venue) -> None:
    task = asyncio.create_task(enquiries.run())
    enquiries.search("rain")
    await venue.heard(1)
    enquiries.history(TokenId("7"))
    await venue.heard(2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert venue.asked == ["search rain", "history 7"]
