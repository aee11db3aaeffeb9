"""Arrays kept in a file named by the hash of what they were computed from."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.durable import settled


def kept_arrays(
    folder: Path, key: str, names: tuple[str, ...], make: Callable[[], Mapping[str, NDArray[Any]]]
) -> dict[str, NDArray[Any]]:
    """Return the arrays kept in `folder` under a key, or make and keep them there.

    The file is written beside, synced and renamed; every array has a checksum, and one that is damaged or of
    another key is made again.

    Parameters
    ----------
    folder : Path
    key : str
        SHA-256 in hexadecimal of the method and all that goes in.
    names : tuple of str
        Of the arrays that `make` returns.
    make : function
    """
    path = folder / f"{key[:12]}.npz"
    kept = _read(path, key, names)
    if kept is not None:
        return kept
    made = make()
    arrays = {name: made[name] for name in names}
    with settled(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, key=np.array(key), **arrays)
    return arrays


def _read(path: Path, key: str, names: tuple[str, ...]) -> dict[str, NDArray[Any]] | None:
    """Return the arrays of a kept file; None when it is absent, damaged or of something else."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in names}  # checks CRCs
            return arrays if str(kept["key"]) == key else None
    except (OSError, EOFError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile):
        return None
