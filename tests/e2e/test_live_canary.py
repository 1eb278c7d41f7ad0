"""A live desk that trades holds neither its key, nor the passphrase, nor the API secret."""

from __future__ import annotations

import asyncio
import base64
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.live_world import KEY, PASSPHRASE, Person, beside, control, prepare, sandbox
from tests.unit.signer.canary import (
    found,
    found_in_files,
    found_in_memory,
    key_traces,
    seen_by_others,
)

from polydesk.sandbox.urls import SandboxUrls
from polydesk.venues.polymarket.signing.auth import l1_headers
from polydesk.venues.polymarket.signing.keys import PrivateKey

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]
SECRET_FOLDER = "keys"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared") / "home"
    asyncio.run(prepare(home))
    return home


async def credentials(urls: SandboxUrls) -> dict[str, Any]:
    headers = l1_headers(PrivateKey(bytes.fromhex(KEY)), int(time.time()))
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{urls.clob}/auth/derive-api-key", headers=headers)
    return dict(answer.json())


def traces_of(secret: str) -> dict[str, bytes]:
    raw = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    return {
        **key_traces(bytes.fromhex(KEY)),
        "API secret": secret.rstrip("=").encode(),
        "API secret, raw": raw,
        "passphrase": PASSPHRASE.encode(),
        "passphrase, wide": PASSPHRASE.encode("utf-16-le"),
    }


async def test_nothing_secret_is_in_a_desk_that_trades(tmp_path: Path, prepared: Path) -> None:
    async with sandbox(wait_for_subscribers=False) as urls:
        person = Person(tmp_path / "home", urls)
        await beside(person.move_in, prepared)
        desk = person.begin_live("--record", str(tmp_path / "home" / "session.tape"))
        try:
            while len((await control(urls, "truth"))["orders"]) < 3:
                assert desk.poll() is None, desk.communicate()
            traces = traces_of((await credentials(urls))["secret"])
            in_memory = await beside(found_in_memory, desk.pid, traces)
            seen = seen_by_others(desk.pid)
        finally:
            desk.terminate()
            out, complaints = await beside(desk.communicate)

    assert not in_memory
    assert not found(seen, traces)
    assert not found((out + complaints).encode(), traces)
    leaks = found_in_files(tmp_path / "home", traces)
    assert {name for name in leaks if SECRET_FOLDER not in Path(name).parts} == set()
    assert not leaks, "the key's own files hold it encrypted only"


async def test_the_search_would_have_found_it(tmp_path: Path) -> None:
    traces = traces_of(base64.urlsafe_b64encode(b"some secret of an API").decode())
    planted = bytes.fromhex(KEY)
    held = [b"before" + planted + b"after", PASSPHRASE.encode()]
    (tmp_path / "log").write_bytes(b"key=" + KEY.upper().encode())
    assert {"raw", "passphrase"} <= found(b"".join(held), traces)
    assert set(found_in_files(tmp_path, traces)) == {"log"}
