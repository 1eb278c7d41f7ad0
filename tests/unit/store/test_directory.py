"""The data directory is private and used by one desk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from polydesk.errors import StoreError
from polydesk.store.directory import PID_NAME, DeskLock, make_private, prepare_directory

HOLD = """
import sys
from pathlib import Path
from polydesk.store.directory import DeskLock
lock = DeskLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "paper"
    prepare_directory(directory)
    assert directory.stat().st_mode & 0o777 == 0o700


def test_a_directory_that_was_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    prepare_directory(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_linked_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(StoreError, match="is a link"):
        prepare_directory(tmp_path / "link")


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be used"):
        prepare_directory(tmp_path / "file")


def test_a_private_file_is_not_reached_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("keep")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(StoreError, match="cannot be opened"):
        make_private(tmp_path / "link")
    assert (tmp_path / "target").read_text() == "keep"


def test_a_second_desk_in_the_same_process_is_refused_by_name(tmp_path: Path) -> None:
    with DeskLock(tmp_path), pytest.raises(StoreError) as refusal:
        DeskLock(tmp_path).acquire()
    assert str(tmp_path) in str(refusal.value)
    assert str(os.getpid()) in str(refusal.value)


def test_a_process_file_that_cannot_be_written_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / PID_NAME).mkdir()
    with DeskLock(tmp_path), pytest.raises(StoreError, match="another desk is using"):
        DeskLock(tmp_path).acquire()
    with DeskLock(tmp_path):
        pass


def test_the_directory_is_free_again_after_release(tmp_path: Path) -> None:
    first = DeskLock(tmp_path)
    first.acquire()
    first.release()
    first.release()
    with DeskLock(tmp_path):
        pass


def test_another_process_is_refused_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreError, match=rf"process {holder.pid}\) is using"):
            DeskLock(tmp_path).acquire()
        holder.kill()
        holder.wait()
    with DeskLock(tmp_path):
        pass
