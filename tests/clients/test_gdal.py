from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas
import pyogrio
import pytest
import shapely
from numpy.testing import assert_array_equal

from data_catalog.dataset import dataset
from data_catalog.store import Feature, Store

KINDS = ("tsf", "fault", "region", "earthquake")  # points, lines, polygons, numbers, texts and partial times


@pytest.mark.parametrize("name", KINDS)
def test_ogr2ogr_carries_a_collection_away_equal_to_the_store(
    name: str, served_site: str, published_site: Path, tmp_path: Path
) -> None:
    if shutil.which("ogr2ogr") is None:
        pytest.skip("needs GDAL (Debian: gdal-bin)")
    target = tmp_path / "carried.gpkg"
    command = ["ogr2ogr", "-f", "GPKG", str(target), f"OAPIF:{served_site}/ogc", name]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    carried = pyogrio.read_dataframe(target).set_index("id").sort_index()
    with Store.open(published_site) as store:
        stored = {each.id: each for each in store.features(name)}
    assert set(carried.index) == set(stored)
    for feature_id, row in carried.iterrows():
        _assert_equal(name, row, stored[str(feature_id)])


def _assert_equal(name: str, row: object, feature: Feature) -> None:
    assert shapely.equals_exact(row.geometry, feature.geometry, 1e-9), feature.id  # type: ignore[attr-defined]
    for field in dataset(name).fields:
        value, expected = row.get(field.name), feature.properties.get(field.name)  # type: ignore[attr-defined]
        if expected is None:
            assert pandas.isna(value), (feature.id, field.name)
        elif field.type in ("number", "integer"):
            assert float(value) == float(expected), (feature.id, field.name)
        elif field.type in ("string", "boolean"):
            assert value == expected, (feature.id, field.name)


def test_gdal_reads_cgcs2000_with_latitude_first_as_the_authority_says(served_site: str) -> None:
    address = f"OAPIF:{served_site}/ogc"
    plain = pyogrio.read_dataframe(address, layer="tsf").set_index("id").sort_index()
    # GDAL swaps what the service sends into lon/lat: equal coordinates prove that the order is as declared.
    cgcs = pyogrio.read_dataframe(address, layer="tsf", CRS="EPSG:4490").set_index("id").sort_index()
    assert cgcs.crs.to_epsg() == 4490
    assert_array_equal(cgcs.index, plain.index)
    apart = shapely.hausdorff_distance(np.array(plain.geometry), np.array(cgcs.geometry))
    assert apart.max() < 1e-9


def test_gdal_reads_a_gauss_kruger_zone_in_metres(served_site: str) -> None:
    address = f"OAPIF:{served_site}/ogc"
    plain = pyogrio.read_dataframe(address, layer="tsf").set_index("id").sort_index()
    zone = pyogrio.read_dataframe(address, layer="tsf", CRS="EPSG:4543").set_index("id").sort_index()
    expected = plain.set_crs("EPSG:4490", allow_override=True).to_crs("EPSG:4543")
    apart = shapely.hausdorff_distance(np.array(expected.geometry), np.array(zone.geometry))
    assert apart.max() < 1e-3
