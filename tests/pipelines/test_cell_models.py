"""The table of cell models: what runs, what is silent, and that pieces and rounding change nothing."""

from __future__ import annotations

import numpy as np
import pytest

from minegis.chunks import CHUNK, in_chunks
from minegis.levels import Standing
from pipelines.cell_models import CELL_MODELS, CellModel, counted, run_models
from risk_models.cards import cards
from risk_models.seismic.landslide import (
    areal_coverage,
    land_cover_coefficient,
    landslide_classes,
    lithology_coefficient,
    nowicki_jessee_probability,
    screened_coverage,
)
from risk_models.seismic.liquefaction import liquefied_share_general, zhu_general
from risk_models.slopes.infinite_slope import (
    catchment_area,
    default_material,
    factor_of_safety,
    failure_probability,
    wet_fraction,
)

RANGES = {
    "slope_angle": (0, 60), "wetness_index": (2, 20), "antecedent_rain_index": (0, 200), "pga": (0, 0.6),
    "pgv": (0, 120), "vs30": (150, 900), "annual_precipitation": (200, 2500), "distance_to_water": (0, 30),
    "water_table_depth": (0, 40),
}  # fmt: skip


def factors(rows: int, *without: str) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(11)
    made = {}
    for name, (low, high) in RANGES.items():
        values = rng.uniform(low, high, rows).astype(np.float32)
        values[rng.random(rows) < 0.03] = np.nan
        if name not in without:
            made[name] = values
    return made


def test_a_column_is_what_the_functions_give_on_whole_arrays_in_double_precision() -> None:
    rows = CHUNK + 1000  # two pieces
    given = factors(rows)
    columns, missing = run_models(given, rows)
    known = {name: values.astype(np.float64) for name, values in given.items()}
    ground, classes = default_material(), landslide_classes()

    probability = nowicki_jessee_probability(
        known["pgv"],
        known["slope_angle"],
        known["wetness_index"],
        lithology_coefficient(classes.unmapped_lithology),
        land_cover_coefficient(classes.unmapped_land_cover),
    )
    coverage = screened_coverage(areal_coverage(probability), known["slope_angle"], known["pga"])
    area = catchment_area(known["wetness_index"], known["slope_angle"])
    recharge = known["antecedent_rain_index"] * ground.recharge_fraction.value
    wet = wet_fraction(recharge, area, ground.transmissivity.value, known["slope_angle"])
    safety = factor_of_safety(
        ground.cohesion.value,
        ground.friction_angle.value,
        ground.unit_weight.value,
        ground.depth.value,
        known["slope_angle"],
        wet,
    )
    failing = failure_probability(safety, ground.safety_spread.value)
    liquefying = zhu_general(
        known["pgv"],
        known["vs30"],
        known["annual_precipitation"],
        known["distance_to_water"],
        known["water_table_depth"],
    )
    share = np.where(liquefying == 0, 0.0, liquefied_share_general(liquefying))
    expected = {
        "coseismic_coverage": coverage, "wet_fraction": wet, "factor_of_safety": safety,
        "rain_slope_probability": failing, "liquefied_share": share,
    }  # fmt: skip
    for name, values in expected.items():
        # 2^-24 is the rounding to single precision; the smallest probabilities leave its normal range.
        np.testing.assert_allclose(columns[name], values, rtol=2**-23, atol=1e-37, err_msg=name)
        assert columns[name].dtype == np.float32
    assert set(missing) == {"landslide_nowcast"}


def test_a_model_without_a_source_of_an_input_is_silent_and_says_what_is_missing() -> None:
    given = factors(50, "vs30", "water_table_depth")
    columns, missing = run_models(given, 50)
    assert np.isnan(columns["liquefied_share"]).all()
    assert missing["liquefied_share"] == ("vs30", "water_table_depth")
    assert not np.isnan(columns["coseismic_coverage"]).all()


def test_what_needs_a_missing_column_is_missing_too() -> None:
    _, missing = run_models(factors(10, "antecedent_rain_index"), 10)
    assert missing["factor_of_safety"] == ("wet_fraction",)
    assert missing["rain_slope_probability"] == ("factor_of_safety",)


def test_a_factor_that_sites_may_lack_leaves_no_cell_insufficiently_known() -> None:
    assert "liquefied_share" in counted({})
    assert "liquefied_share" not in counted({"liquefied_share": ("vs30",)})
    # Without shaking or rain a cell is insufficiently known: these two count all the same.
    assert set(counted({"coseismic_coverage": ("pgv",), "liquefied_share": ("vs30",)})) == {
        "coseismic_coverage",
        "rain_slope_probability",
    }


def test_a_new_model_is_one_entry() -> None:
    doubled = CellModel("doubled", ("pga",), lambda pga: 2 * pga, "shaking")
    given = factors(100)
    columns, missing = run_models(given, 100, (*CELL_MODELS, doubled))
    np.testing.assert_array_equal(columns["doubled"], 2 * given["pga"])
    assert "doubled" not in missing


def test_every_cell_model_has_a_card_and_none_counts_above_its_standing() -> None:
    assert {model.card for model in CELL_MODELS} <= set(cards())
    assert {model.hazard for model in CELL_MODELS} <= {None, Standing.ILLUSTRATIVE}


def test_pieces_cover_every_row_once_and_an_error_in_one_is_raised() -> None:
    seen = np.zeros(10_001, np.int64)

    def count(rows: slice) -> None:
        seen[rows] += 1

    in_chunks(10_001, count, size=100)
    assert (seen == 1).all()

    def fail(rows: slice) -> None:
        if rows.start == 300:
            raise ValueError("piece 300")

    with pytest.raises(ValueError, match="piece 300"):
        in_chunks(10_001, fail, size=100)
