"""Weather: signals of heavy rain, and what provinces let them ask of an asset."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.levels import Origin, Tier
from minegis.reading import Quality, Reading
from risk_models.rule_package import load_rules
from risk_models.warning.asset import AssetRecord
from risk_models.warning.weather import (
    gauged_rain_evidence,
    rain_amounts,
    rain_signal_evidence,
    weather_warning_evidence,
)

NATIONAL, LIAONING = load_rules("national"), load_rules("liaoning")
AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
POND, PIT = AssetRecord("tsf", "T1", "T1", {}), AssetRecord("slope", "S1", "S1", {})
WINDOWS = (3.0, 6.0, 12.0)


def hourly(
    *amounts: float, minutes: int = 60, point: str = "g1", quality: Quality = Quality.GOOD
) -> list[Reading]:
    """Readings of the last hour each, the newest last and at AT."""
    return [
        Reading(
            point,
            "tsf",
            "T1",
            "rain_1h",
            amount,
            AT - timedelta(minutes=minutes * back),
            quality,
            Origin.OPERATOR,
            "t",
        )
        for back, amount in enumerate(reversed(amounts))
    ]


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        # DOMAIN vector 68: 52 mm in 6 h; 51 in 3 h; 101 in 3 h; 49.9 in 12 h.
        ({6.0: 52.0}, Tier.YELLOW),
        ({3.0: 51.0}, Tier.ORANGE),
        ({3.0: 101.0}, Tier.RED),
        ({12.0: 49.9}, Tier.NONE),
        ({12.0: 50.0}, Tier.BLUE),
        ({3.0: float("nan"), 6.0: float("nan")}, Tier.NONE),
        ({}, Tier.NONE),
    ],
)
def test_rain_signals_follow_the_rule_of_2007(amounts: dict[float, float], expected: Tier) -> None:
    assert NATIONAL.rain_signals.tier(amounts) is expected


@given(*(st.floats(0, 300) for _ in range(6)))
def test_more_rain_never_makes_a_milder_signal(
    a: float, b: float, c: float, d: float, e: float, f: float
) -> None:
    less = dict(zip(WINDOWS, (a, b, c), strict=True))
    more = {hours: amount + extra for (hours, amount), extra in zip(less.items(), (d, e, f), strict=True)}
    for rules in (NATIONAL, LIAONING):
        (before,) = rain_signal_evidence(POND, rules, less)
        (after,) = rain_signal_evidence(POND, rules, more)
        assert after.tier >= before.tier


def test_windows_end_now_and_take_the_wettest_gauge() -> None:
    # gauge 1: 4 h of 20 mm then 2 dry: 3 h 20, 6 h 80, 12 h 80; gauge 2: 30 mm in the last hour
    wet = hourly(20, 20, 20, 20, 0, 0)
    assert rain_amounts([*wet, *hourly(30, point="g2")], WINDOWS, AT) == {3.0: 30.0, 6.0: 80.0, 12.0: 80.0}


@pytest.mark.parametrize(
    "late",
    [timedelta(0), timedelta(seconds=1), timedelta(minutes=5), timedelta(minutes=59), timedelta(hours=1)],
)
def test_no_hour_is_lost_because_the_question_comes_between_two_readings(late: timedelta) -> None:
    # 20, 10, 40, 5, 5, 7 mm: the last three hours 17, the last six 87
    readings = hourly(20, 10, 40, 5, 5, 7)
    assert rain_amounts(readings, [3.0, 6.0], AT + late) == {3.0: 17.0, 6.0: 87.0}


def test_a_reading_that_comes_a_second_early_or_late_counts() -> None:
    slips = (0, 1, -1, 1, 0, -1)
    readings = [
        replace(each, observed_at=each.observed_at + timedelta(seconds=slip))
        for each, slip in zip(hourly(20, 10, 40, 5, 5, 7), slips, strict=True)
    ]
    assert rain_amounts(readings, [3.0, 6.0], AT + timedelta(seconds=1)) == {3.0: 17.0, 6.0: 87.0}
    late = [replace(each, observed_at=each.observed_at + timedelta(seconds=40)) for each in hourly(7, 8)]
    assert rain_amounts(late, [3.0], AT + timedelta(hours=1, seconds=60)) == {3.0: 15.0}


def test_a_gauge_that_fell_silent_long_ago_says_nothing() -> None:
    assert rain_amounts(hourly(7), WINDOWS, AT + timedelta(hours=11, minutes=59)) == dict.fromkeys(WINDOWS, 0)
    assert rain_amounts(hourly(7), WINDOWS, AT + timedelta(hours=12)) == {}


def test_hours_that_overlap_are_counted_once() -> None:
    # every ten minutes the rain of the last hour, 12 mm each: three whole hours make 36 mm
    assert rain_amounts(hourly(*[12.0] * 30, minutes=10), [3.0], AT) == {3.0: 36.0}


def test_rain_of_bad_quality_of_the_future_or_of_long_ago_does_not_count() -> None:
    failed = hourly(90, quality=Quality.FAIL)
    future = [
        Reading("g1", "tsf", "T1", "rain_1h", 90, AT + timedelta(hours=1), Quality.GOOD, Origin.OPERATOR, "t")
    ]
    old = [
        Reading(
            "g1", "tsf", "T1", "rain_1h", 90, AT - timedelta(hours=13), Quality.GOOD, Origin.OPERATOR, "t"
        )
    ]
    assert rain_amounts([*failed, *future, *old], WINDOWS, AT) == {}
    assert gauged_rain_evidence(POND, [*failed, *future, *old], NATIONAL, AT) == ()


def test_a_yellow_signal_asks_for_yellow_nationally_and_for_nothing_of_a_pond_in_liaoning() -> None:
    readings = hourly(10, 10, 10, 10, 10, 2)  # 52 mm in 6 h
    (national,) = gauged_rain_evidence(POND, readings, NATIONAL, AT)
    (liaoning,) = gauged_rain_evidence(POND, readings, LIAONING, AT)
    assert (national.tier, liaoning.tier) == (Tier.YELLOW, Tier.NONE)
    assert "project default" in national.provenance
    assert liaoning.clause == "辽安监管一〔2015〕129号 二（一）"
    assert liaoning.inputs[0].value == "22 mm / 3 h, 52 mm / 6 h, 52 mm / 12 h"


@pytest.mark.parametrize("kind", ["rainstorm", "typhoon", "thunderstorm_gale"])
@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        (Tier.NONE, Tier.NONE),
        (Tier.BLUE, Tier.NONE),
        (Tier.YELLOW, Tier.NONE),
        (Tier.ORANGE, Tier.ORANGE),
        (Tier.RED, Tier.RED),
    ],
)
def test_liaoning_warns_ponds_of_three_kinds_of_weather_in_two_colours(
    kind: str, colour: Tier, expected: Tier
) -> None:
    (node,) = weather_warning_evidence(POND, LIAONING, kind, colour)
    assert node.tier is expected
    slope = weather_warning_evidence(PIT, LIAONING, kind, colour)
    assert [one.tier for one in slope] == ([colour] if kind == "rainstorm" else [])


def test_every_colour_of_a_geological_warning_asks_for_itself() -> None:
    for colour in Tier:
        (node,) = weather_warning_evidence(PIT, NATIONAL, "geohazard", colour)
        assert node.tier is colour
