"""Multivariate susceptibility: classifiers learned from where it slid and where it did not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat, PositiveInt
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import PolynomialFeatures, SplineTransformer, StandardScaler

from minegis.declarations import Declaration, read

FILE = Path(__file__).with_name("classifier_parameters.yaml")

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]
type Fit = Callable[[Floats, Bools, int], Pipeline]


class Parameters(Declaration):
    """The settings of every classifier; part of a model's digest."""

    tolerance: PositiveFloat
    logistic_c: PositiveFloat
    splines_c: PositiveFloat
    spline_knots: PositiveInt
    interactions_c: PositiveFloat
    forest_trees: PositiveInt
    forest_leaf: PositiveInt
    boosting_rounds: PositiveInt
    boosting_rate: PositiveFloat
    boosting_leaves: PositiveInt
    boosting_leaf: PositiveInt
    boosting_l2: PositiveFloat
    boosting_columns: PositiveFloat
    neighbours: PositiveInt


@cache
def parameters() -> Parameters:
    """Return the settings."""
    return read(FILE, Parameters)


def logistic(predictors: Floats, presence: Bools, seed: int) -> Pipeline:
    """Fit a logistic regression on standardised predictors."""
    model = make_pipeline(StandardScaler(), _regression(parameters().logistic_c))
    return model.fit(predictors, presence)


def logistic_splines(predictors: Floats, presence: Bools, seed: int) -> Pipeline:
    """Fit a logistic regression on cubic splines of each predictor, straight beyond the range learned."""
    given = parameters()
    splines = SplineTransformer(given.spline_knots, knots="quantile", extrapolation="linear")
    model = make_pipeline(StandardScaler(), splines, StandardScaler(), _regression(given.splines_c))
    return model.fit(predictors, presence)


def logistic_interactions(predictors: Floats, presence: Bools, seed: int) -> Pipeline:
    """Fit a logistic regression on predictors and the products of each two."""
    products = PolynomialFeatures(2, include_bias=False)
    model = make_pipeline(
        StandardScaler(), products, StandardScaler(), _regression(parameters().interactions_c)
    )
    return model.fit(predictors, presence)


def random_forest(predictors: Floats, presence: Bools, seed: int) -> Pipeline:
    """Fit a random forest."""
    given = parameters()
    forest = RandomForestClassifier(
        given.forest_trees, min_samples_leaf=given.forest_leaf, random_state=seed, n_jobs=2
    )
    return make_pipeline(forest).fit(predictors, presence)


def gradient_boosting(predictors: Floats, presence: Bools, seed: int) -> Pipeline:
    """Fit a boosting of small trees on binned predictors."""
    given = parameters()
    boosting = HistGradientBoostingClassifier(
        max_iter=given.boosting_rounds,
        learning_rate=given.boosting_rate,
        max_leaf_nodes=given.boosting_leaves,
        min_samples_leaf=given.boosting_leaf,
        l2_regularization=given.boosting_l2,
        max_features=given.boosting_columns,
        early_stopping=False,
        random_state=seed,
    )
    return make_pipeline(boosting).fit(predictors, presence)


def nearest_neighbours(predictors: Floats, presence: Bools, seed: int) -> Pipeline:
    """Fit a look-up of the nearest units: of places alone it shows what leaks, and models no ground."""
    return make_pipeline(KNeighborsClassifier(parameters().neighbours)).fit(predictors, presence)


CLASSIFIERS: Mapping[str, Fit] = MappingProxyType(
    {
        each.__name__: each
        for each in (logistic, logistic_splines, logistic_interactions, random_forest, gradient_boosting)
    }
)


def probability(model: Any, predictors: Floats) -> Floats:
    """Return the probability of presence; NaN where a predictor is not known.

    Parameters
    ----------
    model : fitted classifier
    predictors : (n, k) float
    """
    known = ~np.isnan(predictors).any(axis=1)
    found = np.full(predictors.shape[0], np.nan)
    if known.any():
        found[known] = model.predict_proba(predictors[known])[:, 1]
    return found


def _regression(c: float) -> LogisticRegression:
    return LogisticRegression(C=c, tol=parameters().tolerance, max_iter=3000)
