"""Files that appear whole or not at all, and are on the disk before anything names them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART = ".part"
"""Suffix of a file on its way; what a killed process leaves has it."""


@contextmanager
def settled(path: Path) -> Iterator[Path]:
    """Yield a temporary place beside `path`; what is written there gets its name once it is on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    try:
        yield part
        _flush(part)
        part.replace(path)
        _flush(path.parent)
    finally:
        part.unlink(missing_ok=True)


def is_abandoned(part: Path) -> bool:
    """Return whether the process that was writing a part is gone."""
    number = part.name.removesuffix(PART).rpartition(".")[2]
    try:
        os.kill(int(number), 0)
    except (ValueError, ProcessLookupError):
        return True
    except PermissionError:
        return False  # somebody else's, and alive
    return False


def settle(part: Path, path: Path) -> None:
    """Give a finished file or folder its name on the same disk, and replace what is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for each in sorted(part.rglob("*")) if part.is_dir() else ():
        _flush(each)
    _flush(part)
    if path.is_dir():
        shutil.rmtree(path)  # a folder cannot be replaced in one step: whoever names it, names it afterwards
    part.replace(path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
