"""The models that run on cells: from which columns, by which function, to which column, how far to trust it.

A new model is one entry of `CELL_MODELS`; a new factor is one input of the site. Nothing else names them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minegis.chunks import in_chunks
from minegis.levels import Standing
from risk_models.seismic.landslide import (
    areal_coverage,
    land_cover_coefficient,
    landslide_classes,
    lithology_coefficient,
    nowicki_jessee_probability,
    screened_coverage,
)
from risk_models.seismic.liquefaction import liquefied_share_general, zhu_general
from risk_models.slopes.antecedent_rain import landslide_nowcast
from risk_models.slopes.infinite_slope import (
    catchment_area,
    default_material,
    factor_of_safety,
    failure_probability,
    wet_fraction,
)

Floats = NDArray[np.float64]
Column = NDArray[np.float32]


@dataclass(frozen=True)
class CellModel:
    """One model of the cells.

    Attributes
    ----------
    column : str
        What it sets.
    inputs : tuple of str
        Columns in the order of the function's arguments; of models before it too.
    run : function
        Of arrays in double precision; NaN in, NaN out.
    card : str
        Card of the model that the column names as its source.
    hazard : Standing or None
        How far to trust the column as a probability that counts in the risk of a cell; None where it does not
        count: an intermediate, a class, or another view of a hazard that counts already.
    expected : bool
        Whether a cell is insufficiently known without it; a model that needs a factor which sites may lack
        speaks where it can and is silent elsewhere.
    """

    column: str
    inputs: tuple[str, ...]
    run: Callable[..., Floats]
    card: str
    hazard: Standing | None = None
    expected: bool = True


def _coseismic_coverage(pgv: Floats, slope_angle: Floats, wetness_index: Floats, pga: Floats) -> Floats:
    """Run Nowicki Jessee 2018 with its classes for unmapped lithology and land cover: none is mapped here."""
    classes = landslide_classes()
    rock = lithology_coefficient(classes.unmapped_lithology)
    cover = land_cover_coefficient(classes.unmapped_land_cover)
    probability = nowicki_jessee_probability(pgv, slope_angle, wetness_index, rock, cover)
    return screened_coverage(areal_coverage(probability), slope_angle, pga)


def _wet_fraction(antecedent_rain_index: Floats, wetness_index: Floats, slope_angle: Floats) -> Floats:
    """Return the wetness that the antecedent rain sustains on default ground."""
    ground = default_material()
    recharge = antecedent_rain_index * ground.recharge_fraction.value
    area = catchment_area(wetness_index, slope_angle)
    return wet_fraction(recharge, area, ground.transmissivity.value, slope_angle)


def _factor_of_safety(slope_angle: Floats, wet: Floats) -> Floats:
    ground = default_material()
    return factor_of_safety(
        ground.cohesion.value,
        ground.friction_angle.value,
        ground.unit_weight.value,
        ground.depth.value,
        slope_angle,
        wet,
    )


def _rain_slope_probability(safety: Floats) -> Floats:
    return failure_probability(safety, default_material().safety_spread.value)


def _liquefied_share(
    pgv: Floats, vs30: Floats, precipitation: Floats, water_distance: Floats, water_table_depth: Floats
) -> Floats:
    """Return the share of a cell that liquefies; none where the model says that nothing can."""
    probability = zhu_general(pgv, vs30, precipitation, water_distance, water_table_depth)
    return np.where(probability == 0.0, 0.0, liquefied_share_general(probability))


CELL_MODELS = (
    # Lithology and land cover are defaults: illustrative, though the equation is verified.
    CellModel("coseismic_coverage", ("pgv", "slope_angle", "wetness_index", "pga"), _coseismic_coverage,
              "nowicki_jessee_probability", Standing.ILLUSTRATIVE),
    CellModel("wet_fraction", ("antecedent_rain_index", "wetness_index", "slope_angle"), _wet_fraction,
              "wet_fraction"),
    CellModel("factor_of_safety", ("slope_angle", "wet_fraction"), _factor_of_safety, "factor_of_safety"),
    CellModel("rain_slope_probability", ("factor_of_safety",), _rain_slope_probability,
              "failure_probability", Standing.ILLUSTRATIVE),
    CellModel("liquefied_share",
              ("pgv", "vs30", "annual_precipitation", "distance_to_water", "water_table_depth"),
              _liquefied_share, "zhu_general", Standing.ILLUSTRATIVE, expected=False),
    CellModel("landslide_nowcast", ("antecedent_rain_index", "antecedent_rain_p95", "susceptibility_class"),
              landslide_nowcast, "landslide_nowcast", expected=False),
)  # fmt: skip
"""In the order in which they run."""


def run_models(
    values: Mapping[str, NDArray[Any]], rows: int, models: Sequence[CellModel] = CELL_MODELS
) -> tuple[dict[str, Column], dict[str, tuple[str, ...]]]:
    """Run the models in their order, piece by piece on all cores.

    Between two models values stay in double precision; a column is rounded to single precision once, when it
    is kept. Its seven digits are more than any factor has, and half the memory and disk.

    Parameters
    ----------
    values : mapping of (rows,) float
        Columns that are known, by name.
    rows : int
        Number n of cells.
    models : sequence of CellModel

    Returns
    -------
    columns : dict of (rows,) float32
        Of every model; all NaN where an input has no source.
    missing : dict of tuple of str
        The inputs without a source of each model that could not run.
    """
    columns: dict[str, Column] = {}
    missing: dict[str, tuple[str, ...]] = {}
    known = set(values)
    able = []
    for model in models:
        lacking = tuple(name for name in model.inputs if name not in known)
        if lacking:
            columns[model.column] = np.full(rows, np.nan, np.float32)
            missing[model.column] = lacking
        else:
            able.append(model)
            known.add(model.column)
            columns[model.column] = np.empty(rows, np.float32)

    def run(piece: slice) -> None:
        here: dict[str, Floats] = {}
        for model in able:
            for name in model.inputs:
                if name not in here:
                    here[name] = values[name][piece].astype(np.float64)
            here[model.column] = model.run(*(here[name] for name in model.inputs))
            columns[model.column][piece] = here[model.column]

    in_chunks(rows, run)
    return columns, missing


def counted(missing: Mapping[str, Sequence[str]]) -> dict[str, Standing]:
    """Return the columns that count in the risk of cells with their standing.

    What could not run counts only where a cell is insufficiently known without it.
    """
    return {
        model.column: model.hazard
        for model in CELL_MODELS
        if model.hazard is not None and (model.expected or model.column not in missing)
    }
