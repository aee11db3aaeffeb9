"""Attenuation of Yu et al. (2013). No worked value is published: the arithmetic is shown here."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from risk_models.cards import card
from risk_models.seismic.attenuation import (
    attenuation_coefficients,
    distance_and_azimuth,
    region_at,
    shaking,
    shaking_off_strike,
)

REGIONS = sorted(attenuation_coefficients().regions)
regions = st.sampled_from(REGIONS)
magnitudes = st.floats(4, 8.5)
distances = st.floats(0, 400)


def test_eastern_shaking_at_50_km_of_magnitude_7_is_the_hand_computed_one():
    # long axis, M > 6.5: d e^(e M) = 2.088 e^2.793 = 34.0969, ln(50 + 34.0969) = 4.431970
    # ln PGA = 8.1259 + 0.9936*7 - 2.315*4.431970 = 4.821090 -> 124.100 gal / 980.665 = 0.126547 g
    # ln PGV = 3.3051 + 1.1799*7 - 2.103*4.431970 = 2.243967 -> 9.43067 cm/s
    found = shaking(7, 50, "eastern_strong")
    assert found.pga == pytest.approx(0.126547, rel=1e-5)
    assert found.pgv == pytest.approx(9.43067, rel=1e-5)


def test_stable_shaking_on_the_short_axis_of_magnitude_6_is_the_hand_computed_one():
    # short axis, M <= 6.5: d e^(e M) = 1.295 e^1.986 = 9.435797, ln 39.435797 = 3.674674
    # ln PGA = 3.9445 + 1.0833*6 - 1.723*3.674674 = 4.112837 -> 61.1199 gal = 0.0623249 g
    # ln PGV = -1.3547 + 1.3823*6 - 1.559*3.674674 = 1.210283 -> 3.35443 cm/s
    found = shaking(6, 30, "moderate_stable", "short")
    assert found.pga == pytest.approx(0.0623249, rel=1e-5)
    assert found.pgv == pytest.approx(3.35443, rel=1e-5)


def test_acceleration_is_in_g_and_velocity_in_cm_per_second():
    # 2008 Wenchuan had 0.2 to 1 g and tens of cm/s near the fault; gal or m/s would miss by 100 or more
    near = shaking(8, 20, REGIONS)
    assert (near.pga > 0.1).all()
    assert (near.pga < 1.5).all()
    assert (near.pgv > 10).all()
    assert (near.pgv < 150).all()


def test_the_scatter_is_the_published_one():
    found = shaking(6, 30, "tibet")
    assert (found.sigma_ln_pga, found.sigma_ln_pgv) == (0.5428, 0.6233)


@given(region=regions, axis=st.sampled_from(["long", "short"]), m=magnitudes, one=distances, other=distances)
def test_shaking_falls_with_distance(region: str, axis, m: float, one: float, other: float):
    found = shaking(m, sorted([one, other]), region, axis)
    assert found.pga[0] >= found.pga[1] > 0
    assert found.pgv[0] >= found.pgv[1] > 0


@given(region=regions, axis=st.sampled_from(["long", "short"]), far=distances, m=st.floats(4, 8.4))
def test_shaking_grows_with_magnitude_on_either_side_of_the_break(region: str, axis, far: float, m: float):
    stronger = m + 0.1
    if (m > 6.5) == (stronger > 6.5):
        found = shaking([m, stronger], far, region, axis)
        # Near a great earthquake the relation saturates: it may stand still, within one per cent.
        assert found.pga[1] > 0.99 * found.pga[0]
        assert found.pgv[1] > 0.99 * found.pgv[0]


@pytest.mark.parametrize("axis", ["long", "short"])
@pytest.mark.parametrize("region", REGIONS)
def test_the_two_branches_meet_at_magnitude_six_and_a_half(region: str, axis):
    # Each pair a, b was fitted to meet there; a mistyped figure would show as a step. Tibet has one of 21 %.
    allowed = 0.24 if (region, axis) == ("tibet", "long") else 0.05
    at, beyond = (shaking(m, 30, region, axis) for m in (6.5, 6.5 + 1e-9))
    assert abs(np.log(at.pga / beyond.pga)) < allowed
    assert abs(np.log(at.pgv / beyond.pgv)) < 0.05


@pytest.mark.parametrize("region", REGIONS)
def test_the_axes_start_from_about_the_same_shaking(region: str):
    magnitude = np.arange(4.0, 8.6, 0.5)
    along, across = shaking(magnitude, 0, region), shaking(magnitude, 0, region, "short")
    np.testing.assert_allclose(along.pga, across.pga, rtol=0.25)
    np.testing.assert_allclose(along.pgv, across.pgv, rtol=0.25)


@pytest.mark.parametrize("region", REGIONS)
def test_the_long_axis_is_the_stronger_but_for_what_the_card_names(region: str):
    magnitude, away = np.meshgrid(np.arange(4.0, 8.6, 0.5), np.arange(0.0, 201.0))
    ratio = shaking(magnitude, away, region).pga / shaking(magnitude, away, region, "short").pga
    assert ratio.min() > (0.83 if region == "moderate_stable" else 0.95)
    assert "short axis is the stronger" in card("shaking").limits.en


def test_the_default_axis_is_the_long_one():
    assert shaking(6, 40, "tibet").pga == shaking(6, 40, "tibet", "long").pga


@given(region=regions, m=magnitudes, far=st.floats(1, 200), turn=st.floats(-360, 360))
def test_off_the_strike_shaking_lies_between_the_axes(region: str, m: float, far: float, turn: float):
    found = shaking_off_strike(m, far, region, turn)
    ends = sorted([float(shaking(m, far, region).pga), float(shaking(m, far, region, "short").pga)])
    assert ends[0] * (1 - 1e-9) <= found.pga <= ends[1] * (1 + 1e-9)


# Within some 3 km of the epicentre one axis never reaches the motion of the other: no ellipse there.
@given(region=regions, m=magnitudes, far=st.floats(5, 200))
def test_along_and_across_the_strike_it_is_that_axis(region: str, m: float, far: float):
    found = shaking_off_strike(m, far, region, [0, 180, 90, -90])
    for axis, places in (("long", [0, 1]), ("short", [2, 3])):
        np.testing.assert_allclose(found.pga[places], shaking(m, far, region, axis).pga, rtol=1e-9)
        np.testing.assert_allclose(found.pgv[places], shaking(m, far, region, axis).pgv, rtol=1e-9)


def test_sites_on_one_ellipse_feel_the_same():
    # Choose Ra = 60 km; find Rb with the same PGA on the short axis by a fine table; go round the ellipse.
    along = shaking(7, 60, "tibet").pga
    table = np.linspace(0, 60, 600_001)
    rb = np.interp(-along, -shaking(7, table, "tibet", "short").pga, table)
    turn = np.radians(np.arange(0, 360, 15))
    east, north = 60 * np.cos(turn), rb * np.sin(turn)
    found = shaking_off_strike(7, np.hypot(east, north), "tibet", np.degrees(np.arctan2(north, east)))
    np.testing.assert_allclose(found.pga, along, rtol=1e-6)


def test_unknown_magnitude_distance_or_angle_is_no_shaking():
    found = shaking([np.nan, 6], [50, np.nan], "tibet")
    assert np.isnan([found.pga, found.pgv]).all()
    assert np.isnan(shaking_off_strike(6, [50, np.nan], "tibet", [np.nan, 10]).pgv).all()


def test_each_site_may_have_its_own_region():
    together = shaking(6, [30, 60, 90, 120], REGIONS)
    alone = [float(shaking(6, r, name).pga) for r, name in zip([30, 60, 90, 120], REGIONS, strict=True)]
    np.testing.assert_allclose(together.pga, alone)


def test_mistakes_are_named():
    with pytest.raises(InvalidInput, match=r"eastern_strong.*atlantis"):
        shaking(6, 50, ["tibet", "atlantis"])
    with pytest.raises(InvalidInput, match="axis"):
        shaking(6, 50, "tibet", "middle")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="negative distance"):
        shaking(6, [50, -1], "tibet")


def test_distance_is_geodesic():
    # one degree of the CGCS2000 equator: 6378.137 km * π/180 = 111.31949 km, due east
    away, azimuth = distance_and_azimuth(100, 0, [101, 99], 0)
    np.testing.assert_allclose(away, 111.31949, rtol=1e-7)
    np.testing.assert_allclose(azimuth, [90, 270])
    assert distance_and_azimuth(103.32, 31.0, 103.32, 31.0)[0] == 0
    assert np.isnan(distance_and_azimuth(103.32, 31.0, [np.nan], [30.0])[0]).all()


def test_a_place_has_the_region_of_its_box():
    # Wenchuan, Xiangfen in Shanxi, Lhasa, Urumqi, Wuhan
    found = region_at([103.6, 111.4, 91.1, 87.6, 114.3], [31.5, 35.9, 29.7, 43.8, 30.6])
    assert found.tolist() == ["eastern_strong", "eastern_strong", "tibet", "xinjiang", "moderate_stable"]
    with pytest.raises(InvalidInput, match="no attenuation region"):
        region_at([103.6, -121.9], [31.5, 37.0])


def test_the_boxes_name_known_regions_and_say_that_they_are_a_default():
    declared = attenuation_coefficients()
    assert {entry.region for entry in declared.region_boxes} == set(REGIONS)
    assert declared.region_provenance.startswith("ED")
