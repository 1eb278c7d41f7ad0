"""The encrypted keystore format that wallets share, version 3.

A passphrase goes through a slow function (scrypt; PBKDF2 is read too); half of the result is the
AES-128-CTR key, the other half authenticates the ciphertext with Keccak-256.

Source: Web3 Secret Storage Definition, version 3.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
from Crypto.Cipher import AES

from polydesk.errors import KeyStoreError
from polydesk.keys.address import keccak256
from polydesk.keys.key_text import KEY_BYTES
from polydesk.keys.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from Crypto.Cipher._mode_ctr import CtrMode

VERSION: Final = 3
DERIVED_BYTES: Final = 32
LEAST_MEMORY: Final = 1 << 24
MOST_MEMORY: Final = 1 << 30
"""Bytes that scrypt must and may need: less is quick to guess, more stops this machine."""
MOST_LANES: Final = 16
LEAST_ROUNDS: Final = 200_000
MOST_ROUNDS: Final = 10_000_000
"""Of PBKDF2."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess of the passphrase costs: scrypt's n, r and p."""

    n: int
    r: int
    p: int

    @property
    def memory(self) -> int:
        """Bytes that one derivation needs."""
        return 128 * self.n * self.r


STANDARD: Final = Cost(1 << 18, 8, 1)
"""256 MiB and about a second: the strong setting that wallets use by default."""


class _Scrypt(msgspec.Struct, frozen=True):
    n: int
    r: int
    p: int
    dklen: int
    salt: str


class _Pbkdf2(msgspec.Struct, frozen=True):
    c: int
    prf: str
    dklen: int
    salt: str


class _CipherParams(msgspec.Struct, frozen=True):
    iv: str


class _Crypto(msgspec.Struct, frozen=True):
    cipher: str
    cipherparams: _CipherParams
    ciphertext: str
    kdf: str
    kdfparams: msgspec.Raw
    mac: str


class _Keystore(msgspec.Struct, frozen=True):
    crypto: _Crypto
    id: str
    version: int
    address: str | None = None


def seal(key: Secret, passphrase: Secret, address: str, cost: Cost = STANDARD) -> bytes:
    """Return a keystore of the key as JSON that only the passphrase opens.

    Args:
        key: 32 bytes, or other secret bytes of the key's account.
        passphrase: As typed.
        address: The key's address; it is written in clear, as the format has it.
        cost: Work for each guess.
    """
    salt, iv = secrets.token_bytes(32), secrets.token_bytes(16)
    with _scrypt(passphrase, salt, cost) as derived:
        ciphertext = bytes(_cipher(derived, iv).encrypt(key.view))
        mac = keccak256(derived.view[16:32], ciphertext)
    params = _Scrypt(cost.n, cost.r, cost.p, DERIVED_BYTES, salt.hex())
    crypto = _Crypto(
        cipher="aes-128-ctr",
        cipherparams=_CipherParams(iv.hex()),
        ciphertext=ciphertext.hex(),
        kdf="scrypt",
        kdfparams=msgspec.Raw(msgspec.json.encode(params)),
        mac=mac.hex(),
    )
    identity = str(UUID(bytes=secrets.token_bytes(16), version=4))
    return msgspec.json.encode(_Keystore(crypto, identity, VERSION, address[2:].lower()))


def unseal(text: bytes, passphrase: Secret, longest: int | None = None) -> Secret:
    """Open a keystore.

    Args:
        text: JSON.
        passphrase: As typed.
        longest: Most bytes of what is no key but was sealed like one; None means a key.

    Returns:
        The 32 bytes of a key, or what was sealed; the caller wipes them.

    Raises:
        KeyStoreError: Damaged, of another kind, too weak or too costly, or the wrong passphrase.
    """
    try:
        crypto = _read(text)
        ciphertext, iv = bytes.fromhex(crypto.ciphertext), bytes.fromhex(crypto.cipherparams.iv)
        mac = bytes.fromhex(crypto.mac)
        derived = _derive(crypto, passphrase)
    except (msgspec.MsgspecError, ValueError) as error:
        raise KeyStoreError(f"the keystore is damaged: {_why(error)}.") from error
    with derived:
        if not _fits(len(ciphertext), longest) or len(iv) != AES.block_size:
            raise KeyStoreError("the keystore is damaged: its fields have the wrong length.")
        if not hmac.compare_digest(keccak256(derived.view[16:32], ciphertext), mac):
            raise KeyStoreError("the passphrase is wrong (or the keystore was altered).")
        return _decrypt(derived, iv, ciphertext)


def _read(text: bytes) -> _Crypto:
    keystore = msgspec.json.decode(text, type=_Keystore)
    if keystore.version != VERSION:
        raise KeyStoreError(f"the keystore has version {keystore.version}; only 3 can be read.")
    if keystore.crypto.cipher != "aes-128-ctr":
        raise KeyStoreError("the keystore uses another cipher than aes-128-ctr.")
    return keystore.crypto


def _why(error: Exception) -> str:
    """Name the kind of damage; texts of the file itself are not repeated."""
    if type(error) is msgspec.DecodeError:
        return "it is not complete JSON"
    return "a field is missing or malformed"


def _fits(length: int, longest: int | None) -> bool:
    return length == KEY_BYTES if longest is None else 0 < length <= longest


def _decrypt(derived: Secret, iv: bytes, ciphertext: bytes) -> Secret:
    key = Secret(len(ciphertext))
    _cipher(derived, iv).decrypt(ciphertext, output=key.view)
    return key


def _cipher(derived: Secret, iv: bytes) -> CtrMode:
    return AES.new(derived.view[:16], AES.MODE_CTR, nonce=b"", initial_value=iv)


def _derive(crypto: _Crypto, passphrase: Secret) -> Secret:
    """Return the 32 bytes of a keystore's own slow function."""
    if crypto.kdf == "scrypt":
        scrypt = msgspec.json.decode(crypto.kdfparams, type=_Scrypt)
        cost = Cost(scrypt.n, scrypt.r, scrypt.p)
        _check(scrypt.dklen == DERIVED_BYTES and min(scrypt.n, scrypt.r, scrypt.p) > 0, "damaged")
        _check(cost.memory >= LEAST_MEMORY, "too weak")
        _check(cost.memory <= MOST_MEMORY and cost.p <= MOST_LANES, "too costly")
        return _scrypt(passphrase, bytes.fromhex(scrypt.salt), cost)
    if crypto.kdf == "pbkdf2":
        pbkdf2 = msgspec.json.decode(crypto.kdfparams, type=_Pbkdf2)
        _check(pbkdf2.dklen == DERIVED_BYTES and pbkdf2.prf == "hmac-sha256", "damaged")
        _check(pbkdf2.c >= LEAST_ROUNDS, "too weak")
        _check(pbkdf2.c <= MOST_ROUNDS, "too costly")
        salt = bytes.fromhex(pbkdf2.salt)
        return Secret.copy_of(hashlib.pbkdf2_hmac("sha256", passphrase.view, salt, pbkdf2.c))
    raise KeyStoreError(
        "the keystore derives its key in an unknown way; scrypt and pbkdf2 are known."
    )


_REFUSALS: Final = {
    "damaged": "the keystore is damaged: its parameters make no sense.",
    "too weak": "the keystore's parameters are too weak: its passphrase is quick to guess; "
    "write it anew with a stronger setting.",
    "too costly": "the keystore's parameters ask for more memory or time than is sound; "
    "it may be damaged.",
}


def _check(sound: bool, otherwise: str) -> None:
    if not sound:
        raise KeyStoreError(_REFUSALS[otherwise])


def _scrypt(passphrase: Secret, salt: bytes, cost: Cost) -> Secret:
    room = cost.memory + 128 * cost.r * (cost.p + 2)
    try:
        if cost.n >= 1 << 16 * cost.r:
            return _wide_scrypt(passphrase, salt, cost)
        return Secret.copy_of(
            hashlib.scrypt(
                passphrase.view, salt=salt, n=cost.n, r=cost.r, p=cost.p,
                maxmem=room, dklen=DERIVED_BYTES,
            )
        )  # fmt: skip
    except MemoryError as error:
        raise KeyStoreError(
            f"opening the keystore needs {cost.memory >> 20} MiB of memory, which is not there."
        ) from error


def _wide_scrypt(passphrase: Secret, salt: bytes, cost: Cost) -> Secret:
    """Derive with an n that RFC 7914 forbids for this r, as the format's own vector has it."""
    from Crypto.Protocol import KDF

    # Its annotations ask for text where bytes are meant, and immutable ones at that.
    derive: Callable[..., bytes] = KDF.scrypt  # type: ignore[assignment]
    return Secret.copy_of(
        derive(bytes(passphrase.view), salt, DERIVED_BYTES, cost.n, cost.r, cost.p)
    )
