"""Registers of tailings facilities as the world publishes them, brought in through the import of files."""

from __future__ import annotations

import csv
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import shapely
from pydantic import Field as Setting

from data_catalog.store import Store
from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput
from minegis.levels import Origin, RegionLevel
from pipelines.connectors.rows import VectorFile
from pipelines.connectors.vector_file import read_vector_file
from pipelines.import_report import ImportReport
from pipelines.importing import ImportOptions, import_file
from pipelines.raster import source_name
from pipelines.source_file import SourceFile
from pipelines.steps.columns import ID_HEADER, LATITUDE_HEADER, LONGITUDE_HEADER
from pipelines.steps.positions import Datum

DATASET = "tsf"
_TAKEN = ("name", "enterprise", "status", "raise_method", "dam_height", "total_storage")


class _Registry(Declaration):
    columns: dict[str, tuple[str, ...]] = Setting(min_length=1)
    volume: dict[str, float]
    countries: tuple[str, ...]
    words: dict[str, dict[str, tuple[str, ...]]]


@cache
def _declared() -> _Registry:
    return read(Path(__file__).with_name("registry_import.yaml"), _Registry)


def import_registry(
    store: Store, path: Path, registry: str, *, sheet: str | None = None, sources: Path | None = None
) -> ImportReport:
    """Import the facilities of China of a published register; what is incomplete is held with every reason.

    Parameters
    ----------
    path : Path
        CSV or XLSX in the publisher's own words; longitudes and latitudes are WGS 84.
    registry : str
        Id of the source; it begins the id of each facility.
    sheet : str, optional
        Of a workbook.
    sources : Path, optional
        Folder that keeps the publisher's file.

    Returns
    -------
    ImportReport
        The county is the one that a facility lies in. Words that are not known stay as they are, and so are
        refused by the import.

    Raises
    ------
    InvalidInput
        If the file has no columns of names or places.
    """
    file = read_vector_file(path, layer=sheet, encoding=None, prefer_layer=DATASET)
    headers = _headers(file)
    counties = _Counties(store)
    rows = [_row(row.number, row.values, headers, registry, counties) for row in _of_china(file, headers)]
    original = SourceFile.of(path)
    if sources is not None:
        original.keep(sources)
    options = ImportOptions(datum=Datum.WGS84, origin=Origin.PUBLIC, source=f"{registry} {source_name(path)}")
    if not rows:
        raise InvalidInput("no facility of China in the register", where=path.name)
    with tempfile.TemporaryDirectory() as folder:
        # Under the publisher's name, so that held rows say where they are from.
        translated = Path(folder) / f"{path.stem}.csv"
        with translated.open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return import_file(store, translated, DATASET, options=options)


def _headers(file: VectorFile) -> dict[str, str]:
    """Return the file's header of each of our columns.

    Raises
    ------
    InvalidInput
        If there are no names or places.
    """
    own = {_plain(header): header for header in reversed(file.columns)}
    found = {
        name: own[_plain(word)]
        for name, words in _declared().columns.items()
        for word in reversed(words)
        if _plain(word) in own
    }
    missing = [name for name in ("name", "longitude", "latitude") if name not in found]
    if missing:
        raise InvalidInput(
            "no register of tailings facilities",
            where=file.path.name,
            expected=f"columns of {', '.join(missing)}",
            got=", ".join(file.columns)[:200],
        )
    return found


def _of_china(file: VectorFile, headers: Mapping[str, str]) -> list[Any]:
    if "country" not in headers:
        return list(file.rows)
    ours = {_plain(each) for each in _declared().countries}
    return [row for row in file.rows if _plain(row.values.get(headers["country"])) in ours]


def _row(
    number: int, values: Mapping[str, Any], headers: Mapping[str, str], registry: str, counties: _Counties
) -> dict[str, Any]:
    """Translate a row into the words of the import template."""
    found = {name: values.get(headers[name]) if name in headers else None for name in _TAKEN}
    for name, words in _declared().words.items():
        found[name] = _translated(found[name], words)
    if "total_storage" in headers:
        found["total_storage"] = _volume(found["total_storage"], headers["total_storage"])
    lon, lat = (values.get(headers[name]) for name in ("longitude", "latitude"))
    identity = values.get(headers["id"]) if "id" in headers else None
    return {
        ID_HEADER: f"{registry}-{number if identity in (None, '') else identity}",
        **found,
        "county_code": counties.code(lon, lat),
        LONGITUDE_HEADER: lon,
        LATITUDE_HEADER: lat,
    }


def _translated(value: Any, words: Mapping[str, Sequence[str]]) -> Any:
    plain = _plain(value)
    return next((ours for ours, theirs in words.items() if plain in map(_plain, theirs)), value)


def _volume(value: Any, header: str) -> Any:
    """Return 10⁴ m³ where the header says the unit; otherwise nothing, which the import refuses."""
    unit = header.rpartition("(")[2].rstrip(") ").casefold()
    factor = _declared().volume.get(unit.replace("³", "3"))
    try:
        return None if factor is None else float(str(value).replace(",", "")) * factor
    except ValueError:
        return value


class _Counties:
    """Finds the county that a place lies in."""

    def __init__(self, store: Store) -> None:
        regions = store.features("region")
        counties = [each for each in regions if each.properties["level"] == RegionLevel.COUNTY]
        self._codes = [str(each.properties["code"]) for each in counties]
        self._tree = shapely.STRtree([each.geometry for each in counties])

    def code(self, lon: Any, lat: Any) -> str | None:
        """Return the code, None where there is no county or no place."""
        try:
            point = shapely.Point(float(lon), float(lat))
        except (TypeError, ValueError):
            return None
        found = self._tree.query(point, predicate="intersects")
        return self._codes[int(found[0])] if found.size else None


def _plain(text: Any) -> str:
    level = unicodedata.normalize("NFKC", str(text or "")).casefold()
    return "".join(sign for sign in level if sign.isalnum() or sign == "^")
