"""What was done of each job: ``jobs/<id>.json`` in the site's folder, and when a job is due again."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import orjson

from minegis.clock import format_utc, parse_utc
from minegis.errors import InvalidInput, StoreConflict
from pipelines.durable import settled
from pipelines.jobs.declaration import Job

_REMEMBERED = 100  # runs of a job


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class JobRun:
    """One attempt at a job.

    Attributes
    ----------
    attempt : int
        1, and one more for each after a failure or interruption.
    made, found : tuple of str
        Products, by path in the site, that were made, and that were there already.
    reasons : tuple of str
        Why it failed, one for each run of its steps that did.
    blocks, kept : int
        Blocks of what was made, and how many of them an earlier attempt had finished.
    """

    started_at: datetime
    attempt: int = 1
    state: RunState = RunState.RUNNING
    finished_at: datetime | None = None
    made: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    blocks: int = 0
    kept: int = 0

    def to_json(self) -> dict[str, object]:
        """Return it as it is kept."""
        finished = format_utc(self.finished_at) if self.finished_at else None
        return {**asdict(self), "started_at": format_utc(self.started_at), "finished_at": finished}


class JobBook:
    """The records of a site's jobs."""

    def __init__(self, site: Path) -> None:
        self._folder = site / "jobs"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the book; the operating system frees it however the process ends.

        Raises
        ------
        StoreConflict
            If another process runs jobs of this site.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreConflict(
                    "jobs of this site are being run", where=str(self._folder.parent)
                ) from None
            yield

    def runs(self, job: str) -> tuple[JobRun, ...]:
        """Return the attempts at a job, the oldest first."""
        path = self._folder / f"{job}.json"
        if not path.exists():
            return ()
        try:
            return tuple(_run(each) for each in orjson.loads(path.read_bytes()))
        except (orjson.JSONDecodeError, TypeError, ValueError):
            raise InvalidInput("not a record of jobs", where=str(path)) from None

    def keep(self, job: str, run: JobRun) -> None:
        """Keep an attempt: over what is known of the same attempt, or after the others."""
        before = tuple(each for each in self.runs(job) if each.started_at != run.started_at)
        written = [each.to_json() for each in (*before, run)[-_REMEMBERED:]]
        with settled(self._folder / f"{job}.json") as part:
            part.write_bytes(orjson.dumps(written, option=orjson.OPT_INDENT_2))

    def close_interrupted(self, job: str) -> None:
        """Say of a run whose process is gone that it was interrupted; only for who holds the book."""
        for run in self.runs(job):
            if run.state is RunState.RUNNING:
                self.keep(job, replace(run, state=RunState.INTERRUPTED))


def is_due(
    job: Job, runs: Sequence[JobRun], waited_for: Mapping[str, Sequence[JobRun]], now: datetime
) -> bool:
    """Return whether a job is to be run.

    Parameters
    ----------
    runs : sequence of JobRun
        Its attempts so far.
    waited_for : mapping
        The attempts at the jobs that it runs after, by job.
    now : datetime
    """
    if not runs:
        return all(_last_done(each) for each in waited_for.values())
    last = runs[-1]
    if last.state is not RunState.DONE and last.attempt < job.attempts:
        return True
    after = (_last_done(each) for each in waited_for.values())
    if any(each and each.made and each.finished_at and each.finished_at > last.started_at for each in after):
        return True
    if job.every is not None:
        return now - last.started_at >= job.every
    if job.daily is not None:
        today = datetime.combine(now, job.daily, tzinfo=now.tzinfo)
        return last.started_at < (today if today <= now else today - timedelta(days=1))
    return False


def next_attempt(job: Job, runs: Sequence[JobRun]) -> int:
    """Return the number of the attempt that comes now."""
    if not runs or runs[-1].state is RunState.DONE or runs[-1].attempt >= job.attempts:
        return 1
    return runs[-1].attempt + 1


def _last_done(runs: Sequence[JobRun]) -> JobRun | None:
    return next((each for each in reversed(runs) if each.state is RunState.DONE), None)


def _run(written: dict[str, object]) -> JobRun:
    finished = written.pop("finished_at")
    return JobRun(
        started_at=parse_utc(str(written.pop("started_at"))),
        finished_at=parse_utc(str(finished)) if finished else None,
        state=RunState(str(written.pop("state"))),
        **{name: tuple(each) if isinstance(each, list) else each for name, each in written.items()},  # type: ignore[arg-type]
    )
