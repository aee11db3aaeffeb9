"""What a serving process does to stay small; asked for by the command that serves, by no library."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_NOT_SERVED = ("pandas", "xarray")  # pyarrow and rio-tiler load them where they can, 80 MB for nothing served
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_MIB = 2**20
_TRIMMED_EVERY = 10.0  # s


class _NotServed(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        if fullname in _NOT_SERVED:
            raise ModuleNotFoundError(f"{fullname} is not loaded by a server", name=fullname)
        return None


def economise() -> None:
    """Load no library for nothing, and have freed memory go back to the system; called before the rest loads.

    References
    ----------
    glibc, `mallopt(3)`: fixed thresholds do not grow, and so do not keep what a large read has freed; two
    arenas serve all threads.
    """
    sys.meta_path.insert(0, _NotServed())
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_MMAP_THRESHOLD, _MIB)
        libc.mallopt(_M_TRIM_THRESHOLD, 4 * _MIB)
        threading.Thread(target=_trim, args=(libc,), name="trim", daemon=True).start()


def settle() -> None:
    """Take what is loaded as lasting: else the collector waits for a quarter as much, and looks at it all."""
    gc.collect()
    gc.freeze()


def _trim(libc: ctypes.CDLL) -> None:
    """Give back what lies free between what is used; glibc does so only at the end of its heap."""
    while True:
        time.sleep(_TRIMMED_EVERY)
        libc.malloc_trim(0)
