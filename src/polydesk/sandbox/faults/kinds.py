"""Every fault there is, as the script writes it: ``{"kind": …}`` and its settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(gt=0, le=3_600)]
"""Real seconds; the recording's speed does not matter."""
HangUp = Literal["reset", "close", "hang"]
"""How the client loses the line: TCP reset, orderly end, or silence until it gives up."""


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """What all faults share."""

    @property
    def name(self) -> str:
        """The word in the script."""
        return str(self.__struct_config__.tag)


class BeforeCommit(Kind, frozen=True, tag="before_commit"):
    """The line is lost and the exchange never sees the request."""

    how: HangUp = "reset"


class AfterCommit(Kind, frozen=True, tag="after_commit"):
    """The exchange does what was asked and the line is lost before the reply."""

    how: HangUp = "reset"


class HalfReply(Kind, frozen=True, tag="half_reply"):
    """The line is lost in the middle of the reply's body."""

    keep: Annotated[float, Meta(ge=0, lt=1)] = 0.5
    """Part of the body that arrives."""
    how: HangUp = "reset"


class Delay(Kind, frozen=True, tag="delay"):
    """The reply is late."""

    seconds: Seconds
    when: Literal["before_commit", "after_commit"] = "before_commit"


class LateCommit(Kind, frozen=True, tag="late_commit"):
    """The line is lost at once and the exchange does what was asked later: a zombie order."""

    seconds: Seconds
    how: HangUp = "reset"


class Drip(Kind, frozen=True, tag="drip"):
    """The reply arrives in ten pieces over a time."""

    seconds: Seconds


class Duplicate(Kind, frozen=True, tag="duplicate"):
    """The exchange gets the same bytes twice, as from a proxy that tries again."""

    answer: Literal["first", "last"] = "last"


class Status(Kind, frozen=True, tag="status"):
    """Another answer than the exchange's."""

    status: Annotated[int, Meta(ge=200, le=599)]
    commit: bool = False
    """Whether the exchange does what was asked all the same."""
    error: str | None = None
    """Text instead of the status' usual one."""
    code: str | None = None
    retry_after: Annotated[int, Meta(ge=0)] | None = None
    """Seconds, in the header ``Retry-After`` and in the body."""
    body: Any = None
    """Whole JSON body instead of an error."""
    headers: dict[str, str] = {}


class Corrupt(Kind, frozen=True, tag="corrupt"):
    """The exchange does what was asked; its answer is damaged on the way, with its status."""

    form: Literal["html", "json", "type"] = "html"
    """A page with status 200, text that is no JSON, or the right text called a picture."""
    commit: bool = True


class WrongTime(Kind, frozen=True, tag="wrong_time"):
    """The exchange's clock, as ``/time`` tells it, is wrong."""

    seconds: int
    """Added to the time."""


HttpFault = (
    BeforeCommit
    | AfterCommit
    | HalfReply
    | Delay
    | LateCommit
    | Drip
    | Duplicate
    | Status
    | Corrupt
    | WrongTime
)


class Refuse(Kind, frozen=True, tag="refuse"):
    """The connection is refused with HTTP 403; counts connections, not frames."""


class Freeze(Kind, frozen=True, tag="freeze"):
    """From this frame on the connection carries nothing but answers to pings."""

    seconds: Seconds | None = None
    """Until the end of the connection when left out; frames in between are lost."""


class Drop(Kind, frozen=True, tag="drop"):
    """The connection ends before this frame."""

    how: Literal["reset", "close"] = "reset"
    code: Annotated[int, Meta(ge=1_000, le=4_999)] | None = None
    """End with this close code instead."""


class Repeat(Kind, frozen=True, tag="duplicate"):
    """The frame arrives more than once."""

    times: Annotated[int, Meta(ge=2, le=100)] = 2


class Reorder(Kind, frozen=True, tag="reorder"):
    """The frame arrives after the one that follows it, or with the next answer to a ping."""


class Garble(Kind, frozen=True, tag="corrupt"):
    """The frame's text is damaged."""

    form: Literal["cut", "reverse"] = "cut"
    """The first half of the text, or the text backwards."""


class Hold(Kind, frozen=True, tag="delay"):
    """The frame, and all behind it, arrive later."""

    seconds: Seconds


SocketFault = Refuse | Freeze | Drop | Repeat | Reorder | Garble | Hold
