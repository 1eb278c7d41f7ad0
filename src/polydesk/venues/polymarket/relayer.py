"""What the relayer knows about wallets: whether one is deployed. Nothing is sent on chain here.

Source: ``trading.md`` sections 3.4 and 10.4, 2026-11.
"""

from __future__ import annotations

import json
from typing import Final

from polydesk.errors import WireError
from polydesk.venues.polymarket.hosts_text import host_name
from polydesk.venues.polymarket.http import HttpReader, Request
from polydesk.venues.polymarket.signing.orders import SignatureType
from polydesk.venues.polymarket.signing.wallets import Funder

_TYPES: Final = {
    SignatureType.POLY_PROXY: "PROXY",
    SignatureType.POLY_GNOSIS_SAFE: "SAFE",
    SignatureType.POLY_1271: "WALLET",
}


async def is_deployed(reader: HttpReader, relayer: str, funder: Funder) -> bool:
    """Ask whether a wallet exists on chain; a plain account always does.

    Args:
        reader: Reads.
        relayer: Base address of the relayer.
        funder: The wallet.

    Raises:
        WireError: The answer does not say.
        VenueUnavailable: No usable answer.
        VenueRejected: The relayer refused.
    """
    if funder.signature_type is SignatureType.EOA:
        return True
    params = [("address", funder.address), ("type", _TYPES[funder.signature_type])]
    body = await reader.read(Request("GET", relayer, "/deployed", "relayer/deployed", params))
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    deployed = found.get("deployed") if isinstance(found, dict) else None
    if not isinstance(deployed, bool):
        raise WireError(f"{host_name(relayer)} did not say whether {funder.address} is deployed")
    return deployed
