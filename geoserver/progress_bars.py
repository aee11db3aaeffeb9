"""The stages of a job as bars on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from geoserver.terminal import err


class _Bars:
    """Shows each stage of a job as a progress bar on the terminal."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def begin(self, title: str, total: int = 1) -> None:
        self._finish()
        self._task = self._bars.add_task(title, total=max(total, 1))

    def advance(self, steps: int = 1) -> None:
        if self._task is not None:
            self._bars.advance(self._task, steps)

    def _finish(self) -> None:
        if self._task is not None:
            task = self._bars.tasks[self._task]
            self._bars.update(self._task, completed=task.total)

    def close(self) -> None:
        self._finish()


@contextmanager
def progress_bars() -> Iterator[_Bars]:
    """Yield a progress whose stages are shown as bars on the terminal."""
    columns = (TextColumn("{task.description:<44}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as bars:
        shown = _Bars(bars)
        yield shown
        shown.close()
