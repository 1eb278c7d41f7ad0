"""What a user of the sandbox may choose about trading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from polydesk.domain.units import MICROS, parse_micros
from polydesk.errors import ConfigError, NotSignable, WireError
from polydesk.venues.polymarket.signing.addresses import parse_address, write_address
from polydesk.venues.simulation.latency import MILLISECOND, LatencyModel

DEFAULT_CASH: Final = 10_000 * MICROS
SECOND: Final = 1_000_000_000
LARGEST_CASH: Final = 10**12
"""pUSD that an account may start with: sums of such amounts still fit 64 bits."""
LONGEST_STEP_MS: Final = 3_600_000
LONGEST_TOLERANCE_S: Final = 365 * 86_400


@dataclass(frozen=True, slots=True)
class TradingOptions:
    """Settings of the trading side; the same ones give the same exchange."""

    seed: int = 0
    cash: int = DEFAULT_CASH
    """Micro-pUSD that each wallet of an unknown key starts with."""
    accounts: Mapping[str, int] = field(default_factory=dict)
    """Chosen wallets by address with their micro-pUSD."""
    sessions: tuple[tuple[str, str], ...] = ()
    """(deposit wallet, session key) pairs that are authorised from the start."""
    tolerance_s: int = 60
    """How far a request's timestamp may be from the exchange's time or the wall clock."""
    step_ms: int = 1_500
    """Least time of one step of settlement; up to twice as much is added by chance."""
    practice: bool = False
    """Whether there is a practice market of Protocol V2."""

    @property
    def step(self) -> LatencyModel:
        """Return the time from one step of settlement to the next."""
        base = self.step_ms * MILLISECOND
        return LatencyModel(base, 2 * base)


def read_accounts(texts: Sequence[str]) -> dict[str, int]:
    """Read ``ADDRESS=CASH`` options.

    Raises:
        ConfigError: One of them has another form.
    """
    return dict(_account(text) for text in texts)


def read_sessions(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Read ``WALLET=KEY`` options: a deposit wallet and the address of its session key.

    Raises:
        ConfigError: One of them has another form.
    """
    return tuple(_session(text) for text in texts)


def read_cash(text: str) -> int:
    """Read an amount of pUSD in micros.

    Raises:
        ConfigError: It is none, below zero, or more than there could be.
    """
    try:
        amount = parse_micros(text)
    except WireError as error:
        raise ConfigError(f"{text!r} is no amount of pUSD; write 10000 or 0.5.") from error
    if not 0 <= amount <= LARGEST_CASH * MICROS:
        raise ConfigError(f"An account cannot start with {text} pUSD; write 0 to {LARGEST_CASH}.")
    return amount


def read_tolerance(seconds: int) -> int:
    """Check how many seconds a signed time may be off.

    Raises:
        ConfigError: Nobody could mean that many.
    """
    return _between("--clock-tolerance", seconds, LONGEST_TOLERANCE_S, "seconds")


def read_step(milliseconds: int) -> int:
    """Check the least time of one step of settlement.

    Raises:
        ConfigError: Nobody could mean that many.
    """
    return _between("--settle-ms", milliseconds, LONGEST_STEP_MS, "milliseconds")


def _between(option: str, value: int, most: int, unit: str) -> int:
    if not 0 <= value <= most:
        raise ConfigError(f"{option} {value} is out of range; write 0 to {most} {unit}.")
    return value


def _account(text: str) -> tuple[str, int]:
    address, found, cash = text.partition("=")
    if not found:
        raise ConfigError(f"--account {text!r}: write ADDRESS=CASH.")
    return _address("--account", address), read_cash(cash)


def _session(text: str) -> tuple[str, str]:
    wallet, found, key = text.partition("=")
    if not found:
        raise ConfigError(f"--session {text!r}: write WALLET=KEYADDRESS.")
    return _address("--session", wallet), _address("--session", key)


def _address(option: str, text: str) -> str:
    try:
        return write_address(parse_address(text.strip()))
    except NotSignable as error:
        raise ConfigError(f"{option}: {error}.") from error
