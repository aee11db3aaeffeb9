"""Colours and opacities inside style values, changed without knowing the layer."""

from __future__ import annotations

import colorsys
import json
import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Any, Literal

type Theme = Literal["day", "night"]

_HEX = re.compile(r"#([0-9A-Fa-f]{6})([0-9A-Fa-f]{2})?")
_NIGHT_LEAST, _NIGHT_SPAN = 0.1, 0.82


@dataclass(frozen=True, slots=True)
class Tone:
    """How colours are shown: the `fixed` (lower case) mean something and are never changed."""

    theme: Theme = "day"
    saturation: float = 1.0
    fixed: Set[str] = frozenset()


def recolour(value: Any, tone: Tone) -> Any:
    """Return a style value with every colour in it in `tone`: quieter, and light for dark at night."""
    if isinstance(value, list):
        return [recolour(item, tone) for item in value]
    found = _HEX.fullmatch(value) if isinstance(value, str) else None
    if found is None or value.lower() in tone.fixed:
        return value
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in bytes.fromhex(found[1])))
    if tone.theme == "night":
        lightness = _NIGHT_LEAST + _NIGHT_SPAN * (1 - lightness)
    shown = colorsys.hls_to_rgb(hue, lightness, saturation * tone.saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in shown) + (found[2] or "")


def scale_opacity(opacity: Any, factor: float) -> Any:
    """Return an opacity times `factor`; an expression of the zoom stays on top, as MapLibre wants it."""
    if factor == 1 or opacity is None:
        return factor if opacity is None else opacity
    if isinstance(opacity, int | float):
        return opacity * factor
    if opacity[0] not in ("interpolate", "step") or '["zoom"]' not in json.dumps(opacity[1:3]):
        return ["*", factor, opacity]
    first = 4 if opacity[0] == "interpolate" else 2
    return [
        scale_opacity(item, factor) if at >= first and (at - first) % 2 == 0 else item
        for at, item in enumerate(opacity)
    ]


def ink_on(colour: str) -> str:
    """Return black or white, whichever reads better on `colour`.

    References
    ----------
    W3C, WCAG 2.1: relative luminance.
    """
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (part / 255 for part in bytes.fromhex(colour[1:7]))
    )
    return "#15202A" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.25 else "#FFFFFF"
