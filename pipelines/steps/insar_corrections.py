"""What is not movement: ramps of atmosphere and orbit, and errors of the elevation model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from minegis.errors import InvalidInput

Floats = NDArray[np.float64]
_MM = 1000.0


def without_ramp(
    values: NDArray[np.floating],
    stable: NDArray[np.bool_],
    elevation: NDArray[np.floating] | None = None,
) -> Floats:
    """Take off the plane, and the part that follows height, that fits each layer over stable ground.

    Parameters
    ----------
    values : (k, height, width) float
        Interferograms or epochs, any unit.
    stable : (height, width) bool
        Ground taken not to move; the ramp is fitted there alone and taken off everywhere.
    elevation : (height, width) float, m, optional
        Adds a term linear in height (stratified troposphere).

    Returns
    -------
    (k, height, width) float
        NaN where a value or the elevation is unknown.

    Raises
    ------
    InvalidInput
        If stable ground does not fix the ramp of a layer.

    References
    ----------
    Elliott, Biggs, Parsons & Wright (2008), Geophys. Res. Lett. 35, L12309.
    """
    height, width = values.shape[1:]
    row, column = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = [np.ones((height, width)), row, column]
    if elevation is not None:
        terms.append((elevation - np.nanmean(elevation)) / max(float(np.nanstd(elevation)), 1.0))
    design = np.stack(terms, axis=-1)
    result = np.empty(values.shape)
    for index, layer in enumerate(values):
        fitted = stable & np.isfinite(layer) & np.isfinite(design).all(axis=-1)
        coefficients, _, rank, _ = np.linalg.lstsq(
            design[fitted], layer[fitted].astype(np.float64), rcond=None
        )
        if rank < len(terms):
            raise InvalidInput(
                "stable ground that does not fix a ramp",
                where=f"layer {index + 1}",
                expected=f"{len(terms)} pixels or more, not in one line",
                got=f"{int(fitted.sum())} pixels",
            )
        result[index] = layer - design @ coefficients
    return result


def without_elevation_error(
    series: Floats, years: Floats, baselines: Floats, *, slant_range: float, incidence: float, degree: int = 1
) -> tuple[Floats, Floats]:
    """Take off what follows the perpendicular baseline: the error of the elevation model.

    The series is explained by a polynomial in time and the baseline together, so a baseline that drifts with
    time cannot be told from movement; such a network is refused.

    Parameters
    ----------
    series : (n, height, width) float, mm
        Towards the satellite.
    years, baselines : (n,) float, a and m
        Of each epoch against the first.
    slant_range : float, m
    incidence : float, deg
    degree : int
        Of the polynomial.

    Returns
    -------
    series : (n, height, width) float, mm
        Against its own first epoch again.
    elevation_error : (height, width) float, m

    References
    ----------
    Fattahi & Amelung (2013), IEEE Trans. Geosci. Remote Sens. 51(7), 4249-4259.
    """
    sight = -_MM * baselines / (slant_range * np.sin(np.radians(incidence)))
    design = np.column_stack([years**power for power in range(degree + 1)] + [sight])
    scaled = design / np.maximum(np.abs(design).max(axis=0), 1e-30)
    if np.linalg.matrix_rank(scaled, tol=1e-6) < design.shape[1] or years.size <= design.shape[1]:
        raise InvalidInput(
            "baselines that do not tell an elevation error from movement",
            where="baselines",
            expected="more epochs than terms, baselines that are no polynomial of time",
        )
    flat = series.reshape(series.shape[0], -1)
    error = (np.linalg.pinv(design) @ flat)[-1]
    corrected = flat - sight[:, np.newaxis] * error
    corrected -= corrected[0]
    return corrected.reshape(series.shape), error.reshape(series.shape[1:])
