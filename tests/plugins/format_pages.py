"""Items of every kind of value and shape, and what a format writes of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from data_catalog.collection import Collection
from data_catalog.dataset import Field
from data_catalog.items import Page
from geoserver.ogc.crs import CRS84, offered
from geoserver.ogc.formats import FORMATS, Answer

NOW = datetime(2026, 7, 20, 4, tzinfo=UTC)
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def field(name: str, kind: str, zh: str) -> Field:
    return Field.model_validate({"name": name, "type": kind, "label": {"zh": zh, "en": name}})


FIELDS = (
    field("name", "string", "名称"),
    field("deaths", "integer", "死亡人数"),
    field("depth", "number", "震源深度"),
    field("overhead", "boolean", "是否头顶库"),
    field("built_on", "date", "建成日期"),
    field("occurred_at", "datetime", "发震时刻"),
)
NAMES = tuple(each.name for each in FIELDS)
COLLECTION = Collection.model_validate(
    {
        "id": "sight",
        "title": {"zh": "示例·全部类型", "en": "All kinds"},
        "geometry": ("Point", "LineString", "Polygon"),
        "fields": FIELDS,
    }
)
RING = ((103.0, 31.0), (103.5, 31.0), (103.5, 31.5), (103.0, 31.0))
HOLE = ((103.2, 31.1), (103.4, 31.1), (103.4, 31.2), (103.2, 31.1))
SHAPES: tuple[BaseGeometry, ...] = (
    shapely.Point(103.123456789012345, 31.1),
    shapely.MultiPoint([(103.1, 31.1), (104.0, 30.0)]),
    shapely.LineString([(103.0, 31.0), (104.0, 32.0), (1 / 3 + 103, 31.5)]),
    shapely.MultiLineString([[(103.0, 31.0), (104.0, 32.0)], [(105.0, 31.0), (106.0, 32.0)]]),
    shapely.Polygon(RING, [HOLE]),
    shapely.MultiPolygon([shapely.Polygon(RING, [HOLE]), shapely.box(105, 30, 106, 31)]),
)
VALUES: tuple[tuple[Any, ...], ...] = (
    ("青石沟“尾矿库”", 69_227, 14.0, True, "2008-05-12", "2008-05-12T06:28:01Z"),
    ('say "no", 逗号，\r\nand a new line', 0, -0.1, False, "1933-08-25", "1933-08-25T07:50:30.250Z"),
    ("=1+1", -3, 1 / 3, None, None, None),
    ("", None, None, None, None, None),
    (None, 2**53 + 1, 1e-300, True, "0001-01-01", "9999-12-31T23:59:59.999Z"),
    ("Ҽ 𠮷 é", 1, 123456789.123456, False, "2026-02-28", "2026-07-20T12:00:00+08:00"),
)
IDS = ("a", "示例-2", "c;d", "e,'f'", "5", "00106")


def page(start: int = 0, stop: int | None = None, names: Sequence[str] = NAMES) -> Page:
    chosen = [NAMES.index(name) for name in names]
    at = "2026-07-20T04:00:00.000000Z"
    rows = [
        (IDS[n], shapely.to_wkb(SHAPES[n]), f"t{n}", at, *(VALUES[n][column] for column in chosen))
        for n in range(len(IDS))[start:stop]
    ]
    return Page(tuple(names), rows, None, NOW)


def answer(**changes: Any) -> Answer:
    crs = offered()[changes.pop("crs", CRS84)]
    return Answer(collection=COLLECTION, crs=crs, language="zh", made_at=NOW, **changes)


def written(key: str, pages: Sequence[Page], given: Answer | None = None) -> bytes:
    return b"".join(FORMATS[key].write(iter(pages), given or answer()))


def saved(folder: Path, key: str, pages: Sequence[Page], given: Answer | None = None) -> Path:
    path = folder / f"sight{FORMATS[key].suffix or '.json'}"
    path.write_bytes(written(key, pages, given))
    return path


PAGES = (page(0, 2), page(2, 3), page(3))
