"""What the order ticket says, line by line."""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.domain.commands import TradingState
from polydesk.domain.instruments import Side
from polydesk.domain.intents import RESTING, TimeInForce
from polydesk.ui.format import age, exact_size, fit, money, plain, price_decimals, short_size
from polydesk.ui.format import price as price_text
from polydesk.ui.panes.ladder_rows import doubt_words
from polydesk.ui.screens.preview import Preview, effect_words, preview
from polydesk.ui.screens.words import side_ink
from polydesk.ui.widgets.line import Cell
from polydesk.views.models import BookView, Mode

_LABEL = 8


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """Everything the ticket shows; money and sizes in micros."""

    view: BookView | None
    side: Side
    price: int
    size: int | None
    cash: int
    held: int
    mode: Mode
    trading: TradingState
    killed: bool
    can_sign: bool
    """Whether there is somebody to sign the order."""
    time_in_force: TimeInForce
    post_only: bool
    book_accepted: bool
    now: int
    lasts_s: int = 0
    """How long a GTD order may rest, seconds."""


def ticket_lines(facts: TicketFacts, width: int) -> list[list[Cell]]:
    """Return the lines from the market down to the keys."""
    view = facts.view
    places = price_decimals(view.tick) if view else 3
    lines = [_market(facts, width), _price(facts, places), []]
    if view is None:
        lines += [[_label("book"), ("none is held yet", "stale")], [], [], []]
    elif facts.size is None:
        lines += [[_label("size"), ("type a size", "stale")], [], [], []]
    else:
        shown = preview(view, facts.side, facts.price, facts.size)
        lines += _effect(facts, shown, places)
    lines += [_options(facts), _state(facts), _keys(facts.mode)]
    return lines


def _label(text: str) -> Cell:
    return (f" {text:<{_LABEL}}", "muted")


def _market(facts: TicketFacts, width: int) -> list[Cell]:
    """Return mode, side and market: what the order is about before anything else."""
    badge = f" {facts.mode.value.upper()} "
    name = f"{plain(facts.view.outcome)} · {plain(facts.view.title)}" if facts.view else "unknown"
    side = f" {facts.side.value} "
    return [
        (badge, f"bold mode-text on mode-{facts.mode.value}"),
        (side, f"bold {side_ink(facts.side)}"),
        (fit(name, max(0, width - len(badge) - len(side))), "bold text"),
    ]


def _price(facts: TicketFacts, places: int) -> list[Cell]:
    view = facts.view
    bid = price_text(view.best_bid if view else None, places)
    ask = price_text(view.best_ask if view else None, places)
    return [
        _label("price"),
        (price_text(facts.price, places), f"bold {side_ink(facts.side)}"),
        ("  limit, ↑ ↓ moves it    bid ", "muted"),
        (bid, "bid"),
        ("  ask ", "muted"),
        (ask, "ask"),
    ]


def _effect(facts: TicketFacts, shown: Preview, places: int) -> list[list[Cell]]:
    """Return what happens first, what rests, what it costs, and what there is to pay with."""
    words = effect_words(shown, facts.time_in_force, post_only=facts.post_only)
    first: list[Cell] = [_label("now"), (words, "bold text")]
    if shown.fills_now:
        average = price_text(shown.average, min(6, places + 1))
        first.append((f": {exact_size(shown.fills_now)} @ {average} average", "text"))
    rest: list[Cell] = [_label("rest")]
    if shown.rests and facts.time_in_force in RESTING:
        ahead = f", behind {short_size(shown.queue, 9)}" if shown.queue else ", first in the queue"
        rest.append(
            (
                f"{exact_size(shown.rests)} @ {price_text(facts.price, places)}{ahead}{_until(facts)}",
                "text",
            )
        )
    else:
        rest.append(("none", "muted"))
    return [first, rest, _money(facts, shown), _means(facts, shown)]


def _money(facts: TicketFacts, shown: Preview) -> list[Cell]:
    buying = facts.side is Side.BUY
    label, word = ("cost", "at most") if buying else ("receive", "at least")
    return [
        _label(label),
        (money(shown.worst), "bold text"),
        (f" {word} for {exact_size(facts.size or 0)} shares, before fees", "muted"),
    ]


def _means(facts: TicketFacts, shown: Preview) -> list[Cell]:
    """Return cash for a buy or shares for a sell, and a warning when they do not suffice."""
    if facts.side is Side.BUY:
        short = shown.worst > facts.cash
        text = f"{money(facts.cash)} cash"
    else:
        short = (facts.size or 0) > facts.held
        text = f"{exact_size(facts.held)} shares held"
    cells: list[Cell] = [_label("have"), (text, "pnl-down" if short else "text")]
    if short:
        cells.append(("  not enough: the risk gate will refuse", "pnl-down"))
    return cells


def _until(facts: TicketFacts) -> str:
    is_gtd = facts.time_in_force is TimeInForce.GTD
    return f", for {lifetime(facts.lasts_s)}" if is_gtd else ""


def lifetime(seconds: int) -> str:
    """Write a round time in words: ``15 min``, ``1 h``, ``7 d``."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _options(facts: TicketFacts) -> list[Cell]:
    post = "on" if facts.post_only else "off"
    if facts.time_in_force is TimeInForce.GTD:
        return [
            _label("type"),
            (f"GTD {lifetime(facts.lasts_s)}", "bold text"),
            ("  Ctrl+L how long   post only ", "muted"),
            (post, "bold text"),
            ("  Ctrl+O", "muted"),
        ]
    return [
        _label("type"),
        (facts.time_in_force.value, "bold text"),
        ("  Ctrl+T changes    post only ", "muted"),
        (post, "bold text"),
        ("  Ctrl+O changes", "muted"),
    ]


def _state(facts: TicketFacts) -> list[Cell]:
    """Return proof and age of the book, and what stands against sending."""
    cells: list[Cell] = [_label("book")]
    view = facts.view
    if view is None:
        cells.append(("none", "stale"))
    elif doubt_words(view):
        accepted = "  accepted" if facts.book_accepted else "  Ctrl+B accepts it"
        cells += [(doubt_words(view), "bold stale"), (accepted, "muted")]
    else:
        cells.append((f"{view.hash_state.value} {age(facts.now, view.changed_at)} ago", "text"))
    if facts.killed:
        cells.append(("  KILLED", "bold pnl-down"))
    elif not facts.can_sign:
        cells.append(("  signer SHUT, restart the desk", "bold pnl-down"))
    elif facts.trading is not TradingState.ACTIVE:
        cells.append((f"  trading {facts.trading.value}", "bold stale"))
    return cells


def _keys(mode: Mode) -> list[Cell]:
    what = " send for real money    " if mode is Mode.LIVE else " send    "
    return [
        (" Ctrl+S", "bold key"),
        (" or ", "muted"),
        ("F9", "bold key"),
        (what, "bold text" if mode is Mode.LIVE else "muted"),
        ("Esc", "bold key"),
        (" close without sending", "muted"),
    ]
