"""The susceptibility study on the Wenchuan slope units of 2008: from the table to figures to be checked."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minegis.errors import InvalidInput, NotFound
from risk_models.susceptibility.blocks import block_folds, block_number
from risk_models.susceptibility.calibration import Method
from risk_models.susceptibility.classifiers import CLASSIFIERS
from risk_models.susceptibility.predictors import drop_collinear, indicators, surroundings
from risk_models.susceptibility.record import ModelRecord, model_record
from risk_models.susceptibility.study import (
    Calibrated,
    Leakage,
    Sample,
    calibrated_out_of_fold,
    leakage,
    out_of_fold,
)

Floats = NDArray[np.float64]

TABLE = "landslide/wenchuan_2008_slope_units.csv"

# Of the terrain and the shaking; count and area of the landslides are what is to be told, and the place is
# for the blocks alone.
MEASURED = (
    "slope_avg", "slope_stdd", "relief", "TWI_avg", "TWI_stddev", "VRM_avg", "VRM_stddev", "planCurv_a",
    "planCurv_s", "profCurv_a", "profCurv_s", "pga_avg", "pga_stddev", "distStream", "distStre_s",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """How the study is made; every value is in the record of the model.

    Attributes
    ----------
    block : float, deg
    folds : int
    inflation : float
        Predictors above this variance inflation are dropped.
    neighbours : tuple of int
        How many units around each unit speak of its surroundings.
    buffer : float, deg
        Of the leakage check.
    calibration : str
    coverage : float
    seed : int
    """

    block: float = 0.1
    folds: int = 5
    inflation: float = 10.0
    neighbours: tuple[int, ...] = (8, 30)
    buffer: float = 0.02
    calibration: Method = "isotonic"
    coverage: float = 0.9
    seed: int = 2008


@dataclass(frozen=True)
class Study:
    """What came out.

    Attributes
    ----------
    sample : Sample
    fold : (n,) int
    scores : dict of (n,) float
        Of each classifier while the unit was held back.
    plain : (n,) float
        Of a logistic regression on the fifteen measured numbers alone: where the study starts from.
    chosen : str
        The classifier that was calibrated.
    calibrated : Calibrated
    leakage : Leakage
    record : ModelRecord
    source : str
    """

    plan: Plan
    sample: Sample
    fold: NDArray[np.int64]
    scores: Mapping[str, Floats]
    plain: Floats
    chosen: str
    calibrated: Calibrated
    leakage: Leakage
    record: ModelRecord
    source: str


def read_slope_unit_table(folder: Path) -> tuple[dict[str, Floats], str]:
    """Read the table of slope units; return its columns and ``<file> sha256:<12 digits>``.

    Raises
    ------
    NotFound
        If the folder has no such file.
    InvalidInput
        If a value is no number.
    """
    path = folder / TABLE
    if not path.is_file():
        raise NotFound("no such file in the folder of public data", where=TABLE)
    content = path.read_bytes()
    header, *rows = csv.reader(content.decode("utf-8").splitlines())
    try:
        values = np.array(rows, dtype=float)
    except ValueError as error:
        raise InvalidInput("not a table of numbers", where=TABLE, got=str(error)) from None
    columns = {name: values[:, number] for number, name in enumerate(header)}
    return columns, f"wenchuan_slope_units: {TABLE} sha256:{hashlib.sha256(content).hexdigest()[:12]}"


def slope_unit_sample(columns: Mapping[str, Floats], plan: Plan) -> Sample:
    """Make predictors: what was measured, the size and form of the unit, its lithology, its surroundings."""
    lon, lat, area = columns["POINT_X"], columns["POINT_Y"], columns["area_grid"]
    block = block_number(lon, lat, plan.block)
    own = {name: columns[name] for name in MEASURED}
    own |= {"log_area": np.log(area), "steepness": columns["relief"] / np.sqrt(area)}
    measured = np.stack(list(own.values()), axis=1)
    around = {
        f"{name}_around_{count}": column
        for count in plan.neighbours
        for name, column in zip(own, surroundings(lon, lat, measured, block, count).T, strict=True)
    }
    numbers = own | around
    kept = drop_collinear(np.stack(list(numbers.values()), axis=1), list(numbers), plan.inflation)
    rock, names = indicators(columns["litho"].astype(int))
    return Sample(
        names=(*kept, *(f"lithology_{name}" for name in names)),
        predictors=np.column_stack([*(numbers[name] for name in kept), rock]),
        presence=columns["presence"] == 1,
        lon=lon,
        lat=lat,
        area=area,
        block=block,
    )


def study_slope_units(
    folder: Path,
    plan: Plan | None = None,
    *,
    models: Sequence[str] = tuple(CLASSIFIERS),
    chosen: str = "logistic_splines",
) -> Study:
    """Run the study; the same file and plan give the same figures.

    Parameters
    ----------
    folder : Path
        Of public data.
    models : sequence of str
        Classifiers to compare.
    chosen : str
        The one to calibrate; fixed beforehand, not by the figures of the test.
    """
    plan = plan or Plan()
    columns, source = read_slope_unit_table(folder)
    sample = slope_unit_sample(columns, plan)
    fold = block_folds(sample.block, plan.folds, np.random.default_rng(plan.seed))
    fit, yes = CLASSIFIERS[chosen], sample.presence
    plain = np.stack([columns[name] for name in MEASURED], axis=1)
    calibrated = calibrated_out_of_fold(
        fit,
        sample,
        fold,
        method=plan.calibration,
        coverage=plan.coverage,
        folds=plan.folds,
        seed=plan.seed,
    )
    scores = {
        name: out_of_fold(CLASSIFIERS[name], sample.predictors, yes, fold, plan.seed)
        for name in models
        if name != chosen
    }
    parameters = {name: getattr(plan, name) for name in plan.__dataclass_fields__} | {
        "neighbours": list(plan.neighbours)
    }
    return Study(
        plan=plan,
        sample=sample,
        fold=fold,
        scores={**scores, chosen: calibrated.raw},
        plain=out_of_fold(CLASSIFIERS["logistic"], plain, yes, fold, plan.seed),
        chosen=chosen,
        calibrated=calibrated,
        leakage=leakage(
            fit, sample, fold, calibrated.raw, folds=plan.folds, buffer=plan.buffer, seed=plan.seed
        ),
        record=model_record(chosen, sample, source, parameters),
        source=source,
    )
