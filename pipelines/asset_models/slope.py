"""What the models say of slopes: the face against its design, rain on wet ground, movement, shaking."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing
from pipelines.asset_models import AssetInputs, Forecast
from pipelines.asset_models.members import upper_median
from pipelines.asset_models.movement import failure_times
from pipelines.asset_models.nodes import lacking, modelled, numbers
from pipelines.asset_models.series import Series, series_of
from pipelines.asset_models.slope_safety import UNKNOWN_GROUND, face_nodes, face_safety, study_nodes
from risk_models.seismic.newmark import displacement_tier, jibson_2007_acceleration
from risk_models.slopes.antecedent_rain import antecedent_precipitation
from risk_models.slopes.infinite_slope import critical_acceleration
from risk_models.slopes.rain_alert import pair_tier, rain_alert_limits, running_rain
from risk_models.warning.points import stale_after

Floats = NDArray[np.float64]

_PAIR = Label("雨强与前期雨量", "Intensity and antecedent rain")
_PAIR_AHEAD = Label("预报雨强与前期雨量", "Forecast intensity and antecedent rain")
_PGA = Label("峰值加速度", "Peak ground acceleration")
_NEWMARK = Label("地震永久位移", "Displacement in the earthquake")
_NO_RAIN = Label("无小时雨量或前期逐日雨量不全", "No hourly rain, or days of rain missing before")
_DAY_TOLERANCE = 0.125  # d; a daily sum three hours off is still that day's


def evidence(inputs: AssetInputs) -> list[tuple[Evidence, ...]]:
    """Return the nodes of each slope, in the order of the features."""
    safety = face_safety(inputs)
    groups = [face_nodes(inputs, safety), study_nodes(inputs), *_rain(inputs), failure_times(inputs)]
    groups.append(_shaken(inputs, safety))
    return [tuple(node for node in nodes if node is not None) for nodes in zip(*groups, strict=True)]


def _rain(inputs: AssetInputs) -> tuple[list[Evidence | None], list[Evidence | None]]:
    limits = rain_alert_limits().pair
    wet = _antecedent(inputs)
    hourly = series_of(inputs.readings, "rain_1h", inputs.at)
    patience = stale_after("rain_1h", inputs.rules.monitoring)
    burst = hourly.worst(hourly.latest(patience), len(inputs.features))
    now = pair_tier(burst, wet, limits.intensity_1h, limits.antecedent)
    return _pairs("rain_pair", _PAIR, inputs, burst, wet, now, "rain_1h"), _ahead(inputs, wet)


def _ahead(inputs: AssetInputs, wet: Floats) -> list[Evidence | None]:
    """The rain to come: the tier that at least half of the members reach."""
    if inputs.forecast is None:
        return [None] * len(inputs.features)
    limits = rain_alert_limits().pair
    bursts = _forecast_bursts(inputs.forecast)
    tiers = pair_tier(bursts, wet, limits.intensity_3h, limits.antecedent)
    tier, burst = (upper_median(values) for values in (tiers, bursts))
    return _pairs("rain_pair_forecast", _PAIR_AHEAD, inputs, burst, wet, tier, inputs.forecast.source)


def _forecast_bursts(forecast: Forecast) -> Floats:
    """Largest rain of three hours of each member and asset, NaN where it does not speak."""
    hours = np.moveaxis(forecast.intensity, 1, 0)
    sums = running_rain(np.maximum(hours, 0.0), 3)
    known = ~np.isnan(sums)
    most = np.where(known, sums, -np.inf).max(axis=0, initial=-np.inf)
    return np.where(known.any(axis=0), most, np.nan)


def _antecedent(inputs: AssetInputs) -> Floats:
    """Antecedent precipitation of each asset, NaN where a day of it is not known."""
    limits = rain_alert_limits().pair
    series = series_of(inputs.readings, "rain_24h", inputs.at)
    days = np.stack([_day(series, day) for day in range(1, limits.days + 1)])
    return series.worst(antecedent_precipitation(days, limits.decay), len(inputs.features))


def _day(series: Series, day: int) -> Floats:
    """Rain of the 24 h that ended so many days ago, (m,): of the reading nearest to then."""
    away = np.where(np.isnan(series.value), np.inf, np.abs(series.time + day))
    if not away.shape[0]:
        return np.full(away.shape[1], np.nan)
    nearest, columns = away.argmin(axis=0), np.arange(away.shape[1])
    return np.where(away[nearest, columns] <= _DAY_TOLERANCE, series.value[nearest, columns], np.nan)


def _pairs(
    key: str, label: Label, inputs: AssetInputs, burst: Floats, wet: Floats, tiers: Floats, source: str
) -> list[Evidence | None]:
    limits, now = rain_alert_limits().pair, format_utc(inputs.at)
    nodes: list[Evidence | None] = []
    for intensity, index, tier in zip(burst, wet, tiers, strict=True):
        used = tuple(
            Evidence(f"{key}/{name}", about, round(float(value), 3), "mm", valid_time=now, source=source)
            for name, about, value in (
                ("intensity", Label("短时雨量", "Rain of the burst"), intensity),
                ("antecedent", Label("前期有效降雨量", "Antecedent precipitation"), index),
            )
            if np.isfinite(value)
        )
        if np.isnan(tier):
            nodes.append(lacking(key, label, "pair_tier", _NO_RAIN, valid_time=now, inputs=used))
        else:
            nodes.append(
                modelled(
                    key,
                    label,
                    "pair_tier",
                    float(intensity),
                    "mm",
                    tier,
                    provenance=limits.provenance,
                    valid_time=now,
                    source=source,
                    inputs=used,
                )
            )
    return nodes


def _shaken(inputs: AssetInputs, safety: Floats) -> list[Evidence | None]:
    """Displacement in the strongest shaking of the cells; nothing is said where nothing shook."""
    pga = inputs.cells.get("pga")
    if pga is None:
        return [None] * len(inputs.features)
    angle = numbers(inputs.features, "slope_angle")
    moved = jibson_2007_acceleration(pga, critical_acceleration(safety, angle))
    tiers = displacement_tier(moved)
    now, source = format_utc(inputs.at), inputs.sources.get("pga", "")
    nodes: list[Evidence | None] = []
    for shaking, displacement, tier in zip(pga, moved, tiers, strict=True):
        if not shaking > 0:
            nodes.append(None)
            continue
        felt = (
            Evidence(
                "pga", _PGA, round(float(shaking), 6), "g", method="raster", valid_time=now, source=source
            ),
        )
        if np.isnan(displacement):
            nodes.append(
                lacking(
                    "newmark_displacement",
                    _NEWMARK,
                    "jibson_2007_acceleration",
                    UNKNOWN_GROUND,
                    state=EvidenceState.MISSING,
                    valid_time=now,
                    inputs=felt,
                )
            )
            continue
        nodes.append(
            modelled(
                "newmark_displacement",
                _NEWMARK,
                "jibson_2007_acceleration",
                float(displacement),
                "cm",
                tier,
                standing=Standing.ILLUSTRATIVE,
                valid_time=now,
                source=source,
                inputs=felt,
            )
        )
    return nodes
