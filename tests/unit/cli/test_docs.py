from __future__ import annotations

from pathlib import Path

import pytest

from polydesk.cli.docs import errors_page, write
from polydesk.domain.reasons import DENY_HELP, SKIP_HELP, DenyCode, SkipCode
from polydesk.errors import ConfigError

PAGE = Path(__file__).parents[3] / "docs" / "errors.md"


def test_the_page_of_errors_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == errors_page()


def test_every_code_has_its_words() -> None:
    assert set(DENY_HELP) == set(DenyCode)
    assert set(SKIP_HELP) == set(SkipCode)


def test_every_kind_of_error_is_on_the_page() -> None:
    for name in ("ConfigError", "RecordingError", "RateLimited", "InvariantError"):
        assert f"| `{name}` |" in errors_page()


def test_an_unknown_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="known pages are errors"):
        write("keys", tmp_path / "keys.md")
