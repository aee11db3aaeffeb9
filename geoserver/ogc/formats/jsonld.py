"""GeoJSON as linked data (JSON-LD 1.1): each property is named by its place in the collection's schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

import orjson

from data_catalog.items import Page
from geoserver.ogc.formats.format import Answer
from geoserver.ogc.formats.geojson import OPTIONS, features

_TERMS = {
    "schema": "https://schema.org/",
    "type": "@type",
    "features": "schema:itemListElement",
    "FeatureCollection": "schema:ItemList",
    "Feature": "schema:Place",
    "geometry": {"@id": "http://www.opengis.net/ont/geosparql#asGeoJSON", "@type": "@json"},
}


class JsonLd:
    """A list of places, or one place."""

    key = "jsonld"
    media_type = "application/ld+json"
    title = "JSON-LD"
    suffix = ""
    streams = False
    as_text = False

    def write(self, pages: Iterable[Page], answer: Answer) -> Iterator[bytes]:
        """Give the bytes of the document."""
        address = next(link["href"] for link in answer.links if link["rel"] == "collection")
        context = {**_TERMS, "@vocab": f"{address}/schema#"}
        for page in pages:
            places = [_place(each, address) for each in features(page, answer)]
            document = places[0] if answer.single else {"type": "FeatureCollection", "features": places}
            yield orjson.dumps({"@context": context, **document}, option=OPTIONS)


def _place(feature: dict[str, Any], address: str) -> dict[str, Any]:
    identified = {"@id": f"{address}/items/{quote(feature['id'])}", "type": "Feature"}
    return {**identified, **feature["properties"], "geometry": feature["geometry"]}
