"""What the models say of assets in a run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from shapely import Point

from data_catalog.store import Feature, Store
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Standing, Tier
from minegis.levels import Origin as FeatureOrigin
from pipelines.asset_models import Forecast
from pipelines.asset_models.members import most_in, upper_median
from pipelines.cell_columns import CellColumns
from pipelines.modelled import modelled, worst_of_cells
from pipelines.steps.weights import AssetWeights
from risk_models.rule_package import load_rules


def test_the_worst_cell_of_each_asset_counts_and_an_asset_without_cells_has_none() -> None:
    # asset 0 in cells 0 and 2, asset 1 in none, asset 2 in cell 1, which is unknown
    matrix = csr_array(([0.5, 0.5, 1.0], ([0, 0, 2], [0, 2, 1])), shape=(3, 3))
    empty = np.zeros(0, np.int64)
    weights = AssetWeights(matrix, empty, np.zeros(0, np.uint64), np.zeros(0))
    found = worst_of_cells(np.array([1.0, np.nan, 7.0], dtype=np.float32), weights)
    assert found.tolist() == pytest.approx([7.0, np.nan, np.nan], nan_ok=True)


def test_every_asset_of_the_sample_has_its_models_and_none_illustrative_is_worse_than_blue(
    published_site: Path,
) -> None:
    expected = {
        "tsf": {"slope_stability", "consequence"},
        "slope": {"face_stability", "rain_pair", "rain_pair_forecast"},
        "mine": {"shaking"},
    }
    with Store.open(published_site) as store:
        for record in store.assessments():
            voices = {node.key: node for node in Evidence.from_json(record.chain).inputs}
            nodes = voices["model"].inputs
            if record.dataset != "mine":
                assert expected[record.dataset] <= {node.key for node in nodes}
            for node in nodes:
                if node.standing is Standing.ILLUSTRATIVE:
                    assert node.tier <= Tier.BLUE, (record.asset_id, node.key)


def test_a_dam_that_is_used_is_told_when_it_would_be_overtopped(published_site: Path) -> None:
    with Store.open(published_site) as store:
        told = [
            node
            for record in store.assessments("tsf")
            for _, node in Evidence.from_json(record.chain).walk()
            if node.key == "overtopping"
        ]
    assert len(told) > 100
    assert all(node.value is None or 0 <= float(node.value) <= 1 for node in told)
    quantiles = {child.label.en for node in told for child in node.inputs if "Lead time" in child.label.en}
    assert quantiles == {"Lead time P10", "Lead time P50", "Lead time P90"}


def test_the_wettest_hours_on_end_count() -> None:
    hourly = np.array([[1.0], [5.0], [2.0], [0.0], [4.0]])
    assert most_in(hourly, 2).tolist() == [7.0]  # 5 + 2
    assert most_in(hourly, 3).tolist() == [8.0]  # 1 + 5 + 2
    assert most_in(hourly, 12).tolist() == [12.0]  # all there is


def test_an_hour_that_is_not_told_counts_as_dry_and_none_at_all_as_unknown() -> None:
    hourly = np.array([[3.0, np.nan], [np.nan, np.nan], [4.0, np.nan]])
    assert most_in(hourly, 3).tolist() == pytest.approx([7.0, np.nan], nan_ok=True)


def test_half_of_the_members_that_speak_are_enough() -> None:
    members = np.array([[10.0, np.nan], [30.0, np.nan], [20.0, np.nan], [np.nan, np.nan], [40.0, np.nan]])
    assert upper_median(members).tolist() == pytest.approx([30.0, np.nan], nan_ok=True)


def rain_told(intensity: np.ndarray) -> list[Evidence]:
    """What a pond is told by the signal of the rain to come, at each of the places."""
    at = datetime(2026, 7, 20, 4, tzinfo=UTC)
    count = intensity.shape[2]
    ponds = [Feature(f"t{n}", {"name": "t"}, Point(103, 31), FeatureOrigin.SAMPLE, "t") for n in range(count)]
    empty = np.zeros(0, np.int64)
    nothing = AssetWeights(csr_array((count, 0)), empty, np.zeros(0, np.uint64), np.zeros(0))
    found = modelled(
        [("tsf", pond) for pond in ponds],
        {},
        nothing,
        CellColumns(np.zeros(0, np.uint64), np.zeros(0), np.zeros(0), np.zeros(0, np.int8)),
        np.full(count, np.nan),
        Forecast(intensity, at, "forecast.nc"),
        load_rules("national"),
        at,
    )
    return [next(node for node in nodes if node.key == "forecast/weather/rainstorm_tsf") for nodes in found]


def test_members_that_differ_by_an_hour_do_not_cancel_each_other() -> None:
    # Each of three members has 60 mm within one hour, another one each: 60 mm in 3 h, orange. By the hour two
    # of three are dry, so the medians of the hours would make no rain at all.
    rain = np.zeros((3, 6, 2))
    rain[0, 1, 0] = rain[1, 2, 0] = rain[2, 4, 0] = 60.0
    rain[:, :, 1] = np.nan
    wet, beyond = rain_told(rain)
    assert wet.inputs[0].value == "60 mm / 3 h, 60 mm / 6 h, 60 mm / 12 h"
    assert wet.value == Tier.ORANGE.label.zh
    assert (beyond.state, beyond.value, beyond.tier) == (EvidenceState.MISSING, None, Tier.NONE)
    assert beyond.note is not None
