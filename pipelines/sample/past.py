"""A made-up month of the sample's slopes, for verification to have something to show: it proves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from data_catalog.store import Feature, Store
from minegis.clock import format_utc
from minegis.levels import Origin
from minegis.reading import Quality, Reading

SOURCE = "sample: made-up month"
DAYS = 30
STEP = timedelta(hours=6)
_ASSETS, _WARNED, _UNSEEN, _FALSE = 120, 20, 6, 7
_GRADES = ("near_miss", "near_miss", "ordinary", "ordinary", "larger", "major")
_RAMP = (55.0, 55.0, 28.0, 28.0, 14.0, 14.0, 14.0, 7.0, 7.0, 7.0)  # mm/d, the last step first
_VARIABLE = "displacement_rate"


def make_past(site: Store, past: Store, until: datetime, seed: int) -> None:
    """Fill an empty store with slopes of the site, a month of readings, and incidents; all of it made up.

    Parameters
    ----------
    site : Store
        Read for slopes and regions.
    past : Store
        Empty.
    until : datetime
        The end of the month.
    seed : int
    """
    rng = np.random.default_rng([seed, 6])
    slopes = site.features("slope", limit=_ASSETS)
    steps = int(timedelta(days=DAYS) / STEP) + 1
    rates = np.abs(rng.normal(0.8, 0.4, (len(slopes), steps)))
    order = rng.permutation(len(slopes))[: _WARNED + _UNSEEN + _FALSE]
    incidents = []
    for number, row in enumerate(order.tolist()):
        when = int(rng.integers(len(_RAMP) + 4, steps - 4))
        if not _WARNED <= number < _WARNED + _UNSEEN:
            _ramp(rates[row], when, number, rng)
        if number < _WARNED + _UNSEEN:
            at = until - STEP * (steps - 1 - when) + timedelta(hours=float(rng.uniform(0.5, 5.5)))
            incidents.append(_incident(slopes[row], number, at, rng))
    past.upsert("region", site.features("region", where={"level": "province"}))
    past.upsert("slope", slopes)
    past.upsert("incident", incidents)
    past.add_readings(_readings(slopes, rates, until))


def _ramp(
    rates: np.ndarray[tuple[int], np.dtype[np.float64]], when: int, number: int, rng: np.random.Generator
) -> None:
    """Let a slope move ever faster until `when`; some stop short of orange, some begin late."""
    length = int(rng.integers(2, len(_RAMP) + 1))
    skip = 4 if number % 4 == 3 else 0
    shape = _RAMP[skip : skip + length]
    for back, rate in enumerate(shape):
        rates[when - back] = rate * float(rng.uniform(1.0, 1.15))


def _incident(slope: Feature, number: int, at: datetime, rng: np.random.Generator) -> Feature:
    properties = {
        "name": f"示例·{slope.properties.get('name') or slope.id}事件",
        "occurred_at": format_utc(at.replace(microsecond=0)),
        "kind": "slope_failure",
        "grade": _GRADES[int(rng.integers(len(_GRADES)))],
        "duration_hours": float(rng.integers(6, 25)),
        "asset_dataset": "slope",
        "asset_id": slope.id,
        "note": "虚构 Made up",
    }
    return Feature(
        f"sample-incident-{number + 1:04d}", properties, slope.geometry.centroid, Origin.SAMPLE, SOURCE
    )


def _readings(
    slopes: Sequence[Feature], rates: np.ndarray[tuple[int, int], np.dtype[np.float64]], until: datetime
) -> list[Reading]:
    last = rates.shape[1] - 1
    return [
        Reading(
            point_id=f"{slope.id}-{_VARIABLE}-past",
            dataset="slope",
            asset_id=slope.id,
            variable=_VARIABLE,
            value=round(float(rate), 2),
            observed_at=until - STEP * (last - step),
            quality=Quality.GOOD,
            origin=Origin.SAMPLE,
            source=SOURCE,
        )
        for slope, row in zip(slopes, rates, strict=True)
        for step, rate in enumerate(row)
    ]
