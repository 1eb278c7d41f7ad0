from __future__ import annotations

from pathlib import Path

import pytest

from polydesk.config.load import load_settings
from polydesk.domain.units import UsdMicros
from polydesk.errors import ConfigError

WALLET = "0x" + "Ab" * 20


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_missing_file_gives_the_defaults(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "config.toml")

    assert settings.paper.cash == 10_000_000_000
    assert settings.risk.limits().max_order_usd == 250_000_000


def test_a_missing_file_that_was_asked_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such settings file"):
        load_settings(tmp_path / "other.toml", required=True)


def test_money_is_read_exactly_from_text_and_numbers(tmp_path: Path) -> None:
    path = write(tmp_path, '[paper]\ncash = "16.90"\n[risk]\nmax_order_usd = 0.07\n')

    settings = load_settings(path)

    assert settings.paper.cash == 16_900_000
    assert settings.risk.max_order_usd == 70_000


def test_an_unknown_key_names_file_key_and_nearest_match(tmp_path: Path) -> None:
    path = write(tmp_path, "[risk]\nmax_order_us = 5\n")

    with pytest.raises(ConfigError) as caught:
        load_settings(path)

    assert (
        str(caught.value) == f"{path}: unknown key risk.max_order_us; did you mean max_order_usd?"
    )


def test_an_unknown_key_of_a_leader_names_its_row(tmp_path: Path) -> None:
    path = write(tmp_path, f'[[leaders]]\nwallet = "{WALLET}"\nmode = "auto"\nslipage = 1\n')

    with pytest.raises(ConfigError, match=r"leaders\.0\.slipage"):
        load_settings(path)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[paper]\ncash = -1\n", "paper.cash"),
        ('[paper]\ncash = "many"\n', "plain decimal number"),
        ('[[leaders]]\nwallet = "0x12"\n', "leaders.0.wallet"),
        ('watch = ["abc"]\n', "decimal number"),
        ("[risk\n", "not valid TOML"),
        ("watch = " + "[" * 20_000, "not valid TOML"),
        ("[risk]\nmax_open_orders = " + "9" * 5_000, "not valid TOML"),
        ('[paper]\ncash = "1000000000001"\n', "paper.cash"),
        ('[hosts]\nclob = "ftp://x"\n', "hosts.clob: write an address that begins with http:// or"),
        ('[hosts]\ngeoblock = "x.org"\n', "hosts.geoblock: write an address that begins with http"),
        ('[hosts]\ngamma = "https://"\n', "hosts.gamma: write an address that begins with http"),
        (
            '[hosts]\ndata = "http://h:99999"\n',
            "hosts.data: write an address that begins with http",
        ),
        ('[hosts]\nuser_ws = "http://x"\n', "hosts.user_ws: write an address that begins with ws"),
        ('[hosts]\nclob = "ws://x"\n', "http:// or https://, not 'ws://x'."),
        ('[hosts]\nsite = "http://x"\n', "unknown key hosts.site; known keys are clob, "),
    ],
    ids=range(15),
)
def test_a_wrong_value_is_one_sentence(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, text))

    assert part in str(caught.value)
    assert "\n" not in str(caught.value).rstrip()


def test_hosts_are_addresses_or_left_empty(tmp_path: Path) -> None:
    text = '[hosts]\nclob = "http://127.0.0.1:8400/clob"\nrtds_ws = "wss://x.org"\ngamma = ""\n'

    hosts = load_settings(write(tmp_path, text)).hosts

    assert (hosts.clob, hosts.gamma) == ("http://127.0.0.1:8400/clob", "")


def test_a_leader_becomes_a_follow_command_in_lower_case(tmp_path: Path) -> None:
    path = write(tmp_path, f'[[leaders]]\nwallet = "{WALLET}"\nmode = "auto"\ncash = "12.5"\n')

    follow = load_settings(path).leaders[0].follow()

    assert follow.wallet == WALLET.lower()
    assert follow.rule.cash == UsdMicros(12_500_000)
