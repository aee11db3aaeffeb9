"""The nowcast of LHASA 2, against XGBoost itself."""

import json
from pathlib import Path

import numpy as np
import pytest

from minegis.errors import InvalidInput, NotFound
from risk_models.slopes.lhasa import exposure_class, lhasa_classes, lhasa_probability, read_ensemble


@pytest.fixture(scope="module")
def model_file(sample_data: Path) -> Path:
    return sample_data / "landslide" / "nasa_lhasa_v2_xgboost_model.json"


@pytest.fixture(scope="module")
def places() -> np.ndarray:
    """(6, n): Lithology, Slope, pga, gwetprof, antecedent, rain, over and beyond what they may be."""
    rng = np.random.default_rng(11)
    n = 20_000
    places = np.stack(
        [
            rng.integers(0, 17, n).astype(float),
            rng.uniform(10.001, 70, n),
            rng.gamma(1.0, 0.2, n),
            rng.uniform(0, 1, n),
            rng.gamma(0.7, 40, n),
            rng.gamma(0.7, 0.6, n),
        ]
    )
    places[4:, ::7] = 0.0  # dry days
    return places.astype(np.float32).astype(float)


def test_the_probability_is_that_of_xgboost(model_file: Path, places: np.ndarray):
    xgboost = pytest.importorskip("xgboost")
    booster = xgboost.Booster(model_file=model_file)
    names = list(lhasa_classes().features)
    data = xgboost.DMatrix(places.T, feature_names=names, feature_types=["int", *["float"] * 5])
    theirs = booster.predict(data)
    ours = lhasa_probability(read_ensemble(model_file), *places)
    np.testing.assert_allclose(ours, theirs, atol=2e-6)
    assert theirs.max() - theirs.min() > 0.5  # the places tell the model apart from a constant


def test_limits_of_the_trees_themselves_go_right(model_file: Path, places: np.ndarray):
    xgboost = pytest.importorskip("xgboost")
    ensemble = read_ensemble(model_file)
    inner = np.isfinite(ensemble.limit)  # leaves have none
    at_limit = places[:, : inner.sum()].copy()
    at_limit[ensemble.feature[inner], np.arange(inner.sum())] = ensemble.limit[inner]
    at_limit[1] = np.maximum(at_limit[1], 10.5)
    data = xgboost.DMatrix(at_limit.T, feature_names=list(lhasa_classes().features))
    booster = xgboost.Booster(model_file=model_file)
    theirs = booster.predict(data, validate_features=False)
    np.testing.assert_allclose(lhasa_probability(ensemble, *at_limit), theirs, atol=2e-6)


def test_flat_or_unknown_ground_has_no_answer(model_file: Path):
    ensemble = read_ensemble(model_file)
    probability = lhasa_probability(ensemble, 5, [9.0, 10.0, 10.1, 30.0], 0.2, 0.5, 20.0, [1, 1, 1, np.nan])
    assert np.isnan(probability).tolist() == [True, True, False, True]


def test_a_raster_gives_a_raster(model_file: Path, places: np.ndarray):
    ensemble = read_ensemble(model_file)
    raster = lhasa_probability(ensemble, *places[:, :600].reshape(6, 20, 30))
    np.testing.assert_array_equal(raster.ravel(), lhasa_probability(ensemble, *places[:, :600]))


def test_exposure_classes_begin_above_their_limits():
    assert exposure_class([0.05, 0.1, 0.11, 0.5, 0.51, 0.9, 0.91])[:].tolist() == [0, 0, 1, 1, 2, 2, 3]
    assert np.isnan(exposure_class(np.nan))


def test_another_file_is_refused(model_file: Path, tmp_path: Path):
    with pytest.raises(NotFound, match=r"model\.json"):
        read_ensemble(tmp_path / "nothing.json")
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(InvalidInput, match="not a model"):
        read_ensemble(tmp_path / "a.json")
    other = json.loads(model_file.read_text())
    other["learner"]["feature_names"] = ["Slope", "Lithology", "pga", "gwetprof", "antecedent", "rain"]
    (tmp_path / "b.json").write_text(json.dumps(other))
    with pytest.raises(InvalidInput, match="Slope, Lithology"):
        read_ensemble(tmp_path / "b.json")
