"""Files laid out by date, and folders that others fill."""

from __future__ import annotations

import os

import pytest

from data_catalog.endpoint import Endpoint
from data_catalog.fetch import FilesAsked
from minegis.errors import InvalidInput, Unreachable
from pipelines.connectors.services import files
from pipelines.connectors.services.job import Missed

HALF_HOURS = FilesAsked(
    service="files",
    names=(
        "{begin:%Y/%m}/3B-HHR-E.{begin:%Y%m%d}-S{begin:%H%M%S}-E{last:%H%M%S}.{minute:04d}.V07C.1day.tif",
    ),
    content="tiff",
    every="PT30M",
    time_marks="end",
    covers="P1D",
    window="PT1H",
    delay="PT4H",
)
TIFF = b"II*\0" + bytes(100)


def test_a_day_that_ends_each_half_hour_is_named_and_dated_by_its_declaration(job, web):
    # now 04:10, published 4 h late: the half hours that end at 00:00 of the 20th and 23:30 of the 19th
    names = [
        "/2026/07/3B-HHR-E.20260719-S233000-E235959.1410.V07C.1day.tif",
        "/2026/07/3B-HHR-E.20260719-S230000-E232959.1380.V07C.1day.tif",
    ]
    assert files.plan(job(HALF_HOURS)) == [web.url + name for name in names]
    web.file(names[1], TIFF)
    absent, found = files.fetch(job(HALF_HOURS))
    assert isinstance(absent, Missed)
    assert absent.is_absent
    assert (found.valid_from.isoformat(), found.valid_to.isoformat()) == (
        "2026-07-18T23:30:00+00:00",
        "2026-07-19T23:30:00+00:00",
    )


def test_a_source_that_does_not_answer_is_not_asked_for_every_file(job, web, slept):
    for name in files.plan(job(HALF_HOURS)):
        web.file(name.removeprefix(web.url), b"", status=503)
    with pytest.raises(Unreachable, match="503"):
        list(files.fetch(job(HALF_HOURS)))
    assert len(set(web.paths())) == 1
    assert len(slept) == 3


def test_one_wrong_file_does_not_keep_the_others_away(job, web):
    first, second = (name.removeprefix(web.url) for name in files.plan(job(HALF_HOURS)))
    web.file(first, b"<html>Log in</html>")
    web.file(second, TIFF)
    refused, found = files.fetch(job(HALF_HOURS))
    assert isinstance(refused, Missed)
    assert not refused.is_absent
    assert found.changed


def test_no_more_files_than_declared_are_asked_for(job, web):
    asked = HALF_HOURS.model_copy(update={"max_files": 1})
    assert len(list(files.fetch(job(asked)))) == 1
    assert len(web.seen) == 1


def test_a_folder_that_others_fill_is_read_with_wildcards(job, tmp_path):
    drop = tmp_path / "drop"
    drop.mkdir()
    for name in ("CDDY_1.TXT", "CDSS_1.TXT", "note.md"):
        (drop / name).write_text(name)
        os.utime(drop / name, (1000, 1000))
    asked = FilesAsked(service="files", names=("*.TXT",), content="text")
    endpoint = Endpoint(address=f"file://{drop}")
    assert [each.name for each in files.fetch(job(asked, endpoint=endpoint))] == ["CDDY_1.TXT", "CDSS_1.TXT"]
    assert not any(each.changed for each in files.fetch(job(asked, endpoint=endpoint)))


def test_wildcards_and_unknown_fields_in_a_name_are_refused(job):
    with pytest.raises(InvalidInput, match="cannot list"):
        list(files.fetch(job(FilesAsked(service="files", names=("*.tif",)))))
    wrong = HALF_HOURS.model_copy(update={"names": ("{time.__class__.x}",)})
    with pytest.raises(InvalidInput, match="cannot be filled in"):
        files.plan(job(wrong))
    with pytest.raises(ValueError, match="belong together"):
        FilesAsked(service="files", names=("{time:%Y}",))
