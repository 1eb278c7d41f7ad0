"""``polydesk selftest vectors``: counts, exit status, and sentences."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.unit.signing.known import VECTORS

from polydesk.cli.main import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of some vectors."""
    for name in ("wallets.json", "orders_v2.json"):
        shutil.copy(VECTORS / name, tmp_path / name)
    return tmp_path


def test_counts_of_every_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selftest", "vectors", str(VECTORS), "--json"]) == 0

    out, err = capsys.readouterr()
    counts = json.loads(out)
    assert counts["orders_v2.json"] == {"checked": 27, "passed": 27}
    assert sum(row["checked"] for row in counts.values()) == 182
    assert err == "polydesk: README.md is skipped: no such vectors are known.\n"


def test_lines_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selftest", "vectors", str(folder)]) == 0

    lines = "orders_v2.json: 27 of 27 passed\nwallets.json: 1 of 1 passed\n"
    assert capsys.readouterr() == (lines, "")


def test_a_mismatch_names_file_case_and_field(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "orders_v2.json"
    path.write_text(path.read_text().replace('"maker_amount": "37500000"', '"maker_amount": "1"'))

    assert main(["selftest", "vectors", str(folder), "--json"]) == 1

    out, err = capsys.readouterr()
    assert json.loads(out)["orders_v2.json"] == {"checked": 27, "passed": 26}
    assert err.splitlines() == [
        "polydesk: orders_v2.json, v2-eoa-sell-0.01: "
        "maker_amount differs: expected '1', ours '37500000'",
        "polydesk: 1 field of the vectors is not reproduced.",
    ]


def test_a_damaged_file_is_one_sentence_and_the_others_are_checked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "orders_v2.json").write_text("{")

    assert main(["selftest", "vectors", str(folder)]) == 1

    out, err = capsys.readouterr()
    assert out == "wallets.json: 1 of 1 passed\n"
    damage = f"polydesk: {folder}/orders_v2.json is damaged: no JSON at line 1, column 2.\n"
    assert err == damage


def test_hostile_texts_are_told_without_their_controls(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "orders_v2.json"
    path.write_text(path.read_text().replace("v2-eoa-buy-0.01-negrisk", "\\u001b]0;owned\\u0007"))
    path.write_text(path.read_text().replace('"price": "0.07"', '"price": "\\u001b[2J"'))

    assert main(["selftest", "vectors", str(folder)]) == 1

    assert "\x1b" not in "".join(capsys.readouterr())


def test_nothing_to_check_is_a_wrong_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["selftest", "vectors", str(tmp_path)]) == 2
    assert main(["selftest", "vectors", str(tmp_path / "none")]) == 2

    err = capsys.readouterr().err
    assert "holds no vectors" in err
    assert "is no directory of vectors" in err


@pytest.mark.parametrize("arguments", [["selftest", "vectorz"], ["selftest", "vectors"]])
def test_mistakes_are_one_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("polydesk: ")
    assert err.count("\n") == 1
