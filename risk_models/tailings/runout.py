"""How far and how wide released tailings go: screening, always with its band."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from minegis.errors import InvalidInput
from risk_models.tailings.breach import breach_coefficients, floats

_MILLION = 1e6
_M_PER_KM = 1000.0


def rico_runout(height: ArrayLike, released_volume: ArrayLike) -> NDArray[np.float64]:
    """Distance that past releases of that height and volume ran.

    Parameters
    ----------
    height : (n,) float, m
        Of the dam.
    released_volume : (n,) float, m³

    Returns
    -------
    (n,) float, m
        NaN where an input is NaN.

    References
    ----------
    Rico, Benito & Díez-Herrero (2008): km from m and 10⁶ m³.
    """
    factor, power = breach_coefficients().rico.runout
    h, released = floats(height, released_volume)
    return np.asarray(_M_PER_KM * factor * (h * released / _MILLION) ** power)


def energy_factor(
    height: ArrayLike, stored_volume: ArrayLike, released_volume: ArrayLike
) -> NDArray[np.float64]:
    """Height times the released share times the release: the predictor of `concha_larrauri_runout`.

    Parameters
    ----------
    height : (n,) float, m
    stored_volume, released_volume : (n,) float, m³

    Returns
    -------
    (n,) float, m 10⁶ m³

    References
    ----------
    Concha Larrauri & Lall (2018): H_f = H (V_F / V_T) V_F.
    """
    h, stored, released = floats(height, stored_volume, released_volume)
    return h * released / stored * released / _MILLION


def concha_larrauri_runout(
    height: ArrayLike, stored_volume: ArrayLike, released_volume: ArrayLike
) -> NDArray[np.float64]:
    """Distance that past releases ran, newer data.

    Parameters
    ----------
    height : (n,) float, m
    stored_volume, released_volume : (n,) float, m³

    Returns
    -------
    (n,) float, m
        NaN where an input is NaN.

    References
    ----------
    Concha Larrauri & Lall (2018): km from m and 10⁶ m³.
    """
    factor, power = breach_coefficients().concha_larrauri.runout
    reach = energy_factor(height, stored_volume, released_volume)
    return np.asarray(_M_PER_KM * factor * reach**power)


def runout_quantile(runout: ArrayLike, quantile: ArrayLike) -> NDArray[np.float64]:
    """Quantile of the runout around a central regression.

    Parameters
    ----------
    runout : (n,) float, m
        Central value.
    quantile : (n,) float, 1

    Returns
    -------
    (n,) float, m
        The 84 % value is 4.55 times the central one.

    References
    ----------
    Concha Larrauri & Lall (2018): residuals of lg D are normal.
    """
    distance, share = floats(runout, quantile)
    return np.asarray(distance * 10.0 ** (breach_coefficients().spread.runout * ndtri(share)))


def energy_line_runout(drop: ArrayLike, volume: ArrayLike) -> NDArray[np.float64]:
    """Distance at which the reach angle of a slide of that volume meets the ground.

    Parameters
    ----------
    drop : (n,) float, m
        From where the flow starts to where it stops.
    volume : (n,) float, m³

    Returns
    -------
    (n,) float, m
        NaN where an input is NaN.

    References
    ----------
    Corominas (1996), Can. Geotech. J. 33, 260-271, all landslides.
    """
    terms = breach_coefficients().corominas
    h, v = floats(drop, volume)
    with np.errstate(divide="ignore"):
        return np.asarray(h / 10.0 ** (terms.volume * np.log10(v) + terms.constant))


def capped_runout(
    runout: ArrayLike, energy_line: ArrayLike, valley_end: ArrayLike, volume: ArrayLike
) -> NDArray[np.float64]:
    """Runout that cannot pass the end of the valley, nor, for a small pond, its energy line.

    Parameters
    ----------
    runout : (n,) float, m
        From a regression.
    energy_line : (n,) float, m
        From `energy_line_runout`.
    valley_end : (n,) float, m
        Length of the flow path; infinite where it goes on.
    volume : (n,) float, m³
        Released.

    Returns
    -------
    (n,) float, m
        NaN where an input is NaN.

    References
    ----------
    The regressions overshot Las Palmas (0.23·10⁶ m³) tenfold; the bound of a small pond is a project default.
    """
    distance, line, end, v = floats(runout, energy_line, valley_end, volume)
    capped = np.minimum(distance, end)
    small = v < breach_coefficients().small_pond
    known = ~np.isnan(distance + line + end + v)
    return np.where(known, np.where(small, np.minimum(capped, line), capped), np.nan)


def laharz_cross_section(volume: ArrayLike, kind: str) -> NDArray[np.float64]:
    """Area of a cross-section that a flow fills at its highest.

    Parameters
    ----------
    volume : (n,) float, m³
    kind : str
        ``lahar``, ``debris_flow``, ``rock_avalanche`` or ``tailings``.

    Returns
    -------
    (n,) float, m²

    Raises
    ------
    InvalidInput
        If the kind is another.

    References
    ----------
    Iverson, Schilling & Vallance (1998); Griswold & Iverson (2008): A = c V^(2/3).
    """
    return _two_thirds(volume, kind, 0)


def laharz_planimetric_area(volume: ArrayLike, kind: str) -> NDArray[np.float64]:
    """Area on the map that a flow covers.

    Parameters
    ----------
    volume : (n,) float, m³
    kind : str
        As in `laharz_cross_section`.

    Returns
    -------
    (n,) float, m²

    Raises
    ------
    InvalidInput
        If the kind is another.

    References
    ----------
    Iverson, Schilling & Vallance (1998); Ghahramani et al. (2020), NHESS 20, 3425-3438 for tailings.
    """
    return _two_thirds(volume, kind, 1)


def _two_thirds(volume: ArrayLike, kind: str, which: int) -> NDArray[np.float64]:
    known = breach_coefficients().laharz
    if kind not in known:
        raise InvalidInput("no such flow", where="kind", expected=", ".join(known), got=kind)
    return known[kind][which] * np.cbrt(np.asarray(volume, dtype=np.float64)) ** 2
