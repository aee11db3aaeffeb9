"""A susceptibility study: cross-validated over blocks, calibrated inside the training alone, and leakage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from risk_models.susceptibility.blocks import block_folds, random_folds, shared_blocks
from risk_models.susceptibility.calibration import (
    Method,
    calibrator,
    conformal_quantile,
    nonconformity,
    prediction_sets,
)
from risk_models.susceptibility.classifiers import Fit, nearest_neighbours, probability
from risk_models.verification.ranking import auc

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]
type Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Sample:
    """What a study learns from.

    Attributes
    ----------
    names : tuple of str
        Of the predictors.
    predictors : (n, k) float
        Nothing that was measured on the landslides, and no place.
    presence : (n,) bool
    lon, lat : (n,) float, deg
        For the blocks alone.
    area : (n,) float, m²
    block : (n,) int
    """

    names: tuple[str, ...]
    predictors: Floats
    presence: Bools
    lon: Floats
    lat: Floats
    area: Floats
    block: Indices


@dataclass(frozen=True)
class Calibrated:
    """What a model said of each unit while it was held back.

    Attributes
    ----------
    raw, probability : (n,) float
        Before and after calibration.
    absent, present : (n,) bool
        What the conformal set of the unit holds.
    """

    raw: Floats
    probability: Floats
    absent: Bools
    present: Bools

    def coverage(self, presence: Bools) -> Bools:
        """Return whether the set held what was observed, (n,)."""
        return np.where(presence, self.present, self.absent)


@dataclass(frozen=True)
class Leakage:
    """What would give away that a test was not honest.

    Attributes
    ----------
    shared_blocks : int
        Blocks in more than one fold: none.
    permuted : float
        Area under the curve when presence is dealt out anew: 0.5.
    place_blocks, place_random : float
        Of a model that only looks up its nearest neighbours: over whole blocks, where nothing but the broad
        trend is left to it, and over single units dealt out at random.
    place_within_blocks, place_within_random : float
        The same among the units of one block, which takes the trend between blocks away.
    random, within_blocks, within_random : float
        Of the study's own model over units dealt out at random, and among the units of one block.
    buffered : float
        Of the study's own model when what lies near the held-back units is not learned from either.
    """

    shared_blocks: int
    permuted: float
    place_blocks: float
    place_random: float
    place_within_blocks: float
    place_within_random: float
    random: float
    within_blocks: float
    within_random: float
    buffered: float


def out_of_fold(
    fit: Fit, predictors: Floats, presence: Bools, fold: Indices, seed: int, near: Bools | None = None
) -> Floats:
    """Return the probability of each unit by the model that had not seen its fold, (n,).

    Parameters
    ----------
    near : (folds, n) bool, optional
        Units that lie near each fold, not learned from when it is held back.
    """
    found = np.full(presence.size, np.nan)
    for row, number in enumerate(np.unique(fold).tolist()):
        held = fold == number
        learned = ~held if near is None else ~held & ~near[row]
        model = fit(predictors[learned], presence[learned], seed)
        found[held] = probability(model, predictors[held])
    return found


def within_block_auc(score: Floats, presence: Bools, block: Indices) -> float:
    """Return the share of pairs ranked rightly among the pairs that lie in one block."""
    right, pairs = 0.0, 0
    for number in np.unique(block):
        here = block == number
        events = int(presence[here].sum())
        count = events * (int(here.sum()) - events)
        if count:
            right += count * auc(score[here], presence[here])
            pairs += count
    return right / pairs


def calibrated_out_of_fold(
    fit: Fit, sample: Sample, fold: Indices, *, method: Method, coverage: float, folds: int, seed: int
) -> Calibrated:
    """Cross-validate a model together with its calibration and its conformal sets.

    Both are learned inside the training of each fold, from units that are held back there in turn, by whole
    blocks too: nothing of the fold that is tested is used.

    Parameters
    ----------
    fit : callable
        Of `classifiers.CLASSIFIERS`.
    sample : Sample
    fold : (n,) int
        Of whole blocks.
    method : str
        Of calibration.
    coverage : float
        Of the sets.
    folds : int
        Of the inner cross-validation.
    seed : int
    """
    size = sample.presence.size
    raw, calibrated = np.full(size, np.nan), np.full(size, np.nan)
    absent, present = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    for number in np.unique(fold).tolist():
        held = fold == number
        known, yes = sample.predictors[~held], sample.presence[~held]
        inner = block_folds(sample.block[~held], folds, np.random.default_rng([seed, number]))
        unseen = out_of_fold(fit, known, yes, inner, seed)
        calibrate = calibrator(unseen, yes, method)
        limit = conformal_quantile(nonconformity(calibrate(unseen), yes), coverage)
        raw[held] = probability(fit(known, yes, seed), sample.predictors[held])
        calibrated[held] = calibrate(raw[held])
        absent[held], present[held] = prediction_sets(calibrated[held], limit)
    return Calibrated(raw, calibrated, absent, present)


def leakage(
    fit: Fit, sample: Sample, fold: Indices, own: Floats, *, folds: int, buffer: float, seed: int
) -> Leakage:
    """Look for what would make a cross-validation look better than it is.

    Parameters
    ----------
    fit : callable
    sample : Sample
    fold : (n,) int
        Of whole blocks.
    own : (n,) float
        What the model said over those folds.
    folds : int
        Of the random ones.
    buffer : float, deg
        How near is near.
    seed : int
    """
    rng = np.random.default_rng([seed, 99])
    yes, block = sample.presence, sample.block
    shuffled, scattered = rng.permutation(yes), random_folds(yes.size, folds, rng)
    place = np.stack([sample.lon, sample.lat], axis=1)
    looked_up, looked_up_random = (
        out_of_fold(nearest_neighbours, place, yes, each, seed) for each in (fold, scattered)
    )
    own_random = out_of_fold(fit, sample.predictors, yes, scattered, seed)
    apart = out_of_fold(fit, sample.predictors, yes, fold, seed, _near(place, fold, buffer))
    return Leakage(
        shared_blocks=shared_blocks(block, fold),
        permuted=auc(out_of_fold(fit, sample.predictors, shuffled, fold, seed), shuffled),
        place_blocks=auc(looked_up, yes),
        place_random=auc(looked_up_random, yes),
        place_within_blocks=within_block_auc(looked_up, yes, block),
        place_within_random=within_block_auc(looked_up_random, yes, block),
        random=auc(own_random, yes),
        within_blocks=within_block_auc(own, yes, block),
        within_random=within_block_auc(own_random, yes, block),
        buffered=auc(apart, yes),
    )


def _near(place: Floats, fold: Indices, buffer: float) -> Bools:
    """Return which units lie within `buffer` of a unit of each fold, (folds, n)."""
    return np.stack([cKDTree(place[fold == number]).query(place)[0] <= buffer for number in np.unique(fold)])
