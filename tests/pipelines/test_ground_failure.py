"""The landslide model on the 1989 Loma Prieta shaking against the result that the USGS published."""

from __future__ import annotations

import numpy as np
import pytest

from minegis.errors import InvalidInput
from pipelines.connectors.grid_file import read_grid
from pipelines.connectors.ground_failure import read_ground_failure_inputs, slope_from_gradient
from pipelines.connectors.shakemap import read_shakemap
from pipelines.steps.resample import resample
from pipelines.steps.shaking import coseismic_landslides


def test_loma_prieta_coverage_is_that_of_the_usgs(sample_data, record_property):
    folder = sample_data / "seismic"
    shaking = read_shakemap(folder / "shakemap_loma_prieta_1989_grid.xml").rasters
    ground = read_ground_failure_inputs(
        folder / "groundfailure_loma_prieta" / "model_inputs", bounds=shaking["pga"].grid.bounds
    )
    probability, coverage = coseismic_landslides(
        shaking["pga"], shaking["pgv"], ground.slope, ground.wetness, ground.lithology, ground.land_cover
    )
    published = read_grid(
        folder / "groundfailure_loma_prieta" / "targets" / "jessee_2018.grd",
        "areal_coverage",
        unit="1",
        crs="EPSG:4326",
    )
    ours = resample(coverage, published.grid, "nearest").values
    both = np.isfinite(ours) & np.isfinite(published.values)
    sliding = both & (ours > 0) & (published.values > 0)
    figures = {
        "cells": int(both.sum()),
        "r": float(np.corrcoef(ours[both], published.values[both])[0, 1]),
        "median_ratio": float(np.median(ours[sliding] / published.values[sliding])),
        "maximum": float(ours[both].max()),
        "published_maximum": float(published.values[both].max()),
    }
    for name, value in figures.items():
        record_property(name, value)
    assert figures["cells"] > 100_000
    assert figures["r"] >= 0.97
    assert 0.98 <= figures["median_ratio"] <= 1.02
    assert figures["maximum"] == pytest.approx(figures["published_maximum"], rel=0.02)
    np.testing.assert_array_equal(ours[both] == 0, published.values[both] == 0)
    assert np.nanmax(probability.values) <= 1
    assert coverage.valid_from == shaking["pga"].valid_from
    assert "shakemap_loma_prieta_1989_grid.xml sha256:" in coverage.source


def test_a_gradient_of_one_is_45_degrees_and_a_slope_is_no_gradient(sample_data):
    path = sample_data / "seismic" / "groundfailure_loma_prieta" / "model_inputs" / "global_grad.tif"
    gradient = read_grid(path, "slope_gradient", unit="1", crs="EPSG:4326")
    slope = slope_from_gradient(gradient)
    # the steepest cell has tangent 0.65074: atan = 33.05°
    assert slope.values.max() == pytest.approx(33.05, abs=0.01)
    assert slope.unit == "deg"
    with pytest.raises(InvalidInput, match="not a gradient"):
        slope_from_gradient(slope)
