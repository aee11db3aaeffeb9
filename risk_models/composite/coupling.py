"""Triggers that act together: wet ground shaken."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.errors import InvalidInput
from risk_models.composite.probability import noisy_or


def joint_trigger(
    rain_probability: ArrayLike, shaking_probability: ArrayLike, strength: float
) -> NDArray[np.float64]:
    """Probability of failure when rain and shaking come together.

    Parameters
    ----------
    rain_probability, shaking_probability : (n,) float, 1
        Of each alone; NaN where unknown.
    strength : float, 1
        Of the third cause that only both together make, 0 (independent) to 1.

    Returns
    -------
    (n,) float, 1
        Never below their noisy-OR; with one trigger unknown that of the other, with both NaN.

    Raises
    ------
    InvalidInput
        If the strength is not between 0 and 1, or a probability is not.

    References
    ----------
    Pearl (1988), Probabilistic Reasoning in Intelligent Systems, 4.3.2, with an interaction of this project.
    """
    if not 0.0 <= strength <= 1.0:
        raise InvalidInput("not a strength", where="strength", expected="0 to 1", got=str(strength))
    rain, shaking = np.broadcast_arrays(
        np.asarray(rain_probability, dtype=np.float64), np.asarray(shaking_probability, dtype=np.float64)
    )
    return noisy_or(np.stack([rain, shaking, strength * rain * shaking]), axis=0)
