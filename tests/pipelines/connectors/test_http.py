"""Files over HTTP from a server that throttles, breaks off, redirects and lies."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime

import pytest
from web_server import Reply

from data_catalog.endpoint import Endpoint
from minegis.errors import InvalidInput, NotFound, StoreConflict, Unreachable
from pipelines.connectors.transport.door import Wanted, bring
from pipelines.connectors.transport.http import HttpDoor
from pipelines.connectors.transport.patience import Patience, retry_after
from pipelines.connectors.transport.shelf import Shelf

TIFF = b"II*\0" + bytes(range(256)) * 800  # 204,804 bytes
SHA256 = hashlib.sha256(TIFF).hexdigest()


@pytest.fixture
def fetch(door, shelf, patience, web):
    def fetched(**options):
        wanted = Wanted("a/b.tif", f"{web.url}/b.tif", **{"content": "tiff", **options})
        return bring(door, wanted, shelf, patience)

    return fetched


def left_over(shelf):
    """Files that no record names."""
    named = {shelf.site / record.path for record in shelf.records()}
    found = {path for path in shelf.folder.rglob("*") if path.is_file() and not path.is_symlink()}
    return sorted(path.name for path in found - named if ".records" not in path.parts)


def test_a_file_is_kept_under_its_hash_with_a_record_of_what_it_is(fetch, web, shelf):
    web.file("/b.tif", TIFF, etag='"one"', headers={"Last-Modified": "Mon, 20 Jul 2026 04:00:00 GMT"})
    found = fetch()
    assert found.path == f"sources/fetched/example/files/a/{SHA256[:12]}-b.tif"
    assert (shelf.site / found.path).read_bytes() == TIFF
    assert (found.sha256, found.size, found.changed) == (SHA256, 204804, True)
    assert found.validators == {"etag": '"one"', "last-modified": "Mon, 20 Jul 2026 04:00:00 GMT"}
    assert [record.sha256 for record in shelf.records()] == [SHA256]
    assert left_over(shelf) == []


def test_an_unchanged_file_costs_one_conditional_request(fetch, web):
    web.file("/b.tif", TIFF, etag='"one"')
    first = fetch()
    second = fetch()
    assert (second.path, second.fetched_at, second.changed) == (first.path, first.fetched_at, False)
    assert len(web.seen) == 2
    assert web.seen[1].headers["if-none-match"] == '"one"'


def test_a_new_version_is_a_new_file_and_the_old_one_stays(fetch, web, shelf):
    web.file("/b.tif", TIFF, etag='"one"')
    first = fetch()
    web.file("/b.tif", TIFF + b"more", etag='"two"')
    second = fetch()
    assert second.changed
    assert (shelf.site / first.path).read_bytes() == TIFF
    assert (shelf.site / second.path).read_bytes() == TIFF + b"more"
    assert [record.path for record in shelf.records()] == [second.path]
    newest = shelf.folder / "newest" / "a" / "b.tif"
    assert newest.read_bytes() == TIFF + b"more"
    assert not newest.readlink().is_absolute()


def test_a_file_that_was_removed_by_hand_is_fetched_again(fetch, web, shelf):
    web.file("/b.tif", TIFF, etag='"one"')
    (shelf.site / fetch().path).unlink()
    assert fetch().changed
    assert "if-none-match" not in web.seen[1].headers


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_cut_in_the_middle_is_gone_on_with(fetch, web, shelf, slept, reset):
    whole = Reply(TIFF, etag='"one"')
    web.replies("/b.tif", Reply(TIFF, etag='"one"', cut_after=150_000, reset=reset), whole)
    found = fetch()
    assert found.sha256 == SHA256
    begins = int(web.seen[1].headers.get("range", "bytes=0-")[6:-1])
    assert begins == 150_000 or reset  # a reset may take what was on its way with it
    assert web.seen[1].headers.get("if-range", '"one"') == '"one"'
    assert len(slept) == 1


def test_a_version_that_changed_meanwhile_is_begun_anew(fetch, web):
    other = b"II*\0" + TIFF[4:][::-1]
    web.replies("/b.tif", Reply(TIFF, etag='"one"', cut_after=150_000), Reply(other, etag='"two"'))
    assert fetch().sha256 == hashlib.sha256(other).hexdigest()


def test_a_rest_of_another_version_is_not_glued_on(fetch, web):
    def careless(request):  # honours Range, not If-Range
        request.headers["if-range"] = '"two"'
        return Reply(TIFF[::-1], etag='"two"') if "range" in request.headers else Reply(TIFF, etag='"one"')

    web.replies("/b.tif", Reply(TIFF, etag='"one"', cut_after=150_000))
    good = web.rules["/b.tif"]
    rules = iter([good, careless, careless])

    def in_turn(request):
        return next(rules)(request)

    web.rules["/b.tif"] = in_turn
    assert fetch().sha256 == SHA256
    assert "range" not in web.seen[2].headers


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_without_a_strong_validator_a_cut_file_is_begun_anew(fetch, web, etag):
    web.replies("/b.tif", Reply(TIFF, etag=etag, cut_after=150_000), Reply(TIFF, etag=etag))
    assert fetch().sha256 == SHA256
    assert "range" not in web.seen[1].headers


def test_a_server_that_knows_no_ranges_sends_the_whole_again(fetch, web):
    web.replies(
        "/b.tif", Reply(TIFF, etag='"one"', cut_after=150_000), Reply(TIFF, etag='"one"', ranges=False)
    )
    assert fetch().sha256 == SHA256


def test_a_file_that_grew_shorter_is_begun_anew(fetch, web):
    short = TIFF[:1000]
    web.replies("/b.tif", Reply(TIFF, etag='"one"', cut_after=150_000), Reply(b"", 416), Reply(short))
    assert fetch().size == 1000


def test_a_body_shorter_than_its_length_never_appears(fetch, web, shelf):
    web.file("/b.tif", TIFF[:1000], length=2000)
    with pytest.raises(Unreachable, match=r"does not answer|not whole"):
        fetch()
    assert shelf.records() == []
    assert len(web.seen) == 4


def test_a_fetch_killed_half_way_goes_on_where_it_ended(web, tmp_path, shelf, door, patience):
    web.file("/b.tif", TIFF, etag='"one"')
    part = shelf.part("a/b.tif", f"{web.url}/b.tif")
    part.begin(part.origin or f"{web.url}/b.tif", {"etag": '"one"'}, len(TIFF))
    part.path.write_bytes(TIFF[:70_000])
    found = bring(door, Wanted("a/b.tif", f"{web.url}/b.tif"), shelf, patience)
    assert found.sha256 == SHA256
    assert web.seen[0].headers["range"] == "bytes=70000-"


def test_a_process_killed_with_the_bytes_on_their_way_leaves_what_can_be_used(web, tmp_path, door, patience):
    cut = Reply(TIFF, etag='"one"', cut_after=100_000)
    web.replies("/b.tif", cut, Reply(TIFF, etag='"one"'))
    program = (
        "import time\n"
        "from pathlib import Path\n"
        "from data_catalog.endpoint import Endpoint\n"
        "from pipelines.connectors.transport.door import Wanted, bring\n"
        "from pipelines.connectors.transport.http import HttpDoor\n"
        "from pipelines.connectors.transport.patience import Patience\n"
        "from pipelines.connectors.transport.shelf import Shelf\n"
        "def wait(seconds):\n"
        "    print('waiting', flush=True)\n"
        "    time.sleep(60)\n"
        f"door = HttpDoor(Endpoint(address={web.url!r}, internal=True))\n"
        f"bring(door, Wanted('b.tif', {web.url + '/b.tif'!r}), Shelf(Path({str(tmp_path)!r}), 'example'),\n"
        "      Patience(sleep=wait))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        os.kill(process.pid, signal.SIGKILL)
    shelf = Shelf(tmp_path, "example")
    assert shelf.records() == []
    found = bring(door, Wanted("b.tif", f"{web.url}/b.tif"), shelf, patience)
    assert found.sha256 == SHA256
    assert web.seen[-1].headers["range"] == "bytes=100000-"


def test_bytes_that_were_all_here_need_no_request(web, shelf, door, patience):
    part = shelf.part("b.tif", f"{web.url}/b.tif")
    part.begin(f"{web.url}/b.tif", {"etag": '"one"'}, len(TIFF))
    part.path.write_bytes(TIFF)
    assert bring(door, Wanted("b.tif", f"{web.url}/b.tif"), shelf, patience).sha256 == SHA256
    assert web.seen == []


def test_a_server_that_asks_for_patience_is_given_it(fetch, web, slept):
    web.replies("/b.tif", Reply(status=429, headers={"Retry-After": "7"}), Reply(status=500), Reply(TIFF))
    assert fetch().sha256 == SHA256
    assert slept == [7.0, 2.0]  # then the second wait of the doubling 1, 2, 4, at its longest


def test_a_date_to_come_back_at_is_waited_for():
    now = datetime(2026, 7, 20, 4, 0, 0, tzinfo=UTC)
    headers = {"retry-after": "Mon, 20 Jul 2026 04:01:30 GMT"}
    assert retry_after(headers, lambda: now) == 90.0
    assert retry_after({"retry-after": "12"}, lambda: now) == 12.0
    assert retry_after({"retry-after": "Mon, 20 Jul 2026 03:00:00 GMT"}, lambda: now) == 0.0
    assert retry_after({"retry-after": "soon"}, lambda: now) is None
    assert retry_after({}, lambda: now) is None


def test_a_server_that_asks_for_hours_is_left_alone(fetch, web, slept):
    web.file("/b.tif", b"", status=503, headers={"Retry-After": "86400"})
    with pytest.raises(Unreachable, match="503"):
        fetch()
    assert len(web.seen) == 1
    assert slept == []


def test_waits_double_and_are_drawn_from_their_upper_half():
    waits: list[float] = []
    patience = Patience(attempts=5, longest=3.0, sleep=waits.append, chance=lambda: 0.0)

    def never():
        from pipelines.connectors.transport.patience import Transient

        raise Transient(Unreachable("never"))

    with pytest.raises(Unreachable, match="never"):
        patience.run(never)
    assert waits == [0.5, 1.0, 1.5, 1.5]  # half of 1, 2, 3, 3


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, NotFound), (410, NotFound), (401, InvalidInput), (403, InvalidInput), (418, Unreachable)],
)
def test_what_does_not_pass_is_not_tried_again(fetch, web, status, error):
    web.file("/b.tif", b"", status=status)
    with pytest.raises(error, match=str(status)):
        fetch()
    assert len(web.seen) == 1


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><title>Log in</title>", b"\xef\xbb\xbf \n<html>", b"{}"])
def test_a_login_page_is_not_an_image(fetch, web, shelf, page):
    web.file("/b.tif", page, headers={"Content-Type": "image/tiff"})
    with pytest.raises(InvalidInput, match="not what was asked for"):
        fetch()
    assert shelf.records() == []
    assert left_over(shelf) == []


def test_a_wrong_checksum_is_tried_again_and_then_refused(fetch, web, shelf):
    web.replies("/b.tif", Reply(TIFF[:-1] + b"\0"), Reply(TIFF))
    assert fetch(checksum=f"sha256:{SHA256}").sha256 == SHA256
    web.file("/b.tif", b"II*\0other", etag='"three"')
    with pytest.raises(InvalidInput, match="checksum differs"):
        fetch(checksum=f"sha256:{SHA256}")
    assert [record.sha256 for record in shelf.records()] == [SHA256]
    assert left_over(shelf) == []


def test_the_multihash_of_a_stac_item_is_understood(fetch, web):
    web.file("/b.tif", TIFF)
    # code 0x12 sha2-256, length 0x20; code 0xd5 0x01 (varint of 0xd5) md5, length 0x10
    assert fetch(checksum=f"1220{SHA256}").size == len(TIFF)
    md5 = hashlib.md5(TIFF, usedforsecurity=False).hexdigest()
    assert fetch(checksum=f"d50110{md5}").size == len(TIFF)
    for wrong in ("zz", "1220abcd", "9920" + SHA256, ""):
        if wrong:
            with pytest.raises(InvalidInput, match="cannot be understood"):
                fetch(checksum=wrong)


@pytest.mark.parametrize("told", [True, False])
def test_a_file_larger_than_declared_is_refused_as_early_as_can_be(fetch, web, shelf, told):
    headers = {} if told else {"Connection": "close"}
    web.file("/b.tif", TIFF, headers=headers)
    with pytest.raises(InvalidInput, match="larger than the source may be"):
        fetch(max_bytes=100_000)
    assert shelf.records() == []


def test_a_redirect_is_followed_to_declared_hosts_alone(web, shelf, patience, monkeypatch):
    monkeypatch.setenv("EXAMPLE_TOKEN", "s3cret")
    web.file("/b.tif", b"", status=302, headers={"Location": f"http://localhost:{web.port}/c.tif"})
    web.file("/c.tif", TIFF)
    login = {"kind": "bearer", "variable": "EXAMPLE_TOKEN"}
    wanted = Wanted("b.tif", f"{web.url}/b.tif")
    endpoint = Endpoint(address=web.url, internal=True, login=login)
    declared = pytest.raises(InvalidInput, match=r"not declared.*got localhost")
    with closing(HttpDoor(endpoint)) as door, declared:
        bring(door, wanted, shelf, patience)
    assert web.paths() == ["/b.tif"]
    allowed = Endpoint(address=web.url, hosts=("localhost",), internal=True, login=login)
    with closing(HttpDoor(allowed, lookup=lambda *_: ["127.0.0.1"])) as door:
        assert bring(door, wanted, shelf, patience).sha256 == SHA256
    assert web.seen[1].headers["authorization"] == "Bearer s3cret"
    assert "authorization" not in web.seen[2].headers


def test_redirects_in_a_ring_end(fetch, web):
    web.file("/b.tif", b"", status=307, headers={"Location": "/b.tif"})
    with pytest.raises(InvalidInput, match="redirected too often"):
        fetch()
    assert len(web.seen) == 6


def test_a_server_that_says_nothing_is_given_up(web, shelf, slept):
    held = []

    def silent(request):
        held.append(request)
        time.sleep(0.4)
        return Reply(TIFF)

    web.rules["/b.tif"] = silent
    patience = Patience(attempts=2, sleep=slept.append)
    endpoint = Endpoint(address=web.url, internal=True, read_seconds=0.1)
    with closing(HttpDoor(endpoint)) as door, pytest.raises(Unreachable, match="ReadTimeout"):
        bring(door, Wanted("b.tif", f"{web.url}/b.tif"), shelf, patience)
    assert len(held) == 2


def test_a_trickle_is_not_listened_to_for_ever(web, shelf, slept, endpoint):
    web.file("/b.tif", TIFF)
    times = iter(range(0, 10_000_000, 1000))  # a clock on which every piece takes 1000 s
    patience = Patience(attempts=2, sleep=slept.append)
    door = HttpDoor(endpoint, clock=lambda: float(next(times)))
    with closing(door), pytest.raises(Unreachable, match="trickles"):
        bring(door, Wanted("b.tif", f"{web.url}/b.tif"), shelf, patience)


def test_a_line_that_breaks_more_often_than_is_tried_still_brings_what_grows(fetch, web, slept):
    """Four attempts, each cut after 20,000 bytes: 204,804 bytes need eleven."""
    web.file("/b.tif", TIFF, etag='"one"', cut_after=20_000)
    assert fetch().sha256 == SHA256
    assert len(web.seen) == 11


def test_each_kind_of_login_is_sent_and_none_is_recorded(web, shelf, patience, monkeypatch):
    monkeypatch.setenv("EXAMPLE_LOGIN", "user:word")
    web.file("/b.tif", TIFF)
    logins = (
        {"kind": "basic", "variable": "EXAMPLE_LOGIN"},
        {"kind": "header", "name": "X-Key", "variable": "EXAMPLE_LOGIN"},
        {"kind": "query", "name": "tk", "variable": "EXAMPLE_LOGIN"},
    )
    for login in logins:
        with closing(HttpDoor(Endpoint(address=web.url, internal=True, login=login))) as door:
            record = bring(door, Wanted("b.tif", f"{web.url}/b.tif?v=1"), shelf, patience)
        assert record.origin == f"{web.url}/b.tif"
        assert "word" not in str(record.to_json())
    # "user:word" in base 64
    assert web.seen[0].headers["authorization"] == "Basic dXNlcjp3b3Jk"
    assert web.seen[1].headers["x-key"] == "user:word"
    assert web.seen[2].query == {"v": "1", "tk": "user:word"}


def test_credentials_that_are_not_set_are_asked_for_by_name(web, shelf, patience, monkeypatch):
    monkeypatch.delenv("EXAMPLE_LOGIN", raising=False)
    login = {"kind": "basic", "variable": "EXAMPLE_LOGIN"}
    endpoint = Endpoint(address=web.url, internal=True, login=login)
    with closing(HttpDoor(endpoint)) as door, pytest.raises(InvalidInput, match="EXAMPLE_LOGIN"):
        bring(door, Wanted("b.tif", f"{web.url}/b.tif"), shelf, patience)


@pytest.mark.parametrize("name", ["../b.tif", "/etc/b", ".records/b", "a//b", "a\\b", "", "a/\nb", "x" * 300])
def test_a_name_from_outside_cannot_lead_elsewhere(web, door, shelf, patience, name):
    with pytest.raises(InvalidInput, match="a name that is no file's"):
        bring(door, Wanted(name, f"{web.url}/b.tif"), shelf, patience)


def test_two_fetches_of_a_source_exclude_each_other(shelf):
    with (
        shelf.reserved(),
        pytest.raises(StoreConflict, match="another fetch"),
        Shelf(shelf.site, "example").reserved(),
    ):
        pass
    with shelf.reserved():
        pass


def test_a_proxy_of_the_environment_is_not_used(fetch, web, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    web.file("/b.tif", TIFF)
    assert fetch().sha256 == SHA256


@pytest.mark.parametrize("target", ["http://[nothing/b.tif", "http://127.0.0.1:port/b.tif", "http://a\x7fb/"])
def test_a_redirect_to_what_is_no_address_is_refused(fetch, web, target):
    web.rules["/b.tif"] = lambda request: Reply(status=302, headers={"Location": target})
    with pytest.raises((InvalidInput, Unreachable)):
        fetch()


def test_a_link_that_is_no_address_is_refused(door, shelf, patience):
    with pytest.raises(InvalidInput, match="address that cannot be read"):
        bring(door, Wanted("b", "http://[nothing/b"), shelf, patience)


def test_a_document_that_cannot_be_unpacked_is_asked_for_again(door, web, patience, slept):
    web.rules["/a.json"] = lambda request: Reply(b"no gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(Unreachable, match="DecodingError"):
        patience.run(lambda: door.json(f"{web.url}/a.json"))
    assert len(slept) == 3


@pytest.mark.parametrize("secret", ["word\n", "wörd"])
def test_a_secret_that_no_header_can_hold_is_refused_without_showing_it(
    web, shelf, patience, monkeypatch, secret
):
    monkeypatch.setenv("EXAMPLE_TOKEN", secret)
    login = {"kind": "bearer", "variable": "EXAMPLE_TOKEN"}
    endpoint = Endpoint(address=web.url, internal=True, login=login)
    with closing(HttpDoor(endpoint)) as door, pytest.raises(InvalidInput, match="EXAMPLE_TOKEN") as caught:
        bring(door, Wanted("b", f"{web.url}/b"), shelf, patience)
    assert secret.strip() not in str(caught.value)


def test_a_piece_with_numbers_of_another_script_is_refused(door, web):
    web.rules["/b"] = lambda request: Reply(
        b"x", 206, headers={"Content-Range": "bytes \u00b2-3/4"}, ranges=False
    )
    with pytest.raises(InvalidInput, match="does not say which"):
        door.piece(f"{web.url}/b", 2, 3, max_bytes=10)


def test_a_range_that_cannot_be_given_is_no_answer_to_who_asked_for_none(door, fetch, web):
    web.rules["/b.tif"] = lambda request: Reply(b"no such range", 416)
    with pytest.raises(Unreachable, match="416"):
        fetch()
    with pytest.raises(Unreachable, match="416"):
        door.document(f"{web.url}/b.tif")
    assert len(web.seen) == 2


def test_a_server_that_refuses_the_rest_and_the_whole_alike_is_given_up(door, web):
    web.rules["/b.tif"] = lambda request: Reply(b"no such range", 416)
    with (
        pytest.raises(Unreachable, match="416"),
        door.read(f"{web.url}/b.tif", offset=10, of={"etag": '"one"'}),
    ):
        pass
    assert [request.headers.get("range") for request in web.seen] == ["bytes=10-", None]
