"""Every error of the desk, named by what the caller may do.

PolydeskError
├── ConfigError         fix the file or the option
├── KeyStoreError       unlock
├── RecordingError      the recording cannot be read (says where)
├── WireError           keep the raw text, count it, resynchronise
├── NotSignable         decide again; nothing was signed or sent
├── SignerRefused       the signer's own caps say no; the order stays unsent
├── SignerLost          no signer; start it anew with the passphrase; nothing was sent
├── OutcomeUnknown      look for evidence; never repeat
├── VenueUnavailable    nothing happened; try again after a while
│   └── RateLimited     wait as long as the venue says
├── VenueRejected       final; do not retry
├── StoreError          halt
└── InvariantError      a bug; halt
"""

from __future__ import annotations


class PolydeskError(Exception):
    """Base of all errors that carry one clear sentence for the user."""


class ConfigError(PolydeskError):
    """A setting is wrong; the message names the place and the fix."""


class KeyStoreError(PolydeskError):
    """A key store is locked or missing."""


class RecordingError(PolydeskError):
    """A recording is missing, foreign or damaged."""


class WireError(PolydeskError):
    """A text from the venue does not have the documented form."""


class NotSignable(PolydeskError):
    """An order that must not be signed: off the grid or out of range; nothing was sent."""


class OutcomeUnknown(PolydeskError):
    """The venue may have acted or not; only evidence may settle it."""


class SignerRefused(PolydeskError):
    """The signer will not sign this; the order stays unsent."""


class SignerLost(PolydeskError):
    """The signer has ended or does not answer; what was asked of it stays unsent."""


class VenueUnavailable(PolydeskError):
    """The venue could not be reached or could not answer; nothing happened."""


class RateLimited(VenueUnavailable):
    """The venue asked us to wait."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """Seconds the venue asked for, when it said so."""


class VenueRejected(PolydeskError):
    """The venue said no; repeating would say no again."""


class StoreError(PolydeskError):
    """History or journal cannot be read or written."""


class InvariantError(PolydeskError):
    """Something that must always hold does not; stop."""
