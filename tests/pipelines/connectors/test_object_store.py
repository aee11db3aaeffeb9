"""Objects of a bucket from the S3 server of moto."""

from __future__ import annotations

import hashlib
import logging
from contextlib import closing

import httpx
import pytest
from moto.server import ThreadedMotoServer

from data_catalog.endpoint import Endpoint
from minegis.errors import InvalidInput, NotFound, Unreachable
from pipelines.connectors.transport import object_store
from pipelines.connectors.transport.door import Wanted, bring
from pipelines.connectors.transport.object_store import ObjectDoor

CONTENT = b"II*\0" + bytes(range(256)) * 8000  # 2,048,004 bytes
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module")
def s3():
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    base = f"http://{host}:{port}"
    httpx.put(f"{base}/scenes")
    for key in ("2026/07/a.tif", "2026/07/b.tif", "2026/08/a.tif", "2026/07/note.txt"):
        httpx.put(f"{base}/scenes/{key}", content=CONTENT)
    yield base
    server.stop()


@pytest.fixture
def endpoint(s3, monkeypatch):
    monkeypatch.setenv("EXAMPLE_LOGIN", "key:secret")
    return Endpoint(
        address=s3.replace("http", "s3") + "/scenes/2026",
        internal=True,
        plain=True,
        login={"kind": "basic", "variable": "EXAMPLE_LOGIN"},
        read_seconds=5,
    )


def test_objects_are_listed_and_brought_and_known_again(endpoint, shelf, patience):
    with closing(ObjectDoor(endpoint)) as door:
        addresses = door.names("*/a.tif")
        assert [address.rpartition("/scenes/")[2] for address in addresses] == [
            "2026/07/a.tif",
            "2026/08/a.tif",
        ]
        found = bring(door, Wanted("a.tif", addresses[0], "tiff"), shelf, patience)
        assert found.sha256 == SHA256
        assert not bring(door, Wanted("a.tif", addresses[0], "tiff"), shelf, patience).changed


def test_what_is_here_already_is_not_fetched_again(endpoint, shelf, patience):
    with closing(ObjectDoor(endpoint)) as door:
        address = door.address("07/a.tif")
        with door.read(address) as answer:
            etag = answer.validators
        part = shelf.part("a.tif", address)
        part.begin(address, etag, len(CONTENT))
        part.path.write_bytes(CONTENT[:1_500_000])
        came: list[int] = []
        found = bring(door, Wanted("a.tif", address), shelf, patience, told=came.append)
        assert found.sha256 == SHA256
        assert sum(came) == len(CONTENT) - 1_500_000


def test_a_part_of_another_version_is_begun_anew(endpoint, shelf, patience):
    with closing(ObjectDoor(endpoint)) as door:
        address = door.address("07/b.tif")
        part = shelf.part("b.tif", address)
        part.begin(address, {"etag": '"0123"'}, len(CONTENT))
        part.path.write_bytes(b"x" * 1000)
        assert bring(door, Wanted("b.tif", address), shelf, patience).sha256 == SHA256


def test_an_object_comes_in_pieces_and_an_empty_one_as_it_is(endpoint, shelf, patience, monkeypatch, s3):
    monkeypatch.setattr(object_store, "_PIECE", 500_000)
    httpx.put(f"{s3}/scenes/2026/07/empty", content=b"")
    with closing(ObjectDoor(endpoint)) as door:
        sizes: list[int] = []
        found = bring(door, Wanted("a.tif", door.address("07/a.tif")), shelf, patience, told=sizes.append)
        assert found.sha256 == SHA256
        assert sizes == [500_000] * 4 + [48_004]
        assert bring(door, Wanted("empty", door.address("07/empty")), shelf, patience).size == 0


def test_what_is_not_there_is_not_tried_again(endpoint, shelf, patience, slept):
    with closing(ObjectDoor(endpoint)) as door:
        with pytest.raises(NotFound):
            bring(door, Wanted("c.tif", door.address("07/c.tif")), shelf, patience)
        with pytest.raises(InvalidInput, match="outside the bucket"):
            bring(door, Wanted("c.tif", "s3://elsewhere/bucket/key"), shelf, patience)
    assert slept == []


def test_a_store_that_is_gone_is_given_up(shelf, patience, slept):
    endpoint = Endpoint(address="s3://127.0.0.1:9/scenes", internal=True, plain=True, connect_seconds=1)
    with closing(ObjectDoor(endpoint)) as door, pytest.raises(Unreachable, match="does not answer"):
        bring(door, Wanted("c.tif", door.address("c.tif")), shelf, patience)
    assert len(slept) == 3


def test_an_inside_store_is_refused_unless_it_is_declared():
    with pytest.raises(InvalidInput, match="not public"):
        ObjectDoor(Endpoint(address="s3://127.0.0.1:9000/scenes"))
    with pytest.raises(ValueError, match="own network"):
        Endpoint(address="s3://store.example.org/scenes", plain=True)
