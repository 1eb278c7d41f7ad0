"""A real live desk in the test's process against a real sandbox child, as production would be.

Signer, user line, journal and sockets are the real ones. Tests wait for conditions, and end with
a comparison of the journal with the exchange's truth.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from tests.e2e import sandbox_client
from tests.e2e.local_trader import Trader
from tests.unit.sandbox import small

from polydesk.campaigns.chaos.account import PASSPHRASE, PlayAccount, enrol
from polydesk.campaigns.chaos.verdict import judge
from polydesk.config.models import Settings
from polydesk.domain.commands import CancelByUser, PlaceOrder
from polydesk.domain.frames import MARKET, REST_MARKETS, Frame
from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.units import PriceMicros, ShareMicros, parse_micros
from polydesk.execution.patience import SECOND, Patience
from polydesk.execution.pending import State
from polydesk.runtime.demo import sandbox_hosts
from polydesk.runtime.live import LiveAccount, live_desk
from polydesk.runtime.live_desk import LiveDesk
from polydesk.runtime.venue import venue_clock
from polydesk.sandbox.process import SandboxProcess
from polydesk.sandbox.urls import SandboxUrls
from polydesk.store.journal import JOURNAL_NAME
from polydesk.store.restore import RestoredSession, load_session
from polydesk.venues.polymarket.signing.keys import PrivateKey

BUY, SELL = Side.BUY, Side.SELL
WAIT_S = 15.0
POLL_S = 0.01
MARKETS = 6
QUICK = ("--settle-ms", "20", "--limits", "off")
PATIENCE = Patience(
    unknown_window=SECOND,
    ask_first=SECOND // 10,
    ask_longest=SECOND // 5,
    cancel_again=SECOND // 2,
    look_busy=SECOND,
    look_again=SECOND // 5,
    fill_grace=SECOND // 5,
    restart_first=SECOND // 2,
    closed_door=SECOND,
    stranger_grace=SECOND // 2,
    gone_after=SECOND // 2,
)
"""The sandbox is near: a test need not wait as long as at the venue."""
LIMITS = {
    "max_order_usd": "100",
    "max_market_usd": "5000",
    "max_total_usd": "9000",
    "max_open_orders": 200,
    "max_daily_loss_usd": "5000",
    "max_orders_per_minute": 5_000,
}
CAPS = {"max_minute_usd": "100000", "max_day_usd": "1000000", "max_orders_per_minute": 2_400}


def condition(number: int) -> str:
    """Return the id of one of the recording's markets."""
    return f"0x{number + 0xC0:064x}"


def token(number: int, outcome: int = 0) -> TokenId:
    """Return an outcome token of one of the recording's markets."""
    return TokenId(f"{9_000_000_000 + 10 * number + outcome}")


def write_tape(path: Path) -> str:
    """Write markets whose deep books stand still at 0.50 and 0.55."""
    rows, books = [], []
    for number in range(MARKETS):
        tokens = [token(number, 0), token(number, 1)]
        rows.append(
            {
                **small.MARKETS[0],
                "id": str(100 + number),
                "question": f"Will it rain in place {number}?",
                "slug": f"rain-{number}",
                "conditionId": condition(number),
                "clobTokenIds": json.dumps(tokens),
            }
        )
        deep = small.levels(("0.5", "90000")), small.levels(("0.55", "90000"))
        other = small.levels(("0.45", "90000")), small.levels(("0.5", "90000"))
        for each, (bids, asks) in zip(tokens, (deep, other), strict=True):
            books.append(small.book(each, condition(number), small.START_MS, bids, asks))
    recorded = [
        Frame(REST_MARKETS, small.START_MS * 1_000_000, json.dumps({"markets": rows}).encode()),
        Frame(MARKET, small.START_MS * 1_000_000 + 1, json.dumps(books).encode()),
    ]
    return str(small.write(path, recorded))


@asynccontextmanager
async def exchange(folder: Path, *extra: str) -> AsyncIterator[Exchange]:
    """Start a sandbox whose recording has played."""
    tape = write_tape(folder / "still.tape")
    async with await SandboxProcess.start(tape, speed=None, extra=(*QUICK, *extra)) as process:
        await sandbox_client.play_to_end(process.urls)
        async with httpx.AsyncClient(trust_env=False) as client:
            yield Exchange(process.urls, client)


@dataclass(slots=True)
class Exchange:
    """A running sandbox and its control port."""

    urls: SandboxUrls
    client: httpx.AsyncClient
    seeds: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the control port."""
        answer = await self.client.request(method, f"{self.urls.control}/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def script(self, *rules: dict[str, Any]) -> None:
        """Put a fault script in force."""
        await self.control("PUT", "faults", {"rules": rules})

    async def once(self, kind: str, *, endpoint: str = "place", **fault: Any) -> None:
        """Let the next request to an endpoint fail, once."""
        rule = {"match": {"endpoint": endpoint}, "fault": {"kind": kind, **fault}, "count": 1}
        await self.script(rule)

    async def truth(self) -> Any:
        """Return what counts."""
        return await self.control("GET", "truth")

    async def calm(self) -> None:
        """End faults, restarts and modes."""
        await self.control("DELETE", "faults")
        await self.control("POST", "restart", {"seconds": 0, "post_only_seconds": 0})
        await self.control("POST", "mode", {"mode": "normal"})

    @asynccontextmanager
    async def desk(self, folder: Path, **more: Any) -> AsyncIterator[World]:
        """Enrol a new account and let a desk trade for it until the block ends."""
        account = await enrol(folder, self.urls.clob, next(self.seeds))
        async with self.desk_of(account, folder / "desk", **more) as world:
            yield world

    @asynccontextmanager
    async def desk_of(
        self,
        account: PlayAccount,
        directory: Path,
        *,
        patience: Patience = PATIENCE,
        live: dict[str, Any] | None = None,
        is_ready: bool = True,
    ) -> AsyncIterator[World]:
        """Let a desk trade for an account, on the files of earlier desks if there are any."""
        _make(directory)
        hosts = sandbox_hosts(self.urls)
        clock = await venue_clock(hosts)
        with _passphrase() as handle:
            whose = LiveAccount(account.profile, account.keys, directory, handle)
            async with live_desk(_settings(live or {}), whose, hosts, clock) as desk:
                desk.desk.pipeline.live.executor.state.patience = patience
                task = asyncio.create_task(desk.run())
                try:
                    world = World(self, desk, account, directory, task)
                    if is_ready:
                        await world.until(lambda: desk.recovery.took_ms is not None, "ready")
                    yield world
                finally:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task


def _make(directory: Path) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)


def _settings(live: dict[str, Any]) -> Settings:
    watch = [token(number) for number in range(MARKETS)]
    return Settings.model_validate({"risk": LIMITS, "live": {**CAPS, **live}, "watch": watch})


@contextlib.contextmanager
def _passphrase() -> Iterator[int]:
    """Return a handle from which a signer reads the passphrase."""
    read_fd, write_fd = os.pipe()
    try:
        os.write(write_fd, PASSPHRASE + b"\n")
        os.close(write_fd)
        yield read_fd
    finally:
        os.close(read_fd)


@asynccontextmanager
async def trader_of(venue: Exchange, account: PlayAccount) -> AsyncIterator[Trader]:
    """Let another client trade with an account's own key and credentials."""
    trader = Trader(venue.urls, next(venue.seeds))
    trader.key = PrivateKey(account.number.to_bytes(32, "big"))
    try:
        trader.auth = (await trader.raw_l1("GET", "/auth/derive-api-key")).json()
        yield trader
    finally:
        await trader.close()


async def settled(trader: Trader, token_id: TokenId, size: int) -> None:
    """Wait until a trader holds shares."""
    async with asyncio.timeout(WAIT_S):
        while await trader.balance(token_id) != size:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(POLL_S)


@dataclass(slots=True)
class World:
    """One desk at work, and what tests ask of it."""

    exchange: Exchange
    live: LiveDesk
    account: PlayAccount
    directory: Path
    task: asyncio.Task[None]

    @property
    def state(self) -> State:
        """Return what the executor knows."""
        return self.live.desk.pipeline.live.executor.state

    @property
    def orders(self) -> dict[ClientOrderId, Order]:
        """Return the engine's orders."""
        return self.live.desk.engine.account.orders

    async def until(self, is_so: Callable[[], object], what: str, wait_s: float = WAIT_S) -> None:
        """Wait for something; a desk that ends meanwhile fails the test."""
        try:
            async with asyncio.timeout(wait_s):
                while not is_so():
                    if self.task.done():
                        self.task.result()
                        raise AssertionError("the desk has ended")
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            rows = [(o.state, o.reason, o.trace[-4:]) for o in self.orders.values()]
            raise AssertionError(f"never {what}: {rows}") from None

    async def place(
        self, side: Side = BUY, price: str = "0.40", size: str = "10", **more: Any
    ) -> Order:
        """Place an order by hand and return it as soon as the engine has it."""
        known = set(self.orders)
        command = PlaceOrder(
            token_id=more.pop("token_id", token(0)),
            side=side,
            price=PriceMicros(parse_micros(price)),
            size=ShareMicros(parse_micros(size)),
            confirmed=True,
            ref=f"key-{len(known)}",
            **more,
        )
        self.live.desk.runner.submit(command)
        await self.until(lambda: set(self.orders) - known, "taken by the engine")
        (key,) = set(self.orders) - known
        return self.orders[key]

    async def reaches(self, order: Order, *states: OrderState, wait_s: float = WAIT_S) -> Order:
        """Wait until an order is in one of some states."""
        wanted = " or ".join(states)
        await self.until(lambda: order.state in states, wanted, wait_s)
        return order

    async def arrives(self, order: Order, wait_s: float = WAIT_S) -> Order:
        """Wait until the exchange has an order's request; the state ``SENT`` begins before it."""
        async with asyncio.timeout(wait_s):
            while not (order.venue_order_id and await self.posts(order)):  # noqa: ASYNC110
                await asyncio.sleep(POLL_S)
        return order

    async def rest(self, price: str = "0.40", size: str = "10", **more: Any) -> Order:
        """Bring an order into the book."""
        return await self.reaches(await self.place(BUY, price, size, **more), OrderState.LIVE)

    async def buy(self, size: str = "10", **more: Any) -> Order:
        """Take liquidity."""
        return await self.place(BUY, "0.55", size, **more)

    def cancel(self, order: Order) -> None:
        """Ask for an order's cancel by hand."""
        self.live.desk.runner.submit(CancelByUser(order.intent.client_order_id))

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is unknown, on its way or unsettled."""
        state = self.state
        return not (
            state.unknown
            or state.unsettled
            or state.strangers
            or self.live.gateway.busy
            or self.live.desk.runner.depth
            or any(p.misses_fills or p.ending is not None for p in state.live.values())
        )

    async def agree(self, elsewhere: Collection[str] = ()) -> RestoredSession:
        """Wait until everything is known, and hold the journal against the truth.

        Args:
            elsewhere: Orders of this account that another client sent.
        """
        await self.exchange.control("DELETE", "faults")
        await self.until(lambda: self.is_quiet, "quiet", 30)
        session = await self.journal()
        truth = await self.exchange.truth()
        log = await self.exchange.control("GET", "requests")
        wallet = self.account.profile.wallet
        (name,) = [each for each in truth["accounts"] if each.lower() == wallet.lower()] or [wallet]
        mine = set(truth["accounts"].get(name, {"orders": []})["orders"]) - set(elsewhere)
        requests = [row for row in log["requests"] if mine & set(row["order_ids"])]
        verdict = judge(session, truth, requests, name)
        assert verdict.is_clean, verdict.plain()
        return session

    async def journal(self) -> RestoredSession:
        """Read the journal back once everything so far is in it."""
        written, loop = asyncio.Event(), asyncio.get_running_loop()
        self.live.parts.journal.when_durable(lambda: loop.call_soon_threadsafe(written.set))
        await written.wait()
        return await asyncio.to_thread(load_session, self.directory / JOURNAL_NAME)

    async def posts(self, order: Order) -> list[dict[str, Any]]:
        """Return the requests that brought an order to the exchange."""
        log = await self.exchange.control("GET", "requests")
        wanted = order.venue_order_id
        rows = [row for row in log["requests"] if wanted in row["order_ids"]]
        return [row for row in rows if row["method"] == "POST"]
