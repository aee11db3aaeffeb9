"""The numba door: loops over many numbers as machine code that holds no interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numba


def compiled[F: Callable[..., Any]](function: F) -> F:
    """Return a function of arrays and numbers as machine code, made at its first call.

    The code is kept beside the module or, where that folder cannot be written, in the user's cache; where
    neither can, each process makes it anew. Arithmetic is that of IEEE 754: nothing is reordered, so a result
    does not depend on the machine.
    """
    try:
        return cast(F, numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:  # no place for the cache
        return cast(F, numba.njit(nogil=True)(function))
