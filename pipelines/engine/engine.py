"""Run a step over whole rasters: plan, compute the blocks, write, publish."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np

from minegis.clock import utc_now
from minegis.errors import InvalidInput
from minegis.settings import Settings
from pipelines.durable import settle
from pipelines.engine.block import Blocks, Floats32, Step, fitting_block
from pipelines.engine.output import Label, write_output
from pipelines.engine.schedule import Workers
from pipelines.engine.scratch import Scratch, Summary
from pipelines.engine.source import Source, read_window, refuse_other_grid
from pipelines.lineage import InputFile, Lineage, Values, item_path, key_of, write_item
from pipelines.progress import Progress, Silent

_VERSION = "1"  # of how blocks are kept: a change makes older ones useless
_GIB = 2**30


@dataclass(frozen=True)
class Made:
    """What a run published.

    Attributes
    ----------
    paths : mapping of Path
        By output.
    lineage : Lineage
    values : mapping of Values
        By output.
    blocks, kept : int
        How many blocks there are, and how many of them an earlier attempt had finished.
    """

    paths: Mapping[str, Path]
    lineage: Lineage
    values: Mapping[str, Values]
    blocks: int
    kept: int


@dataclass(frozen=True)
class Engine:
    """Where and with what steps are run.

    Attributes
    ----------
    folder : Path
        For blocks on their way, on the disk of the outputs; a cluster's workers see it under the same name.
    workers : Workers
    memory : int
        Bytes that one process may take.
    """

    folder: Path
    workers: Workers = field(default_factory=Workers)
    memory: int = 4 * _GIB

    @classmethod
    def of(cls, settings: Settings) -> Engine:
        """Return the engine of a site as the settings say."""
        return cls(settings.site.resolve() / "work", Workers(settings.dask), int(settings.memory * _GIB))

    def run(
        self,
        step: Step,
        sources: Mapping[str, Source],
        targets: Mapping[str, Path],
        *,
        parameters: Mapping[str, Any] | None = None,
        block: int = 0,
        valid: tuple[datetime, datetime] | None = None,
        remarks: tuple[str, ...] = (),
        progress: Progress | None = None,
    ) -> Made:
        """Compute `step` over `sources` and publish the outputs that `targets` names.

        Parameters
        ----------
        sources : mapping of Source
            By argument of the step's function; all on one grid.
        targets : mapping of Path
            ``.tif`` (COG) or ``.zarr`` by output of the step; outputs that are not named are not kept.
        parameters : mapping, optional
            Further arguments of the function, JSON values.
        block : int
            Side of the blocks in cells; the largest that fits into memory if 0.
        valid : tuple of datetime, optional
            First and last time that the outputs speak of.
        remarks : tuple of str
            What had to be assumed, for the files.

        Raises
        ------
        InvalidInput
            If the sources do not fit each other, or more memory is needed than allowed.
        JobFailed
            If a block fails every time or the disk is full; finished blocks are kept for the next attempt.
        """
        watched = progress or Silent()
        started = time.monotonic()
        plan = self._plan(step, sources, dict(parameters or {}), tuple(targets), block)
        lineage = _lineage(plan)
        begin, end = valid or (None, None)
        label = Label("", _source_of(lineage), begin, end, remarks, plan.times)
        plan.scratch.prepare()
        summaries, kept = _compute(plan, self.workers, watched)
        watched.begin(f"写出 Write {step.name}", len(targets))
        parts = self.workers.run(
            write_output,
            [
                (plan.scratch, name, replace(label, variable=step.outputs[name]), path.suffix)
                for name, path in targets.items()
            ],
            watched.advance,
        )
        lineage = replace(lineage, made_at=utc_now(), duration=round(time.monotonic() - started, 3))
        values = {name: _values(summaries[name]) for name in targets}
        for (name, path), part in zip(targets.items(), parts, strict=True):
            item_path(path).unlink(missing_ok=True)  # it would speak of the file before
            settle(part, path)
            write_item(path, plan.blocks.grid, step.outputs[name], lineage, values[name], valid=valid)
        plan.scratch.remove()
        return Made(dict(targets), lineage, values, len(plan.blocks), kept)

    def _plan(
        self,
        step: Step,
        sources: Mapping[str, Source],
        parameters: dict[str, Any],
        outputs: tuple[str, ...],
        block: int,
    ) -> _Plan:
        unknown = sorted(set(outputs) - set(step.outputs))
        if unknown or not outputs or not sources:
            raise InvalidInput(
                "no such output", where=step.name, expected=", ".join(step.outputs), got=", ".join(unknown)
            )
        arrays = {name: source.open() for name, source in sources.items()}
        grids = {name: array.attrs["grid"] for name, array in arrays.items()}
        grid = next(iter(grids.values()))
        for name, each in grids.items():
            refuse_other_grid(each, grid, f"{step.name}: {name}")
        timed = [array for array in arrays.values() if "time" in array.dims]
        times = timed[0].time.to_numpy() if timed else np.array([], dtype="datetime64[ns]")
        side = fitting_block(
            step,
            len(sources),
            max(times.size, 1),
            wanted=block,
            threads=self.workers.threads,
            memory=self.memory,
        )
        files = {name: source.inputs() for name, source in sources.items()}
        described = {name: [each.sha256 for each in found] for name, found in files.items()}
        how = {name: source.how for name, source in sources.items()}
        blocks = Blocks(grid, side)
        key = key_of(_VERSION, step.name, step.version, described, how, parameters, outputs, grid.key, side)
        layers = times.size if step.keeps_time else 1
        scratch = Scratch(self.folder / f"{step.name}-{key}", blocks, dict.fromkeys(outputs, layers))
        moments = tuple(_moment(each) for each in times) if step.keeps_time else ()
        inputs = tuple(each for found in files.values() for each in found)
        return _Plan(step, dict(sources), parameters, scratch, inputs, moments)


@dataclass(frozen=True)
class _Plan:
    step: Step
    sources: Mapping[str, Source]
    parameters: Mapping[str, Any]
    scratch: Scratch
    inputs: tuple[InputFile, ...]
    times: tuple[datetime, ...]

    @property
    def blocks(self) -> Blocks:
        return self.scratch.blocks


def _compute(plan: _Plan, workers: Workers, progress: Progress) -> tuple[dict[str, Summary], int]:
    """Make the blocks that are not kept; return what each output adds up to, and how many were kept."""
    found = [plan.scratch.finished(number) for number in range(len(plan.blocks))]
    missing = [number for number, summary in enumerate(found) if summary is None]
    progress.begin(f"计算 Compute {plan.step.name}", len(plan.blocks))
    progress.advance(len(found) - len(missing))
    made = workers.run(_make_block, [(plan, number) for number in missing], progress.advance)
    for number, summary in zip(missing, made, strict=True):
        found[number] = summary
    # In the order of the blocks, so that a sum is the same whoever ended first.
    whole = {
        name: reduce(add, (each[name] for each in found if each is not None)) for name in plan.scratch.layers
    }
    return whole, len(found) - len(missing)


def _make_block(plan: _Plan, number: int) -> dict[str, Summary]:
    """Read a block with its halo, compute it, cut the halo off and keep it."""
    step = plan.step
    place = plan.blocks.place(number, step.depth)
    inputs: dict[str, Any] = {
        name: read_window(source.open(), place) for name, source in plan.sources.items()
    }
    if step.placed:
        inputs["place"] = place
    made = step.function(**inputs, **plan.parameters)
    outputs = made if isinstance(made, Mapping) else {next(iter(step.outputs)): made}
    shape = (place.height, place.width)
    kept: dict[str, Floats32] = {}
    for name, layers in plan.scratch.layers.items():
        expected = (layers, *shape) if step.keeps_time else shape
        if name not in outputs or outputs[name].shape != expected:
            raise InvalidInput(
                "an output of another shape",
                where=f"{step.name}: {name}",
                expected=str(expected),
                got=str(outputs[name].shape) if name in outputs else "nothing",
            )
        inner = slice(step.depth, place.height - step.depth), slice(step.depth, place.width - step.depth)
        kept[name] = outputs[name][..., *inner].astype(np.float32)
    return plan.scratch.write(number, kept)


def _lineage(plan: _Plan) -> Lineage:
    parameters = {**plan.parameters, "block": plan.blocks.size}
    return Lineage(plan.step.name, plan.step.version, plan.inputs, parameters, utc_now())


def _source_of(lineage: Lineage) -> str:
    origins = "; ".join(f"{each.file} sha256:{each.sha256[:12]}" for each in lineage.inputs)
    return f"{lineage.step}/{lineage.version} ← {origins}"


def _values(summary: Summary) -> Values:
    if not summary.count:
        return Values(0, None, None, None)
    return Values(summary.count, summary.minimum, summary.maximum, summary.total / summary.count)


def _moment(time: np.datetime64) -> datetime:
    return datetime.fromisoformat(str(time.astype("datetime64[us]"))).replace(tzinfo=UTC)
