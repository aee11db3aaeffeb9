"""Steps of satellite scenes for the engine: indices of what was seen, backscatter, its change, movement."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from minegis.errors import InvalidInput
from pipelines.engine import Step
from pipelines.steps.backscatter import (
    backscatter_change,
    backscatter_rules,
    to_db,
    without_speckle,
)
from pipelines.steps.clouds import (
    Seen,
    seen_by_qa60,
    seen_by_qa_pixel,
    seen_by_scene_classification,
    seen_by_thresholds,
)
from pipelines.steps.insar_inversion import PhaseSign, invert
from pipelines.steps.insar_network import Network, close_triplets, wrongly_unwrapped
from pipelines.steps.optical import bare_soil_index, mndwi, ndvi, ndwi, reflectance

Floats32 = NDArray[np.float32]
_MASKS: Mapping[str, Callable[[Floats32], Seen]] = {
    "scl": seen_by_scene_classification,
    "qa60": seen_by_qa60,
    "qa_pixel": seen_by_qa_pixel,
}
_INDICES = ("ndvi", "ndwi", "mndwi", "bare_soil_index")


def optical_indices(
    green: Floats32,
    red: Floats32,
    nir: Floats32,
    blue: Floats32 | None = None,
    shortwave: Floats32 | None = None,
    quality: Floats32 | None = None,
    *,
    product: str,
    mask: str,
    outputs: Collection[str],
) -> Mapping[str, NDArray[np.float64]]:
    """Return the indices that are wanted, NaN where the ground was not seen.

    Parameters
    ----------
    green, red, nir, blue, shortwave : (rows, columns) float32
        Digital numbers; those that no wanted index needs may be left out.
    quality : (rows, columns) float32
        The scene's own mask, needed for ``scl``, ``qa60`` and ``qa_pixel``.
    product : str
        Name in ``optical.yaml``.
    mask : str
        ``scl``, ``qa60``, ``qa_pixel``, or ``thresholds`` where the scene has none.
    """
    given = {"green": green, "red": red, "nir": nir, "blue": blue, "shortwave": shortwave}
    bands = {name: reflectance(band, product) for name, band in given.items() if band is not None}
    clear = _seen(mask, quality, bands).clear
    needs: dict[str, tuple[Callable[..., NDArray[np.float64]], tuple[str, ...]]] = {
        "ndvi": (ndvi, ("red", "nir")),
        "ndwi": (ndwi, ("green", "nir")),
        "mndwi": (mndwi, ("green", "shortwave")),
        "bare_soil_index": (bare_soil_index, ("blue", "red", "nir", "shortwave")),
    }
    made = {}
    for name in outputs:
        index, names = needs[name]
        made[name] = np.where(clear, index(*(_band(bands, each, name) for each in names)), np.nan)
    return made


def filtered_backscatter(power: Floats32, *, looks: float) -> NDArray[np.float64]:
    """Return backscatter without speckle, dB.

    Parameters
    ----------
    power : (rows, columns) float32, 1
    looks : float
    """
    return to_db(without_speckle(power, looks))


def change_of_backscatter(
    before: Floats32, after: Floats32, *, looks: float
) -> Mapping[str, NDArray[np.float64]]:
    """Return the ratio of two dates, dB, and its p-value."""
    found = backscatter_change(before, after, looks)
    return {"backscatter_change": found.ratio, "change_p_value": found.p_value}


def line_of_sight_movement(
    phase: Floats32,
    coherence: Floats32 | None = None,
    *,
    pairs: Sequence[Sequence[str]],
    levels: Sequence[float],
    wavelength: float,
    grows_with: PhaseSign,
    outputs: Collection[str],
) -> Mapping[str, NDArray[np.floating]]:
    """Return velocity, its uncertainty and its quality from interferograms measured against `levels`.

    Parameters
    ----------
    phase, coherence : (m, rows, columns) float32, rad and 1
    pairs : (m, 2) str
        Dates.
    levels : (m,) float, rad
        Phase of the reference area in each interferogram.
    wavelength, grows_with
        As of `insar_inversion.invert`.
    outputs : collection of str
        May name ``displacement_<date>`` of any epoch besides the step's own.
    """
    network = Network(tuple((date.fromisoformat(a), date.fromisoformat(b)) for a, b in pairs))
    measured = phase - np.asarray(levels, np.float64)[:, np.newaxis, np.newaxis]
    closure = close_triplets(measured, network)
    found = invert(
        measured,
        network,
        wavelength=wavelength,
        grows_with=grows_with,
        coherence=coherence,
        distrusted=wrongly_unwrapped(closure, network),
    )
    made: dict[str, NDArray[np.floating]] = {
        "los_velocity": found.velocity,
        "los_velocity_sigma": found.sigma,
        "temporal_coherence": found.temporal_coherence,
        "unwrapping_errors": closure.errors,
    }
    series = {
        f"displacement_{epoch:%Y%m%d}": each for epoch, each in zip(network.epochs, found.series, strict=True)
    }
    return {name: (made | series)[name] for name in outputs}


def _seen(mask: str, quality: Floats32 | None, bands: Mapping[str, NDArray[np.float64]]) -> Seen:
    if mask == "thresholds":
        return seen_by_thresholds(
            *(_band(bands, each, mask) for each in ("green", "red", "nir", "shortwave"))
        )
    if mask not in _MASKS:
        raise InvalidInput(
            "no such mask", where="mask", expected=", ".join((*_MASKS, "thresholds")), got=mask
        )
    if quality is None:
        raise InvalidInput("a mask without its band", where="mask", expected="input quality", got=mask)
    return _MASKS[mask](quality)


def _band(bands: Mapping[str, NDArray[np.float64]], name: str, what: str) -> NDArray[np.float64]:
    if name not in bands:
        raise InvalidInput("a band is missing", where=what, expected=name, got=", ".join(bands))
    return bands[name]


OPTICAL = Step(
    name="optical_indices",
    version="1",
    function=optical_indices,
    outputs={name: name for name in _INDICES},
    chooses=True,
    arrays=4.0,
)
BACKSCATTER = Step(
    name="filtered_backscatter",
    version="1",
    function=filtered_backscatter,
    outputs={"backscatter": "backscatter"},
    depth=backscatter_rules().filter.window // 2,
    arrays=12.0,
)
CHANGE = Step(
    name="backscatter_change",
    version="1",
    function=change_of_backscatter,
    outputs={"backscatter_change": "backscatter_change", "change_p_value": "change_p_value"},
    depth=backscatter_rules().change.window // 2,
    arrays=8.0,
)
MOVEMENT = Step(
    name="line_of_sight_movement",
    version="1",
    function=line_of_sight_movement,
    outputs={
        name: name
        for name in ("los_velocity", "los_velocity_sigma", "temporal_coherence", "unwrapping_errors")
    },
    chooses=True,
    arrays=8.0,
)
STEPS = (OPTICAL, BACKSCATTER, CHANGE)
