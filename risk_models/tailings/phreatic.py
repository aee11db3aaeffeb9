"""Minimum depth of the phreatic line (浸润线) below the outer slope."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from risk_models.rule_package import RulePackage


def minimum_phreatic_depth(height: ArrayLike, rules: RulePackage) -> NDArray[np.float64]:
    """Depth below which the phreatic line must stay, linear between the heights of the table.

    Parameters
    ----------
    height : (n,) float, m
        Height of the tailings dam.
    rules : RulePackage
        Section `phreatic`.

    Returns
    -------
    (n,) float, m

    References
    ----------
    GB 50863-2013; GB 51108-2015 §8.3.4: "any height may be interpolated".
    """
    points = rules.phreatic.minimum_depth
    return np.asarray(
        np.interp(
            np.asarray(height, dtype=np.float64),
            [point.height for point in points],
            [point.depth for point in points],
        ),
        dtype=np.float64,
    )
