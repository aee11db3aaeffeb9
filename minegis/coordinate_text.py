"""Coordinates as people write them: degrees, minutes and seconds, Gauss-Krüger; each sense they may have.

Text is read in Chinese or English, full-width or not: ``东经114°21′3.5″ 北纬30°12′``, ``30.2N, 114.35E``,
``30 12 34 114 21 3``, ``X=3345678 Y=38456789``, ``EPSG:4547 3345678 456789``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from minegis.coordinates import CGCS2000, transformer
from minegis.levels import Label

LONGEST = 200

_WORDS = (
    (r"经度|LONGITUDE|LONG?|LNG|东经", " E "),
    (r"纬度|LATITUDE|LAT|北纬", " N "),
    (r"西经", " W "),
    (r"南纬", " S "),
    (r"中央子午线|中央经线|CM", " CM "),
    (r"[º˚度]", "°"),
    (r"''|[″”“秒]|′′", '"'),
    (r"[′’‘`´分]", "'"),
    (r"[、;，；]", ","),
)
_DEGREES = r"(?P<degrees>\d{1,3}(?:\.\d{1,12})?)"
_WHOLE = r"(?P<degrees>\d{1,3})"
_MINUTES = r"(?P<minutes>\d{1,2}(?:\.\d{1,10})?)"
_SECONDS = r"(?P<seconds>\d{1,2}(?:\.\d{1,10})?)"
_ANGLES = tuple(
    re.compile(rf"(?P<before>[NSEW]?)\s*[:=]?\s*(?P<sign>[+-]?)\s*{body}\s*(?P<after>[NSEW]?)")
    for body in (
        rf"{_DEGREES}\s*°?",
        rf"{_WHOLE}\s*°\s*{_MINUTES}\s*'(?:\s*{_SECONDS}\s*\"?)?",
        rf"{_WHOLE}[:-]{_MINUTES}(?:[:-]{_SECONDS})?",
        rf"{_WHOLE}\s+{_MINUTES}(?:\s+{_SECONDS})?",
    )
)
_GAP = re.compile(r"[\s,/]+")
_SIDE = re.compile(r"(?<=[NSEW°'\"])(?=[^\s,/])|(?<=[^\s,/])(?=[NSEW])")
_METRES = r"(?:[XY]\s*[=:]?\s*)?(\d{5,8}(?:\.\d{1,6})?)\s*(?:M|米)?"
_GRID = re.compile(rf"{_METRES}[\s,/]+{_METRES}")
_EPSG = re.compile(r"EPSG\s*:?\s*(\d{4})\b")
_ZONE = re.compile(r"(?:第\s*)?(\d{2})\s*(?:带|ZONE)|ZONE\s*(\d{2})\b")
_MERIDIAN = re.compile(r"CM\s*[=:]?\s*(\d{2,3})\s*°?\s*E?")

_ZONES = ((3, range(25, 46)), (6, range(13, 24)))
_WITH_ZONE = {3: 4513, 6: 4491}
_PLAIN = {3: 4534, 6: 4502}
_LON_FIRST = Label("经度在前", "longitude first")
_LAT_FIRST = Label("纬度在前", "latitude first")
_ZONE_SIZE = 1_000_000
_EASTINGS = (100_000.0, 900_000.0)
_NORTHINGS = (100_000.0, 6_700_000.0)  # as far as 60° N


@dataclass(frozen=True)
class Spot:
    """A place that a text may mean.

    Parameters
    ----------
    lon, lat : float, deg
    how : Label
        How the text was read.
    epsg : int, optional
        Of the Gauss-Krüger system it was read in.
    """

    lon: float
    lat: float
    kind: Literal["decimal", "dms", "grid"]
    how: Label
    epsg: int | None = None


def spots(text: str) -> list[Spot]:
    """Return every place that a text may mean, none where it is no coordinate."""
    if len(text) > LONGEST:
        return []
    plain = _plain(text)
    found = _degrees(plain) or [*_grid(plain)]
    return [*{(each.lon, each.lat): each for each in reversed(found)}.values()][::-1]


def _plain(text: str) -> str:
    """Return a text in the few signs that the rest of this module knows."""
    for pattern, sign in _WORDS:
        text = re.sub(pattern, sign, text, flags=re.IGNORECASE)
    folded = unicodedata.normalize("NFKC", text).upper().replace("−", "-")
    return " ".join(re.sub(r"[()\[\]]", " ", folded).split())


@dataclass(frozen=True)
class _Angle:
    degrees: float
    side: str
    form: tuple[int, int]  # which spelling, how many parts


def _degrees(text: str) -> list[Spot]:
    """Return what two angles mean, divided where both halves are angles, best of the same spelling."""
    divided = [(text[: gap.start()], text[gap.end() :], "," in gap.group()) for gap in _GAP.finditer(text)]
    divided += [(text[: at.start()], text[at.start() :], False) for at in _SIDE.finditer(text)]
    pairs = [
        (here.form != there.form, not comma, here, there)
        for first, second, comma in divided
        if (here := _angle(first.strip())) and (there := _angle(second.strip()))
    ]
    if not pairs:
        return []
    *_, here, there = min(pairs, key=lambda pair: pair[:2])
    return [*_ordered(here, there)]


def _angle(text: str) -> _Angle | None:
    for spelling, pattern in enumerate(_ANGLES):
        found = pattern.fullmatch(text)
        if found is None or (found["before"] and found["after"]):
            continue
        parts = [
            float(found[name])
            for name in ("degrees", "minutes", "seconds")
            if name in pattern.groupindex and found[name]
        ]
        if any(part >= 60 for part in parts[1:]):
            continue
        size = sum(part / 60**power for power, part in enumerate(parts))
        side = found["before"] or found["after"]
        if side in ("S", "W") and found["sign"]:
            continue
        negative = found["sign"] == "-" or side in ("S", "W")
        return _Angle(-size if negative else size, side, (spelling, len(parts)))
    return None


def _ordered(here: _Angle, there: _Angle) -> Iterator[Spot]:
    """Give the orders of longitude and latitude that the letters and the ranges leave."""
    kind: Literal["decimal", "dms"] = "decimal" if here.form[1] == there.form[1] == 1 else "dms"
    zh, en = {"decimal": ("十进制度", "Decimal degrees"), "dms": ("度分秒", "Degrees, minutes, seconds")}[
        kind
    ]
    lettered = bool(here.side or there.side)
    for lon, lat, order in ((here, there, _LON_FIRST), (there, here, _LAT_FIRST)):
        if lon.side in ("N", "S") or lat.side in ("E", "W"):
            continue
        if abs(lon.degrees) > 180 or abs(lat.degrees) > 90:
            continue
        how = Label(zh, en) if lettered else Label(f"{zh}，{order.zh}", f"{en}, {order.en}")
        yield Spot(lon.degrees, lat.degrees, kind, how)


def _grid(text: str) -> Iterator[Spot]:
    """Give what a northing and an easting mean in each Gauss-Krüger zone they may belong to."""
    rest, codes = _hinted(text)
    found = _GRID.fullmatch(rest)
    if found is None:
        return
    first, second = float(found[1]), float(found[2])
    for northing, easting in ((first, second), (second, first)):
        if not _NORTHINGS[0] <= northing <= _NORTHINGS[1]:
            continue
        zone, offset = divmod(easting, _ZONE_SIZE)
        if not _EASTINGS[0] <= offset <= _EASTINGS[1]:
            continue
        for epsg in _systems(int(zone), codes):
            yield _on_grid(northing, easting, epsg)


def _hinted(text: str) -> tuple[str, list[int] | None]:
    """Return the text without the system that it names, and the EPSG codes of that system, None for none."""
    found = _EPSG.search(text)
    if found:
        return _without(text, found), [int(found[1])]
    found = _MERIDIAN.search(text)
    if found:
        meridian = int(found[1])
        codes = [
            code
            for width, zones in _ZONES
            for zone in zones
            for code in _codes(width, zone)
            if _meridian(width, zone) == meridian
        ]
        return _without(text, found), codes
    found = _ZONE.search(text)
    if found:
        zone = int(found[1] or found[2])
        return _without(text, found), [
            code for width, zones in _ZONES if zone in zones for code in _codes(width, zone)
        ]
    return text, None


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :]}".strip(" ,/:")


def _codes(width: int, zone: int) -> tuple[int, int]:
    """Return the EPSG codes of a zone, with its number in eastings and without."""
    place = zone - dict(_ZONES)[width][0]
    return _WITH_ZONE[width] + place, _PLAIN[width] + place


def _systems(zone: int, named: list[int] | None) -> list[int]:
    """Return the systems of an easting with a zone number, or none: then every zone of three degrees."""
    if zone:
        own = [_codes(width, zone)[0] for width, zones in _ZONES if zone in zones]
        return [code for code in own if named is None or code in named]
    plain = [_codes(width, each)[1] for width, zones in _ZONES for each in zones if named or width == 3]
    return [code for code in plain if named is None or code in named]


def _on_grid(northing: float, easting: float, epsg: int) -> Spot:
    lon, lat = transformer(f"EPSG:{epsg}", CGCS2000).transform(easting, northing)
    width, zone = next(
        (width, zone) for width, zones in _ZONES for zone in zones if epsg in _codes(width, zone)
    )
    meridian = _meridian(width, zone)
    zh = f"CGCS2000 高斯-克吕格 {width}° 带第 {zone} 带，中央经线 {meridian}°，EPSG:{epsg}"
    en = f"CGCS2000 Gauss-Krüger, {width}° zone {zone}, central meridian {meridian}°, EPSG:{epsg}"
    if abs(lon - meridian) > width / 2:
        zh, en = f"{zh}，在带外", f"{en}, outside the zone"
    return Spot(lon, lat, "grid", Label(zh, en), epsg)


def _meridian(width: int, zone: int) -> int:
    return zone * 3 if width == 3 else zone * 6 - 3
