"""How much leaves a facility when it breaks. Every volume is in m³, whatever the regression takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from minegis.errors import InvalidInput
from risk_models.tailings.breach import breach_coefficients, floats

_MILLION = 1e6
_WATER_DENSITY = 1.0  # t/m³


def rico_release(stored_volume: ArrayLike) -> NDArray[np.float64]:
    """Volume that past failures of that storage released.

    Parameters
    ----------
    stored_volume : (n,) float, m³
        Tailings and water present.

    Returns
    -------
    (n,) float, m³
        At most the largest share of what is stored; NaN where the input is NaN.

    References
    ----------
    Rico, Benito & Díez-Herrero (2008), J. Hazard. Mater. 154, 846-852; in 10⁶ m³.
    """
    return _of_millions(breach_coefficients().rico.release, stored_volume)


def concha_larrauri_release(stored_volume: ArrayLike) -> NDArray[np.float64]:
    """Volume that past failures released, newer data.

    Parameters
    ----------
    stored_volume : (n,) float, m³

    Returns
    -------
    (n,) float, m³
        As `rico_release`.

    References
    ----------
    Concha Larrauri & Lall (2018), Environments 5, 28; in 10⁶ m³.
    """
    return _of_millions(breach_coefficients().concha_larrauri.release, stored_volume)


def piciullo_release(stored_volume: ArrayLike, height: ArrayLike) -> NDArray[np.float64]:
    """Volume that past failures released, by storage and height.

    Parameters
    ----------
    stored_volume : (n,) float, m³
        The regression itself is in m³, unlike its predecessors.
    height : (n,) float, m

    Returns
    -------
    (n,) float, m³
        As `rico_release`.

    References
    ----------
    Piciullo et al. (2022), Eng. Geol. 303, 106657.
    """
    terms = breach_coefficients().piciullo
    stored, h = floats(stored_volume, height)
    return _capped(10.0**terms.lg_constant * stored**terms.stored * h**terms.height, stored)


def obrien_release(height: ArrayLike, stored_volume: ArrayLike, bound: ArrayLike) -> NDArray[np.float64]:
    """Envelope of the volumes that past failures of dams of that height released.

    Parameters
    ----------
    height : (n,) float, m
    stored_volume : (n,) float, m³
        Caps the release.
    bound : (n,) str
        ``minimum``, ``mean`` or ``maximum``; by the raise method in `default_ground`.

    Returns
    -------
    (n,) float, m³
        As `rico_release`.

    Raises
    ------
    InvalidInput
        If a bound is none of the three.

    References
    ----------
    O'Brien, envelopes of the FLO-2D tailings tool.
    """
    terms = breach_coefficients().obrien
    known = {"minimum": terms.minimum, "mean": terms.mean, "maximum": terms.maximum}
    words, position = np.unique(np.asarray(bound, dtype=np.str_), return_inverse=True)
    if not set(words.tolist()) <= set(known):
        raise InvalidInput("no such envelope", where="bound", expected=", ".join(known), got=", ".join(words))
    factor = np.array([known[word] for word in words.tolist()])[position].reshape(np.shape(bound))
    h, stored, scale = floats(height, stored_volume, factor)
    return _capped(scale * h**terms.power, stored)


def fontaine_martin_release(
    stored_volume: ArrayLike,
    free_water: ArrayLike,
    specific_gravity: ArrayLike,
    void_ratio: ArrayLike,
    solids: ArrayLike,
) -> NDArray[np.float64]:
    """Volume of the first wave: the free water, and the saturated tailings it can carry away.

    Tailings join until the mixture has its largest solids content by mass.

    Parameters
    ----------
    stored_volume, free_water : (n,) float, m³
    specific_gravity, void_ratio : (n,) float, 1
        Of the solids and of the deposit.
    solids : (n,) float, 1
        Mass of solids over mass of the mixture.

    Returns
    -------
    (n,) float, m³
        As `rico_release`; all that is there where the deposit itself is wetter than the mixture.

    References
    ----------
    Fontaine & Martin (2015), Tailings and Mine Waste, Vancouver.
    """
    stored, water, gravity, voids, share = floats(
        stored_volume, free_water, specific_gravity, void_ratio, solids
    )
    left = 1.0 - share * (1.0 + voids / gravity * _WATER_DENSITY)  # water that a tonne of mixture still needs
    with np.errstate(divide="ignore", invalid="ignore"):
        mass = np.where(left > 0, share * water * _WATER_DENSITY / left, np.inf)
        released = np.where(water > 0, water + mass / gravity * (1.0 + voids), 0.0)
    return np.where(np.isnan(water + gravity + voids + share), np.nan, _capped(released, stored))


def release_quantile(
    released_volume: ArrayLike, stored_volume: ArrayLike, quantile: ArrayLike
) -> NDArray[np.float64]:
    """Quantile of the released volume around a central regression.

    Parameters
    ----------
    released_volume : (n,) float, m³
        Central value.
    stored_volume : (n,) float, m³
        Caps the release.
    quantile : (n,) float, 1

    Returns
    -------
    (n,) float, m³

    References
    ----------
    Concha Larrauri & Lall (2018): residuals of lg V are normal.
    """
    released, stored, share = floats(released_volume, stored_volume, quantile)
    return _capped(released * 10.0 ** (breach_coefficients().spread.release * ndtri(share)), stored)


def _of_millions(terms: tuple[float, float], stored_volume: ArrayLike) -> NDArray[np.float64]:
    (stored,) = floats(stored_volume)
    return _capped(_MILLION * terms[0] * (stored / _MILLION) ** terms[1], stored)


def _capped(released: NDArray[np.float64], stored: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum(released, breach_coefficients().largest_share * stored)
