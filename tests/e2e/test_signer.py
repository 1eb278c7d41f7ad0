"""A real signer in a process of its own: orders and headers come back, secrets do not."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import msgspec
import pytest
from tests.unit.signer.asks import CAPS, MICROS, order, start_of
from tests.unit.signer.desk import API_KEY, API_PASSPHRASE, KEY, PASSPHRASE, signer, vault_in

from polydesk.domain.instruments import Side
from polydesk.errors import ConfigError, KeyStoreError, NotSignable, SignerLost, SignerRefused
from polydesk.signer import messages
from polydesk.signer.client import SignerProcess
from polydesk.signer.framing import LARGEST_REQUEST, Splitter, frame
from polydesk.signer.messages import Account, SignedOrder, SignOrder
from polydesk.venues.polymarket.signing.contracts import OrderVersion, exchange_domain
from polydesk.venues.polymarket.signing.keys import PrivateKey
from polydesk.venues.polymarket.signing.orders import OrderFields, SignatureType, order_id
from polydesk.venues.polymarket.signing.signatures import sign_order

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    vault_in(tmp_path / "keys")
    return tmp_path / "keys"


async def test_an_order_is_signed_as_the_key_itself_would(folder: Path) -> None:
    wanted = order(side=Side.SELL, price=610_000, size=12 * MICROS + 340_000)
    async with signer(start_of(folder)) as running:
        signed = await running.sign_order(wanted)

    key = PrivateKey(KEY)
    fields = OrderFields(
        salt=wanted.salt, maker=key.address, signer=key.address, token_id=int(wanted.token_id),
        maker_amount=12_340_000, taker_amount=7_527_400, side=Side.SELL,
        signature_type=SignatureType.EOA, timestamp_ms=wanted.timestamp_ms,
    )  # fmt: skip
    domain = exchange_domain(OrderVersion.V2, False)
    body = json.loads(signed.body)
    assert signed.order_id == order_id(fields, domain)
    assert body["order"]["signature"] == "0x" + sign_order(fields, domain, key).hex()
    assert (body["owner"], body["orderType"]) == (API_KEY, "GTC")
    assert (signed.maker_amount, signed.taker_amount) == (12_340_000, 7_527_400)


async def test_headers_are_made_for_signed_bodies_only(folder: Path) -> None:
    async with signer(start_of(folder)) as running:
        one, two = await running.sign_order(order()), await running.sign_order(order())
        headers = await running.headers("POST", "/order", one.body)
        batch = b"[" + one.body + b"," + two.body + b"]"
        assert await running.headers("POST", "/orders", batch)
        forged = one.body.replace(b'"BUY"', b'"SELL"')
        with pytest.raises(SignerRefused, match="not signed here"):
            await running.headers("POST", "/order", forged)

    assert headers["POLY_ADDRESS"] == PrivateKey(KEY).address
    assert headers["POLY_API_KEY"] == API_KEY
    assert headers["POLY_PASSPHRASE"] == API_PASSPHRASE


async def test_a_wrong_passphrase_is_a_sentence(folder: Path) -> None:
    with pytest.raises(KeyStoreError, match="passphrase is wrong"):
        async with signer(start_of(folder), passphrase="not this one"):
            pass


async def test_an_unknown_key_and_an_unfit_account_are_sentences(folder: Path) -> None:
    with pytest.raises(ConfigError, match="there is no key other"):
        async with signer(start_of(folder, key="other")):
            pass
    safe = Account(SignatureType.POLY_GNOSIS_SAFE)
    with pytest.raises(ConfigError, match="need the wallet"):
        async with signer(start_of(folder, account=safe)):
            pass


async def test_a_closed_signer_is_lost(folder: Path) -> None:
    async with signer(start_of(folder)) as running:
        await running.close()
        assert running.lost.is_set()
        with pytest.raises(SignerLost, match="closed"):
            await running.sign_order(order())


async def test_the_kill_switch_comes_as_a_message_or_a_signal(folder: Path) -> None:
    async with signer(start_of(folder)) as running:
        await running.latch()
        with pytest.raises(SignerRefused, match="kill switch"):
            await running.sign_order(order())
        assert await running.headers("DELETE", "/cancel-all")
    async with signer(start_of(folder)) as running:
        running.latch_now()
        with pytest.raises(SignerRefused, match="kill switch"):
            await sign_many(running)


async def sign_many(running: SignerProcess) -> None:
    for _ in range(200):
        await running.sign_order(order())


async def test_caps_and_clock_are_set_while_it_runs(folder: Path) -> None:
    async with signer(start_of(folder)) as running:
        await running.tighten(msgspec.structs.replace(CAPS, order_notional=MICROS))
        with pytest.raises(SignerRefused, match="notional of one order"):
            await running.sign_order(order())
        with pytest.raises(SignerRefused, match="loosened"):
            await running.tighten(CAPS)
        await running.set_clock_offset(500_000)
        with pytest.raises(SignerRefused, match="a minute from"):
            await running.sign_order(order())


async def test_many_questions_at_once_get_their_own_answers(folder: Path) -> None:
    async with signer(start_of(folder)) as running:
        orders = [order(price=10_000 * (1 + number % 98)) for number in range(300)]
        answers = await asyncio.gather(*map(running.sign_order, orders))
        reads = await asyncio.gather(*(running.headers("GET", "/data/orders") for _ in orders))

    assert [json.loads(answer.body)["order"]["salt"] for answer in answers] == [
        wanted.salt for wanted in orders
    ]
    assert all(read["POLY_API_KEY"] == API_KEY for read in reads)


async def test_a_number_that_no_message_holds_is_refused_before_it_is_asked(
    folder: Path,
) -> None:
    async with signer(start_of(folder)) as running:
        with pytest.raises(NotSignable, match="64 bits"):
            await running.sign_order(order(size=2**64))

        assert await running.sign_order(order())


async def test_orders_asked_for_at_once_are_told_once_each_though_nobody_waits(
    folder: Path,
) -> None:
    async with signer(start_of(folder)) as running:
        told: list[object] = []
        running.begin_order(order(), told.append)
        running.begin_order(order(price=0), told.append)
        assert not told, "whoever asks is never told within the asking"
        waiting = asyncio.create_task(running.sign_order(order()))
        await asyncio.sleep(0)
        waiting.cancel()

        assert await running.sign_order(order())
        assert [type(said) for said in told] == [SignedOrder, SignerRefused]


async def test_a_bell_changes_no_answer_and_holds_nothing_up(folder: Path) -> None:
    async with signer(start_of(folder)) as running:
        assert running.is_alive
        for _ in range(20):
            running.be_ready()
            assert (await running.sign_order(order())).order_id.startswith("0x")
        running.be_ready()
        await asyncio.sleep(0.01)
        assert await running.headers("GET", "/data/orders")
    running.be_ready()
    assert not running.is_alive


async def test_an_expected_order_is_answered_once_and_one_not_asked_for_never(
    folder: Path,
) -> None:
    async with signer(start_of(folder)) as running:
        told: list[object] = []
        wanted = order()
        running.expect_order(order())
        running.expect_order(order(price=1))
        running.expect_order(order(salt=2**70))
        running.expect_order(wanted)
        running.begin_order(wanted, told.append)
        assert await running.sign_order(order())
        assert [type(said) for said in told] == [SignedOrder]
    running.expect_order(wanted)
    assert not running.is_alive


async def test_a_rehearsal_changes_no_answer_and_counts_for_nothing(folder: Path) -> None:
    async with signer(start_of(folder)) as running:
        for _ in range(20):
            running.nudge()
            running.rehearse(order())
            assert (await running.sign_order(order())).order_id.startswith("0x")
        waiting = asyncio.create_task(running.sign_order(order()))
        await asyncio.sleep(0)
        running.rehearse(order())
        assert (await waiting).order_id.startswith("0x")
    running.nudge()
    running.rehearse(order())
    assert not running.is_alive


async def test_an_order_asked_of_a_signer_that_is_gone_is_told_so(folder: Path) -> None:
    async with signer(start_of(folder)) as running:
        pass
    told: list[object] = []
    running.begin_order(order(), told.append)
    assert not told
    await asyncio.sleep(0)
    assert [type(said) for said in told] == [SignerLost]


async def test_noise_in_the_pipe_neither_breaks_nor_opens_it(folder: Path) -> None:
    chance = Random(11)
    async with signer(start_of(folder)) as running:
        for _ in range(400):
            running._writer.send(chance.randbytes(chance.randrange(200)))
        running._writer.send(bytes(LARGEST_REQUEST + 1))
        running._writer.send(b"")
        assert await running.sign_order(order())
        with pytest.raises(SignerRefused, match="notional"):
            await running.sign_order(order(size=999 * MICROS))
        assert running.is_alive


async def test_a_signer_that_dies_loses_what_was_asked(folder: Path) -> None:
    async with signer(start_of(folder)) as running:
        os.kill(running.hello.pid, signal.SIGSTOP)
        asked = asyncio.gather(
            *(running.sign_order(order()) for _ in range(5)), return_exceptions=True
        )
        await asyncio.sleep(0)
        os.kill(running.hello.pid, signal.SIGKILL)
        ends = await asked
        assert all(isinstance(end, SignerLost) for end in ends)
        assert "killed by signal 9" in str(ends[0])
        assert running.lost.is_set()
        with pytest.raises(SignerLost):
            await running.headers("GET", "/data/orders")


async def test_a_signer_that_does_not_answer_is_not_waited_for(folder: Path) -> None:
    async with signer(start_of(folder), answer_s=0.05) as running:
        os.kill(running.hello.pid, signal.SIGSTOP)
        with pytest.raises(SignerLost, match=r"within 0.05 s"):
            await running.sign_order(order())
        os.kill(running.hello.pid, signal.SIGCONT)
        wanted, answer = await ask_until_answered(running)
        assert json.loads(answer.body)["order"]["salt"] == wanted.salt


async def ask_until_answered(running: SignerProcess) -> tuple[SignOrder, SignedOrder]:
    for _ in range(100):
        wanted = order()
        with contextlib.suppress(SignerLost):
            return wanted, await running.sign_order(wanted)
    return pytest.fail("no answer")


def test_a_bug_in_the_signer_tells_the_place_and_no_value(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", BROKEN, str(folder)],
        input=frame(messages.encode(start_of(folder))), capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    (said,) = Splitter(1 << 20).feed(done.stdout)

    assert messages.decode_opening(said).said == messages.Failed(
        "bug", "the signer broke: ZeroDivisionError at <string>:4"
    )
    assert done.stderr == b""


BROKEN = """
import polydesk.signer.__main__ as signer
def broken(*_):
    secret = "do not tell"; 1 / 0
signer.unlock = broken
signer.main([])
"""


def test_the_passphrase_is_asked_for_on_the_terminal(folder: Path) -> None:
    person = Person(folder)
    person.answer("Passphrase for main: ", "not this one")
    person.answer("Passphrase for main: ", PASSPHRASE)
    shown = person.end()

    assert "the passphrase is wrong" in shown
    assert "signed 0x" in shown
    assert PASSPHRASE not in shown
    assert "not this one" not in shown


class Person:
    """Somebody at the terminal of a desk that starts."""

    def __init__(self, folder: Path) -> None:
        self._seen = b""
        self._handle, inner = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", OWN_TERMINAL + DESK, str(folder)],
            stdin=inner, stdout=inner, stderr=inner, cwd=ROOT, start_new_session=True,
        )  # fmt: skip
        os.close(inner)

    def answer(self, prompt: str, text: str) -> None:
        while prompt.encode() not in self._seen:
            assert select.select([self._handle], [], [], 20)[0], self._seen
            self._seen += os.read(self._handle, 4_096)
        self._seen = self._seen.replace(prompt.encode(), b"", 1)
        os.write(self._handle, text.encode() + b"\n")

    def end(self) -> str:
        with contextlib.suppress(OSError):
            while more := os.read(self._handle, 4_096):
                self._seen += more
        self._process.wait(timeout=20)
        os.close(self._handle)
        return self._seen.decode()


OWN_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)"
"""A shell's child would have it already."""
DESK = """
import asyncio, pathlib, sys
from tests.unit.signer.asks import order, start_of
from polydesk.signer.client import SignerProcess

async def main():
    signer = await SignerProcess.start(start_of(pathlib.Path(sys.argv[1])))
    signed = await signer.sign_order(order())
    print("signed", signed.order_id)
    await signer.close()

asyncio.run(main())
"""
