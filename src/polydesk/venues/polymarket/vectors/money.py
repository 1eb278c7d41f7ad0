"""Vectors of money: amounts of orders and fees of takers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from polydesk.domain.units import (
    MICROS,
    PriceMicros,
    ShareMicros,
    UsdMicros,
    cash_before_fees_exact,
    decimal_from_micros,
    format_micros,
    parse_micros,
    taker_fee,
    taker_fee_exact,
)
from polydesk.venues.polymarket.signing.amounts import rounding
from polydesk.venues.polymarket.vectors.cases import Case, Row, Values
from polydesk.venues.polymarket.vectors.orders import order_amounts

_OTHER_CLIENT = ("py_clob_client_v2_float_result", "float_client_differs")
_REMARKS = ("docs_page_says", "note")
MOST_EXPONENT = 3
_FEE_INPUT = ("shares", "rate", "exponent", "price")
_BUDGET_INPUT = ("amount", "price", "max_spend", "rate", "exponent", "builder_taker_rate")


def amounts(file: Row) -> Iterator[Case]:
    """Yield the cases of amounts, each with the rounding of its tick."""
    table = file.row("rounding_table")
    for number, row in enumerate(file.rows("vectors")):
        yield _amounts_case(f"vectors[{number}]", row, table)


def _amounts_case(name: str, row: Row, table: Row) -> Case:
    def ours() -> Values:
        made = order_amounts(row)
        maker, taker = str(made.maker), str(made.taker)
        allowed = rounding(PriceMicros(parse_micros(row.text("tick_size"))))
        return {
            "maker_amount": maker,
            "taker_amount": taker,
            "float_client_differs": row.values().get(_OTHER_CLIENT[0]) != [maker, taker],
            "rounding": {"price": allowed.price, "size": allowed.size, "amount": allowed.amount},
        }

    def expected() -> Values:
        inputs = ("kind", "side", "price", "size", "amount", "tick_size")
        stated = row.values(*inputs, *_REMARKS, _OTHER_CLIENT[0])
        return {**stated, "rounding": table.row(row.text("tick_size")).values()}

    return Case(name, expected, ours)


def fees(file: Row) -> Iterator[Case]:
    """Yield the cases of fees, and of buys that must stay inside a budget."""
    for number, row in enumerate(file.rows("fee_vectors")):
        yield _fee_case(f"fee_vectors[{number}]", row)
    for number, row in enumerate(file.rows("adjust_vectors")):
        yield _budget_case(f"adjust_vectors[{number}]", row)


def _fee_case(name: str, row: Row) -> Case:
    def ours() -> Values:
        shares = parse_micros(row.text("shares"))
        rate, exponent = parse_micros(row.text("rate")), _exponent(row)
        fee = (ShareMicros(shares), _price(row), rate, exponent)
        return {
            "fee_exact": taker_fee_exact(*fee).scaleb(-6).normalize(),
            "fee_rounded_5dp": format_micros(taker_fee(*fee), min_decimals=5),
        }

    def expected() -> Values:
        exact = _decimal(row, "fee_exact")
        return {**row.values(*_FEE_INPUT), "fee_exact": exact}

    return Case(name, expected, ours)


def _budget_case(name: str, row: Row) -> Case:
    def ours() -> Values:
        wanted, budget = (parse_micros(row.text(key)) for key in ("amount", "max_spend"))
        affordable = cash_before_fees_exact(
            UsdMicros(budget),
            _price(row),
            parse_micros(row.text("rate")),
            _exponent(row),
            parse_micros(row.text("builder_taker_rate")),
        ).scaleb(-6)
        return {"adjusted_amount": min(decimal_from_micros(wanted), affordable).normalize()}

    def expected() -> Values:
        stated = _decimal(row, "adjusted_amount")
        return {**row.values(*_BUDGET_INPUT), "adjusted_amount": stated}

    return Case(name, expected, ours)


def _exponent(row: Row) -> int:
    """Read a fee's exponent; the venue has had 0 and 1, and a huge one would never end."""
    exponent = row.whole("exponent")
    if not 0 <= exponent <= MOST_EXPONENT:
        raise ValueError(f"exponent {exponent} is out of range")
    return exponent


def _price(row: Row) -> PriceMicros:
    price = parse_micros(row.text("price"))
    if not 0 < price < MICROS:
        raise ValueError(f"price {row.text('price')!r} is not between 0 and 1")
    return PriceMicros(price)


def _decimal(row: Row, key: str) -> Decimal:
    """Read a decimal text without its trailing zeros."""
    try:
        number = Decimal(row.text(key))
    except ArithmeticError:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f"{key} {row.text(key)[:40]!r} is no decimal number")
    return number.normalize()
