"""Formats of items, one module each; what `f` and ``Accept`` may ask for is this registry."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from geoserver.ogc.formats.csv import Csv
from geoserver.ogc.formats.format import Answer, Format
from geoserver.ogc.formats.gdal import FlatGeobuf, GeoPackage
from geoserver.ogc.formats.geojson import GeoJson
from geoserver.ogc.formats.geojsonseq import GeoJsonSeq
from geoserver.ogc.formats.html import Html
from geoserver.ogc.formats.jsonld import JsonLd
from geoserver.ogc.formats.parquet import GeoParquet
from geoserver.ogc.formats.xlsx import Xlsx

__all__ = ["FORMATS", "Answer", "Format"]

_FILES: tuple[Format, ...] = (GeoJsonSeq(), FlatGeobuf(), GeoParquet(), Csv(), Xlsx(), GeoPackage())
_PAGES: tuple[Format, ...] = (GeoJson(), Html(frozenset(each.media_type for each in _FILES)), JsonLd())

FORMATS: Mapping[str, Format] = MappingProxyType({each.key: each for each in (*_PAGES, *_FILES)})
"""By key; the first is the default."""
