"""Long columns worked on piece by piece, so that what lies between stays small and threads share the work."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

CHUNK = 32_768
"""Rows at a time: a dozen columns in double precision stay in a core's cache."""


def in_chunks(rows: int, work: Callable[[slice], None], *, size: int = CHUNK) -> None:
    """Call `work` for each piece of `rows` rows, on as many threads as there are cores.

    NumPy and compiled functions hold no interpreter lock while they compute. An error in a piece is raised.

    Parameters
    ----------
    rows : int
    work : function of a slice
        Writes its own rows only: pieces come in any order.
    size : int
        Rows at a time.
    """
    pieces = [slice(at, min(at + size, rows)) for at in range(0, rows, size)]
    if len(pieces) < 2:
        for piece in pieces:
            work(piece)
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(work, pieces))
