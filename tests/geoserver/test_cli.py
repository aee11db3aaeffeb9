"""Each command as a person uses it: its words, its exit codes, its JSON."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from data_catalog.store import Store
from geoserver import check
from geoserver.cli import app


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def minegis(*arguments: object) -> Said:
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "geoserver.cli", *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def copied(published_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "site"
    shutil.copytree(published_site, folder)
    return folder


def fill_template(path: Path, *rows: dict[str, object]) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    names = [str(cell.value).split()[1] for cell in sheet[1]]
    for line, row in enumerate(rows, start=4):
        for column, name in enumerate(names, start=1):
            sheet.cell(line, column).value = row.get(name)
    book.save(path)


GOOD: dict[str, object] = {
    "id": "SC-1", "name": "青石沟尾矿库", "county_code": "513221", "status": "在用", "raise_method": "上游式",
    "total_storage": 320, "dam_height": 48, "dry_beach_length": 160, "pond_length": 900,
    "wkt": "POINT (103.585 31.474)", "crs": "CGCS2000",
}  # fmt: skip


@pytest.mark.parametrize("command", ["init", "run", "serve", "import", "status", "check", "explain"])
def test_every_command_tells_how_it_is_used(command: str) -> None:
    told = CliRunner().invoke(app, [command, "--help"])
    assert told.exit_code == 0
    assert "--site" in told.output


def test_a_mistake_in_a_declaration_is_named_with_file_line_and_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(check.source.FOLDER, tmp_path / "sources")
    broken = sorted((tmp_path / "sources").glob("*.yaml"))[0]
    lines = broken.read_text(encoding="utf-8").splitlines()
    broken.write_text("\n".join([*lines, "colour: red"]), encoding="utf-8")
    monkeypatch.setattr(check.source, "FOLDER", tmp_path / "sources")
    told = CliRunner().invoke(app, ["check", "--site", str(tmp_path), "--json"])
    assert told.exit_code == 1
    assert json.loads(told.stdout)["mistakes"][0].startswith(f"{broken}:{len(lines) + 1}: colour: ")


def test_declarations_without_mistakes_are_exit_code_0(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["check", "--site", str(tmp_path)])
    assert (told.exit_code, told.stdout[:10]) == (0, "0 mistakes")


def test_status_is_json_for_a_script(published_site: Path) -> None:
    told = minegis("status", "--site", published_site, "--json")
    assert (told.code, told.err) == (0, "")
    state = told.json()
    assert state["features"]["tsf"] == 300
    assert state["last_run"]["id"]
    assert isinstance(state["missing"], list)
    assert not [name for name in state if " " in name]


def test_an_asset_a_region_and_a_cell_are_explained(published_site: Path) -> None:
    with Store.open(published_site) as store:
        judged = store.assessments("tsf")[0].asset_id
    asset = minegis("explain", f"tsf/{judged}", "--site", published_site)
    assert asset.code == 0
    # The hash of a file stands at the end of its line, however narrow the terminal is.
    assert "sha256:" in asset.out
    assert "…" not in asset.out
    assert max(len(line) for line in asset.out.splitlines()) > 110
    region = minegis("explain", "510000", "--site", published_site, "--json")
    assert (region.code, region.json()["label"]["zh"]) == (0, "四川省")
    assert minegis("explain", "tsf/none", "--site", published_site).code == 4
    cell = minegis("explain", "889999999999999", "--site", published_site)
    assert (cell.code, cell.out) == (2, "")
    assert "not an H3 cell" in cell.err


def test_what_is_no_site_is_not_found_and_a_site_is_not_made_over_files(tmp_path: Path) -> None:
    for command in ("run", "serve", "status"):
        told = minegis(command, "--site", tmp_path)
        assert (told.code, told.out) == (4, "")
        assert "make one with `minegis init`" in told.err
    (tmp_path / "budget.xlsx").touch()
    told = minegis("init", "--site", tmp_path)
    assert told.code == 2
    assert "other files are there" in told.err
    assert "got budget.xlsx" in told.err


def test_a_port_in_use_is_said_plainly(published_site: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = minegis("serve", "--site", published_site, "--port", port)
    assert told.code == 1
    assert f"127.0.0.1:{port}: cannot listen: the port is in use" in told.err
    assert len(told.err.splitlines()) == 1
    assert minegis("serve", "--site", published_site, "--port", 99999).code == 2


def test_a_file_that_is_there_is_never_written_over(copied: Path, tmp_path: Path) -> None:
    mine = tmp_path / "tsf.xlsx"
    mine.write_text("my work")
    for arguments in (("--template", "tsf", mine), ("--layer", "tsf", "--quarantine", mine)):
        told = minegis("import", *arguments, "--site", copied)
        assert told.code == 2
        assert "there is a file already" in told.err
    assert mine.read_text() == "my work"
    told = minegis("import", "--template", "tsf", tmp_path / "absent" / "tsf.xlsx")
    assert told.code == 2
    assert "Traceback" not in told.err


def test_a_register_goes_in_is_held_corrected_and_released(copied: Path, tmp_path: Path) -> None:
    register, held = tmp_path / "tsf.xlsx", tmp_path / "held.csv"
    assert minegis("import", "--template", "tsf", register, "--json").json() == {"template": str(register)}
    fill_template(register, GOOD, {**GOOD, "id": "SC-2", "dam_height": -48})
    first = minegis("import", register, "--layer", "tsf", "--datum", "cgcs2000", "--site", copied)
    assert first.code == 3
    assert "1 inserted" in first.out
    assert "row 5, column 现状坝高 dam_height" in first.out
    assert "--quarantine held-tsf.csv" in first.err
    not_yet = minegis("explain", "tsf/SC-1", "--site", copied)
    assert (not_yet.code, "`minegis run`" in not_yet.err) == (4, True)
    written = minegis("import", "--layer", "tsf", "--quarantine", held, "--site", copied, "--json")
    assert written.json() == {"quarantine": str(held), "rows": 1}
    held.write_text(held.read_text("utf-8-sig").replace(",-48,", ",48,"), "utf-8")
    second = minegis("import", held, "--layer", "tsf", "--site", copied, "--json")
    assert (second.code, second.json()["inserted"], second.json()["released"]) == (0, 1, 1)
    none = minegis("import", "--layer", "tsf", "--quarantine", tmp_path / "none.csv", "--site", copied)
    assert (none.code, none.out) == (0, "No rows are held; nothing was written.\n")
    assert not (tmp_path / "none.csv").exists()


def test_readings_have_a_template_of_their_own(tmp_path: Path) -> None:
    target = tmp_path / "reading.csv"
    assert minegis("import", "--template", "reading", target).code == 0
    header = target.read_text("utf-8-sig").splitlines()[0]
    assert header == "监测点编号 point_id,观测时间 observed_at,数值 value,单位 unit"
    told = minegis("import", "--template", "boundary", tmp_path / "boundary.csv")
    assert (told.code, "expected incident, mine, region, slope, station, tsf, reading" in told.err) == (
        2,
        True,
    )
