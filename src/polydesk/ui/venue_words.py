"""How the venue stands to the account, in words: for the line under the title and for Health."""

from __future__ import annotations

from collections.abc import Mapping

from polydesk.domain.ids import short_id
from polydesk.domain.venue import VenueMode
from polydesk.ui.format import SECOND, age, clip, plain, signed_drift
from polydesk.ui.widgets.inks import TEXT
from polydesk.views.models import HealthView, Mode, SignerState, VenueView

Fact = tuple[str, str, str]
"""(label, value, ink of the value)."""
MODE_HELP: Mapping[VenueMode, str] = {
    VenueMode.NORMAL: "orders and cancels pass",
    VenueMode.RESTARTING: "the matching engine restarts: nothing passes until it is back",
    VenueMode.POST_ONLY: "only post-only orders and cancels pass",
    VenueMode.CANCEL_ONLY: "only cancels pass",
    VenueMode.DISABLED: "the venue has switched trading off",
    VenueMode.CLOSED_ONLY: "this account may only make its positions smaller",
    VenueMode.GEOBLOCKED: "the venue takes no orders from this place",
}
_HEARTBEAT_HELP = {
    "on": "on: the venue cancels every order when this desk falls silent",
    "off": "off: orders stay at the venue when this desk falls silent",
}
SIGNER_HELP: Mapping[SignerState, str] = {
    SignerState.SIGNING: "signs what the gate lets through, within its own caps",
    SignerState.SHUT: "SHUT by the kill switch: no order can be signed until the desk is restarted",
    SignerState.LOST: "LOST: no order can be signed until the desk is restarted",
}
SILENT_NS = 150 * SECOND
"""The account is looked at every minute at the least."""
_BAD, _DOUBT = "bold pnl-down", "bold stale"
_HEARTBEAT_ROOM = 28


def mode_title(mode: Mode, about: str = "") -> str:
    """Return the mode for a frame or a prompt, in words that need no colour."""
    words = "LIVE: REAL MONEY" if mode is Mode.LIVE else mode.value.upper()
    return f"{words} · {about}" if about else words


def short_wallet(wallet: str) -> str:
    """Return the ends of a wallet's address."""
    return short_id(plain(wallet))


def countdown(until: int, now: int) -> str:
    """Return minutes and seconds until a moment; empty when it is not stated."""
    if not until:
        return ""
    if until <= now:
        return "overdue"
    seconds = -((now - until) // SECOND)
    return f"{seconds // 60}:{seconds % 60:02d}"


def mode_word(venue: VenueView, now: int) -> str:
    """Return the venue's mode, with the time left while that is stated."""
    if venue.mode is VenueMode.NORMAL:
        return venue.mode.value
    return f"{venue.mode.value.upper()} {countdown(venue.until, now)}".rstrip()


def budget_words(venue: VenueView) -> str:
    """Return what may still go out now: orders, then cancels."""
    orders, cancels = venue.order_budget, venue.cancel_budget
    return f"{orders[0]}/{orders[1]} · {cancels[0]}/{cancels[1]}"


def budget_ink(venue: VenueView) -> str:
    """Return the ink of the budgets: an empty one stops what it pays for."""
    if venue.cancel_budget[0] <= 0:
        return _BAD
    return _DOUBT if venue.order_budget[0] <= 0 else TEXT


def silence(venue: VenueView, now: int) -> str:
    """Return for how long the venue has answered no look, once that is longer than usual."""
    passed = now - venue.looked_at if venue.looked_at else 0
    return age(now, venue.looked_at) if passed > SILENT_NS else ""


def can_sign(venue: VenueView | None) -> bool:
    """Return whether orders can be signed; where there is no venue nothing has to be."""
    return venue is None or venue.signer is SignerState.SIGNING


def venue_alarms(venue: VenueView, now: int) -> list[Fact]:
    """Return what stands against trading, worst first; empty on a good day."""
    heartbeat = clip(plain(venue.heartbeat), _HEARTBEAT_ROOM)
    found: list[tuple[bool, Fact]] = [
        (venue.mode is not VenueMode.NORMAL, ("venue", mode_word(venue, now), _BAD)),
        (not can_sign(venue), ("signer", f"{venue.signer.upper()}, restart the desk", _BAD)),
        (not venue.is_ready, ("", "RECONCILING", _DOUBT)),
        (not venue.line_up, ("user line", "DOWN", _BAD)),
        (bool(silence(venue, now)), ("venue", f"SILENT for {silence(venue, now)}", _BAD)),
        (bool(venue.unknown_orders), ("", f"{venue.unknown_orders} UNKNOWN", _DOUBT)),
        (bool(venue.drift), ("drift", signed_drift(venue.drift), _BAD)),
        (venue.heartbeat not in _HEARTBEAT_HELP, ("heartbeat", heartbeat, _BAD)),
    ]
    return [fact for is_so, fact in found if is_so]


def venue_line(health: HealthView) -> list[Fact]:
    """Return what the line under the title says of the venue, most important first."""
    venue = health.venue
    if venue is None:
        return [("", "the venue is not known yet", _DOUBT)]
    facts = venue_alarms(venue, health.now)
    facts.append(("budget", budget_words(venue), budget_ink(venue)))
    if venue.provisional_fills:
        facts.append(("provisional", str(venue.provisional_fills), "stale"))
    if venue.heartbeat in _HEARTBEAT_HELP:
        facts.append(("heartbeat", venue.heartbeat, TEXT))
    if venue.mode is VenueMode.NORMAL and not silence(venue, health.now):
        facts.append(("venue", venue.mode.value, TEXT))
    return facts


def venue_facts(venue: VenueView, now: int) -> list[Fact]:
    """Return everything known of the venue with what it means."""
    return [
        ("Wallet", venue.wallet, "heading"),
        ("Mode", _mode_sentence(venue, now), _mode_ink(venue, now)),
        ("Signer", SIGNER_HELP[venue.signer], "" if can_sign(venue) else _BAD),
        _readiness(venue),
        _line(venue),
        (
            "Budgets",
            f"{_left(venue.order_budget, 'orders')}, {_left(venue.cancel_budget, 'cancels')} "
            "may go out now; cancels keep a reserve of their own",
            "" if budget_ink(venue) == TEXT else budget_ink(venue),
        ),
        _unknown(venue),
        _provisional(venue),
        _drift(venue, now),
        ("Clock", f"the venue's clock is {venue.clock_offset_ms:+,} ms from this machine's", ""),
        _heartbeat(venue),
    ]


def _mode_ink(venue: VenueView, now: int) -> str:
    return "" if venue.mode is VenueMode.NORMAL and not silence(venue, now) else _BAD


def _mode_sentence(venue: VenueView, now: int) -> str:
    parts = [f"{mode_word(venue, now)}: {MODE_HELP[venue.mode]}"]
    if venue.reason and venue.mode is not VenueMode.NORMAL:
        parts.append(f"({plain(venue.reason)})")
    if silent := silence(venue, now):
        parts.append(f"as last heard: the venue has answered nothing for {silent}")
    return " ".join(parts)


def _readiness(venue: VenueView) -> Fact:
    if venue.is_ready and not venue.unknown_orders:
        return ("Orders", "the desk knows where all its orders are", "")
    if venue.is_ready:
        return ("Orders", "the desk knows where all its orders are but the unknown ones", _DOUBT)
    return ("Orders", "RECONCILING: no new order before every order was looked up", _DOUBT)


def _line(venue: VenueView) -> Fact:
    if venue.line_up:
        return ("User line", "up: the venue tells of orders and fills at once", "")
    return ("User line", "DOWN: orders and fills are asked for instead, which is slower", _BAD)


def _left(budget: tuple[int, int], noun: str) -> str:
    return f"{budget[0]} of {budget[1]} {noun}"


def _unknown(venue: VenueView) -> Fact:
    if not venue.unknown_orders:
        return ("Unknown", "no order", "")
    words = (
        f"{venue.unknown_orders} sent without an answer: their money stays reserved, and they "
        "are looked for until it is proven what became of them"
    )
    return ("Unknown", words, _DOUBT)


def _provisional(venue: VenueView) -> Fact:
    if not venue.provisional_fills:
        return ("Provisional", "no fill waits to be confirmed", "")
    waiting = f"{venue.provisional_fills} matched and not confirmed by the chain yet"
    return ("Provisional", f"{waiting}; each may still fail", "stale")


def _drift(venue: VenueView, now: int) -> Fact:
    if not venue.drift and (silent := silence(venue, now)):
        return ("Drift", f"none {silent} ago, when the venue last told its cash", _DOUBT)
    if not venue.drift:
        return ("Drift", "none: the venue's cash and the ledger agree", "")
    more = "more" if venue.drift > 0 else "less"
    amount = signed_drift(abs(venue.drift)).removeprefix("+")
    words = f"the venue counts {amount} {more} cash than the ledger: find out why before trading on"
    return ("Drift", words, _BAD)


def _heartbeat(venue: VenueView) -> Fact:
    known = _HEARTBEAT_HELP.get(venue.heartbeat)
    if known is not None:
        return ("Heartbeat", known, "")
    return ("Heartbeat", f"PROBLEM: {plain(venue.heartbeat)}", _BAD)
