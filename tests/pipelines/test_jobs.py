"""Jobs as data: mistakes are named by file and line, order and cadence are kept, attempts are recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from small_site import make_site
from typer.testing import CliRunner

from data_catalog.site import Site
from geoserver.cli import app
from minegis.errors import InvalidDeclaration, StoreConflict
from minegis.variables import variable
from pipelines.jobs.declaration import jobs
from pipelines.jobs.inputs import bindings
from pipelines.jobs.state import JobBook, JobRun, RunState, is_due, next_attempt
from pipelines.lineage import Lineage, Values, published, write_item
from pipelines.raster import Raster, RasterGrid, write_cog

TERRAIN = """title: {zh: 试, en: Test}
daily: "18:00"
inputs:
  elevation: {kind: elevation}
steps:
  - step: terrain_derivatives
    inputs: {elevation: elevation}
    parameters: {radius: 3}
    outputs: [slope_angle]
"""
NOON = datetime(2026, 7, 20, 12, tzinfo=UTC)


def declared(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return jobs(folder)


def test_every_job_that_is_shipped_names_steps_and_arguments_that_are_there():
    assert "terrain" in jobs()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("daily:", "dayly:", r"one\.yaml:2: dayly"),
        ("terrain_derivatives", "terrain_magic", r"one\.yaml:6: steps\.0.*no such step"),
        ("radius", "radios", r"one\.yaml:6: .*terrain_derivatives has no radios"),
        ("[slope_angle]", "[slope]", r"one\.yaml:6: .*makes no slope"),
        ("{elevation: elevation}", "{elevation: height}", r"one\.yaml:1: .*reads height"),
        ("{kind: elevation}", "{files: ../x.tif}", r"one\.yaml:4: inputs\.elevation.*inside the site"),
    ],
)
def test_a_mistake_in_a_job_is_named_with_its_line(tmp_path, old, new, told):
    with pytest.raises(InvalidDeclaration, match=told):
        declared(tmp_path, one=TERRAIN.replace(old, new))


def test_jobs_come_after_those_they_wait_for_and_may_not_wait_in_a_circle(tmp_path):
    (tmp_path / "line").mkdir()
    found = declared(tmp_path / "line", a=f"after: [b]\n{TERRAIN}", b=f"after: [c]\n{TERRAIN}", c=TERRAIN)
    assert list(found) == ["c", "b", "a"]
    with pytest.raises(InvalidDeclaration, match=r"[ab]\.yaml:1: after: jobs wait for each other"):
        declared(tmp_path, a=f"after: [b]\n{TERRAIN}", b=f"after: [a]\n{TERRAIN}")


def run(hours_ago, state=RunState.DONE, attempt=1, made=()):
    at = NOON - timedelta(hours=hours_ago)
    return JobRun(at, attempt, state, at + timedelta(minutes=1), made)


def test_a_job_is_due_by_its_cadence_after_a_failure_and_after_what_it_waits_for(tmp_path):
    job = declared(tmp_path, one=TERRAIN)["one"]  # daily at 18:00
    assert is_due(job, [], {}, NOON)
    assert not is_due(job, [run(17)], {}, NOON)  # yesterday 19:00
    assert is_due(job, [run(19)], {}, NOON)  # yesterday 17:00: 18:00 has passed since
    assert is_due(job, [run(1, RunState.FAILED)], {}, NOON)
    assert not is_due(job, [run(1, RunState.FAILED, attempt=3)], {}, NOON)  # three attempts are all
    assert is_due(job, [run(5)], {"other": [run(2, made=("x.tif",))]}, NOON)
    assert not is_due(job, [run(5)], {"other": [run(2)]}, NOON)  # it made nothing new
    every = job.model_copy(update={"daily": None, "every": timedelta(hours=6)})
    assert is_due(every, [run(6)], {}, NOON)
    assert not is_due(every, [run(5.9)], {}, NOON)
    assert next_attempt(job, [run(1, RunState.INTERRUPTED, attempt=2)]) == 3


def test_the_book_keeps_attempts_and_closes_those_whose_process_is_gone(tmp_path):
    book = JobBook(tmp_path)
    begun = JobRun(NOON)
    with book.held():
        book.keep("terrain", begun)
        with pytest.raises(StoreConflict, match="jobs of this site are being run"), JobBook(tmp_path).held():
            pass
        book.keep("terrain", replace(begun, reasons=("a", "b")))
        book.close_interrupted("terrain")
    assert book.runs("terrain") == (replace(begun, reasons=("a", "b"), state=RunState.INTERRUPTED),)


def test_a_watch_goes_on_when_another_process_runs_the_jobs(tmp_path, monkeypatch):
    site = make_site(tmp_path / "site", published=False)
    looks = []

    def sleep(_seconds):
        looks.append(len(looks))
        if len(looks) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("geoserver.jobs_command.time.sleep", sleep)
    with JobBook(site).held():
        result = CliRunner().invoke(app, ["jobs", "watch", "--site", str(site)], catch_exceptions=False)
    assert result.exit_code == 0
    assert result.stderr.count("jobs of this site are being run") == 2
    assert looks == [0, 1]


MIXED = """title: {zh: 试, en: Test}
inputs:
  slope: {product: slope_angle}
  wetness: {product: wetness_index}
steps:
  - step: terrain_derivatives
    inputs: {elevation: slope}
    parameters: {radius: 3}
    outputs: [aspect]
"""


@pytest.mark.parametrize(
    "content",
    ["{not JSON", "[]", "7", '{"type": "FeatureCollection"}', '{"properties": null}', '{"properties": "x"}',
     '{"properties": {"minegis:lineage": {"made_at": "x"}}, "assets": {"data": {"href": "./a.tif"}}}'],
)  # fmt: skip
def test_a_foreign_file_beside_the_rasters_is_no_product_and_ends_nothing(tmp_path, content):
    (tmp_path / "a.tif").touch()
    (tmp_path / "a.json").write_text(content)
    assert published(tmp_path) == []


def test_products_of_two_jobs_are_inputs_of_a_third_by_their_area(tmp_path):
    site = Site.open(make_site(tmp_path / "site", published=False))
    grid = RasterGrid((30.0, 0.0, 500_000.0, 0.0, -30.0, 3_400_000.0), 4, 4, "EPSG:4544")

    def publish(name, maker, hours):
        path = site.path(f"rasters/{name}-{maker}-{hours}.tif")
        unit = variable(name).unit
        write_cog(Raster(np.ones((4, 4), np.float32), grid, name, unit, "made up"), path)
        about = {"area": "valley"} | ({"job": maker} if maker else {})
        lineage = Lineage("step", "1", (), {}, NOON + timedelta(hours=hours))
        write_item(path, grid, name, lineage, Values(0, None, None, None), about=about)
        return path

    publish("slope_angle", "one", 1)
    newest = publish("slope_angle", "other", 2)
    publish("slope_angle", "", 3)  # of a publishing run: what a job made is asked for
    wetness = publish("wetness_index", "", 0)
    (found,) = bindings(site, declared(tmp_path, mixed=MIXED)["mixed"])
    assert found.about == {"area": "valley"}
    assert {name: source.files for name, source in found.sources.items()} == {
        "slope": (newest,),
        "wetness": (wetness,),
    }
