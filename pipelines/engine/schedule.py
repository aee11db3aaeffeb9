"""Many independent calls on threads of this process, or on the workers of a Dask cluster: the same graph."""

from __future__ import annotations

import errno
import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dask.base import compute
from dask.callbacks import Callback
from dask.delayed import delayed

from minegis.errors import InvalidInput, JobFailed, MinegisError

LOG = logging.getLogger(__name__)
_ATTEMPTS = 3
_PAUSE = 0.2  # s, before the second attempt; twice as long before the third
_CONNECT = 10  # s
_LOST_WORKERS = 3  # a call may lose its worker so often


@dataclass(frozen=True)
class Workers:
    """Who runs the calls.

    Attributes
    ----------
    address : str
        ``tcp://…`` of a Dask scheduler; threads of this process if empty.
    threads : int
        Calls at once in one process.
    """

    address: str = ""
    threads: int = len(os.sched_getaffinity(0))

    def run[T](
        self, function: Callable[..., T], calls: Sequence[tuple[Any, ...]], done: Callable[[], None]
    ) -> list[T]:
        """Return ``function(*call)`` of every call, in order; `done` is called as each ends.

        A call that fails is tried again a few times; one whose worker dies goes to another worker.

        Raises
        ------
        JobFailed
            If a call fails every time, or the cluster is lost.
        """
        tasks = [delayed(_persistent, pure=False)(function, call) for call in calls]
        if not tasks:
            return []
        return self._on_cluster(tasks, done) if self.address else self._on_threads(tasks, done)

    def _on_threads(self, tasks: Sequence[Any], done: Callable[[], None]) -> list[Any]:
        keys = {task.key for task in tasks}

        def after(key: Any, *_: Any) -> None:
            if key in keys:
                done()

        with Callback(posttask=after):
            return list(compute(*tasks, scheduler="threads", num_workers=self.threads))

    def _on_cluster(self, tasks: Sequence[Any], done: Callable[[], None]) -> list[Any]:
        from distributed import Client, as_completed  # noqa: PLC0415 – only where there is a cluster

        _refuse_silence(self.address)
        client = Client(self.address, timeout=_CONNECT, set_as_default=False)
        with client:
            futures = client.compute(list(tasks), retries=_LOST_WORKERS)
            for future in as_completed(futures, loop=client.loop):
                failure = future.exception()
                if isinstance(failure, MinegisError):
                    raise failure
                if failure is not None:
                    raise JobFailed("the cluster gave up", where=self.address, got=_reason(failure))
                done()
            return list(client.gather(futures))


def _refuse_silence(address: str) -> None:
    """Raise unless something listens: a client of Dask would go on trying in the background."""
    host, _, port = address.partition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT).close()
    except (OSError, ValueError) as error:
        raise InvalidInput(
            "no Dask scheduler answers",
            where="MINEGIS_DASK",
            expected="tcp://host:port",
            got=f"{address}: {error}",
        ) from None


def _persistent[T](function: Callable[..., T], call: tuple[Any, ...]) -> T:
    """Call, and call again after an error that may pass."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return function(*call)
        except MinegisError:
            raise  # the data are wrong: they will be so again
        except Exception as error:
            full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            if full or attempt == _ATTEMPTS:
                raise JobFailed(
                    "the disk is full" if full else f"a part failed {_ATTEMPTS} times", got=_reason(error)
                ) from error
            LOG.warning("a part failed and is tried again: %s", _reason(error))
            time.sleep(_PAUSE * attempt)
    raise AssertionError


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]
