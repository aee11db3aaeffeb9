"""Files of a folder."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import timedelta

import pytest

from data_catalog.endpoint import Endpoint
from minegis.errors import InvalidInput, NotFound
from pipelines.connectors.transport.door import Wanted, bring
from pipelines.connectors.transport.folder import FolderDoor


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "drop"
    (folder / "2026").mkdir(parents=True)
    for name in ("a.csv", "b.csv", ".hidden.csv"):
        (folder / "2026" / name).write_text(name)
        os.utime(folder / "2026" / name, (1000, 1000))
    return folder


@pytest.fixture
def door(folder):
    with closing(
        FolderDoor(Endpoint(address=f"file://{folder}"), timedelta(seconds=60), clock=lambda: 2000.0)
    ) as door:
        yield door


def test_a_file_that_is_still_written_is_left_for_the_next_time(door, folder):
    os.utime(folder / "2026" / "b.csv", (1950, 1950))
    assert door.names("*/*.csv") == [str(folder / "2026" / "a.csv")]
    os.utime(folder / "2026" / "b.csv", (1940, 1940))
    assert len(door.names("*/*.csv")) == 2


def test_a_file_is_brought_once(door, folder, shelf, patience):
    wanted = Wanted("a.csv", str(folder / "2026" / "a.csv"), "text")
    assert bring(door, wanted, shelf, patience).changed
    assert not bring(door, wanted, shelf, patience).changed
    (folder / "2026" / "a.csv").write_text("another")
    assert bring(door, wanted, shelf, patience).changed


def test_nothing_outside_the_folder_is_read(door, folder, shelf, patience, tmp_path):
    (tmp_path / "secret.csv").write_text("secret")
    (folder / "2026" / "link.csv").symlink_to(tmp_path / "secret.csv")
    assert len(door.names("*/*.csv")) == 2
    for address in (str(folder / "2026" / "link.csv"), door.address("../secret.csv"), "/etc/passwd"):
        with pytest.raises(InvalidInput, match="outside the folder"):
            bring(door, Wanted("x", address), shelf, patience)
    with pytest.raises(InvalidInput, match="leads out"):
        door.names("../*.csv")


def test_a_missing_folder_and_a_missing_file_are_named(door, tmp_path, shelf, patience):
    with pytest.raises(NotFound, match=r"c\.csv"):
        bring(door, Wanted("c", door.address("c.csv")), shelf, patience)
    with pytest.raises(NotFound, match="no such folder"):
        FolderDoor(Endpoint(address=f"file://{tmp_path}/none"), timedelta(0))
