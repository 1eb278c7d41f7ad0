"""What the benchmarks are fed: the bundled recording, and platform trades made after it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from functools import cache

from polydesk.domain.frames import CONTROL, MARKET, RTDS, Frame
from polydesk.domain.ids import TokenId, Wallet
from polydesk.replay.resolve import open_tape
from polydesk.venues.polymarket.wire.market import PRICE_CHANGE_TAIL

FOLLOWED = 5_000
HIT_EVERY = 500
"""One platform trade in so many is of a followed wallet."""
SEED = 20_261


@dataclass(frozen=True, slots=True)
class Recording:
    """The bundled recording, sorted by what it feeds."""

    frames: tuple[Frame, ...]
    market: tuple[Frame, ...]
    """Market channel, books first seen before their changes."""
    changes: tuple[bytes, ...]
    """Texts of price changes."""
    opening: tuple[Frame, ...]
    """Session, catalogue: what a desk has before the streams begin."""
    activity: tuple[Frame, ...]


@cache
def recording() -> Recording:
    """Read the bundled recording once."""
    with open_tape("demo") as tape:
        frames = tuple(tape)
    market = tuple(frame for frame in frames if frame.channel == MARKET)
    return Recording(
        frames=frames,
        market=market,
        changes=tuple(f.text for f in market if f.text.endswith(PRICE_CHANGE_TAIL)),
        opening=tuple(f for f in frames if f.channel == CONTROL or f.channel.startswith("rest:")),
        activity=tuple(frame for frame in frames if frame.channel == RTDS),
    )


def busiest_token() -> TokenId:
    """Return the outcome whose book changes most."""
    counts: Counter[bytes] = Counter()
    for text in recording().changes[:10_000]:
        counts[text[text.index(b'"asset_id":"') + 12 :].partition(b'"')[0]] += 1
    return TokenId(counts.most_common(1)[0][0].decode())


def followed_wallets() -> set[str]:
    """Return the addresses that are followed."""
    chance = random.Random(SEED)
    return {address(chance) for _ in range(FOLLOWED)}


def address(chance: random.Random) -> Wallet:
    """Return a made-up address."""
    return Wallet(f"0x{chance.getrandbits(160):040x}")


def platform_trades(count: int) -> list[Frame]:
    """Return trades of the whole platform, each with its own wallet and transaction."""
    chance = random.Random(SEED + 1)
    followed = sorted(followed_wallets())
    samples = recording().activity
    return [
        _trade(
            samples[number % len(samples)],
            chance.choice(followed) if number % HIT_EVERY == 0 else address(chance),
            f"0x{chance.getrandbits(256):064x}",
        )
        for number in range(count)
    ]


def _trade(sample: Frame, wallet: str, transaction: str) -> Frame:
    """Return a recorded trade under another wallet and transaction."""
    text = _replace_value(sample.text, b'"proxyWallet":"', wallet)
    text = _replace_value(text, b'"transactionHash":"', transaction)
    return Frame(RTDS, sample.ts_init, text)


def _replace_value(text: bytes, key: bytes, value: str) -> bytes:
    begin = text.index(key) + len(key)
    return text[:begin] + value.encode() + text[text.index(b'"', begin) :]
