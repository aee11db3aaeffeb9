"""Features as clients send them: GeoJSON and merge patches, checked by the rules that imports keep."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from data_catalog.checks import sound_geometry
from data_catalog.collection import Collection
from data_catalog.dataset import Dataset, Field, dataset
from data_catalog.expression import GEOMETRY
from data_catalog.items import FIXED_COLUMNS, Row
from data_catalog.mistake import Mistake, Refused, shown
from data_catalog.store import Feature, Store
from data_catalog.store.edits import SOURCE
from data_catalog.values import parse_id, parse_value
from data_catalog.whereabouts import Regions, check_county, check_nation, refuse_abroad, refuse_swapped
from geoserver.errors import NotAccepted
from geoserver.ogc.crs import Crs
from minegis.errors import InvalidInput, NotFound
from minegis.levels import Origin
from pipelines.steps.checks import check_row

_GEOMETRIES = (
    "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection",
)  # fmt: skip
_PLACE = "place"  # where JSON-FG puts the geometry; it goes before `geometry`
_OTHER_CRS = ("crs", "coordRefSys")
_OF_FEATURE = frozenset(("type", "id", "properties", GEOMETRY, _PLACE, "bbox", "links", *_OTHER_CRS))
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

type Present = tuple[tuple[str, ...], Row]
"""Names and row of an item as it stands."""


@dataclass(slots=True)
class _Receiving:
    """One feature on its way in."""

    collection: Collection
    dataset: Dataset
    mistakes: list[Mistake] = field(default_factory=list)

    def refuse(self, path: str, refusal: Refused, got: object) -> None:
        self.mistakes.append(refusal.at(0, path, got))


def parse_document(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a request.

    Raises
    ------
    InvalidInput
        If it is no JSON, or not an object.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("not JSON", where="$", expected="a JSON object", got=str(error)) from None
    if not isinstance(document, dict):
        raise InvalidInput("not a JSON object", where="$", expected="an object", got=shown(document))
    return document


def created(store: Store, collection: Collection, document: Mapping[str, Any], crs: Crs) -> Feature:
    """Return the feature of a document that has one, without its id when it says none.

    Raises
    ------
    InvalidInput
        If it is no feature.
    NotAccepted
        If it breaks a rule of the collection.
    """
    _refuse_other_than_feature(document)
    return _checked(store, collection, document, crs, document.get("id"), {}, None)


def replaced(
    store: Store, collection: Collection, document: Mapping[str, Any], crs: Crs, present: Present
) -> Feature:
    """Return the feature that takes the place of the present one.

    What a client sends back unchanged is no mistake, even where it cannot be written.

    Raises
    ------
    InvalidInput, NotAccepted
        As `created`, or if the document has another id.
    """
    _refuse_other_than_feature(document)
    names, row = present
    _refuse_other_id(document.get("id", row[0]), row[0])
    return _checked(
        store, collection, document, crs, row[0], dict(zip(names, row[FIXED_COLUMNS:], strict=True)), None
    )


def patched(
    store: Store, collection: Collection, patch: Mapping[str, Any], crs: Crs, present: Present
) -> Feature:
    """Return the present feature as a merge patch changes it.

    The patch has the members of GeoJSON, or the names of the collection's schema side by side.

    Raises
    ------
    InvalidInput, NotAccepted
        As `created`, or if the patch changes the id or takes away what is computed.

    References
    ----------
    RFC 7396; OGC 20-002, /req/features/update-json-merge-patch.
    """
    names, row = present
    values = dict(zip(names, row[FIXED_COLUMNS:], strict=True))
    if "id" in patch:
        _refuse_other_id(patch["id"], row[0])
    if patch.get("type", "Feature") != "Feature":
        raise InvalidInput("not a feature", where="$.type", expected="Feature", got=shown(patch["type"]))
    changes = _changes(patch, collection)
    for each in collection.computed:
        if each.name in changes and changes[each.name] is None and values[each.name] is not None:
            raise InvalidInput("a property that is computed", where=f"$.properties.{each.name}", got="null")
    properties = {name: value for name, value in values.items() if value is not None} | changes
    document: dict[str, Any] = {"properties": properties}
    kept: BaseGeometry | None = shapely.from_wkb(row[1])
    shape = patch.get(_PLACE) if patch.get(_PLACE) is not None else patch.get(GEOMETRY)
    if GEOMETRY in patch or shape is not None:
        if isinstance(shape, Mapping) and not {"type", "coordinates"} <= shape.keys():
            (there,) = crs.place(np.array([kept], dtype=object))
            shape = {**orjson.loads(shapely.to_geojson(there)), **shape}
        document[GEOMETRY], kept = shape, None
    return _checked(store, collection, document, crs, row[0], values, kept)


def _changes(patch: Mapping[str, Any], collection: Collection) -> dict[str, Any]:
    changes = patch.get("properties", {})
    if not isinstance(changes, Mapping):
        raise InvalidInput("not an object", where="$.properties", expected="properties", got=shown(changes))
    beside = {name: value for name, value in patch.items() if name not in _OF_FEATURE}
    for name in beside:
        if name not in collection.properties:
            expected = ", ".join(("properties", GEOMETRY, *collection.properties))
            raise InvalidInput("no such property", where=f"$.{name[:80]}", expected=expected, got=name[:80])
    _refuse_other_crs(patch)
    return {**beside, **changes}


def _refuse_other_than_feature(document: Mapping[str, Any]) -> None:
    kind = document.get("type")
    if kind != "Feature":
        raise InvalidInput(
            "not a feature", where="$.type", expected="Feature, one at a time", got=shown(kind)
        )
    for name in ("properties", GEOMETRY):
        if document.get(name) is not None and not isinstance(document[name], Mapping):
            raise InvalidInput(
                "not an object", where=f"$.{name}", expected="an object", got=shown(document[name])
            )
    _refuse_other_crs(document)


def _refuse_other_crs(document: Mapping[str, Any]) -> None:
    for name in _OTHER_CRS:
        if document.get(name) is not None:
            expected = "the header Content-Crs"
            raise InvalidInput("a reference system in the document", where=f"$.{name}", expected=expected)


def _refuse_other_id(given: Any, present: str) -> None:
    if given is None or str(given) != present or isinstance(given, bool):
        raise InvalidInput(
            "another id than the address has", where="$.id", expected=present, got=shown(given)
        )


def _checked(
    store: Store,
    collection: Collection,
    document: Mapping[str, Any],
    crs: Crs,
    feature_id: Any,
    present: Mapping[str, Any],
    kept: BaseGeometry | None,
) -> Feature:
    """Return the feature when nothing is wrong with it; `kept` is a geometry that stays as it is."""
    receiving = _Receiving(collection, dataset(collection.id))
    named = "" if feature_id is None else _id(receiving, feature_id)
    properties = _properties(receiving, document.get("properties") or {}, present)
    shape = kept
    if shape is None:
        given = document.get(_PLACE) if document.get(_PLACE) is not None else document.get(GEOMETRY)
        shape = _geometry(receiving, given, crs)
    regions = _regions(store, store.version("region"))
    if shape is not None:
        _check_place(receiving, shape, properties.get("county_code"), regions)
    checked = check_row(receiving.dataset, properties, _is_asset(store), _path)
    receiving.mistakes += [mistake for mistake in checked if mistake.severity == "error"]
    if receiving.mistakes:
        raise NotAccepted(receiving.mistakes)
    assert shape is not None  # none is a mistake
    return Feature(named, properties, shape, Origin.OPERATOR, SOURCE)


def _id(receiving: _Receiving, given: Any) -> str:
    try:
        if isinstance(given, bool) or not isinstance(given, str | int):
            raise Refused("编号不是文字", "the id is no text", "a text")
        return parse_id(given)
    except Refused as refusal:
        receiving.refuse("$.id", refusal, given)
        return ""


def _properties(
    receiving: _Receiving, given: Mapping[str, Any], present: Mapping[str, Any]
) -> dict[str, Any]:
    computed = {each.name for each in receiving.collection.computed}
    declared = {each.name: each for each in receiving.dataset.fields}
    for name, value in given.items():
        if name in computed and value is not None and value != present.get(name):
            refusal = Refused(
                "计算所得，不可填报", "a property that is computed", "nothing, or its present value"
            )
            receiving.refuse(_path(name), refusal, value)
        elif name not in computed and name not in declared:
            refusal = Refused("没有此属性", "no such property", ", ".join(declared))
            receiving.refuse(_path(name[:80]), refusal, value)
    values: dict[str, Any] = {}
    for name, each in declared.items():
        raw = given.get(name)
        try:
            values[name] = parse_value(each, _of_type(each, raw))
        except Refused as refusal:
            receiving.refuse(_path(name), refusal, raw)
    return values


def _of_type(declared: Field, raw: Any) -> Any:
    """Return a JSON value that has the type its schema says; what files may write loosely is refused here."""
    if raw is None:
        return None
    match declared.type:
        case "boolean":
            fits, expected = isinstance(raw, bool), "true or false"
        case "number" | "integer":
            fits, expected = isinstance(raw, int | float) and not isinstance(raw, bool), "a number"
        case _:
            fits, expected = isinstance(raw, str), "a text"
    if not fits:
        raise Refused("类型不符", "a value of another type", expected)
    if (
        declared.choices
        and str(int(raw) if isinstance(raw, float) and raw.is_integer() else raw) not in declared.choices
    ):
        raise Refused("不在可选值中", "not one of the choices", "one of " + ", ".join(declared.choices))
    if declared.type == "date" and not _DATE.fullmatch(raw):
        raise Refused("不是日期", "not a date", "2026-07-20")
    return raw


def _geometry(receiving: _Receiving, given: Any, crs: Crs) -> BaseGeometry | None:
    """Return a sound flat geometry in lon/lat, None when there is a mistake."""
    try:
        shape = _read(given)
        if shape is not None and not shape.is_empty:
            (shape,) = crs.lonlat(np.array([shapely.force_2d(shape)], dtype=object))
            if shape is None:
                raise Refused("坐标超出坐标系范围", "no place on earth", f"coordinates in {crs.uri}")
        placed, _ = sound_geometry(shape, receiving.dataset)
        if crs.geographic:
            refuse_swapped(placed)
        refuse_abroad(placed, f", in the axis order of {crs.uri}")
    except Refused as refusal:
        receiving.refuse(f"$.{GEOMETRY}", refusal, "null" if given is None else orjson.dumps(given).decode())
        return None
    return placed


def _read(given: Any) -> BaseGeometry | None:
    if given is None:
        return None
    expected = "a GeoJSON geometry (RFC 7946)"
    if not isinstance(given, Mapping) or given.get("type") not in _GEOMETRIES:
        raise Refused("不是GeoJSON几何", "not a GeoJSON geometry", expected)
    try:
        return shapely.from_geojson(orjson.dumps(given))
    except shapely.errors.ShapelyError as error:
        raise Refused("不是GeoJSON几何", "not a GeoJSON geometry", f"{expected}: {error}") from None


def _check_place(receiving: _Receiving, shape: BaseGeometry, code: Any, regions: Regions) -> None:
    try:
        check_nation(shape, regions)
        if code is not None:
            check_county(shape, str(code), regions)
    except Refused as refusal:
        receiving.refuse(f"$.{GEOMETRY}", refusal, shape.wkt)


@lru_cache(maxsize=2)
def _regions(store: Store, _version: str) -> Regions:
    return Regions.load(store)


def _is_asset(store: Store) -> Callable[[str, str], bool]:
    def there(layer: str, asset_id: str) -> bool:
        try:
            store.feature(layer, asset_id)
        except NotFound:
            return False
        return True

    return there


def _path(name: str) -> str:
    return f"$.properties.{name}"
