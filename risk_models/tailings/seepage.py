"""Seepage through a dam: gradients, the phreatic line and its discharge, filters and creep."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_STEEP = (
    30.0  # deg: from this slope on Casagrande measures along the line, below it Schaffernak along the base
)


def critical_gradient(specific_gravity: ArrayLike, void_ratio: ArrayLike) -> Floats:
    """Upward gradient at which soil is lifted.

    Parameters
    ----------
    specific_gravity, void_ratio : (n,) float, 1

    Returns
    -------
    (n,) float, 1

    References
    ----------
    Terzaghi (1922): (G - 1) / (1 + e).
    """
    gravity, voids = _floats(specific_gravity, void_ratio)
    return (gravity - 1.0) / (1.0 + voids)


def gradient_safety(exit_gradient: ArrayLike, critical_gradient: ArrayLike) -> Floats:
    """Factor of safety against piping: critical over exit gradient.

    Parameters
    ----------
    exit_gradient, critical_gradient : (n,) float, 1

    Returns
    -------
    (n,) float, 1
        Infinite where no water comes out; NaN where an input is NaN.

    References
    ----------
    Terzaghi & Peck (1967), Soil Mechanics in Engineering Practice.
    """
    gradient, critical = _floats(exit_gradient, critical_gradient)
    with np.errstate(divide="ignore"):
        return critical / np.maximum(gradient, 0.0)


def dupuit_discharge(
    permeability: ArrayLike, upstream_depth: ArrayLike, downstream_depth: ArrayLike, length: ArrayLike
) -> Floats:
    """Flow through a body with vertical faces, per metre of dam.

    Parameters
    ----------
    permeability : (n,) float, m/s
    upstream_depth, downstream_depth : (n,) float, m
        Of the water above the impervious base.
    length : (n,) float, m

    Returns
    -------
    (n,) float, m²/s

    References
    ----------
    Dupuit (1863): k (h1² - h2²) / (2 L).
    """
    k, h1, h2, span = _floats(permeability, upstream_depth, downstream_depth, length)
    return k * (h1**2 - h2**2) / (2.0 * span)


def dupuit_phreatic_height(
    upstream_depth: ArrayLike, downstream_depth: ArrayLike, length: ArrayLike, distance: ArrayLike
) -> Floats:
    """Height of the phreatic line at a distance from the upstream face.

    Parameters
    ----------
    upstream_depth, downstream_depth, length : (n,) float, m
        As in `dupuit_discharge`.
    distance : (n,) float, m
        From 0 to `length`; held there beyond.

    Returns
    -------
    (n,) float, m

    References
    ----------
    Dupuit (1863): h² falls in a straight line.
    """
    h1, h2, span, x = _floats(upstream_depth, downstream_depth, length, distance)
    return np.asarray(np.sqrt(h1**2 - (h1**2 - h2**2) * np.clip(x / span, 0.0, 1.0)))


def seepage_face(horizontal_length: ArrayLike, depth: ArrayLike, slope_angle: ArrayLike) -> Floats:
    """Length of the wet face on the downstream slope of an earth dam without a drain.

    Parameters
    ----------
    horizontal_length : (n,) float, m
        To the toe, from where the basic parabola meets the pond: 0.3 of the wet upstream slope inside it.
    depth : (n,) float, m
        Of the water above the impervious base.
    slope_angle : (n,) float, deg
        Of the downstream slope.

    Returns
    -------
    (n,) float, m
        Along the slope; NaN where an input is NaN or the line would not come out on the slope.

    References
    ----------
    Schaffernak (1917) below 30°, Casagrande (1937) from there on.
    """
    d, h, beta = _floats(horizontal_length, depth, slope_angle)
    angle = np.radians(beta)
    reach = np.where(beta < _STEEP, d / np.cos(angle), np.hypot(d, h))
    with np.errstate(invalid="ignore", divide="ignore"):
        return reach - np.sqrt(reach**2 - (h / np.sin(angle)) ** 2)


def casagrande_discharge(
    permeability: ArrayLike, horizontal_length: ArrayLike, depth: ArrayLike, slope_angle: ArrayLike
) -> Floats:
    """Flow through an earth dam on an impervious base, per metre of dam.

    Parameters
    ----------
    permeability : (n,) float, m/s
    horizontal_length, depth : (n,) float, m
        As in `seepage_face`.
    slope_angle : (n,) float, deg

    Returns
    -------
    (n,) float, m²/s

    References
    ----------
    Schaffernak (1917): k a sinβ tanβ below 30°; Casagrande (1937): k a sin²β from there on.
    """
    k, beta = _floats(permeability, slope_angle)
    wet, angle = seepage_face(horizontal_length, depth, slope_angle), np.radians(beta)
    gradient = np.where(beta < _STEEP, np.tan(angle), np.sin(angle))
    return np.asarray(k * wet * np.sin(angle) * gradient)


def piping_ratio(filter_d15: ArrayLike, base_d85: ArrayLike) -> Floats:
    """Ratio that tells whether a filter holds the soil back: 4 to 5 at most.

    Parameters
    ----------
    filter_d15, base_d85 : (n,) float, mm
        Grain sizes that 15 % of the filter and 85 % of the soil are finer than.

    Returns
    -------
    (n,) float, 1

    References
    ----------
    Terzaghi & Peck (1967).
    """
    fine, coarse = _floats(filter_d15, base_d85)
    return fine / coarse


def permeability_ratio(filter_d15: ArrayLike, base_d15: ArrayLike) -> Floats:
    """Ratio that tells whether a filter lets the water through: 4 to 5 at least.

    Parameters
    ----------
    filter_d15, base_d15 : (n,) float, mm

    Returns
    -------
    (n,) float, 1

    References
    ----------
    Terzaghi & Peck (1967).
    """
    coarse, fine = _floats(filter_d15, base_d15)
    return coarse / fine


def weighted_creep_ratio(vertical_path: ArrayLike, horizontal_path: ArrayLike, head: ArrayLike) -> Floats:
    """Length of the seepage path under a structure over the head, the horizontal counted a third.

    Parameters
    ----------
    vertical_path, horizontal_path : (n,) float, m
        Sum of the steep (over 45°) and of the flat contacts.
    head : (n,) float, m

    Returns
    -------
    (n,) float, 1
        To be above 8.5 for fine sand or silt, 5 for coarse sand, 3 for gravel, 2 for medium clay.

    References
    ----------
    Lane (1935), Trans. ASCE 100, 1235-1351.
    """
    down, along, drop = _floats(vertical_path, horizontal_path, head)
    with np.errstate(divide="ignore"):
        return (down + along / 3.0) / drop


def _floats(*values: ArrayLike) -> tuple[Floats, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values)))
