from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from data_catalog.dataset import datasets
from data_catalog.store import Store

type Qgis = Callable[..., Any]
type Serve = Callable[..., str]

BOX = (103.4, 31.2, 103.7, 31.4)


def test_every_collection_loads_whole_in_4326_and_in_4490(
    qgis: Qgis, served_site: str, published_site: Path
) -> None:
    with Store.open(published_site) as store:
        stored = {name: store.features(name) for name in datasets()}
        warnings = [each for each in store.warnings() if each.cancelled_at is None]
    loaded = qgis("load", f"{served_site}/ogc", *stored, "warning")
    assert loaded.pop("warning")["count"] == len(warnings)
    for name, features in stored.items():
        found = loaded[name]
        assert found["valid"], name
        assert found["count"] == len(features), name
        if features:  # QGIS takes the system from the features
            assert found["crs"] == "EPSG:4326"
            extent = shapely.total_bounds(np.array([each.geometry for each in features], dtype=object))
            assert found["extent"] == pytest.approx(extent.tolist(), abs=1e-9), name
            assert found["extent_4490"] == pytest.approx(extent.tolist(), abs=1e-9), name


def test_the_risk_cells_of_a_window_load_as_they_are_counted(qgis: Qgis, served_site: str) -> None:
    found = qgis("window", f"{served_site}/ogc", "risk_cell", ",".join(map(str, BOX)))
    asked = urllib.parse.urlencode({"bbox": ",".join(map(str, BOX)), "resulttype": "hits"})
    with urllib.request.urlopen(f"{served_site}/ogc/collections/risk_cell/items?{asked}") as answer:
        counted = json.load(answer)["numberMatched"]
    # H3 resolution 8: 0.737 km² a cell; the window is 0.3° × 0.2° at 31.3° N, about 28.5 km × 22.2 km.
    assert counted == pytest.approx(28.5 * 22.2 / 0.737, rel=0.15)
    assert found["count"] == counted


def test_an_edit_of_an_attribute_and_a_geometry_comes_back(qgis: Qgis, own_site: Path, serve: Serve) -> None:
    base = serve(own_site)
    with Store.open(own_site) as store:
        before = store.feature("tsf", "sample-tsf-0003")
    said = qgis("edit", f"{base}/ogc", "tsf", "sample-tsf-0003", "dam_height", "61.5", "0.001")
    assert (said["committed"], said["status"]) == (True, 204), said
    with Store.open(own_site) as store:
        after = store.feature("tsf", "sample-tsf-0003")
        history = store.feature("tsf", "sample-tsf-0003", as_of=before.known_from)
    east = shapely.transform(before.geometry, lambda points: np.add(points, (0.001, 0.0)))
    assert shapely.hausdorff_distance(after.geometry, east) < 1e-9
    assert after.properties == {**before.properties, "dam_height": 61.5}
    assert history.properties == before.properties


def test_vector_tiles_draw(qgis: Qgis, served_site: str, tmp_path: Path) -> None:
    tiles = f"{served_site}/tiles/vector/tsf/{{z}}/{{x}}/{{y}}.mvt"
    drawn = qgis("draw", tiles, "102.4,30.4,106,33", str(tmp_path / "tsf.png"))
    assert drawn["valid"]
    assert not drawn["errors"]
    assert 1_000 < drawn["painted"] < 512 * 512 / 2  # dots on white, not a blank and not one colour
    assert (tmp_path / "tsf.png").stat().st_size > 1_000
