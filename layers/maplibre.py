"""MapLibre styles of layers and of the whole map: the picture of the page, for any other client."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from layers.colour import Theme, Tone, recolour, scale_opacity
from layers.layer import Layer
from layers.sprites import hatch_name, hatch_names, marker_name, marker_names
from layers.style import tier_legend
from minegis.levels import EvidenceState

type Drawing = dict[str, Any]
type Language = Literal["zh", "en"]

FONT = "sans-serif"
"""The font stack that every label names; the server has one font."""

_GROUND: dict[Theme, str] = {"day": "#ECEEEC", "night": "#10171D"}
_TEXT: dict[Theme, tuple[str, str]] = {"day": ("#3B4854", "#F4F5F4"), "night": ("#DFE6EC", "#10171D")}
_TILE_SIZE = 256
_QUIET_GROUP, _QUIET_SATURATION = "base", 0.55
_REGION, _NATION = "region", "100000"
_REGION_NAMES = "region-names"
_WORDS_FROM_ZOOM = 9
_ASSET_NAMES_FROM_ZOOM = 8
_ALL_LINES_FROM_ZOOM = 8
_CALM_CELL = 0.4
_REGION_HATCH, _REGION_WITHOUT_SCORE, _REGION_NEAR = 0.35, 0.25, 0.3
_UNKNOWN = ["!=", ["coalesce", ["get", "state"], "sufficient"], "sufficient"]
_NIGHT_RASTER = {"raster-brightness-max": 0.62, "raster-saturation": -0.25, "raster-opacity": 0.7}


@dataclass(frozen=True, slots=True)
class ServedLayer:
    """A layer with the address of its tiles, absolute; `bounds` are west, south, east, north, deg."""

    layer: Layer
    tiles: str
    source_layer: str = ""
    bounds: Sequence[float] | None = None
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """How a style is drawn: `kinds` says which marker each asset layer has."""

    theme: Theme
    language: Language
    kinds: Mapping[str, int]


def kinds_of(layers: Sequence[Layer]) -> dict[str, int]:
    """Return the place of each asset layer among the asset layers: the shape of its markers."""
    return {layer.id: place for place, layer in enumerate(each for each in layers if is_asset(each))}


def is_tiered(layer: Layer) -> bool:
    """Say whether a layer is coloured by warning tier."""
    return layer.kind == "cells" or '["get", "tier"]' in json.dumps(layer.paint())


def is_asset(layer: Layer) -> bool:
    """Say whether a layer shows supervised assets: polygons with a tier that are points from afar."""
    return layer.geometry == "polygon" and "circle" in layer.style and is_tiered(layer)


def pictures_of(layers: Sequence[Layer], kinds: Mapping[str, int]) -> list[str]:
    """Return the names of all pictures that these layers draw with."""
    hatched = hatch_names() if any(is_tiered(each) for each in layers) else []
    return hatched + [name for each in layers if each.id in kinds for name in marker_names(kinds[each.id])]


def style_document(
    served: Sequence[ServedLayer],
    look: Look,
    *,
    name: str,
    sprite: str,
    glyphs: str,
    region_names: Mapping[str, Any] | None = None,
    bounds: Sequence[float] | None = None,
) -> dict[str, Any]:
    """Return a MapLibre style.

    Parameters
    ----------
    served : sequence of ServedLayer
        From bottom to top.
    sprite, glyphs : str
        Absolute addresses, as the style specification has them.
    region_names : mapping, optional
        GeoJSON points at which regions are named; without it they are named in each tile.
    bounds : sequence of float, optional
        What the map shows first: west, south, east, north, deg.

    References
    ----------
    MapLibre Style Specification, version 8.
    """
    drawings: list[Drawing] = []
    above: list[Drawing] = []
    for each in served:
        for drawing in drawings_of(each, look):
            shown = (
                _as_region(drawing, named_apart=region_names is not None)
                if each.layer.id == _REGION
                else drawing
            )
            named = shown.get("source") == _REGION_NAMES
            (above if named or drawing["id"].endswith(":marker") else drawings).append(shown)
    sources = {each.layer.id: _source(each) for each in served}
    if region_names is not None:
        sources[_REGION_NAMES] = {"type": "geojson", "data": region_names}
    ground = {"id": "ground", "type": "background", "paint": {"background-color": _GROUND[look.theme]}}
    return {
        "version": 8,
        "name": name,
        **_view(bounds),
        "sprite": sprite,
        "glyphs": glyphs,
        "sources": sources,
        "layers": [ground, *drawings, *sorted(above, key=lambda each: each["source"] == _REGION_NAMES)],
    }


def drawings_of(served: ServedLayer, look: Look) -> list[Drawing]:
    """Return the MapLibre layers of one layer, bottom first; every id starts with ``<layer id>:``."""
    layer = served.layer
    made = [_raster(layer, look)] if layer.kind == "raster" else _vectors(served, look)
    shown = "visible" if layer.visible else "none"
    return [{**each, "layout": {**each.get("layout", {}), "visibility": shown}} for each in made]


def _source(served: ServedLayer) -> dict[str, Any]:
    layer = served.layer
    extent: dict[str, Any] = {"tiles": [served.tiles], "minzoom": layer.minzoom, "maxzoom": layer.maxzoom}
    if served.bounds:
        extent["bounds"] = list(served.bounds)
    if served.attribution:
        extent["attribution"] = served.attribution
    if layer.kind == "raster":
        return {"type": "raster", "tileSize": _TILE_SIZE, **extent}
    return {"type": "vector", **extent}


def _view(bounds: Sequence[float] | None) -> dict[str, Any]:
    if not bounds:
        return {}
    west, south, east, north = bounds
    span = max(east - west, 2 * (north - south), 1e-3)
    zoom = next(zoom for zoom in range(14, -1, -1) if span <= 720 / 2**zoom or zoom == 0)
    return {"center": [round((west + east) / 2, 4), round((south + north) / 2, 4)], "zoom": zoom}


def _raster(layer: Layer, look: Look) -> Drawing:
    own = layer.style.get("raster", {}).get("paint", {})
    night = _NIGHT_RASTER if look.theme == "night" else {}
    paint = {"raster-fade-duration": 0, **night, **own}
    return {"id": f"{layer.id}:raster", "type": "raster", "source": layer.id, "paint": paint}


def _vectors(served: ServedLayer, look: Look) -> list[Drawing]:
    layer = served.layer
    fixed = {colour.lower() for colour, _ in tier_legend()}
    if is_tiered(layer):
        fixed |= {entry.colour.lower() for entry in layer.legend_entries()}
    saturation = _QUIET_SATURATION if layer.group == _QUIET_GROUP else 1.0
    tone = Tone(look.theme, saturation, fixed)
    common = {"source": layer.id, "source-layer": served.source_layer}
    drawings: list[Drawing] = []
    for kind, fragment in layer.paint().items():
        if is_asset(layer) and kind == "circle":
            continue
        drawn = {**_vector(layer, kind, fragment, tone), **common}
        drawings.append(_calm(drawn) if layer.kind == "cells" and kind == "fill" else drawn)
        if kind == "fill" and is_tiered(layer):
            drawings.append({**_hatched(layer, fragment, look), **common})
    if layer.kind == "cells":
        drawings.append({**_words(layer, look), **common})
    if is_asset(layer):
        drawings.append({**_marker(layer, look), **common})
    return drawings


def _vector(layer: Layer, kind: str, fragment: Mapping[str, Any], tone: Tone) -> Drawing:
    drawing: Drawing = {"id": f"{layer.id}:{kind}", "type": kind}
    for name in ("filter", "minzoom", "maxzoom"):
        if name in fragment:
            drawing[name] = fragment[name]
    layout = dict(fragment.get("layout", {}))
    if kind == "symbol":
        spacious = ["interpolate", ["linear"], ["zoom"], 4, 34, 8, 14, 10, 4]
        padding = spacious if layer.group == _QUIET_GROUP else 4
        layout = {"text-font": [FONT], "text-padding": padding, "text-max-width": 9, **layout}
        if is_asset(layer):
            layout["text-offset"] = [0, 1.25]
            drawing.setdefault("minzoom", _ASSET_NAMES_FROM_ZOOM)
    paint = {name: recolour(value, tone) for name, value in fragment.get("paint", {}).items()}
    return {**drawing, "layout": layout, "paint": paint}


def _warned(calm: float, warned: float) -> list[Any]:
    return ["case", [">", ["coalesce", ["get", "tier"], 0], 0], warned, calm]


def _calm(drawing: Drawing) -> Drawing:
    """Draw a normal cell paler than a warned one: it says little."""
    opacity = drawing["paint"].get("fill-opacity", 1)
    shown = ["case", ["==", _warned(0, 1), 1], opacity, scale_opacity(opacity, _CALM_CELL)]
    return {**drawing, "paint": {**drawing["paint"], "fill-opacity": shown}}


def _hatched(layer: Layer, fragment: Mapping[str, Any], look: Look) -> Drawing:
    """Hatch what is not sufficiently known, whatever its colour."""
    pattern: list[Any] = ["match", ["get", "state"]]
    for state in (EvidenceState.STALE, EvidenceState.INSUFFICIENT):
        pattern += [str(state), hatch_name(state, look.theme)]
    pattern.append(hatch_name(EvidenceState.MISSING, look.theme))
    own = fragment.get("filter")
    shown = ["all", own, _UNKNOWN] if own else _UNKNOWN
    return {"id": f"{layer.id}:hatch", "type": "fill", "filter": shown, "paint": {"fill-pattern": pattern}}


def _words(layer: Layer, look: Look) -> Drawing:
    text: list[Any] = ["match", ["get", "state"]]
    for state in EvidenceState:
        if state != EvidenceState.SUFFICIENT:
            text += [str(state), getattr(state.label, look.language)]
    colour, halo = _TEXT[look.theme]
    return {
        "id": f"{layer.id}:words",
        "type": "symbol",
        "minzoom": _WORDS_FROM_ZOOM,
        "filter": _UNKNOWN,
        "layout": {"text-field": [*text, ""], "text-font": [FONT], "text-size": 11, "text-padding": 18},
        "paint": {"text-color": colour, "text-halo-color": halo, "text-halo-width": 1.4},
    }


def _marker(layer: Layer, look: Look) -> Drawing:
    """Mark an asset; a calm one is small until it is near, so that warnings stand out of hundreds."""
    size = [
        "interpolate",
        ["linear"],
        ["zoom"],
        4,
        _warned(0.22, 0.5),
        8,
        _warned(0.5, 0.85),
        11,
        _warned(0.9, 1),
    ]
    layout = {
        "icon-image": marker_name(look.kinds[layer.id]),
        "icon-allow-overlap": True,
        "icon-ignore-placement": True,
        "icon-size": size,
        "symbol-sort-key": ["coalesce", ["get", "tier"], 0],
    }
    return {"id": f"{layer.id}:marker", "type": "symbol", "layout": layout}


def _as_region(drawing: Drawing, *, named_apart: bool) -> Drawing:
    """Show the provinces of the nation: regions of several levels lie over each other in the tiles."""
    parts = ["all", ["==", ["get", "parent"], _NATION], ["!=", ["get", "code"], _NATION]]
    if drawing["type"] == "symbol":
        spaced = {**drawing["layout"], "text-letter-spacing": 0.12}
        if not named_apart:
            return {**drawing, "filter": parts, "layout": spaced}
        kept = {key: value for key, value in drawing.items() if key not in ("source-layer", "filter")}
        return {**kept, "source": _REGION_NAMES, "layout": spaced}
    if drawing["type"] == "line":
        return {**drawing, "filter": ["any", parts, [">=", ["zoom"], _ALL_LINES_FROM_ZOOM]]}
    strength = _REGION_HATCH if drawing["id"].endswith(":hatch") else 1
    own = drawing.get("filter")
    given = scale_opacity(drawing["paint"].get("fill-opacity"), strength)
    far = ["case", ["has", "score"], given, scale_opacity(given, _REGION_WITHOUT_SCORE)]
    faded = ["interpolate", ["linear"], ["zoom"], 7, far, 9.5, scale_opacity(far, _REGION_NEAR)]
    paint = {**drawing["paint"], "fill-opacity": faded}
    return {**drawing, "filter": ["all", own, parts] if own else parts, "paint": paint}
