"""Ponds drawn with known area and distance, and the coast of Delmarva as if it were one."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from minegis.coordinates import CRS84, geodesic_area_km2, transformer
from minegis.errors import InvalidInput
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Standing, Tier
from pipelines.raster import RasterGrid
from pipelines.satellite_evidence import pond_evidence
from pipelines.steps.clouds import Seen
from pipelines.steps.ground_area import ground_areas
from pipelines.steps.optical import ndwi, reflectance
from pipelines.steps.pond import measure_pond, pond_rules

UTM = RasterGrid((10.0, 0.0, 500_000.0, 0.0, -10.0, 3_400_000.0), 120, 100, "EPSG:32648")
AT = datetime(2026, 7, 20, 3, 30, tzinfo=UTC)


def lon_lat(shape, crs="EPSG:32648"):
    return shapely.transform(shape, transformer(crs, CRS84).transform, interleaved=False)


FOOTPRINT = lon_lat(box(500_005, 3_399_005, 501_195, 3_399_995))
# the dam lies along the southern edge, at northing 3,399,100
CREST = lon_lat(LineString([(500_050, 3_399_100), (501_150, 3_399_100)]))


def scene(pond):
    """Index 0.4 in water, -0.3 on beach; `pond` in UTM."""
    x, y = np.meshgrid(UTM.x, UTM.y)
    noise = np.random.default_rng(3).normal(0, 0.02, x.shape)
    return np.where(shapely.contains_xy(pond, x, y), 0.4, -0.3) + noise


def seen(cloud=None, shape=(100, 120)):
    nothing = np.zeros(shape, dtype=bool)
    return Seen(nothing if cloud is None else cloud, nothing, nothing, nothing, "made")


def measured(pond, **options):
    options = {"crest": CREST, "raise_method": "upstream", **options}
    return measure_pond(scene(pond), options.pop("seen", seen()), UTM, FOOTPRINT, **options)


SQUARE = box(500_300, 3_399_300, 500_800, 3_399_800)


def test_a_square_pond_has_its_area_and_its_distance():
    pond = measured(SQUARE)
    # 50 × 50 cells of 100 m² on the plane, whose scale at the central meridian is 0.9996
    assert pond.area == pytest.approx(250_000 / 0.9996**2, rel=1e-6)
    assert pond.distance == pytest.approx(200 / 0.9996, abs=0.05)
    # 20,000 m² along 4 × 500 × π/4 = 1571 m of shore: 12.7 m either way
    assert pond.farthest - pond.distance == pytest.approx(20_000 / (2000 * np.pi / 4), rel=0.01)
    assert pond.distance - pond.nearest == pytest.approx(pond.farthest - pond.distance)
    assert (pond.state, pond.hidden_share, pond.threshold.method) == (EvidenceState.SUFFICIENT, 0, "otsu")


@given(radius=st.floats(190, 420))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_a_round_pond_is_measured_within_its_published_error(radius):
    middle = Point(500_600, 3_399_560)
    pond = measured(middle.buffer(radius), threshold=0.1)
    assert abs(pond.area - np.pi * radius**2 / 0.9996**2) < pond_rules().area_error / 4
    assert pond.nearest <= 460 - radius <= pond.farthest


def test_a_small_pond_is_refused_with_its_reason():
    pond = measured(box(500_300, 3_399_300, 500_600, 3_399_620))  # 96,000 m² < 20,000 / 20 %
    assert (pond.area, pond.distance, pond.state) == (None, None, EvidenceState.INSUFFICIENT)
    assert "100000 m²" in pond.reasons[0].en
    assert "不发布" in pond.reasons[0].zh


def test_a_pond_under_cloud_is_not_guessed_and_the_share_is_told():
    cloud = np.zeros((100, 120), dtype=bool)
    cloud[:, :60] = True
    pond = measured(SQUARE, seen=seen(cloud))
    assert pond.area is None
    assert pond.hidden_share == pytest.approx(0.5, abs=0.02)
    assert pond.state is EvidenceState.INSUFFICIENT


def test_a_little_cloud_is_reported_and_counts_for_no_water():
    cloud = np.zeros((100, 120), dtype=bool)
    cloud[30:40, 40:60] = True  # within the pond
    pond = measured(SQUARE, seen=seen(cloud))
    assert pond.hidden_share == pytest.approx(200 / (118 * 98), rel=0.02)
    assert pond.area == pytest.approx((2500 - 200) * 100 / 0.9996**2, rel=1e-6)


def test_ground_without_water_is_not_cut_by_force():
    pond = measured(Point(0, 0))
    assert pond.area is None
    assert "threshold of the site" in pond.reasons[0].en


def test_the_threshold_of_the_site_comes_first():
    pond = measured(SQUARE, threshold=0.11)
    assert (pond.threshold.value, pond.threshold.method) == (0.11, "site")


def test_puddles_are_no_pond():
    puddle = box(500_300, 3_399_120, 500_320, 3_399_140)  # four cells near the crest
    assert measured(SQUARE.union(puddle)).distance == pytest.approx(200 / 0.9996, abs=0.05)


@pytest.mark.parametrize("method", ["downstream", "single", "dry_stack"])
def test_the_distance_is_for_dams_that_rest_on_their_beach(method):
    pond = measured(SQUARE, raise_method=method)
    assert pond.area > 0
    assert pond.distance is None
    assert "upstream and centreline" in pond.reasons[0].en
    assert "crest" in measured(SQUARE, crest=None).reasons[0].en


def test_a_scene_that_ends_within_the_facility_is_refused():
    far = lon_lat(box(500_900, 3_399_005, 502_000, 3_399_995))
    with pytest.raises(InvalidInput, match="does not cover"):
        measure_pond(scene(SQUARE), seen(), UTM, far, crest=CREST, raise_method="upstream")


def test_satellite_evidence_never_raises_above_blue():
    pond = measured(SQUARE)
    area, distance = pond_evidence(pond, acquired_at=AT, source="scene sha256:0", least_distance=500.0)
    assert (distance.key, distance.tier) == ("satellite/water_edge_distance", Tier.BLUE)
    assert (area.tier, area.standing, area.state) == (
        Tier.NONE,
        Standing.ILLUSTRATIVE,
        EvidenceState.SUFFICIENT,
    )
    assert "± 20000 m²" in area.note.en
    assert {node.key for _, node in area.walk()} == {"satellite/pond_area", "hidden_share", "water_threshold"}
    assert Evidence.from_json(distance.to_json()) == distance


def test_a_distance_that_may_be_long_enough_warns_of_nothing():
    pond = measured(SQUARE)
    least = (pond.distance + pond.farthest) / 2
    _, distance = pond_evidence(pond, acquired_at=AT, source="scene", least_distance=least)
    assert distance.tier is Tier.NONE


def test_a_refused_pond_is_insufficient_evidence_with_its_reason():
    (node,) = pond_evidence(
        measured(box(500_300, 3_399_300, 500_500, 3_399_500)), acquired_at=AT, source="scene"
    )
    assert (node.value, node.state, node.tier) == (None, EvidenceState.INSUFFICIENT, Tier.NONE)
    assert "100000 m²" in node.note.en


@pytest.mark.parametrize(
    "grid",
    [
        RasterGrid((0.01, 0.0, 103.0, 0.0, -0.02, 31.0), 3, 2, "EPSG:4326"),
        RasterGrid((1000.0, 0.0, 300_000.0, 0.0, -2000.0, 3_400_000.0), 3, 2, "EPSG:32648"),
    ],
)
def test_the_area_of_a_cell_is_the_geodesic_area_of_its_outline(grid):
    a, _, west, _, e, north = grid.transform
    areas = ground_areas(grid)
    for row in range(2):
        for column in range(3):
            cell = box(west + a * column, north + e * (row + 1), west + a * (column + 1), north + e * row)
            outline = shapely.segmentize(cell, a / 50)
            shape = shapely.transform(outline, transformer(grid.crs, CRS84).transform, interleaved=False)
            assert areas[row, column] == pytest.approx(1e6 * geodesic_area_km2([shape])[0], rel=1e-6)


def test_the_lagoon_of_a_real_scene_as_a_pond(sample_data):
    """The barrier island as the dam: the sea is held off, the water west of it is the pond."""
    with rasterio.open(sample_data / "satellite" / "sentinel2_l1c_10m_rgbn_delmarva.tif") as dataset:
        bands = dict(zip(dataset.descriptions, dataset.read(), strict=True))
        grid = RasterGrid(tuple(dataset.transform)[:6], dataset.width, dataset.height, "EPSG:32618")
    index = ndwi(*(reflectance(bands[name], "sentinel2_before_04") for name in ("B03", "B08")))
    corner_x, corner_y = grid.transform[2], grid.transform[5]

    def place(row, column):
        return corner_x + 10 * column, corner_y - 10 * row

    facility = lon_lat(
        shapely.Polygon([place(*at) for at in ((250, 60), (250, 385), (450, 360), (450, 60))]), grid.crs
    )
    dam = lon_lat(LineString([place(250, 400), place(450, 365)]), grid.crs)
    pond = measure_pond(
        index, seen(shape=index.shape), grid, facility, crest=dam, raise_method="upstream", threshold=0.3
    )
    # of 312.5 × 200 cells = 6.25 km², water is the lagoon in the west and the creeks of the marsh
    assert 1e6 < pond.area < 5e6
    assert pond.state is EvidenceState.SUFFICIENT
    assert 0 <= pond.nearest <= pond.distance < 1000
