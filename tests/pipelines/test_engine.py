"""Block functions over rasters: equal to the whole, within memory, resumed, whole or absent."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import uniform_filter

from minegis.errors import InvalidInput, JobFailed
from pipelines.engine import Engine, Source, Step
from pipelines.engine.schedule import Workers
from pipelines.lineage import is_published, item_path, read_lineage
from pipelines.raster import Raster, RasterGrid, read_raster, write_cog

GRID = RasterGrid((30.0, 0.0, 500_000.0, 0.0, -20.0, 3_400_000.0), 300, 210, "EPSG:4544")
VALUES = np.random.default_rng(3).normal(size=(210, 300)).astype(np.float32)


@pytest.fixture
def dem(tmp_path):
    path = tmp_path / "dem.tif"
    write_cog(Raster(VALUES, GRID, "elevation", "m", "made up"), path)
    return path


@pytest.fixture
def engine(tmp_path):
    return Engine(tmp_path / "work", Workers("", 2))


def smooth(elevation):
    return uniform_filter(np.nan_to_num(elevation.astype(np.float64)), 5, mode="constant")


SMOOTH = Step("smooth", "1", smooth, {"elevation": "elevation"}, depth=2)


@pytest.mark.parametrize("block", [64, 100, 256])
def test_blocks_with_a_halo_give_what_the_whole_raster_gives(dem, engine, tmp_path, block):
    engine.run(SMOOTH, {"elevation": Source.of(dem)}, {"elevation": tmp_path / "out.tif"}, block=block)
    made = read_raster(tmp_path / "out.tif")
    whole = uniform_filter(VALUES.astype(np.float64), 5, mode="constant")  # scipy's own edge
    np.testing.assert_allclose(made.values, whole, atol=1e-6)
    assert made.grid == GRID


def test_a_product_says_what_it_was_made_from_in_an_item_beside_it(dem, engine, tmp_path):
    path = tmp_path / "out.tif"
    made = engine.run(SMOOTH, {"elevation": Source.of(dem, credit="nobody")}, {"elevation": path}, block=128)
    lineage = read_lineage(path)
    assert lineage == made.lineage
    assert lineage.inputs[0].sha256 == hashlib.sha256(dem.read_bytes()).hexdigest()
    assert (lineage.step, lineage.version, lineage.inputs[0].source) == ("smooth", "1", "nobody")
    assert {"numpy", "rasterio", "gdal", "python"} <= set(lineage.libraries)
    import pystac

    item = pystac.Item.from_file(str(item_path(path)))
    assert item.properties["proj:code"] == "EPSG:4544"
    assert item.properties["proj:shape"] == [210, 300]
    assert item.properties["minegis:title"] == {"zh": "高程", "en": "Elevation"}
    statistics = item.assets["data"].extra_fields["raster:bands"][0]["statistics"]
    assert statistics["minimum"] == pytest.approx(float(read_raster(path).values.min()))


def test_a_job_that_needs_more_memory_than_allowed_is_refused_with_the_blocks_that_would_fit(dem, tmp_path):
    small = Engine(tmp_path / "work", Workers("", 2), memory=500 * 2**20)
    with pytest.raises(
        InvalidInput, match=r"blocks of 1024 would take .*at most 0\.49 GiB .MINEGIS_MEMORY"
    ) as told:
        small.run(SMOOTH, {"elevation": Source.of(dem)}, {"elevation": tmp_path / "o.tif"}, block=4096)
    # 2 threads × 4100² cells × (4 in + 6·8 for the function + 4 out) bytes, and 350 MiB: 2.10 GiB
    assert told.value.got == "2.10 GiB"
    assert not (tmp_path / "o.tif").exists()


def test_a_block_that_fails_once_is_tried_again_and_one_that_always_fails_ends_the_job(dem, engine, tmp_path):
    failed = []

    def shaky(elevation):
        if len(failed) < 2:
            failed.append(1)
            raise RuntimeError("a passing trouble")
        return elevation

    step = Step("shaky", "1", shaky, {"elevation": "elevation"})
    engine.run(step, {"elevation": Source.of(dem)}, {"elevation": tmp_path / "o.tif"}, block=256)
    np.testing.assert_array_equal(read_raster(tmp_path / "o.tif").values, VALUES)

    def broken(elevation):
        raise RuntimeError("a lasting trouble")

    step = Step("broken", "1", broken, {"elevation": "elevation"})
    with pytest.raises(JobFailed, match=r"failed 3 times.*a lasting trouble"):
        engine.run(step, {"elevation": Source.of(dem)}, {"elevation": tmp_path / "b.tif"}, block=256)
    assert not list(tmp_path.glob("b.*"))


def test_a_job_goes_on_from_its_finished_blocks_but_not_from_one_that_was_changed(dem, tmp_path):
    calls = []

    def counted(elevation):
        calls.append(1)
        if len(calls) == 7:
            raise InvalidInput("stop here")
        return elevation + 1

    step = Step("counted", "1", counted, {"elevation": "elevation"})
    one = Engine(tmp_path / "work", Workers("", 1))
    given = ({"elevation": Source.of(dem)}, {"elevation": tmp_path / "o.tif"})
    with pytest.raises(InvalidInput, match="stop here"):
        one.run(step, *given, block=100)  # 9 blocks
    raw = next(tmp_path.glob("work/*/elevation.raw"))
    done = len([each for each in tmp_path.glob("work/*/blocks/*") if not each.suffix])
    assert done >= 5
    with raw.open("r+b") as file:
        file.write(b"\x00\x00\x80\x3f")  # the first block is no longer what its mark says
    calls.extend([0] * 10)
    before = len(calls)
    made = one.run(step, *given, block=100)
    # what was under way when it stopped may have been finished too
    assert done - 1 <= made.kept < 8
    assert len(calls) - before == 9 - made.kept
    np.testing.assert_array_equal(read_raster(tmp_path / "o.tif").values, VALUES + np.float32(1))
    assert is_published(tmp_path / "o.tif")
    assert not list(tmp_path.glob("work/*"))


def mean_and_anomaly(rain):
    mean = rain.mean(axis=0)
    return {"anomaly": rain - mean}


def test_a_stack_over_time_becomes_a_zarr_store_that_xarray_reads(engine, tmp_path):
    moments = [datetime(2026, 7, day, tzinfo=UTC) for day in (1, 2, 4)]
    layers = np.stack([VALUES + day for day in (1, 2, 4)]).astype(np.float32)
    files = [tmp_path / f"{moment:%d}.tif" for moment in moments]
    for path, values in zip(files, layers, strict=True):
        write_cog(Raster(values, GRID, "elevation", "m", "made up"), path)
    step = Step("anomaly", "1", mean_and_anomaly, {"anomaly": "elevation"}, keeps_time=True)
    source = Source.of(*files, times=tuple(moments))
    engine.run(step, {"rain": source}, {"anomaly": tmp_path / "a.zarr"}, block=128)
    with xr.open_zarr(tmp_path / "a.zarr", consolidated=False) as found:
        np.testing.assert_allclose(found.elevation.to_numpy(), layers - layers.mean(axis=0), atol=1e-5)
        assert [str(each)[:10] for each in found.time.to_numpy()] == [
            "2026-07-01",
            "2026-07-02",
            "2026-07-04",
        ]
    again = Source.of(tmp_path / "a.zarr", variable="elevation")
    assert again.grid() == GRID
    with pytest.raises(InvalidInput, match="times are not known"):
        Source.of(*files)


def test_rasters_on_different_grids_are_refused_or_resampled_when_told(dem, engine, tmp_path):
    coarse = RasterGrid((60.0, 0.0, 500_000.0, 0.0, -40.0, 3_400_000.0), 150, 105, "EPSG:4544")
    codes = np.arange(150 * 105, dtype=np.float32).reshape(105, 150)
    write_cog(Raster(codes, coarse, "elevation", "m", "made up"), tmp_path / "codes.tif")

    def second(first, other):
        return other

    step = Step("second", "1", second, {"elevation": "elevation"})
    sources = {"first": Source.of(dem), "other": Source.of(tmp_path / "codes.tif")}
    with pytest.raises(InvalidInput, match="different grids"):
        engine.run(step, sources, {"elevation": tmp_path / "o.tif"})
    sources["other"] = Source.of(tmp_path / "codes.tif", onto=GRID, resampling="nearest")
    engine.run(step, sources, {"elevation": tmp_path / "o.tif"}, block=64)
    # each coarse cell holds two by two fine ones
    np.testing.assert_array_equal(read_raster(tmp_path / "o.tif").values, codes.repeat(2, 0).repeat(2, 1))


def test_unknown_parameters_and_outputs_are_refused_before_anything_is_read(engine, tmp_path):
    absent = {"elevation": Source.of(tmp_path / "absent.tif")}
    with pytest.raises(InvalidInput, match="no such input or parameter"):
        engine.run(SMOOTH, absent, {"elevation": tmp_path / "o.tif"}, parameters={"strength": 2})
    with pytest.raises(InvalidInput, match="no such output"):
        engine.run(SMOOTH, absent, {"slope": tmp_path / "o.tif"})
    with pytest.raises(InvalidInput, match="no such raster"):
        engine.run(SMOOTH, absent, {"elevation": tmp_path / "o.tif"})


def test_a_scheduler_that_does_not_answer_is_named(dem, tmp_path):
    lost = Engine(tmp_path / "work", Workers("tcp://127.0.0.1:1", 1))
    with pytest.raises(InvalidInput, match="MINEGIS_DASK: no Dask scheduler answers"):
        lost.run(SMOOTH, {"elevation": Source.of(dem)}, {"elevation": tmp_path / "o.tif"})
