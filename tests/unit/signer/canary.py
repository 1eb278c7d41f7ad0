"""Every form in which a secret could leak, and places to look for it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

from tests.unit.signer.desk import API_SECRET, KEY, PASSPHRASE

_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r")


def key_traces(key: bytes = KEY) -> dict[str, bytes]:
    """Return the forms of a private key; the short ones are too long to occur by chance."""
    text = key.hex()
    return {
        "raw": key,
        "raw reversed": key[::-1],
        "hex": text.encode(),
        "0x": b"0x" + text.encode(),
        "upper": text.upper().encode(),
        "reversed": text[::-1].encode(),
        "first twelve": text[:12].encode(),
        "last twelve": text[-12:].encode(),
        "first twelve, upper": text[:12].upper().encode(),
        "last twelve, upper": text[-12:].upper().encode(),
        "decimal": str(int(text, 16)).encode(),
        "base64": base64.b64encode(key).rstrip(b"="),
        "base64url": base64.urlsafe_b64encode(key).rstrip(b"="),
    }


def secret_traces() -> dict[str, bytes]:
    """Return the forms of the API secret."""
    raw = base64.urlsafe_b64decode(API_SECRET)
    return {
        "API secret": API_SECRET.encode(),
        "API secret, raw": raw,
        "API secret, hex": raw.hex().encode(),
        "API secret, plain base64": base64.b64encode(raw),
    }


def all_traces() -> dict[str, bytes]:
    """Return everything that must be nowhere but in the signer's processes."""
    utf16 = {f"{name}, wide": text.decode().encode("utf-16-le") for name, text in _words().items()}
    return {**key_traces(), **secret_traces(), **_words(), **utf16}


def _words() -> dict[str, bytes]:
    return {"passphrase": PASSPHRASE.encode()}


def found(data: bytes, traces: dict[str, bytes]) -> set[str]:
    return {name for name, trace in traces.items() if trace in data}


def memory(pid: int) -> Iterator[bytes]:
    """Read all readable memory of a process; PermissionError when it is closed to us."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as image:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            limits = _MAPPING.match(line)
            if limits is None or line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                continue
            start, stop = int(limits[1], 16), int(limits[2], 16)
            image.seek(start)
            yield image.read(stop - start)


def found_in_memory(pid: int, traces: dict[str, bytes]) -> set[str]:
    names: set[str] = set()
    for part in memory(pid):
        names |= found(part, traces)
    return names


def found_in_files(folder: Path, traces: dict[str, bytes]) -> dict[str, set[str]]:
    leaks = {
        str(path.relative_to(folder)): found(path.read_bytes(), traces)
        for path in folder.rglob("*")
        if path.is_file()
    }
    return {name: traces for name, traces in leaks.items() if traces}


def seen_by_others(pid: int) -> bytes:
    """Return what other programs see of a process: its arguments and environment."""
    process = Path("/proc") / str(pid)
    try:
        environment = (process / "environ").read_bytes()
    except PermissionError:
        environment = b""
    return (process / "cmdline").read_bytes() + environment
