"""What the signer answers; pure but for the clock and the line's pipe."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Final

import msgspec

from polydesk.errors import KeyStoreError, NotSignable, SignerRefused
from polydesk.signer import messages
from polydesk.signer.caps import Caps, Meter
from polydesk.signer.clock import OwnClock
from polydesk.signer.framing import frame
from polydesk.signer.messages import Answer, Done, Headers, Refused, Reply
from polydesk.signer.orders import OrderSigner, maker_of
from polydesk.signer.requests import RequestGate, latched
from polydesk.signer.unlock import Unlocked
from polydesk.venues.polymarket.signing.auth import l1_headers, l2_headers
from polydesk.venues.polymarket.signing.keys import ApiCredentials

_NS: Final = 1_000_000_000
NO_CREDENTIALS: Final = "this key has no API credentials yet; run `polydesk setup`"


class Service:
    """One unlocked key with its caps."""

    def __init__(self, start: messages.Start, opened: Unlocked, line: int | None) -> None:
        """Take the first message and what was unlocked.

        Args:
            start: Caps, account and clock.
            opened: Key and credentials.
            line: Handle of the user line's pipe, not blocking.

        Raises:
            NotSignable: The account does not fit the key.
        """
        self._clock = OwnClock(start.clock_offset_ms)
        self._meter = Meter(start.caps)
        self._gate = RequestGate(self._clock, is_latched=start.is_latched)
        self._may_authenticate = start.may_authenticate
        self._opened = opened
        self._line = line
        self.maker = maker_of(start.account, opened.key.address)
        """The wallet whose orders are signed."""
        self._orders = OrderSigner(opened.key, self.maker, self._owner, self._meter, self._clock)
        self._doing: dict[type, Callable[..., Answer | None]] = {
            messages.SignOrder: self._sign_order,
            messages.Expect: self._expect,
            messages.SignHeaders: self._sign_headers,
            messages.SignAuth: self._sign_auth,
            messages.SubscribeUser: self._subscribe,
            messages.Tighten: self._tighten,
            messages.SetClock: self._set_clock,
            messages.Latch: self._latch,
        }

    @property
    def caps(self) -> Caps:
        """The caps in force."""
        return self._meter.caps

    def latch(self) -> None:
        """Sign nothing but cancels and reads from now on."""
        self._gate.is_latched = True

    def answer(self, message: bytes) -> bytes:
        """Answer one message, whatever it is; nothing when no answer is wanted."""
        number = 0
        try:
            request = messages.decode_request(message)
            number = request.id
            ask = messages.decode_ask(request.ask)
            answer = self._doing[type(ask)](ask)
            if answer is None:
                return b""
        except (msgspec.MsgspecError, RecursionError) as error:
            answer = Refused(f"not a message the signer knows: {error}")
        except (SignerRefused, NotSignable, KeyStoreError, ValueError) as error:
            answer = Refused(str(error))
        return messages.encode(Reply(number, answer))

    def _sign_order(self, ask: messages.SignOrder) -> Answer:
        self._refuse_when_latched()
        signed = self._orders.sign(ask)
        # The kill switch may have come as a signal while the order was being signed.
        self._refuse_when_latched()
        self._gate.remember(signed.body)
        return signed

    def _expect(self, ask: messages.Expect) -> None:
        # Whoever asks for it in earnest is told why it cannot be signed.
        with contextlib.suppress(NotSignable):
            self._orders.expect(ask.order)

    def _sign_headers(self, ask: messages.SignHeaders) -> Answer:
        self._gate.check(ask.method, ask.path, ask.body)
        now_s = self._clock.now_ns() // _NS
        address = self._opened.key.address
        made = l2_headers(address, self._login(), now_s, ask.method, ask.path, ask.body)
        return Headers(dict(made))

    def _sign_auth(self, ask: messages.SignAuth) -> Answer:
        self._refuse_when_latched()
        if not self._may_authenticate:
            raise SignerRefused("only `polydesk setup` makes or derives API credentials")
        now_s = self._clock.now_ns() // _NS
        return Headers(l1_headers(self._opened.key, now_s, nonce=ask.nonce))

    def _subscribe(self, _: messages.SubscribeUser) -> Answer:
        if self._line is None or self._opened.subscription is None:
            raise SignerRefused(NO_CREDENTIALS if self._line is not None else "there is no line")
        message = frame(bytes(self._opened.subscription.view))
        try:
            written = os.write(self._line, message)
        except OSError as error:
            raise SignerRefused(f"the line takes no message: {error.strerror}") from None
        if written != len(message):
            raise SignerRefused("the line takes no message: its pipe is full")
        return Done()

    def _tighten(self, ask: messages.Tighten) -> Answer:
        self._meter.caps = self._meter.caps.tightened(ask.caps)
        return Done()

    def _set_clock(self, ask: messages.SetClock) -> Answer:
        self._clock.set_offset(ask.offset_ms)
        return Done()

    def _latch(self, _: messages.Latch) -> Answer:
        self.latch()
        return Done()

    def _refuse_when_latched(self) -> None:
        if self._gate.is_latched:
            raise latched()

    def _login(self) -> ApiCredentials:
        if self._opened.credentials is None:
            raise SignerRefused(NO_CREDENTIALS)
        return self._opened.credentials

    def _owner(self) -> str:
        return self._login().key
