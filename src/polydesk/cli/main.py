"""The command line. Heavy rooms are imported by the command that needs them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter
from cyclopts.exceptions import CycloptsError

from polydesk import __version__
from polydesk.cli.help_text import reflow
from polydesk.cli.keys_commands import keys
from polydesk.cli.logs import to_file
from polydesk.cli.mistakes import explain
from polydesk.cli.setup_command import setup
from polydesk.errors import ConfigError, PolydeskError, RecordingError
from polydesk.replay.speed import parse_speed
from polydesk.sandbox.limits import Limits, Tier

EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
HEADLESS_SPEED = "20"
"""Of the demo: fast, yet market and activity frames arrive in step."""

app = App(
    name="polydesk",
    help="A keyboard-driven terminal workstation for Polymarket traders.",
    version=__version__,
    help_format="plaintext",
)

Headless = Annotated[bool, Parameter(negative="", help="Run without the screen.")]
Json = Annotated[
    bool, Parameter(name="--json", negative="", help="Print one JSON object at the end.")
]
Speed = Annotated[str, Parameter(help="Recorded seconds per real second, or max.")]
Config = Annotated[Path | None, Parameter(help="Another settings file.")]
Theme = Annotated[str | None, Parameter(help="Theme to start with.")]
Recording = Annotated[str, Parameter(help="A file, or demo for the bundled one.")]
PLAYBACK = Group("Playback", sort_key=1)
TRADING = Group("Trading", sort_key=2)
TROUBLE = Group("Faults and limits", sort_key=3)


@app.default
def default_command(*, config: Config = None, theme: Theme = None) -> None:
    """Open the desk: the same as `polydesk paper`."""
    paper(config=config, theme=theme)


@app.command
def demo(
    *,
    headless: Headless = False,
    json: Json = False,
    speed: Speed | None = None,
    record: Annotated[Path | None, Parameter(help="Record what the engine is fed.")] = None,
    theme: Theme = None,
) -> None:
    """Show the desk on the bundled recording, offline.

    The recording is served by the sandbox exchange, a process of its own, over real sockets.
    With --headless it plays twenty times as fast. With --speed max the two streams may run
    seconds of recorded time apart, so more trades are skipped for slippage.
    """
    from polydesk.cli import play

    pace = parse_speed(speed if speed is not None else (HEADLESS_SPEED if headless else "1"))
    play.demo(headless=headless, as_json=json, speed=pace, record=record, theme=theme)


@app.command
def replay(
    recording: Recording,
    *,
    headless: Headless = False,
    json: Json = False,
    speed: Speed | None = None,
    theme: Theme = None,
) -> None:
    """Replay a recording straight into the engine, under the recording's own clock."""
    from polydesk.cli import play

    pace = parse_speed(speed if speed is not None else ("max" if headless else "1"))
    play.replay(recording, headless=headless, as_json=json, speed=pace, theme=theme)


@app.command
def paper(
    *,
    config: Config = None,
    theme: Theme = None,
    record: Annotated[Path | None, Parameter(help="Record what the engine is fed.")] = None,
    headless: Headless = False,
    json: Json = False,
    seconds: Annotated[
        float | None, Parameter(help="Stop after this many seconds (with --headless).")
    ] = None,
) -> None:
    """Trade on paper with the live streams."""
    from polydesk.cli import live

    live.paper(
        config=config, theme=theme, record=record, headless=headless, as_json=json, seconds=seconds
    )


@app.command
def live(
    *,
    config: Config = None,
    theme: Theme = None,
    record: Annotated[Path | None, Parameter(help="Record what the engine is fed.")] = None,
    headless: Headless = False,
    json: Json = False,
    seconds: Annotated[
        float | None, Parameter(help="Stop after this many seconds (with --headless).")
    ] = None,
    stdin: Annotated[
        bool, Parameter(negative="", help="Read the arming phrase from standard input.")
    ] = False,
    passphrase_fd: Annotated[
        int | None,
        Parameter(help="Open handle from which the signer reads the key's passphrase."),
    ] = None,
) -> None:
    """Trade with real money.

    Needs a key (`polydesk keys add`), a checked account (`polydesk setup`) and, at each start,
    the typed phrase that names the wallet. The signer asks for the key's passphrase itself.
    """
    from polydesk.cli import trade

    trade.live(
        config=config,
        theme=theme,
        record=record,
        headless=headless,
        as_json=json,
        seconds=seconds,
        stdin=stdin,
        passphrase_fd=passphrase_fd,
    )


@app.command
def record(
    output: Annotated[Path, Parameter(help="File to write; it must not exist yet.")],
    *,
    config: Config = None,
    seconds: Annotated[float | None, Parameter(help="Stop after this many seconds.")] = None,
    token: Annotated[
        tuple[str, ...],
        Parameter(
            negative="",
            show_default=False,
            help="Outcome token to record, besides the watchlist; repeatable.",
        ),
    ] = (),
) -> None:
    """Record the live streams of the watched markets to a file."""
    from polydesk.cli import live

    live.record(output, config=config, seconds=seconds, tokens=token)


@app.command(name="import")
def import_(
    source: Annotated[Path, Parameter(help="A capture, or a folder of captures.")],
    target: Annotated[Path | None, Parameter(help="File, or folder for a folder.")] = None,
    *,
    json: Json = False,
) -> None:
    """Turn raw captures of other tools into recordings."""
    from polydesk.cli import imports

    imports.run(source, target, as_json=json)


@app.command
def audit(recording: Recording, *, json: Json = False) -> None:
    """Check a recording in event order: touches, later books and every hash."""
    from polydesk.cli import audits

    audits.run(recording, as_json=json)


@app.command
def sandbox(
    recording: Annotated[
        str, Parameter(help="A recording, or demo for the bundled one.", group=PLAYBACK)
    ] = "demo",
    *,
    port: Annotated[int, Parameter(help="Loopback port; 0 takes a free one.", group=PLAYBACK)] = 0,
    speed: Annotated[Speed, Parameter(group=PLAYBACK)] = "1",
    start: Annotated[
        bool, Parameter(negative="", help="Do not wait for subscribers.", group=PLAYBACK)
    ] = False,
    loop: Annotated[
        bool, Parameter(negative="", help="Begin again after the end.", group=PLAYBACK)
    ] = False,
    seed: Annotated[
        int, Parameter(help="The same seed gives the same exchange and faults.", group=TRADING)
    ] = 0,
    cash: Annotated[
        str, Parameter(help="pUSD that each wallet of a new key has.", group=TRADING)
    ] = "10000",
    account: Annotated[
        tuple[str, ...],
        Parameter(
            negative="",
            show_default=False,
            help="ADDRESS=CASH of a chosen wallet; repeatable.",
            group=TRADING,
        ),
    ] = (),
    session: Annotated[
        tuple[str, ...],
        Parameter(
            negative="",
            show_default=False,
            help="WALLET=KEYADDRESS of a session key; repeatable.",
            group=TRADING,
        ),
    ] = (),
    clock_tolerance: Annotated[
        int, Parameter(help="Seconds a signed time may be off.", group=TRADING)
    ] = 60,
    settle_ms: Annotated[
        int, Parameter(help="Least milliseconds of a settlement step.", group=TRADING)
    ] = 1_500,
    practice: Annotated[
        bool,
        Parameter(negative="", help="Add a practice market of Protocol V2.", group=TRADING),
    ] = False,
    faults: Annotated[
        Path | None, Parameter(help="A fault script: what goes wrong, as JSON.", group=TROUBLE)
    ] = None,
    tier: Annotated[
        Tier, Parameter(help="Rate limits of this class of traders.", group=TROUBLE)
    ] = Tier.STANDARD,
    limits: Annotated[
        Limits,
        Parameter(
            help="Refuse what is beyond the rate limits, only warn, or neither.", group=TROUBLE
        ),
    ] = Limits.ENFORCE,
) -> None:
    """Serve a recording through the venue's own protocol on loopback, and trade on it.

    Any client of Polymarket connects with nothing changed but the host; it
    needs no account and no money. One line of JSON says when it is ready and
    where. docs/sandbox.md describes fault scripts and the control port.
    """
    from polydesk.cli import serve
    from polydesk.sandbox.guard import read_guard

    trading = serve.choices(
        seed=seed,
        cash=cash,
        account=account,
        session=session,
        clock_tolerance=clock_tolerance,
        settle_ms=settle_ms,
        practice=practice,
    )
    serve.run(
        recording,
        port=port,
        speed=parse_speed(speed),
        start=start,
        loop=loop,
        trading=trading,
        guard=read_guard(faults, seed, tier, limits),
    )


@app.command
def chaos(
    *,
    kills: Annotated[int, Parameter(help="How often the desk is killed.")] = 50,
    faults: Annotated[
        str, Parameter(help="all, none, or names with commas; a wrong name lists them.")
    ] = "all",
    seed: Annotated[int, Parameter(help="The same seed kills at the same moments.")] = 0,
    workers: Annotated[int, Parameter(help="Campaigns side by side.")] = 1,
    json: Json = False,
) -> None:
    """Kill a live desk on the sandbox exchange again and again, and compare with the truth.

    The desk is the real process with its signer; it is killed with SIGKILL at random and at
    named points of an order's way, and started again on the same files. At the end its journal
    must equal what the exchange knows: no order or fill lost, doubled or invented. Exit status
    1 when it does not.
    """
    from polydesk.cli import chaos as campaign

    campaign.run(kills=kills, faults=faults, seed=seed, workers=workers, as_json=json)


@app.command(name="docs", show=False)
def docs(
    page: Annotated[str, Parameter(help="Its name: errors.")],
    target: Annotated[Path, Parameter(help="File to write; an older one is replaced.")],
) -> None:
    """Write a generated page of the documentation: `errors`."""
    from polydesk.cli import docs as pages

    pages.write(page, target)


@app.command
def bench(
    *,
    json: Json = False,
    quick: Annotated[
        bool, Parameter(negative="", help="Measure for a short time: numbers are less sure.")
    ] = False,
) -> None:
    """Measure the hot paths, each beside a baseline of the same run."""
    from polydesk.cli import benches

    benches.run(as_json=json, quick=quick)


@app.command
def simulate(
    *,
    steps: Annotated[int, Parameter(help="Events over all seeds.")] = 100_000,
    seeds: Annotated[int | None, Parameter(help="How many; 20, or 1 with --seed.")] = None,
    seed: Annotated[int | None, Parameter(help="The first seed.")] = None,
    until: Annotated[int | None, Parameter(help="Stop each seed at this step.")] = None,
    workers: Annotated[int, Parameter(help="Processes.")] = 1,
    json: Json = False,
) -> None:
    """Run desk and exchange in memory with everything going wrong, and check every step.

    The same seed gives the same run to the byte.
    """
    from polydesk.campaigns.simulation.campaign import Plan
    from polydesk.cli import campaigns

    chosen = seeds if seeds is not None else (20 if seed is None else 1)
    plan = Plan(steps, chosen, 1 if seed is None else seed, until, workers)
    campaigns.simulate(plan, as_json=json)


selftest = App(
    name="selftest",
    help="Prove that this installation works, offline.",
    help_format="plaintext",
)
app.command(selftest)
app.command(keys)
app.command(setup)


@selftest.command(name="vectors")
def selftest_vectors(
    directory: Annotated[Path, Parameter(help="Folder that holds the files of vectors.")],
    *,
    json: Json = False,
) -> None:
    """Check orders, amounts, fees and authentication against the vectors of a directory."""
    from polydesk.cli import selftest as checks

    checks.vectors(directory, as_json=json)


reflow(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; every expected failure is one sentence on standard error."""
    try:
        app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except CycloptsError as error:
        return _fail(explain(error, app), EXIT_USAGE)
    except (ConfigError, RecordingError) as error:
        return _fail(str(error), EXIT_USAGE)
    except PolydeskError as error:
        return _fail(str(error), EXIT_ERROR)
    except BrokenPipeError:
        # Whoever read our output has gone; writing the rest at exit would fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}.", EXIT_ERROR)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return 0


def _end_in_order(*_: object) -> None:
    """Turn a request to terminate into an interrupt, which ends children and closes files."""
    signal.raise_signal(signal.SIGINT)


def _fail(sentence: str, status: int) -> int:
    sys.stderr.write(f"polydesk: {sentence}\n")
    return status


def run() -> None:
    """Enter from the shell."""
    # A shell starts what it puts in the background with interrupts ignored; ending needs one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _end_in_order)
    to_file()
    sys.exit(main())
