"""The statistical nowcast of LHASA 2: a published ensemble of trees, read from the user's own copy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from minegis.compiled import compiled
from minegis.declarations import BilingualText, Declaration, read
from minegis.errors import InvalidInput, NotFound

Floats = NDArray[np.float64]

_BLOCK = 32  # rows that stay near while each tree passes over them


class LhasaClasses(Declaration):
    """Order of the features, the slope below which ground is masked, the classes of exposure."""

    source: str
    features: tuple[str, ...]
    least_slope: float
    exposure_limits: tuple[float, ...]
    exposure: tuple[BilingualText, ...]


@cache
def lhasa_classes() -> LhasaClasses:
    """Return the declared order and classes."""
    return read(Path(__file__).with_name("lhasa_classes.yaml"), LhasaClasses)


@dataclass(frozen=True, slots=True)
class TreeEnsemble:
    """Boosted trees laid end to end.

    Attributes
    ----------
    children : (nodes, 2) uint64
        Node to go to below the limit, and from the limit on; a leaf leads to itself.
    feature : (nodes,) uint64
        That the node looks at.
    limit : (nodes,) float32
    leaf : (nodes,) float32
        What a leaf adds.
    roots : (trees,) uint64
    depth : int
        Steps that lead from any root to its leaves.
    margin : float
        That every place starts from.
    """

    children: NDArray[np.uint64]
    feature: NDArray[np.uint64]
    limit: NDArray[np.float32]
    leaf: NDArray[np.float32]
    roots: NDArray[np.uint64]
    depth: int
    margin: float


def read_ensemble(path: Path) -> TreeEnsemble:
    """Read the model file of LHASA 2, as XGBoost writes it in JSON.

    The file is the user's to get: it is published under the NASA Open Source Agreement and not part of this
    project.

    Raises
    ------
    NotFound
        If there is no such file.
    InvalidInput
        If it is not a binary logistic ensemble of the declared features.
    """
    if not path.exists():
        raise NotFound("no model file", where=str(path), expected="model.json of nasa/LHASA")
    try:
        learner = json.loads(path.read_text(encoding="utf-8"))["learner"]
        kind = learner["objective"]["name"]
        names = tuple(learner["feature_names"])
        trees = learner["gradient_booster"]["model"]["trees"]
        base = float(str(learner["learner_model_param"]["base_score"]).strip("[]"))
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("not a model of XGBoost", where=str(path), got=repr(error)) from None
    wanted = lhasa_classes().features
    if kind != "binary:logistic" or names != wanted:
        raise InvalidInput(
            "another model",
            where=str(path),
            expected=f"binary:logistic of {', '.join(wanted)}",
            got=f"{kind} of {', '.join(names)}",
        )
    if any(any(tree["split_type"]) for tree in trees):
        raise InvalidInput("categorical splits are not known", where=str(path))
    return _laid_out(trees, float(logit(base)))


def lhasa_probability(
    ensemble: TreeEnsemble,
    lithology: ArrayLike,
    slope_angle: ArrayLike,
    pga: ArrayLike,
    wetness: ArrayLike,
    antecedent: ArrayLike,
    rain: ArrayLike,
) -> Floats:
    """Landslide probability of LHASA 2.

    Parameters
    ----------
    ensemble : TreeEnsemble
        From `read_ensemble`.
    lithology : (n,) float, 1
        Strength class of the rock, as in the training data of the model.
    slope_angle : (n,) float, deg
    pga : (n,) float, g
        Of the hazard map that the model was trained with.
    wetness : (n,) float, 1
        Wetness of the soil profile two days before.
    antecedent : (n,) float, mm
        Rain of the two days before.
    rain : (n,) float, 1
        Rain of the day over its local 99th percentile.

    Returns
    -------
    (n,) float, 1
        NaN where an input is NaN and on ground as flat as the mask of the model or flatter.

    References
    ----------
    Stanley et al. (2021), Frontiers in Earth Science 9, 640043; nasa/LHASA lhasa.py v2.1.1.
    """
    given = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float32) for v in (lithology, slope_angle, pga, wetness, antecedent, rain))
    )
    shape = given[0].shape
    table = np.stack([values.ravel() for values in given])
    slope = np.asarray(slope_angle, dtype=np.float64)
    speaks = ~np.isnan(table).any(axis=0)
    speaks &= (np.broadcast_to(slope, shape) > lhasa_classes().least_slope).ravel()
    margin = np.full(speaks.size, np.nan)
    margin[speaks] = _margins(
        np.ascontiguousarray(table[:, speaks].T),
        ensemble.children.ravel(),
        ensemble.feature,
        ensemble.limit,
        ensemble.leaf,
        ensemble.roots,
        ensemble.depth,
        ensemble.margin,
    )
    return np.asarray(expit(margin)).reshape(shape)


def exposure_class(probability: ArrayLike) -> Floats:
    """Class by which LHASA 2 sums up exposed people and roads.

    Parameters
    ----------
    probability : (n,) float, 1

    Returns
    -------
    (n,) float, 1
        0 none, 1 above 0.1, 2 above 0.5, 3 above 0.9; NaN where the input is NaN.

    References
    ----------
    nasa/LHASA lhasa.py v2.1.1.
    """
    p = np.asarray(probability, dtype=np.float64)
    found = np.searchsorted(lhasa_classes().exposure_limits, p, side="left").astype(np.float64)
    return np.where(np.isnan(p), np.nan, found)


def _laid_out(trees: Sequence[Mapping[str, Any]], margin: float) -> TreeEnsemble:
    starts = np.cumsum([0, *(len(tree["left_children"]) for tree in trees)])
    children = np.concatenate(
        [
            np.column_stack([tree["left_children"], tree["right_children"]]) + start
            for tree, start in zip(trees, starts.tolist(), strict=False)
        ]
    )
    value = np.concatenate([tree["split_conditions"] for tree in trees]).astype(np.float32)
    ends = np.concatenate([tree["left_children"] for tree in trees]) < 0
    children[ends] = np.flatnonzero(ends)[:, None]
    depth, reached = 0, starts[:-1]
    while not ends[reached].all():
        depth, reached = depth + 1, np.unique(children[reached])
    return TreeEnsemble(
        children=children.astype(np.uint64),
        feature=np.concatenate([tree["split_indices"] for tree in trees]).astype(np.uint64),
        limit=np.where(ends, np.float32(np.inf), value),
        leaf=np.where(ends, value, np.float32(0)),
        roots=starts[:-1].astype(np.uint64),
        depth=depth,
        margin=margin,
    )


@compiled
def _margins(
    rows: NDArray[np.float32],
    children: NDArray[np.uint64],
    feature: NDArray[np.uint64],
    limit: NDArray[np.float32],
    leaf: NDArray[np.float32],
    roots: NDArray[np.uint64],
    depth: int,
    margin: float,
) -> NDArray[np.float32]:
    # unsigned numbers need no check for counting from the end; a leaf leads to itself: no branch is guessed
    one, two, block = np.uint64(1), np.uint64(2), np.uint64(_BLOCK)
    count, width = np.uint64(rows.shape[0]), np.uint64(rows.shape[1])
    flat = rows.ravel()
    found = np.full(rows.shape[0], np.float32(margin))  # XGBoost too adds the leaves in single precision
    for start in range(np.uint64(0), count, block):
        stop = min(start + block, count)
        for tree in range(np.uint64(roots.size)):
            for at in range(start, stop):
                node = roots[tree]
                for _ in range(depth):
                    right = flat[at * width + feature[node]] >= limit[node]
                    node = children[node * two + (one if right else np.uint64(0))]
                found[at] += leaf[node]
    return found
