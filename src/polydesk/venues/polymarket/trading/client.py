"""The live venue's private REST: orders, cancels, and what only we may read.

Nothing that changes something is ever repeated here. Placing and cancelling answer with an
outcome, also when no answer came; only the signer's errors pass through, and then not one byte
was sent.

Source: ``trading.md`` sections 5 and 8, 2026-11.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from polydesk.domain.ids import ConditionId, TokenId, TradeId, VenueOrderId
from polydesk.domain.units import UsdMicros
from polydesk.domain.venue import CancelOutcome, PlaceOutcome, VenueFill, VenueOrder
from polydesk.errors import OutcomeUnknown, VenueUnavailable, WireError
from polydesk.ports import Clock
from polydesk.venues.polymarket.http import HttpRules
from polydesk.venues.polymarket.limits import RateLimits
from polydesk.venues.polymarket.trading.account import (
    COLLATERAL,
    AccountBalance,
    Region,
    read_allowances,
    read_balance,
    read_closed_only,
    read_region,
)
from polydesk.venues.polymarket.trading.budget import Budget
from polydesk.venues.polymarket.trading.cancelling import cancel_failure, cancel_outcome, merged
from polydesk.venues.polymarket.trading.heartbeats import Heartbeats
from polydesk.venues.polymarket.trading.outcomes import (
    place_failure,
    place_outcome,
    place_outcomes,
)
from polydesk.venues.polymarket.trading.reading import PrivateReader, found
from polydesk.venues.polymarket.trading.replies import Reply
from polydesk.venues.polymarket.trading.skew import ClockSkew
from polydesk.venues.polymarket.trading.transport import (
    LONGEST_S,
    Authenticate,
    Call,
    Transport,
)
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.user import read_order, read_orders, read_trades
from polydesk.venues.polymarket.wire.user_orders import OwnIdentity

if TYPE_CHECKING:
    import httpx

MAX_BATCH: Final = 15
"""Orders of one request. Source: ``trading.md`` section 5.2, 2026-11."""
MAX_CANCELS: Final = 1_000
"""Ids of one request. Source: ``trading.md`` section 5.5, 2026-11."""

Tell = Callable[[str], None]
Hold = Callable[[], str]
Row = TypeVar("Row", VenueOrder, VenueFill)


class TradingRest:
    """Trades for one API key.

    Reads raise ``VenueUnavailable`` or ``RateLimited`` when there was no usable answer,
    ``VenueRejected`` when the venue refused and ``WireError`` when the answer cannot be read;
    every method lets through what ``authenticate`` raises, and then nothing was sent.

    Args:
        hosts: Where the venue lives.
        clock: The desk's clock; ``skew`` tells how far it is from the venue's.
        authenticate: Makes the headers of each request.
        own: By what rows are known to be ours.
        rules: Patience of reads and of a single answer.
        limits: Limits by address, shared with the public reads when given.
        tell: Takes sentences about waits, left-out rows and clocks; the log when None.
        transport: Replaces the network in tests.
        longest_s: However slowly an answer drips, an exchange ends after this, seconds.
    """

    def __init__(
        self,
        hosts: Hosts,
        clock: Clock,
        authenticate: Authenticate,
        own: OwnIdentity,
        *,
        rules: HttpRules | None = None,
        limits: RateLimits | None = None,
        tell: Tell | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        longest_s: float = LONGEST_S,
    ) -> None:
        say = tell or logging.getLogger(__name__).warning
        self._hosts = hosts
        self._own = own
        self._tell = say
        self._transport = Transport(
            clock, authenticate, rules=rules, transport=transport, longest_s=longest_s
        )
        self._heartbeats = Heartbeats(hosts.clob, self._transport)
        self.skew = ClockSkew(say)
        """Kept fresh by the private reads."""
        self.budget = Budget(clock, say)
        """What may be sent. Pay first: ``await budget.orders(n)`` or ``budget.cancels(n)``."""
        self._reader = PrivateReader(
            hosts.clob, clock, self._transport, limits or RateLimits(clock), self.skew, say
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def post_order(self, body: bytes, digest: VenueOrderId, hold: Hold = str) -> PlaceOutcome:
        """Send a signed order once.

        Args:
            body: The request's bytes, as they were signed and recorded.
            digest: The order's id as we computed it.
            hold: Asked when a connection stands, right before the first byte: a reason not to
                send after all, empty when there is none.
        """
        try:
            reply = await self._change("POST", "/order", body, hold)
        except (VenueUnavailable, OutcomeUnknown) as error:
            return place_failure(error, digest)
        return place_outcome(reply, digest)

    async def post_orders(
        self, orders: Sequence[tuple[bytes, VenueOrderId]], hold: Hold = str
    ) -> list[PlaceOutcome]:
        """Send 1 to 15 signed orders in one request, once; judge each by itself.

        Args:
            orders: (the order's bytes, its id as we computed it).
            hold: As of ``post_order``, for all of them.
        """
        if not 1 <= len(orders) <= MAX_BATCH:
            raise ValueError(f"a batch holds 1 to {MAX_BATCH} orders")
        digests = [digest for _, digest in orders]
        body = b"[" + b",".join(order for order, _ in orders) + b"]"
        try:
            reply = await self._change("POST", "/orders", body, hold)
        except (VenueUnavailable, OutcomeUnknown) as error:
            return [place_failure(error, digest) for digest in digests]
        return place_outcomes(reply, digests)

    async def cancel_order(self, order_id: VenueOrderId) -> CancelOutcome:
        """Ask once to cancel an order."""
        return await self._cancel("/order", {"orderID": order_id})

    async def cancel_orders(self, order_ids: Sequence[VenueOrderId]) -> CancelOutcome:
        """Ask once to cancel orders, in requests of at most a thousand."""
        ids = list(dict.fromkeys(order_ids))
        if not ids:
            raise ValueError("no order to cancel")
        starts = range(0, len(ids), MAX_CANCELS)
        return merged(
            [await self._cancel("/orders", ids[start : start + MAX_CANCELS]) for start in starts]
        )

    async def cancel_all(self) -> CancelOutcome:
        """Ask once to cancel all orders of this API key; one on its way is not among them."""
        return self._charged(await self._cancel("/cancel-all", None))

    async def cancel_market(
        self, *, condition_id: ConditionId | None = None, token_id: TokenId | None = None
    ) -> CancelOutcome:
        """Ask once to cancel the orders of a market, of one outcome, or of both conditions."""
        wanted = {"market": condition_id, "asset_id": token_id}
        body = {name: value for name, value in wanted.items() if value is not None}
        if not body:
            raise ValueError("name a market or a token")
        return self._charged(await self._cancel("/cancel-market-orders", body))

    async def order(self, order_id: VenueOrderId) -> VenueOrder | None:
        """Fetch one order; None means *not found*, which is a question and not an answer."""
        reply = found(await self._reader.get(f"/data/order/{order_id}", "clob/ledger"))
        order = read_order(reply.body) if reply is not None else None
        if order is not None and order.venue_order_id != order_id.lower():
            raise WireError(f"the venue answered about {order.venue_order_id}, not {order_id}")
        return order

    async def open_orders(self, condition_id: ConditionId | None = None) -> list[VenueOrder]:
        """Fetch all open orders of this API key, or those of one market."""
        params = [("market", condition_id)] if condition_id else []
        rows = await self._reader.pages(
            "/data/orders", "clob/orders", params, lambda body: read_orders(body, self._own)
        )
        return self._of_market(rows, condition_id)

    async def trades(
        self,
        *,
        after_s: int | None = None,
        ids: Sequence[TradeId] = (),
        condition_id: ConditionId | None = None,
    ) -> list[VenueFill]:
        """Fetch our legs of trades.

        Older trades than asked for are kept: they are true, and each leg counts only once.

        Args:
            after_s: Unix seconds to begin at.
            ids: Only these trades, one request for each.
            condition_id: Only this market.
        """
        common = [("market", str(condition_id))] if condition_id else []
        common += [("after", str(after_s))] if after_s is not None else []
        fills: list[VenueFill] = []
        for wanted in [[("id", str(one))] for one in ids] or [[]]:
            rows = await self._reader.pages(
                "/data/trades",
                "clob/trades",
                [*wanted, *common],
                lambda body: read_trades(body, self._own),
            )
            fills += self._of_trades(rows, {value for _, value in wanted})
        return self._of_market(fills, condition_id)

    async def balance(
        self, asset_type: str, token_id: TokenId | None, signature_type: int
    ) -> AccountBalance:
        """Fetch (balance, smallest relevant allowance) of collateral or of a token.

        Args:
            asset_type: ``COLLATERAL``, ``CONDITIONAL`` or ``CONDITIONAL-V2``.
            token_id: For the last two.
            signature_type: Which of the key's wallets: a wrong one is answered for another.
        """
        params = _asset(asset_type, token_id, signature_type)
        reply = await self._ok("/balance-allowance", "clob/balance", params)
        return read_balance(reply.body, asset_type)

    async def allowances(self, signature_type: int) -> dict[str, UsdMicros]:
        """Fetch how much collateral each contract may take, by its address in lower case.

        Args:
            signature_type: Which of the key's wallets.

        Returns:
            Micro-dollars; 10**18 means no limit.
        """
        reply = await self._ok(
            "/balance-allowance", "clob/balance", _asset(COLLATERAL, None, signature_type)
        )
        return read_allowances(reply.body)

    async def update_balance(
        self, asset_type: str, token_id: TokenId | None, signature_type: int
    ) -> None:
        """Have the venue read the chain anew; arguments as of ``balance``."""
        params = _asset(asset_type, token_id, signature_type)
        await self._ok("/balance-allowance/update", "clob/balance-update", params)

    async def closed_only(self) -> bool:
        """Return whether the account may only reduce positions."""
        return read_closed_only(
            (await self._ok("/auth/ban-status/closed-only", "clob/auth", [])).body
        )

    async def geoblock(self) -> Region:
        """Return whether orders from this place are refused."""
        reply = await self._reader.get("", "site", private=False, base=self._hosts.geoblock)
        if reply.status != 200:
            raise VenueUnavailable(f"the question for the region was answered {reply.words()}")
        return read_region(reply.body)

    async def heartbeat(self, heartbeat_id: str) -> str:
        """Send an order heartbeat, empty at first, and return the id to send next.

        The first one accepted arms a switch that cancels every open order of the API key ten
        seconds after the last one; nothing disarms it.

        Raises:
            OutcomeUnknown: It may have been taken.
        """
        return await self._heartbeats.beat(heartbeat_id)

    async def time_offset(self) -> int:
        """Measure and return venue time less our clock, nanoseconds; ``skew`` remembers it."""
        return await self._reader.measure_clock()

    async def _cancel(self, path: str, value: Any) -> CancelOutcome:
        body = b"" if value is None else json.dumps(value, separators=(",", ":")).encode()
        try:
            return cancel_outcome(await self._change("DELETE", path, body))
        except (VenueUnavailable, OutcomeUnknown) as error:
            return cancel_failure(error)

    async def _change(self, method: str, path: str, body: bytes, hold: Hold = str) -> Reply:
        """Send what changes something: once, whatever comes back."""
        call = Call(method, self._hosts.clob, path, body, hold=hold)
        timed = await self._transport.exchange(call)
        reply = timed.reply
        self.skew.heed(timed)
        self.budget.heed(reply.headers, refused=reply.status == 429, cancels=method == "DELETE")
        return reply

    def _charged(self, outcome: CancelOutcome) -> CancelOutcome:
        """Pay for each order that a cancel of many has cancelled."""
        self.budget.charge_cancels(len(outcome.canceled))
        return outcome

    async def _ok(self, path: str, route: str, params: list[tuple[str, str]]) -> Reply:
        reply = await self._reader.get(path, route, params)
        if reply.status != 200:
            raise VenueUnavailable(f"{path} was answered {reply.words()}")
        return reply

    def _of_market(self, rows: list[Row], condition_id: ConditionId | None) -> list[Row]:
        """Return the rows of a market; a venue that ignores the filter is told of."""
        if condition_id is None:
            return rows
        chosen = [row for row in rows if row.condition_id.lower() == condition_id.lower()]
        return self._filtered(rows, chosen, "market")

    def _of_trades(self, rows: list[VenueFill], ids: set[str]) -> list[VenueFill]:
        chosen = [row for row in rows if not ids or row.trade_id in ids]
        return self._filtered(rows, chosen, "id")

    def _filtered(self, rows: list[Row], chosen: list[Row], name: str) -> list[Row]:
        if len(chosen) != len(rows):
            self._tell(f"the venue ignored the filter {name}: {len(rows) - len(chosen)} rows more")
        return chosen


def _asset(asset_type: str, token_id: TokenId | None, signature_type: int) -> list[tuple[str, str]]:
    params = [("asset_type", asset_type), ("signature_type", str(signature_type))]
    return [*params, ("token_id", token_id)] if token_id else params
