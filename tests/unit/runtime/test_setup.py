"""New credentials are waited for, old ones are not; what is in the way is told in words."""

from __future__ import annotations

import pytest

from polydesk.domain.units import UsdMicros
from polydesk.errors import VenueRejected, VenueUnavailable
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.setup import (
    NEW_KEY_EVERY_S,
    NEW_KEY_S,
    Account,
    Place,
    allowance_text,
    funder_of,
    patiently,
    warnings,
)
from polydesk.venues.polymarket.signing.keys import ApiCredentials
from polydesk.venues.polymarket.signing.wallets import funders
from polydesk.venues.polymarket.trading.account import Region

ADDRESS = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
SECOND = 1_000_000_000
FULL = UsdMicros(10**18)
USD = 1_000_000


class StillClock:
    """Moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0

    def now_ns(self) -> int:
        return self.now

    def monotonic_ns(self) -> int:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)


class Answers:
    """Refuses for some seconds, then answers."""

    def __init__(self, clock: StillClock, refused_s: float, error: Exception | None = None) -> None:
        self._clock = clock
        self._until = int(refused_s * SECOND)
        self._error = error or VenueRejected("401")
        self.asked = 0

    async def read(self) -> bool:
        self.asked += 1
        if self._clock.now < self._until:
            raise self._error
        return True


async def test_new_credentials_are_tried_until_the_venue_knows_them() -> None:
    clock, told = StillClock(), []
    answers = Answers(clock, 60.0)

    assert await patiently(answers.read, clock, is_new=True, tell=told.append)
    assert clock.now == 60 * SECOND
    assert answers.asked == 60 // NEW_KEY_EVERY_S + 1
    assert told == [
        "the new credentials are not known everywhere yet; this takes up to two minutes."
    ]


async def test_the_wait_has_an_end() -> None:
    clock = StillClock()

    with pytest.raises(VenueRejected):
        await patiently(Answers(clock, 1e6).read, clock, is_new=True, tell=lambda _: None)
    assert clock.now == NEW_KEY_S * SECOND


@pytest.mark.parametrize(
    ("is_new", "error"), [(False, VenueRejected("401")), (True, VenueUnavailable("later"))]
)
async def test_nothing_else_is_waited_for(is_new: bool, error: Exception) -> None:
    clock = StillClock()
    answers = Answers(clock, 60.0, error)

    with pytest.raises(type(error)):
        await patiently(answers.read, clock, is_new=is_new, tell=lambda _: None)
    assert (answers.asked, clock.now) == (1, 0)


def account(**changes: object) -> Account:
    facts: dict[str, object] = {
        "credentials": ApiCredentials("id", b"s", "p"), "is_new": False, "closed_only": False,
        "balance": UsdMicros(100 * USD), "allowances": {"standard": FULL}, "signed_for": (),
    }  # fmt: skip
    return Account(**{**facts, **changes})  # type: ignore[arg-type]


def told(found: Account, offset_ns: int = 0, most: int = 5_000 * USD) -> list[str]:
    place = Place(Region(False, "IE", ""), LiveClock(offset_ns))
    return warnings(place, funders(ADDRESS)[3], found, UsdMicros(most))


def test_a_good_account_is_told_nothing() -> None:
    assert told(account()) == []
    assert told(account(balance=UsdMicros(5_000 * USD))) == []


@pytest.mark.parametrize(
    ("offset_s", "words"), [(7, "7 s behind the venue's: set it"), (-9, "9 s ahead of the venue's")]
)
def test_a_clock_that_is_wrong_is_told_which_way(offset_s: int, words: str) -> None:
    (sentence,) = told(account(), offset_s * SECOND)
    assert words in sentence


def test_everything_in_the_way_is_told_at_once() -> None:
    bad = account(closed_only=True, balance=UsdMicros(0), allowances={"standard": UsdMicros(0)})

    assert len(told(bad, 60 * SECOND)) == 4
    assert any("or name another wallet with --wallet" in sentence for sentence in told(bad))


def test_an_empty_wallet_still_needs_an_allowance() -> None:
    none = account(balance=UsdMicros(0), allowances={"standard": UsdMicros(0)})
    assert any("standard exchange: approve" in sentence for sentence in told(none))


@pytest.mark.parametrize(
    ("amount", "text"), [(10**18, "unlimited"), (25 * USD, "25.00"), (0, "0.00"), (1, "0.000001")]
)
def test_an_allowance_is_written_for_people(amount: int, text: str) -> None:
    assert allowance_text(UsdMicros(amount)) == text


def test_a_wallet_is_recognised_in_any_case_of_its_letters() -> None:
    for funder in funders(ADDRESS):
        assert funder_of(ADDRESS.lower(), funder.address.lower()) == funder
    assert funder_of(ADDRESS, "0x" + "00" * 20) is None
