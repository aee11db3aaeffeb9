"""The columns of the cells: which rain counts, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import shapely

from data_catalog.site import Area, Site, SiteDeclaration
from data_catalog.store import Artefact
from minegis.cells import cells_of_area
from minegis.declarations import BilingualText
from minegis.levels import Origin
from pipelines.cell_columns import CellColumns
from pipelines.cell_hazards import hazards
from pipelines.products import Product, Products
from pipelines.progress import Silent
from pipelines.raster import Raster, RasterGrid
from risk_models.rule_package import load_rules

AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
RULES = load_rules("national")
# Two boxes side by side with one pixel each; the cells lie well inside the first and the second.
WEST = RasterGrid((0.5, 0.0, 103.0, 0.0, -0.5, 31.5), 1, 1, "EPSG:4326")
EAST = RasterGrid((0.5, 0.0, 103.5, 0.0, -0.5, 31.5), 1, 1, "EPSG:4326")
CELLS = np.sort(
    np.concatenate([cells_of_area(shapely.Point(lon, 31.25).buffer(0.001), 8) for lon in (103.25, 103.75)])
)


def day(grid: RasterGrid, amount: float, days_ago: float) -> Product:
    end = AT - timedelta(days=days_ago)
    raster = Raster(
        np.full((1, 1), amount, np.float32), grid, "rain_24h", "mm", "test", end - timedelta(days=1), end
    )
    artefact = Artefact(
        f"rain-{days_ago}", "raster", "rain_day", "test", "rain.tif", "0" * 64, "rain/1", {}, (), AT
    )
    return Product(artefact, raster)


def columns(folder: Path, *rain: Product) -> CellColumns:
    name = BilingualText(zh="小", en="Small")
    area = Area(id="small", title=name, bbox=(103.0, 31.0, 104.0, 31.5))
    site = Site.create(folder, SiteDeclaration(title=name, origin=Origin.OPERATOR, areas=(area,)))
    return hazards(site, CELLS, Products((), (), rain, ()), [], RULES, AT, Silent())


def test_rain_of_two_areas_on_the_same_days_counts_once_in_each(tmp_path: Path) -> None:
    rain = [day(grid, amount, k) for grid, amount in ((WEST, 10), (EAST, 70)) for k in range(7)]
    found = columns(tmp_path, *rain)
    west = found.lon < 103.5
    assert found.values["rain_24h"] == pytest.approx(np.where(west, 10, 70))
    # A constant rain is its own weighted mean.
    assert found.values["antecedent_rain_index"] == pytest.approx(np.where(west, 10, 70))


def test_of_two_sources_of_one_day_the_wetter_counts(tmp_path: Path) -> None:
    rain = [day(WEST, amount, k) for amount in (10, 30) for k in range(7)]
    found = columns(tmp_path, *rain)
    west = found.lon < 103.5
    assert found.values["rain_24h"][west] == pytest.approx(30)
    assert found.values["antecedent_rain_index"][west] == pytest.approx(30)


def test_a_missing_day_leaves_no_antecedent_rain(tmp_path: Path) -> None:
    found = columns(tmp_path, *(day(WEST, 10, k) for k in (0, 1, 2, 4, 5, 6, 7)))
    assert found.values["rain_24h"][found.lon < 103.5] == pytest.approx(10)
    assert "antecedent_rain_index" not in found.values


@pytest.mark.parametrize(("days_ago", "known"), [(0, True), (2, True), (2.1, False), (30, False)])
def test_rain_that_ended_long_ago_is_not_the_rain_of_the_last_day(
    tmp_path: Path, days_ago: float, known: bool
) -> None:
    # Two intervals of a day, the age at which a reading turns stale.
    found = columns(tmp_path, *(day(WEST, 10, days_ago + k) for k in range(7)))
    assert ("rain_24h" in found.values) is known
    assert ("antecedent_rain_index" in found.values) is known


def test_without_an_elevation_model_no_cell_claims_a_terrain_or_its_file(tmp_path: Path) -> None:
    declared = SiteDeclaration(
        title=BilingualText(zh="小", en="Small"),
        origin=Origin.OPERATOR,
        areas=(Area(id="a", title=BilingualText(zh="小", en="Small"), bbox=(103, 31, 104, 31.5)),),
    )
    site = Site.create(tmp_path, declared)
    columns = hazards(site, CELLS, Products((), (), (), ()), (), RULES, AT, Silent())
    assert "slope_angle" not in columns.values
    assert np.isnan(columns.get("slope_angle")).all()
    assert all(len(sources) > 0 for sources in columns.sources.values())


def test_a_cell_that_no_elevation_model_reaches_names_none() -> None:
    lon = lat = np.zeros(2)
    columns = CellColumns(CELLS[:2], lon, lat, np.array([-1, 1], np.int8))
    columns.set("elevation", np.array([np.nan, 5.0]), "west.tif", "east.tif")
    assert [columns.source("elevation", row) for row in (0, 1)] == ["", "east.tif"]
