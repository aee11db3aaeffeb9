"""Jobs that make archives: they outlive the request that began them, and a restart of the server."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

from geoserver.archives import Order, check_size, make, plan_of
from geoserver.errors import Busy
from geoserver.ogc.sources import ItemSources
from minegis.errors import MinegisError, NotFound
from tiles.archive.export import Cancelled

LOG = logging.getLogger(__name__)

_FOLDER = "archives"
_MOST_WAITING = 8
_NOTED_EVERY = 0.01
_ENDED = ("done", "failed", "cancelled")


class Archives:
    """The jobs of a site, one at a time; each is a file of the site beside its archive.

    A job that a stop of the server interrupted waits again when the server is back.
    """

    def __init__(self, sources: ItemSources) -> None:
        self._sources = sources
        self._folder = sources.opened.site.folder / _FOLDER
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archive")
        self._cancelled: set[str] = set()
        self._lock = Lock()
        self._stopping = False
        for job in self.jobs():
            if job["status"] not in _ENDED:
                self._thread.submit(self._run, job["id"])

    def stop(self) -> None:
        """Let the present job stand where it is."""
        self._stopping = True
        self._thread.shutdown(wait=True, cancel_futures=True)

    def jobs(self) -> list[dict[str, Any]]:
        """Return every job, oldest first."""
        found = [json.loads(path.read_bytes()) for path in sorted(self._folder.glob("*.json"))]
        return sorted(found, key=lambda job: str(job["id"]))

    def job(self, job_id: str) -> dict[str, Any]:
        """Return one job.

        Raises
        ------
        NotFound
            If there is none.
        """
        path = self._folder / f"{job_id}.json"
        if not job_id.isalnum() or not path.exists():
            raise NotFound("no such archive", where=f"archive {job_id!r}")
        found: dict[str, Any] = json.loads(path.read_bytes())
        return found

    def file(self, job_id: str) -> Path:
        """Return the archive of a job.

        Raises
        ------
        NotFound
            If it is not made.
        """
        job = self.job(job_id)
        path = self._target(job)
        if not path.exists():
            raise NotFound("the archive is not made", where=f"archive {job_id!r}", got=job["status"])
        return path

    def begin(self, order: Order) -> dict[str, Any]:
        """Make an archive, or bring it up to date; return its job.

        Raises
        ------
        Busy
            If too many wait.
        InvalidInput
            If it is too large.
        """
        check_size(plan_of(self._sources, order))
        with self._lock:
            waiting = [job for job in self.jobs() if job["status"] not in _ENDED]
            for job in waiting:
                if job["id"] == order.key:
                    return job
            if len(waiting) >= _MOST_WAITING:
                expected = f"at most {_MOST_WAITING}"
                raise Busy("too many archives wait to be made", where=_FOLDER, expected=expected)
            self._folder.mkdir(exist_ok=True)
            self._cancelled.discard(order.key)
            job = {"id": order.key, "order": order.model_dump(), "status": "waiting", "progress": 0.0}
            self._note(job)
        self._thread.submit(self._run, order.key)
        return job

    def remove(self, job_id: str) -> None:
        """Cancel a job that is not done; forget one that is, with its archive."""
        job = self.job(job_id)
        self._cancelled.add(job_id)
        if job["status"] in _ENDED:
            for path in (*self._working(job), self._target(job), self._folder / f"{job_id}.json"):
                path.unlink(missing_ok=True)

    def _run(self, job_id: str) -> None:
        if self._stopping:
            return
        job = self.job(job_id)
        order = Order.model_validate(job["order"])
        noted = 0.0

        def tick(share: float) -> None:
            nonlocal noted
            if self._stopping or job_id in self._cancelled:
                raise Cancelled
            if share - noted >= _NOTED_EVERY:
                noted = share
                self._note({**job, "status": "running", "progress": round(share, 3)})

        try:
            self._note({**job, "status": "running"})
            done = make(self._sources, order, self._target(job), tick)
        except Cancelled:
            if not self._stopping:
                self._note({**job, "status": "cancelled"})
        except MinegisError as error:
            self._note({**job, "status": "failed", "problem": str(error)})
        except Exception:
            LOG.exception("archive %s failed", job_id)
            self._note({**job, "status": "failed", "problem": "the server failed"})
        else:
            counts = {"made": done.made, "kept": done.kept, "tiles": done.tiles, "bytes": done.size}
            self._note({**job, "status": "done", "progress": 1.0, "as_of": done.moment, **counts})

    def _note(self, job: dict[str, Any]) -> None:
        path = self._folder / f"{job['id']}.json"
        made = path.with_suffix(".new")
        made.write_text(json.dumps(job, ensure_ascii=False))
        made.replace(path)

    def _target(self, job: dict[str, Any]) -> Path:
        return self._folder / f"{job['id']}.{job['order']['format']}"

    def _working(self, job: dict[str, Any]) -> Iterator[Path]:
        yield from self._folder.glob(f".{self._target(job).name}.working*")
