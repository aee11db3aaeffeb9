"""Sprites: the pictures a style names, drawn from a declaration and laid out on one sheet."""

from __future__ import annotations

import io
import math
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Self

from PIL import Image, ImageDraw, ImageFont
from pydantic import model_validator

from layers.colour import Theme, ink_on
from minegis.declarations import Declaration, read
from minegis.errors import NotFound
from minegis.levels import EvidenceState, Tier

FILE = Path(__file__).with_name("symbols.yaml")
THEMES: tuple[Theme, ...] = ("day", "night")

_BOX = 24
_FINER = 4
_COLUMNS = 16

type Point = tuple[float, float]


class Shape(Declaration):
    """A shape in a box of 24 and where its numeral stands: x, y, height."""

    corners: tuple[Point, ...] = ()
    radius: float = 0
    text: tuple[float, float, float]

    @model_validator(mode="after")
    def _is_polygon_or_disc(self) -> Self:
        if bool(self.corners) == bool(self.radius):
            raise ValueError("a shape has either corners or a radius")
        return self

    def ring(self) -> list[Point]:
        """Return its outline as a closed ring."""
        if self.corners:
            return [*self.corners, self.corners[0]]
        turns = (2 * math.pi * step / 64 for step in range(65))
        return [(12 + self.radius * math.cos(turn), 12 + self.radius * math.sin(turn)) for turn in turns]


class Stroke(Declaration):
    """A line; `dash` is drawn and left out by turns where there is doubt."""

    colour: str
    width: float
    dash: tuple[float, float] = (0, 0)


class Marker(Declaration):
    """How assets are marked."""

    size: int
    halo: Stroke
    outline: Stroke
    unknown: str
    shapes: tuple[Shape, ...]


class Pattern(Declaration):
    """What fills a tile of hatching."""

    dots: tuple[tuple[float, float, float], ...] = ()
    lines: tuple[Literal["rising", "falling"], ...] = ()


class Hatch(Declaration):
    """How areas are hatched that are not sufficiently known."""

    size: int
    width: float
    colours: dict[str, str]
    patterns: dict[EvidenceState, Pattern]


class Symbols(Declaration):
    """The content of ``symbols.yaml``."""

    marker: Marker
    hatch: Hatch


@cache
def symbols() -> Symbols:
    """Return the declaration of every picture."""
    return read(FILE, Symbols)


def hatch_name(state: EvidenceState, theme: Theme) -> str:
    """Return the name of the hatching of a state."""
    return f"hatch/{state}/{theme}"


def marker_name(kind: int) -> list[Any]:
    """Return the MapLibre expression from `tier` and `state` to the marker of the `kind`-th asset layer."""
    tier = ["to-string", ["coalesce", ["get", "tier"], 0]]
    return ["concat", f"marker/{kind}/", tier, "/", ["coalesce", ["get", "state"], "missing"]]


def hatch_names() -> list[str]:
    """Return the name of every hatching."""
    return [hatch_name(state, theme) for state in symbols().hatch.patterns for theme in THEMES]


def marker_names(kind: int) -> list[str]:
    """Return the name of every marker of the `kind`-th asset layer."""
    return [f"marker/{kind}/{int(tier)}/{state}" for tier in Tier for state in EvidenceState]


def draw(name: str, ratio: int = 1) -> Image.Image:
    """Return the picture of this name, transparent around, with `ratio` pixels to a unit.

    Raises
    ------
    NotFound
        If no picture has this name.
    """
    try:
        family, *words = name.split("/")
        if family == "hatch":
            state, theme = words
            return _hatch(
                symbols().hatch.patterns[EvidenceState(state)], symbols().hatch.colours[theme], ratio
            )
        if family == "marker":
            kind, tier, state = words
            return _marker(int(kind), Tier(int(tier)), EvidenceState(state), ratio)
    except (ValueError, KeyError):
        pass
    raise NotFound(
        "no such picture", where=name, expected="hatch/{state}/{theme}, marker/{kind}/{tier}/{state}"
    )


def sheet(names: Sequence[str], ratio: int = 1) -> tuple[dict[str, dict[str, int]], bytes]:
    """Return the index of a sprite and its PNG.

    References
    ----------
    MapLibre Style Specification: Sprite.
    """
    pictures = [(name, draw(name, ratio)) for name in names]
    cell = max((picture.width for _, picture in pictures), default=1)
    columns = min(_COLUMNS, max(len(pictures), 1))
    rows = max(1, math.ceil(len(pictures) / columns))
    image = Image.new("RGBA", (columns * cell, rows * cell))
    index = {}
    for number, (name, picture) in enumerate(pictures):
        x, y = (number % columns) * cell, (number // columns) * cell
        image.paste(picture, (x, y))
        index[name] = {"x": x, "y": y, "width": picture.width, "height": picture.height, "pixelRatio": ratio}
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return index, written.getvalue()


class _Canvas:
    """Draws at four times the size, for smooth edges."""

    def __init__(self, size: int, ratio: int) -> None:
        self._scale = ratio * _FINER
        self._size = size * ratio
        self._image = Image.new("RGBA", (size * self._scale, size * self._scale))

    def fill(self, ring: Iterable[Point], colour: str) -> None:
        self._over(lambda pen: pen.polygon(self._placed(ring), fill=colour))

    def stroke(self, line: Iterable[Point], colour: str, width: float) -> None:
        def drawn(pen: ImageDraw.ImageDraw) -> None:
            points = self._placed(line)
            pen.line(points, fill=colour, width=round(width * self._scale), joint="curve")
            for x, y in points:  # round ends, so that corners close
                reach = width * self._scale / 2
                pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=colour)

        self._over(drawn)

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        edges = [(centre + side * radius) * self._scale for side in (-1, 1) for centre in (x, y)]
        self._over(lambda pen: pen.ellipse(edges, fill=colour))

    def text(self, x: float, y: float, height: float, words: str, colour: str) -> None:
        font = ImageFont.load_default(height * self._scale)
        place = (x * self._scale, y * self._scale)
        self._over(
            lambda pen: pen.text(
                place,
                words,
                font=font,
                fill=colour,
                anchor="mm",
                stroke_width=self._scale // 4,
                stroke_fill=colour,
            )
        )

    def picture(self) -> Image.Image:
        """Return what was drawn, in its own size."""
        return self._image.resize((self._size, self._size), Image.Resampling.BOX)

    def _placed(self, points: Iterable[Point]) -> list[Point]:
        return [(x * self._scale, y * self._scale) for x, y in points]

    def _over(self, draw_on: Any) -> None:
        above = Image.new("RGBA", self._image.size)
        draw_on(ImageDraw.Draw(above))
        self._image.alpha_composite(above)


def _hatch(pattern: Pattern, colour: str, ratio: int) -> Image.Image:
    hatch = symbols().hatch
    canvas = _Canvas(hatch.size, ratio)
    for x, y, radius in pattern.dots:
        canvas.disc(x, y, radius, colour)
    for way in pattern.lines:
        for shift in (-hatch.size, 0, hatch.size):
            low, high = (hatch.size + 1, -1) if way == "rising" else (-1, hatch.size + 1)
            canvas.stroke([(shift - 1, low), (shift + hatch.size + 1, high)], colour, hatch.width)
    return canvas.picture()


def _marker(kind: int, tier: Tier, state: EvidenceState, ratio: int) -> Image.Image:
    marker = symbols().marker
    shape = marker.shapes[kind % len(marker.shapes)]
    middle = (marker.size - _BOX) / 2
    ring = [(x + middle, y + middle) for x, y in shape.ring()]
    known = state == EvidenceState.SUFFICIENT
    silent = not known and tier == Tier.NONE
    colour = marker.unknown if silent else tier.colour
    canvas = _Canvas(marker.size, ratio)
    canvas.stroke(ring, marker.halo.colour, marker.halo.width)
    canvas.fill(ring, colour)
    for line in [ring] if known else _dashes(ring, *marker.outline.dash):
        canvas.stroke(line, marker.outline.colour, marker.outline.width)
    x, y, height = shape.text
    words = "?" if silent else unicodedata.normalize("NFKC", tier.numeral)
    canvas.text(x + middle, y + middle, height, words, ink_on(colour))
    return canvas.picture()


def _dashes(ring: Sequence[Point], drawn: float, left_out: float) -> Iterable[list[Point]]:
    """Cut a ring into straight dashes."""
    period = drawn + left_out
    begun = 0.0
    for (x0, y0), (x1, y1) in pairwise(ring):
        length = math.hypot(x1 - x0, y1 - y0)
        at = -(begun % period)
        while at < length:
            ends = [min(max(end, 0.0), length) / length for end in (at, at + drawn)]
            if ends[1] > ends[0]:
                yield [(x0 + end * (x1 - x0), y0 + end * (y1 - y0)) for end in ends]
            at += period
        begun += length
