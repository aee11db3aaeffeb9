"""Steps of satellites and weather as the engine runs them, block by block, on real scenes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
import rasterio

from data_catalog.site import Site, SiteDeclaration
from minegis.declarations import BilingualText
from minegis.errors import InvalidInput
from minegis.levels import EvidenceState, Origin, Standing, Tier
from pipelines.engine import Engine, Source
from pipelines.jobs.declaration import jobs
from pipelines.jobs.registry import step
from pipelines.jobs.runner import JobSite
from pipelines.lineage import read_lineage
from pipelines.movement import Monitored, measure_movement, movement_evidence, publish_movement
from pipelines.progress import Silent
from pipelines.raster import Raster, RasterGrid, read_raster, write_cog
from pipelines.steps.backscatter import to_db, without_speckle
from pipelines.steps.insar_inversion import Movement
from pipelines.steps.insar_network import Network
from pipelines.steps.optical import ndvi, ndwi, reflectance
from pipelines.steps.rain_windows import antecedent_indices
from pipelines.steps.satellite_blocks import optical_indices


@pytest.fixture
def engine(tmp_path):
    return Engine(tmp_path / "work")


def test_the_jobs_of_satellites_and_weather_can_be_read():
    wanted = {"optical_indices", "backscatter", "backscatter_change", "rain_windows", "rain_percentile"}
    assert wanted <= set(jobs())


def test_indices_of_a_real_scene_are_the_same_in_blocks(sample_data, engine, tmp_path):
    path = sample_data / "satellite" / "sentinel2_l1c_20m_10bands_delmarva.tif"
    with rasterio.open(path) as dataset:
        numbers = dict(zip(dataset.descriptions, dataset.read(), strict=True))
    bands = {"green": 2, "red": 3, "nir": 7, "blue": 1, "shortwave": 9}
    made = engine.run(
        step("optical_indices"),
        {name: Source.of(path, band=band) for name, band in bands.items()},
        {name: tmp_path / f"{name}.tif" for name in ("ndvi", "ndwi")},
        parameters={"product": "sentinel2_before_04", "mask": "thresholds"},
        block=256,
    )
    assert made.blocks == 4
    b = {name: reflectance(values, "sentinel2_before_04") for name, values in numbers.items()}
    for name, whole in (("ndwi", ndwi(b["B03"], b["B08"])), ("ndvi", ndvi(b["B04"], b["B08"]))):
        found = read_raster(made.paths[name])
        known = np.isfinite(found.values)
        assert known.mean() > 0.99
        np.testing.assert_allclose(found.values[known], whole[known], atol=1e-6)
    assert read_lineage(made.paths["ndwi"]).inputs[0].file == path.name


def test_the_job_makes_indices_of_a_fetched_scene(sample_data, tmp_path):
    """The real bands as a scene of baseline 05 would hold them, 1000 more, under a cloud drawn by hand."""
    scene = tmp_path / "sources" / "fetched" / "sentinel_2_l2a" / "sentinel-2-l2a" / "S2B_DELMARVA"
    scene.mkdir(parents=True)
    with rasterio.open(sample_data / "satellite" / "sentinel2_l1c_20m_10bands_delmarva.tif") as dataset:
        numbers = dict(zip(dataset.descriptions, dataset.read(), strict=True))
        kept = ("dtype", "nodata", "width", "height", "crs", "transform")
        profile = {"driver": "GTiff", "count": 1, **{key: dataset.profile[key] for key in kept}}
    classes = np.full((512, 512), 6, np.uint16)
    classes[100:140, 200:260] = 9
    bands = {name: numbers[name] + 1000 for name in ("B02", "B03", "B04", "B08", "B11")}
    for name, values in {**bands, "SCL": classes}.items():
        with rasterio.open(scene / f"{name}.tif", "w", **profile) as dataset:
            dataset.write(values, 1)
    words = BilingualText(zh="试", en="Test")
    declared = SiteDeclaration(title=words, origin=Origin.PUBLIC, areas=())
    site = JobSite(Site.create(tmp_path, declared), jobs(), Engine(tmp_path / "work"))
    done = site.run("optical_indices", Silent())
    assert (done.reasons, len(done.made)) == ((), 4)
    (water,) = (name for name in done.made if "/ndwi-" in name)
    found = read_raster(tmp_path / water).values
    np.testing.assert_array_equal(np.isnan(found), classes == 9)
    expected = ndwi(*(reflectance(numbers[name], "sentinel2_before_04") for name in ("B03", "B08")))
    np.testing.assert_allclose(found[classes == 6], expected[classes == 6], atol=1e-6)


def test_a_mask_needs_its_band_and_a_wanted_index_its_bands():
    light = np.full((2, 2), 0.2, np.float32)
    options = {"product": "reflectance", "outputs": ("ndwi",)}
    with pytest.raises(InvalidInput, match="input quality"):
        optical_indices(light, light, light, mask="scl", **options)
    with pytest.raises(InvalidInput, match="no such mask"):
        optical_indices(light, light, light, mask="fmask", **options)
    with pytest.raises(InvalidInput, match="expected shortwave"):
        optical_indices(light, light, light, mask="thresholds", **options)
    clouded = np.array([[4, 9], [3, 0]], np.float32)
    found = optical_indices(light, light, light, quality=clouded, mask="scl", **options)["ndwi"]
    np.testing.assert_array_equal(np.isnan(found), [[False, True], [True, True]])


def test_backscatter_without_speckle_has_no_seams_between_blocks(sample_data, engine, tmp_path):
    path = sample_data / "satellite" / "sentinel1_rtc_200m_utm10n.tif"
    made = engine.run(
        step("filtered_backscatter"),
        {"power": Source.of(path)},
        {"backscatter": tmp_path / "db.tif"},
        parameters={"looks": 4.4},
        block=256,
    )
    with rasterio.open(path) as dataset:
        power = dataset.read(1)
    whole = to_db(without_speckle(power, 4.4))
    np.testing.assert_allclose(read_raster(made.paths["backscatter"]).values, whole, atol=1e-4)


def test_mexico_city_is_published_with_its_series_and_lineage(sample_data, engine, tmp_path):
    folder = sample_data / "satellite" / "insar_mexico_city"
    paths = [*folder.glob("*_unw.tif"), *folder.glob("*_cc.tif")]
    made = publish_movement(engine, paths, tmp_path / "movement", grows_with="range")
    assert len(made.paths) == 4 + 13
    measured = measure_movement(paths, grows_with="range")
    for name, expected in (
        ("los_velocity", measured.movement.velocity),
        ("los_velocity_sigma", measured.movement.sigma),
        ("displacement_20180717", measured.movement.series[-1]),
    ):
        np.testing.assert_allclose(read_raster(made.paths[name]).values, expected, rtol=1e-3, atol=0.02)
    away = -read_raster(made.paths["los_velocity"]).values
    low, high = np.nanpercentile(away, [1, 99])
    assert (low, high) == (pytest.approx(-97, abs=1), pytest.approx(195, abs=1))
    lineage = read_lineage(made.paths["los_velocity"])
    assert len(lineage.inputs) == 60
    assert lineage.parameters["grows_with"] == "range"


def monitored(series, years):
    """Three pixels in a row with given series, mm."""
    start = datetime(2025, 1, 1, tzinfo=UTC).date()
    epochs = [start + timedelta(days=round(365.25 * year)) for year in years]
    shape = series[:, np.newaxis, :]
    slopes = np.polyfit(years, series, 1)[0][np.newaxis]
    level = np.ones_like(slopes)
    movement = Movement(shape, slopes, level, 2 * level, level, level.astype(np.int16))

    class Stack:
        source = "made"

    return Monitored(movement, Network(tuple(pairwise(epochs))), Stack())


def test_ground_that_hurries_is_blue_evidence_and_steady_ground_none():
    years = np.arange(14) * 12 / 365.25
    noise = np.random.default_rng(7).normal(0, 0.4, (14, 3))
    steady = monitored(np.outer(years, [-5, -150, 0]) + noise, years)
    node = movement_evidence(steady, np.ones((1, 3), bool))
    assert (node.tier, node.standing, node.state) == (
        Tier.NONE,
        Standing.ILLUSTRATIVE,
        EvidenceState.SUFFICIENT,
    )
    assert node.value == pytest.approx(-150, abs=5)
    bend = np.outer(np.maximum(years - years[8], 0), [0, 0, -400])
    hurrying = monitored(np.outer(years, [-5, -150, -10]) + bend + noise, years)
    node = movement_evidence(hurrying, np.ones((1, 3), bool))
    assert node.tier is Tier.BLUE
    assert "pace changed" in node.note.en
    nowhere = movement_evidence(hurrying, np.zeros((1, 3), bool))
    assert (nowhere.value, nowhere.state) == (None, EvidenceState.INSUFFICIENT)


def test_rain_of_files_becomes_windows_and_indices(engine, tmp_path):
    grid = RasterGrid((0.1, 0.0, 103.0, 0.0, -0.1, 32.0), 5, 4, "EPSG:4326")
    rain = np.random.default_rng(9).gamma(0.3, 8, (17, 4, 5)).astype(np.float32)
    start = datetime(2026, 7, 1, tzinfo=UTC)
    files, ends = [], []
    for day, values in enumerate(rain):
        begin, end = start + timedelta(days=day), start + timedelta(days=day + 1)
        files.append(tmp_path / f"{day:02}.tif")
        ends.append(end)
        write_cog(Raster(values, grid, "rain", "mm", "made", begin, end), files[-1])
    source = {"rain": Source.of(*files, times=tuple(ends))}
    targets = {name: tmp_path / f"{name}.tif" for name in ("antecedent_lhasa", "antecedent_api")}
    made = engine.run(step("antecedent_rain"), source, targets, parameters={"step_hours": 24})
    for name, expected in antecedent_indices(rain, 24).items():
        np.testing.assert_allclose(read_raster(made.paths[f"antecedent_{name}"]).values, expected, rtol=1e-5)
    targets = {name: tmp_path / f"{name}.tif" for name in ("rain_latest", "rain_wettest")}
    made = engine.run(
        step("rain_windows"), source, targets, parameters={"step_hours": 24, "window_hours": 72}
    )
    np.testing.assert_allclose(
        read_raster(made.paths["rain_latest"]).values, rain[-3:].sum(axis=0), rtol=1e-5
    )


def test_shaking_is_made_on_the_grid_of_the_ground(sample_data, engine, tmp_path):
    made = engine.run(
        step("estimated_shaking"),
        {"elevation": Source.of(sample_data / "dem" / "china_dem_30s_sichuan.tif")},
        {name: tmp_path / f"{name}.tif" for name in ("pga", "sigma_ln_pga")},
        parameters={"magnitude": 8.0, "lon": 103.4, "lat": 31.0, "strike": 229.0},
    )
    pga = read_raster(made.paths["pga"])
    row, column = np.unravel_index(np.nanargmax(pga.values), pga.values.shape)
    assert (pga.grid.x[column], pga.grid.y[row]) == (
        pytest.approx(103.4, abs=0.02),
        pytest.approx(31.0, abs=0.02),
    )
    # along the strike (229° is 49° as well) it reaches farther than across
    along = pga.values[np.argmin(np.abs(pga.grid.y - 32.0)), np.argmin(np.abs(pga.grid.x - 104.75))]
    across = pga.values[np.argmin(np.abs(pga.grid.y - 32.0)), np.argmin(np.abs(pga.grid.x - 102.05))]
    assert along > 1.15 * across
