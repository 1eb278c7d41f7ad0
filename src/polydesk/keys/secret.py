"""Secret bytes that never show themselves, and are overwritten after use.

Python copies: the libraries for key derivation and for the curve make short-lived `bytes` of
their own that cannot be overwritten, and the system may have swapped a page out. The holder keeps
everything else off: no `str`, no immutable copy of ours, nothing in a log or traceback.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, NoReturn, Self, final

if TYPE_CHECKING:
    from collections.abc import Iterator

_HIDDEN = "Secret(hidden)"


@final
class Secret:
    """Bytes in one place of memory. Use it in a `with` block: leaving it wipes them.

    The value lies behind a `memoryview`, because tools that print local values and attributes
    show its address and not what it holds.
    """

    __slots__ = ("_view",)

    def __init__(self, size: int) -> None:
        """Hold ``size`` zero bytes, to be filled through ``view``."""
        self._view: memoryview | None = memoryview(bytearray(size))

    @classmethod
    def copy_of(cls, data: bytes | bytearray | memoryview) -> Self:
        """Hold a copy of ``data``; the caller wipes or drops its own."""
        secret = cls(len(data))
        secret.view[:] = data
        return secret

    @property
    def view(self) -> memoryview:
        """The bytes themselves, for libraries that read buffers.

        Keep the holder as long as the view: a holder that is dropped wipes its bytes.

        Raises:
            ValueError: They were wiped.
        """
        if self._view is None:
            raise ValueError("the secret was wiped")
        return self._view

    def part(self, start: int, stop: int) -> Secret:
        """Return a copy of some of the bytes."""
        return Secret.copy_of(self.view[start:stop])

    def matches(self, other: Secret) -> bool:
        """Tell whether both hold the same bytes, in a time that tells nothing else."""
        return hmac.compare_digest(self.view, other.view)

    def wipe(self) -> None:
        """Overwrite the bytes; a second call does nothing."""
        if self._view is not None:
            self._view[:] = bytes(len(self._view))
            self._view = None

    def __len__(self) -> int:
        return len(self.view)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def __del__(self) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return _HIDDEN

    def __str__(self) -> str:
        return _HIDDEN

    def __format__(self, spec: str) -> str:
        return _HIDDEN

    def __rich_repr__(self) -> Iterator[str]:
        yield "hidden"

    def __iter__(self) -> NoReturn:
        raise TypeError("a secret cannot be listed")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be copied, pickled or sent")

    def __reduce__(self) -> NoReturn:
        self.__reduce_ex__(2)

    def __getstate__(self) -> NoReturn:
        self.__reduce_ex__(2)


def forbid_core_dumps() -> None:
    """Let a crash of this process write no image of its memory."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
