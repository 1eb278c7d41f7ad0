"""Integer micro-units: the only code that multiplies, divides or rounds money.

Prices, sizes and collateral are integers in micro-units (10**-6). Six decimals is what the
chain signs, and the finest tick (0.0001) is 100 micros.

Source: shared notes ``polymarket/trading.md`` (pUSD and outcome shares have six decimals).
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact
from typing import NewType

from polydesk.errors import WireError

PriceMicros = NewType("PriceMicros", int)
"""Price of one share in micro-pUSD, 0 to 1,000,000."""
ShareMicros = NewType("ShareMicros", int)
"""Number of shares in micro-shares."""
UsdMicros = NewType("UsdMicros", int)
"""Collateral (pUSD) in micro-dollars."""

MICROS = 1_000_000
ONE_PRICE = PriceMicros(MICROS)
FEE_GRAIN = 10
"""Fees have five decimals, so the grain is ten micro-dollars."""

_LARGEST_EXPONENT = 20
"""Amounts stay below 10**21, so that hostile exponents cannot make endless integers."""
_SURE_FLOAT = 1e9
_SURE_DISTANCE = 0.25
_EXACT = Context(prec=100, traps=[Inexact])
_DIGITS_28 = Context(prec=28)
_JSON_NUMBER = re.compile(
    r"-?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?", re.ASCII
)
_PLAIN_DECIMAL = re.compile(r"-?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})", re.ASCII)


def parse_micros(text: str) -> int:
    """Read a plain decimal text exactly as micro-units.

    Args:
        text: Digits with an optional minus and fraction, such as ``"0.53"`` or ``".5"``.

    Returns:
        The value times 10**6.

    Raises:
        WireError: The text is not a plain decimal or has more than six significant decimals.
    """
    if _PLAIN_DECIMAL.fullmatch(text) is None:
        raise WireError(f"not a plain decimal number: {text[:40]!r}")
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > 6:
        raise WireError(f"more than six decimals: {text[:40]!r}")
    negative = whole.startswith("-")
    digits = whole[1:] if negative else whole
    value = int(digits or "0") * MICROS + int((fraction + "000000")[:6])
    return -value if negative else value


def micros_from_decimal(value: Decimal) -> int:
    """Turn an exact decimal into micro-units; raise WireError when it does not fit."""
    if not value.is_finite() or value.adjusted() > _LARGEST_EXPONENT:
        raise WireError(f"not a number of this size: {value}")
    try:
        scaled = value.scaleb(6, context=_EXACT)
    except Inexact:
        raise WireError(f"more than six decimals: {str(value)[:40]}") from None
    whole = int(scaled)
    if scaled != whole:
        raise WireError(f"more than six decimals: {str(value)[:40]}")
    return whole


def micros_from_json_number(value: float | int | str) -> int:
    """Read a JSON number that a venue serialised from a float, to the nearest micro-unit.

    Data API and RTDS rows carry sizes and prices as JSON numbers such as ``0.4800000008``.
    They describe other people's trades and never enter our ledger unrounded.

    Raises:
        WireError: The value is not a number, not finite or too large to be an amount.
    """
    if type(value) is float and -_SURE_FLOAT < value < _SURE_FLOAT:
        # Below the limit the product is off by less than an eighth of a micro-unit, and the
        # text by less than another: far enough from a half, both round to the same number.
        scaled = value * MICROS
        nearest = round(scaled)
        if abs(scaled - nearest) < _SURE_DISTANCE:
            return nearest
    text = str(value)
    if _JSON_NUMBER.fullmatch(text) is None:
        raise WireError(f"not a JSON number: {text[:40]!r}")
    number = Decimal(text)
    if number.adjusted() > _LARGEST_EXPONENT:
        raise WireError(f"not a number of this size: {text[:40]!r}")
    return int(number.scaleb(6).to_integral_value())


def format_micros(value: int, *, min_decimals: int = 0) -> str:
    """Write micro-units as a plain decimal text without trailing zeros."""
    sign = "-" if value < 0 else ""
    whole, fraction = divmod(abs(value), MICROS)
    text = f"{fraction:06d}".rstrip("0").ljust(min_decimals, "0")
    return f"{sign}{whole}.{text}" if text else f"{sign}{whole}"


def decimal_from_micros(value: int) -> Decimal:
    """Return micro-units as an exact ``Decimal``."""
    return Decimal(value).scaleb(-6)


def notional_floor(price: PriceMicros, size: ShareMicros) -> UsdMicros:
    """Return price times size, rounded down: what a seller receives."""
    return UsdMicros(price * size // MICROS)


def notional_ceil(price: PriceMicros, size: ShareMicros) -> UsdMicros:
    """Return price times size, rounded up: what a buyer must have."""
    return UsdMicros(-(-price * size // MICROS))


def shares_for(cash: UsdMicros, price: PriceMicros) -> ShareMicros:
    """Return how many micro-shares ``cash`` buys at ``price``, rounded down."""
    if price <= 0:
        raise ValueError("price must be above zero")
    return ShareMicros(cash * MICROS // price)


def payout_price(value: UsdMicros, size: ShareMicros) -> PriceMicros:
    """Return the lowest price at which ``size`` is worth ``value`` when rounded down.

    Undoes ``notional_floor``: a pay-out booked at any price is reproduced to the micro-dollar.
    """
    return PriceMicros(-(-value * MICROS // size))


def share_of(value: int, part: int, whole: int) -> int:
    """Return ``value * part / whole`` rounded down; everything when part equals whole."""
    if part == whole:
        return value
    return value * part // whole


def taker_fee(size: ShareMicros, price: PriceMicros, rate: int, exponent: int) -> UsdMicros:
    """Return the taker's fee: shares x rate x (p x (1 - p)) ** exponent, to five decimals.

    Rounds half up at the venue's grain of 0.00001 pUSD.

    Args:
        size: Shares taken, in micros.
        price: Execution price, in micros.
        rate: Fee rate in micros (0.07 is 70,000).
        exponent: Power of the price factor, a small non-negative integer.

    Source: ``rest-data.md`` section 3.1, 2026-11 (25 shares at 0.64, rate 0.07 pay 0.4032).
    """
    if rate == 0:
        return UsdMicros(0)
    numerator, denominator = _fee_ratio(size, price, rate, exponent)
    grains = (2 * numerator + denominator * FEE_GRAIN) // (2 * denominator * FEE_GRAIN)
    return UsdMicros(grains * FEE_GRAIN)


def taker_fee_exact(size: ShareMicros, price: PriceMicros, rate: int, exponent: int) -> Decimal:
    """Return the taker's fee in micro-dollars before rounding, arguments as of ``taker_fee``."""
    numerator, denominator = _fee_ratio(size, price, rate, exponent)
    return _EXACT.divide(Decimal(numerator), Decimal(denominator))


def cash_before_fees(
    budget: UsdMicros, price: PriceMicros, rate: int, exponent: int, builder_rate: int = 0
) -> UsdMicros:
    """Return what a buyer may give so that price and fees together stay inside ``budget``.

    Rounds down: budget / (1 + rate x (p x (1 - p)) ** exponent / p + builder's rate).

    Args:
        budget: All that may be spent, in micro-dollars.
        price: Limit price, in micros, above zero.
        rate: Platform's fee rate in micros.
        exponent: Power of the price factor.
        builder_rate: Builder's share of the notional, in micros.

    Source: ``trading.md`` section 4.3, 2026-11.
    """
    numerator, denominator = _before_fees_ratio(budget, price, rate, exponent, builder_rate)
    return UsdMicros(numerator // denominator)


def cash_before_fees_exact(
    budget: UsdMicros, price: PriceMicros, rate: int, exponent: int, builder_rate: int = 0
) -> Decimal:
    """Return ``cash_before_fees`` in micro-dollars to 28 digits instead of rounded down."""
    numerator, denominator = _before_fees_ratio(budget, price, rate, exponent, builder_rate)
    return _DIGITS_28.divide(Decimal(numerator), Decimal(denominator))


def _before_fees_ratio(
    budget: UsdMicros, price: PriceMicros, rate: int, exponent: int, builder_rate: int
) -> tuple[int, int]:
    scale = (MICROS * MICROS) ** exponent * price
    fees = rate * (price * (MICROS - price)) ** exponent * MICROS + builder_rate * scale
    return budget * MICROS * scale, MICROS * scale + fees


def _fee_ratio(size: ShareMicros, price: PriceMicros, rate: int, exponent: int) -> tuple[int, int]:
    """Return the exact fee in micro-dollars as numerator and denominator."""
    curve = price * (MICROS - price)
    return size * rate * curve**exponent, MICROS * (MICROS * MICROS) ** exponent


def decimals_of(value: int) -> int:
    """Return how many decimals micro-units have when written without trailing zeros."""
    return len(format_micros(value).partition(".")[2])


def on_tick(price: PriceMicros, tick: PriceMicros) -> bool:
    """Return whether ``price`` lies on the grid and inside ``[tick, 1 - tick]``."""
    return price % tick == 0 and tick <= price <= MICROS - tick


def floor_to_tick(price: int, tick: PriceMicros) -> PriceMicros:
    """Return the nearest grid price at or below, kept inside ``[tick, 1 - tick]``."""
    return PriceMicros(min(max(price - price % tick, tick), MICROS - tick))


def ceil_to_tick(price: int, tick: PriceMicros) -> PriceMicros:
    """Return the nearest grid price at or above, kept inside ``[tick, 1 - tick]``."""
    return PriceMicros(min(max(-(-price // tick) * tick, tick), MICROS - tick))


def floor_to_lot(size: int, lot: int = 10_000) -> ShareMicros:
    """Return ``size`` rounded down to the venue's lot of 0.01 share.

    Source: ``trading.md``, order sizes have two decimals at every tick.
    """
    return ShareMicros(size - size % lot)
