"""A stack of unwrapped interferograms: GeoTIFF that carry dates, wavelength and incidence as PyRate tags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minegis.errors import InvalidInput
from pipelines.connectors.field import Field, to_raster
from pipelines.connectors.geotiff import read_geotiff
from pipelines.raster import Raster, RasterGrid

type _File = tuple[Path, Field, Raster]
_PHASE, _COHERENCE = "ORIGINAL_IFG", "ORIGINAL_COH"


@dataclass(frozen=True, eq=False)
class InterferogramStack:
    """Interferograms of one track on one grid.

    Attributes
    ----------
    phase : (m, height, width) float32, rad
        Unwrapped; NaN where there is none.
    coherence : (m, height, width) float32, optional
        None unless every interferogram has it.
    pairs : tuple of (date, date)
        First and second acquisition of each, in the order of the first axis.
    wavelength : float, m
    incidence : float, deg
        Mean of the interferograms.
    grid : RasterGrid
    phase_files, coherence_files : tuple of Path
        In the order of the first axis; the latter empty where coherence is None.
    source : str
        Names and SHA-256 of all files.
    """

    phase: NDArray[np.float32]
    coherence: NDArray[np.float32] | None
    pairs: tuple[tuple[date, date], ...]
    wavelength: float
    incidence: float
    grid: RasterGrid
    phase_files: tuple[Path, ...]
    coherence_files: tuple[Path, ...]
    source: str


def read_interferograms(paths: Iterable[Path]) -> InterferogramStack:
    """Read interferograms, and their coherence where given, in any order.

    Raises
    ------
    InvalidInput
        If a file names no dates, its phase is not in radians, or the files differ in grid or wavelength.
    """
    found: dict[str, dict[tuple[date, date], _File]] = {_PHASE: {}, _COHERENCE: {}}
    for path in sorted(paths):
        field = read_geotiff(path)
        kind = field.tags.get("DATA_TYPE", "")
        if kind not in found:
            raise InvalidInput(
                "neither interferogram nor coherence",
                where=path.name,
                expected=f"{_PHASE} or {_COHERENCE}",
                got=kind,
            )
        pair = _pair(field, path.name)
        if pair in found[kind]:
            raise InvalidInput("a pair of dates twice", where=path.name, got=f"{pair[0]} to {pair[1]}")
        found[kind][pair] = path, field, _raster(field, kind, path.name)
    return _stack(found[_PHASE], found[_COHERENCE])


def _stack(
    phases: dict[tuple[date, date], _File], coherences: dict[tuple[date, date], _File]
) -> InterferogramStack:
    pairs = tuple(sorted(phases))
    if not pairs:
        raise InvalidInput("no interferogram", expected="one or more")
    files, fields, rasters = zip(*(phases[pair] for pair in pairs), strict=True)
    others = [coherences[pair][2] for pair in pairs if pair in coherences]
    for raster in (*rasters, *others):
        if raster.grid != rasters[0].grid:
            raise InvalidInput("interferograms on different grids", where=raster.source)
    lengths = [_number(field, "WAVELENGTH_METRES") for field in fields]
    if max(lengths) - min(lengths) > 1e-6 * lengths[0]:
        raise InvalidInput(
            "interferograms of different wavelengths",
            where=rasters[0].source,
            got=f"{min(lengths)} to {max(lengths)}",
        )
    complete = len(others) == len(rasters)
    return InterferogramStack(
        np.stack([raster.values for raster in rasters]),
        np.stack([raster.values for raster in others]) if complete else None,
        pairs,
        lengths[0],
        float(np.mean([_number(field, "INCIDENCE_DEGREES") for field in fields])),
        rasters[0].grid,
        files,
        tuple(coherences[pair][0] for pair in pairs) if complete else (),
        "; ".join(raster.source for raster in (*rasters, *(others if complete else ()))),
    )


def _raster(field: Field, kind: str, where: str) -> Raster:
    if kind == _COHERENCE:  # its unit tag is that of the phase it belongs to
        return to_raster(field, "coherence", unit="1")
    unit = field.tags.get("DATA_UNITS", "")
    if unit.casefold() not in ("rad", "radian", "radians"):
        raise InvalidInput("phase in another unit", where=where, expected="RADIANS", got=unit)
    return to_raster(field, "interferometric_phase", unit="rad")


def _pair(field: Field, where: str) -> tuple[date, date]:
    try:
        return date.fromisoformat(field.tags["FIRST_DATE"]), date.fromisoformat(field.tags["SECOND_DATE"])
    except (KeyError, ValueError) as error:
        raise InvalidInput(
            "no dates", where=where, expected="FIRST_DATE and SECOND_DATE, YYYY-MM-DD", got=str(error)
        ) from None


def _number(field: Field, tag: str) -> float:
    try:
        return float(field.tags[tag])
    except (KeyError, ValueError):
        raise InvalidInput(
            "a number is missing", where=field.source, expected=tag, got=field.tags.get(tag, "")
        ) from None
