"""Settings with their defaults. Frozen; an unknown key is refused.

Money, prices and sizes are written as decimal texts (``"25"``, ``"0.02"``) and read exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from polydesk.domain.commands import CopyMode, CopyRule, FollowLeader, Sizing
from polydesk.domain.ids import TokenId, wallet
from polydesk.domain.limits import RiskLimits
from polydesk.domain.text import clean
from polydesk.domain.units import PriceMicros, UsdMicros, parse_micros
from polydesk.errors import WireError

LARGEST_MICROS = 10**18
"""A trillion: sums of such amounts still fit the journal's 64-bit columns."""
WALLET_PATTERN = r"^0x[0-9a-fA-F]{40}$"


def _micros(value: object) -> int:
    """Read ``"25.5"``, ``25`` or a TOML float that is short enough to be exact."""
    try:
        return parse_micros(str(value))
    except WireError as error:
        raise ValueError(
            f"write a plain decimal number such as 25 or 0.02, not {value!r}"
        ) from error


def _address(value: str, schemes: tuple[str, str]) -> str:
    """Return an address unharmed when it has a host and one of the schemes, or is empty."""
    try:
        parts = urlsplit(value)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if value and not (is_whole and parts.scheme in schemes):
        start = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ValueError(f"write an address that begins with {start}, not {clean(value)!r}")
    return value


Micros = Annotated[int, BeforeValidator(_micros), Field(ge=0, le=LARGEST_MICROS)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class UiSettings(_Model):
    """How the desk looks."""

    theme: str = "midnight"
    """Name of a theme, shipped or the user's own."""
    keys: Mapping[str, str] = Field(default_factory=dict)
    """Own keys: command id to comma-separated keys."""


class PaperSettings(_Model):
    """The paper account."""

    cash: Micros = Field(default="10000")  # type: ignore[assignment]
    """Money of a new account."""


class RiskSettings(_Model):
    """Limits of the risk gate; equal to a limit is allowed."""

    max_order_usd: Micros = Field(default="250")  # type: ignore[assignment]
    max_market_usd: Micros = Field(default="1000")  # type: ignore[assignment]
    max_total_usd: Micros = Field(default="5000")  # type: ignore[assignment]
    max_open_orders: int = Field(default=50, ge=1, le=10_000)
    max_daily_loss_usd: Micros = Field(default="500")  # type: ignore[assignment]
    max_book_age_ms: int = Field(default=60_000, ge=100)
    max_orders_per_minute: int = Field(default=120, ge=1, le=10_000)

    def limits(self) -> RiskLimits:
        """Return the limits as the engine takes them."""
        return RiskLimits(
            max_order_usd=UsdMicros(self.max_order_usd),
            max_market_usd=UsdMicros(self.max_market_usd),
            max_total_usd=UsdMicros(self.max_total_usd),
            max_open_orders=self.max_open_orders,
            max_daily_loss_usd=UsdMicros(self.max_daily_loss_usd),
            max_book_age_ms=self.max_book_age_ms,
            max_orders_per_minute=self.max_orders_per_minute,
        )


class LiveSettings(_Model):
    """Trading with real money. The signer holds these caps whatever the desk believes."""

    max_order_shares: Micros = Field(default="5000")  # type: ignore[assignment]
    """Shares of one order."""
    max_minute_usd: Micros = Field(default="1000")  # type: ignore[assignment]
    """Price times size of all orders signed within a minute."""
    max_day_usd: Micros = Field(default="10000")  # type: ignore[assignment]
    """The same within 24 hours."""
    max_orders_per_minute: int = Field(default=60, ge=1, le=2_400)
    max_orders_per_day: int = Field(default=2_000, ge=1, le=1_000_000)
    longest_life_days: int = Field(default=90, ge=1, le=365)
    """How far ahead a GTD order may expire."""
    heartbeat: bool = False
    """Whether the venue shall cancel every open order of this API key ten seconds after the
    desk falls silent. Once begun it cannot be stopped but by that cancel."""
    rehearse: bool = True
    """Whether copies are rehearsed while the streams are busy, so that a real one is quick."""


class LeaderSettings(_Model):
    """One followed wallet."""

    wallet: str = Field(pattern=WALLET_PATTERN)
    """Its address: 0x and 40 hex digits."""
    name: str = ""
    mode: Literal["watch", "auto"] = "watch"
    sizing: Literal["fixed_cash", "percent"] = "fixed_cash"
    cash: Micros = Field(default="25")  # type: ignore[assignment]
    percent: Micros = Field(default="10")  # type: ignore[assignment]
    max_age_ms: int = Field(default=10_000, ge=1)
    max_slippage: Micros = Field(default="0.02")  # type: ignore[assignment]
    min_price: Micros = Field(default="0.02")  # type: ignore[assignment]
    max_price: Micros = Field(default="0.98")  # type: ignore[assignment]
    max_leader_usd: Micros = Field(default="500")  # type: ignore[assignment]
    max_day_usd: Micros = Field(default="1000")  # type: ignore[assignment]
    aggregate_window_ms: int = Field(default=60_000, ge=0)

    @field_validator("name")
    @classmethod
    def _clean_name(cls, value: str) -> str:
        return clean(value, 40)

    def follow(self) -> FollowLeader:
        """Return the command that follows this wallet."""
        rule = CopyRule(
            mode=CopyMode(self.mode),
            sizing=Sizing(self.sizing),
            cash=UsdMicros(self.cash),
            percent=self.percent,
            max_age_ms=self.max_age_ms,
            max_slippage=PriceMicros(self.max_slippage),
            min_price=PriceMicros(self.min_price),
            max_price=PriceMicros(self.max_price),
            max_leader_usd=UsdMicros(self.max_leader_usd),
            max_day_usd=UsdMicros(self.max_day_usd),
            aggregate_window_ms=self.aggregate_window_ms,
        )
        return FollowLeader(wallet(self.wallet), self.name, rule)


class HostSettings(_Model):
    """Where the venue is; empty means the venue's own address."""

    gamma: str = ""
    clob: str = ""
    data: str = ""
    market_ws: str = ""
    rtds_ws: str = ""
    user_ws: str = ""
    relayer: str = ""
    geoblock: str = ""

    @field_validator("gamma", "clob", "data", "relayer", "geoblock")
    @classmethod
    def _check_site(cls, value: str) -> str:
        return _address(value, ("http", "https"))

    @field_validator("market_ws", "rtds_ws", "user_ws")
    @classmethod
    def _check_socket(cls, value: str) -> str:
        return _address(value, ("ws", "wss"))


class Settings(_Model):
    """Everything in ``config.toml``."""

    ui: UiSettings = UiSettings()
    paper: PaperSettings = PaperSettings()
    risk: RiskSettings = RiskSettings()
    live: LiveSettings = LiveSettings()
    hosts: HostSettings = HostSettings()
    leaders: tuple[LeaderSettings, ...] = ()
    watch: tuple[str, ...] = ()
    """Outcome tokens on the watchlist."""

    @field_validator("watch")
    @classmethod
    def _check_tokens(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for token in value:
            if not (token.isascii() and token.isdigit()):
                raise ValueError(f"an outcome token is a decimal number, not {token!r}")
        return value

    @property
    def tokens(self) -> tuple[TokenId, ...]:
        """The watchlist as ids."""
        return tuple(TokenId(token) for token in self.watch)
