"""Jobs as they are declared: ``pipelines/jobs/<id>.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time, timedelta
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from rasterio.enums import Resampling

from minegis.declarations import BilingualText, Declaration, read_folder
from minegis.errors import InvalidDeclaration, NotFound
from minegis.variables import variables
from pipelines.jobs.registry import step

FOLDER = Path(__file__).parent
_NAME = r"^[a-z][a-z0-9_]*$"


class JobInput(Declaration):
    """What a step reads: files of the site by pattern, rasters that it declares, or products of other jobs.

    ``files`` is a path inside the site's folder where ``{name}`` stands for any text without a slash. The job
    runs once for each set of texts that all of its inputs have files for. With ``stacked`` the files whose
    ``{time}`` differs (``20260720`` or ``20260720T040000``, UTC) are one input with a time axis.
    ``kind`` takes the rasters that ``site.yaml`` declares, ``{area}`` being their area. ``product`` takes the
    newest product of a variable, with the texts of the run that made it. ``onto`` is another input, to whose
    grid this one is resampled.
    """

    files: str = ""
    kind: Literal["", "elevation", "relief"] = ""
    product: str = ""
    stacked: bool = False
    band: int = Field(default=1, ge=1)
    variable: str = ""
    onto: str = ""
    resampling: str = "nearest"

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(map(bool, (self.files, self.kind, self.product))) != 1:
            raise ValueError("an input has one of files, kind, product")
        if self.files.startswith("/") or ".." in Path(self.files).parts:
            raise ValueError("files lie inside the site's folder")
        if self.stacked and "{time}" not in self.files:
            raise ValueError("files without {time} are no stack")
        if self.product and self.product not in variables():
            raise ValueError(f"no variable {self.product!r} in the data dictionary")
        if self.resampling not in Resampling.__members__:
            raise ValueError(f"no way of resampling {self.resampling!r}")
        return self


class JobStep(Declaration):
    """One step of a job: whence each argument comes, its parameters, what is kept."""

    step: str
    inputs: dict[str, str]
    parameters: dict[str, Any] = Field(default_factory=dict)
    outputs: tuple[str, ...]
    block: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _fits_its_step(self) -> Self:
        try:
            known = step(self.step)
        except NotFound as error:
            raise ValueError(str(error)) from None
        given = {*self.inputs, *self.parameters}
        if unknown := sorted(given - known.arguments):
            raise ValueError(
                f"{self.step} has no {', '.join(unknown)}; it has {', '.join(sorted(known.arguments))}"
            )
        if unknown := sorted(set(self.outputs) - set(known.outputs)):
            raise ValueError(
                f"{self.step} makes no {', '.join(unknown)}; it makes {', '.join(known.outputs)}"
            )
        return self


class Job(Declaration):
    """A job: when it is due, what it waits for, what it reads and does.

    With neither `every` nor `daily` it runs after the jobs it waits for made something, or by hand.
    """

    title: BilingualText
    every: timedelta | None = None
    daily: time | None = None
    after: tuple[str, ...] = ()
    inputs: dict[str, JobInput]
    steps: tuple[JobStep, ...] = Field(min_length=1)
    attempts: int = Field(default=3, ge=1, le=20)

    @field_validator("daily")
    @classmethod
    def _without_zone(cls, value: time | None) -> time | None:
        if value is not None and value.tzinfo is not None:
            raise ValueError("a time of day is UTC and states no offset")
        return value

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.every is not None and (self.daily is not None or self.every <= timedelta(0)):
            raise ValueError("a job has one cadence: every or daily, longer than nothing")
        known = set(self.inputs)
        for number, each in enumerate(self.steps):
            if unknown := sorted(set(each.inputs.values()) - known):
                raise ValueError(
                    f"step {number + 1} ({each.step}) reads {', '.join(unknown)}, which is no "
                    "input of the job and no output of a step before"
                )
            known |= set(each.outputs)
        for name, given in self.inputs.items():
            if given.onto and given.onto not in self.inputs:
                raise ValueError(f"{name} is to lie on {given.onto}, which is no input of the job")
        return self


@cache
def jobs(folder: Path = FOLDER) -> Mapping[str, Job]:
    """Return every job by id, each after those it waits for.

    Raises
    ------
    InvalidDeclaration
        If a file is wrong, names a job that is not there, or jobs wait for each other.
    """
    found = read_folder(folder, Job)
    for name, job in found.items():
        if not re.match(_NAME, name):
            raise InvalidDeclaration("not a name of a job", where=f"{folder / name}.yaml:1", expected=_NAME)
        if unknown := sorted(set(job.after) - set(found)):
            raise InvalidDeclaration(
                "waits for a job that is not there",
                where=_line(folder, name),
                expected=", ".join(found),
                got=", ".join(unknown),
            )
    try:
        order = tuple(TopologicalSorter({name: job.after for name, job in found.items()}).static_order())
    except CycleError as error:
        circle = error.args[1]
        raise InvalidDeclaration(
            "jobs wait for each other", where=_line(folder, circle[0]), got=" → ".join(reversed(circle))
        ) from None
    return MappingProxyType({name: found[name] for name in order})


def _line(folder: Path, name: str) -> str:
    path = folder / f"{name}.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    number = next((n for n, line in enumerate(lines, 1) if line.startswith("after:")), 1)
    return f"{path}:{number}: after"
