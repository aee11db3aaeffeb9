"""Records as GeoJSON (OGC 20-004r1), in the language that was asked for and with both kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote

from data_catalog.collection import CATALOGUE, collections
from data_catalog.record import Record
from geoserver.ogc.formats.geojson import geometry
from layers.layer import groups
from minegis.clock import format_utc

type Language = Literal["zh", "en"]

LANGUAGES: dict[Language, str] = {"zh": "中文", "en": "English"}

_RECORD_CORE = "http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core"
_TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
_STYLES = "http://www.opengis.net/def/rel/ogc/1.0/styles"


def feature(
    found: Record, base: str, spoken: Language, chosen: Sequence[str] | None, shape: bytes | None
) -> dict[str, Any]:
    """Return a record as GeoJSON.

    Parameters
    ----------
    base : str
        Address of the landing page.
    chosen : sequence of str, optional
        The properties that are wanted; all when None.
    shape : bytes, optional
        WKB of the outline, None when it is not wanted or not known.

    References
    ----------
    OGC 20-004r1, clause 8 and ``recordGeoJSON.yaml``.
    """
    properties = _properties(found, spoken)
    if chosen is not None:
        properties = {name: value for name, value in properties.items() if name in (*chosen, "type", "title")}
    outline = geometry(shape) if shape is not None else None
    if outline is not None:
        outline = {**outline, "coordinates": [ring.tolist() for ring in outline["coordinates"]]}
    return {
        "type": "Feature",
        "id": found.id,
        "conformsTo": [_RECORD_CORE],
        "geometry": outline,
        "time": {"interval": [found.begin or "..", found.end or ".."]} if found.begin or found.end else None,
        "properties": properties,
        "links": _resources(found, base, spoken),
    }


def _properties(found: Record, spoken: Language) -> dict[str, Any]:
    other = "zh" if spoken == "en" else "en"
    keywords = [getattr(each, one) for one in (spoken, other) for each in found.keywords]
    contacts = [{"organization": each, "roles": ["owner"]} for each in found.owner.split("; ") if each]
    return {
        "type": found.type,
        "title": getattr(found.title, spoken),
        "description": getattr(found.description, spoken),
        "titles": found.title.model_dump(),
        "descriptions": found.description.model_dump(),
        "keywords": list(dict.fromkeys(keywords)),
        "language": {"code": spoken, "name": LANGUAGES[spoken]},
        "languages": [{"code": code, "name": name} for code, name in LANGUAGES.items()],
        **_themes(found, spoken),
        **{name: text for name, text in _known(found).items() if text},
        "formats": _formats(found),
        "contacts": contacts,
        "externalIds": [{"scheme": scheme, "value": value} for scheme, value in found.identifiers],
        "dataset": found.dataset or None,
        "source": found.source or None,
        **found.details,
    }


def _known(found: Record) -> dict[str, str]:
    """Return the members of the standard that are left out where nothing is known."""
    return {
        "created": format_utc(found.created) if found.created else "",
        "updated": format_utc(found.updated) if found.updated else "",
        "license": found.spdx,
        "rights": found.licence,
    }


def _themes(found: Record, spoken: Language) -> dict[str, Any]:
    if not found.theme:
        return {}
    concept = {"id": found.theme, "title": getattr(groups()[found.theme], spoken)}
    return {"themes": [{"concepts": [concept], "scheme": "urn:minegis:layer-groups"}]}


def _formats(found: Record) -> list[dict[str, str]]:
    vector = {"name": "GeoJSON", "mediaType": "application/geo+json"}
    tiles = {"name": "MVT", "mediaType": "application/vnd.mapbox-vector-tile"}
    png = {"name": "PNG", "mediaType": "image/png"}
    if found.dataset:
        return [vector, tiles]
    return [png] if found.type in ("raster", "layer") else []


def _resources(found: Record, base: str, spoken: Language) -> list[dict[str, str]]:
    """Return links to what a record describes: items, tiles, schema, styles, or where a source is."""
    catalogue = f"{base}/collections/{CATALOGUE}"
    links = [{"rel": "collection", "type": "application/json", "title": CATALOGUE, "href": catalogue}]
    if found.dataset in collections():
        place = f"{base}/collections/{quote(found.dataset)}"
        links += [
            {"rel": "describes", "type": "application/json", "href": place, "title": found.dataset},
            {"rel": "items", "type": "application/geo+json", "href": f"{place}/items"},
            {"rel": "describedby", "type": "application/schema+json", "href": f"{place}/schema"},
            {"rel": _TILESETS, "type": "application/json", "href": f"{place}/tiles"},
            {"rel": _STYLES, "type": "application/json", "href": f"{place}/styles"},
        ]
    if found.type == "layer":
        style = f"{base}/styles/{found.id.partition(':')[2]}"
        links.append(
            {"rel": "stylesheet", "type": "application/vnd.mapbox.style+json", "href": f"{style}?f=mapbox"}
        )
    if found.details.get("url"):
        links.append({"rel": "via", "href": found.details["url"], "title": getattr(found.title, spoken)})
    return links
