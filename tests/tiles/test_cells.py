"""Risk cells: what is kept in memory, what is read when it is asked for, and tiles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from data_catalog.store import PublishedRun, RunRecord, Snapshot, Store
from minegis import cells as minegis_cells
from minegis.clock import utc_now
from minegis.errors import NotFound
from tiles.cells import CellTable, CellTables, CellTiles, read_table, resolution_at
from tiles.grid import CGCS2000, Tile

AREA = shapely.box(103.2, 31.0, 103.9, 31.5)
type Decode = Callable[[bytes], tuple[Any, dict[str, Any]]]


def write(folder: Path, resolution: int, run: str = "run1", *, tier: int = 2) -> Snapshot:
    """Write a snapshot of cells in no order, in three row groups."""
    cells = minegis_cells.cells_of_area(AREA, resolution)
    order = np.random.default_rng(1).permutation(len(cells))
    cells = cells[order]
    lon, lat = minegis_cells.centres(cells)
    number = np.arange(len(cells))
    table = pa.table(
        {
            "cell": cells,
            "lon": lon,
            "lat": lat,
            "tier": np.full(len(cells), tier, np.int8),
            "state": ["missing" if n % 2 else "sufficient" for n in number],
            "score": np.where(number % 2 == 0, number / 1000, np.nan),
            "p": number / 10_000,
            "pga": number * 0.5,
            "pgv": np.full(len(cells), 0.3, np.float32),
            "area": number % 2,
        }
    ).replace_schema_metadata({"minegis_sources": b'{"pga": ["one", "other"], "p": ["both"]}'})
    path = f"{run}-{resolution}.parquet"
    pq.write_table(table, folder / path, row_group_size=len(cells) // 3 + 1)
    return Snapshot(run, resolution, path, "0" * 64, len(cells))


@pytest.fixture
def table(tmp_path: Path) -> CellTable:
    return read_table(tmp_path, write(tmp_path, 8))


def test_the_columns_kept_stand_beside_their_cells(table: CellTable, tmp_path: Path) -> None:
    assert (np.diff(table.cell.astype(np.int64)) > 0).all()
    file = pq.read_table(tmp_path / "run1-8.parquet").to_pylist()
    expected = {each["cell"]: each for each in file}
    columns = table.columns
    for row in range(0, len(table.cell), 37):
        kept = expected[int(table.cell[row])]
        assert columns["state"][row] == kept["state"]
        assert columns["tier"][row] == kept["tier"]
        assert columns["p"][row] == kept["p"]
        assert table.lon[row] == pytest.approx(kept["lon"], abs=1e-5)


def test_the_other_columns_are_read_from_the_file(table: CellTable, tmp_path: Path) -> None:
    file = {each["cell"]: each for each in pq.read_table(tmp_path / "run1-8.parquet").to_pylist()}
    for row in (0, 1, len(table.cell) // 2, len(table.cell) - 1):
        kept = file[int(table.cell[row])]
        found = table.values(row)
        assert found["pga"] == kept["pga"]
        assert found["score"] == (None if np.isnan(kept["score"]) else kept["score"])
        assert found["pgv"] == 0.3  # in single precision, in the digits it has
        assert "cell" not in found
        assert table.source("pga", row) == ("other" if kept["area"] else "one")
        assert table.source("p", row) == "both"
        assert table.source("nothing", row) == ""


def test_cells_near_a_box_are_all_that_touch_it(table: CellTable) -> None:
    for box in ((103.3, 31.1, 103.4, 31.2), (103.55, 31.25, 103.5501, 31.2501), (0.0, 0.0, 1.0, 1.0)):
        outlines = minegis_cells.polygons(table.cell)
        touching = set(np.flatnonzero(shapely.intersects(outlines, shapely.box(*box))))
        found = table.near(box)
        assert touching <= set(found.tolist())
        assert len(found) <= 3 * len(touching) + 40
        assert (np.diff(found) > 0).all()


@pytest.mark.parametrize("text", ["88318d5a3bfffff", h3.latlng_to_cell(51.0, 180.0, 4), "8009fffffffffff"])
def test_outlines_are_those_of_another_library(text: str) -> None:
    # the last two: one across the 180th meridian, and a pentagon
    lon, lat, start = minegis_cells.outlines(minegis_cells.from_text([text]))
    theirs = [(x, y) for y, x in h3.cell_to_boundary(text)]
    assert start.tolist() == [0, len(theirs)]
    ours = shapely.Polygon(np.c_[np.where(lon > 180, lon - 360, lon), lat])
    assert shapely.Polygon(theirs).normalize().equals_exact(ours.normalize(), 1e-9)


def test_a_tile_has_the_cells_as_another_library_draws_them(table: CellTable, decode: Decode, store: Store,
                                                            tmp_path: Path) -> None:  # fmt: skip
    tiles = CellTiles(CellTables(store, tmp_path))
    tile = Tile(10, 806, 418)
    geometry, columns = decode(tiles.tile(tile))
    west, south, east, north = tile.bounds
    half = np.pi * 6_378_137.0
    tile_only = shapely.box(0, 0, 4096, 4096)
    assert len(geometry) > 100
    for shape, text in zip(geometry, columns["id"], strict=True):
        lat, lon = np.radians(np.array(h3.cell_to_boundary(text))).T
        x = (lon * half / np.pi - west) / (east - west) * 4096
        y = (half / np.pi * np.arcsinh(np.tan(lat)) - south) / (north - south) * 4096
        expected = shapely.Polygon(np.c_[x, y])
        assert expected.buffer(1.5).covers(shape)
        assert (expected & tile_only).difference(shape.buffer(1.5)).is_empty
    assert set(columns["resolution"]) == {8}
    assert set(columns["state"]) == {"missing", "sufficient"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path)
    publish(store, tmp_path, "run1", 2)
    return store


def publish(store: Store, folder: Path, run: str, tier: int) -> None:
    snapshots = tuple(write(folder, resolution, run, tier=tier) for resolution in (6, 8))
    now = utc_now()
    store.publish(
        PublishedRun(
            run=RunRecord(run, now, now, now, {}), artefacts=(), snapshots=snapshots, assessments=(),
            region_risks=(), warning_events=(),
        )
    )  # fmt: skip


def test_the_tiles_of_a_moment_show_the_snapshot_of_that_moment(
    store: Store, tmp_path: Path, decode: Decode
) -> None:
    tiles = CellTiles(CellTables(store, tmp_path))
    then = store.moment()
    before = tiles.version()
    publish(store, tmp_path, "run2", 4)
    assert tiles.version() != before
    tile = Tile(10, 806, 418)
    assert set(decode(tiles.tile(tile))[1]["tier"]) == {4}
    assert set(decode(tiles.tile(tile, as_of=then))[1]["tier"]) == {2}


@pytest.mark.parametrize("z", range(19))
def test_every_zoom_has_cells_of_the_resolution_nearest_to_its_own(
    store: Store, tmp_path: Path, decode: Decode, z: int
) -> None:
    tables = CellTables(store, tmp_path)
    tile = Tile(z, *(int(2**z * share) for share in (0.78756, 0.40877)))
    _, columns = decode(CellTiles(tables).tile(tile))
    expected = min((6, 8), key=lambda each: (abs(each - resolution_at(z)), each))
    assert set(columns["resolution"]) == {expected}


def test_the_grid_of_tianditu_has_the_cells_too(store: Store, tmp_path: Path, decode: Decode) -> None:
    geometry, _ = decode(CellTiles(CellTables(store, tmp_path)).tile(Tile(10, 806, 166, CGCS2000)))
    assert len(geometry) > 100


def test_cells_that_are_no_longer_kept_say_so(tmp_path: Path) -> None:
    snapshot = write(tmp_path, 8)
    (tmp_path / snapshot.path).unlink()
    with pytest.raises(NotFound, match="no longer kept"):
        read_table(tmp_path, snapshot)
