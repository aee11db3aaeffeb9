from __future__ import annotations

import math

import pytest

from minegis.coordinate_text import spots

PLACE = (114.350833, 30.209583)  # 114°21′3″ E, 30°12′34.5″ N: 21/60 + 3/3600, 12/60 + 34.5/3600


@pytest.mark.parametrize(
    "text",
    [
        "东经114°21′3″ 北纬30°12′34.5″",
        "北纬30度12分34.5秒，东经114度21分3秒",
        "30°12'34.5\"N 114°21'3\"E",
        "30°12'34.5''N,114°21'3''E",
        "N30°12′34.5″E114°21′3″",
        "30:12:34.5,114:21:3",
        "30-12-34.5 114-21-3",
        "30 12 34.5 114 21 3",
        "３０°１２′３４．５″Ｎ，１１４°２１′３″Ｅ",
        "经度：114°21′3″；纬度：30°12′34.5″",
        "114.3508333333E, 30.2095833333N",
        "lat 30.2095833333 lon 114.3508333333",
        "(114.3508333333, 30.2095833333)",
        "30.2095833333/114.3508333333",
    ],
)
def test_every_spelling_of_a_place_means_that_place_alone(text: str) -> None:
    (spot,) = spots(text)
    assert (spot.lon, spot.lat) == pytest.approx(PLACE, abs=1e-6)


def test_south_and_west_are_negative_in_either_language() -> None:
    for text in ("33°30′S 70°45′W", "南纬33.5 西经70.75", "W70.75 S33.5"):
        (spot,) = spots(text)
        assert (spot.lon, spot.lat) == (-70.75, -33.5)


def test_two_bare_numbers_are_read_in_both_orders_where_both_are_on_earth() -> None:
    both = spots("31.2, 60.5")
    assert [(each.lon, each.lat) for each in both] == [(31.2, 60.5), (60.5, 31.2)]
    assert [each.how.zh for each in both] == ["十进制度，经度在前", "十进制度，纬度在前"]
    (only,) = spots("31.2, 103.5")  # no latitude of 103.5
    assert (only.lon, only.lat) == (103.5, 31.2)


def kruger(lon: float, lat: float, meridian: float) -> tuple[float, float]:
    """Northing and offset from the meridian, m: the series of Krüger (1912) in n, GRS80, scale 1."""
    flattening = 1 / 298.257222101
    n = flattening / (2 - flattening)
    radius = 6378137.0 / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    eccentricity = 2 * math.sqrt(n) / (1 + n)
    sine = math.sin(math.radians(lat))
    t = math.sinh(math.atanh(sine) - eccentricity * math.atanh(eccentricity * sine))
    away = math.radians(lon - meridian)
    xi, eta = math.atan2(t, math.cos(away)), math.atanh(math.sin(away) / math.hypot(1, t))
    alphas = (
        n / 2 - 2 * n**2 / 3 + 5 * n**3 / 16,
        13 * n**2 / 48 - 3 * n**3 / 5,
        61 * n**3 / 240,
    )
    north, east = xi, eta
    for j, alpha in enumerate(alphas, start=1):
        north += alpha * math.sin(2 * j * xi) * math.cosh(2 * j * eta)
        east += alpha * math.cos(2 * j * xi) * math.sinh(2 * j * eta)
    return radius * north, radius * east


@pytest.mark.parametrize(
    ("zone", "meridian", "epsg"),
    [(38, 114, 4526), (37, 111, 4525), (20, 117, 4498), (25, 75, 4513), (45, 135, 4533), (13, 75, 4491)],
)
def test_an_easting_with_its_zone_is_read_as_the_series_of_kruger_has_it(
    zone: int, meridian: int, epsg: int
) -> None:
    lon, lat = meridian + 0.8, 30.25
    northing, offset = kruger(lon, lat, meridian)
    easting = zone * 1_000_000 + 500_000 + offset
    for text in (f"X={northing:.4f} Y={easting:.4f}", f"{easting:.4f}, {northing:.4f}"):
        (spot,) = spots(text)
        assert (spot.lon, spot.lat) == pytest.approx((lon, lat), abs=1e-8)  # a millimetre
        assert spot.epsg == epsg
        assert f"第 {zone} 带" in spot.how.zh


def test_an_easting_without_a_zone_may_be_in_any_and_a_hint_leaves_one() -> None:
    northing, offset = kruger(103.5, 31.2, 105)
    bare = f"{northing:.3f} {500_000 + offset:.3f}"
    every = spots(bare)
    assert [each.epsg for each in every] == [*range(4534, 4555)]  # zones 25 to 45
    assert all(each.lat == pytest.approx(31.2, abs=1e-8) for each in every)
    for hint in ("EPSG:4544", "35带", "zone 35", "中央子午线105", "CM 105"):
        (spot,) = spots(f"{hint} {bare}")
        assert (spot.lon, spot.lat) == pytest.approx((103.5, 31.2), abs=1e-8), hint
        assert spot.epsg == 4544


def test_a_point_beyond_its_zone_says_so() -> None:
    northing, offset = kruger(107.0, 31.2, 105)  # two degrees off, of one and a half
    (spot,) = spots(f"{northing:.3f} {35_500_000 + offset:.3f}")
    assert spot.how.zh.endswith("在带外")


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "青石沟", "513221", "12345", "1 2 3 4 5 6 7", "30.2N 20.1N", "30.2 N", "91 181",
        "30 72 10 114 10 10", "N N", "° ′ ″", "30.2,,", "-", "EPSG:4526", "EPSG:9999 3345678 456789",
        "3345678 24500000",
        "3345678 38999999", "99999999 99999999", "1e9 1e9", "nan nan", "inf,inf", "٣٠.٢", "1" * 80, " " * 80,
        "1 " * 40, "°" * 80, "'" * 80, "N" * 80, "30.2, 114.3" * 60, "\x00", "𝟛𝟘,", "=1+1", "<b>1,2</b>",
    ],
)  # fmt: skip
def test_what_is_no_coordinate_means_no_place(text: str) -> None:
    assert spots(text) == []
