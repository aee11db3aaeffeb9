"""Raster products are found again only when everything that made them is the same."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from data_catalog.site import Area, RasterInput, Site, SiteDeclaration
from minegis.declarations import BilingualText
from minegis.errors import InvalidInput
from minegis.levels import Origin
from pipelines import products
from pipelines.progress import Silent
from pipelines.raster import Raster, RasterGrid, write_cog

END = datetime(2026, 7, 20, 4, tzinfo=UTC)
GRID = RasterGrid((0.5, 0.0, 103.0, 0.0, -0.5, 31.5), 2, 2, "EPSG:4326")


@pytest.mark.parametrize(
    "change", [{"variable": "other"}, {"valid_to": END + timedelta(minutes=30)}], ids=["variable", "minutes"]
)
def test_another_choice_from_the_same_rain_file_is_another_raster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    amounts = iter((10.0, 70.0))

    def read_rain(*_: object, start: datetime, end: datetime, **__: object) -> Raster:
        values = np.full((2, 2), next(amounts), np.float32)
        return Raster(values, GRID, "rain_24h", "mm", "test", start, end)

    monkeypatch.setattr(products, "read_rain", read_rain)
    given = RasterInput(
        kind="rain",
        path="sources/rain.nc",
        source="test",
        sha256="0" * 64,
        valid_from=END - timedelta(days=1),
        valid_to=END,
    )
    name = BilingualText(zh="小", en="Small")
    area = Area(id="small", title=name, bbox=(103.0, 31.0, 104.0, 31.5))
    made = []
    for each in (given, given.model_copy(update=change)):
        declared = SiteDeclaration(title=name, origin=Origin.OPERATOR, areas=(area,), inputs=(each,))
        made += products.make_products(
            Site.create(tmp_path, declared), END + timedelta(days=1), Silent()
        ).daily_rain
    assert [float(product.raster.values.max()) for product in made] == [10, 70]


def test_a_file_that_is_not_the_declared_one_makes_no_raster(tmp_path: Path) -> None:
    name = BilingualText(zh="小", en="Small")
    area = Area(id="small", title=name, bbox=(103.0, 31.0, 104.0, 31.5))
    site = Site.create(tmp_path, SiteDeclaration(title=name, origin=Origin.OPERATOR, areas=(area,)))
    raster = Raster(np.full((2, 2), 9.0, np.float32), GRID, "elevation", "m", "test")
    write_cog(raster, tmp_path / "dem.tif")
    digest = hashlib.sha256((tmp_path / "dem.tif").read_bytes()).hexdigest()
    given = RasterInput(kind="relief", path="dem.tif", source="test", sha256=digest.upper(), unit="m")
    other = given.model_copy(update={"sha256": "0" * 64})

    def made(asked: RasterInput) -> Path:
        return site.path(products.keep(site, asked, "elevation", lambda: raster).artefact.path)

    with pytest.raises(InvalidInput, match="not the file that was declared"):
        made(other)
    assert not list(site.path("rasters").glob("*.tif"))
    assert made(given).exists()
