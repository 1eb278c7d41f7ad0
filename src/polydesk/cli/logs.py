"""Log records go to a file, never to the terminal that the desk draws on."""

from __future__ import annotations

import logging
from logging import Handler, LogRecord
from pathlib import Path

from polydesk.config.paths import default_paths, private_folder
from polydesk.errors import ConfigError

FILE_NAME = "polydesk.log"
LARGEST = 1_000_000
"""Bytes of one file; three older ones are kept."""
KEPT = 3
FORMAT = "%(asctime)s level=%(levelname)s logger=%(name)s %(message)s"


class LateFile(Handler):
    """Opens its rotating file with the first record: most commands have none."""

    def __init__(self, level: int = logging.WARNING) -> None:
        super().__init__(level)
        self._file: Handler | None = None

    def emit(self, record: LogRecord) -> None:
        """Write a record; a place that cannot be written to is no reason to stop."""
        if self._file is None:
            self._file = _open()
        self._file.emit(record)

    def close(self) -> None:
        """Close the file, when there is one."""
        if self._file is not None:
            self._file.close()
        super().close()


def _open() -> Handler:
    from logging.handlers import RotatingFileHandler

    try:
        path = private_folder(default_paths().state) / FILE_NAME
        _make_private(path)
        file = RotatingFileHandler(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
    except (OSError, ConfigError):
        return logging.NullHandler()
    file.setFormatter(logging.Formatter(FORMAT))
    return file


def _make_private(path: Path) -> None:
    path.touch(mode=0o600, exist_ok=True)


def to_file() -> None:
    """Send all records of at least WARNING to the log file."""
    logging.raiseExceptions = False
    logging.getLogger().addHandler(LateFile())
