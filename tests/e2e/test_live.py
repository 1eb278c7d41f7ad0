"""Trading live on the sandbox as if it were production, by the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.e2e.cli import sentence
from tests.e2e.live_world import ADDRESS, Person, beside, control, prepare, sandbox

from polydesk.campaigns.chaos.verdict import judge

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared") / "home"
    asyncio.run(prepare(home))
    return home


async def test_copies_trade_real_orders_and_the_journal_equals_the_exchange(
    tmp_path: Path, prepared: Path
) -> None:
    tape = tmp_path / "live.tape"
    async with sandbox() as urls:
        person = Person(tmp_path / "home", urls)
        await beside(person.move_in, prepared)
        summary = await beside(person.live, "--seconds", "12", "--record", str(tape))
        truth = await control(urls, "truth")
        requests = await control(urls, "requests")

    assert summary["ready"] is True
    assert summary["decisions"]["copied"] > 0, summary
    assert summary["fills"] > 0
    assert summary["copies_rehearsed"] > 0
    assert summary["drift"] in {None, "0"}
    verdict = judge(person.journal(), truth, requests["requests"], ADDRESS)
    assert verdict.orders >= summary["decisions"]["copied"] > 0
    assert verdict.lost_orders == verdict.doubled_orders == verdict.lost_fills == 0
    assert verdict.invented_fills == verdict.unjournaled_sends == 0

    replayed = json.loads(person.run("replay", str(tape), "--headless", "--json"))
    assert replayed["state_hash"] == summary["state_hash"]
    assert replayed["ledger"] == summary["ledger"]


async def test_a_second_session_goes_on_where_the_first_was_killed(
    tmp_path: Path, prepared: Path
) -> None:
    async with sandbox(wait_for_subscribers=False) as urls:
        person = Person(tmp_path / "home", urls)
        await beside(person.move_in, prepared)
        first = person.begin_live("--seconds", "60")
        while not (await control(urls, "truth"))["orders"]:
            assert first.poll() is None, first.communicate()
        first.kill()
        await beside(first.communicate)
        with person.settings_file.open("a", encoding="utf-8") as settings:
            settings.write("\n[live]\nrehearse = false\n")
        summary = await beside(person.live, "--seconds", "3")
        truth = await control(urls, "truth")

    assert summary["copies_rehearsed"] == 0
    known = {order.venue_order_id for order in person.journal().orders}
    assert set(truth["accounts"][ADDRESS]["orders"]) <= known
    assert summary["ready"] is True
    assert summary["recovery_ms"] < 2_000


@pytest.mark.parametrize("typed", ["", "LIVE", "yes", "LIVE 0000"])
async def test_without_the_phrase_nothing_is_armed(
    tmp_path: Path, prepared: Path, typed: str
) -> None:
    async with sandbox() as urls:
        person = Person(tmp_path / "home", urls)
        await beside(person.move_in, prepared)
        options = ("--headless", "--stdin", "--passphrase-fd", "0")
        done = await beside(lambda: person.try_to("live", *options, typed=typed + "\n"))
        truth = await control(urls, "truth")
    assert f"type `LIVE {ADDRESS[-4:].lower()}`" in sentence(done)
    assert not truth["orders"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "there is no terminal to ask on; use --passphrase-fd N and give the passphrase there"),
        (("--passphrase-fd", "77"), "--passphrase-fd 77 is not open for reading: open it in the "),
        (("--passphrase-fd", "0", "--theme", "nosuch"), "there is no theme 'nosuch'; there are "),
        (("--passphrase-fd", "0", "--record", "."), ". exists already; choose another name."),
    ],
)
async def test_what_cannot_go_on_is_refused_before_the_phrase_is_asked_for(
    tmp_path: Path, prepared: Path, options: tuple[str, ...], words: str
) -> None:
    async with sandbox() as urls:
        person = Person(tmp_path / "home", urls)
        await beside(person.move_in, prepared)
        done = await beside(lambda: person.try_to("live", "--stdin", *options, typed="LIVE 0000\n"))
    assert words in sentence(done)
    assert done.returncode == 2


async def test_a_key_in_the_environment_is_refused_by_name_only(tmp_path: Path) -> None:
    async with sandbox() as urls:
        person = Person(tmp_path / "home", urls)
        done = await beside(
            lambda: person.try_to("live", "--headless", "--stdin", BOT_PRIVATE_KEY="0xsecretsecret")
        )
    words = sentence(done)
    assert "unset BOT_PRIVATE_KEY" in words
    assert "secretsecret" not in words


async def test_without_a_profile_live_says_what_to_run(tmp_path: Path) -> None:
    async with sandbox() as urls:
        person = Person(tmp_path / "home", urls)
        done = await beside(lambda: person.try_to("live", "--headless", "--stdin"))
    assert "`polydesk setup`" in sentence(done)


async def test_a_blocked_place_is_told_and_paper_offered(tmp_path: Path, prepared: Path) -> None:
    async with sandbox() as urls:
        person = Person(tmp_path / "home", urls)
        await beside(person.move_in, prepared)
        await _block(urls.control)
        process = await beside(person.begin_live)
        _, complaints = await beside(process.communicate)
    assert process.returncode == 1
    assert "takes no orders from here" in complaints
    assert "polydesk paper" in complaints


async def _block(base: str) -> None:
    import httpx

    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{base}/geoblock", json={"blocked": True})
    assert answer.status_code == 200
