"""A trader of the end-to-end tests: plain httpx and websockets, signing with known test keys."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from polydesk.domain.instruments import Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.units import PriceMicros, ShareMicros, parse_micros
from polydesk.sandbox.urls import SandboxUrls
from polydesk.venues.polymarket.signing.amounts import limit_amounts
from polydesk.venues.polymarket.signing.auth import decode_secret, l1_headers, l2_headers
from polydesk.venues.polymarket.signing.body import compact, order_request
from polydesk.venues.polymarket.signing.contracts import OrderVersion, exchange_domain
from polydesk.venues.polymarket.signing.eip712 import Domain
from polydesk.venues.polymarket.signing.keys import ApiCredentials, PrivateKey
from polydesk.venues.polymarket.signing.orders import OrderFields, SignatureType
from polydesk.venues.polymarket.signing.orders import order_id as digest_of
from polydesk.venues.polymarket.signing.signatures import (
    sign_order,
    sign_order_with_session_key,
)

WAIT_S = 15.0
PLAIN = exchange_domain(OrderVersion.V2, False)
Json = dict[str, Any]


class Trader:
    """One key with its credentials."""

    def __init__(self, urls: SandboxUrls, number: int) -> None:
        self.urls = urls
        self.key = PrivateKey(number.to_bytes(32, "big"))
        self.http = httpx.AsyncClient(trust_env=False)
        self.auth: Json = {}
        self._salts = itertools.count(number * 1_000_000 + 1)

    async def log_in(self, nonce: int = 0) -> Json:
        """Create credentials."""
        answer = await self.raw_l1("POST", "/auth/api-key", nonce)
        assert answer.status_code == 200, answer.text
        self.auth = answer.json()
        return self.auth

    async def raw_l1(self, method: str, path: str, nonce: int = 0) -> httpx.Response:
        headers = l1_headers(self.key, int(time.time()), nonce=nonce)
        return await self.http.request(method, self.urls.clob + path, headers=headers)

    @property
    def credentials(self) -> ApiCredentials:
        fields = self.auth
        return ApiCredentials(
            fields["apiKey"], decode_secret(fields["secret"]), fields["passphrase"]
        )

    async def ask(
        self, method: str, path: str, body: Any = None, *, at: int | None = None, **query: str
    ) -> httpx.Response:
        """Send a private request."""
        text = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        return await self.ask_raw(method, path, text, at=at, **query)

    async def ask_raw(
        self, method: str, path: str, text: bytes, *, at: int | None = None, **query: str
    ) -> httpx.Response:
        """Send a private request with exactly this body."""
        when = int(time.time()) if at is None else at
        headers = dict(l2_headers(self.key.address, self.credentials, when, method, path, text))
        return await self.http.request(
            method, self.urls.clob + path, content=text, headers=headers, params=query
        )

    async def get(self, path: str, **query: str) -> Any:
        answer = await self.ask("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def order(
        self,
        token: str,
        side: Side,
        price: str,
        size: str,
        *,
        kind: TimeInForce = TimeInForce.GTC,
        domain: Domain = PLAIN,
        tick: int = 10_000,
        wallet: str | None = None,
        signature_type: SignatureType = SignatureType.EOA,
        expiration_s: int = 0,
        post_only: bool = False,
        session: bool = False,
    ) -> Json:
        """Return a signed order's body."""
        amounts = limit_amounts(
            side,
            PriceMicros(parse_micros(price)),
            ShareMicros(parse_micros(size)),
            PriceMicros(tick),
        )
        maker = wallet or self.key.address
        own = signature_type is SignatureType.POLY_1271
        fields = OrderFields(
            salt=next(self._salts),
            maker=maker,
            signer=maker if own else self.key.address,
            token_id=int(token),
            maker_amount=amounts.maker,
            taker_amount=amounts.taker,
            side=side,
            signature_type=signature_type,
            timestamp_ms=int(time.time() * 1_000),
        )
        self.last_id = str(digest_of(fields, domain))
        sign = sign_order_with_session_key if session else sign_order
        signature = sign(fields, domain, self.key)
        request = order_request(
            fields,
            signature,
            self.auth["apiKey"],
            kind,
            expiration_s=expiration_s,
            post_only=post_only,
        )
        body: Json = json.loads(compact(request))
        return body

    async def send(self, body: Json) -> httpx.Response:
        return await self.ask("POST", "/order", body)

    async def place(self, *args: Any, **options: Any) -> Json:
        """Place an order that must be taken."""
        answer = await self.send(self.order(*args, **options))
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        assert body["orderID"] == self.last_id
        return body

    async def balance(self, token: str = "", signature_type: int = 0) -> int:
        query = {"asset_type": "CONDITIONAL" if token else "COLLATERAL"}
        if token:
            query["token_id"] = token
        body = await self.get("/balance-allowance", signature_type=str(signature_type), **query)
        return int(body["balance"])

    @asynccontextmanager
    async def listen(self, **fields: Any) -> AsyncIterator[UserFeed]:
        """Open the user socket and wait until it is served."""
        names = ("apiKey", "secret", "passphrase")
        auth = {name: self.auth[name] for name in names}
        async with connect(self.urls.user_ws, compression=None) as socket:
            await socket.send(json.dumps({"type": "user", "auth": auth, **fields}))
            await socket.send("PING")
            assert await socket.recv() == "PONG"
            yield UserFeed(socket)

    async def close(self) -> None:
        await self.http.aclose()


class UserFeed:
    """What a user socket has said."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.seen: list[Json] = []

    async def until(self, status: str, kind: str) -> list[Json]:
        """Read until an event of a kind has a status; return all so far."""
        async with asyncio.timeout(WAIT_S):
            while not any(e["event_type"] == kind and e["status"] == status for e in self.seen):
                self.seen.append(json.loads(await self.socket.recv()))
        return self.seen

    def steps(self, kind: str) -> list[str]:
        """Return the statuses of a kind in the order they came."""
        return [event["status"] for event in self.seen if event["event_type"] == kind]


@asynccontextmanager
async def traders(urls: SandboxUrls, *numbers: int) -> AsyncIterator[list[Trader]]:
    """Log several keys in."""
    found = [Trader(urls, number) for number in numbers]
    try:
        for trader in found:
            await trader.log_in()
        yield found
    finally:
        for trader in found:
            await trader.close()
