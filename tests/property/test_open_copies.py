"""What is kept of open copies is what summing them up would give, whatever happens to them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.builders import NO, T0, YES

from polydesk.copying.open_copies import OpenCopies
from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent, Origin, TimeInForce
from polydesk.domain.units import PriceMicros, ShareMicros, notional_ceil, share_of

KEYS = st.sampled_from([ClientOrderId(name) for name in "abcd"])
TOKENS = (YES, NO)


@dataclass(slots=True)
class Plain:
    """One copy, written down as it is."""

    token_id: TokenId
    side: Side
    size: int
    cost: int


class Machine(RuleBasedStateMachine):
    """Begins, fills and ends copies."""

    def __init__(self) -> None:
        super().__init__()
        self.copies = OpenCopies()
        self.plain: dict[ClientOrderId, Plain] = {}

    @rule(
        key=KEYS,
        token=st.sampled_from(TOKENS),
        side=st.sampled_from(Side),
        price=st.integers(1, 999_999).map(PriceMicros),
        size=st.integers(1, 10**12).map(ShareMicros),
    )
    def begin(
        self, key: ClientOrderId, token: TokenId, side: Side, price: PriceMicros, size: ShareMicros
    ) -> None:
        wanted = OrderIntent(key, token, side, price, size, TimeInForce.FAK, Origin.COPY, T0)
        self.copies.begin(wanted)
        cost = notional_ceil(price, size) if side is Side.BUY else 0
        self.plain[key] = Plain(token, side, size, cost)

    @rule(key=KEYS, size=st.integers(1, 10**12).map(ShareMicros))
    def fill(self, key: ClientOrderId, size: ShareMicros) -> None:
        self.copies.fill(key, size)
        if (copy := self.plain.get(key)) is not None:
            rest = max(0, copy.size - size)
            copy.cost = share_of(copy.cost, rest, copy.size) if copy.size else 0
            copy.size = rest

    @rule(key=KEYS)
    def end(self, key: ClientOrderId) -> None:
        self.copies.end(key)
        self.plain.pop(key, None)

    @invariant()
    def sums_are_true(self) -> None:
        plain = self.plain.values()
        assert self.copies.cost == sum(copy.cost for copy in plain)
        assert {key for key, _ in self.copies} == set(self.plain)
        for token in TOKENS:
            assert (token in self.copies) is any(copy.token_id == token for copy in plain)
            assert self.copies.selling(token) == sum(
                copy.size for copy in plain if copy.side is Side.SELL and copy.token_id == token
            )


TestOpenCopies = Machine.TestCase
