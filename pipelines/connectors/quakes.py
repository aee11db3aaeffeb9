"""Earthquakes as event services tell them: GeoJSON, FDSN text, QuakeML; merged, and as features."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

import orjson
import shapely
from lxml import etree

from data_catalog.store import Feature
from minegis.clock import format_utc, parse_utc
from minegis.errors import InvalidInput
from minegis.levels import Origin
from pipelines.raster import source_name

_BED = "{http://quakeml.org/xmlns/bed/1.2}"


class Quakes(Protocol):
    """The events of one answer, in the order and words of the service."""

    @classmethod
    def read(cls, content: bytes, *, where: str) -> Self:
        """Read an answer; one that cannot be understood is refused."""

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> bytes:
        """Return the events of all parts, each once, as one document."""

    @abstractmethod
    def __len__(self) -> int: ...

    def rows(self) -> list[dict[str, Any]]:
        """Return id, name, magnitude, magnitude_type, depth (km), occurred_at, lon, lat of each event."""


class GeoJsonQuakes:
    """The GeoJSON of the USGS and those who follow it; coordinates are longitude, latitude, depth."""

    def __init__(self, features: list[dict[str, Any]]) -> None:
        self._features = features

    def __len__(self) -> int:
        return len(self._features)

    @classmethod
    def read(cls, content: bytes, *, where: str) -> Self:
        """Read a FeatureCollection."""
        try:
            features = orjson.loads(content)["features"]
            return cls([{**each, "id": str(each["id"])} for each in features])
        except (ValueError, KeyError, TypeError):
            raise _refused(where, "a GeoJSON FeatureCollection of events", content) from None

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> bytes:
        """Return one collection, by id."""
        features = {each["id"]: each for part in parts for each in part._features}
        return orjson.dumps(
            {"type": "FeatureCollection", "features": [features[key] for key in sorted(features)]}
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return the events."""
        found = []
        for each in self._features:
            properties, (lon, lat, *depth) = each["properties"], each["geometry"]["coordinates"]
            moment = datetime.fromtimestamp(properties["time"] / 1000, UTC)
            found.append(
                {
                    "id": each["id"],
                    "name": properties.get("title") or properties.get("place") or each["id"],
                    "magnitude": properties.get("mag"),
                    "magnitude_type": properties.get("magType"),
                    "depth": depth[0] if depth else None,
                    "occurred_at": moment,
                    "lon": lon,
                    "lat": lat,
                }
            )
        return found


class TextQuakes:
    """The FDSN text format: a header that begins with ``#`` and fields between bars."""

    _HEADER = (
        "#EventID|Time|Latitude|Longitude|Depth/km|Author|Catalog|Contributor|ContributorID|MagType|Magnitude"
        "|MagAuthor|EventLocationName"
    )

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    @classmethod
    def read(cls, content: bytes, *, where: str) -> Self:
        """Read lines of thirteen fields or more."""
        text = content.decode("utf-8", errors="replace")
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        if not text.startswith("#") or any(line.count("|") < 12 for line in lines):
            raise _refused(where, "FDSN text", content)
        return cls(lines)

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> bytes:
        """Return one table, by id."""
        lines = {line.partition("|")[0]: line for part in parts for line in part._lines}
        return "\n".join([cls._HEADER, *(lines[key] for key in sorted(lines)), ""]).encode()

    def rows(self) -> list[dict[str, Any]]:
        """Return the events."""
        found = []
        for line in self._lines:
            cells = [cell.strip() for cell in line.split("|")]
            found.append(
                {
                    "id": cells[0],
                    "name": cells[12] or cells[0],
                    "magnitude": _float(cells[10]),
                    "magnitude_type": cells[9] or None,
                    "depth": _float(cells[4]),
                    "occurred_at": _utc(cells[1]),
                    "lon": float(cells[3]),
                    "lat": float(cells[2]),
                }
            )
        return found


class XmlQuakes:
    """QuakeML 1.2; depths are in metres."""

    def __init__(self, events: list[etree._Element]) -> None:
        self._events = events

    def __len__(self) -> int:
        return len(self._events)

    @classmethod
    def read(cls, content: bytes, *, where: str) -> Self:
        """Read without entities, document types or network."""
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise _refused(where, "XML without a document type", content)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            root = etree.fromstring(content, parser)
        except etree.XMLSyntaxError:
            raise _refused(where, "QuakeML", content) from None
        if etree.QName(root).localname != "quakeml":
            raise _refused(where, "QuakeML", content)
        return cls(list(root.iter(f"{_BED}event")))

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> bytes:
        """Return one document, by publicID."""
        events = {each.get("publicID", ""): each for part in parts for each in part._events}
        space = "http://quakeml.org/xmlns/quakeml/1.2"
        names: dict[str | None, str] = {"q": space, None: _BED[1:-1]}
        root = etree.Element(f"{{{space}}}quakeml", nsmap=names)  # type: ignore[arg-type]
        parameters = etree.SubElement(root, f"{_BED}eventParameters", publicID="smi:local/merged")
        parameters.extend(events[key] for key in sorted(events))
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    def rows(self) -> list[dict[str, Any]]:
        """Return the events with their preferred origin and magnitude."""
        return [self._row(each) for each in self._events]

    def _row(self, event: etree._Element) -> dict[str, Any]:
        origin = _preferred(event, "origin", "preferredOriginID")
        magnitude = _preferred(event, "magnitude", "preferredMagnitudeID")
        depth = _value(origin, "depth")
        identity = event.get("publicID", "")
        return {
            "id": "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in identity)[-60:],
            "name": event.findtext(f"{_BED}description/{_BED}text") or identity,
            "magnitude": _value(magnitude, "mag"),
            "magnitude_type": magnitude.findtext(f"{_BED}type") if magnitude is not None else None,
            "depth": None if depth is None else depth / 1000,
            "occurred_at": _utc(origin.findtext(f"{_BED}time/{_BED}value", "") if origin is not None else ""),
            "lon": _value(origin, "longitude"),
            "lat": _value(origin, "latitude"),
        }


FORMATS: Mapping[str, Any] = {"geojson": GeoJsonQuakes, "text": TextQuakes, "xml": XmlQuakes}
_OF_SUFFIX = {".geojson": "geojson", ".txt": "text", ".xml": "xml"}


def read_quakes(path: Path, source: str) -> list[Feature]:
    """Read a file of events as features of the dataset ``earthquake``.

    Parameters
    ----------
    source : str
        Id of the source; it begins the id of each feature.

    Raises
    ------
    InvalidInput
        If the file is not in one of the three formats, or an event lacks its place or time.
    """
    if path.suffix not in _OF_SUFFIX:
        raise InvalidInput("not a file of events", where=path.name, expected=", ".join(_OF_SUFFIX))
    quakes = FORMATS[_OF_SUFFIX[path.suffix]].read(path.read_bytes(), where=path.name)
    stated = f"{source} {source_name(path)}"
    try:
        return [_feature(row, source, stated) for row in quakes.rows()]
    except (KeyError, TypeError, ValueError, OverflowError, shapely.errors.ShapelyError) as error:
        said = f"{type(error).__name__} {error}"
        raise InvalidInput("an event that cannot be read", where=path.name, got=said[:120]) from None


def _feature(row: dict[str, Any], source: str, stated: str) -> Feature:
    names = ("name", "magnitude", "magnitude_type", "depth")
    properties = {
        **{name: row[name] for name in names},
        "occurred_at": format_utc(row["occurred_at"]),
        "occurred_precision": "second",
        "deaths": None,
    }
    point = shapely.Point(row["lon"], row["lat"])
    return Feature(f"{source}-{row['id']}", properties, point, Origin.PUBLIC, stated)


def _refused(where: str, expected: str, content: bytes) -> InvalidInput:
    return InvalidInput("not what was asked for", where=where, expected=expected, got=repr(content[:60]))


def _preferred(event: etree._Element, kind: str, pointer: str) -> etree._Element | None:
    wanted = event.findtext(f"{_BED}{pointer}", "").strip()
    found = event.findall(f"{_BED}{kind}")
    return next((each for each in found if each.get("publicID") == wanted), found[0] if found else None)


def _value(element: etree._Element | None, name: str) -> float | None:
    return None if element is None else _float(element.findtext(f"{_BED}{name}/{_BED}value", ""))


def _float(text: str) -> float | None:
    return float(text) if text.strip() else None


def _utc(text: str) -> datetime:
    """Read a time of an event service, which is UTC whether it says so or not."""
    return parse_utc(f"{text.strip().removesuffix('Z')}Z", where="event time")
