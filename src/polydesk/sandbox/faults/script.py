"""The fault script: what goes wrong, where, and how often, as JSON.

A script is ``{"seed": N, "rules": [{"name", "match", "fault", "count"}, …]}``. ``docs/sandbox.md``
describes every field.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from polydesk.domain.text import clean
from polydesk.errors import ConfigError
from polydesk.sandbox.faults.endpoints import Endpoint
from polydesk.sandbox.faults.kinds import HttpFault, SocketFault
from polydesk.sandbox.forms import BadForm, bad_form, read_form

Positive = Annotated[int, Meta(ge=1)]


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which requests, or which frames of a socket, a rule is about; all fields must agree."""

    method: str | None = None
    path: str | None = None
    """Beginning of the path, with the host's prefix: ``/clob/data``."""
    endpoint: Endpoint | None = None
    signer: str | None = None
    """Address in the ``POLY_ADDRESS`` header."""
    socket: Annotated[str, Meta(pattern="^(market|user|rtds)$")] | None = None
    connection: Positive | None = None
    """Only the n-th connection to the socket since the script was set."""
    nth: Positive | Annotated[list[Positive], Meta(min_length=1)] | None = None
    every: Positive | None = None
    probability: Annotated[float, Meta(ge=0, le=1)] | None = None


class _RuleForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fault: msgspec.Raw
    match: Match = Match()
    count: Positive | None = None
    name: str = ""


class _ScriptForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rules: list[_RuleForm]
    seed: int | None = None


class Rule(msgspec.Struct, frozen=True):
    """One thing that goes wrong."""

    match: Match
    fault: HttpFault | SocketFault
    count: int | None = None
    """Times it happens at most."""
    name: str = ""


class Script(msgspec.Struct, frozen=True):
    """Rules in order; the first that is due decides."""

    rules: tuple[Rule, ...] = ()
    seed: int | None = None
    """Overrides the exchange's seed for the rules' chances."""


NO_FAULTS: Final = Script()
_HTTP_ONLY: Final = ("method", "path", "endpoint", "signer")


def read_script(path: Path) -> Script:
    """Read a script from a file.

    Raises:
        ConfigError: It cannot be read or is no fault script.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"Cannot read the fault script {clean(str(path))}: {error.strerror}."
        ) from error
    try:
        return parse_script(text)
    except ConfigError as error:
        raise ConfigError(f"{clean(str(path))}: {error}") from error


def parse_script(text: bytes) -> Script:
    """Return the script that a JSON text describes.

    Raises:
        ConfigError: It is no fault script; the message names the field.
    """
    try:
        form = read_form(text, _ScriptForm)
        rules = tuple(_rule(rule, f"rules[{index}]") for index, rule in enumerate(form.rules))
    except BadForm as error:
        raise ConfigError(f"No fault script: {error}.") from error
    return Script(rules, form.seed)


def _rule(form: _RuleForm, where: str) -> Rule:
    match = form.match
    _check(match, f"{where}.match")
    fault: HttpFault | SocketFault
    if match.socket is None:
        fault = read_form(form.fault, HttpFault, f"{where}.fault")  # type: ignore[arg-type]
    else:
        fault = read_form(form.fault, SocketFault, f"{where}.fault")  # type: ignore[arg-type]
    return Rule(match, fault, form.count, form.name)


def _check(match: Match, where: str) -> None:
    """Raise BadForm when two fields of a match contradict each other."""
    chosen = [name for name in ("nth", "every", "probability") if getattr(match, name) is not None]
    if len(chosen) > 1:
        raise bad_form(f"write only one of {' and '.join(chosen)}", where)
    if match.socket is None and match.connection is not None:
        raise bad_form("connection needs socket", where)
    mixed = [name for name in _HTTP_ONLY if getattr(match, name) is not None]
    if match.socket is not None and mixed:
        raise bad_form(f"socket does not go with {mixed[0]}", where)
