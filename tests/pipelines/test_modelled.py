"""What the models say of assets in a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from data_catalog.store import Store
from minegis.evidence import Evidence
from minegis.levels import Standing, Tier
from pipelines.modelled import _most_in, worst_of_cells
from pipelines.steps.weights import AssetWeights


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
    assert _most_in(hourly, 2).tolist() == [7.0]  # 5 + 2
    assert _most_in(hourly, 3).tolist() == [8.0]  # 1 + 5 + 2
    assert _most_in(hourly, 12).tolist() == [12.0]  # all there is
