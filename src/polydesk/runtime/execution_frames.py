"""What the rim tells the executor, as recorded text: a live session can be played again."""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec

from polydesk.domain.frames import EXECUTION, Frame
from polydesk.errors import WireError
from polydesk.execution.inputs import Input

_KINDS: Final[dict[str, type[Any]]] = {kind.__name__: kind for kind in get_args(Input)}
_UNREADABLE = (msgspec.MsgspecError, KeyError, TypeError, ValueError, RecursionError)


def encode_input(told: Input, ts_init: int) -> Frame:
    """Write an input with the time at which it came."""
    body = {"kind": type(told).__name__, "data": told}
    return Frame(EXECUTION, ts_init, msgspec.json.encode(body))


def decode_input(frame: Frame) -> Input:
    """Read an input.

    Raises:
        WireError: The text is not one of ours.
    """
    try:
        data = msgspec.json.decode(frame.text)
        told: Input = msgspec.convert(data["data"], _KINDS[data["kind"]])
    except _UNREADABLE as error:
        raise WireError(f"unreadable execution frame: {error}") from error
    return told
