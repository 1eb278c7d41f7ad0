"""Why the venue said no, as a closed list, each with what to do about it.

``docs/errors.md`` is generated from this file and checked by a test.

Source: ``trading.md`` sections 3.4, 4.4, 5.4 and 12, 2026-11.
"""

from __future__ import annotations

from enum import StrEnum


class RefusalCode(StrEnum):
    """What kind of no it was; the venue's own words stand beside it."""

    NOT_ENOUGH_BALANCE = "NOT_ENOUGH_BALANCE"
    PRICE_OFF_TICK = "PRICE_OFF_TICK"
    SIZE_BELOW_MINIMUM = "SIZE_BELOW_MINIMUM"
    TOO_MANY_DECIMALS = "TOO_MANY_DECIMALS"
    MARKETABLE_BUY_TOO_SMALL = "MARKETABLE_BUY_TOO_SMALL"
    POST_ONLY_WOULD_CROSS = "POST_ONLY_WOULD_CROSS"
    POST_ONLY_WRONG_TYPE = "POST_ONLY_WRONG_TYPE"
    FOK_NOT_FILLED = "FOK_NOT_FILLED"
    FAK_NOT_FILLED = "FAK_NOT_FILLED"
    MARKET_NOT_READY = "MARKET_NOT_READY"
    INVALID_EXPIRATION = "INVALID_EXPIRATION"
    INVALID_NONCE = "INVALID_NONCE"
    INVALID_SIGNATURE = "INVALID_SIGNATURE"
    INVALID_PAYLOAD = "INVALID_PAYLOAD"
    CLIENT_TOO_OLD = "CLIENT_TOO_OLD"
    OWNER_IS_NOT_THE_KEY = "OWNER_IS_NOT_THE_KEY"
    SIGNER_IS_NOT_THE_KEY = "SIGNER_IS_NOT_THE_KEY"
    DEPOSIT_WALLET_NEEDED = "DEPOSIT_WALLET_NEEDED"
    ADDRESS_BANNED = "ADDRESS_BANNED"
    CLOSED_ONLY = "CLOSED_ONLY"
    GEOBLOCKED = "GEOBLOCKED"
    CANCELED_ON_CHAIN = "CANCELED_ON_CHAIN"
    TOO_MANY_ORDERS = "TOO_MANY_ORDERS"
    UNAUTHORIZED = "UNAUTHORIZED"
    OTHER = "OTHER"


REFUSAL_HELP: dict[RefusalCode, str] = {
    RefusalCode.NOT_ENOUGH_BALANCE: "Free balance or allowance does not cover the order; cancel open orders or add funds, and run `polydesk setup` to check the allowances.",
    RefusalCode.PRICE_OFF_TICK: "The market's tick has changed; look at the fresh book and choose a price on its grid.",
    RefusalCode.SIZE_BELOW_MINIMUM: "The size is below the market's minimum, usually 5 shares; order more.",
    RefusalCode.TOO_MANY_DECIMALS: "Sizes have at most two decimals; order a size in hundredths of a share.",
    RefusalCode.MARKETABLE_BUY_TOO_SMALL: "A buy that matches at once must be worth at least $1; order more.",
    RefusalCode.POST_ONLY_WOULD_CROSS: "The post-only order would have taken; choose a price behind the touch or leave post-only out.",
    RefusalCode.POST_ONLY_WRONG_TYPE: "Only GTC and GTD orders can be post-only; leave post-only out.",
    RefusalCode.FOK_NOT_FILLED: "The book could not fill the whole FOK order, so none of it was; use a worse limit or FAK.",
    RefusalCode.FAK_NOT_FILLED: "Nothing in the book matched the FAK order; use a worse limit or let it rest as GTC.",
    RefusalCode.MARKET_NOT_READY: "The market takes no orders now; it is not open yet, closed or paused.",
    RefusalCode.INVALID_EXPIRATION: "A GTD order must expire at least three minutes ahead; choose a later time and check the computer's clock.",
    RefusalCode.INVALID_NONCE: "The order carries a nonce of the old format; update polydesk.",
    RefusalCode.INVALID_SIGNATURE: "The signature does not fit the order; check wallet and signature type with `polydesk setup`.",
    RefusalCode.INVALID_PAYLOAD: "The venue could not read the order; check whether polydesk is up to date.",
    RefusalCode.CLIENT_TOO_OLD: "The venue has changed its order format and this version is too old; stop live trading and update polydesk.",
    RefusalCode.OWNER_IS_NOT_THE_KEY: "The order names another API key than the request; run `polydesk setup` again.",
    RefusalCode.SIGNER_IS_NOT_THE_KEY: "The wallet is not the one registered for the API key's account; finish the wallet's set-up on the venue's site, then run `polydesk setup`.",
    RefusalCode.DEPOSIT_WALLET_NEEDED: "Accounts made since May 2026 must trade from a deposit wallet; set it up on the venue's site, then run `polydesk setup`.",
    RefusalCode.ADDRESS_BANNED: "The venue has banned this address; ask its support.",
    RefusalCode.CLOSED_ONLY: "The account may only reduce positions; new ones are refused until the venue lifts it.",
    RefusalCode.GEOBLOCKED: "The venue does not take orders from this place; watching and paper trading work.",
    RefusalCode.CANCELED_ON_CHAIN: "The order was cancelled in the exchange's contract; make a new one.",
    RefusalCode.TOO_MANY_ORDERS: "The batch holds more orders than the venue takes at once; send fewer.",
    RefusalCode.UNAUTHORIZED: "The API key was not accepted; check the computer's clock, then run `polydesk setup` again.",
    RefusalCode.OTHER: "The venue refused for a reason we do not know; its own words say more.",
}


def explain_refusal(code: RefusalCode | None, words: str) -> str:
    """Return what a refusal means and what to do, with the venue's own words."""
    if code is None or code is RefusalCode.OTHER:
        return words
    sentence = REFUSAL_HELP[code].removesuffix(".")
    return f"{sentence} (the venue: {words})." if words else f"{sentence}."
