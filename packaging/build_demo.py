"""Build the bundled demo recording from recorded data whose licences allow shipping.

Usage: ``python packaging/build_demo.py DATA_DIR OUT``. The same inputs give the same bytes.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from demo_accounts import (
    EVENT_SLUG,
    NAMES,
    WALLETS_PER_ACCOUNT,
    Account,
    DemoMarket,
    Order,
    execute,
    plan_orders,
    platform_frames,
)

from polydesk.domain.commands import CopyMode, CopyRule, FollowLeader, Sizing
from polydesk.domain.frames import CONTROL, REST_EVENTS, Frame
from polydesk.domain.ids import TokenId, Wallet
from polydesk.domain.limits import RiskLimits
from polydesk.domain.units import PriceMicros, UsdMicros
from polydesk.replay.importing.parts import (
    NS_PER_MS,
    NS_PER_S,
    book_frame,
    compact,
    in_order,
    market_row,
    markets_frame,
)
from polydesk.replay.importing.ticks import TickRow, TickStream, read_rows
from polydesk.replay.tape import TapeHeader, TapeReader, TapeWriter
from polydesk.runtime.control import SessionOpened, encode_session

TICKS = "ticks/nhl_vgk_car_20260607_0130.csv.gz"
SCORES = "ticks/espn_nhl_401874173.csv"
TRADES = "wallets/polycopy_data_api_trades_global_sample.json.gz"
EVENT = "gamma/negrisk_event_full.json.gz"
LISTINGS = (
    "gamma/polycopy_gamma_markets_categories_sample.json.gz",
    "gamma/polycopy_gamma_top_markets_sample.json.gz",
)
INPUTS = (TICKS, SCORES, TRADES, EVENT, *LISTINGS)
START = int(datetime.fromisoformat("2026-06-07T01:42:33+00:00").timestamp()) * NS_PER_S
END = int(datetime.fromisoformat("2026-06-07T01:45:01+00:00").timestamp()) * NS_PER_S
SEED = 20260607
GAME = "Golden Knights v Hurricanes, game 4"
COPYRIGHT = {
    "SobhiSandakli/Polymarket-Tickscope": "Copyright (c) 2026 Sobhi Sandakli",
    "nexiumito/polycopy": "Copyright 2026 nexiumito",
    "funkekaiser/polyarb": "Copyright (c) 2026 Jonathan Funke-Kaiser",
}
"""As each repository's licence file says."""
LICENCE = Path(__file__).resolve().parent.parent / "LICENSE"
NOTES = (
    "DEMO: real books and trades of 2026-06-07; the followed wallets are sandbox accounts.",
    "Stanley Cup final game 4, 01:42:33 to 01:45:01 UTC; the score feed shows Golden Knights"
    " goals at 01:42:59 and 01:44:10. Six markets of the game, recorded side by side.",
    "Which market of the game is which was not recorded: they are called A to F, most traded"
    " first; outcome 1 is the one that rose in these minutes.",
    "Opening books hold every level seen in the eleven minutes before; older resting orders are"
    " missing. A level whose removal went unrecorded is removed when the recorded best price"
    " shows that it is gone.",
    "Condition ids, market ids and slugs of the game are made up; no fees were recorded, so none"
    " are charged. Only the venue's times were recorded: a market message is received at its time, or"
    " with the one before it when its time steps back.",
    "Followed wallets: no recording holds books and wallets of the same minutes. Six accounts of"
    " the sandbox exchange trade on the recorded books, with the times (compressed to the window)"
    " and sizes of real fills of 24 wallets of 2026-04-18; prices are what the recorded book gave"
    " at that moment.",
    "Other platform trades are recorded fills of 2026-04-18, their times moved into the window.",
)


def main(arguments: Sequence[str]) -> int:
    """Build the recording and print what it holds."""
    if len(arguments) != 2:
        sys.stderr.write("usage: build_demo.py DATA_DIR OUT\n")
        return 2
    data, out = Path(arguments[0]), Path(arguments[1])
    frames = build(data)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)
    with TapeWriter(out, header(data)) as writer:
        for frame in frames:
            writer.write(frame.channel, frame.ts_init, frame.text)
    (out.parent / "ATTRIBUTION.md").write_text(attribution_page(data), encoding="utf-8")
    report(out)
    return 0


def build(data: Path) -> list[Frame]:
    """Return the demo's frames in order of receipt."""
    rows = read_rows(_lines(data / TICKS))
    cut = next(n for n, row in enumerate(rows) if row.ts_ns >= START)
    stream = TickStream.begin(rows)
    for _ in stream.feed(rows[:cut]):
        pass
    markets = name_markets(stream, rows)
    trades = json.loads("".join(_lines(data / TRADES)))
    chance = random.Random(SEED)
    window = (START + 700 * NS_PER_MS, END - 5 * NS_PER_S)
    accounts, orders = plan_orders(trades, markets, window, chance)
    opening = [
        session_frame(markets, accounts),
        *catalogue_frames(data, markets, stream),
        *opening_books(stream, rows[cut:]),
    ]
    live, own = play_window(stream, rows[cut:], orders, chance)
    others = platform_frames(trades, WALLETS_PER_ACCOUNT * len(NAMES), (START, END), chance)
    return opening + merge(live, [*own, *others, *score_frames(data)])


def name_markets(stream: TickStream, rows: Sequence[TickRow]) -> list[DemoMarket]:
    """Return the recorded pairs as markets A, B, …: most traded first, the riser as outcome 1."""
    trades = Counter(row.token for row in rows if row.is_trade)
    first: dict[TokenId, int] = {}
    last: dict[TokenId, int] = {}
    for row in rows:
        if row.ts_ns >= START and not row.is_trade:
            middle = row.best_bid + row.best_ask
            first.setdefault(row.token, middle)
            last[row.token] = middle
    pairs = sorted(stream.pairs, key=lambda pair: -sum(trades[token] for token in pair))
    markets = []
    for letter, pair in zip("ABCDEF", pairs, strict=True):
        one, two = sorted(pair, key=lambda token: (first[token] - last[token], token))
        title = f"{GAME} · market {letter}"
        markets.append(DemoMarket(letter, title, stream.conditions[one], (one, two)))
    return markets


def catalogue_frames(
    data: Path, markets: Sequence[DemoMarket], stream: TickStream
) -> Iterator[Frame]:
    """Yield the game's markets and recorded listings of other markets."""
    event = {"id": "demo-1", "slug": EVENT_SLUG, "title": GAME}
    rows = [
        market_row(
            market.condition_id,
            market.tokens,
            (f"{market.letter}1", f"{market.letter}2"),
            question=market.title,
            slug=f"{EVENT_SLUG}-{market.letter.lower()}",
            market_id=f"demo-1{market.letter}",
            tick=stream.ticks[market.tokens[0]],
            event=event,
        )
        | {
            "feesEnabled": False,
            "description": "Which market of the game this is was not recorded.",
        }
        for market in markets
    ]
    yield markets_frame(rows, START - 4 * NS_PER_MS)
    game = {**event, "active": True, "closed": False, "negRisk": False, "version": "v1"}
    world_cup = json.loads("".join(_lines(data / EVENT)))
    events = compact([{**game, "markets": rows}, world_cup])
    yield Frame(REST_EVENTS, START - 3 * NS_PER_MS, events)
    for name in LISTINGS:
        yield markets_frame(json.loads("".join(_lines(data / name))), START - 2 * NS_PER_MS)


def opening_books(stream: TickStream, rows: Sequence[TickRow]) -> Iterator[Frame]:
    """Yield the full book of each token at the cut, dated before its next change."""
    dated = dict.fromkeys(stream.books, START)
    for row in rows:
        dated[row.token] = min(dated[row.token], row.ts_ns)
    for token, book in stream.books.items():
        yield book_frame(
            stream.conditions[token],
            token,
            dated[token] - NS_PER_MS,
            book.bids,
            book.asks,
            tick=book.tick,
            received_ns=START - NS_PER_MS,
        )


def play_window(
    stream: TickStream, rows: Sequence[TickRow], orders: Iterable[Order], chance: random.Random
) -> tuple[list[Frame], list[Frame]]:
    """Return the market frames of the window and the messages about the accounts' fills."""
    live: list[Frame] = []
    own: list[Frame] = []
    at = 0
    for order in orders:
        end = at
        while end < len(rows) and rows[end].ts_ns <= order.at_ns:
            end += 1
        live.extend(stream.feed(rows[at:end]))
        at = end
        message = execute(order, stream.books, chance)
        if message is not None:
            own.append(message)
    live.extend(stream.feed(rows[at:]))
    return live, own


def score_frames(data: Path) -> Iterator[Frame]:
    """Yield a remark on the control channel for each goal the score feed saw."""
    for row in csv.DictReader(_lines(data / SCORES)):
        ts_ns = int(row["ts_ms"]) * NS_PER_MS
        if START <= ts_ns < END and row["event_type"] == "score_change":
            text = f"Score feed: Golden Knights {row['home_score']}, Hurricanes {row['away_score']}"
            yield Frame(CONTROL, ts_ns, compact({"kind": "note", "text": text}))


def merge(live: Sequence[Frame], others: Sequence[Frame]) -> list[Frame]:
    """Lay other frames between the market frames by receive time."""
    return sorted([*in_order(live), *others], key=lambda frame: frame.ts_init)


def session_frame(markets: Sequence[DemoMarket], accounts: Sequence[Account]) -> Frame:
    """Return the opening of the session: cash, watchlist, followed accounts, limits."""
    leaders = tuple(
        FollowLeader(Wallet(account.wallet), account.name, rule)
        for account, rule in zip(accounts, rules(), strict=True)
    )
    watch = tuple(token for market in markets for token in market.tokens)
    session = SessionOpened(UsdMicros(10_000_000_000), leaders, watch, RiskLimits())
    return encode_session(session, START - 5 * NS_PER_MS)


def rules() -> tuple[CopyRule, ...]:
    """Return one rule per account: each shows another side of copying."""
    return (
        CopyRule(cash=UsdMicros(25_000_000), max_slippage=PriceMicros(10_000)),
        CopyRule(cash=UsdMicros(50_000_000), max_leader_usd=UsdMicros(200_000_000)),
        CopyRule(cash=UsdMicros(40_000_000), max_slippage=PriceMicros(5_000)),
        CopyRule(sizing=Sizing.PERCENT, percent=10_000_000, max_day_usd=UsdMicros(150_000_000)),
        CopyRule(sizing=Sizing.PERCENT, percent=5_000_000, max_age_ms=900),
        CopyRule(mode=CopyMode.WATCH),
    )


def header(data: Path) -> TapeHeader:
    """Return the recording's header."""
    return TapeHeader(
        title=GAME,
        source="Polymarket market channel, RTDS activity and Gamma, as recorded by others",
        attribution=" ".join(f"{line}." for line in sources(data)),
        licence="MIT (recorded data: each source under its MIT licence)",
        notes=NOTES,
        meta={"kind": "converted", "demo": "yes"},
    )


def sources(data: Path) -> list[str]:
    """Return one line per input: repository, path, commit and licence, from the manifest."""
    manifest = json.loads((data / "manifest.json").read_text(encoding="utf-8"))
    lines = []
    for name in INPUTS:
        entry = find_entry(manifest, name)
        lines.append(f"{entry['repo']} {entry['path']} @ {entry['commit']} ({entry['licence']})")
    return lines


def find_entry(manifest: Any, name: str) -> dict[str, Any]:
    """Return a file's manifest entry, refusing what may not be shipped."""
    entries: list[dict[str, Any]] = manifest
    entry = next(entry for entry in entries if entry["file"] == name)
    if entry["licence"] != "MIT" or entry["repo"] not in COPYRIGHT:
        raise SystemExit(f"{name} may not be shipped: licence {entry['licence']}")
    return entry


def attribution_page(data: Path) -> str:
    """Return the page that travels with the recording."""
    lines = "\n".join(f"- {line}" for line in sources(data))
    holders = "\n".join(COPYRIGHT.values())
    permission = LICENCE.read_text(encoding="utf-8").partition("Permission is hereby")
    notes = "\n".join(f"- {note}" for note in NOTES)
    return (
        "# The demo recording\n\n`demo.tape` is built by `packaging/build_demo.py` from these"
        f" recordings, all under the MIT licence of their authors:\n\n{lines}\n\n"
        f"## What it shows and what it does not\n\n{notes}\n\n"
        f"## Licence of the recorded data\n\n```\n{holders}\n\n"
        f"{permission[1]}{permission[2].rstrip()}\n```\n"
    )


def report(out: Path) -> None:
    """Print the size and the frames per channel."""
    with TapeReader(out) as reader:
        channels = Counter(frame.channel for frame in reader)
        print(f"{out.stat().st_size:,} bytes, {reader.frame_count:,} frames: {dict(channels)}")  # noqa: T201


def _lines(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        yield from stream


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
