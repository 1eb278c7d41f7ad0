"""Comparing the journal of a desk that was killed with the exchange's truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from polydesk.domain.fills import Settlement
from polydesk.domain.ledger import Ledger
from polydesk.domain.orders import Order, OrderState
from polydesk.store.restore import RestoredSession

_OPEN: Final = frozenset(
    {OrderState.SIGNED, OrderState.SENT, OrderState.UNKNOWN, OrderState.LIVE, OrderState.PARTIAL}
)
_NEVER_THERE: Final = frozenset({OrderState.ABANDONED, OrderState.DENIED})
_SETTLED: Final = {"CONFIRMED": Settlement.CONFIRMED, "FAILED": Settlement.VOID}
CASH: Final = "pUSD"
EXAMPLES: Final = 20


@dataclass(slots=True)
class Verdict:
    """What was found; everything but the first five figures must be zero."""

    orders: int = 0
    """Orders the exchange took from the account."""
    fills: int = 0
    intents: int = 0
    requests: int = 0
    settled_failed: int = 0
    """Fills that failed to settle at the exchange."""
    lost_orders: int = 0
    """At the exchange and not in the journal."""
    doubled_orders: int = 0
    """More orders at the exchange than one for an intent, or one sent twice."""
    orphaned_orders: int = 0
    """Open at the exchange and not open in the journal, or the other way round."""
    wrong_orders: int = 0
    """Said never to have arrived, and they did."""
    lost_fills: int = 0
    doubled_fills: int = 0
    invented_fills: int = 0
    wrong_fills: int = 0
    """With another price, size, side, fee or settlement."""
    wrong_balances: int = 0
    unjournaled_sends: int = 0
    """Requests whose order has no signature record, or other bytes than it says."""
    examples: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether the journal equals the truth."""
        return not any(getattr(self, name) for name in FAULTS)

    def found(self, what: str, words: str) -> None:
        """Count a disagreement."""
        setattr(self, what, getattr(self, what) + 1)
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{what}: {words}")

    def add(self, other: Verdict) -> None:
        """Add the figures of another comparison."""
        for name in (*FIGURES, *FAULTS):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.examples = [*self.examples, *other.examples][:EXAMPLES]

    def plain(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)


FIGURES: Final = ("orders", "fills", "intents", "requests", "settled_failed")
FAULTS: Final = (
    "lost_orders", "doubled_orders", "orphaned_orders", "wrong_orders", "lost_fills",
    "doubled_fills", "invented_fills", "wrong_fills", "wrong_balances", "unjournaled_sends",
)  # fmt: skip


def judge(
    session: RestoredSession,
    truth: Mapping[str, Any],
    requests: Sequence[Mapping[str, Any]],
    wallet: str,
) -> Verdict:
    """Compare everything.

    Args:
        session: The journal of the desk.
        truth: ``/control/truth`` of the exchange.
        requests: ``/control/requests``.
        wallet: The account, as the truth writes it.
    """
    verdict = Verdict()
    account = truth["accounts"].get(wallet, {"orders": [], "open": [], "fills": []})
    _judge_orders(verdict, session, truth, account)
    _judge_requests(verdict, session, requests)
    _judge_fills(verdict, session, account)
    _judge_balances(verdict, session.ledger(), truth["balances"].get(wallet, {}))
    return verdict


def _judge_orders(
    verdict: Verdict,
    session: RestoredSession,
    truth: Mapping[str, Any],
    account: Mapping[str, Any],
) -> None:
    known = {order.venue_order_id: order for order in session.orders if order.venue_order_id}
    verdict.orders = len(account["orders"])
    verdict.intents = len(session.orders)
    by_intent = Counter(record.client_order_id for record in session.signatures)
    for key, count in by_intent.items():
        if count > 1:
            verdict.found("doubled_orders", f"{key} was signed {count} times")
    for digest in account["orders"]:
        order = known.get(digest)
        if order is None:
            verdict.found("lost_orders", f"{digest} {truth['orders'][digest]['status']}")
        elif order.state in _NEVER_THERE or _is_wrongly_refused(order, truth["orders"][digest]):
            status = truth["orders"][digest]["status"]
            words = f"{digest} is {order.state} ({order.reason}) and exists as {status}"
            verdict.found("wrong_orders", words)
    _judge_open(verdict, known, set(account["open"]))


def _is_wrongly_refused(order: Order, true: Mapping[str, Any]) -> bool:
    """Whether an order said to be refused lives or was filled.

    One that was taken, held by the market's taker delay and then killed is refused by our word
    and canceled by the exchange's.
    """
    return order.state is OrderState.REJECTED and bool(true["open"] or true["filled"])


def _judge_open(verdict: Verdict, known: Mapping[Any, Order], open_ids: set[str]) -> None:
    for digest in open_ids:
        order = known.get(digest)
        if order is not None and not order.open and order.state not in _NEVER_THERE:
            verdict.found("orphaned_orders", f"{digest} is open, the journal says {order.state}")
    for digest, order in known.items():
        if order.state in _OPEN and digest not in open_ids:
            verdict.found("orphaned_orders", f"{digest} is {order.state} in the journal, not open")


def _judge_requests(
    verdict: Verdict, session: RestoredSession, requests: Sequence[Mapping[str, Any]]
) -> None:
    """Each order is in one request at most, and was on disk before that request."""
    recorded = {record.venue_order_id: record for record in session.signatures}
    sent: Counter[str] = Counter()
    for request in requests:
        if request["method"] != "POST":
            continue
        verdict.requests += 1
        sent.update(request["order_ids"])
        if len(request["order_ids"]) == 1:
            record = recorded.get(request["order_ids"][0])
            if record is not None and record.body_sha256 != request["sha256"]:
                verdict.found("unjournaled_sends", f"{record.venue_order_id} has other bytes")
    for digest, count in sent.items():
        if count > 1:
            verdict.found("doubled_orders", f"{digest} was sent {count} times")
        if digest not in recorded:
            verdict.found("unjournaled_sends", f"{digest} was sent and is not in the journal")


def _judge_fills(verdict: Verdict, session: RestoredSession, account: Mapping[str, Any]) -> None:
    digest_of = {order.intent.client_order_id: order.venue_order_id for order in session.orders}
    mine = {(fill.trade_id, digest_of.get(fill.client_order_id)): fill for fill in session.fills}
    settled = {one.identity: one.settlement for one in session.settlements}
    if len(mine) != len(session.fills):
        verdict.found("doubled_fills", f"{len(session.fills)} fills, {len(mine)} identities")
    theirs = {(fill["trade_id"], fill["order_id"]): fill for fill in account["fills"]}
    verdict.fills = len(theirs)
    for identity, fill in theirs.items():
        verdict.settled_failed += fill["status"] == "FAILED"
        own = mine.get(identity)
        if own is None:
            if fill["status"] != "FAILED":
                verdict.found("lost_fills", f"{identity} {fill['status']}")
            continue
        settlement = settled.get(own.identity, own.settlement)
        said = (own.price, own.size, own.side.value, own.fee, own.token_id, settlement)
        wanted = _SETTLED.get(fill["status"])
        true = (fill["price"], fill["size"], fill["side"], fill["fee"], fill["token"], wanted)
        if said != true:
            verdict.found("wrong_fills", f"{identity}: {said} is {true}")
    for identity in mine.keys() - theirs.keys():
        verdict.found("invented_fills", str(identity))


def _judge_balances(
    verdict: Verdict, ledger: Ledger, balances: Mapping[str, Sequence[int]]
) -> None:
    held: dict[str, int] = {str(token): p.size for token, p in ledger.positions.items() if p.size}
    held[CASH] = ledger.cash
    for asset in {*held, *balances}:
        true = balances.get(asset, (0, 0))[0]
        if held.get(asset, 0) != true:
            verdict.found("wrong_balances", f"{asset[:12]}: {held.get(asset, 0)} is {true}")
