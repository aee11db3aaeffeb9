"""The rain to come at assets, by member and hour."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from data_catalog.site import Area, RasterInput, Site, SiteDeclaration
from minegis.declarations import BilingualText
from minegis.errors import InvalidInput
from minegis.levels import Origin
from pipelines.forecast import rain_forecast
from pipelines.sample.weather import RainField, write_rain

AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
NAME = BilingualText(zh="小", en="Small")
LON, LAT = np.array([103.05, 103.15]), np.array([31.05, 31.15])


def site_with(folder: Path, days_of_member: dict[str, list[float]], begin: datetime = AT) -> Site:
    inputs = []
    (folder / "sources").mkdir()
    for member, days in days_of_member.items():
        # west and east column, south and north row differ: the east one has twice the rain, the north thrice
        amount = np.array(days)[:, None, None] * np.array([[1.0, 2.0], [3.0, 6.0]])
        field = RainField(LON, LAT, amount, begin + timedelta(days=len(days)))
        path = folder / "sources" / f"{member}.nc"
        write_rain(field, path, "test")
        inputs.append(
            RasterInput(
                kind="rain_forecast",
                path=f"sources/{member}.nc",
                source="test",
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                crs="EPSG:4326",
                member=member,
            )
        )
    area = Area(id="small", title=NAME, bbox=(103.0, 31.0, 103.2, 31.2))
    declared = SiteDeclaration(title=NAME, origin=Origin.OPERATOR, areas=(area,), inputs=tuple(inputs))
    return Site.create(folder, declared)


def test_a_day_of_rain_falls_evenly_over_its_hours_at_each_place(tmp_path: Path) -> None:
    site = site_with(tmp_path, {"1": [24.0, 48.0], "2": [0.0, 12.0]})
    found = rain_forecast(site, np.array([103.16, 103.04]), np.array([31.06, 31.14]), AT)
    assert found is not None
    assert found.intensity.shape == (2, 48, 2)
    # member 1: 24 mm and 48 mm a day are 1 and 2 mm/h in the south-west; × 2 in the east, × 3 in the north
    assert found.intensity[0, 0].tolist() == pytest.approx([2.0, 3.0])
    assert found.intensity[0, 24].tolist() == pytest.approx([4.0, 6.0])
    assert found.intensity[1, 23].tolist() == [0.0, 0.0]
    assert found.intensity.sum(axis=1)[1].tolist() == pytest.approx([24.0, 36.0])


def test_hours_that_are_past_are_left_out_and_those_not_told_are_unknown(tmp_path: Path) -> None:
    site = site_with(tmp_path, {"1": [24.0, 48.0], "2": [24.0]})
    found = rain_forecast(site, LON[:1], LAT[:1], AT + timedelta(hours=20))
    assert found is not None
    assert found.intensity[0, :, 0].tolist() == pytest.approx([1.0] * 4 + [2.0] * 24)
    assert np.isnan(found.intensity[1, 4:]).all()
    assert rain_forecast(site, LON[:1], LAT[:1], AT + timedelta(days=2)) is None


def test_a_forecast_that_is_over_is_no_member(tmp_path: Path) -> None:
    site = site_with(tmp_path, {"1": [24.0, 48.0], "2": [24.0]})
    found = rain_forecast(site, LON[:1], LAT[:1], AT + timedelta(days=1))
    assert found is not None
    assert found.intensity[:, :, 0].tolist() == [pytest.approx([2.0] * 24)]
    assert "1.nc" in found.source
    assert "2.nc" not in found.source


def test_a_place_beyond_the_forecast_is_unknown(tmp_path: Path) -> None:
    site = site_with(tmp_path, {"1": [24.0]})
    found = rain_forecast(site, np.array([103.05, 104.0]), np.array([31.05, 31.05]), AT)
    assert found is not None
    assert np.isnan(found.intensity[0, 0]).tolist() == [False, True]


def test_a_forecast_that_states_no_periods_is_refused(tmp_path: Path) -> None:
    site = site_with(tmp_path, {"1": [24.0]})
    path = tmp_path / "sources" / "1.nc"
    path.write_bytes(path.read_bytes().replace(b"bounds", b"boundx"))
    with pytest.raises(InvalidInput):
        rain_forecast(site, LON, LAT, AT)
