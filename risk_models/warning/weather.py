"""What the weather asks of an asset: signals of heavy rain from its gauges, and official warnings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import Label, Tier
from minegis.reading import Reading
from risk_models.rule_package import RulePackage
from risk_models.warning.asset import AssetRecord
from risk_models.warning.tiers import shown_provenance

GAUGE = "rain_1h"
KEY = "weather/"
RAINSTORM = "rainstorm"
_HOUR = timedelta(hours=1)
_JITTER = timedelta(minutes=2)  # by which hourly readings may come early or late
_RECENT = _HOUR + _JITTER  # the next reading is not due yet


def rain_amounts(readings: Iterable[Reading], hours: Iterable[float], at: datetime) -> dict[float, float]:
    """Return the rain of the last hours at the wettest gauge, from readings of one hour each.

    A window ends at the newest reading of its gauge while the next one is not due, so that no hour is
    cut off because the question comes between two readings. An hour that was not heard counts as dry: the
    amount is what has fallen at least. Readings that overlap (a gauge that tells every ten minutes of the
    last hour) are counted once; clocks may be two minutes off.

    Parameters
    ----------
    readings : iterable of Reading
        Of one asset, any variables; those of `rain_1h` with usable quality count.
    hours : iterable of float, h
        Lengths of the windows.

    Returns
    -------
    dict of float, mm
        Empty when no gauge was heard in the longest window.
    """
    windows = sorted(set(hours))
    gauges: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.variable != GAUGE or not reading.quality.usable or reading.value is None:
            continue
        if at - timedelta(hours=windows[-1]) - _RECENT < reading.observed_at <= at:
            gauges[reading.point_id].append(reading)
    found: dict[float, float] = {}
    for told in gauges.values():
        newest = max(reading.observed_at for reading in told)
        if at - newest >= timedelta(hours=windows[-1]):
            continue
        end = newest if at - newest <= _RECENT else at
        for window in windows:
            amount = _sum_of_hours(told, end - timedelta(hours=window))
            found[window] = max(found.get(window, 0.0), amount)
    return found


def _sum_of_hours(told: Sequence[Reading], since: datetime) -> float:
    """Return the sum of readings that do not overlap, from the newest back, begun after `since`."""
    total, before = 0.0, None
    for reading in sorted(told, key=lambda one: one.observed_at, reverse=True):
        begun = reading.observed_at - _HOUR
        if begun >= since - _JITTER and (before is None or reading.observed_at <= before + _JITTER):
            total, before = total + (reading.value or 0.0), begun
    return round(total, 6)


def rain_signal_evidence(
    asset: AssetRecord,
    rules: RulePackage,
    amounts: Mapping[float, float],
    *,
    valid_time: str = "",
    source: str = "",
    inputs: tuple[Evidence, ...] = (),
) -> tuple[Evidence, ...]:
    """Return a node for what the rain asks of an asset by the signal that its amounts make.

    Parameters
    ----------
    amounts : mapping of float, h to float, mm
        By the length of the window; from gauges (`rain_amounts`), rasters or a forecast.
    """
    if not amounts:
        return ()
    signals = rules.rain_signals
    colour = signals.tier(amounts)
    told = ", ".join(f"{amount:g} mm / {hours:g} h" for hours, amount in sorted(amounts.items()))
    window = signals.windows.get(colour)
    signal = Evidence(
        key="rain_signal",
        label=Label(signals.label.zh, signals.label.en),
        value=told,
        method=rules.method,
        clause=signals.clause,
        provenance=shown_provenance(signals.provenance),
        threshold=f"≥ {window.amount:g} mm / {window.hours:g} h" if window else "",
        valid_time=valid_time,
        source=source,
        note=Label(f"信号{colour.label.zh}", f"Signal: {colour.label.en.lower()}"),
        inputs=inputs,
    )
    return weather_warning_evidence(
        asset, rules, RAINSTORM, colour, valid_time=valid_time, source=source, inputs=(signal,)
    )


def gauged_rain_evidence(
    asset: AssetRecord,
    readings: Iterable[Reading],
    rules: RulePackage,
    at: datetime,
    *,
    inputs: tuple[Evidence, ...] = (),
) -> tuple[Evidence, ...]:
    """Return what the asset's own rain gauges ask for now; nothing where none was heard."""
    amounts = rain_amounts(readings, [each.hours for each in rules.rain_signals.windows.values()], at)
    source = f"{asset.dataset}/{asset.id} · {GAUGE}"
    return rain_signal_evidence(
        asset, rules, amounts, valid_time=format_utc(at), source=source, inputs=inputs
    )


def weather_warning_evidence(
    asset: AssetRecord,
    rules: RulePackage,
    kind: str,
    colour: Tier,
    *,
    valid_time: str = "",
    source: str = "",
    inputs: tuple[Evidence, ...] = (),
) -> tuple[Evidence, ...]:
    """Return a node for each rule that a warning of a kind and colour meets.

    Parameters
    ----------
    kind : str
        As the rules name it: ``rainstorm``, ``geohazard``, ``typhoon`` …
    colour : Tier
        Of the warning, not of the asset.
    """
    return tuple(
        Evidence(
            key=f"{KEY}{name}",
            label=Label(rule.label.zh, rule.label.en),
            value=colour.label.zh,
            tier=rule.tier(colour),
            method=rules.method,
            clause=rule.clause,
            provenance=shown_provenance(rule.provenance),
            valid_time=valid_time,
            source=source,
            inputs=inputs,
        )
        for name, rule in rules.weather_warnings.items()
        if rule.kind == kind and asset.dataset in rule.datasets
    )
