"""What every protocol can do, and the one way to bring a file home over any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from data_catalog.fetch import Content
from minegis.clock import utc_now
from minegis.errors import InvalidInput, Unreachable
from pipelines.connectors.transport.content import check_content, check_sum
from pipelines.connectors.transport.patience import Patience, Transient
from pipelines.connectors.transport.shelf import Fetched, Part, Shelf

type Validators = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes over a door: bytes from `begins` on, of a version of `total` bytes (None if not said)."""

    begins: int
    total: int | None
    validators: Validators
    chunks: Iterator[bytes]


class Door(Protocol):
    """One protocol to one endpoint."""

    def read(
        self, address: str, *, offset: int, of: Validators, unless: Validators
    ) -> AbstractContextManager[Answer | None]:
        """Open what is at an address.

        Parameters
        ----------
        offset : int
            Bytes that are here already, of version `of`. An answer that begins at 0 is another version.
        unless : mapping
            The version that is not wanted again: the answer is None if it is still this one.
        """

    def names(self, pattern: str) -> Sequence[str]:
        """Return the addresses that fit a pattern with ``*`` and ``?``, in name order."""

    def address(self, name: str) -> str:
        """Return the address of a name below the endpoint."""

    def name(self, address: str) -> str:
        """Return the name below the endpoint that an address is of."""

    def close(self) -> None:
        """Leave."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file to bring: where it is, what to call it, what it must be."""

    name: str
    address: str
    content: Content = "any"
    checksum: str = ""
    size: int | None = None
    max_bytes: int = 2_000_000_000
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


def shown(address: str) -> str:
    """Return an address without what may be secret in it."""
    return address.partition("?")[0].partition("#")[0]


def bring(
    door: Door,
    wanted: Wanted,
    shelf: Shelf,
    patience: Patience,
    *,
    now: Callable[[], datetime] = utc_now,
    told: Callable[[int], None] = lambda count: None,
) -> Fetched:
    """Bring a file, whole and checked, or nothing; go on where an earlier attempt ended.

    The patience is for attempts that bring nothing: while a file that can be gone on with grows, it holds.

    Parameters
    ----------
    told : function
        Told the number of bytes of every piece that came.

    Raises
    ------
    MinegisError
        If it is not there, is not what was asked for, or the service does not answer.
    """
    origin = shown(wanted.address)
    size = shelf.part(wanted.name, origin).size
    while True:
        try:
            return patience.run(lambda: _attempt(door, wanted, shelf, now, told))
        except Unreachable:
            part = shelf.part(wanted.name, origin)
            if part.size <= size or not part.validators:
                raise
            size = part.size


def _attempt(
    door: Door, wanted: Wanted, shelf: Shelf, now: Callable[[], datetime], told: Callable[[int], None]
) -> Fetched:
    origin = shown(wanted.address)
    known = shelf.record(wanted.name)
    part = shelf.part(wanted.name, origin)
    if part.total is None or part.size != part.total or not part.size:
        unless = known.validators if known is not None and known.origin == origin else {}
        with door.read(wanted.address, offset=part.size, of=part.validators, unless=unless) as answer:
            if answer is None and known is not None:
                part.discard()
                return replace(known, changed=False)
            assert answer is not None  # only what is known can be unchanged
            _take(answer, part, wanted, origin, told)
    _check(part, wanted)
    found = Fetched(
        shelf.source,
        wanted.name,
        "",
        "",
        0,
        now(),
        origin,
        part.validators,
        wanted.valid_from,
        wanted.valid_to,
        wanted.about,
    )
    return shelf.settle(part, found)


def _take(answer: Answer, part: Part, wanted: Wanted, origin: str, told: Callable[[int], None]) -> None:
    """Write what comes behind what is here; the length that was said must come."""
    _refuse_size(answer.total, wanted)
    if answer.begins and dict(answer.validators) != dict(part.validators):
        part.discard()
        raise Transient(Unreachable("the rest is of another version", where=origin))
    if answer.begins != part.size or answer.begins == 0:
        if answer.begins:
            part.discard()
            raise Transient(Unreachable("the answer begins elsewhere", where=origin, got=str(answer.begins)))
        part.begin(origin, answer.validators, answer.total)
    size = part.size
    with part.path.open("ab") as file:
        for chunk in answer.chunks:
            size += len(chunk)
            _refuse_size(size, wanted)
            file.write(chunk)
            told(len(chunk))
    total = answer.total if answer.total is not None else wanted.size
    if total is not None and size != total:
        if size > total:
            part.discard()
        raise Transient(
            Unreachable("the answer is not whole", where=origin, expected=f"{total} bytes", got=str(size))
        )


def _refuse_size(size: int | None, wanted: Wanted) -> None:
    if size is not None and size > wanted.max_bytes:
        raise InvalidInput(
            "larger than the source may be",
            where=shown(wanted.address),
            expected=f"at most {wanted.max_bytes / 1e6:g} MB (max_mb)",
            got=f"{size / 1e6:.6g} MB",
        )


def _check(part: Part, wanted: Wanted) -> None:
    """Judge a whole file; what is wrong is not kept, and a wrong checksum is worth another attempt."""
    origin = shown(wanted.address)
    try:
        if not part.path.exists():
            part.path.touch()
        check_content(part.path, wanted.content, where=origin)
        if wanted.size is not None and part.size != wanted.size:
            raise InvalidInput(
                "another length", where=origin, expected=f"{wanted.size} bytes", got=str(part.size)
            )
    except InvalidInput:
        part.discard()
        raise
    try:
        check_sum(part.path, wanted.checksum, where=origin)
    except InvalidInput as error:
        part.discard()
        raise Transient(error) from None
