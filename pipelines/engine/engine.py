"""Run a step over whole rasters: plan, compute the blocks, write, publish."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import chain
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from minegis.clock import utc_now
from minegis.errors import InvalidInput
from minegis.settings import Settings
from pipelines.durable import settle
from pipelines.engine.block import Blocks, Floats32, Place, Step, fitting_block
from pipelines.engine.output import Label, write_output
from pipelines.engine.schedule import Workers
from pipelines.engine.scratch import Kept, Scratch, Summary
from pipelines.engine.source import Source, read_window, refuse_other_grid
from pipelines.lineage import InputFile, Lineage, Values, item_path, key_of, write_item
from pipelines.progress import Progress, Silent
from pipelines.raster import RasterGrid

_VERSION = "1"  # of how blocks are kept: a change makes older ones useless
_GIB = 2**30
_NO_TIMES = np.array([], dtype="datetime64[ns]")


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
class Plan:
    """A step over given sources: how its blocks lie and where they are kept."""

    step: Step
    sources: Mapping[str, Source]
    parameters: Mapping[str, Any]
    scratch: Scratch
    inputs: tuple[InputFile, ...]
    times: tuple[datetime, ...]
    started_at: datetime
    reused: list[int] = field(default_factory=list)

    @property
    def blocks(self) -> Blocks:
        """How the grid is cut."""
        return self.scratch.blocks


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
        about: Mapping[str, str] | None = None,
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
        about : mapping of str, optional
            What tells this run from others of the step: the area, the scene.

        Raises
        ------
        InvalidInput
            If the sources do not fit each other, or more memory is needed than allowed.
        JobFailed
            If a block fails every time or the disk is full; finished blocks are kept for the next attempt.
        """
        watched = progress or Silent()
        plan = self.plan(step, sources, targets, parameters, block=block)
        passes = plan.step.passes or _one_pass
        made = passes(self, plan, watched)
        return self.publish(plan, targets, made, valid=valid, remarks=remarks, about=about, progress=watched)

    def forget(self, age: timedelta) -> None:
        """Delete blocks on their way that nothing has touched for `age`."""
        oldest = (utc_now() - age).timestamp()
        for folder in self.folder.glob("*-*"):
            if max(each.stat().st_mtime for each in (folder, *folder.glob("*"))) < oldest:
                shutil.rmtree(folder, ignore_errors=True)

    def plan(
        self,
        step: Step,
        sources: Mapping[str, Source],
        targets: Mapping[str, Path],
        parameters: Mapping[str, Any] | None,
        *,
        block: int = 0,
    ) -> Plan:
        """Decide how the blocks lie, and find what an earlier attempt at the same left."""
        given = dict(parameters or {})
        _refuse_unknown(step, sources, given, tuple(targets))
        step = step.with_halo(given)
        arrays = {name: source.open() for name, source in sources.items()}
        grid = _common_grid(step, arrays)
        times = next((each.time.to_numpy() for each in arrays.values() if "time" in each.dims), _NO_TIMES)
        side = fitting_block(
            step,
            len(sources),
            max(times.size, 1),
            wanted=block,
            threads=self.workers.threads,
            memory=self.memory,
        )
        inputs = {name: source.inputs() for name, source in sources.items()}
        # What takes several passes needs its outputs on the way.
        outputs = tuple(sorted(step.outputs if step.passes else targets))
        key = key_of(_VERSION, product_key(step, sources, given), outputs, grid.key, side)
        layers = dict.fromkeys((*outputs, *step.scratch), times.size if step.keeps_time else 1)
        kept = Scratch(self.folder / f"{step.name}-{key}", Blocks(grid, side), layers)
        kept.prepare()
        moments = tuple(_moment(each) for each in times) if step.keeps_time else ()
        return Plan(
            step, dict(sources), given, kept, tuple(chain.from_iterable(inputs.values())), moments, utc_now()
        )

    def each(
        self,
        plan: Plan,
        stage: str,
        function: Callable[..., Kept],
        progress: Progress,
        more: Sequence[tuple[Any, ...]] = (),
    ) -> list[Kept]:
        """Return ``function(plan, number, *more[number])`` of every block, in order; finished ones are kept.

        `function` keeps its block with `plan.scratch.write` under `stage`. It is defined in a module.
        """
        numbers = range(len(plan.blocks))
        progress.begin(f"计算 Compute {plan.step.name} {stage}", len(numbers))
        found: list[Kept | None] = []
        for number in numbers:
            found.append(plan.scratch.finished(number, stage))
            progress.advance(found[-1] is not None)
        missing = [number for number in numbers if found[number] is None]
        calls = [(plan, number, *(more[number] if more else ())) for number in missing]
        made = self.workers.run(function, calls, progress.advance)
        for number, kept in zip(missing, made, strict=True):
            found[number] = kept
        plan.reused.append(len(found) - len(missing))
        return [each for each in found if each is not None]

    def publish(
        self,
        plan: Plan,
        targets: Mapping[str, Path],
        made: Sequence[Kept],
        *,
        valid: tuple[datetime, datetime] | None = None,
        remarks: tuple[str, ...] = (),
        about: Mapping[str, str] | None = None,
        progress: Progress,
    ) -> Made:
        """Write the outputs in their last form, name them, and write their STAC items last."""
        begin, end = valid or (None, None)
        lineage = _lineage(plan)
        label = Label("", _source_of(lineage), begin, end, remarks, plan.times)
        variables = plan.step.outputs
        calls = [
            (plan.scratch, name, replace(label, variable=variables[name]), path.suffix)
            for name, path in targets.items()
        ]
        progress.begin(f"写出 Write {plan.step.name}", len(calls))
        parts = self.workers.run(write_output, calls, progress.advance)
        duration = (utc_now() - plan.started_at).total_seconds()
        lineage = replace(lineage, made_at=utc_now(), duration=duration)
        # In the order of the blocks, so that a sum is the same whoever ended first.
        values = {name: _values(reduce(add, (each.summaries[name] for each in made))) for name in targets}
        for (name, path), part in zip(targets.items(), parts, strict=True):
            item_path(path).unlink(missing_ok=True)  # it would speak of the file before
            settle(part, path)
            write_item(
                path,
                plan.blocks.grid,
                variables[name],
                lineage,
                values[name],
                valid=valid,
                about=about,
                by_way_of=plan.scratch.folder,
            )
        plan.scratch.remove()
        return Made(dict(targets), lineage, values, len(plan.blocks), sum(plan.reused))


def product_key(step: Step, sources: Mapping[str, Source], parameters: Mapping[str, Any]) -> str:
    """Return twelve hex digits that change with the step, the bytes it reads and its parameters."""
    read = {name: (source.how, [each.sha256 for each in source.inputs()]) for name, source in sources.items()}
    return key_of(step.name, step.version, read, parameters)


def _one_pass(engine: Engine, plan: Plan, progress: Progress) -> Sequence[Kept]:
    return engine.each(plan, "blocks", _make_block, progress)


def _make_block(plan: Plan, number: int) -> Kept:
    """Read a block with its halo, compute it, cut the halo off and keep it."""
    step = plan.step
    place = plan.blocks.place(number, step.halo)
    inputs: dict[str, Any] = {
        name: read_window(source.open(), place) for name, source in plan.sources.items()
    }
    if step.placed:
        inputs["place"] = place
    if step.chooses:
        inputs["outputs"] = tuple(plan.scratch.layers)
    made = step.function(**inputs, **plan.parameters)
    outputs = made if isinstance(made, Mapping) else {next(iter(step.outputs)): made}
    kept = {
        name: _inner(step, name, outputs.get(name), place, layers)
        for name, layers in plan.scratch.layers.items()
    }
    return plan.scratch.write(number, kept)


def _inner(step: Step, name: str, made: NDArray[Any] | None, place: Place, layers: int) -> Floats32:
    """Return an output without its halo, if it still has it."""
    whole = (place.height, place.width)
    inner = (place.height - 2 * step.halo, place.width - 2 * step.halo)
    before = (layers,) if step.keeps_time else ()
    if made is not None and made.shape == before + inner:
        return made.astype(np.float32, copy=False)
    if made is not None and made.shape == before + whole:
        rows, columns = (slice(step.halo, size - step.halo) for size in whole)
        return made[..., rows, columns].astype(np.float32, copy=False)
    raise InvalidInput(
        "an output of another shape",
        where=f"{step.name}: {name}",
        expected=str(before + whole),
        got=str(made.shape) if made is not None else "nothing",
    )


def _refuse_unknown(
    step: Step, sources: Mapping[str, Source], parameters: Mapping[str, Any], outputs: tuple[str, ...]
) -> None:
    given = {*sources, *parameters}
    for what, unknown, known in (
        ("no such input or parameter", given - step.arguments, step.arguments),
        ("no such output", set(outputs) - set(step.outputs), frozenset(step.outputs)),
    ):
        if unknown or not sources or not outputs:
            raise InvalidInput(
                what,
                where=step.name,
                expected=", ".join(sorted(known)),
                got=", ".join(sorted(unknown)) or "none",
            )


def _common_grid(step: Step, arrays: Mapping[str, xr.DataArray]) -> RasterGrid:
    grids: list[RasterGrid] = [array.attrs["grid"] for array in arrays.values()]
    for name, each in zip(arrays, grids, strict=True):
        refuse_other_grid(each, grids[0], f"{step.name}: {name}")
    return grids[0]


def _lineage(plan: Plan) -> Lineage:
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
