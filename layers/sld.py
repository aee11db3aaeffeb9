"""Styled Layer Descriptors: the style of a layer for QGIS and other desktop systems, in SLD 1.0 and 1.1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from layers.layer import Layer
from layers.rules import ALWAYS, GEOMETRY_TYPE, Absence, Both, Comparison, Condition, Either, Rule, rules

type Version = Literal["1.0", "1.1"]
type Language = Literal["zh", "en"]

_SLD, _SE, _OGC = "http://www.opengis.net/sld", "http://www.opengis.net/se", "http://www.opengis.net/ogc"
_SCALE_AT_ZOOM_0 = 559_082_264.0287178 / 2
"""Of WebMercatorQuad at the equator (OGC 17-083r4); MapLibre's tiles are 512 pixels wide."""
_FONT = "sans-serif"
_OPERATORS = {
    "==": "PropertyIsEqualTo",
    "!=": "PropertyIsNotEqualTo",
    "<": "PropertyIsLessThan",
    "<=": "PropertyIsLessThanOrEqualTo",
    ">": "PropertyIsGreaterThan",
    ">=": "PropertyIsGreaterThanOrEqualTo",
}
_ANCHORS = {
    "top": (0.5, 1.0),
    "bottom": (0.5, 0.0),
    "left": (0.0, 0.5),
    "right": (1.0, 0.5),
    "center": (0.5, 0.5),
}
_SAID = {
    "fill": {"fill-color", "fill-opacity"},
    "line": {"line-color", "line-width", "line-opacity", "line-dasharray"},
    "circle": {
        "circle-color", "circle-radius", "circle-opacity", "circle-stroke-color", "circle-stroke-width"
    },
    "symbol": {
        "text-field", "text-size", "text-offset", "text-anchor", "text-color", "text-halo-color",
        "text-halo-width",
    },
}  # fmt: skip
_DRAWN = {"fill": 0, "line": 1, "circle": 2, "symbol": 3}

ElementTree.register_namespace("sld", _SLD)
ElementTree.register_namespace("se", _SE)
ElementTree.register_namespace("ogc", _OGC)


@dataclass(frozen=True, slots=True)
class _Dialect:
    """What the two versions of the standard call differently."""

    version: Version
    symbology: str
    parameter: str

    def titled(self, parent: Element, title: str, description: str = "") -> None:
        """Add a title and, where there is one, a description."""
        if self.version == "1.1":
            parent = SubElement(parent, f"{{{_SE}}}Description")
        SubElement(parent, f"{{{self.symbology}}}Title").text = title
        if description:
            SubElement(parent, f"{{{self.symbology}}}Abstract").text = description

    def add(self, parent: Element, name: str, text: object = None) -> Element:
        """Add an element of the symbology."""
        added = SubElement(parent, f"{{{self.symbology}}}{name}")
        added.text = None if text is None else _text(text)
        return added

    def parameters(self, parent: Element, values: Mapping[str, object]) -> None:
        """Add the parameters that have a value."""
        for name, value in values.items():
            if value is not None:
                self.add(parent, self.parameter, value).set("name", name)


_DIALECTS: Mapping[Version, _Dialect] = {
    "1.0": _Dialect("1.0", _SLD, "CssParameter"),
    "1.1": _Dialect("1.1", _SE, "SvgParameter"),
}


def sld_document(layers: Iterable[Layer], name: str, version: Version, language: Language) -> bytes:
    """Return layers as a Styled Layer Descriptor, one named layer each.

    What the standard has no words for is left out, and a comment in the document says so.

    Parameters
    ----------
    layers : iterable of Layer
        From bottom to top.
    name : str
        The id of the style.

    References
    ----------
    OGC 02-070, Styled Layer Descriptor 1.0; OGC 05-078r4 and 05-077r4, SLD and Symbology Encoding 1.1.
    """
    dialect = _DIALECTS[version]
    root = Element(f"{{{_SLD}}}StyledLayerDescriptor", {"version": f"{version}.0"})
    for layer in layers:
        _named_layer(root, layer, name, dialect, language)
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _named_layer(root: Element, layer: Layer, name: str, dialect: _Dialect, language: Language) -> None:
    named = SubElement(root, f"{{{_SLD}}}NamedLayer")
    dialect.add(named, "Name", layer.dataset or layer.id)
    style = SubElement(named, f"{{{_SLD}}}UserStyle")
    dialect.add(style, "Name", name)
    dialect.titled(style, getattr(layer.title, language), getattr(layer.description, language))
    if layer.kind == "raster":
        coverage = dialect.add(style, "CoverageStyle" if dialect.version == "1.1" else "FeatureTypeStyle")
        _raster(dialect.add(coverage, "Rule"), layer, dialect, language)
        return
    features = dialect.add(style, "FeatureTypeStyle")
    for remark in _unsaid(layer):
        features.append(ElementTree.Comment(f" {remark} "))
    dialect.add(features, "FeatureTypeName", layer.dataset or layer.id)
    titles = {entry.colour.upper(): getattr(entry.label, language) for entry in layer.legend_entries()}
    for kind, fragment in sorted(layer.paint().items(), key=lambda pair: _DRAWN.get(pair[0], 9)):
        if kind in _SAID:
            given = {**fragment.get("layout", {}), **fragment.get("paint", {})}
            said = {key: value for key, value in given.items() if key in _SAID[kind]}
            for rule in rules(said, fragment.get("filter")):
                _rule(features, kind, rule, titles, dialect)


def _unsaid(layer: Layer) -> Iterator[str]:
    """Yield what a reader of the document must know that it cannot say."""
    for kind, fragment in layer.paint().items():
        given = {**fragment.get("layout", {}), **fragment.get("paint", {})}
        left_out = sorted(set(given) - _SAID.get(kind, set()))
        if left_out:
            yield f"not in SLD, left out: {kind} {', '.join(left_out)}"
        text = str(given)
        if "'interpolate'" in text:
            yield f"{kind}: what grows continuously is given in steps; scales are of Web Mercator"
        if "geometry-type" in str(fragment.get("filter", "")):
            yield f"{kind}: the type of a geometry is asked for by a function of QGIS"


def _rule(features: Element, kind: str, rule: Rule, titles: Mapping[str, str], dialect: _Dialect) -> None:
    element = dialect.add(features, "Rule")
    colour = str(rule.values.get(f"{kind}-color", "")).upper()
    if colour in titles:
        dialect.add(element, "Name", titles[colour])
        dialect.titled(element, titles[colour])
    if rule.condition != ALWAYS:
        _filter(SubElement(element, f"{{{_OGC}}}Filter"), rule.condition)
    if rule.maxzoom < 24:
        dialect.add(element, "MinScaleDenominator", _SCALE_AT_ZOOM_0 / 2**rule.maxzoom)
    if rule.minzoom > 0:
        dialect.add(element, "MaxScaleDenominator", _SCALE_AT_ZOOM_0 / 2**rule.minzoom)
    {"fill": _polygon, "line": _line, "circle": _point, "symbol": _label}[kind](element, rule.values, dialect)


def _filter(parent: Element, condition: Condition) -> None:
    match condition:
        case Comparison(op, name, value):
            compared = SubElement(parent, f"{{{_OGC}}}{_OPERATORS[op]}")
            if name == GEOMETRY_TYPE:
                function = SubElement(compared, f"{{{_OGC}}}Function", {"name": "geometry_type"})
                SubElement(function, f"{{{_OGC}}}Function", {"name": "$geometry"})
            else:
                SubElement(compared, f"{{{_OGC}}}PropertyName").text = name
            SubElement(compared, f"{{{_OGC}}}Literal").text = _text(value)
        case Absence(name, negated):
            around = SubElement(parent, f"{{{_OGC}}}Not") if negated else parent
            absent = SubElement(around, f"{{{_OGC}}}PropertyIsNull")
            SubElement(absent, f"{{{_OGC}}}PropertyName").text = name
        case Both(parts) | Either(parts):
            joined = SubElement(parent, f"{{{_OGC}}}{'And' if isinstance(condition, Both) else 'Or'}")
            for part in parts:
                _filter(joined, part)


def _polygon(rule: Element, values: Mapping[str, Any], dialect: _Dialect) -> None:
    symbolizer = dialect.add(rule, "PolygonSymbolizer")
    colour, opacity = _colour(values.get("fill-color", "#000000"), values.get("fill-opacity", 1))
    dialect.parameters(dialect.add(symbolizer, "Fill"), {"fill": colour, "fill-opacity": opacity})


def _line(rule: Element, values: Mapping[str, Any], dialect: _Dialect) -> None:
    width = values.get("line-width", 1)
    colour, opacity = _colour(values.get("line-color", "#000000"), values.get("line-opacity", 1))
    dashes = values.get("line-dasharray")
    stroke = {
        "stroke": colour,
        "stroke-width": width,
        "stroke-opacity": opacity,
        "stroke-dasharray": " ".join(_text(dash * width) for dash in dashes) if dashes else None,
    }
    dialect.parameters(dialect.add(dialect.add(rule, "LineSymbolizer"), "Stroke"), stroke)


def _point(rule: Element, values: Mapping[str, Any], dialect: _Dialect) -> None:
    graphic = dialect.add(dialect.add(rule, "PointSymbolizer"), "Graphic")
    mark = dialect.add(graphic, "Mark")
    dialect.add(mark, "WellKnownName", "circle")
    colour, opacity = _colour(values.get("circle-color", "#000000"), values.get("circle-opacity", 1))
    dialect.parameters(dialect.add(mark, "Fill"), {"fill": colour, "fill-opacity": opacity})
    width = values.get("circle-stroke-width", 0)
    if width:
        edge, edge_opacity = _colour(values.get("circle-stroke-color", "#000000"), 1)
        stroke = {"stroke": edge, "stroke-width": width, "stroke-opacity": edge_opacity}
        dialect.parameters(dialect.add(mark, "Stroke"), stroke)
    # MapLibre draws the stroke outside the radius, SLD on the edge.
    dialect.add(graphic, "Size", 2 * values.get("circle-radius", 5) + width)


def _label(rule: Element, values: Mapping[str, Any], dialect: _Dialect) -> None:
    symbolizer = dialect.add(rule, "TextSymbolizer")
    label = dialect.add(symbolizer, "Label")
    match values.get("text-field", ""):
        case ["get", str() as name]:
            SubElement(label, f"{{{_OGC}}}PropertyName").text = name
        case text:
            label.text = str(text)
    size = values.get("text-size", 16)
    dialect.parameters(dialect.add(symbolizer, "Font"), {"font-family": _FONT, "font-size": size})
    placement = dialect.add(dialect.add(symbolizer, "LabelPlacement"), "PointPlacement")
    if (
        "text-offset" in values
    ):  # alone: QGIS 3.22 takes an anchor for an offset, and the label covers its mark
        right, down = values["text-offset"]
        moved = dialect.add(placement, "Displacement")
        dialect.add(moved, "DisplacementX", right * size)
        dialect.add(moved, "DisplacementY", -down * size)
    else:
        across, up = _ANCHORS[values.get("text-anchor", "center")]
        anchor = dialect.add(placement, "AnchorPoint")
        dialect.add(anchor, "AnchorPointX", across)
        dialect.add(anchor, "AnchorPointY", up)
    if values.get("text-halo-width"):
        halo = dialect.add(symbolizer, "Halo")
        dialect.add(halo, "Radius", values["text-halo-width"])
        dialect.parameters(dialect.add(halo, "Fill"), {"fill": values.get("text-halo-color", "#FFFFFF")})
    dialect.parameters(dialect.add(symbolizer, "Fill"), {"fill": values.get("text-color", "#000000")})


def _raster(rule: Element, layer: Layer, dialect: _Dialect, language: Language) -> None:
    symbolizer = dialect.add(rule, "RasterSymbolizer")
    colours = dialect.add(symbolizer, "ColorMap")
    labels = [getattr(entry.label, language) for entry in layer.legend_entries()]
    if dialect.version == "1.1":
        colours.append(ElementTree.Comment(" not in SLD 1.1, left out: the opacity of each colour "))
        curve = dialect.add(colours, "Interpolate")
        curve.set("fallbackValue", "#FFFFFF")
        dialect.add(curve, "LookupValue", "Rasterdata")
        for stop in layer.ramp:
            point = dialect.add(curve, "InterpolationPoint")
            dialect.add(point, "Data", stop.value)
            dialect.add(point, "Value", _colour(stop.colour, 1)[0])
        return
    for at, stop in enumerate(layer.ramp):
        colour, opacity = _colour(stop.colour, 1)
        said = {"color": colour, "quantity": _text(stop.value)}
        if len(labels) == len(layer.ramp):
            said["label"] = labels[at]
        if opacity is not None:
            said["opacity"] = _text(opacity)
        dialect.add(colours, "ColorMapEntry").attrib.update(said)


def _colour(colour: str, opacity: float) -> tuple[str, float | None]:
    """Return ``#RRGGBB`` and the opacity, None when it is whole."""
    alpha = int(colour[7:9], 16) / 255 if re.fullmatch(r"#[0-9A-Fa-f]{8}", colour) else 1.0
    whole = round(alpha * opacity, 4)
    return colour[:7].upper(), None if whole == 1 else whole


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)
