"""Small-baseline inversion: from interferograms to the movement of each pixel, with its uncertainty.

All displacement is along the line of sight, positive towards the satellite.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from minegis.errors import InvalidInput
from pipelines.steps.insar_network import Network, check_count
from pipelines.steps.insar_settings import insar_settings

Floats = NDArray[np.float64]
type PhaseSign = Literal["range", "approach"]
"""Whether phase grows as the range grows (GAMMA, ISCE differential phase) or as the ground approaches."""

_MM = 1000.0
_SINGULAR = 1e-10  # of the largest singular value: what is smaller is not determined


@dataclass(frozen=True, eq=False)
class Movement:
    """What the inversion found.

    Attributes
    ----------
    series : (n, height, width) float, mm
        Displacement at each epoch since the first.
    velocity : (height, width) float, mm/a
        Slope of the straight line through the series.
    formal_sigma : (height, width) float, mm/a
        Its standard deviation from the covariance of the inversion, scaled by the residuals of the
        interferograms. It knows decorrelation, not the atmosphere, which closes in every triplet.
    misfit_sigma : (height, width) float, mm/a
        Its standard deviation from the scatter of the series about the line: the atmosphere of each epoch,
        and movement that is not steady.
    temporal_coherence : (height, width) float, 1
        How well the series explains the phases: 1 where fully (Pepe & Lanari 2006, equation 7).
    rank : (height, width) int
        How many intervals the pixel's interferograms determine; where fewer than n - 1, the network is broken
        there and velocities are those of least norm.
    """

    series: Floats
    velocity: Floats
    formal_sigma: Floats
    misfit_sigma: Floats
    temporal_coherence: Floats
    rank: NDArray[np.int16]

    @property
    def sigma(self) -> Floats:
        """The larger of the two standard deviations, mm/a."""
        return np.fmax(self.formal_sigma, self.misfit_sigma)


def line_of_sight_displacement(
    phase: NDArray[np.floating], wavelength: float, grows_with: PhaseSign
) -> Floats:
    """Turn unwrapped phase into displacement towards the satellite.

    Parameters
    ----------
    phase : (...) float, rad
    wavelength : float, m
    grows_with : {"range", "approach"}
        The sign convention of the processor; there is no default, since a wrong one turns sinking to rising.

    Returns
    -------
    (...) float, mm
        Half a wavelength for a whole turn.
    """
    if not 0.001 < wavelength < 1.0:
        raise InvalidInput("not a radar wavelength", where="wavelength", expected="m", got=str(wavelength))
    if grows_with not in ("range", "approach"):
        raise InvalidInput(
            "no such sign of phase", where="grows_with", expected="range, approach", got=str(grows_with)
        )
    sign = -1.0 if grows_with == "range" else 1.0
    return sign * _MM * wavelength / (4.0 * np.pi) * np.asarray(phase, np.float64)


def invert(
    phase: NDArray[np.floating],
    network: Network,
    *,
    wavelength: float,
    grows_with: PhaseSign,
    coherence: NDArray[np.floating] | None = None,
    distrusted: NDArray[np.bool_] | None = None,
) -> Movement:
    """Find the velocity of each interval from all interferograms by least squares, pixel by pixel.

    Parameters
    ----------
    phase : (m, height, width) float, rad
        Unwrapped and referenced; NaN where unknown.
    network : Network
    wavelength, grows_with
        As of `line_of_sight_displacement`.
    coherence : (m, height, width) float, optional
        Weights each phase by its inverse variance; without it all count the same.
    distrusted : (m, height, width) bool, optional
        Phases to leave out, as found by `insar_network.wrongly_unwrapped`.

    Returns
    -------
    Movement
        NaN where a pixel has fewer epochs than ``insar.yaml`` asks for.

    References
    ----------
    Berardino, Fornaro, Lanari & Sansosti (2002), IEEE Trans. Geosci. Remote Sens. 40(11), 2375-2383:
    velocities as unknowns and, where the network is broken, the solution of least norm.
    """
    check_count(phase, network)
    displacement = line_of_sight_displacement(phase, wavelength, grows_with)
    if distrusted is not None:
        displacement = np.where(distrusted, np.nan, displacement)
    shape, epochs = phase.shape[1:], len(network.epochs)
    observed = displacement.reshape(phase.shape[0], -1)
    weight = _weights(observed, None if coherence is None else coherence.reshape(observed.shape))
    series, rank = np.full((epochs, observed.shape[1]), np.nan), np.zeros(observed.shape[1], dtype=np.int16)
    velocity, formal, misfit, agreement = (np.full(observed.shape[1], np.nan) for _ in range(4))
    for pixels, used in _alike(weight, network):
        part = np.ix_(used, pixels)
        solved = _solve(observed[part], weight[part], network.design[used], network)
        series[:, pixels], rank[pixels], formal[pixels] = solved.series, solved.rank, solved.formal_sigma
        velocity[pixels], misfit[pixels] = _line(solved.series, network.years)
        left = 4.0 * np.pi / (_MM * wavelength) * solved.residual
        agreement[pixels] = np.abs(np.exp(1j * left).mean(axis=0))
    return Movement(
        series.reshape(epochs, *shape),
        velocity.reshape(shape),
        formal.reshape(shape),
        misfit.reshape(shape),
        agreement.reshape(shape),
        rank.reshape(shape),
    )


@dataclass(frozen=True, eq=False)
class _Solution:
    """Of p pixels: series (n, p) mm, residual (m, p) mm, formal_sigma (p,) mm/a."""

    series: Floats
    residual: Floats
    formal_sigma: Floats
    rank: int


def _weights(observed: Floats, coherence: NDArray[np.floating] | None) -> Floats:
    """Return the inverse variance of each phase up to a factor, 0 where there is none."""
    if coherence is None:
        return np.isfinite(observed).astype(np.float64)
    bounds = insar_settings().weights
    known = np.isfinite(observed) & np.isfinite(coherence) & (coherence > 0)
    clipped = np.clip(np.where(known, coherence, 0.5), bounds.least_coherence, bounds.greatest_coherence)
    return np.where(known, clipped**2 / (1.0 - clipped**2), 0.0)


def _alike(weight: Floats, network: Network) -> Iterator[tuple[NDArray[np.intp], NDArray[np.bool_]]]:
    """Yield pixels that have the same interferograms, with those, a bounded batch at a time."""
    declared = insar_settings().inversion
    has = weight > 0
    patterns, member = np.unique(np.packbits(has, axis=0), axis=1, return_inverse=True)
    order = np.argsort(member, kind="stable")
    for pixels in np.split(order, np.cumsum(np.bincount(member.ravel(), minlength=patterns.shape[1]))[:-1]):
        used = has[:, pixels[0]]
        if np.unique(network.indices[used]).size < declared.least_epochs:
            continue
        for start in range(0, pixels.size, declared.pixels_at_once):
            yield pixels[start : start + declared.pixels_at_once], used


def _solve(observed: Floats, weight: Floats, design: Floats, network: Network) -> _Solution:
    """Solve for pixels that share their interferograms; least norm where these leave an interval open."""
    rank = int(np.linalg.matrix_rank(design))
    intervals = np.tril(np.ones((len(network.epochs), len(network.epochs) - 1)), -1) * np.diff(network.years)
    of_velocity = _slope(network.years) @ intervals
    normal = np.einsum("kp,ki,kj->pij", weight, design, design, optimize=True)
    right = (weight * observed).T @ design
    if rank == design.shape[1]:
        both = np.stack([right, np.broadcast_to(of_velocity, right.shape)], axis=-1)
        rates, spread = np.moveaxis(np.linalg.solve(normal, both), -1, 0)
    else:
        root = np.sqrt(weight).T
        inverse = np.linalg.pinv(root[:, :, np.newaxis] * design, rcond=_SINGULAR)
        rates = np.einsum("pij,pj->pi", inverse, root * observed.T)
        spread = np.einsum("pij,pkj,k->pi", inverse, inverse, of_velocity, optimize=True)
    residual = observed - design @ rates.T
    freedom = design.shape[0] - rank
    factor = (weight * residual**2).sum(axis=0) / freedom if freedom else np.full(observed.shape[1], np.nan)
    return _Solution(intervals @ rates.T, residual, np.sqrt(factor * (spread @ of_velocity)), rank)


def _slope(years: Floats) -> Floats:
    """Return what, times a series, gives the slope of its line of least squares, shape ``(n,)``."""
    centred = years - years.mean()
    return np.asarray(centred / (centred**2).sum())


def _line(series: Floats, years: Floats) -> tuple[Floats, Floats]:
    """Return slope and its standard deviation of a straight line through each series."""
    slope = _slope(years) @ series
    centred = years - years.mean()
    left = series - series.mean(axis=0) - centred[:, np.newaxis] * slope
    variance = (left**2).sum(axis=0) / (years.size - 2)
    return slope, np.sqrt(variance / (centred**2).sum())
