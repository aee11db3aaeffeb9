"""Forecasts in GRIB with an index beside them: only the messages that are wanted come over the line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import orjson

from data_catalog.fetch import ForecastAsked
from minegis.clock import format_utc
from minegis.errors import InvalidInput, NotFound, Unreachable
from pipelines.connectors.services.job import Job, Missed, Outcome
from pipelines.connectors.transport.http import HttpDoor
from pipelines.connectors.transport.patience import Transient
from pipelines.connectors.transport.shelf import Fetched

_IDX_KEYS = ("number", "offset", "date", "variable", "level", "step", "member")


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a GRIB file: first byte, length (None: to the end), and what the index says."""

    offset: int
    length: int | None
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Run:
    """One file of a forecast: the cycle it began at, the step in hours, and the member."""

    cycle: datetime
    step: int
    member: str = ""

    def fill(self, name: str) -> str:
        try:
            return name.format(cycle=self.cycle, step=self.step, member=self.member)
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            raise InvalidInput(
                "a name that cannot be filled in", where=name, expected="cycle, step, member", got=str(error)
            ) from None

    @property
    def name(self) -> str:
        member = f".{self.member}" if self.member else ""
        return f"{self.cycle:%Y%m%d%H}/{self.step:03d}{member}.grib2"


def plan(job: Job[ForecastAsked]) -> list[str]:
    """Return the indexes that would be read, and which messages would be taken."""
    base = job.endpoint.address.rstrip("/")
    wanted = "; ".join(str(each.match) for each in job.asked.fields)
    return [f"GET {base}/{run.fill(job.asked.index_name)} for {wanted}" for run in _runs(job)]


def fetch(job: Job[ForecastAsked]) -> Iterator[Outcome]:
    """Keep one file a cycle, step and member, holding the wanted messages alone."""
    with closing(HttpDoor(job.endpoint, now=job.now)) as door:
        for run in _runs(job)[: job.asked.max_files]:
            try:
                yield _fetch_run(job, door, run)
            except (InvalidInput, NotFound) as reason:
                yield Missed(run.name, reason)


def read_idx(content: bytes, *, where: str) -> list[Message]:
    """Read an NCEP index: ``number:offset:d=date:variable:level:step:member``; sub-messages share an offset.

    Raises
    ------
    InvalidInput
        If a line is none of an index.
    """
    rows = []
    for line in content.decode("utf-8", errors="replace").splitlines():
        cells = line.strip().split(":")
        if len(cells) < 6 or not cells[1].isdigit():
            raise InvalidInput("not an index", where=where, expected="number:offset:d=…", got=line[:80])
        rows.append(dict(zip(_IDX_KEYS, cells, strict=False)))
    offsets = sorted({int(row["offset"]) for row in rows})
    following: dict[int, int | None] = dict(zip(offsets, [*offsets[1:], None], strict=True))
    found = []
    for row in rows:
        begin = int(row["offset"])
        end = following[begin]
        found.append(Message(begin, None if end is None else end - begin, row))
    return found


def read_index(content: bytes, *, where: str) -> list[Message]:
    """Read an ECMWF index: a JSON object a line, with ``_offset`` and ``_length``.

    Raises
    ------
    InvalidInput
        If a line is none of an index.
    """
    found = []
    for line in content.splitlines():
        try:
            row = orjson.loads(line)
            keys = {key: str(value) for key, value in row.items() if not key.startswith("_")}
            found.append(Message(int(row["_offset"]), int(row["_length"]), keys))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InvalidInput(
                "not an index", where=where, expected="JSON with _offset and _length", got=repr(line[:80])
            ) from None
    return found


def chosen(messages: list[Message], asked: ForecastAsked) -> list[Message]:
    """Return the messages that fit one of the fields, and the members where the index tells them."""
    by_member = bool(asked.members) and "{member" not in asked.name

    def fits(message: Message) -> bool:
        keys = message.keys
        if by_member and keys.get("number", "0") not in asked.members and asked.index == "index":
            return False
        return any(
            all(fnmatchcase(keys.get(key, ""), pattern) for key, pattern in each.match.items())
            for each in asked.fields
        )

    return [message for message in messages if fits(message)]


def pieces(messages: list[Message]) -> list[tuple[int, int | None]]:
    """Return first and last byte of the requests that bring the messages; neighbours come together."""
    found: list[tuple[int, int | None]] = []
    spans = {
        (each.offset, None if each.length is None else each.offset + each.length - 1) for each in messages
    }
    for first, last in sorted(spans, key=lambda span: span[0]):
        if found and found[-1][1] is not None and first == found[-1][1] + 1:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def _runs(job: Job[ForecastAsked]) -> list[_Run]:
    """Return every run that the window holds, the newest cycle first."""
    asked = job.asked
    members = asked.members if "{member" in asked.name else ("",)
    cycles = [time for time in job.slots(timedelta(hours=1)) if time.hour in asked.cycles]
    return [_Run(cycle, step, member) for cycle in cycles for step in asked.steps for member in members]


def _fetch_run(job: Job[ForecastAsked], door: HttpDoor, run: _Run) -> Fetched:
    known = job.shelf.record(run.name)
    index = door.address(run.fill(job.asked.index_name))
    address = door.address(run.fill(job.asked.name))
    unless = known.validators if known is not None else {}
    found = job.patience.run(lambda: door.document(index, unless=unless))
    if found is None:
        if known is None:
            raise NotFound("an empty index", where=index)
        return replace(known, changed=False)
    read = read_idx if job.asked.index == "idx" else read_index
    messages = chosen(read(found[0], where=index), job.asked)
    if not messages:
        raise NotFound("none of the messages in the index", where=index, expected=_wanted(job.asked))
    asked = pieces(messages)
    size = sum(each.length or 0 for each in messages)
    if size > job.max_bytes:
        raise InvalidInput("larger than the source may be", where=address, got=f"{size / 1e6:.6g} MB")
    content = b"".join(job.patience.run(lambda each=each: _piece(job, door, address, each)) for each in asked)  # type: ignore[misc]
    record = Fetched(
        job.shelf.source,
        run.name,
        "",
        "",
        0,
        job.now(),
        address,
        found[1],
        about=_about(run, messages),
    )
    return job.shelf.keep(content, record)


def _piece(job: Job[ForecastAsked], door: HttpDoor, address: str, span: tuple[int, int | None]) -> bytes:
    """Return whole GRIB messages; anything else may be a file that is still being written."""
    data = door.piece(address, *span, max_bytes=job.max_bytes)
    if not data.startswith(b"GRIB") or not data.endswith(b"7777"):
        raise Transient(
            Unreachable("no GRIB messages where the index says", where=address, got=f"{span} {data[:8]!r}")
        )
    job.told(len(data))
    return data


def _about(run: _Run, messages: list[Message]) -> dict[str, Any]:
    return {
        "cycle": format_utc(run.cycle),
        "step": run.step,
        "member": run.member,
        "messages": [dict(each.keys) for each in messages],
    }


def _wanted(asked: ForecastAsked) -> str:
    return "; ".join(str(each.match) for each in asked.fields)
