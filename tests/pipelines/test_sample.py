"""The sample site: made-up assets on real ground, that say so everywhere."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import shapely

from data_catalog.dataset import datasets
from data_catalog.site import Site
from data_catalog.source import sources
from data_catalog.store import Feature, Store
from minegis.coordinates import geodesic_area_km2
from minegis.errors import NotFound
from minegis.levels import Origin, Tier
from minegis.reading import Quality
from minegis.variables import variable
from pipelines.connectors.dem import read_dem
from pipelines.connectors.rain import read_rain
from pipelines.progress import Silent
from pipelines.sample.content import Content, elevation_path, make_content
from pipelines.sample.recipe import recipe
from pipelines.sample.site import SEED, make_site
from risk_models.rule_package import load_rules
from risk_models.warning.assessment import assess
from risk_models.warning.asset import AssetRecord

MADE_UP = ("tsf", "mine", "slope", "station")


@pytest.fixture(scope="module")
def bare_content() -> Content:
    return make_content(recipe(), None, SEED, Silent())


@pytest.fixture(scope="module")
def bare_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(tmp_path_factory.mktemp("bare"), None)


@pytest.fixture(scope="module")
def site(sample_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(tmp_path_factory.mktemp("site"), sample_data)


@pytest.fixture(scope="module")
def features(site):
    with Store.open(site.folder) as store:
        return {name: store.features(name) for name in datasets()}


@pytest.fixture(scope="module")
def readings(site):
    with Store.open(site.folder) as store:
        return store.readings()


@pytest.fixture(scope="module")
def regions(features):
    return {region.id: region for region in features["region"]}


def contents(dataset: str, found: list[Feature]) -> dict[str, tuple[object, ...]]:
    names = [field.name for field in datasets()[dataset].fields]
    return {
        feature.id: (
            feature.geometry.wkb,
            feature.source,
            [feature.properties.get(name) for name in names],
        )
        for feature in found
    }


def test_the_same_seed_gives_identical_bytes(bare_content, bare_site):
    # The site was made by a second run of everything.
    with Store.open(bare_site.folder) as store:
        for name, found in bare_content.features.items():
            assert contents(name, store.features(name)) == contents(name, list(found)), name
        assert set(store.readings()) == set(bare_content.readings)
    (rain,) = [given for given in bare_site.declaration.inputs if given.kind == "rain"]
    with netCDF4.Dataset(bare_site.path(rain.path)) as file:
        assert (file["rain"][:] == bare_content.rain.amount.astype(np.float32)).all()


def test_another_seed_gives_other_assets_on_the_same_public_layers(bare_content):
    other = make_content(recipe(), None, SEED + 1, Silent())
    assert other.features["tsf"][0].geometry != bare_content.features["tsf"][0].geometry
    assert other.features["place"] == bare_content.features["place"]


def test_the_site_opens_frozen_at_its_reference_time(site):
    opened = Site.open(site.folder)
    assert opened.now().isoformat() == "2026-07-20T04:00:00+00:00"
    assert opened.declaration.origin is Origin.SAMPLE
    assert [area.id for area in opened.declaration.areas] == ["longmenshan", "shanxi"]


def test_input_files_are_kept_under_their_checksums_and_named_sources(site):
    inputs = site.declaration.inputs
    assert Counter(given.kind for given in inputs) == {
        "elevation": 2,
        "relief": 1,
        "rain": 1,
        "rain_forecast": 5,
        "shakemap": 2,
    }
    for given in inputs:
        digest = hashlib.sha256(site.path(given.path).read_bytes()).hexdigest()
        assert given.sha256 == digest
        assert Path(given.path).name.startswith(f"{digest[:12]}-")
        assert given.source in sources()


def test_the_counts_are_as_asked(features):
    assert len(features["tsf"]) == 300
    assert len(features["mine"]) == 400
    assert len(features["slope"]) == 200


def test_everything_made_up_says_sample_and_nothing_else_does(features, readings):
    for name, found in features.items():
        for feature in found:
            made_up = name in MADE_UP or feature.id.startswith("sample-")
            assert (feature.origin is Origin.SAMPLE) == made_up
            assert feature.source.startswith("sample: recipe.yaml sha256:") == made_up
    assert {reading.origin for reading in readings} == {Origin.SAMPLE}
    for name in ("tsf", "mine", "slope"):
        assert all(feature.properties["name"].startswith("示例·") for feature in features[name])
        assert len({feature.properties["name"] for feature in features[name]}) == len(features[name])
    for feature in (*features["tsf"], *features["mine"]):
        assert feature.properties["enterprise"].startswith("示例·")
        assert feature.properties["uscc"] is None  # a made-up code could be a real company's


def test_every_feature_satisfies_the_declaration_of_its_dataset(features):
    for name, found in features.items():
        declaration = datasets()[name]
        assert {feature.geometry.geom_type.removeprefix("Multi") for feature in found} <= set(
            declaration.geometry
        )
        for feature, field in itertools.product(found, declaration.fields):
            value = feature.properties[field.name]
            if value is None:
                assert not field.required, (feature.id, field.name)
                continue
            assert field.minimum is None or value >= field.minimum, (feature.id, field.name)
            assert field.maximum is None or value <= field.maximum, (feature.id, field.name)
            assert not field.choices or str(value) in field.choices, (feature.id, field.name)


def test_every_asset_lies_wholly_in_the_county_it_states(features, regions):
    for name in ("tsf", "mine", "slope"):
        for asset in features[name]:
            county = regions[asset.properties["county_code"]]
            assert county.properties["level"] == "county"
            assert asset.geometry.is_valid
            assert county.geometry.contains(asset.geometry), asset.id


def test_assets_lie_in_the_two_areas(features, regions):
    box = shapely.box(102.4, 30.4, 104.6, 32.6)
    for name in ("tsf", "mine", "slope"):
        for asset in features[name]:
            code = asset.properties["county_code"]
            assert code.startswith("14") or (code.startswith("51") and box.contains(asset.geometry))


def test_no_facility_stands_on_a_lake_or_touches_another(features):
    outlines = [tsf.geometry for tsf in features["tsf"]]
    tree = shapely.STRtree(outlines)
    first, second = tree.query(outlines, predicate="intersects")
    assert (first == second).all()
    lakes = shapely.STRtree([lake.geometry for lake in features["lake"]])
    assert lakes.query(outlines, predicate="intersects").size == 0
    mines = [mine.geometry for mine in features["mine"]]
    assert tree.query(mines, predicate="intersects").size == 0


def test_facilities_have_a_plausible_size(features):
    areas = geodesic_area_km2([tsf.geometry for tsf in features["tsf"]])
    assert areas.min() > 0.03
    assert areas.max() < 1.5


def by_table(value: float, limits: tuple[float, ...]) -> int:
    """Class from GB 50863-2013 table 3.3.1: the number of the first limit that is reached."""
    return next((number for number, limit in enumerate(limits, start=1) if value >= limit), 5)


def test_the_class_follows_from_storage_and_height(features):
    for tsf in features["tsf"]:
        design = tsf.properties
        by_storage = by_table(design["total_storage"], (50000, 10000, 1000, 100))
        by_height = by_table(design["dam_height"], (200, 100, 60, 30))
        higher = min(by_storage, by_height)
        expected = higher if abs(by_storage - by_height) <= 1 else higher + 1
        assert design["tsf_class"] == expected, tsf.id
    assert set(range(2, 6)) >= {tsf.properties["tsf_class"] for tsf in features["tsf"]} >= {3, 4, 5}


def test_levels_stand_in_order_and_the_beach_fits_into_the_pond(features):
    wet = [tsf.properties for tsf in features["tsf"] if tsf.properties["raise_method"] != "dry_stack"]
    assert len(wet) > 200
    for design in wet:
        assert design["normal_level"] < design["design_flood_level"] < design["beach_crest_elevation"]
        if design["dry_beach_length"] is not None:
            assert design["dry_beach_length"] <= design["pond_length"]
            beach = (design["beach_crest_elevation"] - design["normal_level"]) / design["beach_slope"]
            assert design["dry_beach_length"] == pytest.approx(beach, abs=4)  # slope is kept to 4 decimals


def test_margins_of_the_design_meet_the_table_of_minima(features):
    # GB 50863-2013 §4.2.1, by class: minimum freeboard and dry beach (upstream), m
    freeboard = {1: 1.5, 2: 1.0, 3: 0.7, 4: 0.5, 5: 0.4}
    beach = {1: 150, 2: 100, 3: 70, 4: 50, 5: 40}
    for tsf in features["tsf"]:
        design = tsf.properties
        if design["raise_method"] != "upstream":
            continue
        height = design["beach_crest_elevation"] - design["design_flood_level"]
        assert height >= freeboard[design["tsf_class"]]
        assert design["min_dry_beach"] == beach[design["tsf_class"]]
        assert height / design["beach_slope"] >= design["min_dry_beach"]


def test_the_dam_is_lower_than_its_valley_is_deep(features, sample_data):
    for area, codes in (("longmenshan", "51"), ("shanxi", "14")):
        chosen = next(one for one in recipe().areas if one.id == area)
        elevation = read_dem(elevation_path(chosen, sample_data), unit="m")
        for tsf in features["tsf"]:
            if not tsf.properties["county_code"].startswith(codes):
                continue
            at = tsf.geometry.centroid
            column = int(np.abs(elevation.grid.x - at.x).argmin())
            row = int(np.abs(elevation.grid.y - at.y).argmin())
            around = elevation.values[row - 2 : row + 3, column - 2 : column + 3]
            assert tsf.properties["dam_height"] < np.nanmax(around) - np.nanmin(around)


def test_slopes_belong_to_open_pits_and_are_beside_or_in_them(features):
    mines = {mine.id: mine for mine in features["mine"]}
    for slope in features["slope"]:
        mine = mines[slope.properties["mine_id"]]
        assert mine.properties["mine_type"] in ("open_pit", "combined")
        if slope.properties["slope_type"] == "pit":
            assert slope.geometry.difference(mine.geometry.buffer(1e-5)).is_empty
        else:
            assert not slope.geometry.intersects(mine.geometry)
            assert slope.geometry.distance(mine.geometry) < 0.02


def test_points_measure_variables_of_their_asset(features):
    assets = {name: {asset.id: asset for asset in features[name]} for name in ("tsf", "mine", "slope")}
    for station in features["station"]:
        variable(station.properties["variable"])
        asset = assets[station.properties["asset_dataset"]][station.properties["asset_id"]]
        assert asset.properties["online_monitoring"]
        assert station.geometry.distance(asset.geometry) < 0.002


def test_each_point_has_six_samples_at_its_interval_none_later_than_the_reference(features, readings, site):
    stations = {station.id: station for station in features["station"]}
    by_point = defaultdict(list)
    for reading in readings:
        by_point[reading.point_id].append(reading)
    assert set(by_point) == set(stations)
    for point, found in by_point.items():
        times = sorted(reading.observed_at for reading in found)
        interval = timedelta(minutes=stations[point].properties["interval_minutes"])
        last, older = times[-6:], times[:-5]
        assert len(last) == 6
        assert last[-1] <= site.now()
        assert {later - earlier for earlier, later in itertools.pairwise(last)} == {interval}
        # What is older is thinned to every six hours, or as seldom as the point reads, and four days long.
        apart = max(interval, timedelta(hours=6))
        assert {later - earlier for earlier, later in itertools.pairwise(older[:-1])} <= {apart}
        assert last[-1] - times[0] <= max(timedelta(days=4), 5 * interval)


def test_readings_stay_inside_the_dictionary(readings):
    for reading in readings:
        if reading.value is not None:
            quantity = variable(reading.variable)
            assert quantity.minimum <= reading.value <= quantity.maximum


def test_some_sensors_are_silent_some_stale_some_bad(readings, site):
    newest = {}
    for reading in readings:
        newest[reading.point_id] = reading
    silent = {r.asset_id for r in newest.values() if r.quality is Quality.MISSING and r.value is None}
    stale = {r.asset_id for r in newest.values() if site.now() - r.observed_at > timedelta(days=5)}
    bad = {r.asset_id for r in newest.values() if r.quality is Quality.FAIL}
    # As the recipe asks: 5 + 3 + 6 silent, 5 + 3 stale, 5 + 3 + 3 + 4 bad
    assert (len(silent), len(stale), len(bad)) == (14, 8, 15)


def test_phreatic_depths_below_control_are_few_and_the_rest_keeps_a_margin(features, readings):
    control = {tsf.id: tsf.properties["control_phreatic_depth"] for tsf in features["tsf"]}
    newest = {r.point_id: r for r in readings if r.variable == "phreatic_depth" and r.quality is Quality.GOOD}
    ratio = {point: r.value / control[r.asset_id] for point, r in newest.items()}
    # The recipe: two red (at most 1.0 × the control depth), two orange (1.1), three yellow, six blue (1.5)
    for limit, count in ((1.0, 2), (1.1, 4), (1.3, 7), (1.5, 13)):
        assert sum(value <= limit for value in ratio.values()) == count


def test_most_assets_are_quiet_and_three_to_six_are_red_by_the_national_rules(features, readings, site):
    rules = load_rules("national")
    by_asset = defaultdict(list)
    for reading in readings:
        by_asset[reading.dataset, reading.asset_id].append(reading)
    tiers: Counter[Tier] = Counter()
    for name in ("tsf", "mine", "slope"):
        for asset in features[name]:
            record = AssetRecord(name, asset.id, asset.properties["name"], asset.properties)
            tiers[assess(record, by_asset[name, asset.id], (), rules, site.now()).tier] += 1
    assert 0.75 < tiers[Tier.NONE] / tiers.total() < 0.92
    assert 3 <= tiers[Tier.RED] <= 6
    assert tiers[Tier.RED] <= tiers[Tier.ORANGE] < tiers[Tier.YELLOW]
    assert tiers[Tier.BLUE] > 20


def test_the_recent_earthquake_is_two_hours_old_and_made_up(features):
    (quake,) = [q for q in features["earthquake"] if q.origin is Origin.SAMPLE]
    assert quake.properties["occurred_at"] == "2026-07-20T02:00:00Z"
    assert (quake.properties["magnitude"], quake.properties["magnitude_type"]) == (5.8, "Ms")
    assert quake.properties["name"].startswith("示例·")


def test_the_rain_file_says_it_is_made_up_and_is_read_as_seven_days(site):
    (rain,) = [given for given in site.declaration.inputs if given.kind == "rain"]
    assert rain.origin is Origin.SAMPLE
    path = site.path(rain.path)
    with netCDF4.Dataset(path) as file:
        assert file.origin == "sample"
        assert "Made-up" in file.title
    days = []
    for day in range(7):
        start = rain.valid_from + timedelta(days=day)
        days.append(read_rain(path, start=start, end=start + timedelta(days=1), crs=rain.crs).values)
    whole = read_rain(path, start=rain.valid_from, end=rain.valid_to, crs=rain.crs)
    assert (whole.valid_to - whole.valid_from) == timedelta(days=7)
    np.testing.assert_allclose(np.sum(days, axis=0), whole.values, rtol=1e-5)
    assert all(np.isfinite(day).all() and (day >= 0).all() for day in days)


def test_gauges_agree_with_the_rain_field_of_the_last_day(site, features, readings):
    (rain,) = [given for given in site.declaration.inputs if given.kind == "rain"]
    field = read_rain(
        site.path(rain.path), start=rain.valid_to - timedelta(days=1), end=rain.valid_to, crs=rain.crs
    )
    places = {station.id: station.geometry for station in features["station"]}
    newest = {r.point_id: r for r in readings if r.variable == "rain_24h" and r.quality is Quality.GOOD}
    gauges, cells = [], []
    for point, reading in newest.items():
        column = int(np.abs(field.grid.x - places[point].x).argmin())
        row = int(np.abs(field.grid.y - places[point].y).argmin())
        gauges.append(reading.value)
        cells.append(field.values[row, column])
    assert np.corrcoef(gauges, cells)[0, 1] > 0.95


def test_what_is_missing_is_said_in_both_languages(site, bare_site):
    assert len(bare_site.declaration.missing) > len(site.declaration.missing) > 0
    for missing in bare_site.declaration.missing:
        assert missing.what.zh
        assert missing.what.en
        assert missing.why.zh
        assert missing.why.en


def test_without_the_folder_the_site_is_made_on_coarse_relief_and_says_so(bare_site):
    elevations = [given for given in bare_site.declaration.inputs if given.kind == "elevation"]
    assert all(given.resolution_note for given in elevations)
    with Store.open(bare_site.folder) as store:
        assert store.count("tsf") == 300
        assert store.count("mine") == 400
        assert store.count("slope") == 200
        assert store.count("fault") == store.count("lake") == 0
        assert store.count("place") > 2000


def test_a_folder_that_lacks_a_file_leaves_no_site_behind(tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(NotFound, match="geonames_china_places"):
        make_site(tmp_path / "site", tmp_path / "data")
    assert not (tmp_path / "site" / "site.yaml").exists()
