"""Assessment of assets: what is red, what is unknown, and why."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Origin, Standing, Tier
from minegis.reading import Quality, Reading
from risk_models.rule_package import load_rules
from risk_models.warning.assessment import Assessment, assess
from risk_models.warning.asset import AssetRecord
from risk_models.warning.display import displayed
from risk_models.warning.hysteresis import TierState, advance
from risk_models.warning.messages import description
from risk_models.warning.shaking import shaking_evidence

RULES = load_rules("national")
AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
# Class 3 (1200 × 10⁴ m³, 85 m): freeboard 0.7 m, beach 70 m, phreatic depth 5.25 m. Flood rise 1.8 m.
POND: dict[str, Any] = {
    "total_storage": 1200,
    "dam_height": 85,
    "raise_method": "upstream",
    "beach_crest_elevation": 312.4,
    "normal_level": 309.2,
    "design_flood_level": 311.0,
    "beach_slope": 0.01,
    "major_hazards": "",
}
# freeboard 1.4 m = 2.0 × 0.7; beach 140 m = 2.0 × 70; depth 12 m = 2.3 × 5.25; 1.8 m below the flood level.
CALM = {
    "pond_level": 309.2,
    "dry_beach_length": 320,
    "phreatic_depth": 12,
    "displacement_rate": 1,
    "rain_24h": 3,
}


def pond(**changes: Any) -> AssetRecord:
    return AssetRecord("tsf", "T1", "甲尾矿库", {**POND, **changes})


def reading(
    variable: str, value: float | None, *, point: str = "", hours: float = 0.5, **changes: Any
) -> Reading:
    made = Reading(
        point_id=point or f"{variable}-1",
        dataset="tsf",
        asset_id="T1",
        variable=variable,
        value=value,
        observed_at=AT - timedelta(hours=hours),
        quality=Quality.GOOD,
        origin=Origin.OPERATOR,
        source="readings.csv",
    )
    return replace(made, **changes)


def calm(**values: float) -> list[Reading]:
    return [reading(name, value) for name, value in {**CALM, **values}.items()]


def judged(readings: list[Reading], asset: AssetRecord | None = None, *models: Evidence) -> Assessment:
    return assess(asset or pond(), readings, models, RULES, AT)


def node(assessment: Assessment, key: str) -> Evidence:
    return next(one for _, one in assessment.chain.walk() if one.key == key)


def test_a_calm_pond_with_all_its_points_is_normal_on_sufficient_evidence() -> None:
    found = judged(calm())
    assert (found.tier, found.state, found.coverage) == (Tier.NONE, EvidenceState.SUFFICIENT, 1.0)
    assert 0 <= found.score < 10
    assert (found.model, found.satellite) == (None, None)


def test_a_dry_beach_shorter_than_the_minimum_is_red() -> None:
    # 250 m today less the 180 m that the flood covers leaves 70 m, the minimum.
    found = judged(calm(dry_beach_length=250))
    assert found.tier is Tier.RED
    beach = node(found, "dry_beach/dry_beach_length/dry_beach_length-1")
    assert (beach.value, beach.threshold, beach.unit) == (70, "≤ 1 × 70 m", "m")
    assert "GB 50863" in beach.clause
    assert beach.valid_time == "2026-07-20T03:30:00Z"
    minimum = node(found, "minimum/dry_beach")
    assert minimum.note is not None
    assert (minimum.value, minimum.note.en) == (70, "Class 3, upstream")


def test_a_beach_that_is_long_today_but_short_at_the_flood_level_is_not_normal() -> None:
    # 280 m today, four times the minimum; 100 m at the flood level is 1.43 × 70 m: blue.
    assert judged(calm(dry_beach_length=280)).tier is Tier.BLUE


def test_a_rising_pond_takes_the_freeboard_with_it() -> None:
    # 0.7 m above normal: flood 311.7, freeboard 0.7 m = the minimum; beach 70 m = the minimum: red.
    found = judged(calm(pond_level=309.9, dry_beach_length=400))
    assert node(found, "item/freeboard").value == pytest.approx(0.7)
    assert node(found, "item/freeboard").tier is Tier.RED
    assert "hydraulic" in found.red_causes


def test_the_design_control_depth_overrides_the_table() -> None:
    assert judged(calm(phreatic_depth=12), pond(control_phreatic_depth=12)).tier is Tier.RED


def test_two_orange_items_make_a_red_pond() -> None:
    # phreatic 5.5 m lies between 5.25 and 5.775: orange; 120 mm of rain: orange.
    found = judged(calm(phreatic_depth=5.5, rain_24h=120))
    assert found.tier is Tier.RED
    assert found.score == 85
    assert node(found, "statutory").threshold == "2 × orange"


def test_four_blue_points_make_a_yellow_item() -> None:
    # 7 m lies between 1.3 × 5.25 = 6.825 and 1.5 × 5.25 = 7.875: blue.
    points = [reading("phreatic_depth", 7, point=f"P{i}") for i in range(4)]
    found = judged([*(one for one in calm() if one.variable != "phreatic_depth"), *points])
    assert node(found, "item/phreatic_depth").tier is Tier.YELLOW
    assert node(found, "item/phreatic_depth").threshold == "4 × blue"


def test_a_major_hazard_is_red_whatever_the_sensors_say() -> None:
    found = judged(calm(), pond(major_hazards="decant_blocked, somebody_wrote_this"))
    assert found.tier is Tier.RED
    assert node(found, "hazard/decant_blocked").clause
    assert node(found, "hazard/somebody_wrote_this").tier is Tier.RED


def test_a_high_slope_without_online_monitoring_is_a_major_hazard() -> None:
    slope = AssetRecord("slope", "S1", "边坡", {"slope_height": 200, "online_monitoring": False})
    assert assess(slope, [], [], RULES, AT).tier is Tier.RED
    lower = AssetRecord("slope", "S1", "边坡", {"slope_height": 199, "online_monitoring": False})
    assert assess(lower, [], [], RULES, AT).tier is Tier.NONE
    mine = AssetRecord("mine", "M1", "露天矿", {"slope_height": 200, "online_monitoring": False})
    assert assess(mine, [], [], RULES, AT).tier is Tier.RED


@pytest.mark.parametrize(
    ("mine_type", "expected"),
    [("open_pit", Tier.RED), ("combined", Tier.RED), ("underground", Tier.NONE)],
)
@pytest.mark.parametrize(("variable", "value"), [("displacement_rate", 50), ("tangent_angle", 86)])
def test_a_mine_with_a_pit_is_judged_by_the_movement_of_its_slopes(
    mine_type: str, expected: Tier, variable: str, value: float
) -> None:
    mine = AssetRecord("mine", "T1", "矿山", {"mine_type": mine_type})
    assert assess(mine, [reading(variable, value, dataset="mine")], [], RULES, AT).tier is expected


def test_red_that_the_newest_sample_does_not_show_says_so() -> None:
    # 5 m is below the 5.25 m of red, 6.5 m is yellow (< 1.3 × 5.25 m): two of the last three samples are red.
    samples = [
        reading("phreatic_depth", value, point="P1", hours=hours)
        for value, hours in ((5, 0.9), (5, 0.7), (6.5, 0.5))
    ]
    found = judged(samples)
    assert found.tier is Tier.RED
    shown = node(found, "phreatic_depth/phreatic_depth/P1")
    assert (shown.value, shown.tier, shown.note is not None) == (6.5, Tier.RED, True)


def test_a_control_depth_of_zero_leaves_the_table_in_force() -> None:
    # 85 m asks for 5.25 m; a control depth of 0 m is no depth to compare with.
    found = judged(calm(phreatic_depth=5), pond(control_phreatic_depth=0))
    assert found.tier is Tier.RED


@pytest.mark.parametrize("quality", [Quality.SUSPECT, Quality.FAIL, Quality.MISSING])
def test_an_unusable_reading_raises_nothing_and_is_shown(quality: Quality) -> None:
    readings = [replace(one, quality=quality) if one.variable == "phreatic_depth" else one for one in calm()]
    readings = [replace(one, value=0.1) if one.variable == "phreatic_depth" else one for one in readings]
    found = judged(readings)
    assert node(found, "item/phreatic_depth").tier is Tier.NONE
    assert node(found, "item/phreatic_depth").state is not EvidenceState.SUFFICIENT
    assert found.state is EvidenceState.STALE
    assert found.coverage == pytest.approx(0.7)  # the weight of the phreatic line is 3 of 10


def test_a_stale_red_reading_is_no_warning_of_its_own_but_says_what_it_was() -> None:
    readings = [one for one in calm() if one.variable != "phreatic_depth"]
    found = judged([*readings, reading("phreatic_depth", 1, hours=6.1)])
    point = node(found, "phreatic_depth/phreatic_depth/phreatic_depth-1")
    assert (point.tier, point.state) == (Tier.NONE, EvidenceState.STALE)
    assert point.note is not None
    assert "red" in point.note.en


def test_a_red_capable_sensor_silent_for_more_than_six_hours_makes_the_pond_yellow() -> None:
    readings = [one for one in calm() if one.variable != "pond_level"]
    assert judged([*readings, reading("pond_level", 309.2, hours=6)]).tier is Tier.NONE
    silent = judged([*readings, reading("pond_level", 309.2, hours=6.01)])
    assert silent.tier is Tier.YELLOW
    assert node(silent, "data_alarm").inputs


def test_the_data_alarm_can_be_kept_from_raising_the_asset(tmp_path: Path) -> None:
    text = load_rules("national").monitoring.model_dump_json(by_alias=True)
    head = {"id": "quiet", "version": "1", "title": {"zh": "静", "en": "Quiet"}, "extends": "national"}
    section = json.loads(text)
    section["silent_alarm"]["raises_asset"] = False
    (tmp_path / "quiet.yaml").write_text(json.dumps({**head, "monitoring": section}))
    found = assess(pond(), [reading("pond_level", 309.2, hours=9)], [], load_rules("quiet", tmp_path), AT)
    assert (found.tier, node(found, "data_alarm").tier) == (Tier.NONE, Tier.NONE)
    assert found.state is EvidenceState.MISSING


def test_too_little_coverage_is_insufficient_evidence_and_keeps_what_is_known() -> None:
    found = judged([reading("rain_24h", 60), reading("phreatic_depth", 12)])
    assert (found.tier, found.state) == (Tier.YELLOW, EvidenceState.INSUFFICIENT)
    assert found.coverage == pytest.approx(0.4)


def test_a_silent_pond_is_missing_and_not_normal() -> None:
    assert judged([]).state is EvidenceState.MISSING
    assert judged([replace(one, value=None, quality=Quality.MISSING) for one in calm()]).state is (
        EvidenceState.MISSING
    )
    assert {one.key for one in node(judged([]), "statutory").inputs} >= {"unmonitored/pond_level"}


def test_a_pond_without_the_registered_levels_cannot_show_a_freeboard() -> None:
    found = judged(calm(), pond(design_flood_level=None))
    assert node(found, "item/freeboard").state is EvidenceState.MISSING
    assert found.coverage < 0.7
    notes = [one.note.en for _, one in found.chain.walk() if one.note]
    assert any("design_flood_level" in note for note in notes)


def test_a_reading_from_the_future_is_not_believed() -> None:
    found = judged([reading("rain_24h", 300, hours=-1)])
    assert (found.tier, found.state) == (Tier.NONE, EvidenceState.MISSING)


def test_a_reading_of_another_asset_is_refused() -> None:
    with pytest.raises(InvalidInput, match="another asset"):
        judged([reading("rain_24h", 3, asset_id="T2")])


def test_an_unknown_raise_method_is_taken_for_upstream() -> None:
    assert judged(calm(dry_beach_length=250), pond(raise_method="?")).tier is Tier.RED
    assert (
        judged(calm(dry_beach_length=250), pond(raise_method="downstream")).tier is Tier.BLUE
    )  # 70 = 1.4 × 50


def test_one_red_sample_of_three_waits_but_a_far_one_does_not() -> None:
    others = [one for one in calm() if one.variable != "rain_24h"]
    near = [reading("rain_24h", value, hours=hours) for value, hours in ((3, 0.6), (3, 0.5), (251, 0.4))]
    assert judged([*others, *near]).tier is Tier.NONE
    assert "To be confirmed" in str(node(judged([*others, *near]), "rain_24h/rain_24h/rain_24h-1").note)
    twice = [reading("rain_24h", value, hours=hours) for value, hours in ((3, 0.6), (251, 0.5), (251, 0.4))]
    assert judged([*others, *twice]).tier is Tier.RED
    # 10 % of the span from 25 to 250 mm beyond 250 mm: 272.5 mm
    far = [reading("rain_24h", value, hours=hours) for value, hours in ((3, 0.6), (3, 0.5), (273, 0.4))]
    assert judged([*others, *far]).tier is Tier.RED


def model(tier: Tier, standing: Standing | None) -> Evidence:
    return Evidence("infinite_slope", Label("模型", "Model"), 1.0, "1", tier, standing=standing)


@pytest.mark.parametrize("standing", [Standing.ILLUSTRATIVE, None])
def test_an_illustrative_model_stays_at_blue(standing: Standing | None) -> None:
    found = judged(calm(), None, model(Tier.RED, standing))
    assert (found.tier, found.model, found.statutory) == (Tier.BLUE, Tier.BLUE, Tier.NONE)
    assert node(found, "infinite_slope").tier is Tier.BLUE


def test_the_tier_is_the_worst_of_the_three_voices_and_all_are_shown() -> None:
    satellite = replace(model(Tier.ORANGE, Standing.VERIFIED), key="insar")
    found = assess(
        pond(),
        calm(rain_24h=60),
        [model(Tier.BLUE, Standing.VERIFIED)],
        RULES,
        AT,
        satellite_evidence=[satellite],
    )
    assert (found.tier, found.statutory, found.model, found.satellite) == (3, 2, 1, 3)
    assert {one.key for one in found.chain.inputs} >= {"statutory", "model", "satellite"}


@pytest.mark.parametrize(
    ("intensity", "method", "expected"),
    [
        (5.4, "upstream", 0),
        (5.5, "downstream", 1),
        (5.5, "upstream", 2),
        (7.5, "centreline", 3),
        (8.5, "upstream", 4),
    ],
)
def test_shaking_triggers_by_intensity_and_raise_method(intensity: float, method: str, expected: int) -> None:
    found = shaking_evidence(pond(raise_method=method), RULES, intensity=intensity, pga=0.2, pgv=20)
    assert found.tier == expected
    assert {one.key for one in found.inputs} == {"pga", "pgv"}


def test_shaking_from_an_illustrative_model_stays_at_blue_and_unknown_shaking_is_missing() -> None:
    strong = shaking_evidence(pond(), RULES, intensity=9, standing=Standing.ILLUSTRATIVE)
    assert strong.tier is Tier.BLUE
    assert shaking_evidence(pond(), RULES, intensity=float("nan")).state is EvidenceState.MISSING


def test_red_shaking_is_named_as_a_cause() -> None:
    found = judged(calm(), None, shaking_evidence(pond(), RULES, intensity=9))
    assert found.red_causes == {"seismic"}


def test_every_node_that_warns_says_by_which_clause_and_whence() -> None:
    found = judged(calm(dry_beach_length=250, rain_24h=60), pond(major_hazards="decant_blocked"))
    for _, one in found.chain.walk():
        if one.tier:
            assert one.clause, one.key
            assert one.provenance, one.key


def test_the_chain_survives_json() -> None:
    chain = judged(calm(rain_24h=60)).chain
    assert Evidence.from_json(json.loads(json.dumps(chain.to_json()))) == chain


VALUES = st.fixed_dictionaries(
    {
        "pond_level": st.floats(308, 312),
        "phreatic_depth": st.floats(0, 15),
        "displacement_rate": st.floats(-60, 60),
        "rain_24h": st.floats(0, 400),
    }
)
WORSE = {"pond_level": 1, "phreatic_depth": -1, "displacement_rate": 0, "rain_24h": 1}


@settings(max_examples=60)
@given(VALUES, st.sampled_from(["pond_level", "phreatic_depth", "rain_24h"]), st.floats(0, 50))
def test_a_worse_value_never_lowers_tier_or_score(values: dict[str, float], name: str, step: float) -> None:
    before = judged([reading(key, value) for key, value in values.items()])
    worse = {**values, name: values[name] + WORSE[name] * step}
    after = judged([reading(key, value) for key, value in worse.items()])
    assert after.tier >= before.tier
    assert (after.score, after.holding) >= (before.score, before.holding) or after.score > before.score


@settings(max_examples=60)
@given(VALUES, st.sampled_from(Tier), st.sampled_from(Standing))
def test_no_voice_is_averaged_away_and_the_score_lies_in_its_band(
    values: dict[str, float], tier: Tier, standing: Standing
) -> None:
    found = judged([reading(key, value) for key, value in values.items()], None, model(tier, standing))
    items = [one.tier for _, one in found.chain.walk() if one.key.startswith("item/")]
    assert found.tier >= max([*items, standing.cap(tier)])
    assert RULES.score.tier(found.score) is found.tier
    assert found.holding >= found.tier


@settings(max_examples=60)
@given(VALUES, st.sets(st.sampled_from(sorted(CALM))), st.lists(st.floats(0.1, 30), min_size=1, max_size=4))
def test_removing_sensors_never_lowers_the_displayed_level(
    values: dict[str, float], removed: set[str], waits: list[float]
) -> None:
    readings = [reading(key, value) for key, value in values.items()]
    first = judged(readings)
    state = advance(None, first.tier, first.state, AT, RULES.hysteresis, reporting=first.reporting)
    shown = state.tier
    at = AT
    for wait in waits:
        at += timedelta(hours=wait)
        rest = [replace(one, observed_at=at) for one in readings if one.variable not in removed]
        now = assess(pond(), rest, [], RULES, at)
        state = advance(
            state, now.tier, now.state, at, RULES.hysteresis, holding=now.holding, reporting=now.reporting
        )
        assert state.tier >= shown
        assert displayed(now, state, RULES).tier is state.tier
        assert RULES.score.tier(displayed(now, state, RULES).score) is state.tier


def test_a_held_tier_is_explained_in_the_chain() -> None:
    found = judged(calm())
    state = TierState(Tier.RED, found.tier, found.state, AT, AT)
    shown = displayed(found, state, RULES)
    assert (shown.tier, shown.score) == (Tier.RED, 85)
    assert node(shown, "hysteresis").note is not None


def test_a_tier_held_by_a_silent_model_says_which_one_in_both_languages() -> None:
    asking, silent = (
        replace(model(Tier.RED, Standing.VERIFIED), tier=tier, value=value, state=state)
        for tier, value, state in (
            (Tier.RED, 1.0, EvidenceState.SUFFICIENT),
            (Tier.NONE, None, EvidenceState.MISSING),
        )
    )
    state = None
    for hours, said in ((0, asking), (1, silent), (50, silent)):
        at = AT + timedelta(hours=hours)
        found = assess(pond(), [replace(one, observed_at=at) for one in calm()], [said], RULES, at)
        state = advance(
            state,
            found.tier,
            found.state,
            at,
            RULES.hysteresis,
            holding=found.holding,
            reporting=found.reporting,
            answers=found.answers,
        )
    assert state is not None
    shown = displayed(found, state, RULES)
    assert (found.tier, shown.tier, found.state) == (Tier.NONE, Tier.RED, EvidenceState.SUFFICIENT)
    held = node(shown, "hysteresis/infinite_slope")
    assert (held.tier, held.state) == (Tier.RED, EvidenceState.MISSING)
    assert held.note is not None
    assert "“模型”曾给出红色" in held.note.zh
    assert "Model asked for red" in held.note.en
    said_of_it = description(shown, state.tier, RULES)
    assert held.note.zh in said_of_it.zh
    assert held.note.en in said_of_it.en


def test_a_tier_held_by_silent_points_says_how_many() -> None:
    first = judged(calm(rain_24h=300))
    state = advance(None, first.tier, first.state, AT, RULES.hysteresis, reporting=first.reporting)
    at = AT + timedelta(hours=50)
    heard = [replace(one, observed_at=at) for one in calm() if one.variable not in ("rain_24h", "pond_level")]
    found = assess(pond(), heard, [], RULES, at)
    state = advance(state, found.tier, found.state, at, RULES.hysteresis, reporting=found.reporting)
    note = node(displayed(found, state, RULES), "hysteresis/points").note
    assert note == Label("2个测点曾有读数，现无数据", "Points that spoke before and are silent: 2")


@pytest.mark.parametrize(
    ("tier", "value", "state", "expected"),
    [
        (Tier.NONE, None, EvidenceState.SUFFICIENT, EvidenceState.SUFFICIENT),  # "no acceleration"
        (Tier.NONE, 1.2, EvidenceState.INSUFFICIENT, EvidenceState.INSUFFICIENT),
        (Tier.NONE, None, EvidenceState.INSUFFICIENT, EvidenceState.MISSING),  # "the fit is too poor"
        (Tier.NONE, None, EvidenceState.STALE, EvidenceState.MISSING),
        (Tier.NONE, None, EvidenceState.MISSING, EvidenceState.MISSING),
        (Tier.BLUE, None, EvidenceState.MISSING, EvidenceState.INSUFFICIENT),  # what it asks for is heard
    ],
)
def test_a_model_without_tier_and_value_on_poor_evidence_has_not_answered(
    tier: Tier, value: float | None, state: EvidenceState, expected: EvidenceState
) -> None:
    said = replace(model(tier, Standing.VERIFIED), value=value, state=state)
    (answer,) = judged(calm(), None, said).answers
    assert (answer.model, answer.tier, answer.state) == ("infinite_slope", tier, expected)


def test_what_rests_on_shaking_passes_with_it_and_satellites_answer_too() -> None:
    felt = replace(model(Tier.RED, Standing.VERIFIED), inputs=(Evidence("pga", Label("加速度", "PGA"), 0.3),))
    shaken = shaking_evidence(pond(), RULES, intensity=9)
    seen = replace(model(Tier.BLUE, Standing.VERIFIED), key="insar")
    found = assess(pond(), calm(), [felt, shaken], RULES, AT, satellite_evidence=[seen])
    passing = {each.model: each.passing for each in found.answers}
    assert passing == {"infinite_slope": True, "shaking": True, "insar": False}


def test_an_old_sample_beside_a_fresh_one_does_not_make_the_point_stale() -> None:
    found = judged([*calm(), reading("rain_24h", 60, hours=30)])
    assert (found.tier, found.state) == (Tier.NONE, EvidenceState.SUFFICIENT)


def test_a_beach_measured_at_a_low_pond_has_a_longer_way_to_the_flood_level() -> None:
    # 308.2 m is 2.8 m below the flood level: 280 m of the 320 m are covered, 40 m are left.
    found = judged(calm(pond_level=308.2))
    assert node(found, "item/dry_beach").value == pytest.approx(40)
    assert found.tier is Tier.RED
    # The chain holds every number of 320 − (311.0 − 308.2) / 0.01.
    beach = node(found, "dry_beach/dry_beach_length/dry_beach_length-1")
    values = {one.key.split("/")[1]: one.value for one in beach.inputs}
    assert (values["dry_beach_length"], values["design_flood_level"], values["pond_level"]) == (
        320,
        311,
        308.2,
    )


def test_a_value_inside_the_deadband_keeps_the_worse_tier_from_falling() -> None:
    # 99 mm is yellow; 100 mm less 5 % of the span from 50 to 100 mm is 97.5 mm.
    assert (judged(calm(rain_24h=99)).tier, judged(calm(rain_24h=99)).holding) == (Tier.YELLOW, Tier.ORANGE)
    assert judged(calm(rain_24h=97)).holding is Tier.YELLOW


def test_a_point_that_one_of_its_items_cannot_use_is_not_covered() -> None:
    # Without the beach slope neither level (3 of 10) nor measured beach (1) leads to the flood level.
    assert judged(calm(), pond(beach_slope=None)).coverage == pytest.approx(0.6)
