"""A small made-up site, asymmetric on purpose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from data_catalog.site import Area, RasterInput, Site, SiteDeclaration
from data_catalog.store import (
    Artefact,
    AssessmentRecord,
    Feature,
    PublishedRun,
    RegionRiskRecord,
    RunRecord,
    Snapshot,
    Store,
    WarningEventRecord,
)
from minegis import cells as h3
from minegis.declarations import BilingualText
from minegis.evidence import Evidence
from minegis.levels import Label, Origin, Tier
from minegis.reading import Quality, Reading
from pipelines.raster import Raster, RasterGrid, write_cog

NOW = datetime(2026, 7, 20, 4, 0, tzinfo=UTC)
TSF_SHAPE = shapely.Polygon([(103.50, 31.20), (103.53, 31.20), (103.53, 31.21), (103.50, 31.215)])
COUNTY_SHAPE = shapely.box(103.2, 31.0, 103.9, 31.5)


def chain(key: str, tier: Tier) -> Evidence:
    depth = Evidence(key="dry_beach", label=Label("干滩长度", "Dry beach"), value=31.5, unit="m", tier=tier)
    return Evidence(key=key, label=Label("尾矿库", "TSF"), tier=tier, inputs=(depth,))


def features() -> dict[str, list[Feature]]:
    def region(code: str, name: str, level: str, parent: str | None, shape: shapely.Polygon) -> Feature:
        properties = {"code": code, "name": name, "level": level, "parent": parent}
        return Feature(code, properties, shape, Origin.PUBLIC, "tianditu")

    tsf = {
        "name": "示例·青石沟尾矿库",
        "county_code": "513221",
        "status": "in_use",
        "raise_method": "upstream",
        "total_storage": 320.0,
        "dam_height": 48.0,
        "tsf_class": 4,
        "overhead": True,
    }
    places = [
        Feature(
            f"p{number:03d}",
            {"name": f"村{number}", "population": 1000 + 7 * number},
            shapely.Point(103.0 + 0.013 * number, 31.0 + 0.007 * (number % 50)),
            Origin.PUBLIC,
            "geonames",
        )
        for number in range(250)
    ]
    shocks = [
        ("e1", 7.9, "2008-05-12T06:28:01Z", 103.32, 31.0),
        ("e2", 7.5, "1933-08-25T00:00:00Z", 103.7, 32.0),
        ("e3", 6.6, None, 102.9, 30.3),
    ]
    return {
        "region": [
            region("100000", "全国", "nation", None, shapely.box(100, 28, 112, 40)),
            region("510000", "四川省", "province", "100000", shapely.box(101, 29, 106, 33)),
            region("513221", "汶川县", "county", "510000", COUNTY_SHAPE),
        ],
        "tsf": [
            Feature("T1", tsf, TSF_SHAPE, Origin.SAMPLE, "sample:tsf.xlsx"),
            Feature(
                "T2",
                {**tsf, "name": "示例·无判定库", "tsf_class": 5, "overhead": False},
                shapely.Point(104.1, 31.9),
                Origin.SAMPLE,
                "sample:tsf.xlsx",
            ),
        ],
        "place": places,
        "earthquake": [
            Feature(key, {"magnitude": size, "occurred_at": at}, shapely.Point(x, y), Origin.PUBLIC, "noaa")
            for key, size, at, x, y in shocks
        ],
        "river": [
            Feature(
                "r1",
                {"name": "岷江"},
                shapely.LineString([(103.4, 31.0), (103.6, 31.4), (103.9, 32.1)]),
                Origin.PUBLIC,
                "natural_earth",
            )
        ],
    }


def warning_event(
    msg_type: str, tier: Tier, minutes: int, references: tuple[tuple[str, str], ...]
) -> WarningEventRecord:
    at = NOW + timedelta(minutes=minutes)
    stamp = (at + timedelta(hours=8)).strftime("%Y%m%d%H%M%S")
    words = {"zh": "青石沟尾矿库红色预警", "en": "Qingshigou red warning"}
    return WarningEventRecord(
        warning_id="tsf/T1/1",
        identifier=f"51322109900000_{stamp}_0",
        msg_type=msg_type,
        status="Exercise",
        dataset="tsf",
        asset_id="T1",
        asset_name="示例·青石沟尾矿库",
        region_code="513221",
        tier=int(tier),
        previous_tier=0,
        sent_at=at,
        expires_at=at + timedelta(hours=6),
        references=references,
        texts={
            "event": {"zh": "尾矿库垮坝", "en": "Tailings dam failure"},
            "headline": words,
            "description": words,
            "instruction": words,
        },
        cap={
            "severity": "Extreme",
            "urgency": "Immediate",
            "certainty": "Observed",
            "response_type": "Evacuate",
            "event_code": "12B04",
        },
        origin="sample",
        geometry_wkb=shapely.to_wkb(TSF_SHAPE),
    )


def write_cells(folder: Path, resolution: int, run: str = "run1", worse: int = 0) -> Snapshot:
    cells = h3.cells_of_area(COUNTY_SHAPE, resolution)
    lon, lat = h3.centres(cells)
    number = np.arange(len(cells))
    score = np.where(number % 5 == 0, np.nan, number / len(cells))
    table = pa.table(
        {
            "cell": cells[::-1],
            "lon": lon[::-1],
            "lat": lat[::-1],
            "tier": ((number + worse) % 5)[::-1].astype(np.int8),
            "state": ["missing" if n % 5 == 0 else "sufficient" for n in number[::-1]],
            "score": score[::-1],
            "p": (number / (2 * len(cells)))[::-1],
            "pga": np.full(len(cells), 0.25),
        }
    )
    path = f"cells/{run}/r{resolution}.parquet"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / path)
    return Snapshot(run, resolution, path, "0" * 64, len(cells))


def write_elevation(folder: Path, area: str, west: float, value: float) -> Artefact:
    """Write a raster of 20 × 10 cells of 0.05 degree from 32 N down; the first column has no data."""
    values = np.full((10, 20), value, dtype=np.float32)
    values[:, 0] = np.nan
    grid = RasterGrid((0.05, 0.0, west, 0.0, -0.05, 32.0), 20, 10, "EPSG:4326")
    path = f"rasters/elevation-{area}-000000000000.tif"
    (folder / "rasters").mkdir(exist_ok=True)
    write_cog(Raster(values, grid, "elevation", "m", "made up"), folder / path)
    return Artefact(
        id=f"elevation-{area}",
        kind="raster",
        layer="elevation",
        area=area,
        path=path,
        sha256="0" * 64,
        method="read",
        parameters={},
        inputs=({"source": "china_dem_30s", "origin": "public"},),
        made_at=NOW,
    )


def make_site(folder: Path, *, published: bool = True, database: str = "") -> Path:
    """Make a site with features of each kind of geometry and, when published, one run; return its folder."""
    Site.create(
        folder,
        SiteDeclaration(
            title=BilingualText(zh="示例站点", en="Sample site"),
            origin=Origin.SAMPLE,
            reference_time=NOW,
            areas=(
                Area(id="box", title=BilingualText(zh="框", en="Box"), bbox=(102.5, 30.5, 104.5, 32.5)),
                Area(id="county", title=BilingualText(zh="县", en="County"), regions=("513221",)),
            ),
            inputs=(RasterInput(kind="elevation", path="x.tif", source="china_dem_30s", sha256="0" * 64),),
        ),
    )
    with Store.open(folder, database) as store:
        for dataset, rows in features().items():
            store.upsert(dataset, rows)
        store.add_readings(
            [
                Reading("T1-P1", "tsf", "T1", "pond_level", 1500.0 + hour, NOW + timedelta(hours=hour),
                        Quality.GOOD, Origin.SAMPLE, "sample")
                for hour in range(3)
            ]
        )  # fmt: skip
        if published:
            store.publish(_run(folder))
    return folder


def _run(folder: Path) -> PublishedRun:
    alert = warning_event("Alert", Tier.ORANGE, 0, ())
    update = warning_event("Update", Tier.RED, 30, ((alert.identifier, "2026-07-20T04:00:00Z"),))
    return PublishedRun(
        run=RunRecord("run1", NOW, NOW + timedelta(seconds=42), NOW, {"assets": 1}),
        artefacts=(
            write_elevation(folder, "west", 102.5, 1000.0),
            write_elevation(folder, "east", 103.5, 3500.0),
        ),
        snapshots=tuple(write_cells(folder, resolution) for resolution in (4, 6, 8)),
        assessments=(
            AssessmentRecord(
                "tsf",
                "T1",
                4,
                4,
                4,
                1,
                None,
                "sufficient",
                0.91,
                0.8,
                NOW,
                chain("tsf/T1", Tier.RED).to_json(),
                {},
            ),
        ),
        region_risks=(
            RegionRiskRecord(
                code="513221",
                level="county",
                tier=4,
                state="sufficient",
                score=0.7,
                nemerow=0.8,
                rule_tier=4,
                coverage=0.5,
                assets=1,
                counts={"4": 1},
                cell_area_km2={"0": 10.0},
                contributors=({"dataset": "tsf", "id": "T1", "tier": 4},),
                chain=chain("region/513221", Tier.RED).to_json(),
            ),
        ),
        warning_events=(alert, update),
    )
