from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyogrio
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader

from data_catalog.items import Items
from data_catalog.store import Feature, Store
from minegis.errors import InvalidInput
from minegis.levels import Origin
from tiles.archive.export import Cancelled, Exported, Source, export
from tiles.archive.plan import Plan
from tiles.cells import CellTables
from tiles.drawn import DrawnLayer
from tiles.grid import CGCS2000, WEB_MERCATOR, Tile

AREA = shapely.box(102.0, 30.0, 106.0, 33.0)
LAYERS = [{"id": "place", "fields": {"id": "String", "name": "String"}}]


def place(number: int, lon: float, lat: float, name: str = "") -> Feature:
    properties = {"name": name or f"村{number}", "population": number}
    return Feature(f"p{number}", properties, shapely.Point(lon, lat), Origin.SAMPLE, "test")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store.open(tmp_path / "site")
    rows = [place(n, 102.05 + 0.0391 * n, 30.03 + 0.0293 * n) for n in range(100)]
    opened.upsert("place", rows)
    return opened


@pytest.fixture
def source(store: Store, tmp_path: Path) -> Source:
    def items(name: str) -> Items:
        return store.items(name)

    return Source(store, items, CellTables(store, tmp_path / "site"), "edition")


def plan(**changes: Any) -> Plan:
    given: dict[str, Any] = {
        "format": "pmtiles",
        "title": "测试",
        "collections": ("place",),
        "area": AREA,
        "minzoom": 0,
        "maxzoom": 10,
    }
    return Plan(**{**given, **changes})


def made(
    source: Source, target: Path, tick: Callable[[float], None] = lambda _: None, **changes: Any
) -> Exported:
    return export(source, plan(**changes), LAYERS, target, tick)


def tiles_of(path: Path) -> dict[tuple[int, int, int], bytes]:
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles").fetchall()
    return {(z, x, row): data for z, x, row, data in rows}


def test_gdal_reads_every_place_from_the_finest_tiles_of_a_pmtiles_archive(
    source: Source, tmp_path: Path
) -> None:
    made(source, tmp_path / "a.pmtiles", minzoom=10)
    read = pyogrio.read_dataframe(tmp_path / "a.pmtiles", layer="place", ZOOM_LEVEL="10")
    assert set(read["name"]) == {f"村{number}" for number in range(100)}


def test_gdal_reads_every_place_from_the_finest_tiles_of_an_mbtiles_archive(
    source: Source, tmp_path: Path
) -> None:
    made(source, tmp_path / "a.mbtiles", format="mbtiles", minzoom=10)
    read = pyogrio.read_dataframe(tmp_path / "a.mbtiles", layer="place", ZOOM_LEVEL="10")
    assert set(read["name"]) == {f"村{number}" for number in range(100)}


def test_both_archives_hold_the_same_tiles(source: Source, tmp_path: Path) -> None:
    made(source, tmp_path / "a.pmtiles")
    made(source, tmp_path / "a.mbtiles", format="mbtiles")
    with (tmp_path / "a.pmtiles").open("rb") as file:
        reader = Reader(MmapSource(file))
        for (z, x, row), data in tiles_of(tmp_path / "a.mbtiles").items():
            assert reader.get(z, x, 2**z - 1 - row) == data
        assert reader.header()["addressed_tiles_count"] == len(tiles_of(tmp_path / "a.mbtiles"))


def test_empty_subtrees_are_not_gone_through(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Tile] = []
    is_empty = DrawnLayer.is_empty
    monkeypatch.setattr(
        DrawnLayer, "is_empty", lambda self, tile: looked.append(tile) or is_empty(self, tile)
    )
    done = made(source, tmp_path / "a.pmtiles", area=shapely.box(-180, -85, 180, 85), maxzoom=12)
    # A tile is looked at only below one that holds something: at most four for each of those, and the root.
    assert len(looked) <= 4 * done.made + 1
    assert len(looked) < sum(4**z for z in range(13)) / 1000


def test_nothing_is_made_again_when_nothing_has_changed(source: Source, tmp_path: Path) -> None:
    first = made(source, tmp_path / "a.pmtiles")
    before = (tmp_path / "a.pmtiles").read_bytes()
    again = made(source, tmp_path / "a.pmtiles")
    assert (again.made, again.kept) == (0, first.made)
    assert (tmp_path / "a.pmtiles").read_bytes() == before


@pytest.mark.parametrize("change", ["moved", "renamed", "removed", "added"])
def test_an_update_equals_an_archive_made_afresh_and_makes_few_tiles(
    change: str, source: Source, store: Store, tmp_path: Path
) -> None:
    first = made(source, tmp_path / "a.mbtiles", format="mbtiles")
    if change == "removed":
        store.delete("place", "p40", expected=None)
    else:
        changed = {
            "moved": place(40, 105.5, 30.5),
            "renamed": place(40, 102.05 + 0.0391 * 40, 30.03 + 0.0293 * 40, name="新名"),
            "added": place(500, 102.2, 32.6),
        }[change]
        store.upsert("place", [changed])
    again = made(source, tmp_path / "a.mbtiles", format="mbtiles")
    made(source, tmp_path / "fresh.mbtiles", format="mbtiles")
    assert tiles_of(tmp_path / "a.mbtiles") == tiles_of(tmp_path / "fresh.mbtiles")
    # One point is in one tile of each zoom, its margin in up to four; two points when it moved.
    assert again.made <= 2 * 4 * 11
    assert again.made < first.made / 2


def test_an_export_that_was_stopped_goes_on_where_it_stood(source: Source, tmp_path: Path) -> None:
    def stop(share: float) -> None:
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        made(source, tmp_path / "a.mbtiles", stop, format="mbtiles")
    assert not (tmp_path / "a.mbtiles").exists()
    rest = made(source, tmp_path / "a.mbtiles", format="mbtiles")
    whole = made(source, tmp_path / "fresh.mbtiles", format="mbtiles")
    assert rest.kept > 0
    assert rest.made + rest.kept == whole.made
    assert tiles_of(tmp_path / "a.mbtiles") == tiles_of(tmp_path / "fresh.mbtiles")


def test_progress_grows_to_the_whole(source: Source, tmp_path: Path) -> None:
    shares: list[float] = []
    made(source, tmp_path / "a.pmtiles", shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_an_archive_in_the_grid_of_tianditu_says_so(source: Source, tmp_path: Path) -> None:
    made(source, tmp_path / "a.mbtiles", format="mbtiles", grid=CGCS2000, minzoom=1, maxzoom=9)
    with sqlite3.connect(tmp_path / "a.mbtiles") as connection:
        said = dict(connection.execute("SELECT name, value FROM metadata"))
    assert said["tile_matrix_set"] == "CGCS2000Quad"
    assert said["crs"].endswith("4490")


@pytest.mark.parametrize(
    "wrong",
    [
        {"grid": CGCS2000},
        {"minzoom": 5, "maxzoom": 4},
        {"maxzoom": 40},
        {"collections": ()},
        {"format": "zip"},
    ],
)
def test_what_cannot_be_made_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        plan(**wrong)


def test_the_grid_of_a_plan_is_web_mercator_unless_it_says_otherwise() -> None:
    assert plan().grid is WEB_MERCATOR
