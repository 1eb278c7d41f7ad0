"""What `--help` says: every option is described, and paragraphs fill the lines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cyclopts import App

from polydesk.cli.main import app, main


def commands(parent: App = app, *chain: str) -> Iterator[tuple[tuple[str, ...], App]]:
    """Yield every command that can be run, hidden ones too."""
    for name in parent:
        if not name.startswith("-"):
            child = parent[name]
            yield (*chain, name), child
            yield from commands(child, *chain, name)


ALL = [pytest.param(chain, found, id=" ".join(chain)) for chain, found in commands()]


@pytest.mark.parametrize(("chain", "command"), ALL)
def test_every_option_is_described(chain: tuple[str, ...], command: App) -> None:
    if command.default_command is None:
        return
    bare = [
        argument.name
        for argument in command.assemble_argument_collection()
        if argument.show and not argument.parameter.help
    ]

    assert bare == [], chain


@pytest.mark.parametrize(
    ("chain", "line"),
    [
        (
            ("live",),
            "Needs a key (`polydesk keys add`), a checked account (`polydesk setup`) and, at",
        ),
        (
            ("keys", "add"),
            "Asks for the key and for a passphrase, each twice, without showing them. Neither",
        ),
    ],
)
def test_paragraphs_are_wrapped_to_the_width_of_the_terminal(
    chain: tuple[str, ...],
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    assert main((*chain, "--help")) == 0

    assert line in [told.rstrip() for told in capsys.readouterr().out.splitlines()]
