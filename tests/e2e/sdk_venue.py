"""What the acceptance tests of the official clients share: the venue, its markets, traders."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account
from polymarket import AsyncSecureClient
from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.environments import Environment
from tests.e2e import sandbox_client, sdk_tape

from polydesk.sandbox.process import SandboxProcess
from polydesk.sandbox.urls import SandboxUrls

KINDS = ("standard", "negative-risk", "v2")


@dataclass(frozen=True)
class Traded:
    """A market of the sandbox and prices at which nothing else in it is in the way."""

    kind: str
    condition: str
    yes: str
    no: str
    tick: Decimal
    fee_rate: Decimal
    bid: Decimal
    """Best recorded bid of YES: a buy order at it rests."""
    inside: Decimal
    """A YES price above the recorded bids and below the recorded asks."""

    @property
    def inside_no(self) -> Decimal:
        """Price of NO at which a buy order meets one of YES at ``inside``."""
        return 1 - self.inside

    def fee(self, shares: int, price: Decimal) -> Decimal:
        """Return what a taker pays, by the venue's formula with exponent 1."""
        return (shares * self.fee_rate * price * (1 - price)).quantize(Decimal("0.00001"))


@dataclass(frozen=True)
class Floor:
    """A running sandbox, its markets by kind, and keys for newcomers."""

    urls: SandboxUrls
    markets: dict[str, Traded]
    keys: Iterator[str]

    @asynccontextmanager
    async def newcomer(self) -> AsyncIterator[AsyncSecureClient]:
        """Log a new key in whose funds are its own account's."""
        key = next(self.keys)
        async with await login(self.urls, key, Account.from_key(key).address) as client:
            yield client


@asynccontextmanager
async def sandbox(folder: Path) -> AsyncIterator[SandboxUrls]:
    """Start a sandbox whose recording has been played, with a practice market of Protocol V2."""
    tape = sdk_tape.write(folder / "sdk.tape")
    options = ("--practice", "--settle-ms", "50")
    async with await SandboxProcess.start(str(tape), speed=None, extra=options) as process:
        await sandbox_client.play_to_end(process.urls)
        yield process.urls


async def markets(urls: SandboxUrls) -> dict[str, Traded]:
    """Return one market per kind."""
    async with httpx.AsyncClient(trust_env=False) as client:
        rows = (await client.get(f"{urls.gamma}/markets", params={"limit": 500})).json()
        found: dict[str, Traded] = {}
        for row in rows:
            market = await _traded(client, urls, row)
            found.setdefault(market.kind, market)
    return found


async def _traded(client: httpx.AsyncClient, urls: SandboxUrls, row: dict[str, Any]) -> Traded:
    info = (await client.get(f"{urls.clob}/clob-markets/{row['conditionId']}")).json()
    yes, no = (token["t"] for token in info["t"])
    book = (await client.get(f"{urls.clob}/book", params={"token_id": yes})).json()
    bid, tick = Decimal(book["bids"][-1]["price"]), Decimal(book["tick_size"])
    assert Decimal(book["asks"][-1]["price"]) - bid >= 2 * tick
    return Traded(
        kind=_kind(row),
        condition=row["conditionId"],
        yes=yes,
        no=no,
        tick=tick,
        fee_rate=Decimal(str((info.get("fd") or {}).get("r", 0))),
        bid=bid,
        inside=bid + tick,
    )


def _kind(row: dict[str, Any]) -> str:
    if row.get("version") == "v2":
        return "v2"
    return "negative-risk" if row["negRisk"] else "standard"


def environment(urls: SandboxUrls) -> Environment:
    """Return the official client's production environment with other hosts."""
    config = dataclasses.replace(
        PRODUCTION_CONFIG,
        gamma_url=urls.gamma,
        clob_url=urls.clob,
        data_url=urls.data,
        clob_market_ws_url=urls.market_ws,
        clob_user_ws_url=urls.user_ws,
        relayer_url=urls.relayer,
    )
    return create_environment(name="sandbox", config=config)


def fresh_keys(first: int) -> Iterator[str]:
    """Yield private keys that nobody else in the test uses."""
    while True:
        yield f"0x{first:064x}"
        first += 1


async def login(urls: SandboxUrls, key: str, wallet: str | None = None) -> AsyncSecureClient:
    """Return a client that has created or derived its API key; by default for a deposit wallet."""
    return await AsyncSecureClient.create(
        private_key=key, wallet=wallet, environment=environment(urls)
    )
