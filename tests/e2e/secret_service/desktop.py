"""A desktop session without a screen: its own bus, home and, when wanted, keyring daemon."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from tests.e2e.cli import ENTER, TIMEOUT_S

from polydesk.keys.keyring_store import SERVICE

LOGIN = b"what opens the desktop"
SERVICE_NAME = "org.freedesktop.secrets"
PEER = "org.freedesktop.DBus.Peer"
WITHIN_S = 30
BARE_BUS = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir={folder}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"""
"""A bus that starts no service by itself."""


@dataclass
class Desktop:
    """One session; everything it writes is below ``root``."""

    root: Path
    bus: str
    daemon: subprocess.Popen[bytes] | None = None

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def environment(self) -> Mapping[str, str]:
        """Return what programs of the session inherit; no screen to ask anything on."""
        return _environment(self.root) | {"DBUS_SESSION_BUS_ADDRESS": self.bus}

    def start_keyring(self, *, unlocked: bool) -> None:
        """Start the keyring's daemon, as a login with or without the right password does."""
        manner = "--unlock" if unlocked else "--start"
        self.daemon = subprocess.Popen(
            ["gnome-keyring-daemon", manner, "--components=secrets", "--foreground"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=self.environment,
        )  # fmt: skip
        assert self.daemon.stdin is not None
        with self.daemon.stdin as pipe:
            pipe.write(LOGIN)
        self._wait_for_service()

    def stop_keyring(self) -> None:
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait(WITHIN_S)
            self.daemon = None

    def lock(self) -> None:
        """Log out and in again without the password."""
        self.stop_keyring()
        self.start_keyring(unlocked=False)

    def run(
        self, *arguments: str, given: Sequence[str] = (), **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of polydesk with answers on its standard input."""
        return subprocess.run(
            [sys.executable, "-c", ENTER, *_command(arguments)],
            input="".join(f"{line}\n" for line in given), capture_output=True, text=True,
            timeout=TIMEOUT_S, env={**self.environment, **more}, check=False,
        )  # fmt: skip

    def works(self, *arguments: str, given: Sequence[str] = (), **more: str) -> str:
        """Return what a command that works says."""
        done = self.run(*arguments, given=given, **more)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def fails(self, *arguments: str, given: Sequence[str] = (), **more: str) -> str:
        """Return the one sentence of a command that fails as it should."""
        done = self.run(*arguments, given=given, **more)
        assert (done.returncode, done.stdout) == (1, ""), done
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr.removeprefix("polydesk: ").rstrip("\n")

    def items(self) -> dict[str, bytes]:
        """Return what any other program of the session reads from the unlocked keyring."""
        import secretstorage

        with contextlib.closing(open_dbus_connection(bus=self.bus)) as connection:
            found = secretstorage.search_items(connection, {"service": SERVICE})
            return {item.get_attributes()["username"]: item.get_secret() for item in found}

    def written(self) -> bytes:
        """Return every byte of every file of the session."""
        return b"".join(path.read_bytes() for path in self.root.rglob("*") if path.is_file())

    def _wait_for_service(self) -> None:
        end = time.monotonic() + WITHIN_S
        with contextlib.closing(open_dbus_connection(bus=self.bus)) as connection:
            asked = message_bus.NameHasOwner(SERVICE_NAME)
            while not connection.send_and_get_reply(asked, timeout=WITHIN_S).body[0]:
                assert time.monotonic() < end, "the keyring's daemon does not come up"
            # It answers once it has tried the password, so nothing after this is too early.
            there = DBusAddress("/org/freedesktop/secrets", SERVICE_NAME, PEER)
            answer = connection.send_and_get_reply(new_method_call(there, "Ping"), timeout=WITHIN_S)
            assert answer.header.message_type is MessageType.method_return


def _command(arguments: Sequence[str]) -> Sequence[str]:
    return arguments if arguments[0] == "setup" else ("keys", *arguments)


@contextlib.contextmanager
def desktop_at(root: Path, *, bare: bool = False) -> Iterator[Desktop]:
    """Open a session under ``dbus-run-session``.

    Args:
        root: An empty folder.
        bare: Without the services that a bus starts when they are asked for.
    """
    (root / "home").mkdir(parents=True)
    (root / "run").mkdir(mode=0o700)
    options = []
    if bare:
        (root / "bus.conf").write_text(BARE_BUS.format(folder=root / "run"))
        options = [f"--config-file={root / 'bus.conf'}"]
    session = subprocess.Popen(
        ["dbus-run-session", *options, "--", "sh", "-c", "echo $DBUS_SESSION_BUS_ADDRESS; cat"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=_environment(root),
    )  # fmt: skip
    assert session.stdin is not None
    assert session.stdout is not None
    with session:
        desktop = Desktop(root, session.stdout.readline().strip())
        try:
            yield desktop
        finally:
            desktop.stop_keyring()
            session.stdin.close()


def _environment(root: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(root / "home"),
        "XDG_RUNTIME_DIR": str(root / "run"),
        "XDG_CONFIG_HOME": str(root / "home" / ".config"),
        "XDG_DATA_HOME": str(root / "home" / ".local" / "share"),
        "POLYDESK_HOME": str(root / "desk"),
    }
