"""A desk that trades through a real signer and writes everything a desk writes.

Run as a process of its own: the keys, the passphrase and the API secret are never given to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import io
import json
import logging
import os
import sqlite3
import sys
import traceback
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.traceback import Traceback
from tests.unit.signer.asks import CAPS, order, start_of

from polydesk.errors import SignerRefused
from polydesk.signer.client import SignerProcess
from polydesk.signer.line_client import LineSource, UserLineProcess
from polydesk.signer.line_messages import LineStart
from polydesk.signer.messages import SignedOrder

ORDERS = 20
PLANTED: list[Any] = []
"""What a test plants, to prove that a leak would be found."""


async def main(home: Path, passphrase_fd: int, rest: str, socket: str) -> None:
    logging.basicConfig(filename=home / "desk.log", level=logging.DEBUG)
    source = LineSource()
    signer = await SignerProcess.start(
        start_of(home / "keys", CAPS), passphrase_fd=passphrase_fd, line_fd=source.write_fd
    )
    source.hand_over()
    os.close(passphrase_fd)
    await signer.subscribe_user()
    texts: list[bytes] = []
    up = asyncio.Event()
    line = UserLineProcess.start(
        source,
        LineStart(socket),
        on_text=lambda ts, text: texts.append(text),
        on_change=lambda ts, is_up, why: up.set(),
    )
    await up.wait()
    signed = [await trade(signer, rest) for _ in range(ORDERS)]
    keep(home / "desk.db", signed)
    await plant_exceptions(home / "crash.txt", signer, line, source)
    print(json.dumps({"signer": signer.hello.pid, "line": line._process.pid}), flush=True)
    await wait_for_orders_of_the_test()
    await line.close()
    await signer.close()
    source.close()


async def trade(signer: SignerProcess, rest: str) -> SignedOrder:
    signed = await signer.sign_order(order())
    headers = await signer.headers("POST", "/order", signed.body)
    logging.info("sending %s with %s", signed, headers)
    host, port = rest.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join(["POST /order HTTP/1.1", *lines, "", ""])
    writer.write(head.encode() + signed.body)
    writer.write_eof()
    logging.info("answer %s", await reader.read())
    writer.close()
    return signed


def keep(path: Path, signed: list[SignedOrder]) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("pragma journal_mode=wal")
        database.execute("create table orders (id text, body blob)")
        database.executemany(
            "insert into orders values (?, ?)", [(row.order_id, row.body) for row in signed]
        )
        database.commit()


async def plant_exceptions(path: Path, *held: Any) -> None:
    """Crash at many depths, with every object of the desk in the frames, and write all of it."""
    out = io.StringIO()
    console = Console(file=out, width=200)
    signer: SignerProcess = held[0]
    for depth in range(12):
        try:
            await crash(depth, signer, held)
        except (SignerRefused, RuntimeError) as error:
            out.write("".join(traceback.format_exception(error)))
            console.print(
                Traceback.from_exception(
                    type(error), error, error.__traceback__, show_locals=True,
                    locals_max_string=100_000, locals_max_length=1_000,
                )
            )  # fmt: skip
            logging.exception("planted")
    out.write(repr([vars(thing) for thing in held]))
    write_crash(path, out.getvalue())


def write_crash(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        faulthandler.dump_traceback(file)


async def crash(depth: int, signer: SignerProcess, held: Any) -> None:
    if depth:
        await crash(depth - 1, signer, held)
    headers = await signer.headers("GET", "/data/orders")
    if depth % 2:
        raise RuntimeError(f"planted beside {headers}")
    await signer.sign_order(order(price=1))


async def wait_for_orders_of_the_test() -> None:
    """Plant what is asked for, until standard input ends."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        PLANTED.append(bytes.fromhex(line))
        print("planted", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
