"""Folders for what is made to be carried away, in the system's temporary folder; nothing stays behind."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "minegis-export-"
_YOUNG_SECONDS = 60  # one that was just made may not be held yet


@contextmanager
def work_folder() -> Iterator[Path]:
    """Give a folder that goes away at the end; those that killed processes left go away at the start.

    A folder is held by a lock that ends with its process, whatever ends that.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _sweep() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime < _YOUNG_SECONDS:
                continue
            held = os.open(folder, os.O_RDONLY)
        except OSError:  # gone, or another user's
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(held)
