"""Makes the sample site: its declaration, its input files and its store."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_catalog.dataset import datasets
from data_catalog.site import Area, Missing, RasterInput, Site, SiteDeclaration
from data_catalog.store import Store
from minegis.declarations import BilingualText
from minegis.errors import InvalidInput
from minegis.levels import Origin
from pipelines.durable import settled
from pipelines.progress import Progress, Silent
from pipelines.sample.content import Content, elevation_path, make_content
from pipelines.sample.recipe import Recipe, recipe, sample_source
from pipelines.sample.weather import RainField, write_rain

SEED = 20260720
_RELIEF = "dem/china_dem_3min.tif"
_SHAKEMAPS = (
    "seismic/shakemap_loma_prieta_1989_grid.xml",
    "seismic/shakemap_perryville_2020_m78_grid.xml",
)


def make_site(
    folder: Path,
    sample_data: Path | None,
    progress: Progress | None = None,
    seed: int = SEED,
    database: str = "",
) -> Site:
    """Make the sample site in a folder; ``site.yaml`` is written last, so a site is whole or absent.

    Parameters
    ----------
    folder : Path
        New or empty.
    sample_data : Path, optional
        Folder of real data; without it the site is made from installed packages and says what is missing.
    seed : int
        Of everything that is made up.
    database : str
        Where its store is, as `Store.open` takes it.

    Raises
    ------
    NotFound
        If the folder of real data lacks a file.
    InvalidInput
        If the database holds a site already.
    """
    progress = progress or Silent()
    plan = recipe()
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    content = make_content(plan, sample_data, seed, progress)
    progress.begin("输入文件 Input files")
    inputs = (
        *_elevations(folder, plan, sample_data),
        _rain(folder, content, seed),
        *_forecast(folder, content, seed),
        *_national(folder, sample_data),
    )
    progress.begin("入库 Store", len(content.features) + 1)
    with Store.open(folder, database) as store:
        if database and store.changed_at(*datasets()):
            expected = "an empty database: what is made up never stands among what was reported"
            raise InvalidInput("the database holds features already", where="database", expected=expected)
        for dataset, features in content.features.items():
            store.upsert(dataset, features)
            progress.advance()
        store.add_readings(content.readings)
        progress.advance()
    declaration = SiteDeclaration(
        title=plan.title,
        origin=Origin.SAMPLE,
        resolution=plan.resolution,
        reference_time=plan.reference_time,
        areas=tuple(Area(id=a.id, title=a.title, bbox=a.bbox, regions=a.regions) for a in plan.areas),
        inputs=inputs,
        missing=(*_ALWAYS_MISSING, *(_WITHOUT_DATA if sample_data is None else ())),
    )
    return Site.create(folder, declaration)


def _elevations(folder: Path, plan: Recipe, sample_data: Path | None) -> list[RasterInput]:
    inputs = []
    for area in plan.areas:
        path, digest = _keep(elevation_path(area, sample_data), folder)
        inputs.append(
            RasterInput(
                kind="elevation",
                area=area.id,
                path=path,
                sha256=digest,
                source="china_dem_30s" if sample_data else "cnmaps_dem",
                crs="EPSG:4326",
                unit="m",
                resolution_note=None if sample_data else _COARSE,
            )
        )
    return inputs


def _rain(folder: Path, content: Content, seed: int) -> RasterInput:
    return _rain_input(folder, content.rain, "sample-rain.nc", seed, kind="rain")


def _forecast(folder: Path, content: Content, seed: int) -> Iterator[RasterInput]:
    for number, rain in enumerate(content.forecast, start=1):
        name = f"sample-forecast-{number}.nc"
        yield _rain_input(folder, rain, name, seed, kind="rain_forecast", member=str(number))


def _rain_input(folder: Path, rain: RainField, name: str, seed: int, **more: Any) -> RasterInput:
    with tempfile.TemporaryDirectory() as temporary:
        written = Path(temporary) / name
        write_rain(rain, written, sample_source(seed))
        path, digest = _keep(written, folder)
    return RasterInput(
        path=path,
        sha256=digest,
        source="sample",
        origin=Origin.SAMPLE,
        crs="EPSG:4326",
        unit="mm",
        valid_from=rain.periods[0][0],
        valid_to=rain.periods[-1][1],
        **more,
    )


def _national(folder: Path, sample_data: Path | None) -> list[RasterInput]:
    """Keep the relief of all China, and the real ShakeMaps, which are far from the sample's areas."""
    if sample_data is None:
        return []
    path, digest = _keep(sample_data / _RELIEF, folder)
    inputs = [
        RasterInput(
            kind="relief",
            area="china",
            path=path,
            sha256=digest,
            source="china_dem_30s",
            crs="EPSG:4326",
            unit="m",
        )
    ]
    for name in _SHAKEMAPS:
        path, digest = _keep(sample_data / name, folder)
        inputs.append(RasterInput(kind="shakemap", path=path, sha256=digest, source="usgs_shakemap"))
    return inputs


def _keep(path: Path, folder: Path) -> tuple[str, str]:
    """Copy an input file, its checksum before its name; return its place in the site and the checksum."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    kept = folder / "sources" / f"{digest[:12]}-{path.name}"
    if not kept.exists():
        with settled(kept) as part:
            shutil.copyfile(path, part)
    return kept.relative_to(folder).as_posix(), digest


def _missing(what_zh: str, what_en: str, why_zh: str, why_en: str) -> Missing:
    return Missing(what=BilingualText(zh=what_zh, en=what_en), why=BilingualText(zh=why_zh, en=why_en))


_COARSE = BilingualText(zh="0.2 度（约 20 km）插值", en="interpolated from 0.2 degrees (about 20 km)")

_ALWAYS_MISSING = (
    _missing(
        "真实矿山、尾矿库、边坡台账",
        "Real registers of mines, TSFs and slopes",
        "不公开；示例均为虚构",
        "Not public; those of the sample are made up",
    ),
    _missing(
        "实测监测数据",
        "Measured monitoring data",
        "不公开；读数均为虚构",
        "Not public; all readings are made up",
    ),
    _missing(
        "实测与预报降雨场",
        "Observed and forecast rain fields",
        "未随项目提供；近七日与未来三日降雨为虚构",
        "Not included; the rain of the last seven days and of three to come is made up",
    ),
    _missing(
        "地震动场",
        "ShakeMap of the earthquake",
        "示例地震为虚构；地震动由衰减关系估计",
        "The earthquake is made up; its shaking is estimated by an attenuation relation",
    ),
    _missing(
        "岩性与地表覆盖",
        "Lithology and land cover",
        "无全国开放栅格可随项目提供",
        "No open national raster could be included",
    ),
    _missing(
        "卫星形变与水面",
        "Satellite deformation and water surface",
        "示例区无公开产品",
        "No public product of the sample areas",
    ),
)

_WITHOUT_DATA = (
    _missing(
        "30 弧秒高程",
        "30 arc-second elevation",
        "未提供真实数据文件夹；使用 0.2 度高程插值，坡度偏小",
        "No folder of real data was given; 0.2 degree elevation is interpolated and slopes are too gentle",
    ),
    _missing(
        "活动断层、河流、湖泊、金属矿山设施",
        "Active faults, rivers, lakes, metal facilities",
        "未提供真实数据文件夹",
        "No folder of real data was given",
    ),
    _missing(
        "汶川斜坡单元与历史地震",
        "Wenchuan slope units and historical earthquakes",
        "未提供真实数据文件夹",
        "No folder of real data was given",
    ),
    _missing(
        "降水气候值",
        "Precipitation climatology",
        "未提供真实数据文件夹；虚构降雨用固定背景值",
        "No folder of real data was given; the made-up rain has a constant background",
    ),
)
