"""How long the cells of a run are kept."""

from __future__ import annotations

from pathlib import Path

from data_catalog.site import Area, Site, SiteDeclaration
from minegis.declarations import BilingualText
from minegis.levels import Origin
from pipelines.cell_risk import forget_cells


def test_the_cells_of_the_newest_runs_stay(tmp_path: Path) -> None:
    name = BilingualText(zh="小", en="Small")
    area = Area(id="small", title=name, bbox=(103.0, 31.0, 104.0, 31.5))
    site = Site.create(tmp_path, SiteDeclaration(title=name, origin=Origin.OPERATOR, areas=(area,)))
    for run in "cab":
        (site.path("cells") / run).mkdir(parents=True)
        (site.path("cells") / run / "r8.parquet").write_bytes(b"cells")
    runs = ["gone", "c", "a", "b"]  # the oldest first, whatever their names
    forget_cells(site, runs, 2)
    assert sorted(path.name for path in site.path("cells").iterdir()) == ["a", "b"]
    forget_cells(site, runs, 30)
    assert sorted(path.name for path in site.path("cells").iterdir()) == ["a", "b"]
    forget_cells(site, runs, 0)
    assert [path.name for path in site.path("cells").iterdir()] == ["b"]
