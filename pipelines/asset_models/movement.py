"""Time of failure of moving slopes and pits, from the rates that their points measure."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing, Tier
from pipelines.asset_models import AssetInputs
from pipelines.asset_models.nodes import lacking, modelled
from pipelines.asset_models.series import Series, series_of
from risk_models.cards import card
from risk_models.slopes.displacement import (
    FailureForecast,
    Outlook,
    acceleration_onset,
    displacement_limits,
    inverse_velocity,
)
from risk_models.warning.points import stale_after

type Ranks = np.ndarray[tuple[int], np.dtype[np.int_]]

KEY = "inverse_velocity"
_FORECAST = 4  # rank of a point with a forecast
_FAR = 1e5  # d: later than that is never
_LABEL = Label("速度倒数法失稳时间", "Time of failure by inverse velocity")
_REASONS = {
    Outlook.TOO_FEW: Label("加速后的有效读数太少", "Too few usable readings since the acceleration began"),
    Outlook.SUSPECT: Label("加速后有存疑读数，不发布预测", "A suspect reading since the onset: no forecast"),
    Outlook.DECELERATING: Label("速度正在减小", "The movement slows down"),
    Outlook.POOR_FIT: Label("拟合优度不足，不发布预测", "The fit is too poor for a forecast"),
}
_CREEP = Label("未见加速", "No acceleration")
_NO_POINT = Label("无位移速率测点", "No point measures a displacement rate")
_FEW = Label("读数太少，不能判别加速", "Too few readings to see an acceleration")
_OLD = Label("最近的位移速率已过时", "The last displacement rate is too old")


def failure_times(inputs: AssetInputs) -> list[Evidence]:
    """Return a node for each asset: its point that is forecast to fail first, else why there is none."""
    series = series_of(inputs.readings, "displacement_rate", inputs.at)
    moving = np.abs(series.value)
    onset = acceleration_onset(moving)
    forecast = inverse_velocity(series.time, moving, series.quality, onset)
    patience = stale_after("displacement_rate", inputs.rules.monitoring)
    current = ~np.isnan(series.latest(patience))
    gates = displacement_limits().inverse_velocity
    enough = (~np.isnan(moving)).sum(axis=0) >= gates.long_window + gates.persistence - 1
    rank = np.select(
        [~current, ~enough, np.isnan(onset), forecast.outlook != Outlook.FORECAST], [0, 1, 2, 3], _FORECAST
    )
    first: dict[int, int] = {}
    for column, owner in enumerate(series.owner.tolist()):
        best = first.get(owner)
        if best is None or _urgency(rank, forecast, column) > _urgency(rank, forecast, best):
            first[owner] = column
    return [
        _node(series, forecast, rank, first[asset], inputs)
        if asset in first
        else lacking(KEY, _LABEL, KEY, _NO_POINT, valid_time=format_utc(inputs.at))
        for asset in range(len(inputs.features))
    ]


def _urgency(rank: Ranks, forecast: FailureForecast, column: int) -> tuple[int, int, float]:
    """Order the points of an asset: what is known, then the tier that counts, then the sooner one."""
    if rank[column] < _FORECAST:
        return int(rank[column]), 0, 0.0
    days = float(forecast.time[column])
    return int(rank[column]), int(_standing(forecast, column).cap(_tier(days))), -days


def _tier(days: float) -> Tier:
    return Tier(sum(days <= limit for limit in displacement_limits().lead_time.days.values()))


def _standing(forecast: FailureForecast, column: int) -> Standing:
    """Return illustrative where the time has no upper end: a steady rate explains the readings as well."""
    return card(KEY).standing if forecast.latest[column] < _FAR else Standing.ILLUSTRATIVE


def _node(
    series: Series,
    forecast: FailureForecast,
    rank: Ranks,
    column: int,
    inputs: AssetInputs,
) -> Evidence:
    now = format_utc(inputs.at)
    source = f"{series.point[column]} · {series.source[column]}"
    if rank[column] < 2:
        note, state = ((_OLD, EvidenceState.STALE), (_FEW, EvidenceState.INSUFFICIENT))[int(rank[column])]
        return lacking(KEY, _LABEL, KEY, note, state=state, valid_time=now)
    outlook = Outlook(int(forecast.outlook[column]))
    if rank[column] == 2 or outlook is Outlook.DECELERATING:
        note = _CREEP if rank[column] == 2 else _REASONS[outlook]
        return modelled(KEY, _LABEL, KEY, np.nan, "d", Tier.NONE, valid_time=now, source=source, note=note)
    if outlook is not Outlook.FORECAST:
        return lacking(
            KEY,
            _LABEL,
            KEY,
            _REASONS[outlook],
            state=EvidenceState.INSUFFICIENT,
            valid_time=now,
            inputs=_fit(forecast, column),
        )
    days = max(float(forecast.time[column]), 0.0)
    limits = displacement_limits().lead_time
    tier, standing = _tier(days), _standing(forecast, column)
    earliest, latest = (
        format_utc(inputs.at + timedelta(days=max(float(edge[column]), 0.0))) if edge[column] < _FAR else "∞"
        for edge in (forecast.earliest, forecast.latest)
    )
    zh, en = ("；最高只计蓝色", "; blue at most") if standing is Standing.ILLUSTRATIVE else ("", "")
    shown = tier or Tier.BLUE
    limit = limits.days[shown.name.lower()]
    return modelled(
        KEY,
        _LABEL,
        KEY,
        days,
        "d",
        tier,
        standing=standing,
        provenance=limits.provenance,
        threshold=f"{'≤' if tier else '>'} {limit:g} d",
        valid_time=now,
        source=source,
        note=Label(
            f"预测时段{earliest}至{latest}；减速假设概率{forecast.decelerating_probability[column]:.1%}{zh}",
            f"Between {earliest} and {latest}; probability that it does not accelerate "
            f"{forecast.decelerating_probability[column]:.1%}{en}",
        ),
        inputs=_fit(forecast, column),
    )


def _fit(forecast: FailureForecast, column: int) -> tuple[Evidence, ...]:
    found = (
        ("r_squared", Label("拟合优度", "Goodness of fit"), float(forecast.r_squared[column])),
        ("points", Label("拟合点数", "Points of the fit"), float(forecast.points[column])),
        (
            "decelerating_probability",
            Label("不加速的概率", "Probability that it does not accelerate"),
            float(forecast.decelerating_probability[column]),
        ),
    )
    return tuple(
        Evidence(f"{KEY}/{key}", label, round(value, 6), "1", method="inverse_velocity")
        for key, label, value in found
        if math.isfinite(value)
    )
