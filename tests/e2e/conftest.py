"""A sandbox for the official clients; the TypeScript ones are tested where they are installed.

The clients are imported late: most end-to-end tests do without them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from tests.e2e import node_sdk

if TYPE_CHECKING:
    from polymarket import AsyncSecureClient
    from tests.e2e.desk_world import Exchange, World
    from tests.e2e.sdk_venue import Floor, Traded

collect_ignore = [] if node_sdk.modules() is not None else ["test_sdk_node.py"]
FIRST_KEY = 0x5D1


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Floor]:
    from tests.e2e import sdk_venue

    async with sdk_venue.sandbox(tmp_path_factory.mktemp("sdk")) as urls:
        markets = await sdk_venue.markets(urls)
        yield sdk_venue.Floor(urls, markets, sdk_venue.fresh_keys(FIRST_KEY))


@pytest.fixture(params=["standard", "negative-risk", "v2"])
def market(request: pytest.FixtureRequest, floor: Floor) -> Traded:
    return floor.markets[request.param]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def taker(floor: Floor) -> AsyncIterator[AsyncSecureClient]:
    async with floor.newcomer() as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def maker(floor: Floor) -> AsyncIterator[AsyncSecureClient]:
    async with floor.newcomer() as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deposit_wallet(floor: Floor) -> AsyncIterator[AsyncSecureClient]:
    """A trader whose money lies in the deposit wallet that belongs to his key."""
    from tests.e2e import sdk_venue

    async with await sdk_venue.login(floor.urls, next(floor.keys)) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def nothing_left_open(
    maker: AsyncSecureClient, taker: AsyncSecureClient
) -> AsyncIterator[None]:
    yield
    await maker.cancel_all()
    await taker.cancel_all()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def venue(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Exchange]:
    """A sandbox for live desks."""
    from tests.e2e import desk_world

    async with desk_world.exchange(tmp_path_factory.mktemp("venue")) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def world(venue: Exchange, tmp_path: Path) -> AsyncIterator[World]:
    """A ready live desk with an account of its own on a calm exchange."""
    async with venue.desk(tmp_path) as found:
        yield found
    await venue.calm()
