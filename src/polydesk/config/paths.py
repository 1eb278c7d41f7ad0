"""Where files live: one folder per mode, never shared between paper, live and replay."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from polydesk.errors import ConfigError

PRIVATE = 0o700


@dataclass(frozen=True, slots=True)
class Paths:
    """The desk's folders."""

    config: Path
    data: Path
    state: Path
    """Logs."""

    @property
    def config_file(self) -> Path:
        """The settings."""
        return self.config / "config.toml"

    @property
    def profile_file(self) -> Path:
        """Which key trades for which wallet."""
        return self.config / "profile.toml"

    @property
    def themes(self) -> Path:
        """The user's own themes."""
        return self.config / "themes"

    def mode(self, name: str) -> Path:
        """Return the folder of one mode's databases."""
        return self.data / name

    @property
    def keys(self) -> Path:
        """The list of keys and the encrypted ones that are kept in files."""
        return self.data / "keys"

    @property
    def recordings(self) -> Path:
        """What ``polydesk record`` writes by default."""
        return self.data / "recordings"


def default_paths() -> Paths:
    """Return the platform's folders; ``POLYDESK_HOME`` puts everything under one folder."""
    home = os.environ.get("POLYDESK_HOME")
    if home:
        root = Path(home).expanduser()
        return Paths(root / "config", root / "data", root / "state")
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("polydesk", appauthor=False)
    return Paths(dirs.user_config_path, dirs.user_data_path, dirs.user_state_path)


def private_folder(path: Path) -> Path:
    """Create a folder that only its owner can read, and return it.

    Raises:
        ConfigError: It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        path.chmod(PRIVATE)
    except OSError as error:
        raise ConfigError(
            f"{path}: the folder cannot be used ({error.strerror}); "
            "POLYDESK_HOME names another place."
        ) from error
    return path
