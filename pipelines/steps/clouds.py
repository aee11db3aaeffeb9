"""What hides the ground from an optical satellite: clouds, their shadows and snow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput

Mask = NDArray[np.bool_]


class _Classes(Declaration):
    source: str
    gap: tuple[int, ...] = ()
    cloud: tuple[int, ...]
    shadow: tuple[int, ...] = ()
    snow: tuple[int, ...] = ()
    saturated: tuple[int, ...] = ()
    clear: tuple[int, ...] = ()


class _Test(Declaration):
    source: str
    bright_green: float
    hazy_green: float
    least_shortwave: float
    least_snow_index: float
    least_snow_infrared: float
    provenance: str


class CloudRules(Declaration):
    """Classes, bits and thresholds; see ``clouds.yaml``."""

    scene_classification: _Classes
    qa60: _Classes
    qa_pixel: _Classes
    threshold_test: _Test


@dataclass(frozen=True, eq=False)
class Seen:
    """What stands between satellite and ground.

    Attributes
    ----------
    cloud, shadow, snow, gap : (...) bool
    method : str
        Which mask or test said so.
    """

    cloud: Mask
    shadow: Mask
    snow: Mask
    gap: Mask
    method: str

    @property
    def clear(self) -> Mask:
        """Where the ground is seen as it is."""
        return ~(self.cloud | self.shadow | self.snow | self.gap)

    def hidden_share(self, within: Mask) -> float:
        """Return the share of a place that is hidden, 0 to 1; NaN where the place is empty."""
        return float((~self.clear)[within].mean()) if within.any() else float("nan")


@cache
def cloud_rules() -> CloudRules:
    """Return the declared classes, bits and thresholds."""
    return read(Path(__file__).with_name("clouds.yaml"), CloudRules)


def seen_by_scene_classification(scl: ArrayLike) -> Seen:
    """Read the scene classification of Sentinel-2 level 2A.

    Parameters
    ----------
    scl : (...) int
        Classes 0 to 11; NaN counts as a gap.

    Raises
    ------
    InvalidInput
        If there is a class that is not one of them.
    """
    rules = cloud_rules().scene_classification
    classes, unknown = _whole(scl, "scl", 11)
    return Seen(
        np.isin(classes, rules.cloud) & ~unknown,
        np.isin(classes, rules.shadow) & ~unknown,
        np.isin(classes, rules.snow) & ~unknown,
        np.isin(classes, (*rules.gap, *rules.saturated)) | unknown,
        "SCL",
    )


def seen_by_qa60(qa60: ArrayLike) -> Seen:
    """Read the cloud band of Sentinel-2 level 1C; it knows neither shadow nor snow.

    Parameters
    ----------
    qa60 : (...) int
        NaN counts as a gap.
    """
    flags, unknown = _whole(qa60, "qa60", 0xFFFF)
    nowhere = np.zeros(flags.shape, dtype=bool)
    return Seen(_any_bit(flags, cloud_rules().qa60.cloud) & ~unknown, nowhere, nowhere, unknown, "QA60")


def seen_by_qa_pixel(qa_pixel: ArrayLike) -> Seen:
    """Read the quality band of Landsat Collection 2.

    Parameters
    ----------
    qa_pixel : (...) int
        NaN counts as a gap.
    """
    rules = cloud_rules().qa_pixel
    flags, unknown = _whole(qa_pixel, "qa_pixel", 0xFFFF)
    return Seen(
        _any_bit(flags, rules.cloud) & ~unknown,
        _any_bit(flags, rules.shadow) & ~unknown,
        _any_bit(flags, rules.snow) & ~unknown,
        _any_bit(flags, rules.gap) | unknown,
        "QA_PIXEL",
    )


def seen_by_thresholds(green: ArrayLike, red: ArrayLike, nir: ArrayLike, shortwave: ArrayLike) -> Seen:
    """Test for thick cloud and snow where a scene has no mask of its own; no shadow is found.

    Parameters
    ----------
    green, red, nir, shortwave : (...) float, reflectance
        Sentinel-2 B03, B04, B08 and B11, at the top of the atmosphere or below.

    References
    ----------
    Braaten, Cohen & Yang (2015); Hall, Riggs & Salomonson (1995). See ``clouds.yaml``.
    """
    test = cloud_rules().threshold_test
    g, r, n, s = (np.asarray(each, np.float64) for each in (green, red, nir, shortwave))
    gap = ~(np.isfinite(g) & np.isfinite(r) & np.isfinite(n) & np.isfinite(s))
    bright = (g > test.bright_green) | ((g > test.hazy_green) & (g > r))
    # (g - s) / (g + s) > k without the division
    snow = ((g - s) > test.least_snow_index * (g + s)) & (n > test.least_snow_infrared)
    return Seen(
        bright & (s > test.least_shortwave) & ~snow & ~gap,
        np.zeros(gap.shape, dtype=bool),
        snow & ~gap,
        gap,
        "threshold test",
    )


def _whole(values: ArrayLike, name: str, largest: int) -> tuple[NDArray[np.int64], Mask]:
    """Return classes or flags as integers, with 0 for gaps, and where the gaps are."""
    given = np.asarray(values)
    unknown = ~np.isfinite(given) if given.dtype.kind == "f" else np.zeros(given.shape, dtype=bool)
    numbers = np.where(unknown, 0, given).astype(np.int64)
    if (numbers != np.where(unknown, 0, given)).any() or ((numbers < 0) | (numbers > largest)).any():
        raise InvalidInput(
            "not classes or flags",
            where=name,
            expected=f"whole numbers from 0 to {largest}",
            got=f"{numbers.min()} to {numbers.max()}",
        )
    return numbers, unknown


def _any_bit(flags: NDArray[np.int64], bits: tuple[int, ...]) -> Mask:
    return np.asarray((flags & sum(1 << bit for bit in bits)) != 0)
