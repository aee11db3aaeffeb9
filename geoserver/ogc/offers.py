"""What each part of the OGC API adds to the documents of the whole: links, and paths of OpenAPI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from data_catalog.collection import Collection
from geoserver.ogc.discovery import (
    record_paths,
    records_landing,
    style_paths,
    styles_landing,
    styles_of_collection,
)
from geoserver.ogc.editing_paths import edit_paths, schema_paths
from geoserver.ogc.schemas import schema_links
from geoserver.ogc.tile_paths import tile_paths
from geoserver.ogc.tilesets import collection_links as tilesets_of_collection
from geoserver.ogc.tilesets import landing_links as tilesets_landing

type Link = dict[str, str]
type Paths = Mapping[str, Mapping[str, Any]]


def _no_links(*_: str) -> list[Link]:
    return []


def _no_paths(_collections: Mapping[str, Collection], _language: str) -> Paths:
    return {}


@dataclass(frozen=True)
class Offer:
    """A part of the API.

    Parameters
    ----------
    landing : callable of base URL and language
        Links of the landing page; the base URL ends with ``/ogc``.
    collection : callable of collection id, base URL and language
        Links of a collection.
    paths : callable of collections by id and language
        OpenAPI path items by path below ``/ogc``; methods of one path may come from several parts.
    """

    landing: Callable[[str, str], list[Link]] = _no_links
    collection: Callable[[str, str, str], list[Link]] = _no_links
    paths: Callable[[Mapping[str, Collection], str], Paths] = _no_paths


OFFERS: tuple[Offer, ...] = (
    Offer(collection=schema_links, paths=schema_paths),
    Offer(paths=edit_paths),
    Offer(landing=styles_landing, collection=styles_of_collection, paths=style_paths),
    Offer(landing=records_landing, paths=record_paths),
    Offer(landing=tilesets_landing, collection=tilesets_of_collection, paths=tile_paths),
)
"""Every part beside landing page, collections and items."""
