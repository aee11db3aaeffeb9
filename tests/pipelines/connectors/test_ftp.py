"""Files over FTP and FTPS from a real server."""

from __future__ import annotations

import hashlib
import os
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from data_catalog.endpoint import Endpoint
from data_catalog.fetch import FilesAsked
from minegis.errors import InvalidInput, NotFound, Unreachable
from pipelines.connectors.services import files
from pipelines.connectors.transport.door import Wanted, bring
from pipelines.connectors.transport.ftp import FtpDoor

CONTENT = b"GRIB" + bytes(range(256)) * 2000  # 512,004 bytes
SHA256 = hashlib.sha256(CONTENT).hexdigest()


_PYTHON_OF_DEBIAN = "/usr/bin/python3"
_SERVER = Path(__file__).with_name("ftp_server.py")


@contextmanager
def ftp_server(folder, *options):
    """Run the server; give its port and a function that reads the commands that came."""
    command = [_PYTHON_OF_DEBIAN, "-W", "ignore"]
    probe = [*command, "-c", "import pyftpdlib"]
    if not Path(command[0]).exists() or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("needs an FTP server (Debian: python3-pyftpdlib)")
    commands = folder.parent / "commands.txt"
    commands.touch()
    arguments = [*command, str(_SERVER), str(folder), str(commands), *options]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield int(process.stdout.readline()), lambda: commands.read_text(encoding="utf-8").splitlines()
        finally:
            process.terminate()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "ftp"
    (folder / "rain" / "2026").mkdir(parents=True)
    (folder / "rain" / "2026" / "a.grb2").write_bytes(CONTENT)
    (folder / "rain" / "2026" / "b.txt").write_bytes(b"b")
    return folder


@pytest.fixture
def login(monkeypatch):
    monkeypatch.setenv("EXAMPLE_LOGIN", "user:word")
    return {"kind": "basic", "variable": "EXAMPLE_LOGIN"}


def endpoint_of(port, login, **options):
    return Endpoint(
        address=f"ftp://127.0.0.1:{port}/rain", internal=True, login=login, read_seconds=1, **options
    )


def test_files_are_listed_and_brought_and_known_again(folder, login, shelf, patience):
    with ftp_server(folder) as (port, commands), closing(FtpDoor(endpoint_of(port, login))) as door:
        (address,) = door.names("2026/*.grb2")
        wanted = Wanted("a.grb2", address, "grib")
        found = bring(door, wanted, shelf, patience)
        assert (found.sha256, found.validators["size"]) == (SHA256, "512004")
        assert not bring(door, wanted, shelf, patience).changed
        assert sum(line.startswith("RETR") for line in commands()) == 1
        changed = folder / "rain" / "2026" / "a.grb2"
        changed.write_bytes(CONTENT[::-1])
        os.utime(changed, (1_700_000_000, 1_700_000_000))
        assert bring(door, Wanted("a.grb2", address), shelf, patience).changed


def test_a_transfer_broken_off_is_gone_on_with(folder, login, shelf, patience, slept):
    with ftp_server(folder, "cut") as (port, commands):
        with closing(FtpDoor(endpoint_of(port, login))) as door:
            found = bring(door, Wanted("a.grb2", door.address("2026/a.grb2"), "grib"), shelf, patience)
        assert found.sha256 == SHA256
        rests = [line for line in commands() if line.startswith("REST")]
        assert len(rests) == 1
        assert 0 < int(rests[0].split()[1]) < len(CONTENT)
    assert len(slept) == 1


def test_what_is_not_there_and_who_may_not_come_in_are_told_apart(
    folder, login, shelf, patience, slept, monkeypatch
):
    with ftp_server(folder) as (port, _):
        with closing(FtpDoor(endpoint_of(port, login))) as door, pytest.raises(NotFound, match="550"):
            bring(door, Wanted("c", door.address("2026/c")), shelf, patience)
        monkeypatch.setenv("EXAMPLE_LOGIN", "user:wrong")
        with closing(FtpDoor(endpoint_of(port, login))) as door, pytest.raises(InvalidInput, match="refuses"):
            door.names("2026/*")
    assert slept == []


def test_a_server_that_is_gone_is_asked_again_and_given_up(login, shelf, patience, slept):
    with closing(FtpDoor(endpoint_of(9, login))) as door, pytest.raises(Unreachable, match="no connection"):
        bring(door, Wanted("a", door.address("a")), shelf, patience)
    assert len(slept) == 3


def test_an_inside_address_is_refused_unless_it_is_declared(shelf, patience):
    endpoint = Endpoint(address="ftp://127.0.0.1:2121/rain")
    with closing(FtpDoor(endpoint)) as door, pytest.raises(InvalidInput, match="not public"):
        bring(door, Wanted("a", door.address("a")), shelf, patience)


def test_a_password_is_not_told_to_a_server_without_tls(folder, login, shelf, patience):
    with ftp_server(folder) as (port, commands):
        secure = Endpoint(address=f"ftps://127.0.0.1:{port}/rain", internal=True, login=login, read_seconds=1)
        with closing(FtpDoor(secure)) as door, pytest.raises(InvalidInput, match="refuses"):
            bring(door, Wanted("a", door.address("a")), shelf, patience)
        assert [line.split()[0] for line in commands()] == ["AUTH"]


def test_a_name_with_a_line_break_is_no_command(folder, login, shelf, patience):
    with ftp_server(folder) as (port, _), closing(FtpDoor(endpoint_of(port, login))) as door:
        with pytest.raises(InvalidInput, match="no file's"):
            bring(door, Wanted("a", door.address("a\r\nDELE b")), shelf, patience)
        with pytest.raises(InvalidInput, match="upwards"):
            door.names("../*")


def test_names_in_any_encoding_are_listed_and_brought(folder, login, shelf, patience, job):
    names = ["雨量.txt".encode("gb18030"), "水位.txt".encode(), b"50%25 #1.txt"]
    for number, name in enumerate(names):
        (folder / "rain" / "2026" / os.fsdecode(name)).write_bytes(bytes([65 + number]))
    asked = FilesAsked(service="files", names=("2026/*.txt",), settled="PT0S")
    with ftp_server(folder) as (port, _):
        found = {each.name: each for each in files.fetch(job(asked, endpoint=endpoint_of(port, login)))}
    assert sorted(found) == ["2026/50%25 #1.txt", "2026/b.txt", "2026/水位.txt", "2026/雨量.txt"]
    assert (shelf.site / found["2026/雨量.txt"].path).read_bytes() == b"A"
    assert (shelf.site / found["2026/50%25 #1.txt"].path).read_bytes() == b"C"


def test_a_name_that_no_encoding_makes_sense_of_is_no_file_and_ends_nothing(folder, login, job):
    (folder / "rain" / "2026" / os.fsdecode(b"\xff\xff\x80.txt")).write_bytes(b"x")
    asked = FilesAsked(service="files", names=("2026/*.txt",))
    with ftp_server(folder) as (port, _):
        good, bad = files.fetch(job(asked, endpoint=endpoint_of(port, login)))
    assert good.name == "2026/b.txt"
    assert "no file's" in str(bad.reason)
