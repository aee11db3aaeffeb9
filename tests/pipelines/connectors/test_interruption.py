"""A fetch that is killed, or meets a full disk, leaves whole files and can be done again."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from pipelines import durable
from pipelines.connectors.transport.door import Wanted, bring
from pipelines.connectors.transport.shelf import Shelf

CONTENTS = {f"f{number}.bin": bytes([number]) * 3_000_000 for number in range(6)}
PROGRAM = """
import sys
from pathlib import Path
from data_catalog.endpoint import Endpoint
from pipelines.connectors.transport.door import Wanted, bring
from pipelines.connectors.transport.http import HttpDoor
from pipelines.connectors.transport.patience import Patience
from pipelines.connectors.transport.shelf import Shelf
site, url, *names = sys.argv[1:]
door = HttpDoor(Endpoint(address=url, internal=True))
shelf = Shelf(Path(site), "example")
print("ready", flush=True)
with shelf.reserved():
    for name in names:
        bring(door, Wanted(name, f"{url}/{name}"), shelf, Patience())
print("done", flush=True)
"""


def sound(shelf):
    """Every record names a file that is whole, and the plain name leads to one; return how many."""
    records = shelf.records()
    for record in records:
        content = (shelf.site / record.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == record.sha256
        assert content == CONTENTS[record.name]
    for link in (shelf.folder / "newest").glob("*"):
        if not link.name.startswith("."):
            assert link.read_bytes() == CONTENTS[link.name]
    return len(records)


def test_a_fetch_killed_at_any_moment_leaves_whole_files_and_a_new_one_completes(web, tmp_path):
    for name, content in CONTENTS.items():
        web.file(f"/{name}", content, etag=f'"{name}"')
    chance = random.Random(20260720)
    counts = []
    for _ in range(6):
        command = [sys.executable, "-c", PROGRAM, str(tmp_path), web.url, *CONTENTS]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0.0, 0.12))
            os.kill(process.pid, signal.SIGKILL)
        counts.append(sound(Shelf(tmp_path, "example")))
    assert counts == sorted(counts)
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "ready\ndone\n"
    assert sound(Shelf(tmp_path, "example")) == len(CONTENTS)
    folder = Shelf(tmp_path, "example").folder
    left = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(left) == 2 * len(CONTENTS) + 1  # files, records, the lock


@pytest.mark.parametrize("which", range(8))
def test_a_disk_that_is_full_at_any_step_of_settling_leaves_what_was(
    web, door, tmp_path, shelf, patience, monkeypatch, which
):
    name = "f1.bin"
    web.file(f"/{name}", CONTENTS[name])
    flush, calls = durable._flush, []

    def full(path):
        calls.append(path)
        if len(calls) == which + 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        flush(path)

    monkeypatch.setattr(durable, "_flush", full)
    wanted = Wanted(name, f"{web.url}/{name}")
    with pytest.raises(OSError, match="No space left"):
        bring(door, wanted, shelf, patience)
    sound(shelf)
    monkeypatch.setattr(durable, "_flush", flush)
    assert bring(door, wanted, shelf, patience).sha256 == hashlib.sha256(CONTENTS[name]).hexdigest()
    assert sound(shelf) == 1
