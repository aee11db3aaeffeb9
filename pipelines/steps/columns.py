"""Which column of a file is which field of a dataset."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from data_catalog.dataset import Dataset, Field
from minegis.errors import InvalidInput
from pipelines.units import factor_into

ID_HEADER = "编号 id"
CRS_HEADER = "坐标系 crs"
REASON_HEADER = "退回原因 reason"
FILE_HEADER = "来源文件 source_file"
ROW_HEADER = "来源行号 source_row"
LONGITUDE_HEADER = "经度 longitude"
LATITUDE_HEADER = "纬度 latitude"
WKT_HEADER = "几何 wkt"

# Headers that are no fields; the key is what they are, in the words that templates and other systems use.
_SPECIAL: dict[str, frozenset[str]] = {
    "id": frozenset({"id", "编号", "编号id"}),
    "crs": frozenset({"crs", "坐标系", "坐标系crs", "坐标系统"}),
    "reason": frozenset({"退回原因reason"}),
    "source_file": frozenset({"来源文件source_file"}),
    "source_row": frozenset({"来源行号source_row"}),
    "longitude": frozenset({"lon", "lng", "long", "longitude", "经度", "东经", "经度longitude"}),
    "latitude": frozenset({"lat", "latitude", "纬度", "北纬", "纬度latitude"}),
    "wkt": frozenset({"wkt", "geometry", "geom", "geometry_wkt", "几何", "几何wkt"}),
    "easting": frozenset({"easting", "东坐标", "横坐标", "东向坐标"}),
    "northing": frozenset({"northing", "北坐标", "纵坐标", "北向坐标"}),
    "x": frozenset({"x", "x坐标"}),
    "y": frozenset({"y", "y坐标"}),
}
_IN_BRACKETS = re.compile(r"^(.*?)[(\[【](.*)[)\]】]$")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file: `fields` and `special` map a name to the file's own header."""

    fields: Mapping[str, str]
    special: Mapping[str, str]
    ignored: tuple[str, ...]

    def header(self, name: str) -> str:
        """Return the file's header of a field, or the field's own name where the file has none."""
        return self.fields.get(name) or self.special.get(name, name)


def match_columns(
    headers: Iterable[str], dataset: Dataset, *, where: str, cut: bool = False, needs_id: bool = True
) -> Columns:
    """Match headers with fields by name, Chinese or English label, or label and name as in the template.

    Where the format has `cut` the headers, the beginning of one field's name or label is enough.

    Raises
    ------
    InvalidInput
        If a required column is missing, two columns mean the same field, or a header states another unit.
    """
    fields: dict[str, str] = {}
    special: dict[str, str] = {}
    ignored = []
    for header in headers:
        field, kind = _field(header, dataset), _kind(header)
        if cut and field is None and not kind:
            field = _beginning_of(header, dataset)
        if field is not None:
            _refuse_other_unit(header, field, where)
            _claim(fields, field.name, header, where)
        elif kind:
            _claim(special, kind, header, where)
        else:
            ignored.append(header)
    required = {field.name: f"{field.label.zh} {field.name}" for field in dataset.fields if field.required}
    missing = [text for name, text in required.items() if name not in fields]
    if needs_id and "id" not in special:
        missing.insert(0, ID_HEADER)
    if missing:
        raise InvalidInput(
            "required columns are missing", where=where, expected=", ".join(missing), got=_listed(headers)
        )
    return Columns(fields, special, tuple(ignored))


def closest_field(header: str, dataset: Dataset) -> str:
    """Return the label of the field that an unknown header may have meant, empty if none is near."""
    labels = [text for field in dataset.fields for text in (field.label.zh, field.label.en, field.name)]
    return next(iter(difflib.get_close_matches(header, labels, n=1, cutoff=0.7)), "")


def plain_header(text: str) -> str:
    """Level width, case and white space, and drop the star of a required column."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split()).strip("*")


def _names(field: Field) -> set[str]:
    name, zh, en = field.name, field.label.zh, field.label.en
    return {plain_header(text) for text in (name, zh, en, zh + name, f"{zh}{en}")}


def _field(header: str, dataset: Dataset) -> Field | None:
    whole = plain_header(header)
    bracketed = _IN_BRACKETS.match(whole)
    for candidate in (whole, bracketed[1] if bracketed else whole):
        for field in dataset.fields:
            if candidate in _names(field):
                return field
    return None


def _beginning_of(header: str, dataset: Dataset) -> Field | None:
    start = plain_header(header)
    fields = [field for field in dataset.fields if any(name.startswith(start) for name in _names(field))]
    return fields[0] if len(fields) == 1 else None


def _kind(header: str) -> str:
    whole = plain_header(header)
    bracketed = _IN_BRACKETS.match(whole)
    candidates = {whole, bracketed[1] if bracketed else whole}
    return next((kind for kind, names in _SPECIAL.items() if candidates & names), "")


def _refuse_other_unit(header: str, field: Field, where: str) -> None:
    bracketed = _IN_BRACKETS.match("".join(unicodedata.normalize("NFKC", header).split()).strip("*"))
    if plain_header(header) in _names(field) or not bracketed or not field.unit or "必填" in bracketed[2]:
        return
    if factor_into(field.unit, bracketed[2]) != 1.0:
        raise InvalidInput(
            "the column is in another unit",
            where=f"{where} column {header}",
            expected=field.unit,
            got=bracketed[2],
        )


def _claim(taken: dict[str, str], name: str, header: str, where: str) -> None:
    if name in taken:
        raise InvalidInput(
            "two columns mean the same", where=where, expected=f"one {name}", got=f"{taken[name]}, {header}"
        )
    taken[name] = header


def _listed(headers: Iterable[str]) -> str:
    return ", ".join(headers) or "no columns"
