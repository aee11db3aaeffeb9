"""Files by name over any protocol: archives that are laid out by date, folders that are filled by others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from data_catalog.fetch import FilesAsked
from minegis.errors import InvalidInput
from pipelines.connectors.services.job import Job, Outcome
from pipelines.connectors.transport.door import Door, Wanted
from pipelines.connectors.transport.doors import opened

_SECOND = timedelta(seconds=1)


def plan(job: Job[FilesAsked]) -> list[str]:
    """Return the names that would be asked for."""
    names = [name for name, _ in _names(job)]
    return [f"{job.endpoint.address.rstrip('/')}/{name}" for name in names[: job.asked.max_files]]


def fetch(job: Job[FilesAsked]) -> Iterator[Outcome]:
    """Bring every file that fits; the newest times first."""
    with opened(job.endpoint, job.asked.settled) as door:
        yield from job.bring(door, _wanted(job, door))


def _wanted(job: Job[FilesAsked], door: Door) -> Iterator[Wanted]:
    for name, time in _names(job):
        start, end = _period(job.asked, time)
        listed = job.patience.run(lambda name=name: door.names(name))  # type: ignore[misc]
        for address in islice(listed, job.asked.max_files):
            yield Wanted(
                door.name(address),
                address,
                job.asked.content,
                max_bytes=job.max_bytes,
                valid_from=start,
                valid_to=end,
            )


def _names(job: Job[FilesAsked]) -> Iterator[tuple[str, datetime | None]]:
    every = job.asked.every
    if every is None:
        yield from ((name, None) for name in job.asked.names)
        return
    for time in job.slots(every):
        for name in job.asked.names:
            yield filled(name, time, every, job.asked.time_marks), time


def filled(name: str, time: datetime, every: timedelta, marks: str) -> str:
    """Put a time into a name.

    ``{time}`` is the time itself, ``{begin}`` and ``{end}`` bound the step of `every` that it marks the begin
    or the end of, ``{last}`` is a second before the end, ``{minute}`` the minute of the day of the begin.

    Raises
    ------
    InvalidInput
        If the name holds anything else.
    """
    begin = time if marks == "begin" else time - every
    end = begin + every
    minute = begin.hour * 60 + begin.minute
    try:
        return name.format(time=time, begin=begin, end=end, last=end - _SECOND, minute=minute)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise InvalidInput(
            "a name that cannot be filled in",
            where=name,
            expected="time, begin, end, last, minute",
            got=str(error),
        ) from None


def _period(asked: FilesAsked, time: datetime | None) -> tuple[datetime | None, datetime | None]:
    if time is None or asked.covers is None:
        return None, None
    return (time, time + asked.covers) if asked.time_marks == "begin" else (time - asked.covers, time)
