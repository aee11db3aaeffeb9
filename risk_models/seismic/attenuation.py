"""Shaking at a distance from an epicentre: the attenuation relations of Yu et al. (2013) for China.

Equal shaking lies on an ellipse whose long axis follows the fault. `shaking` answers along one axis,
`shaking_off_strike` for a site at an angle from the strike. R is the plain epicentral distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod

from minegis.declarations import BilingualText, Declaration, read
from minegis.errors import InvalidInput

type Axis = Literal["long", "short"]
type Measure = Literal["pga", "pgv"]

_GAL_PER_G = 980.665  # standard gravity, ISO 80000-3
_CGCS2000 = Geod(a=6378137.0, rf=298.257222101)
_BISECTIONS = 60  # halves ln Y to below the resolution of a double


class _Curve(Declaration):
    below: tuple[float, float]
    above: tuple[float, float]
    c: float


class _AxisCoefficients(Declaration):
    d: float
    e: float
    pga: _Curve
    pgv: _Curve


class _Region(Declaration):
    label: BilingualText
    long: _AxisCoefficients
    short: _AxisCoefficients


class _RegionBox(Declaration):
    region: str
    box: tuple[float, float, float, float]


class AttenuationCoefficients(Declaration):
    """Coefficients by region, axis and measure, and where each region is."""

    source: str
    provenance: str
    magnitude_break: float
    sigma_ln_pga: float
    sigma_ln_pgv: float
    regions: dict[str, _Region]
    region_provenance: str
    region_boxes: tuple[_RegionBox, ...]


@dataclass(frozen=True, slots=True)
class Shaking:
    """Median shaking and the standard deviation of its natural logarithm.

    Attributes
    ----------
    pga : (n,) float, g
    pgv : (n,) float, cm/s
    sigma_ln_pga, sigma_ln_pgv : float, 1
    """

    pga: NDArray[np.float64]
    pgv: NDArray[np.float64]
    sigma_ln_pga: float
    sigma_ln_pgv: float


@dataclass(frozen=True, slots=True)
class _Relation:
    """``ln Y = level + c ln(R + offset)``: the relation once magnitude, region and axis are chosen."""

    level: NDArray[np.float64]
    c: NDArray[np.float64]
    offset: NDArray[np.float64]

    def log_motion(self, distance: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.level + self.c * np.log(distance + self.offset)

    def semi_axis(self, log_motion: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance at which the motion falls to the given one, 0 where it never reaches it."""
        return np.maximum(np.exp((log_motion - self.level) / self.c) - self.offset, 0.0)


@cache
def attenuation_coefficients() -> AttenuationCoefficients:
    """Return the declared coefficients and region boxes."""
    return read(Path(__file__).with_name("attenuation_coefficients.yaml"), AttenuationCoefficients)


def shaking(magnitude: ArrayLike, distance: ArrayLike, region: ArrayLike, axis: Axis = "long") -> Shaking:
    """Median shaking along one axis of the ellipse of equal shaking.

    While the strike of the fault is unknown the long axis is the project default: it is the stronger
    one but for a few cases that the card names.

    Parameters
    ----------
    magnitude : (n,) float, 1
        Surface-wave magnitude Ms.
    distance : (n,) float, km
        Epicentral distance.
    region : (n,) str
        ``xinjiang``, ``tibet``, ``eastern_strong`` or ``moderate_stable``; see `region_at`.
    axis : {"long", "short"}

    Returns
    -------
    Shaking
        NaN where magnitude or distance is NaN.

    Raises
    ------
    InvalidInput
        If a region or the axis is unknown, or a distance is negative.

    References
    ----------
    Yu, Li & Xiao (2013), Technology for Earthquake Disaster Prevention 8(1), 24-33; GB 18306-2015.
    """
    strength, away = _checked(magnitude, distance)
    log_pga = _relation("pga", axis, strength, region).log_motion(away)
    log_pgv = _relation("pgv", axis, strength, region).log_motion(away)
    return _shaking(log_pga, log_pgv)


def shaking_off_strike(
    magnitude: ArrayLike, distance: ArrayLike, region: ArrayLike, strike_offset: ArrayLike
) -> Shaking:
    """Median shaking at a site that lies at an angle from the strike of the fault.

    The site lies on the ellipse whose two semi-axes, each put into its own relation, give the same motion.

    Parameters
    ----------
    magnitude : (n,) float, 1
        Surface-wave magnitude Ms.
    distance : (n,) float, km
        Epicentral distance.
    region : (n,) str
        As in `shaking`.
    strike_offset : (n,) float, deg
        Azimuth of the site from the epicentre, minus the strike.

    Returns
    -------
    Shaking
        Between the values along the short and the long axis; NaN where an input is NaN.

    Raises
    ------
    InvalidInput
        As `shaking`.

    References
    ----------
    As `shaking`.
    """
    strength, away = _checked(magnitude, distance)
    angle = np.radians(np.asarray(strike_offset, dtype=np.float64))
    return _shaking(
        _on_the_ellipse("pga", strength, away, region, angle),
        _on_the_ellipse("pgv", strength, away, region, angle),
    )


def distance_and_azimuth(
    epicentre_lon: ArrayLike, epicentre_lat: ArrayLike, lon: ArrayLike, lat: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Geodesic distance and azimuth from an epicentre to sites, on the CGCS2000 ellipsoid.

    Parameters
    ----------
    epicentre_lon, epicentre_lat, lon, lat : (n,) float, deg
        CGCS2000 coordinates.

    Returns
    -------
    distance : (n,) float, km
    azimuth : (n,) float, deg
        Clockwise from north, 0 to 360.
    """
    from_lon, from_lat, to_lon, to_lat = np.broadcast_arrays(
        *(np.asarray(values, dtype=np.float64) for values in (epicentre_lon, epicentre_lat, lon, lat))
    )
    azimuth, _, metres = _CGCS2000.inv(from_lon, from_lat, to_lon, to_lat)
    return np.asarray(metres, dtype=np.float64) / 1000.0, np.mod(np.asarray(azimuth, dtype=np.float64), 360.0)


def region_at(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.str_]:
    """Attenuation region of places, by the declared boxes (a project default, not the zones of GB 18306).

    Parameters
    ----------
    lon, lat : (n,) float, deg

    Returns
    -------
    (n,) str

    Raises
    ------
    InvalidInput
        If a place lies in no box.
    """
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    boxes = attenuation_coefficients().region_boxes
    inside = [
        (x >= west) & (x <= east) & (y >= south) & (y <= north)
        for west, south, east, north in (entry.box for entry in boxes)
    ]
    if not np.logical_or.reduce(inside).all():
        raise InvalidInput("no attenuation region", where="region_at", expected="a place in or near China")
    return np.asarray(np.select(inside, [entry.region for entry in boxes], default=""), dtype=np.str_)


def _checked(magnitude: ArrayLike, distance: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    away = np.asarray(distance, dtype=np.float64)
    if (away < 0).any():
        raise InvalidInput("a negative distance", where="distance", expected="km, 0 or more")
    return np.asarray(magnitude, dtype=np.float64), away


def _shaking(log_pga: NDArray[np.float64], log_pgv: NDArray[np.float64]) -> Shaking:
    declared = attenuation_coefficients()
    return Shaking(
        np.exp(log_pga) / _GAL_PER_G, np.exp(log_pgv), declared.sigma_ln_pga, declared.sigma_ln_pgv
    )


@cache
def _table(measure: Measure, axis: Axis) -> NDArray[np.float64]:
    """One row a region, in name order: a, b up to the break, a, b beyond it, c, d, e."""
    rows = []
    for _, region in sorted(attenuation_coefficients().regions.items()):
        coefficients = region.long if axis == "long" else region.short
        curve = coefficients.pga if measure == "pga" else coefficients.pgv
        rows.append((*curve.below, *curve.above, curve.c, coefficients.d, coefficients.e))
    return np.array(rows, dtype=np.float64)


def _relation(measure: Measure, axis: Axis, magnitude: NDArray[np.float64], region: ArrayLike) -> _Relation:
    if axis not in ("long", "short"):
        raise InvalidInput("no such axis", where="axis", expected="long, short", got=repr(axis))
    names = sorted(attenuation_coefficients().regions)
    asked = np.asarray(region, dtype=np.str_)
    unknown = sorted(set(np.unique(asked).tolist()) - set(names))
    if unknown:
        raise InvalidInput(
            "no such attenuation region", where="region", expected=", ".join(names), got=", ".join(unknown)
        )
    row = _table(measure, axis)[np.searchsorted(names, asked)]
    a_below, b_below, a_above, b_above, c, d, e = np.moveaxis(row, -1, 0)
    strong = magnitude > attenuation_coefficients().magnitude_break
    level = np.where(strong, a_above + b_above * magnitude, a_below + b_below * magnitude)
    return _Relation(level, c, d * np.exp(e * magnitude))


def _on_the_ellipse(
    measure: Measure,
    magnitude: NDArray[np.float64],
    distance: NDArray[np.float64],
    region: ArrayLike,
    angle: NDArray[np.float64],
) -> NDArray[np.float64]:
    long_axis = _relation(measure, "long", magnitude, region)
    short_axis = _relation(measure, "short", magnitude, region)
    along, across = long_axis.log_motion(distance), short_axis.log_motion(distance)
    low, high, cos2, sin2 = np.broadcast_arrays(
        np.minimum(along, across), np.maximum(along, across), np.cos(angle) ** 2, np.sin(angle) ** 2
    )
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        ra, rb = long_axis.semi_axis(middle), short_axis.semi_axis(middle)
        # A stronger motion has a smaller ellipse: the site then lies outside of it.
        outside = distance**2 * (cos2 * rb**2 + sin2 * ra**2) > (ra * rb) ** 2
        low, high = np.where(outside, low, middle), np.where(outside, middle, high)
    return np.where(np.isnan(cos2), np.nan, (low + high) / 2)
