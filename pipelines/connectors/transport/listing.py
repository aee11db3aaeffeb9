"""Names that fit a pattern, found by walking folders that can be listed one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from minegis.errors import InvalidInput

_MOST = 100_000


def walk(pattern: str, entries: Callable[[str], Iterable[str]]) -> list[str]:
    """Return the paths that fit, in name order.

    Parameters
    ----------
    pattern : str
        A wildcard stands for anything within one part of the path.
    entries : function
        Names in a folder, which is given as a relative path (empty for the root).

    Raises
    ------
    InvalidInput
        If a pattern leads upwards, or there are more names than are looked at.
    """
    parts = pattern.strip("/").split("/")
    if ".." in parts:
        raise InvalidInput("a pattern that leads upwards", got=pattern)
    paths = [""]
    for part in parts:
        if not set(part) & set("*?"):
            paths = [f"{path}/{part}".lstrip("/") for path in paths]
            continue
        found = []
        for path in paths:
            names = [name for name in entries(path) if fnmatchcase(name, part) and "/" not in name]
            found += [f"{path}/{name}".lstrip("/") for name in names if not name.startswith(".")]
        if len(found) > _MOST:
            raise InvalidInput("too many names", got=pattern, expected=f"at most {_MOST}")
        paths = found
    return sorted(paths)
