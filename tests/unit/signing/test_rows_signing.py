"""Rows of the fault catalogue that the signer answers."""

from __future__ import annotations

import pytest

from polydesk.domain.instruments import Side
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing.amounts import limit_amounts


def test_f030_a_price_that_left_the_grid_before_it_was_signed_is_not_signed() -> None:
    price, size = PriceMicros(505_000), ShareMicros(10_000_000)
    assert limit_amounts(Side.BUY, price, size, PriceMicros(1_000)).maker == 5_050_000
    with pytest.raises(NotSignable):
        limit_amounts(Side.BUY, price, size, PriceMicros(10_000))


@pytest.mark.parametrize("price", [0, 1_000_000])
def test_f057_a_price_of_zero_or_one_is_not_signed(price: int) -> None:
    with pytest.raises(NotSignable):
        limit_amounts(Side.BUY, PriceMicros(price), ShareMicros(10_000_000), PriceMicros(10_000))
