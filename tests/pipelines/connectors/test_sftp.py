"""Files over SFTP from a server of paramiko."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from contextlib import ExitStack, closing, contextmanager

import paramiko
import pytest

from data_catalog.endpoint import Endpoint
from minegis.errors import InvalidInput, NotFound
from pipelines.connectors.transport.door import Wanted, bring
from pipelines.connectors.transport.sftp import SftpDoor

CONTENT = bytes(range(256)) * 4000  # 1,024,000 bytes
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Files(paramiko.SFTPServerInterface):
    """Reads a folder; `cut` ends the connection once so many bytes were read."""

    def _path(self, path):
        return self.folder / path.lstrip("/")

    def list_folder(self, path):
        try:
            found = sorted(self._path(path).iterdir())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        return [paramiko.SFTPAttributes.from_stat(each.stat(), os.fsencode(each.name)) for each in found]

    def stat(self, path):
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def open(self, path, flags, attr):
        outer = self

        class Handle(paramiko.SFTPHandle):
            def read(self, offset, length):
                outer.offsets.append(offset)
                if outer.cut and offset > outer.cut[0]:
                    outer.cut.clear()
                    outer.transport.close()
                return super().read(offset, length)

        handle = Handle(flags)
        handle.readfile = handle.filename = None
        if not self._path(path).is_file():
            return paramiko.SFTP_NO_SUCH_FILE
        handle.readfile = self._path(path).open("rb")
        return handle


class Gate(paramiko.ServerInterface):
    def check_auth_password(self, username, password):
        good = (username, password) == ("user", "word")
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


@contextmanager
def sftp_server(folder, key, cut=()):
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.05)
    stop = threading.Event()
    transports = []
    files = type("OfFolder", (Files,), {"folder": folder, "cut": list(cut), "offsets": []})

    def accept():
        while not stop.is_set():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            transport = paramiko.Transport(connection)
            transport.add_server_key(key)
            files.transport = transport
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
            transports.append(transport)
            try:
                transport.start_server(server=Gate())
            except (EOFError, paramiko.SSHException):
                transport.close()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield listening.getsockname()[1], files
    finally:
        stop.set()
        thread.join()
        listening.close()
        for transport in transports:
            transport.close()
            transport.join(2)


@pytest.fixture(scope="session")
def host_key():
    return paramiko.ECDSAKey.generate()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "remote"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "a.nc").write_bytes(CONTENT)
    (folder / "data" / "b.txt").write_bytes(b"b")
    return folder


@pytest.fixture
def login(monkeypatch):
    monkeypatch.setenv("EXAMPLE_LOGIN", "user:word")
    return {"kind": "basic", "variable": "EXAMPLE_LOGIN"}


def endpoint_of(port, key, login):
    return Endpoint(
        address=f"sftp://127.0.0.1:{port}/data",
        internal=True,
        host_key=f"{key.get_name()} {key.get_base64()}",
        login=login,
        read_seconds=5,
    )


@pytest.fixture
def opened(folder, host_key, login):
    """A door to a server that shows `shown`, and what the server saw."""

    @contextmanager
    def made(shown=host_key, cut=()):
        with ExitStack() as stack:
            port, files = stack.enter_context(sftp_server(folder, shown, cut))
            door = stack.enter_context(closing(SftpDoor(endpoint_of(port, host_key, login))))
            yield door, files

    return made


def test_files_are_listed_and_brought_and_known_again(opened, shelf, patience):
    with opened() as (door, files):
        (address,) = door.names("*.nc")
        found = bring(door, Wanted("a.nc", address), shelf, patience)
        assert found.sha256 == SHA256
        reads = len(files.offsets)
        assert not bring(door, Wanted("a.nc", address), shelf, patience).changed
        assert len(files.offsets) == reads
        with pytest.raises(NotFound):
            bring(door, Wanted("c", door.address("c")), shelf, patience)


def test_a_connection_that_breaks_is_gone_on_with(opened, shelf, patience, slept):
    with opened(cut=[500_000]) as (door, _):
        assert bring(door, Wanted("a.nc", door.address("a.nc")), shelf, patience).sha256 == SHA256
    assert len(slept) == 1


def test_a_server_with_another_key_is_not_told_the_password(opened, shelf, patience, slept):
    other = paramiko.ECDSAKey.generate()
    with opened(other) as (door, _), pytest.raises(InvalidInput, match="another key"):
        bring(door, Wanted("a.nc", door.address("a.nc")), shelf, patience)
    assert slept == []


def test_a_wrong_password_is_not_tried_again(opened, shelf, patience, slept, monkeypatch):
    monkeypatch.setenv("EXAMPLE_LOGIN", "user:wrong")
    with opened() as (door, _), pytest.raises(InvalidInput, match="refuses"):
        bring(door, Wanted("a.nc", door.address("a.nc")), shelf, patience)
    assert slept == []


def test_a_server_without_a_written_down_key_cannot_be_declared():
    with pytest.raises(ValueError, match="host_key"):
        Endpoint(address="sftp://data.example.org/x")


def test_a_name_with_signs_that_mean_something_in_an_address_is_brought(opened, folder, shelf, patience):
    (folder / "data" / "50%25 #1.csv").write_bytes(b"c")
    with opened() as (door, _):
        (address,) = door.names("*.csv")
        assert door.name(address) == "50%25 #1.csv"
        assert bring(door, Wanted("c", address), shelf, patience).size == 1
        (folder / "data" / os.fsdecode("雨.csv".encode("gb18030"))).write_bytes(b"d")
        with pytest.raises(InvalidInput, match="not UTF-8"):
            door.names("*.csv")
