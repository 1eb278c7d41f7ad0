"""``polydesk live``."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from polydesk.cli.live import check_seconds, settings_of
from polydesk.cli.output import print_summary, warn
from polydesk.cli.play import recorded_to
from polydesk.config.paths import Paths, default_paths, private_folder
from polydesk.config.profile import Profile, load_profile
from polydesk.domain.ids import short_id
from polydesk.errors import ConfigError
from polydesk.keys.prompts import WITHOUT_TERMINAL, open_terminal
from polydesk.runtime.desk import for_seconds
from polydesk.runtime.summary import summarise

if TYPE_CHECKING:
    from polydesk.config.models import Settings
    from polydesk.replay.tape import TapeRecorder
    from polydesk.runtime.live_desk import LiveDesk

ARMING_WORD: Final = "LIVE"
_SECRET_NAMES: Final = ("PRIVATE_KEY", "PRIVATEKEY", "SEED_PHRASE", "MNEMONIC")


def live(
    *,
    config: Path | None,
    theme: str | None,
    record: Path | None,
    headless: bool,
    as_json: bool,
    seconds: float | None,
    stdin: bool,
    passphrase_fd: int | None,
) -> None:
    """Trade with real money, on the screen or without it.

    Raises:
        ConfigError: It is not armed, or something it needs is missing.
    """
    check_seconds(seconds)
    check_unused(record)
    refuse_keys_in(os.environ)
    paths = default_paths()
    settings = settings_of(config, paths)
    if not headless:
        from polydesk.cli.screen import check_looks

        check_looks(theme, settings)
    profile = load_profile(paths.profile_file)
    check_passphrase(passphrase_fd, from_stdin=stdin)
    arm(profile, from_stdin=stdin)
    with ExitStack() as stack:
        recorder = stack.enter_context(recorded_to(record, "live session")) if record else None
        session = _Session(settings, profile, paths, recorder, passphrase_fd)
        if headless:
            work = session.without_screen(seconds, as_json=as_json)
        else:
            work = session.on_screen(theme)
        try:
            with contextlib.suppress(KeyboardInterrupt):
                asyncio.run(work)
        finally:
            if session.left_behind:
                warn(session.left_behind)


class _Session:
    """One live session."""

    def __init__(
        self,
        settings: Settings,
        profile: Profile,
        paths: Paths,
        recorder: TapeRecorder | None,
        passphrase_fd: int | None,
    ) -> None:
        self._settings = settings
        self._profile = profile
        self._paths = paths
        self._recorder = recorder
        self._passphrase_fd = passphrase_fd
        self.left_behind = ""
        """What the person should know after the end."""

    @contextlib.asynccontextmanager
    async def _opened(self) -> AsyncIterator[LiveDesk]:
        from polydesk.runtime.live import LiveAccount, live_desk
        from polydesk.runtime.venue import hosts_of, venue_clock

        hosts = hosts_of(self._settings)
        clock = await venue_clock(hosts)
        directory = private_folder(self._paths.mode("live") / self._profile.wallet.lower())
        account = LiveAccount(self._profile, self._paths.keys, directory, self._passphrase_fd)
        async with live_desk(self._settings, account, hosts, clock, self._recorder) as desk:
            try:
                yield desk
            finally:
                self.left_behind = desk.left_behind()

    async def without_screen(self, seconds: float | None, *, as_json: bool) -> None:
        """Trade until the time is over or until interrupted; tell what was done."""
        async with self._opened() as live:
            try:
                await for_seconds(live.run(), seconds)
            finally:
                desk = live.desk
                summary = summarise(desk.pipeline, desk.runner.lag) | live.summary()
                print_summary(summary, as_json=as_json)

    async def on_screen(self, theme: str | None) -> None:
        """Trade on the screen until the person leaves."""
        from polydesk.cli.screen import show_beside

        async with self._opened() as live:
            await show_beside(live.desk.source, live.run, theme=theme, settings=self._settings)


def refuse_keys_in(environment: Mapping[str, str]) -> None:
    """Refuse to trade while a private key may lie in the environment, which any child inherits.

    Raises:
        ConfigError: With the variable's name, never its value.
    """
    for name, value in environment.items():
        if value and any(part in name.upper() for part in _SECRET_NAMES):
            raise ConfigError(
                f"the environment holds {name}; unset it (`unset {name}`) and keep the key with "
                "`polydesk keys add`."
            )


def check_unused(record: Path | None) -> None:
    """Refuse a recording that exists before anything is asked.

    Raises:
        RecordingError: It would be overwritten.
    """
    if record is not None and record.exists():
        from polydesk.replay.tape import exists_already

        raise exists_already(record)


def check_passphrase(handle: int | None, *, from_stdin: bool) -> None:
    """Refuse to begin when the signer could not read the passphrase.

    Raises:
        ConfigError: The handle is not open for reading, or there is no terminal to ask on.
    """
    if handle is None:
        # Whoever arms by hand has a terminal, or is told so first.
        if from_stdin:
            open_terminal(WITHOUT_TERMINAL).close()
        return
    try:
        flags = fcntl.fcntl(handle, fcntl.F_GETFL)
    except (OSError, OverflowError, ValueError):
        flags = os.O_WRONLY
    if flags & os.O_ACCMODE == os.O_WRONLY:
        raise ConfigError(
            f"--passphrase-fd {handle} is not open for reading: open it in the shell, as in "
            "`polydesk live --passphrase-fd 3 3< FILE`."
        )


def phrase_of(profile: Profile) -> str:
    """Return what must be typed before anything is sent: it names the wallet."""
    return f"{ARMING_WORD} {profile.wallet[-4:].lower()}"


def arm(profile: Profile, *, from_stdin: bool) -> None:
    """Have the person type the phrase.

    Raises:
        ConfigError: Something else was typed, or nobody is there to type.
    """
    phrase = phrase_of(profile)
    if not from_stdin and not sys.stdin.isatty():
        raise ConfigError(
            f"live trading is armed by hand: run it in a terminal, or with --stdin give `{phrase}`."
        )
    if not from_stdin:
        sys.stderr.write(
            f"This desk will trade with REAL MONEY of {profile.wallet_type} "
            f"{short_id(profile.wallet)}.\nType {phrase} to go on: "
        )
        sys.stderr.flush()
    typed = sys.stdin.readline().strip()
    if typed.casefold() != phrase.casefold():
        raise ConfigError(f"not armed; type `{phrase}`. Nothing was sent.")
