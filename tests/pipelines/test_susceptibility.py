"""The study on the Wenchuan slope units: as good as it says, and honestly so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from minegis.errors import NotFound
from pipelines.susceptibility import MEASURED, Study, study_slope_units
from risk_models.verification.probability import calibration_error
from risk_models.verification.ranking import auc


@pytest.fixture(scope="module")
def study(sample_data: Path) -> Study:
    return study_slope_units(sample_data, models=("logistic",))


@pytest.mark.slow
def test_the_slope_units_are_ranked_as_well_as_asked_over_whole_blocks(study: Study) -> None:
    presence = study.sample.presence
    assert presence.size == 14767
    assert auc(study.plain, presence) == pytest.approx(
        0.834, abs=0.006
    )  # as was measured before, other folds
    assert auc(study.calibrated.raw, presence) >= 0.86
    assert auc(study.calibrated.probability, presence) >= 0.855  # isotonic steps tie units


@pytest.mark.slow
def test_its_probabilities_and_sets_mean_what_they_say(study: Study) -> None:
    presence = study.sample.presence
    assert calibration_error(study.calibrated.probability, presence) <= 0.03
    assert study.calibrated.coverage(presence).mean() == pytest.approx(0.9, abs=0.02)
    sets = study.calibrated.absent.astype(int) + study.calibrated.present
    assert (sets == 1).mean() > 0.7  # coverage is not bought with sets that say nothing


@pytest.mark.slow
def test_the_blocks_are_honest(study: Study) -> None:
    found = study.leakage
    assert found.shared_blocks == 0
    assert found.permuted == pytest.approx(0.5, abs=0.02)
    # A look-up of neighbours gains much from random folds, in blocks only the broad trend is left to it …
    assert found.place_random - found.place_blocks > 0.07
    assert found.place_within_random - found.place_within_blocks > 0.1
    assert found.place_blocks < auc(study.plain, study.sample.presence)
    # … while the model hardly gains inside a block, nor does it live on the edges of blocks.
    assert found.within_random - found.within_blocks < 0.02
    assert auc(study.calibrated.raw, study.sample.presence) - found.buffered < 0.015


@pytest.mark.slow
def test_nothing_measured_on_the_landslides_and_no_place_is_a_predictor(study: Study) -> None:
    stems = {name.split("_around_")[0] for name in study.sample.names if not name.startswith("lithology_")}
    assert stems <= {*MEASURED, "log_area", "steepness"}
    assert not {"count", "area_slide", "presence", "POINT_X", "POINT_Y"} & stems
    again = np.corrcoef(study.sample.predictors[:, :1], study.sample.presence[:, None], rowvar=False)
    assert abs(again[0, 1]) < 0.9


def test_a_folder_without_the_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="folder of public data"):
        study_slope_units(tmp_path)
