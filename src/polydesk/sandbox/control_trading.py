"""Control of the trading side: truth, time, modes, settlement, resolution, accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from polydesk.domain.ids import ConditionId, TradeId
from polydesk.domain.instruments import Market
from polydesk.domain.units import MICROS, PriceMicros
from polydesk.errors import InvariantError
from polydesk.sandbox import resolutions
from polydesk.sandbox.control_answers import Complaint, posted
from polydesk.sandbox.exchange import Exchange
from polydesk.sandbox.trading.desk import TradingDesk
from polydesk.sandbox.truth import Row, truth_json
from polydesk.venues.simulation.exchange.accounts import CASH
from polydesk.venues.simulation.exchange.modes import POST_ONLY_SECONDS, RESTART_SECONDS, Mode
from polydesk.venues.simulation.exchange.settlement import FAILED, NORMAL, RETRIED, REVERTED
from polydesk.venues.simulation.exchange.trades import TradeStatus

Seconds = Annotated[float, Meta(ge=0, le=31_536_000)]
WholeSeconds = Annotated[int, Meta(ge=0, le=86_400)]
NAMED = {"normal": NORMAL, "retried": RETRIED, "failed": FAILED, "reverted": REVERTED}
LAST = "last"


class _Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked of the control port."""


class Advance(_Command, frozen=True):
    """Put the exchange's time forward."""

    seconds: Seconds


class Resolve(_Command, frozen=True):
    """End a market: by its winner, or by what each outcome pays."""

    condition_id: str
    winner: str | None = None
    """Token id or label of an outcome."""
    payouts: list[Annotated[int, Meta(ge=0, le=MICROS)]] | None = None
    """Micro-dollars per share in the order of the outcomes; they sum to one dollar."""


class Restart(_Command, frozen=True):
    """Restart the matching engine."""

    seconds: WholeSeconds = RESTART_SECONDS
    post_only_seconds: WholeSeconds = POST_ONLY_SECONDS
    wipe: bool = False
    """Whether it loses all open orders without a word."""


class Revert(_Command, frozen=True):
    """Let a trade that is not final fail."""

    trade_id: str = LAST


class SetMode(_Command, frozen=True):
    """What the exchange takes until further notice."""

    mode: Mode


class Settlements(_Command, frozen=True):
    """How the next trades settle."""

    scripts: list[Literal["normal", "retried", "failed", "reverted"] | list[TradeStatus]]


class Restrict(_Command, frozen=True):
    """What a wallet may do."""

    account: str
    allowed: bool = True
    """Whether the exchange may move its tokens."""
    closed_only: bool = False
    banned: bool = False


class Transfer(_Command, frozen=True):
    """Bring in, or with a negative amount take out, money or tokens."""

    account: str
    amount: int
    """Micros."""
    asset: str = CASH


class Geoblock(_Command, frozen=True):
    """What the region check answers."""

    blocked: bool


def trading_control_routes(exchange: Exchange) -> list[Route]:
    """Return the routes below ``/control`` that concern trading."""
    desk = exchange.trading

    def resolve(_: TradingDesk, command: Resolve) -> Row:
        return _resolve(exchange, command)

    async def truth(_: Request) -> JSONResponse:
        return JSONResponse(truth_json(desk))

    return [
        Route("/truth", truth, methods=["GET"]),
        Route("/advance", posted(Advance, _on(desk, _advance)), methods=["POST"]),
        Route("/resolve", posted(Resolve, _on(desk, resolve)), methods=["POST"]),
        Route("/restart", posted(Restart, _on(desk, _restart)), methods=["POST"]),
        Route("/revert", posted(Revert, _on(desk, _revert)), methods=["POST"]),
        Route("/mode", posted(SetMode, _on(desk, _set_mode)), methods=["POST"]),
        Route("/settlements", posted(Settlements, _on(desk, _settlements)), methods=["POST"]),
        Route("/restrict", posted(Restrict, _on(desk, _restrict)), methods=["POST"]),
        Route("/transfer", posted(Transfer, _on(desk, _transfer)), methods=["POST"]),
        Route("/geoblock", posted(Geoblock, _on(desk, _geoblock)), methods=["POST"]),
    ]


def _on(desk: TradingDesk, act: Callable[[TradingDesk, Any], Row | None]) -> Callable[[Any], Row]:
    """Return an action that leaves the desk settled and answers with its time and mode."""

    def acted(command: Any) -> Row:
        desk.settle()
        told = act(desk, command) or {}
        desk.settle()
        state = desk.core.state
        return {"now_ns": state.now, "mode": state.modes.at(state.now).value, **told}

    return acted


def _advance(desk: TradingDesk, command: Advance) -> None:
    desk.shift(command.seconds)


def _restart(desk: TradingDesk, command: Restart) -> Row:
    lost = len(desk.core.state.live) if command.wipe else 0
    desk.core.restart(desk.now_ns, command.seconds, command.post_only_seconds, wipe=command.wipe)
    return {"orders_lost": lost}


def _revert(desk: TradingDesk, command: Revert) -> Row:
    trades = desk.core.state.trades
    newest = next(reversed(trades), None) if command.trade_id == LAST else TradeId(command.trade_id)
    if newest is None or newest not in trades:
        raise Complaint(f"There is no trade {command.trade_id}.", 404)
    return {"trade_id": newest, "reverted": desk.core.revert(newest, desk.now_ns)}


def _set_mode(desk: TradingDesk, command: SetMode) -> None:
    desk.core.set_mode(command.mode, desk.now_ns)


def _settlements(desk: TradingDesk, command: Settlements) -> Row:
    steps = [NAMED[each] if isinstance(each, str) else tuple(each) for each in command.scripts]
    try:
        desk.core.script_settlements(*steps)
    except ValueError as error:
        raise Complaint("A settlement must end in CONFIRMED or FAILED, once.") from error
    return {"scripted": len(desk.core.state.scripts)}


def _resolve(exchange: Exchange, command: Resolve) -> Row:
    book = exchange.trading.core.state.markets.get(ConditionId(command.condition_id))
    if book is None:
        raise Complaint(f"Nobody has traded on market {command.condition_id} yet.", 404)
    payouts = _payouts(command, book.market)
    try:
        resolutions.resolve(exchange, book.market, payouts)
    except ValueError as error:
        sentence = "The pay-outs must be two, sum to one dollar and stay as they are."
        raise Complaint(sentence) from error
    return {"payouts": list(payouts)}


def _payouts(command: Resolve, market: Market) -> tuple[PriceMicros, ...]:
    if (command.winner is None) == (command.payouts is None):
        raise Complaint("Write either winner or payouts.")
    if command.payouts is not None:
        return tuple(PriceMicros(each) for each in command.payouts)
    wins = [command.winner in {outcome.token_id, outcome.label} for outcome in market.outcomes]
    if not any(wins):
        raise Complaint(f"{command.winner} is no outcome of market {command.condition_id}.", 404)
    return tuple(PriceMicros(MICROS if won else 0) for won in wins)


def _restrict(desk: TradingDesk, command: Restrict) -> None:
    _check_account(desk, command.account)
    desk.core.restrict(
        command.account,
        allowed=command.allowed,
        closed_only=command.closed_only,
        banned=command.banned,
    )


def _transfer(desk: TradingDesk, command: Transfer) -> Row:
    _check_account(desk, command.account)
    now, core = desk.now_ns, desk.core
    try:
        if command.amount >= 0:
            core.deposit(command.account, command.asset, command.amount, now)
        else:
            core.withdraw(command.account, command.asset, -command.amount, now)
    except InvariantError as error:
        raise Complaint("The account owns less than that.") from error
    return {"balance": core.state.accounts.balance(command.account, command.asset)}


def _check_account(desk: TradingDesk, account: str) -> None:
    if account not in desk.core.state.accounts.names:
        raise Complaint(f"There is no account {account}.", 404)


def _geoblock(desk: TradingDesk, command: Geoblock) -> None:
    desk.blocked = command.blocked
