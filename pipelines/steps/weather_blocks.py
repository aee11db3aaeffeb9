"""Steps of rain, shaking and mapped classes for the engine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from minegis.coordinates import CRS84, transformer
from pipelines.engine import Place, Step
from pipelines.steps.rain_percentiles import rain_over_percentile, rain_percentile
from pipelines.steps.rain_windows import antecedent_indices, sliding_rain, wettest
from pipelines.steps.shaking_field import Rupture, shaking_at
from pipelines.steps.static_factors import land_cover_coefficients, lithology_coefficients

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]


def rain_of_windows(rain: Floats32, *, step_hours: float, window_hours: float) -> Mapping[str, Floats]:
    """Return the rain of the window that ends the record, and of the wettest window in it, mm.

    Parameters
    ----------
    rain : (times, rows, columns) float32, mm
        Of one step each, the oldest first.
    """
    return {
        "rain_latest": sliding_rain(rain, step_hours, window_hours)[-1],
        "rain_wettest": wettest(rain, step_hours, window_hours),
    }


def antecedent_rain(rain: Floats32, *, step_hours: float) -> Mapping[str, Floats]:
    """Return the antecedent indices at the end of the record, mm."""
    found = antecedent_indices(rain, step_hours)
    return {"antecedent_lhasa": found["lhasa"], "antecedent_api": found["api"]}


def percentile_of_rain(rain: Floats32, *, q: float) -> Floats:
    """Return the percentile of a record, mm."""
    return rain_percentile(rain, q)


def ratio_to_percentile(rain: Floats32, percentile: Floats32) -> Floats:
    """Return rain over its local percentile."""
    return rain_over_percentile(rain, percentile)


def estimated_shaking(
    elevation: Floats32,
    *,
    place: Place,
    magnitude: float,
    lon: float,
    lat: float,
    strike: float | None = None,
) -> Mapping[str, Floats]:
    """Return median shaking and its spread where there is ground.

    Parameters
    ----------
    elevation : (rows, columns) float32, m
        Gives the grid alone.
    """
    x, y = np.meshgrid(place.x, place.y)
    there = np.isfinite(elevation)
    found = transformer(place.grid.crs, CRS84).transform(x[there], y[there])
    shaking = shaking_at(Rupture(magnitude, lon, lat, strike), *(np.asarray(each) for each in found))
    made = {name: np.full(elevation.shape, np.nan) for name in shaking}
    for name, values in shaking.items():
        made[name][there] = values
    return made


def lithology_of_classes(classes: Floats32, *, legend: Mapping[str, str]) -> Floats:
    """Return the landslide model's coefficients of rock classes; the legend's keys are the map's numbers."""
    return lithology_coefficients(classes, {int(number): code for number, code in legend.items()})


def land_cover_of_classes(classes: Floats32) -> Floats:
    """Return the landslide model's coefficients of GlobCover classes."""
    return land_cover_coefficients(classes)


STEPS = (
    Step("rain_windows", "1", rain_of_windows, {"rain_latest": "rain", "rain_wettest": "rain"}, arrays=4.0),
    Step(
        "antecedent_rain",
        "1",
        antecedent_rain,
        {"antecedent_lhasa": "antecedent_rain_index", "antecedent_api": "antecedent_rain_index"},
        arrays=4.0,
    ),
    Step("rain_percentile", "1", percentile_of_rain, {"rain_percentile": "rain"}, arrays=4.0),
    Step("rain_ratio", "1", ratio_to_percentile, {"rain_ratio": "rain_ratio"}, arrays=3.0),
    Step(
        "estimated_shaking",
        "1",
        estimated_shaking,
        {name: name for name in ("pga", "pgv", "sigma_ln_pga", "sigma_ln_pgv")},
        placed=True,
        arrays=14.0,
    ),
    Step(
        "lithology_coefficients",
        "1",
        lithology_of_classes,
        {"lithology_coefficient": "lithology_coefficient"},
    ),
    Step(
        "land_cover_coefficients",
        "1",
        land_cover_of_classes,
        {"land_cover_coefficient": "land_cover_coefficient"},
    ),
)
