"""Building answers: JSON with exact decimals, page cursors, error bodies of each host.

Source: ``rest-data.md`` sections 3 to 5, 2026-11.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from polydesk.sandbox.books import Json
from polydesk.sandbox.exchange import Exchange

Handler = Callable[[Request], Awaitable[Response]]

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response; decimals are written as JSON numbers."""
    return Response(
        _ENCODER.encode(body), status, media_type="application/json", headers=dict(headers or {})
    )


class Refusal(Exception):
    """A request that the venue would refuse."""

    def __init__(self, status: int, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.parameter = parameter


def handler(
    exchange: Exchange,
    build: Callable[[Exchange, Request], Any],
    refuse: Callable[[Request, Refusal], Response],
) -> Handler:
    """Return a route handler that answers with what ``build`` returns."""

    async def handle(request: Request) -> Response:
        try:
            return answer(build(exchange, request))
        except Refusal as refusal:
            return refuse(request, refusal)

    return handle


def body_handler(
    exchange: Exchange,
    build: Callable[[Exchange, Any], Any],
    refuse: Callable[[Request, Refusal], Response],
) -> Handler:
    """Return a route handler that answers from the JSON body of the request."""

    async def handle(request: Request) -> Response:
        try:
            return answer(build(exchange, read_json(await request.body())))
        except Refusal as refusal:
            return refuse(request, refusal)

    return handle


def read_json(text: bytes | str) -> Any:
    """Read a client's JSON.

    Raises:
        Refusal: It is none, or nested without end.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Refusal(400, "Invalid payload") from error


def fingerprint(request: Request, *ignored: str) -> str:
    """Return a short digest of the path and the parameters that shape a listing."""
    pairs = sorted(pair for pair in request.query_params.multi_items() if pair[0] not in ignored)
    return digest(msgspec.json.encode([request.url.path, pairs]))[:12]


def digest(data: bytes) -> str:
    """Return 32 hex characters that depend on nothing but ``data``."""
    return hashlib.sha256(data).hexdigest()[:32]


def pack_cursor(fields: Json) -> str:
    """Return an opaque cursor with a check of its own."""
    data = msgspec.json.encode(fields)
    body = msgspec.json.encode({"data": fields, "sig": digest(data)})
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def unpack_cursor(text: str) -> Json:
    """Return the fields of a cursor of ours.

    Raises:
        Refusal: It is not one.
    """
    try:
        body = read_json(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        fields = body["data"]
        if not isinstance(fields, dict) or body["sig"] != digest(msgspec.json.encode(fields)):
            raise ValueError(text)
        return fields
    except (ValueError, KeyError, TypeError, Refusal) as error:
        raise Refusal(400, "Invalid cursor", "cursor") from error


def integer(request: Request, name: str, default: int, low: int, high: int) -> int:
    """Read a whole number, held between two bounds.

    Raises:
        Refusal: The text is no whole number.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        return min(max(int(text), low), high)
    except ValueError as error:
        raise Refusal(400, f"{name} must be an integer", name) from error


def truth(text: str | None) -> bool | None:
    """Read a query boolean; None when it is absent or neither."""
    if text is None:
        return None
    return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
