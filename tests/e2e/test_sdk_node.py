"""The venue's official TypeScript clients trade on the sandbox, unchanged but for the hosts.

Collected where the clients are installed (see ``node_sdk``). Per client and market one script
goes through all steps and prints what each came to; the tests read that.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.e2e import node_sdk, sdk_docs, sdk_venue
from tests.e2e.sdk_venue import KINDS, Traded

from polydesk.sandbox.process import SandboxProcess
from polydesk.sandbox.urls import SandboxUrls

pytestmark = pytest.mark.e2e

CASES = [
    *(("clob_client_v2", kind) for kind in KINDS),
    # @polymarket/client 0.2.0 signs orders for the exchanges of the CTF tokens only.
    *(("unified", kind) for kind in KINDS if kind != "v2"),
]
MICROS = 1_000_000


@dataclass(frozen=True)
class Session:
    """What a client did in one market."""

    client: str
    market: Traded
    report: dict[str, Any]

    def step(self, name: str) -> Any:
        found = self.report[name]
        assert "failed" not in found, found["failed"]
        return found


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Session]:
    return asyncio.run(_sessions(node_sdk.workplace(tmp_path_factory.mktemp("sdk"))))


async def _sessions(folder: Path) -> dict[tuple[str, str], Session]:
    """Run every case; the markets side by side, the clients of a market one after another."""
    async with sdk_venue.sandbox(folder) as urls:
        markets = await sdk_venue.markets(urls)
        keys = sdk_venue.fresh_keys(0x10DE)
        found: dict[tuple[str, str], Session] = {}

        async def trade(kind: str) -> None:
            for client in (client for client, where in CASES if where == kind):
                venue = _venue(urls, markets[kind], next(keys), next(keys))
                report = await asyncio.to_thread(node_sdk.report, folder, f"{client}.mjs", venue)
                found[client, kind] = Session(client, markets[kind], report)

        await asyncio.gather(*(trade(kind) for kind in KINDS))
    return found


def _venue(urls: SandboxUrls, market: Traded, maker: str, taker: str) -> dict[str, Any]:
    return urls.as_dict() | {
        "maker": maker,
        "taker": taker,
        "yes": market.yes,
        "no": market.no,
        "condition": market.condition,
        "version": 3 if market.kind == "v2" else 2,
        "tick": float(market.tick),
        "bid": float(market.bid),
        "inside": {"yes": float(market.inside), "no": float(market.inside_no)},
    }


@pytest.fixture(params=CASES, ids=["-".join(case) for case in CASES])
def session(request: pytest.FixtureRequest, sessions: dict[tuple[str, str], Session]) -> Session:
    return sessions[request.param]


def resting(market: Traded, **more: Any) -> dict[str, Any]:
    """Return what a client must read of an order at the bid."""
    return {
        "price": float(market.bid), "size": 10, "side": "BUY", "type": "GTC", "outcome": "Yes",
        "market": market.condition, "status": "LIVE", **more,
    }  # fmt: skip


def test_keys_are_created_and_then_derived(session: Session) -> None:
    assert session.step("keys")["same"] is True
    assert len(session.step("keys")["listed"]) == 1


def test_a_limit_order_rests_until_it_is_canceled(session: Session) -> None:
    step = session.step("gtc")
    own = [step["placed"]["id"]]
    assert step["placed"]["status"] == "live"
    assert step["order"].items() >= resting(session.market).items()
    assert (step["listed"], step["canceled"], step["left"]) == (own, own, [])


def test_a_good_till_date_order_states_its_end(session: Session) -> None:
    step = session.step("gtd")
    assert step["placed"]["status"] == "live"
    assert step["order"].items() >= resting(session.market, type="GTD").items()
    assert "expires" in step["order"] or step["order"]["expiration"] == step["expiration"]


def test_a_post_only_order_never_takes(session: Session) -> None:
    step = session.step("post_only")
    assert step["crossing"]["status"] == 400
    assert "cross" in step["crossing"]["text"]
    assert step["passive"]["status"] == "live"


def test_a_fok_buy_is_filled_and_confirmed_for_both_sides(session: Session) -> None:
    step, market = session.step("fok"), session.market
    assert step["bought"]["status"] == "matched"
    assert Decimal(step["bought"]["taking"]) == 20
    assert Decimal(step["bought"]["making"]) == 20 * market.inside
    taken, made = step["taken"], step["made"]
    assert (taken["role"], taken["side"], taken["size"]) == ("TAKER", "BUY", 20)
    assert taken["price"] == float(market.inside)
    assert made["role"] == "MAKER"
    assert made["hash"] == taken["hash"] != ""
    own = {"side": "BUY", "token": market.no, "price": float(market.inside_no), "size": 20}
    assert made["makers"] == [own]


def test_balances_follow_the_fill_to_the_micro(session: Session) -> None:
    market = session.market
    paid = (20 * market.inside + market.fee(20, market.inside)) * MICROS
    assert session.step("fok")["change"] == [-paid, 20 * MICROS]


def test_a_fak_sell_takes_what_is_there(session: Session) -> None:
    step = session.step("fak")
    assert step["sold"]["status"] == "matched"
    assert Decimal(step["sold"]["making"]) == 8
    assert Decimal(step["sold"]["taking"]) == 8 * session.market.inside
    assert (step["taken"]["side"], step["taken"]["size"], step["left"]) == ("SELL", 8, [])


def test_a_buy_whose_shares_do_not_divide_evenly_is_taken(session: Session) -> None:
    """Shares rounded down reach an offer at the limit, shares rounded up lie below it."""
    answer = session.step("uneven")
    if session.client == "unified":
        assert answer["status"] == 400
        assert "no orders found to match with FAK order" in answer["text"]
    else:
        assert answer["accepted"]["status"] == "matched"
        assert 0 <= Decimal("9.97") - Decimal(answer["accepted"]["making"]) < Decimal("0.001")


def test_orders_without_a_counterpart_are_killed(session: Session) -> None:
    killed = session.step("killed")
    assert (killed["fok"]["status"], killed["fak"]["status"]) == (400, 400)
    assert "FOK orders are fully filled or killed" in killed["fok"]["text"]
    assert "no orders found to match with FAK order" in killed["fak"]["text"]


def test_a_limit_sell_rests_on_shares_that_were_bought(session: Session) -> None:
    step, price = session.step("sell_limit"), float(1 - session.market.tick)
    wanted = resting(session.market, side="SELL", size=5, price=price)
    assert step["placed"]["status"] == "live"
    assert step["order"].items() >= wanted.items()


def test_each_order_of_a_batch_is_judged_alone(session: Session) -> None:
    step = session.step("batch")
    first, small, second = step["placed"]
    good = sorted([first["id"], second["id"]])
    assert (first["status"], second["status"], small["status"]) == ("live", "live", "")
    assert "lower than the minimum" in small["error"]
    assert (step["listed"], step["canceled"]) == (good, good)


def test_cancels_by_market_and_of_all_are_of_the_own_key_only(session: Session) -> None:
    step = session.step("cancels")
    foreign = [step["foreign"]["id"]]
    assert step["market"] == {"canceled": [step["first"]["id"]], "kept": []}
    assert step["all"] == {"canceled": [step["second"]["id"]], "kept": []}
    assert step["refused"] == {"canceled": [], "kept": foreign}
    assert step["kept"] == foreign


def test_refusals_are_the_venues_own(session: Session) -> None:
    step = session.step("refusals")
    assert (step["poor"]["status"], step["small"]["status"]) == (400, 400)
    assert "not enough balance / allowance" in step["poor"]["text"]
    assert "lower than the minimum" in step["small"]["text"]


@pytest.fixture(params=[kind for client, kind in CASES if client == "unified"])
def streamed(request: pytest.FixtureRequest, sessions: dict[tuple[str, str], Session]) -> Session:
    """A session of the client that has sockets."""
    return sessions["unified", request.param]


def test_the_user_subscription_tells_orders_and_fills(streamed: Session) -> None:
    step = streamed.step("user_socket")
    told = [(e["type"], e["id"], e.get("kind") or e["status"]) for e in step["events"]]
    rested, bought = step["placed"]["id"], step["bought"]
    assert told[:2] == [("order", rested, "PLACEMENT"), ("order", rested, "CANCELLATION")]
    statuses = [status for kind, id_, status in told if id_ == bought["trades"][0]]
    assert statuses == [f"TRADE_STATUS_{name}" for name in ("MATCHED", "MINED", "CONFIRMED")]
    assert {e["role"] for e in step["events"] if e["type"] == "trade"} == {"TAKER"}


def test_the_market_subscription_opens_with_the_books(streamed: Session) -> None:
    market = streamed.market
    yes, no = streamed.step("market_socket")["events"]
    assert (yes["type"], yes["token"], yes["bid"]) == ("book", market.yes, float(market.bid))
    assert (no["type"], no["token"], no["ask"]) == ("book", market.no, float(1 - market.bid))


async def test_the_examples_of_the_page_run(tmp_path: Path) -> None:
    folder = node_sdk.workplace(tmp_path)
    async with await SandboxProcess.start("demo") as process:
        programs = sdk_docs.examples("ts", sdk_docs.address_of(process.urls))
        assert len(programs) == 2
        for number, program in enumerate(programs):
            (folder / f"{number}.mjs").write_text(f"{program}\nprocess.exit(0);\n")
            printed = await asyncio.to_thread(node_sdk.run, folder, f"{number}.mjs")
            assert printed.split() == ["live", "0.1", "true"]
