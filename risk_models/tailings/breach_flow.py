"""Flow out of a breach and down the valley: peak, time, width, front, depth where it stops."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from risk_models.tailings.breach import breach_coefficients, floats

_GRAVITY = 9.81  # m/s²


def froehlich_1995_flow(volume: ArrayLike, height: ArrayLike) -> NDArray[np.float64]:
    """Peak flow out of the breach of an embankment.

    Parameters
    ----------
    volume : (n,) float, m³
        Of water above the bottom of the breach.
    height : (n,) float, m
        Of that water.

    Returns
    -------
    (n,) float, m³/s

    References
    ----------
    Froehlich (1995), J. Water Resour. Plan. Manage. 121, 90-97.
    """
    return _power(breach_coefficients().froehlich_1995.flow, volume, height)


def froehlich_1995_time(volume: ArrayLike, height: ArrayLike) -> NDArray[np.float64]:
    """Time in which the breach forms.

    Parameters
    ----------
    volume : (n,) float, m³
    height : (n,) float, m

    Returns
    -------
    (n,) float, h

    References
    ----------
    Froehlich (1995).
    """
    return _power(breach_coefficients().froehlich_1995.time, volume, height)


def froehlich_1995_width(volume: ArrayLike, height: ArrayLike, overtopping: ArrayLike) -> NDArray[np.float64]:
    """Mean width of the breach.

    Parameters
    ----------
    volume : (n,) float, m³
    height : (n,) float, m
    overtopping : (n,) bool
        Whether the dam is overtopped; else it is piping.

    Returns
    -------
    (n,) float, m

    References
    ----------
    Froehlich (1995).
    """
    terms = breach_coefficients().froehlich_1995
    return np.where(overtopping, terms.overtopping, 1.0) * _power(terms.width, volume, height)


def froehlich_2008_time(volume: ArrayLike, height: ArrayLike) -> NDArray[np.float64]:
    """Time in which the breach forms.

    Parameters
    ----------
    volume : (n,) float, m³
    height : (n,) float, m

    Returns
    -------
    (n,) float, h

    References
    ----------
    Froehlich (2008), J. Hydraul. Eng. 134, 1708-1721.
    """
    v, h = floats(volume, height)
    return np.asarray(breach_coefficients().froehlich_2008.time * np.sqrt(v / _GRAVITY) / h)


def froehlich_2008_width(volume: ArrayLike, height: ArrayLike, overtopping: ArrayLike) -> NDArray[np.float64]:
    """Mean width of the breach.

    Parameters
    ----------
    volume : (n,) float, m³
        To the power 0.32; a tool in use has 0.5, which is not the paper's.
    height : (n,) float, m
    overtopping : (n,) bool

    Returns
    -------
    (n,) float, m

    References
    ----------
    Froehlich (2008).
    """
    terms = breach_coefficients().froehlich_2008
    return np.where(overtopping, terms.overtopping, 1.0) * _power(terms.width, volume, height)


def mmc_flow(volume: ArrayLike) -> NDArray[np.float64]:
    """Peak flow by volume alone.

    Parameters
    ----------
    volume : (n,) float, m³

    Returns
    -------
    (n,) float, m³/s

    References
    ----------
    USACE Modeling, Mapping and Consequences centre, as in the FLO-2D tool.
    """
    factor, power = breach_coefficients().mmc
    (v,) = floats(volume)
    return np.asarray(factor * v**power)


def triangular_base_time(volume: ArrayLike, peak_flow: ArrayLike) -> NDArray[np.float64]:
    """Length of a triangular flood wave of that volume and peak.

    Parameters
    ----------
    volume : (n,) float, m³
    peak_flow : (n,) float, m³/s

    Returns
    -------
    (n,) float, s

    References
    ----------
    Area of a triangle: T = 2 V / Q.
    """
    v, q = floats(volume, peak_flow)
    with np.errstate(divide="ignore"):
        return 2.0 * v / q


def ritter_front_speed(depth: ArrayLike) -> NDArray[np.float64]:
    """Speed of the front of a dam break over dry, smooth, level ground: an upper bound.

    Parameters
    ----------
    depth : (n,) float, m
        Behind the dam.

    Returns
    -------
    (n,) float, m/s

    References
    ----------
    Ritter (1892): 2 √(g h).
    """
    (h,) = floats(depth)
    return 2.0 * np.sqrt(_GRAVITY * h)


def ritter_dam_depth(depth: ArrayLike) -> NDArray[np.float64]:
    """Depth at the dam while it empties.

    Parameters
    ----------
    depth : (n,) float, m

    Returns
    -------
    (n,) float, m

    References
    ----------
    Ritter (1892): 4 h / 9.
    """
    (h,) = floats(depth)
    return 4.0 * h / 9.0


def ritter_discharge(depth: ArrayLike) -> NDArray[np.float64]:
    """Flow at the dam per metre of width.

    Parameters
    ----------
    depth : (n,) float, m

    Returns
    -------
    (n,) float, m²/s

    References
    ----------
    Ritter (1892): 8 h √(g h) / 27.
    """
    (h,) = floats(depth)
    return 8.0 / 27.0 * h * np.sqrt(_GRAVITY * h)


def bingham_stop_depth(
    yield_stress: ArrayLike, density: ArrayLike, slope_angle: ArrayLike
) -> NDArray[np.float64]:
    """Depth at which a mud stops on a slope.

    Parameters
    ----------
    yield_stress : (n,) float, Pa
    density : (n,) float, kg/m³
    slope_angle : (n,) float, deg

    Returns
    -------
    (n,) float, m
        Infinite on level ground, where this balance stops nothing; NaN where an input is NaN.

    References
    ----------
    Yield stress of a Bingham fluid against its weight: τ / (ρ g sinθ).
    """
    stress, rho, angle = floats(yield_stress, density, slope_angle)
    with np.errstate(divide="ignore"):
        return stress / (rho * _GRAVITY * np.sin(np.radians(angle)))


def manning_discharge(
    roughness: ArrayLike, area: ArrayLike, wetted_perimeter: ArrayLike, slope_gradient: ArrayLike
) -> NDArray[np.float64]:
    """Flow through a cross-section.

    Parameters
    ----------
    roughness : (n,) float, s/m^(1/3)
        0.05 to 0.10 for mud.
    area : (n,) float, m²
    wetted_perimeter : (n,) float, m
    slope_gradient : (n,) float, m/m
        Of the energy line; a gradient, not degrees.

    Returns
    -------
    (n,) float, m³/s

    References
    ----------
    Manning (1891): (1/n) A R^(2/3) √S.
    """
    n, a, p, s = floats(roughness, area, wetted_perimeter, slope_gradient)
    return np.asarray(a * np.cbrt(a / p) ** 2 * np.sqrt(s) / n)


def _power(terms: tuple[float, float, float], volume: ArrayLike, height: ArrayLike) -> NDArray[np.float64]:
    v, h = floats(volume, height)
    return np.asarray(terms[0] * v ** terms[1] * h ** terms[2])
