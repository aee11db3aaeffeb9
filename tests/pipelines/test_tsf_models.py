"""The models of tailings storage facilities say what is known, from what, and what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely

from data_catalog.store import Feature
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Origin, Standing, Tier
from minegis.reading import Quality, Reading
from pipelines.asset_models import AssetInputs, Forecast
from pipelines.asset_models.tsf import evidence
from risk_models.rule_package import RulePackage, load_rules
from risk_models.tailings.slope_stability import bishop_factor_of_safety

AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
RULES = load_rules("national")
OUTLINE = shapely.box(103.0, 31.0, 103.005, 31.004)
# Class 4; the limit is 1512.4 - 0.5 = 1511.9 m
DAM = {
    "name": "示例·青石沟尾矿库", "raise_method": "upstream", "status": "in_use", "total_storage": 320.0,
    "dam_height": 48.0, "beach_crest_elevation": 1512.4, "normal_level": 1509.2, "design_flood_level": 1511.0,
    "dry_beach_length": 160.0, "control_phreatic_depth": 3.2, "catchment": 1.2, "surface_area": 52_000.0,
    "decant_capacity": 3.0, "runoff_coefficient": 0.85, "population_downstream": 60,
}  # fmt: skip
MEASURED = {"outer_slope_ratio": 4.0, "cohesion": 12.0, "friction_angle": 30.0, "unit_weight": 19.5}


def dam(number: int = 1, **changed: Any) -> Feature:
    properties = {**DAM, **changed}
    kept = {key: value for key, value in properties.items() if value is not None}
    return Feature(f"tsf-{number}", kept, OUTLINE, Origin.SAMPLE, "made for this test")


def reading(
    variable: str, value: float | None, *, hours: float = 1, point: str = "p1", **changed: Any
) -> Reading:
    quality = changed.get("quality", Quality.GOOD)
    return Reading(
        point, "tsf", "tsf-1", variable, value, AT - timedelta(hours=hours), quality, Origin.SAMPLE, "test"
    )


def forecast(*members: Sequence[float], assets: int = 1) -> Forecast:
    rain = np.repeat(np.array(members, dtype=np.float64)[:, :, np.newaxis], assets, axis=2)
    return Forecast(rain, AT, "forecast.grib2 sha256:abc")


def nodes(
    features: Sequence[Feature] = (),
    readings: Sequence[Sequence[Reading]] | None = None,
    cells: Mapping[str, Sequence[float]] | None = None,
    rain: Forecast | None = None,
    rules: RulePackage = RULES,
) -> list[dict[str, Evidence]]:
    some = list(features) or [dam()]
    columns = {name: np.array(values, dtype=np.float64) for name, values in (cells or {}).items()}
    found = evidence(
        AssetInputs(
            some,
            readings or [[] for _ in some],
            columns,
            dict.fromkeys(columns, "shakemap.xml"),
            rain,
            rules,
            AT,
        )
    )
    return [{node.key: node for node in each} for each in found]


def inner(node: Evidence, key: str) -> Evidence:
    return next(one for one in node.inputs if one.key == key)


LEVEL = [reading("pond_level", 1510.0), reading("phreatic_depth", 4.0)]


def test_without_a_forecast_overtopping_is_missing_and_asks_for_nothing() -> None:
    (found,) = nodes()
    assert found["overtopping"].state is EvidenceState.MISSING
    assert found["overtopping"].tier is Tier.NONE
    assert found["overtopping"].value is None


def test_without_shaking_nothing_is_said_of_earthquakes() -> None:
    (found,) = nodes()
    assert set(found) == {"overtopping", "slope_stability", "consequence"}
    (found,) = nodes(cells={"pga": [np.nan], "pgv": [np.nan]})
    assert set(found) == {"overtopping", "slope_stability", "consequence"}


def test_a_dry_stack_has_no_pond_to_overtop() -> None:
    (found,) = nodes([dam(raise_method="dry_stack", beach_crest_elevation=None, normal_level=None)])
    assert "overtopping" not in found
    assert found["slope_stability"].value is not None


def test_a_pond_that_fills_in_every_member_tells_when() -> None:
    # No decant: 30 mm/h × 1.2 km² × 0.85 = 30 600 m³/h on 52 000 m²: 0.5885 m/h; 1.9 m from 1510.0 m take
    # 3.2288 h, in 60 mm/h half of that, and in 15 mm/h twice, 6.4575 h.
    rain = forecast([30.0] * 8, [60.0] * 8, [15.0] * 8)
    (found,) = nodes([dam(decant_capacity=0.0)], [LEVEL], rain=rain)
    node = found["overtopping"]
    assert node.value == 1.0
    assert node.state is EvidenceState.SUFFICIENT
    assert inner(node, "lead_time/P10").value == pytest.approx(1.61, abs=0.01)
    assert inner(node, "lead_time/P50").value == pytest.approx(3.23, abs=0.01)
    assert inner(node, "lead_time/P90").value == pytest.approx(6.46, abs=0.01)
    assert node.standing is Standing.CALIBRATED
    assert node.tier is Tier.RED
    assert "项目默认值" in node.provenance


def test_never_within_the_forecast_is_said_not_numbered() -> None:
    (found,) = nodes([dam()], [LEVEL], rain=forecast([0.0] * 24, [0.0] * 24))
    lead = inner(found["overtopping"], "lead_time/P50")
    assert found["overtopping"].value == 0.0
    assert lead.value is None
    assert lead.note is not None
    assert "Never within the 24 h" in lead.note.en


def test_a_failed_decant_makes_overtopping_likelier() -> None:
    # 10 mm/h bring 2.83 m³/s, which a decant of 3 m³/s carries off and half of it does not
    (found,) = nodes([dam()], [LEVEL], rain=forecast([10.0] * 24))
    node = found["overtopping"]
    half, none = inner(node, "decant/0.5").value, inner(node, "decant/0").value
    assert isinstance(node.value, float)
    assert node.value < 0.6
    assert node.value < half < none  # type: ignore[operator]
    assert node.note is not None
    assert "perturbed" in node.note.en


def test_overtopping_on_defaults_raises_to_blue_at_most() -> None:
    rain = forecast([60.0] * 12, [60.0] * 12)
    (found,) = nodes([dam(surface_area=None)], [LEVEL], rain=rain)
    node = found["overtopping"]
    assert (node.value, node.standing, node.tier) == (1.0, Standing.ILLUSTRATIVE, Tier.BLUE)
    assert inner(node, "surface_area").method == "default"


def test_a_level_from_the_register_is_not_sufficient_and_an_old_one_is_stale() -> None:
    rain = forecast([5.0] * 6, [6.0] * 6)
    (found,) = nodes(rain=rain)
    assert found["overtopping"].state is EvidenceState.INSUFFICIENT
    (found,) = nodes([dam()], [[reading("pond_level", 1510.0, hours=24 * 30)]], rain=rain)
    assert found["overtopping"].state is EvidenceState.STALE


def test_an_unknown_catchment_leaves_overtopping_missing() -> None:
    (found,) = nodes([dam(catchment=None)], [LEVEL], rain=forecast([30.0] * 6, [30.0] * 6))
    assert found["overtopping"].state is EvidenceState.MISSING


def test_one_unknown_member_of_fifty_one_does_not_silence_the_others() -> None:
    members = [[30.0] * 8] * 50
    (found,) = nodes([dam(decant_capacity=0.0)], [LEVEL], rain=forecast([np.nan] * 8, *members))
    node = found["overtopping"]
    assert node.value == pytest.approx(0.9804)  # 50 of 51
    assert (node.tier, node.state) == (Tier.RED, EvidenceState.INSUFFICIENT)
    assert node.note is not None
    assert "1 of them unknown" in node.note.en
    assert inner(node, "lead_time/P90").value == pytest.approx(3.23, abs=0.01)
    # a member that ends after it has overtopped is known
    (found,) = nodes([dam(decant_capacity=0.0)], [LEVEL], rain=forecast([30.0] * 6 + [np.nan] * 2, *members))
    assert (found["overtopping"].value, found["overtopping"].state) == (1.0, EvidenceState.SUFFICIENT)


def test_a_facility_without_water_leaves_the_others_their_answer() -> None:
    some = [
        dam(1, surface_area=0.0, decant_capacity=0.0),
        dam(2, decant_capacity=0.0),
        dam(3, raise_method="dry_stack", surface_area=0.0),
    ]
    rain = forecast([30.0] * 8, [60.0] * 8, assets=3)
    empty, full, stack = nodes(some, [LEVEL, LEVEL, []], rain=rain)
    assert empty["overtopping"].state is EvidenceState.MISSING
    assert empty["overtopping"].note is not None
    assert "water surface" in empty["overtopping"].note.en
    assert full["overtopping"].value == 1.0
    assert "overtopping" not in stack


def test_of_several_points_the_worst_fresh_reading_counts() -> None:
    readings = [
        reading("phreatic_depth", 6.0),
        reading("phreatic_depth", 3.5, point="p2"),
        reading("phreatic_depth", 9.0, point="p2", hours=5),  # older than the point's last
        reading("phreatic_depth", 2.0, point="p3", hours=24 * 40),  # stale
        reading("phreatic_depth", 1.0, point="p4", quality=Quality.FAIL),
        reading("phreatic_depth", 0.1, point="p5", hours=-3),  # of the future
    ]
    (found,) = nodes([dam()], [readings])
    assert inner(found["slope_stability"], "phreatic_depth").value == 3.5


def test_stability_is_that_of_the_search_on_the_section_of_the_register() -> None:
    (found,) = nodes([dam(**MEASURED)], [LEVEL])
    node = found["slope_stability"]
    expected = bishop_factor_of_safety(48.0, 4.0, 12.0, 30.0, 19.5, 4.0, 160.0, 2.4, 12.0, 0.0, 0.0)
    assert node.value == pytest.approx(float(expected), abs=1e-4)
    assert node.standing is Standing.CALIBRATED
    assert node.threshold.endswith("1.25")  # Bishop, normal, class 4


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ({"dry_beach_length": None}, {"dry_beach_length"}),
        ({"beach_crest_elevation": None}, {"beach_crest_elevation"}),
        ({"normal_level": None}, {"pond_level"}),
    ],
)
def test_a_pond_that_is_not_known_is_no_dry_dam(lacking: dict[str, None], named: set[str]) -> None:
    depth = [reading("phreatic_depth", 4.0)]
    (found,) = nodes([dam(**{**MEASURED, **lacking})], [depth])
    node = found["slope_stability"]
    assert (node.state, node.standing) == (EvidenceState.INSUFFICIENT, Standing.ILLUSTRATIVE)
    assert node.note is not None
    assert "as if there were no pond" in node.note.en
    assert {one.key for one in node.inputs if one.state is EvidenceState.MISSING} == named
    # a dam too weak even without a pond stays red
    weak = {**MEASURED, "cohesion": 0.0, "friction_angle": 16.0}
    (found,) = nodes([dam(**{**weak, **lacking})], [depth])
    node = found["slope_stability"]
    assert (node.tier, node.standing, node.state) == (
        Tier.RED,
        Standing.CALIBRATED,
        EvidenceState.INSUFFICIENT,
    )


def test_a_dry_stack_needs_no_pond_to_be_judged() -> None:
    bare = {"beach_crest_elevation": None, "normal_level": None, "dry_beach_length": None}
    stack = dam(**{**MEASURED, **bare, "raise_method": "dry_stack"})
    (found,) = nodes([stack], [[reading("phreatic_depth", 4.0)]])
    node = found["slope_stability"]
    assert (node.state, node.standing) == (EvidenceState.SUFFICIENT, Standing.CALIBRATED)
    assert "pond_level" not in {one.key for one in node.inputs}


def test_an_old_pond_level_makes_stability_stale() -> None:
    old = [reading("pond_level", 1510.0, hours=24 * 30), reading("phreatic_depth", 4.0)]
    (found,) = nodes([dam(**MEASURED)], [old])
    assert found["slope_stability"].state is EvidenceState.STALE


def test_a_province_that_requires_more_is_what_the_dam_is_compared_with() -> None:
    (national,) = nodes([dam(**MEASURED)], [LEVEL])
    safety = national["slope_stability"].value
    assert isinstance(safety, float)
    bishop = {**RULES.stability.required["bishop"], "normal": dict.fromkeys(range(1, 6), safety + 0.5)}
    required = {**RULES.stability.required, "bishop": bishop}
    stricter = RULES.stability.model_copy(update={"required": required, "hazard_clause": "a notice"})
    (found,) = nodes([dam(**MEASURED)], [LEVEL], rules=RULES.model_copy(update={"stability": stricter}))
    assert national["slope_stability"].tier is Tier.NONE
    assert found["slope_stability"].tier is Tier.RED
    assert found["slope_stability"].threshold == f"< 0.98 × {safety + 0.5:g}"
    assert found["slope_stability"].clause == "a notice"
    # the share below which a lack is a major hazard is the rules' too
    share = RULES.stability.model_copy(update={"hazard_share": 0.5, "required": required})
    (found,) = nodes([dam(**MEASURED)], [LEVEL], rules=RULES.model_copy(update={"stability": share}))
    assert found["slope_stability"].tier is Tier.ORANGE


def test_a_weak_dam_is_red_by_its_own_strengths_and_blue_by_defaults() -> None:
    weak = {**MEASURED, "cohesion": 0.0, "friction_angle": 16.0}
    (own,) = nodes([dam(**weak)], [LEVEL])
    assert own["slope_stability"].tier is Tier.RED
    assert "88号" in own["slope_stability"].clause
    (guessed,) = nodes([dam(**{**weak, "unit_weight": None})], [LEVEL])
    assert guessed["slope_stability"].tier is Tier.BLUE
    assert guessed["slope_stability"].standing is Standing.ILLUSTRATIVE


def test_a_dam_of_unknown_storage_has_no_required_factor_and_is_not_called_safe() -> None:
    weak = {**MEASURED, "cohesion": 0.0, "friction_angle": 16.0}
    cells = {"pga": [0.2], "pgv": [20.0]}
    (found,) = nodes([dam(**weak, total_storage=None)], [LEVEL], cells, forecast([60.0] * 12, [60.0] * 12))
    for key in ("slope_stability", "pseudo_static_stability"):
        node = found[key]
        assert (node.tier, node.state, node.value) == (Tier.NONE, EvidenceState.MISSING, None)
        assert node.note is not None
        assert "otal storage" in node.note.en
        assert inner(node, "total_storage").state is EvidenceState.MISSING
        assert inner(node, f"{key}/factor_of_safety").value is not None
    assert found["overtopping"].state is EvidenceState.MISSING
    assert found["overtopping"].note is not None
    assert "storage" in found["overtopping"].note.en


def test_an_unknown_height_leaves_stability_missing() -> None:
    (found,) = nodes([dam(dam_height=None)])
    assert found["slope_stability"].state is EvidenceState.MISSING
    assert found["slope_stability"].tier is Tier.NONE


def test_shaking_adds_three_nodes_to_the_facilities_that_felt_it() -> None:
    some = [dam(1), dam(2)]
    first, second = nodes(some, cells={"pga": [0.4, np.nan], "pgv": [45.0, np.nan]})
    assert {"pseudo_static_stability", "liquefaction", "sliding_displacement"} <= set(first)
    assert set(second) == {"overtopping", "slope_stability", "consequence"}
    shaken, still = first["pseudo_static_stability"].value, first["slope_stability"].value
    assert shaken < still  # type: ignore[operator]
    assert inner(first["liquefaction"], "magnitude").method == "default"
    assert inner(first["pseudo_static_stability"], "pga").value == 0.4  # by which it passes with the event
    for key in ("liquefaction", "sliding_displacement"):
        assert first[key].standing is Standing.ILLUSTRATIVE
        assert first[key].tier <= Tier.BLUE


def test_a_higher_phreatic_line_makes_liquefaction_likelier() -> None:
    cells = {"pga": [0.4], "pgv": [45.0], "magnitude": [7.5]}
    (deep,) = nodes([dam()], [[reading("phreatic_depth", 12.0)]], cells)
    (high,) = nodes([dam()], [[reading("phreatic_depth", 1.0)]], cells)
    assert high["liquefaction"].value > deep["liquefaction"].value  # type: ignore[operator]
    # 8.801 + 0.334 ln(45 × 0.952574) - 1.918 ln 200 + 0.0005408 × 800 - 0.0333 × 1 = 0.29357: p 0.57287
    assert high["liquefaction"].value == pytest.approx(0.57287, abs=2e-4)


def test_the_consequence_class_counts_the_people_and_shows_the_bands() -> None:
    (found,) = nodes()
    node = found["consequence"]
    assert (node.value, node.tier) == ("high", Tier.NONE)  # 60 people: 10 to 100
    # 0.332 × 3.2^0.95 = 1.00240·10⁶ m³; P90 2.5333 times that: 2.5394, under 0.95 × 3.2
    assert inner(node, "release/P50").value == pytest.approx(1.0024e6, rel=1e-3)
    assert inner(node, "release/P90").value == pytest.approx(2.539e6, rel=1e-3)
    envelope = inner(node, "release/envelope").value
    assert envelope == pytest.approx(20419 * 48**1.2821, rel=1e-3)
    assert inner(node, "runout/P10").value < inner(node, "runout/P90").value  # type: ignore[operator]


@pytest.mark.parametrize(
    ("storage", "middle"),
    [
        # 0.332 × 3.2^0.95 = 1.00240; 48 × (1.0024 / 3.2) × 1.0024 = 15.072; 3.04 × 15.072^0.545 = 13.33 km
        (320.0, 13_330.0),
        # 0.332 × 0.2^0.95 = 0.071964; 48 × 0.071964² / 0.2 = 1.24292; 3.04 × 1.24292^0.545 = 3.423 km
        (20.0, 3_423.0),
    ],
)
def test_the_runout_keeps_its_band_since_the_ground_below_the_toe_is_not_known(
    storage: float, middle: float
) -> None:
    (found,) = nodes([dam(total_storage=storage)])
    low, central, high = (inner(found["consequence"], f"runout/P{p}").value for p in (10, 50, 90))
    assert central == pytest.approx(middle, rel=1e-3)
    # 10^(0.658 × 1.28155) = 6.970 either way
    assert low == pytest.approx(middle / 6.970, rel=1e-3)
    assert high == pytest.approx(middle * 6.970, rel=1e-3)


def test_an_unknown_population_leaves_the_class_missing_but_not_the_volumes() -> None:
    (found,) = nodes([dam(population_downstream=None)])
    assert found["consequence"].state is EvidenceState.MISSING
    assert inner(found["consequence"], "release/P50").value is not None


def test_each_facility_gets_its_own_answer_in_its_own_place() -> None:
    heights = [20.0, 48.0, 90.0]
    together = nodes([dam(i, dam_height=h) for i, h in enumerate(heights)])
    alone = [nodes([dam(i, dam_height=h)])[0] for i, h in enumerate(heights)]
    for key in ("slope_stability", "consequence"):
        assert [one[key] for one in together] == [one[key] for one in alone]


def test_no_facilities_are_no_reason_to_fail() -> None:
    assert evidence(AssetInputs([], [], {}, {}, None, RULES, AT)) == []


def test_every_text_is_in_both_languages() -> None:
    (found,) = nodes(cells={"pga": [0.4], "pgv": [45.0]}, rain=forecast([30.0] * 6))
    for root in found.values():
        for _, node in root.walk():
            for text in (node.label, node.note):
                if text is not None:
                    assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh), text
                    assert not any("\u4e00" <= letter <= "\u9fff" for letter in text.en), text
