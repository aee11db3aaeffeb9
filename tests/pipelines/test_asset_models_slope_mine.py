"""What the models say of slopes and mines, as ready evidence."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from shapely import Point

from data_catalog.store import Feature
from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Origin, Standing, Tier
from minegis.reading import Quality, Reading
from pipelines.asset_models import AssetInputs, Forecast, mine, slope
from pipelines.asset_models.series import series_of
from risk_models.rule_package import load_rules
from risk_models.rules.references import Range
from risk_models.slopes.pit_design import uniform_face_factor_of_safety
from risk_models.warning.assessment import assess
from risk_models.warning.asset import AssetRecord

RULES = load_rules("national")
AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
GROUND = {"slope_type": "pit", "slope_height": 100.0, "slope_angle": 45.0, "cohesion": 150.0,
          "friction_angle": 35.0, "safety_class": "I"}  # fmt: skip


def feature(name: str, **properties: object) -> Feature:
    return Feature(name, {"name": name, **properties}, Point(103.5, 31.2), Origin.OPERATOR, "register.csv")


def read(dataset: str, variable: str, values: dict[float, float | None], point: str = "p",
         quality: Quality = Quality.GOOD) -> list[Reading]:  # fmt: skip
    """Readings at days before the time that is judged."""
    return [
        Reading(
            point, dataset, "a", variable, value, AT - timedelta(days=ago), quality, Origin.OPERATOR, "file"
        )
        for ago, value in values.items()
    ]


def inputs(
    features: list[Feature], readings: list[list[Reading]] | None = None, **more: object
) -> AssetInputs:
    given = {"cells": {}, "sources": {}, "forecast": None, "rules": RULES, "at": AT, **more}
    return AssetInputs(features=features, readings=readings or [[] for _ in features], **given)


def node(nodes: tuple[Evidence, ...], key: str) -> Evidence:
    (found,) = (each for each in nodes if each.key == key)
    return found


def accelerating(failure_in: float, rate: float = 0.02) -> dict[float, float]:
    """Ten days of creep and ten of 1/v falling to zero `failure_in` days from now."""
    run = {ago: 1 / (rate * (failure_in + ago)) for ago in np.arange(0, 10.0).tolist()}
    creep = dict.fromkeys(np.arange(10.0, 20).tolist(), 1 / (rate * (failure_in + 10)))
    return {**creep, **run}


def test_a_series_holds_what_each_point_said_in_order():
    readings = [
        [*read("slope", "rain_1h", {0.0: 3.0, 1.0: 2.0}), *read("slope", "rain_1h", {-1.0: 9.0}, "p")],
        read("slope", "rain_1h", {0.5: 4.0}, "q", Quality.FAIL),
        read("slope", "rain_24h", {0.5: 4.0}),
    ]
    series = series_of(readings, "rain_1h", AT)
    assert series.owner.tolist() == [0, 1]
    assert series.point == ("p", "q")
    np.testing.assert_array_equal(series.time, [[-1.0, -0.5], [0.0, np.nan]])  # nothing of the future
    np.testing.assert_array_equal(series.value, [[2.0, np.nan], [3.0, np.nan]])
    np.testing.assert_array_equal(series.latest(timedelta(hours=6)), [3.0, np.nan])
    np.testing.assert_array_equal(series.worst(np.array([3.0, np.nan]), 3), [3.0, np.nan, np.nan])
    assert series_of([[], []], "rain_1h", AT).latest(timedelta(hours=6)).shape == (0,)


def test_a_face_is_compared_with_what_its_class_requires():
    strong, weak, bare = feature("a", **GROUND), feature("b", **{**GROUND, "cohesion": 20.0}), feature("c")
    nodes = [node(each, "face_stability") for each in slope.evidence(inputs([strong, weak, bare]))]
    expected = uniform_face_factor_of_safety([150, 20], 35, 26, 100, 45)
    assert [each.value for each in nodes[:2]] == pytest.approx(expected.tolist(), abs=1e-6)
    assert expected[0] > 1.25 * 1.05 > 1.25 * 0.9 > expected[1]
    assert [each.tier for each in nodes] == [Tier.NONE, Tier.BLUE, Tier.NONE]  # illustrative: blue at most
    assert nodes[1].threshold == "< 0.9 × 1.25"
    assert nodes[1].clause == "GB 51016-2014"
    dump = feature("d", **{**GROUND, "slope_type": "dump"})
    assert node(slope.evidence(inputs([dump]))[0], "face_stability").clause == ""
    assert nodes[2].state is EvidenceState.MISSING
    assert {each.key for each in nodes[2].inputs if each.state is EvidenceState.MISSING} == {
        f"register/{name}" for name in ("cohesion", "friction_angle", "slope_height", "slope_angle")
    }


def test_a_stability_study_may_raise_more_than_a_model():
    low = feature("a", **GROUND, factor_of_safety=1.2)
    found = node(slope.evidence(inputs([low]))[0], "study_safety")
    # 1.2/1.25 = 0.96: below 0.98
    assert (found.tier, found.standing, found.threshold) == (Tier.ORANGE, Standing.VERIFIED, "< 0.98 × 1.25")
    assert "project default" in found.provenance
    assert not [each for each in slope.evidence(inputs([feature("a")]))[0] if each.key == "study_safety"]


def test_a_class_that_the_register_lacks_is_said_and_raises_only_what_every_class_would():
    bare = {key: value for key, value in GROUND.items() if key != "safety_class"}
    features = [
        feature("a", **bare, factor_of_safety=1.11),  # 1.11/1.25 = 0.888: red as class I; 1.11/1.15 = 0.965
        feature("b", **bare, factor_of_safety=1.02),  # 1.02/1.15 = 0.887: red as any class
        feature("c", **bare, factor_of_safety=1.16),  # 1.16/1.15 = 1.009: blue as class III
        feature("d", **{**GROUND, "slope_type": "dump"}, factor_of_safety=1.0),
        feature("e", **GROUND, factor_of_safety=1.11),
        feature("f", **{**GROUND, "slope_type": "dump"}, factor_of_safety=0.97),  # 0.97/1: below 0.98
        feature("g", **{**GROUND, "slope_type": "natural"}, factor_of_safety=0.89),  # 0.89/1: below 0.90
    ]
    found = [node(each, "study_safety") for each in slope.evidence(inputs(features))]
    assert [each.tier for each in found[:5]] == [Tier.ORANGE, Tier.RED, Tier.BLUE, Tier.BLUE, Tier.RED]
    assert [each.tier for each in found[5:]] == [Tier.ORANGE, Tier.RED]
    verified = [Standing.VERIFIED, Standing.VERIFIED, Standing.ILLUSTRATIVE, Standing.ILLUSTRATIVE]
    assert [each.standing for each in found] == [*verified, *[Standing.VERIFIED] * 3]
    assert found[5].threshold == "< 0.98 × 1"
    assert "limit equilibrium" in found[5].note.en
    assert [each.threshold for each in found[:3]] == ["< 0.98 × 1.15", "< 0.9 × 1.15", "< 0.98 × 1.25"]
    classes = [node(each.inputs, "register/safety_class") for each in found]
    assert [each.value for each in classes] == ["I"] * 7
    assert [each.method for each in classes] == ["default"] * 3 + ["register"] * 4
    assert classes[0].note is not None
    assert "project default" in classes[0].note.en
    assert found[3].clause == found[5].clause == ""
    face = node(slope.evidence(inputs(features[:1]))[0], "face_stability")
    assert node(face.inputs, "register/safety_class").method == "default"


def test_a_province_that_requires_more_is_what_a_slope_is_compared_with():
    # 1.3 over 1.25 is 1.04, blue; over 1.40 it is 0.929, orange
    slope_rules = RULES.slope_stability
    strict = {**slope_rules.required["I"], "gravity": Range(lower=1.35, upper=1.40)}
    stricter = slope_rules.model_copy(
        update={"required": {**slope_rules.required, "I": strict}, "clause": "a notice"}
    )
    rules = RULES.model_copy(update={"slope_stability": stricter})
    study = feature("a", **GROUND, factor_of_safety=1.3)
    national = node(slope.evidence(inputs([study]))[0], "study_safety")
    (nodes,) = slope.evidence(inputs([study], rules=rules))
    found = node(nodes, "study_safety")
    assert (national.tier, national.clause) == (Tier.BLUE, "GB 51016-2014")
    assert (found.tier, found.clause, found.threshold) == (Tier.ORANGE, "a notice", "< 0.98 × 1.4")
    assert node(nodes, "face_stability").clause == "a notice"


def test_rain_needs_the_burst_and_every_day_before_it():
    days = read("slope", "rain_24h", {float(day): 40.0 for day in range(15)})
    burst = read("slope", "rain_1h", {0.0: 60.0, 0.05: 5.0})
    gap = [each for each in days if each.observed_at != AT - timedelta(days=3)]
    features = [feature("a"), feature("b"), feature("c")]
    wet, dry, unknown = (
        node(each, "rain_pair")
        for each in slope.evidence(inputs(features, [[*days, *burst], burst, [*gap, *burst]]))
    )
    # 40 Σ 0.84^i, i = 1..14 = 40 * 5.25 * (1 − 0.84^14) = 191.7 mm: red with 60 mm in an hour, shown as blue
    assert node(wet.inputs, "rain_pair/antecedent").value == pytest.approx(191.7, abs=0.05)
    assert wet.tier is Tier.BLUE
    assert wet.note is not None
    assert dry.state is unknown.state is EvidenceState.MISSING


def test_the_forecast_speaks_by_half_of_its_members():
    days = read("slope", "rain_24h", {float(day): 40.0 for day in range(15)})
    rain = np.zeros((4, 6, 2))
    rain[:2, 2:5, 0] = 40.0  # half of the members: 120 mm in three hours
    rain[:1, 2:5, 1] = 40.0  # one of four
    forecast = Forecast(rain, AT, "forecast.nc")
    found = slope.evidence(inputs([feature("a"), feature("b")], [days, days], forecast=forecast))
    first, second = (node(each, "rain_pair_forecast") for each in found)
    assert (first.value, second.value) == (120.0, 0.0)
    # without a burst the wet ground alone is yellow; illustrative either way
    assert first.tier is second.tier is Tier.BLUE
    assert first.source == "forecast.nc"
    none = Forecast(np.full((4, 6, 2), np.nan), AT, "forecast.nc")
    silent = slope.evidence(inputs([feature("a"), feature("b")], [days, days], forecast=none))
    assert node(silent[0], "rain_pair_forecast").state is EvidenceState.MISSING


@pytest.mark.parametrize(
    ("days", "tier"),
    [(0.8, Tier.RED), (2.5, Tier.ORANGE), (6, Tier.YELLOW), (20, Tier.BLUE), (60, Tier.NONE)],
)
def test_the_lead_time_to_failure_is_a_tier(days: float, tier: Tier):
    found = slope.evidence(
        inputs([feature("a")], [read("slope", "displacement_rate", accelerating(days, 0.01))])
    )
    moving = node(found[0], "inverse_velocity")
    assert moving.tier is tier
    assert moving.standing is Standing.CALIBRATED
    if tier:  # a slow start hardly shows as acceleration; then there is no forecast to compare
        assert moving.value == pytest.approx(days, rel=0.02)
        assert format_utc(AT) < moving.note.en.split(" and ")[0].removeprefix("Between ")


def test_the_point_that_fails_first_speaks_for_the_slope():
    readings = [
        *read("slope", "displacement_rate", accelerating(20), "far"),
        *read("slope", "displacement_rate", accelerating(2), "near"),
        *read("slope", "displacement_rate", {float(day): 5.0 for day in range(20)}, "calm"),
    ]
    moving = node(slope.evidence(inputs([feature("a")], [readings]))[0], "inverse_velocity")
    assert moving.source.startswith("near")


# Four samples since the onset with r² 0.8405: t = √(0.8405 × 2 / 0.1595) = 3.25, below the 4.30 of 95 % with
# two degrees of freedom. A steady rate is not excluded, so the interval is open.
OPEN = [7.6, 6.0, 6.0, 6.6, 5.5, 4.3, 4.1, 4.1, 7.0, 3.5, 4.3, 4.6, 5.3, 5.8, 3.7, 3.2, 8.2, 18.4, 27.1, 39.0]


def test_a_time_of_failure_without_a_latest_is_an_illustration():
    doubtful = read("slope", "displacement_rate", {(19 - n) / 4: rate for n, rate in enumerate(OPEN)}, "a")
    (nodes,) = slope.evidence(inputs([feature("a")], [doubtful]))
    moving = node(nodes, "inverse_velocity")
    assert moving.value == pytest.approx(0.112226, abs=1e-5)
    assert (moving.tier, moving.standing) == (Tier.BLUE, Standing.ILLUSTRATIVE)
    assert moving.note is not None
    assert "∞" in moving.note.en
    assert "blue at most" in moving.note.en


def test_a_sooner_doubtful_forecast_hides_no_later_sure_one():
    doubtful = read("slope", "displacement_rate", {(19 - n) / 4: rate for n, rate in enumerate(OPEN)}, "a")
    for days, tier in ((0.8, Tier.RED), (2.5, Tier.ORANGE)):
        sure = read("slope", "displacement_rate", accelerating(days, 0.01), "b")
        (nodes,) = slope.evidence(inputs([feature("a")], [[*doubtful, *sure]]))
        moving = node(nodes, "inverse_velocity")
        assert (moving.tier, moving.standing) == (tier, Standing.CALIBRATED)
        assert moving.source.startswith("b")


def test_what_keeps_the_time_of_failure_unknown_is_said():
    rates = accelerating(3)
    suspect = [
        each if each.observed_at != AT - timedelta(days=2) else
        Reading(each.point_id, each.dataset, each.asset_id, each.variable, each.value, each.observed_at,
                Quality.SUSPECT, each.origin, each.source)
        for each in read("slope", "displacement_rate", rates)
    ]  # fmt: skip
    old = read("slope", "displacement_rate", {ago + 5: value for ago, value in rates.items()})
    few = read("slope", "displacement_rate", {0.0: 5.0, 1.0: 4.0})
    calm = read("slope", "displacement_rate", {float(day): 5.0 for day in range(20)})
    features = [feature(str(number)) for number in range(5)]
    found = slope.evidence(inputs(features, [suspect, old, few, calm, []]))
    states = [node(each, "inverse_velocity").state for each in found]
    assert states == [
        EvidenceState.INSUFFICIENT,
        EvidenceState.STALE,
        EvidenceState.INSUFFICIENT,
        EvidenceState.SUFFICIENT,
        EvidenceState.MISSING,
    ]
    assert all(node(each, "inverse_velocity").tier is Tier.NONE for each in found)


def test_shaking_moves_a_weak_face_and_nothing_is_said_where_nothing_shook():
    features = [feature("a", **{**GROUND, "cohesion": 60.0}), feature("b", **GROUND), feature("c")]
    cells = {"pga": np.array([0.6, np.nan, 0.6])}
    found = slope.evidence(inputs(features, cells=cells, sources={"pga": "grid.xml"}))
    shaken = node(found[0], "newmark_displacement")
    assert shaken.value > 0
    assert shaken.unit == "cm"
    assert shaken.tier <= Tier.BLUE
    assert not [each for each in found[1] if each.key == "newmark_displacement"]
    assert node(found[2], "newmark_displacement").state is EvidenceState.MISSING


def test_gas_beyond_the_standard_is_no_illustration():
    high = [*read("mine", "carbon_monoxide", {0.0: 60.0, 1.0: 60.0}), *read("mine", "oxygen", {0.0: 20.6})]
    heating = [*read("mine", "carbon_monoxide", {0.0: 20.0, 1.0: 5.0}, "p"),
               *read("mine", "oxygen", {0.0: 20.6}), *read("mine", "nitrogen", {0.0: 79.0})]  # fmt: skip
    features = [feature(name, mine_type="underground") for name in "abc"]
    fires = [node(each, "fire") for each in mine.evidence(inputs(features, [high, heating, []]))]
    # 60 ppm: the standard's 24 make it yellow; the project's 50 for orange do not count as verified
    assert (fires[0].tier, fires[0].standing, fires[0].threshold) == (
        Tier.YELLOW,
        Standing.VERIFIED,
        "> 24 ppm",
    )
    # 100 * 0.0020/(0.265*79 − 20.6) = 0.2/0.335 = 0.597: heating by the publication
    assert node(fires[1].inputs, "graham_ratio").value == pytest.approx(0.597015, abs=1e-6)
    assert node(fires[1].inputs, "graham_ratio").tier is Tier.YELLOW
    assert node(fires[1].inputs, "co_rate").value == pytest.approx(15.0)
    assert node(fires[1].inputs, "co_rate").tier is Tier.BLUE  # a project default
    assert 0 < node(fires[1].inputs, "fire_probability").value < 1
    assert fires[2].state is EvidenceState.MISSING


def air(point: str, co: float, nitrogen: float, oxygen: float) -> list[Reading]:
    values = {"carbon_monoxide": co, "nitrogen": nitrogen, "oxygen": oxygen}
    return [each for name, value in values.items() for each in read("mine", name, {0.0: value}, point)]


def test_another_point_never_makes_a_fire_milder():
    # heading: 100 * 0.0050/(0.265*79 − 20.7) = 0.5/0.235 = 2.1277: fire by the publication
    # goaf: little oxygen and more nitrogen, and no gas: 0.01/(0.265*88 − 8) = 0.01/15.32 = 0.00065
    heading, goaf = air("heading", 50.0, 79.0, 20.7), air("goaf", 1.0, 88.0, 8.0)
    features = [feature(name, mine_type="underground") for name in "ab"]
    fires = [node(each, "fire") for each in mine.evidence(inputs(features, [heading, [*heading, *goaf]]))]
    ratios = [node(each.inputs, "graham_ratio") for each in fires]
    assert [each.value for each in ratios] == pytest.approx([2.12766, 2.12766], abs=1e-5)
    assert [each.tier for each in (*fires, *ratios)] == [Tier.RED] * 4
    assert {each.state for each in ratios} == {EvidenceState.SUFFICIENT}


def test_gases_of_different_points_give_their_worst_ratio_and_say_so():
    # 0.5/(0.265*79 − 20.7) = 2.1277 is the worst of the four; 0.265*79 − 20.9 = 0.035 is hardly any oxygen
    apart = [
        *read("mine", "carbon_monoxide", {0.0: 50.0}, "co-1"),
        *read("mine", "carbon_monoxide", {0.0: 3.0}, "co-2"),
        *read("mine", "nitrogen", {0.0: 79.0}, "n2"),
        *read("mine", "oxygen", {0.0: 20.7}, "o2-1"),
        *read("mine", "oxygen", {0.0: 18.5}, "o2-2"),
        *read("mine", "oxygen", {0.0: 20.9}, "o2-3"),
    ]
    calm = air("whole", 1.0, 79.0, 20.5)
    (fire,) = (node(each, "fire") for each in mine.evidence(inputs([feature("a")], [[*apart, *calm]])))
    ratio = node(fire.inputs, "graham_ratio")
    assert ratio.value == pytest.approx(2.12766, abs=1e-5)
    assert (ratio.tier, ratio.state) == (Tier.RED, EvidenceState.INSUFFICIENT)
    assert ratio.note is not None
    assert "different points" in ratio.note.en


def test_fresh_air_has_no_ratio_and_is_no_lack_of_evidence():
    (nodes,) = mine.evidence(inputs([feature("a")], [air("p", 2.0, 79.0, 20.9)]))
    ratio = node(node(nodes, "fire").inputs, "graham_ratio")
    assert (ratio.value, ratio.tier, ratio.state) == (None, Tier.NONE, EvidenceState.SUFFICIENT)
    assert ratio.note is not None
    assert "oxygen" in ratio.note.en


def test_a_gas_that_nobody_measures_leaves_the_evidence_of_fire_insufficient():
    gas = [*read("mine", "carbon_monoxide", {0.0: 60.0, 1.0: 60.0}), *read("mine", "nitrogen", {0.0: 79.0})]
    whole = [*gas, *read("mine", "oxygen", {0.0: 20.6})]
    features = [feature("a", mine_type="underground"), feature("b", mine_type="underground")]
    partial, full = (node(each, "fire") for each in mine.evidence(inputs(features, [gas, whole])))
    assert (partial.tier, partial.state) == (Tier.YELLOW, EvidenceState.INSUFFICIENT)
    assert partial.note is not None
    assert partial.note.en == "Not known: Oxygen, Graham ratio"
    absent = {each.key for each in partial.inputs if each.state is EvidenceState.MISSING}
    assert absent == {"oxygen", "graham_ratio"}
    assert full.state is EvidenceState.SUFFICIENT


def test_pumps_that_the_register_lacks_leave_the_evidence_of_water_insufficient():
    flooding = read("mine", "mine_inflow", {0.0: 320.0})
    (nodes,) = mine.evidence(inputs([feature("a", mine_type="underground", usual_inflow=100)], [flooding]))
    water = node(nodes, "water_inrush")
    assert (water.tier, water.state) == (Tier.BLUE, EvidenceState.INSUFFICIENT)
    assert node(water.inputs, "pump_load").state is EvidenceState.MISSING


def test_water_is_compared_with_the_usual_and_the_pumps():
    flooding = read("mine", "mine_inflow", {0.0: 320.0})
    features = [
        feature("a", mine_type="underground", usual_inflow=100, pump_capacity=400),
        feature("b", mine_type="underground"),
    ]
    water = [node(each, "water_inrush") for each in mine.evidence(inputs(features, [flooding, flooding]))]
    assert node(water[0].inputs, "inflow_ratio").value == pytest.approx(3.2)
    assert node(water[0].inputs, "pump_load").value == pytest.approx(0.8)
    assert water[0].tier is Tier.BLUE
    assert water[1].state is EvidenceState.MISSING


def test_pillars_come_from_the_register():
    known = {
        "mining_depth": 300,
        "extraction_ratio": 0.6,
        "rock_strength": 100,
        "pillar_width": 5,
        "pillar_height": 5,
    }
    features = [feature("a", mine_type="underground", **known), feature("b", mine_type="underground")]
    pillars = [node(each, "pillar") for each in mine.evidence(inputs(features))]
    # vector 57: 42.23 over 20.25 MPa
    assert pillars[0].value == pytest.approx(2.0854, abs=5e-4)
    assert pillars[0].tier is Tier.NONE
    assert pillars[1].state is EvidenceState.MISSING


def test_a_mine_is_judged_by_how_it_is_mined():
    features = [feature(kind, mine_type=kind) for kind in ("open_pit", "underground", "combined")]
    keys = [{each.key for each in nodes} for nodes in mine.evidence(inputs(features))]
    below = {"fire", "water_inrush", "pillar"}
    assert keys == [{"inverse_velocity"}, below, below | {"inverse_velocity"}]


def test_the_nodes_fit_into_an_assessment_and_survive_storage():
    asset = AssetRecord("slope", "a", "a", GROUND)
    readings = read("slope", "displacement_rate", accelerating(0.8))
    (nodes,) = slope.evidence(inputs([feature("a", **GROUND)], [readings]))
    assessed = assess(asset, readings, nodes, RULES, AT)
    assert assessed.model is Tier.RED
    assert Evidence.from_json(assessed.chain.to_json()) == assessed.chain
