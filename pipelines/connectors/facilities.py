"""Metal mines and smelters of China: public points, checked against the province they state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from data_catalog.store import Feature
from minegis.levels import Origin
from pipelines.connectors.public_layers import source_of

FILE = "mines/china_metal_mining_facilities.geojson"

_PROVINCES = {
    "Beijing": "110000",
    "Tianjin": "120000",
    "Hebei": "130000",
    "Shanxi": "140000",
    "Inner Mongolia": "150000",
    "Liaoning": "210000",
    "Jilin": "220000",
    "Heilongjiang": "230000",
    "Shanghai": "310000",
    "Jiangsu": "320000",
    "Zhejiang": "330000",
    "Anhui": "340000",
    "Fujian": "350000",
    "Jiangxi": "360000",
    "Shandong": "370000",
    "Henan": "410000",
    "Hubei": "420000",
    "Hunan": "430000",
    "Guangdong": "440000",
    "Guangxi": "450000",
    "Hainan": "460000",
    "Chongqing": "500000",
    "Sichuan": "510000",
    "Guizhou": "520000",
    "Yunnan": "530000",
    "Tibet": "540000",
    "Shaanxi": "610000",
    "Gansu": "620000",
    "Qinghai": "630000",
    "Ningxia": "640000",
    "Xinjiang": "650000",
}


def province_code(name: str | None) -> str | None:
    """Return the code of a province written in English, with or without its kind; None where it is none."""
    text = name or ""
    return next((code for stem, code in _PROVINCES.items() if f"{text} ".startswith(f"{stem} ")), None)


def read_facilities(folder: Path, provinces: list[Feature]) -> list[Feature]:
    """Read the facilities; `province_agrees` is None where the file states no province to compare with."""
    source = source_of("metal_facilities", folder, FILE)
    rows = json.loads((folder / FILE).read_text(encoding="utf-8"))["features"]
    points = np.array([shapely.Point(row["geometry"]["coordinates"]) for row in rows], dtype=object)
    tree = shapely.STRtree([province.geometry for province in provinces])
    inside = {point: provinces[area].id for point, area in tree.query(points, predicate="within").T}
    return [
        Feature(
            row["properties"]["id"],
            _properties(row["properties"], inside.get(index)),
            point,
            Origin.PUBLIC,
            source,
        )
        for index, (row, point) in enumerate(zip(rows, points, strict=True))
    ]


def _properties(row: dict[str, Any], found: str | None) -> dict[str, Any]:
    stated = province_code(row["province"])
    return {
        "name": row["name"],
        "facility_type": row["types"].replace("|", ", "),
        "commodity": (row["commodities"] or row["primary_commodity"] or "").replace("|", ", ") or None,
        "province": row["province"],
        "province_agrees": None if stated is None else stated == found,
    }
