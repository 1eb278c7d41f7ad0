"""The gateway with everything around it made up: what waits, what breaks, what may not leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.execution.rig import SECOND, SHARE, Rig, digest, intent, leg, venue_order

from polydesk.domain.approval import Approved
from polydesk.domain.ids import ClientOrderId, TokenId, VenueOrderId
from polydesk.domain.intents import OrderIntent
from polydesk.domain.units import UsdMicros
from polydesk.domain.venue import CancelOutcome, OutcomeKind, PlaceOutcome, VenueFill, VenueMode
from polydesk.errors import VenueRejected, VenueUnavailable
from polydesk.execution import actions as do
from polydesk.execution import inputs as told
from polydesk.execution.pending import Phase
from polydesk.runtime.asking import Salts
from polydesk.runtime.gateway import CONCURRENT_SENDS, Gateway
from polydesk.runtime.looks import Looks
from polydesk.runtime.rim import Rim
from polydesk.signer.client import Taken
from polydesk.signer.messages import SignedOrder, SignOrder
from polydesk.store.journal import SqliteJournal
from polydesk.venues.polymarket.trading.account import COLLATERAL, AccountBalance

ACCEPTED = PlaceOutcome(OutcomeKind.ACCEPTED, status="live")


class Clock:
    """Turned by hand."""

    def __init__(self, now: int) -> None:
        self.now = now

    def now_ns(self) -> int:
        return self.now

    def monotonic_ns(self) -> int:
        return self.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class Signer:
    """Signs at once; an order's body is its salt."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.expected: list[SignOrder] = []
        self.asked: list[SignOrder] = []

    def expect_order(self, order: SignOrder) -> None:
        self.expected.append(order)

    def begin_order(self, order: SignOrder, take: Taken) -> None:
        self.asked.append(order)
        signed = SignedOrder(digest(self.names.pop(0)), b"{}", 50, 100)
        asyncio.get_running_loop().call_soon(take, signed)


class Door:
    """Where orders wait for the venue's rate limit."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()

    async def orders(self, count: int) -> None:
        await self.open.wait()

    cancels_at_once = 90

    async def cancels(self, count: int, *, urgent: Callable[[], bool]) -> None:
        await self.open.wait()


class Rest:
    """The venue, as told."""

    def __init__(self) -> None:
        self.budget = Door()
        self.posted: list[VenueOrderId] = []
        self.canceled: list[list[VenueOrderId]] = []
        self.place: Callable[[], PlaceOutcome] = lambda: ACCEPTED
        self.read: Callable[[], Any] = lambda: None
        self.fills: list[VenueFill] = []
        self.tokens: Callable[[], int] = lambda: 0

    async def post_order(
        self, body: bytes, order_id: VenueOrderId, hold: Callable[[], str]
    ) -> PlaceOutcome:
        if hold():
            return PlaceOutcome(OutcomeKind.UNAVAILABLE, text=hold())
        self.posted.append(order_id)
        return self.place()

    async def post_orders(
        self, orders: Sequence[tuple[bytes, VenueOrderId]], hold: Callable[[], str]
    ) -> list[PlaceOutcome]:
        return [await self.post_order(body, name, hold) for body, name in orders]

    async def cancel_order(self, order_id: VenueOrderId) -> Any:
        return self.read()

    async def cancel_orders(self, order_ids: Sequence[VenueOrderId]) -> CancelOutcome:
        self.canceled.append(list(order_ids))
        return CancelOutcome(OutcomeKind.ACCEPTED, tuple(order_ids))

    async def order(self, order_id: VenueOrderId) -> Any:
        return self.read()

    async def open_orders(self) -> list[Any]:
        self.read()
        return []

    async def trades(self, *, after_s: int) -> list[VenueFill]:
        self.read()
        return self.fills

    async def balance(self, kind: str, token_id: TokenId | None, wallet: int) -> AccountBalance:
        held = 7 * SHARE if kind == COLLATERAL else self.tokens()
        return AccountBalance(UsdMicros(held), UsdMicros(held))


class World(Rig):
    """An executor whose actions a gateway carries out."""

    def __init__(self, journal: SqliteJournal) -> None:
        super().__init__()
        self.clock = Clock(self.now)
        self.rest_api = Rest()
        self.signer = Signer()
        self.troubles: list[str] = []
        self.heard: list[told.Input] = []
        self.reason = ""
        self.knows = True
        self.is_killed = False
        rim = Rim(
            signer=self.signer,
            rest=self.rest_api,  # type: ignore[arg-type]
            signature_type=0,
            journal=journal,
            clock=self.clock,
            market=self.executor.state.market,
            tell=self._hear,
            reason_to_hold=self._hold,
            is_urgent=lambda: self.is_killed,
            on_trouble=self.troubles.append,
            at=lambda _: None,
            learn=self._learn,
        )
        self.gateway = Gateway(rim, order_time_ms=lambda: self.clock.now // 1_000_000)
        self.gateway.open()

    def _hold(self, key: ClientOrderId) -> str:
        return self.reason or self.executor.reason_to_hold(key, self.clock.now)

    async def _learn(self, _: Sequence[VenueFill]) -> bool:
        return self.knows

    def _hear(self, given: told.Input) -> None:
        self.heard.append(given)
        asyncio.get_running_loop().call_soon(self._take_in, given)

    def _take_in(self, given: told.Input) -> None:
        self.now = max(self.now, self.clock.now)
        self.tell(given)
        self._hand_over()

    def _hand_over(self) -> None:
        self.gateway.take(self.actions)
        self.actions = []

    def go(self, name: str, wanted: OrderIntent | None = None) -> None:
        """Have an order sent."""
        self.signer.names.append(name)
        wanted = wanted or intent(name, created_at=self.now)
        self._collect(self.executor.submit(Approved(wanted, UsdMicros(0), None), self.now))
        self._hand_over()

    async def until(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not is_so():  # noqa: ASYNC110 - a writer's thread is waited for
                await asyncio.sleep(0.001)

    async def reaches(self, name: str, phase: Phase) -> None:
        key = ClientOrderId(name)
        await self.until(
            lambda: key in self.executor.state.orders and self.pending(name).phase is phase
        )


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    journal = SqliteJournal(tmp_path)
    made = World(journal)
    running = asyncio.create_task(made.gateway.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    journal.close()


async def test_a_copy_that_was_expected_is_asked_for_word_for_word(world: World) -> None:
    wanted = intent("o1", created_at=world.now)
    world.gateway.expect(wanted)
    assert not world.signer.asked, "expecting asks for nothing"
    world.go("o1", wanted)

    assert world.signer.asked == world.signer.expected
    await world.reaches("o1", Phase.LIVE)


async def test_another_order_than_the_expected_one_has_a_salt_of_its_own(world: World) -> None:
    world.gateway.expect(intent("refused by the gate", created_at=world.now))
    world.go("o1")
    world.gateway.expect(intent("o2", created_at=world.now))
    world.go("o2")

    salts = [order.salt for order in (*world.signer.expected, *world.signer.asked)]
    assert len(set(salts)) == len(salts) == 4


async def test_an_order_of_a_market_nobody_knows_is_not_expected(world: World) -> None:
    wanted = replace(intent("o1", created_at=world.now), token_id=TokenId("999"))
    world.gateway.expect(wanted)
    assert not world.signer.expected


async def test_an_order_that_waited_for_the_rate_limit_until_it_was_old_is_never_sent(
    world: World,
) -> None:
    world.rest_api.budget.open.clear()
    world.go("o1")
    await world.reaches("o1", Phase.SENDING)
    world.clock.now += 6 * SECOND
    world.rest_api.budget.open.set()
    await world.reaches("o1", Phase.DONE)
    assert world.kinds()[-1] == "OrderAbandoned"
    assert not world.rest_api.posted


async def test_an_order_that_waited_into_another_mode_is_never_sent(world: World) -> None:
    world.rest_api.budget.open.clear()
    world.go("o1")
    await world.reaches("o1", Phase.SENDING)
    world.tell(told.ModeTold(VenueMode.CANCEL_ONLY, "so it says", 30))
    world.rest_api.budget.open.set()
    await world.reaches("o1", Phase.DONE)
    assert not world.rest_api.posted


async def test_an_order_leaves_once_whatever_asks_for_it_again(world: World) -> None:
    world.go("o1")
    await world.reaches("o1", Phase.LIVE)
    assert world.executor.reason_to_hold(ClientOrderId("o1"), world.now)
    assert world.rest_api.posted == [digest("o1")]


async def test_f034_a_sending_that_breaks_is_unknown_and_looked_for(world: World) -> None:
    def fail() -> PlaceOutcome:
        raise KeyError(3)

    world.rest_api.place = fail
    world.rest_api.read = lambda: venue_order("o1")
    world.go("o1")
    await world.reaches("o1", Phase.LIVE)
    assert "OrderUnknown" in world.kinds()
    assert world.kinds()[-1] == "OrderAccepted"
    assert world.troubles == ["the gateway failed: 3"]
    assert len(world.rest_api.posted) == 1


async def test_f034_a_cancel_that_breaks_is_asked_for_again(world: World) -> None:
    def fail() -> Any:
        raise RuntimeError("the client has been closed")

    world.go("o1")
    await world.reaches("o1", Phase.LIVE)
    world.rest_api.read = fail
    world.cancel()
    world._hand_over()
    await world.until(lambda: not world.gateway.busy and not world.pending().cancel_is_out)
    assert world.pending().cancel_at > world.now
    assert not world.pending().ask_is_out


async def test_f034_a_listing_that_breaks_is_asked_for_again(world: World) -> None:
    def fail() -> Any:
        raise RuntimeError("the client has been closed")

    world.rest_api.read = fail
    world.executor.state.orders_at = world.executor.state.trades_at = world.now
    world.run_due()
    world._hand_over()
    state = world.executor.state
    await world.until(lambda: not state.orders_out and not state.trades_out)
    assert state.orders_at == state.trades_at == world.now + state.patience.look_again


@pytest.mark.parametrize("error", [VenueRejected("Invalid asset type"), VenueUnavailable("404")])
async def test_a_token_that_cannot_be_counted_does_not_hide_the_cash(
    world: World, error: Exception
) -> None:
    def fail() -> int:
        raise error

    world.rest_api.tokens = fail
    world.go("o1")
    await world.reaches("o1", Phase.LIVE)
    world.executor.state.balance_at = world.now
    world.run_due()
    world._hand_over()
    await world.until(lambda: [h for h in world.heard if isinstance(h, told.BalanceRead)])
    (read,) = [given for given in world.heard if isinstance(given, told.BalanceRead)]
    assert read.cash == 7 * SHARE
    assert read.shares == ()


async def test_many_tokens_are_counted_in_turns(world: World) -> None:
    held = [TokenId(str(number)) for number in range(30)]
    world.rest_api.tokens = lambda: 7
    looks = Looks(replace(world.gateway._rim, held=lambda: held))
    for _ in range(3):
        await looks.balance(do.AskBalance((held[5],)))
    reads = [given for given in world.heard if isinstance(given, told.BalanceRead)]
    assert [len(read.shares) for read in reads] == [20, 20, 20]
    assert {token for read in reads[:2] for token, _ in read.shares} == set(held)


async def test_a_signature_that_cannot_be_taken_ends_its_order_and_stops_trading(
    world: World,
) -> None:
    def fail(point: str) -> None:
        if point == "signed":
            raise KeyError("a bug")

    world.gateway._rim = replace(world.gateway._rim, at=fail)
    world.go("o1")
    await world.reaches("o1", Phase.DONE)
    assert world.kinds()[-1] == "OrderAbandoned"
    assert world.troubles == ["the gateway failed: 'a bug'"]
    assert not world.gateway.busy


async def test_fills_are_not_told_before_their_markets_can_be_read(world: World) -> None:
    world.go("o1")
    await world.reaches("o1", Phase.LIVE)
    world.rest_api.fills = [leg("o1", "t1", 100)]
    world.knows = False
    state = world.executor.state
    state.trades_at = world.now
    world.run_due()
    world._hand_over()
    await world.until(lambda: state.trades_at > world.now)
    assert not world.pending().fills
    world.knows = True
    world.clock.now += 3 * SECOND
    world.now = world.clock.now
    world.run_due()
    world._hand_over()
    await world.reaches("o1", Phase.DONE)
    assert world.kinds()[-1] == "OrderFilled"


def test_order_times_rise_and_follow_a_clock_that_was_set_back() -> None:
    now = [1_000_000]
    salts = Salts(lambda: now[0])
    assert [salts.timestamp_ms() for _ in range(3)] == [1_000_000, 1_000_001, 1_000_002]
    now[0] -= 300_000
    assert salts.timestamp_ms() == 700_000
    assert salts.timestamp_ms() == 700_001


async def test_f027_the_cancels_of_a_kill_leave_in_one_request(world: World) -> None:
    names = [f"o{number}" for number in range(20)]
    for name in names:
        world.go(name)
    for name in names:
        await world.reaches(name, Phase.LIVE)
    for name in names:
        world.cancel(name)
        world._hand_over()
    await world.until(lambda: all(world.pending(name).ending for name in names))
    assert world.rest_api.canceled == [[digest(name) for name in names]]


@pytest.mark.parametrize(
    ("is_killed", "sizes"), [(True, [1_000, 1_000, 2]), (False, [90] * 22 + [22])]
)
async def test_no_request_cancels_more_orders_than_the_venue_takes_or_the_reserve_leaves(
    world: World, is_killed: bool, sizes: list[int]
) -> None:
    world.is_killed = is_killed
    ids = tuple(digest(f"n{number}") for number in range(2_002))
    world.gateway.take((do.SendCancels(ids),))
    await world.until(lambda: not world.gateway.busy)
    assert [len(chosen) for chosen in world.rest_api.canceled] == sizes


async def test_what_was_signed_and_then_given_up_is_forgotten(world: World) -> None:
    world.go("o1")
    world.cancel("o1")
    await world.reaches("o1", Phase.DONE)
    assert len(world.gateway._signed) == 1
    world.clock.now += 61 * SECOND
    world.now = world.clock.now
    world.go("o2")
    await world.reaches("o2", Phase.LIVE)
    assert not world.gateway._signed


async def test_an_order_canceled_in_a_batch_that_waits_stays_here_and_the_others_leave(
    world: World,
) -> None:
    for _ in range(CONCURRENT_SENDS):
        await world.gateway._sends.acquire()
    world.go("o1")
    world.go("o2")
    world.go("o3")
    for name in ("o1", "o2", "o3"):
        await world.reaches(name, Phase.SENDING)
    batches: list[list[VenueOrderId]] = []

    async def post_orders(
        orders: Sequence[tuple[bytes, VenueOrderId]], hold: Callable[[], str]
    ) -> list[PlaceOutcome]:
        if not batches:
            world.cancel("o2")
        batches.append([name for _, name in orders])
        if reason := hold():
            return [PlaceOutcome(OutcomeKind.UNAVAILABLE, text=reason) for _ in orders]
        world.rest_api.posted += [name for _, name in orders]
        return [ACCEPTED for _ in orders]

    world.rest_api.post_orders = post_orders  # type: ignore[method-assign]
    for _ in range(CONCURRENT_SENDS):
        world.gateway._sends.release()

    await world.reaches("o3", Phase.LIVE)
    await world.reaches("o2", Phase.DONE)
    assert digest("o2") not in world.rest_api.posted
    assert sorted(world.rest_api.posted) == [digest("o1"), digest("o3")]
    assert world.kinds("o2")[-1] == "OrderAbandoned"
