"""ShakeMap grids: fields by index, units, completeness, hostile XML."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from minegis.errors import InvalidInput
from pipelines.connectors.shakemap import read_shakemap

SMALL = """<?xml version="1.0" encoding="UTF-8"?>{doctype}
<shakemap_grid xmlns="http://earthquake.usgs.gov/eqcenter/shakemap" event_id="t1" shakemap_version="3"
 process_timestamp="2020-01-01T01:00:00Z" map_status="RELEASED" shakemap_event_type="SCENARIO">
<event magnitude="6.0" depth="10" lat="31" lon="103" event_timestamp="2020-01-01T00:00:00UTC"
 event_description="{text}"/>
<grid_specification lon_min="103" lat_min="31" lon_max="103.2" lat_max="31.1" nlon="3" nlat="2"/>
<grid_field index="4" name="LON" units="dd"/><grid_field index="5" name="LAT" units="dd"/>
<grid_field index="2" name="PGA" units="{pga}"/><grid_field index="1" name="PGV" units="cms"/>
<grid_field index="3" name="MMI" units="intensity"/>
<grid_data>{rows}</grid_data></shakemap_grid>"""
# PGV, PGA, MMI, LON, LAT; south row first
ROWS = [f"{10 * n} {n} 5 {103 + 0.1 * (n % 3):.1f} {31 + 0.1 * (n // 3):.1f}" for n in range(6)]


@pytest.fixture
def write(tmp_path):
    def small(rows=ROWS, pga="pctg", doctype="", text="made"):
        path = tmp_path / "grid.xml"
        path.write_text(SMALL.format(rows="\n".join(rows), pga=pga, doctype=doctype, text=text))
        return path

    return small


def test_fields_are_found_by_index_and_rows_by_their_coordinates(write):
    shakemap = read_shakemap(write())
    # n counts from the south-west, so the north row is 3, 4, 5; PGA n %g, PGV 10 n cm/s
    np.testing.assert_allclose(shakemap.rasters["pga"].values, np.array([[3, 4, 5], [0, 1, 2]]) / 100)
    np.testing.assert_allclose(shakemap.rasters["pgv"].values, [[30, 40, 50], [0, 10, 20]])
    assert shakemap.rasters["pga"].grid.bounds == pytest.approx((102.95, 30.95, 103.25, 31.15))


@pytest.mark.parametrize(
    ("unit", "factor"), [("", 0.01), ("pctg", 0.01), ("%g", 0.01), ("g", 1.0), ("gal", 1 / 980.665)]
)
def test_pga_is_per_cent_of_g_unless_the_file_says_otherwise(write, unit, factor):
    assert read_shakemap(write(pga=unit)).rasters["pga"].values.max() == pytest.approx(5 * factor)


def test_an_unknown_unit_is_refused(write):
    with pytest.raises(InvalidInput, match="unknown unit"):
        read_shakemap(write(pga="furlongs"))


def test_times_without_offset_are_utc_and_the_event_is_kept(write):
    shakemap = read_shakemap(write())
    assert shakemap.event_at == datetime(2020, 1, 1, tzinfo=UTC)
    assert shakemap.processed_at == datetime(2020, 1, 1, 1, tzinfo=UTC)
    assert (shakemap.event_id, shakemap.version, shakemap.magnitude, shakemap.depth) == ("t1", "3", 6.0, 10.0)
    assert shakemap.event_type == "SCENARIO"


def test_a_missing_row_a_repeated_cell_and_a_word_are_refused(write):
    with pytest.raises(InvalidInput, match=r"expected 6 rows of 5 fields .*got 5 rows"):
        read_shakemap(write(ROWS[:-1]))
    with pytest.raises(InvalidInput, match="each cell once"):
        read_shakemap(write([*ROWS[:-1], ROWS[0]]))
    with pytest.raises(InvalidInput, match="no number"):
        read_shakemap(write([*ROWS[:-1], "1 2 three 4 5"]))


def test_entities_and_document_types_are_refused_before_they_are_read(write, tmp_path):
    (tmp_path / "secret").write_text("secret")
    doctype = f'<!DOCTYPE s [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    with pytest.raises(InvalidInput, match="document type"):
        read_shakemap(write(doctype=doctype, text="&x;"))


def test_what_is_not_xml_or_no_shakemap_is_refused(tmp_path):
    for text, message in (("<a", "not XML"), ("<rss/>", "not a ShakeMap")):
        path = tmp_path / "grid.xml"
        path.write_text(text)
        with pytest.raises(InvalidInput, match=message):
            read_shakemap(path)


def test_loma_prieta_has_the_shaking_and_place_of_the_file(sample_data):
    folder = sample_data / "seismic"
    shakemap = read_shakemap(
        folder / "shakemap_loma_prieta_1989_grid.xml", folder / "shakemap_loma_prieta_1989_uncertainty.xml"
    )
    pga, pgv, mmi = (shakemap.rasters[name] for name in ("pga", "pgv", "mmi"))
    # first row of the file: -122.5 37.2 18.09 12.66 6.052; units are empty
    assert (pga.values[0, 0], pgv.values[0, 0], mmi.values[0, 0]) == pytest.approx((0.1809, 12.66, 6.052))
    assert (pga.grid.x[0], pga.grid.y[0]) == pytest.approx((-122.5, 37.2))
    assert pga.values.shape == (29, 49)
    assert shakemap.event_at == datetime(1989, 10, 18, 0, 4, 15, tzinfo=UTC)
    assert pga.valid_from == shakemap.event_at
    assert shakemap.spread["pgv"].shape == pga.values.shape
    assert 0 < np.min(shakemap.spread["pga"]) < np.max(shakemap.spread["pga"]) < 1.5


def test_the_spread_of_another_map_is_refused(sample_data):
    folder = sample_data / "seismic"
    with pytest.raises(InvalidInput, match="another map"):
        read_shakemap(
            folder / "shakemap_perryville_2020_m78_grid.xml",
            folder / "shakemap_loma_prieta_1989_uncertainty.xml",
        )
