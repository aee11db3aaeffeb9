"""Files of a folder on this machine or a mounted share."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from data_catalog.endpoint import Endpoint
from minegis.errors import InvalidInput, NotFound
from pipelines.connectors.transport.door import Answer, Validators

_CHUNK = 1 << 20


class FolderDoor:
    """Reads below one folder; links that lead out of it are not followed.

    A file that changed less than `settled` ago may still be written: it is not listed yet.
    """

    def __init__(
        self, endpoint: Endpoint, settled: timedelta, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._root = Path(unquote(urlsplit(endpoint.address).path)).resolve()
        self._settled = settled.total_seconds()
        self._clock = clock
        if not self._root.is_dir():
            raise NotFound("no such folder", where=str(self._root))

    def close(self) -> None:
        """Leave."""

    def address(self, name: str) -> str:
        """Return the path of a name below the folder."""
        return str(self._root / name)

    def name(self, address: str) -> str:
        """Return the name below the endpoint that an address is of."""
        return address.removeprefix(self.address("").rstrip("/")).lstrip("/")

    def names(self, pattern: str) -> Sequence[str]:
        """Return the settled files that fit; a name without wildcards is taken as it is."""
        if not set(pattern) & set("*?"):
            return [self.address(pattern)]
        if ".." in pattern.split("/") or pattern.startswith("/"):
            raise InvalidInput("a pattern that leads out of the folder", where=str(self._root), got=pattern)
        found = (path for path in sorted(self._root.glob(pattern)) if not path.name.startswith("."))
        return [str(path) for path in found if self._is_within(path) and path.is_file() and self._rests(path)]

    @contextmanager
    def read(
        self, address: str, *, offset: int = 0, of: Validators | None = None, unless: Validators | None = None
    ) -> Iterator[Answer | None]:
        """Open a file; see `Door.read`."""
        path = Path(address)
        if not self._is_within(path):
            raise InvalidInput("a file outside the folder", where=str(self._root), got=address)
        if not path.is_file():
            raise NotFound("not there", where=address)
        with path.open("rb") as file:
            found = path.stat()
            validators = {"size": str(found.st_size), "modified": str(found.st_mtime_ns)}
            if unless == validators:
                yield None
                return
            begins = offset if of == validators else 0
            file.seek(begins)
            yield Answer(begins, found.st_size, validators, _chunks(file))

    def _is_within(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._root)

    def _rests(self, path: Path) -> bool:
        found = path.stat()
        return stat.S_ISREG(found.st_mode) and self._clock() - found.st_mtime >= self._settled


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
