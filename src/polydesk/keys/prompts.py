"""Asking for secrets: on the terminal without echo, or line by line from standard input.

Bytes go straight from the system into a ``Secret``: a ``str`` could not be overwritten.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from io import FileIO
from typing import Final, Protocol

from polydesk.errors import ConfigError
from polydesk.keys.secret import Secret

WITHOUT_TERMINAL: Final = "--passphrase-fd N and give the passphrase there (N< FILE)"
"""How `polydesk live` does without one."""
LONGEST: Final = 4_096
"""Bytes of one line; a terminal delivers no longer ones."""
_NEWLINE: Final = ord("\n")


class Asker(Protocol):
    """Somebody who answers."""

    def secret(self, prompt: str) -> Secret:
        """Return one line as typed, shown nowhere."""

    def secret_twice(self, prompt: str) -> Secret:
        """Return one line that was typed the same twice."""

    def line(self, prompt: str) -> str:
        """Return one line that is no secret."""


class Terminal:
    """A person at the terminal of this process, whatever its standard streams are."""

    def __init__(self, tty: FileIO) -> None:
        self._tty = tty

    def secret(self, prompt: str) -> Secret:
        """Ask without echo."""
        with _without_echo(self._tty.fileno()):
            self._say(f"{prompt}: ")
            answer = read_line(self._tty)
        self._say("\n")
        return answer

    def secret_twice(self, prompt: str) -> Secret:
        """Ask twice without echo.

        Raises:
            ConfigError: The two differ.
        """
        answer = self.secret(prompt)
        with self.secret(f"{prompt} again") as again:
            if answer.matches(again):
                return answer
        answer.wipe()
        raise ConfigError("the two differ; nothing was changed.")

    def line(self, prompt: str) -> str:
        """Ask with echo."""
        self._say(f"{prompt}: ")
        return _text(read_line(self._tty))

    def _say(self, text: str) -> None:
        self._tty.write(text.encode())


class Pipe:
    """Standard input, one answer for each line; nothing is asked twice."""

    def __init__(self, file: FileIO) -> None:
        self._file = file

    def secret(self, prompt: str) -> Secret:
        """Read the next line."""
        return read_line(self._file)

    def secret_twice(self, prompt: str) -> Secret:
        """Read the next line, once."""
        return read_line(self._file)

    def line(self, prompt: str) -> str:
        """Read the next line."""
        return _text(read_line(self._file))


@contextlib.contextmanager
def asker(*, stdin: bool) -> Iterator[Asker]:
    """Open what answers.

    Raises:
        ConfigError: There is no terminal, or ``stdin`` is wanted and it is one.
    """
    if stdin:
        if sys.stdin is None or sys.stdin.isatty():
            raise ConfigError("--stdin reads from a pipe or file; leave it out to be asked.")
        with FileIO(sys.stdin.fileno(), "rb", closefd=False) as file:
            yield Pipe(file)
        return
    with open_terminal() as tty:
        yield Terminal(tty)


def read_line(file: FileIO) -> Secret:
    """Read one line into a secret, byte by byte, so that nothing is read ahead.

    Raises:
        ConfigError: There is no line, or one without an end in sight.
    """
    with Secret(LONGEST) as line:
        for length in range(LONGEST):
            if not file.readinto(line.view[length : length + 1]):
                if length == 0:
                    raise ConfigError("the input ended before everything was given.")
                return line.part(0, length)
            if line.view[length] == _NEWLINE:
                carriage = length > 0 and line.view[length - 1] == ord("\r")
                return line.part(0, length - carriage)
    raise ConfigError(f"a line of more than {LONGEST} bytes is no key, passphrase or name.")


def open_terminal(otherwise: str = "--stdin") -> FileIO:
    """Open the terminal of this process, whatever its standard streams are.

    Args:
        otherwise: The option that does without one.

    Raises:
        ConfigError: It has none.
    """
    try:
        return FileIO(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC), "r+b")
    except OSError as error:
        raise ConfigError(f"there is no terminal to ask on; use {otherwise}.") from error


@contextlib.contextmanager
def _without_echo(handle: int) -> Iterator[None]:
    import termios

    before = termios.tcgetattr(handle)
    silent = [*before]
    silent[3] = before[3] & ~termios.ECHO
    # Flushing forgets what was typed before the question, which was shown.
    termios.tcsetattr(handle, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(handle, termios.TCSAFLUSH, before)


def _text(line: Secret) -> str:
    with line:
        return bytes(line.view).decode(errors="replace").strip()
