"""Keys and credentials that never show themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn, final

from coincurve import PrivateKey as CurveKey

from polydesk.errors import KeyStoreError
from polydesk.venues.polymarket.signing.addresses import write_address
from polydesk.venues.polymarket.signing.keccak import keccak256

KEY_BYTES: Final = 32
DIGEST_BYTES: Final = 32
CURVE_ORDER: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


class Hidden:
    """A value that no print, log, traceback, copy or pickle reveals."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __rich_repr__(self) -> Iterator[str]:
        yield "hidden"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be copied, pickled or sent")

    def __reduce__(self) -> NoReturn:
        self.__reduce_ex__(2)

    def __getstate__(self) -> NoReturn:
        self.__reduce_ex__(2)


@final
class PrivateKey(Hidden):
    """A secp256k1 key that signs digests; it has the shape of ``ports.Signer``."""

    __slots__ = ("_address", "_curve_key")

    def __init__(self, secret: bytes | bytearray) -> None:
        """Take a key.

        Args:
            secret: 32 bytes, big-endian. Overwrite a ``bytearray`` afterwards.

        Raises:
            KeyStoreError: Not 32 bytes, or not a number of the curve; the value is not told.
        """
        curve_key = _on_curve(secret)
        # A traceback that shows local values must not find the secret in this frame.
        del secret
        if curve_key is None:
            raise KeyStoreError("a private key has 32 bytes and lies inside the curve's order.")
        self._curve_key = curve_key
        public = curve_key.public_key.format(compressed=False)
        self._address = write_address(keccak256(public[1:])[12:])

    @property
    def address(self) -> str:
        """The account's address with its checksum."""
        return self._address

    def sign(self, digest: bytes) -> bytes:
        """Sign a 32-byte digest, always the same way for the same digest (RFC 6979, low s).

        Returns:
            65 bytes: r, s, and 27 or 28.
        """
        if len(digest) != DIGEST_BYTES:
            raise ValueError("a digest has 32 bytes")
        signature = self._curve_key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes((27 + signature[64],))


def _on_curve(secret: bytes | bytearray) -> CurveKey | None:
    """Return the library's key, or None; raises nothing, so that no frame is ever shown."""
    raw = bytes(secret) if isinstance(secret, (bytes, bytearray)) else b""
    if len(raw) != KEY_BYTES or not 0 < int.from_bytes(raw, "big") < CURVE_ORDER:
        return None
    return CurveKey(raw)


@final
class ApiCredentials(Hidden):
    """What the venue gave for signing requests: key id, secret and passphrase."""

    __slots__ = ("_reveal", "key")

    def __init__(self, key: str, secret: bytes, passphrase: str) -> None:
        """Take credentials.

        Args:
            key: Id of the key, as the venue wrote it; not secret.
            secret: Decoded bytes; ``auth.decode_secret`` makes them from the venue's text.
            passphrase: As the venue wrote it.
        """
        self.key = key
        # In a closure, because tools that look at attributes would show them.
        self._reveal: Callable[[], tuple[bytes, str]] = lambda: (secret, passphrase)

    def reveal(self) -> tuple[bytes, str]:
        """Return secret and passphrase, for signing one request."""
        return self._reveal()
