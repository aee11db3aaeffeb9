"""The door to an endpoint, by the protocol of its address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

from data_catalog.endpoint import Endpoint
from minegis.errors import InvalidInput
from pipelines.connectors.transport.door import Door
from pipelines.connectors.transport.http import HttpDoor


@contextmanager
def opened(endpoint: Endpoint, settled: timedelta = timedelta(0)) -> Iterator[Door]:
    """Open the door of an endpoint; `settled` is how long a file of a folder must have been at rest.

    Raises
    ------
    InvalidInput
        If its protocol carries no files.
    """
    with closing(_door(endpoint, settled)) as door:
        yield door


def _door(endpoint: Endpoint, settled: timedelta) -> Door:
    # The libraries of a protocol are loaded where it is used.
    if endpoint.scheme in ("http", "https"):
        return HttpDoor(endpoint)
    if endpoint.scheme in ("ftp", "ftps"):
        from pipelines.connectors.transport.ftp import FtpDoor  # noqa: PLC0415

        return FtpDoor(endpoint)
    if endpoint.scheme == "sftp":
        from pipelines.connectors.transport.sftp import SftpDoor  # noqa: PLC0415

        return SftpDoor(endpoint)
    if endpoint.scheme == "s3":
        from pipelines.connectors.transport.object_store import ObjectDoor  # noqa: PLC0415

        return ObjectDoor(endpoint)
    if endpoint.scheme == "file":
        from pipelines.connectors.transport.folder import FolderDoor  # noqa: PLC0415

        return FolderDoor(endpoint, settled)
    raise InvalidInput("no files come over this protocol", where=endpoint.address, got=endpoint.scheme)
