"""How the venue says no to a trading request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from polydesk.sandbox.books import Json
from polydesk.venues.simulation.exchange.refusals import Refusal as CoreRefusal

UNAUTHORIZED: Final = "Unauthorized/Invalid api key"
BAD_L1: Final = "Invalid L1 Request headers"
BAD_PAYLOAD: Final = "Invalid order payload"
BAD_ORDER_ID: Final = "Invalid orderID"
BAD_OWNER: Final = "the order owner has to be the owner of the API KEY"
BAD_SIGNER: Final = "the order signer address has to be the address of the API KEY"
BAD_MAKER: Final = "maker address not allowed, please use the deposit wallet flow"
BAD_SIGNATURE: Final = "invalid signature"
BAD_VERSION: Final = "order_version_mismatch"


class Denied(Exception):
    """A request that is refused, as it will be answered."""

    def __init__(self, status: int, body: Json, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def denied(text: str, status: int = 400) -> Denied:
    """Return the refusal with this text."""
    return Denied(status, {"error": text})


def denied_by_core(refusal: CoreRefusal) -> Denied:
    """Return the answer to what the exchange core refused, with its code and waiting time.

    Source: ``trading.md`` section 5.4.
    """
    body: Json = {"error": refusal.text}
    headers = {}
    if refusal.code:
        body["code"] = refusal.code
    if refusal.retry_after_s is not None:
        body["retry_after_seconds"] = refusal.retry_after_s
        headers["Retry-After"] = str(refusal.retry_after_s)
    return Denied(refusal.http_status, body, headers)
