"""No request makes the server fail: every route with bad paths, parameters, headers and bodies."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from routes import filled, templates
from starlette.testclient import httpx

from geoserver.app import create_app
from minegis.settings import Settings

PROBLEM = "application/problem+json"
ITEMS = "/ogc/collections/tsf/items"
PATHS = (
    "../../etc/passwd", "..%2f..%2fsite.yaml", "%00", "' OR 1=1--", "1; DROP TABLE feature_tsf", "nan",
    "-1", "1e9",
    "9" * 400, "😀", "<script>", "%ff%fe", " ", "a" * 3000, "{}", "tsf/../../x", "%E5%B0%BE%25", "null",
)  # fmt: skip
TEXTS = (
    "", " ", "nan", "inf", "-1", "0", "1e999", "9" * 400, "true", "null", "😀", "\x00", "\ud7ff",
    "' OR 1=1--",
    "1); DROP TABLE feature_tsf;--", "%", "%25%", "*", "../../etc/passwd", "{{7*7}}", "<script>",
    "a" * 5000, "(" * 3000,
)  # fmt: skip
PARAMETERS: dict[str, tuple[str, ...]] = {
    "bbox": ("170,10,-170", "1,2,3", "a,b,c,d", "nan,nan,nan,nan", "10,50,0,40", "0,91,1,92", "1e400,0,1,1",
             "0,0,0,0,0", ",,,", "170,-10,-170,10", "-inf,-inf,inf,inf", "0,0,,1"),
    "datetime": ("../..", "2020", "2020-13-01", "2020-01-01/2019-01-01", "0000-00-00T00:00:00Z",
                 "9999-12-31T23:59:59-23:59", "..", "/", "a/b/c", "2020-01-01T00:00:00"),
    "limit": ("0", "-5", "1.5", "99999999999999999999", "ten", "", "+1", "٣"),
    "offset": ("-1", "99999999999999999999", "x", "1e3"),
    "cursor": ("AAAA", "e30", "=", "' OR 1=1--", "a" * 4000, "W10"),
    "as_of": ("yesterday", "2020-01-01", "2020-01-01T00:00:00", "0001-01-01T00:00:00+14:00"),
    "crs": ("EPSG:4326", "http://www.opengis.net/def/crs/EPSG/0/1", "http://example.com",
    "file:///etc/passwd"),
    "bbox-crs": ("EPSG:4326", "http://www.opengis.net/def/crs/EPSG/0/9999999"),
    "filter": ("tier=", "nope=1", "tier=4;DROP TABLE x", "a" * 15_000, "NOT " * 5000 + "tier=1", "(" * 2000,
               "tier IN (" + ",".join(map(str, range(4_000))) + ")", "S_INTERSECTS(geometry,POINT(1))",
               "S_INTERSECTS(geometry,POLYGON((0 0,1 1,0 0)))", "name LIKE '" + "%" * 500 + "'",
               "tier = 'x'",
               "T_AFTER(nope,DATE('2020-99-01'))", "dam_height / 0 > 1", "1=1 OR " * 3000 + "1=1", "{}",
               "[]",
               '{"op":"=","args":[{"property":"tier"}]}', '{"op":"and","args":' + "[" * 3000),
    "filter-lang": ("cql-text", "cql2-json", "sql"),
    "filter-crs": ("EPSG:4326", "http://www.opengis.net/def/crs/EPSG/0/1"),
    "sortby": ("nope", "-", "+,", "geometry", "name,name,name", "-name;DROP TABLE x"),
    "properties": ("nope", "geometry", ",", "name,nope", "*"),
    "resulttype": ("nope", "hits;", "HITS"),
    "f": ("exe", "json;", "../json", "HTML"),
    "lang": ("xx", "zh;q=x", "../zh"),
    "q": ("", "*", '"', "%", "a " * 3000),
    "tier": ("red", "9" * 400, "-1", "1e5"),
    "grid": ("nope", "WebMercatorQuad2"),
    "collections": ("nope", "tsf,tsf", ","),
    "status": ("some",),
    "tilesize": ("-1", "0", "99999", "x"),
    "nope": ("1",),
}  # fmt: skip
HEADERS = (
    {"accept": "application/x-nothing"}, {"accept": "*/*;q=nan"}, {"accept": "," * 500},
    {"accept": "a" * 8000},
    {"accept": "text/html;q=0"}, {"accept-language": "zh;q=x,,;"},
    {"accept-language": "😀".encode().decode("latin-1")},
    {"accept-encoding": "br;q=x, gzip;q=-1,*;q=9"}, {"if-none-match": '"'}, {"if-none-match": "W/"},
    {"if-none-match": '"-br"' * 500}, {"if-modified-since": "yesterday"}, {"range": "bytes=9999999-"},
    {"range": "bytes=a-b"}, {"host": "a b"}, {"host": "[::1"}, {"host": "evil.example/../x"}, {"host": ""},
    {"x-forwarded-proto": "javascript"}, {"if-match": "nonsense"}, {"prefer": "handling=, ;;"},
    {"origin": "null"}, {"content-length": "0"}, {"cookie": "a" * 4000},
)  # fmt: skip
BODIES = (
    b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"type":"Feature"}',
    b'{"type":"Feature","geometry":{},"properties":[]}',
    b"[" * 100_000, b'{"a":' * 50_000,
    b'{"type":"Feature","geometry":{"type":"Point","coordinates":[1e999,0]}}',
    b'{"type":"Feature","geometry":{"type":"Point","coordinates":["a"]},"properties":{}}',
    b'{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,1]]]},"properties":{"name":1}}',
    b'{"type":"Feature","geometry":null,"properties":{"nope":1}}', b"1e400", b'"' + b"a" * 1_000_000 + b'"',
)  # fmt: skip
MEDIA_TYPES = (
    "application/geo+json",
    "application/json",
    "text/plain",
    "application/merge-patch+json",
    "",
    "a/b;c=d;;",
)


@pytest.fixture(scope="module")
def fuzzed(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = shutil.copytree(site, tmp_path_factory.mktemp("fuzzed") / "site")
    app = create_app(Settings(site=folder, web=Path("absent")))
    with TestClient(app, client=("127.0.0.1", 50000), raise_server_exceptions=False) as opened:
        yield opened


def check(answer: httpx.Response, *asked: object) -> None:
    assert answer.status_code < 500 or answer.headers.get("retry-after"), (asked, answer.text[:500])
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == PROBLEM, asked
        body = answer.json()
        assert body["status"] == answer.status_code, asked
        assert body["title"], asked
        assert body["what"], asked
        assert len(answer.content) < 20_000, asked
        assert "Traceback" not in answer.text, asked


def sent(client: TestClient, method: str, address: str, **options: object) -> httpx.Response | None:
    """Return the answer, None for what no client can send."""
    try:
        return client.request(method, address, **options)  # type: ignore[arg-type]
    except (httpx.InvalidURL, UnicodeEncodeError):
        return None


@pytest.mark.parametrize("template", templates())
def test_no_path_makes_the_server_fail(fuzzed: TestClient, template: str) -> None:
    for name in re.findall(r"{(\w+)}", template):
        for value in PATHS:
            for text in (value, quote(value, safe="")):
                answer = sent(fuzzed, "GET", filled(template, **{name: text}))
                if answer is not None:
                    check(answer, template, name, value)


@pytest.mark.parametrize("template", templates())
def test_no_parameter_makes_the_server_fail(fuzzed: TestClient, template: str) -> None:
    chance = random.Random(template)
    every = [(name, value) for name, values in PARAMETERS.items() for value in (*values, *TEXTS)]
    whole = template.endswith(("/items", "/search"))
    for name, value in every if whole else chance.sample(every, 40):
        address = f"{filled(template)}?{name}={quote(value, errors='surrogatepass')}"
        answer = sent(fuzzed, "GET", address)
        if answer is not None:
            check(answer, template, name, value[:80])
    for _ in range(20):
        several = "&".join(f"{name}={quote(value)}" for name, value in chance.sample(every, 3))
        answer = sent(fuzzed, "GET", f"{filled(template)}?{several}")
        if answer is not None:
            check(answer, template, several[:200])


@pytest.mark.parametrize(
    "raw", ["%", "%zz", "=", "&&&", "a=%ff", "bbox", "limit=1&limit=2", "?" * 500, "a=1;b=2"]
)
def test_no_query_string_makes_the_server_fail(fuzzed: TestClient, raw: str) -> None:
    for template in templates():
        check(fuzzed.get(f"{filled(template)}?{raw}"), template, raw)


@pytest.mark.parametrize("template", templates())
def test_no_header_makes_the_server_fail(fuzzed: TestClient, template: str) -> None:
    for headers in HEADERS:
        for method in ("GET", "HEAD"):
            answer = sent(fuzzed, method, filled(template), headers=headers)
            if method == "GET" and answer is not None:
                check(answer, template, headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NONSENSE"])
def test_no_method_makes_the_server_fail(fuzzed: TestClient, method: str) -> None:
    for template in templates():
        answer = fuzzed.request(method, filled(template))
        assert answer.status_code < 500, (method, template, answer.text[:300])


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", ITEMS), ("PUT", f"{ITEMS}/T1"), ("PATCH", f"{ITEMS}/T1")]
)
def test_no_body_makes_the_server_fail(fuzzed: TestClient, method: str, path: str, media_type: str) -> None:
    for body in BODIES:
        answer = fuzzed.request(
            method, path, content=body, headers={"content-type": media_type, "if-match": "*"}
        )
        check(answer, method, path, media_type, body[:80])


def test_what_was_fuzzed_answers_as_before(fuzzed: TestClient) -> None:
    assert fuzzed.get("/livez").status_code == 200
    assert fuzzed.get(f"{ITEMS}?resulttype=hits").json()["numberMatched"] >= 2
