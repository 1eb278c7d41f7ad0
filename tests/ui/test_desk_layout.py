from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region

from polydesk.ui.panes.ladder_columns import ladder_columns
from polydesk.ui.panes.layout import SIDE_PANES, desk_regions, is_small


@given(width=st.integers(80, 400), height=st.integers(21, 120), side=st.sampled_from(SIDE_PANES))
def test_panes_cover_every_cell_once(width: int, height: int, side: str) -> None:
    regions = list(desk_regions(width, height, side).values())
    assert sum(region.area for region in regions) == width * height
    whole = Region(0, 0, width, height)
    for index, region in enumerate(regions):
        assert whole.contains_region(region)
        assert not any(region.overlaps(other) for other in regions[index + 1 :])


@pytest.mark.parametrize(("size", "panes"), [((80, 21), 3), ((120, 37), 6), ((200, 57), 6)])
def test_large_terminals_show_every_pane(size: tuple[int, int], panes: int) -> None:
    assert len(desk_regions(*size, "feed")) == panes


@pytest.mark.parametrize("side", SIDE_PANES)
def test_a_small_terminal_shows_the_chosen_side_pane(side: str) -> None:
    assert set(desk_regions(80, 21, side)) == {"ladder", side, "positions"}


def test_wide_terminals_put_tape_beside_feed() -> None:
    wide, middle = desk_regions(200, 57, "feed"), desk_regions(120, 37, "feed")
    assert wide["tape"].y == wide["feed"].y
    assert middle["tape"].x == middle["feed"].x


def test_only_few_columns_or_lines_make_a_terminal_small() -> None:
    assert is_small(109, 40)
    assert is_small(120, 26)
    assert not is_small(110, 27)


@given(width=st.integers(30, 120), decimals=st.integers(1, 4))
def test_ladder_columns_fit_their_width(width: int, decimals: int) -> None:
    assert ladder_columns(width, decimals).width <= width


def test_ladder_columns_leave_in_the_documented_order() -> None:
    dropped = []
    for width in range(80, 25, -1):
        columns = ladder_columns(width, 3)
        for name in ("volume", "queue", "mine"):
            if not getattr(columns, name) and name not in dropped:
                dropped.append(name)
    assert dropped == ["volume", "queue", "mine"]


def test_spare_room_widens_both_sizes_for_their_bars() -> None:
    assert ladder_columns(80, 3).size > ladder_columns(60, 3).size
