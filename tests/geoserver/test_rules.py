"""Rule packages through the doors: the API of a small site, and the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from small_site import make_site
from typer.testing import CliRunner

from geoserver.app import create_app
from geoserver.cli import app
from minegis.errors import InvalidInput
from minegis.settings import Settings
from pipelines.rule_signing import key_line, make_key, sign
from risk_models.rule_package import read_rules

LOCAL = "http://localhost"
TEXT = """\
id: somewhere
version: 1.0.0
title: {zh: 某省规则, en: A made-up province}
extends: liaoning
promotion: {clause: made up, provenance: test, blue: 3, yellow: 3, orange: 2}
"""
PERIOD = {"since": "2026-07-01T00:00:00Z", "until": "2026-07-20T00:00:00Z", "step_hours": 24, "who": "Li"}
DECISION = {"who": "Wang", "reason": "flood season"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    key = make_key(folder / "office.pem", "省厅")
    (folder / "trusted.yaml").write_text("keys:\n" + key_line(key), encoding="utf-8")
    return folder


@contextmanager
def opened(folder: Path, keys: Path) -> Iterator[TestClient]:
    settings = Settings(site=make_site(folder), web=Path("absent"), rule_keys=keys / "trusted.yaml")
    with TestClient(create_app(settings), base_url=LOCAL, client=("127.0.0.1", 50000)) as client:
        yield client


@pytest.fixture
def office(tmp_path: Path, keys: Path) -> Iterator[TestClient]:
    with opened(tmp_path, keys) as client:
        yield client


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Iterator[TestClient]:
    """A site that every request of these tests leaves as it was."""
    with opened(tmp_path_factory.mktemp("unchanged"), keys) as client:
        yield client
        assert not [each for each in client.get("/api/v1/rules").json()["packages"] if each["stored"]]


def signed(text: str, keys: Path) -> dict[str, Any]:
    signature = sign(read_rules(text, "test"), keys / "office.pem", datetime.now(UTC))
    return {"text": text, "signature": signature.model_dump(), "who": "Li"}


def test_a_site_lists_what_comes_with_minegis(unchanged: TestClient) -> None:
    body = unchanged.get("/api/v1/rules").json()
    assert (body["active"]["id"], body["log"]) == ("national", [])
    assert {each["id"]: each["state"] for each in body["packages"]} == {
        "liaoning": "received", "national": "active", "shanxi": "received",
    }  # fmt: skip


def test_a_package_goes_its_way_over_http(office: TestClient, keys: Path) -> None:
    loaded = office.post("/api/v1/rules", json=signed(TEXT, keys))
    assert (loaded.status_code, loaded.headers["Location"]) == (201, "/api/v1/rules/somewhere/1.0.0")
    assert (loaded.json()["signer"], loaded.json()["state"]) == ("省厅", "received")
    path = loaded.headers["Location"]
    refused = office.post(f"{path}/activate", json=DECISION)
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["what"] == "not back-tested"
    assert f"POST {path}/backtest" in refused.json()["expected"]
    assert office.get(f"{path}/backtest").status_code == 404
    report = office.post(f"{path}/backtest", json=PERIOD)
    assert report.status_code == 201
    assert report.json() == office.get(f"{path}/backtest").json()
    assert office.post(f"{path}/activate", json=DECISION).json()["active"]["id"] == "somewhere"
    back = office.post("/api/v1/rules/rollback", json=DECISION).json()
    assert [(each["number"], each["kind"], each["from"], each["to"]) for each in back["log"]] == [
        (2, "rollback", "somewhere/1.0.0", "national/1.1.0"),
        (1, "activate", "national/1.1.0", "somewhere/1.0.0"),
    ]
    nothing = office.post("/api/v1/rules/rollback", json=DECISION)
    assert (nothing.status_code, nothing.json()["what"]) == (409, "there is nothing to roll back to")


def test_a_package_is_compared_by_field_value_and_clause(office: TestClient, keys: Path) -> None:
    office.post("/api/v1/rules", json=signed(TEXT, keys))
    body = office.get("/api/v1/rules/somewhere/1.0.0/diff", params={"against": "liaoning"}).json()
    (found,) = body["differences"]
    assert (found["field"], found["old"], found["new"], found["clause"]) == (
        "promotion.blue",
        4,
        3,
        "made up",
    )
    against_active = office.get("/api/v1/rules/somewhere/1.0.0/diff").json()["differences"]
    assert {each["field"].split(".")[0] for each in against_active} == {
        "promotion", "weather_warnings", "recipients",
    }  # fmt: skip
    whole = office.get("/api/v1/rules/somewhere/1.0.0").json()
    assert whole["text"] == TEXT
    assert whole["content"]["promotion"]["blue"] == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TEXT.replace("blue: 3", "blue: three"), "rule package:5: promotion.blue"),
        (TEXT + "hysteresys: {}\n", "rule package:6: hysteresys"),
        ("id: [", "rule package:1: not YAML"),
        (TEXT.replace("liaoning", "atlantis"), "no such rule package"),
        ("a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "\n".join(
            f"{chr(97 + n)}: &{chr(97 + n)} [{', '.join(['*' + chr(96 + n)] * 10)}]" for n in range(1, 9)
        ), "aliases that repeat too much"),
        ("[" * 5000, "not YAML"),
        (TEXT + "items: {x: 2026-13-45}\n", "rule package:6: no timestamp"),
        (TEXT.replace("blue: 3", "blue: !!int ''"), "rule package:5: no int"),
    ],
)  # fmt: skip
def test_a_package_that_is_not_valid_is_refused_with_its_mistakes(
    unchanged: TestClient, text: str, told: str
) -> None:
    answer = unchanged.post("/api/v1/rules", json={"text": text, "who": "Li"})
    assert answer.status_code == 400
    assert told in answer.json()["detail"]


def test_a_package_changed_after_it_was_signed_is_refused(unchanged: TestClient, keys: Path) -> None:
    sent = signed(TEXT, keys) | {"text": TEXT.replace("blue: 3", "blue: 9")}
    answer = unchanged.post("/api/v1/rules", json=sent)
    assert (answer.status_code, answer.json()["what"]) == (400, "the signature is not of this content")


def test_strangers_read_the_rules_and_change_nothing(unchanged: TestClient, keys: Path) -> None:
    away = {"X-Forwarded-For": "203.0.113.7"}
    assert unchanged.get("/api/v1/rules", headers=away).status_code == 200
    requests = {
        "/api/v1/rules": signed(TEXT, keys),
        "/api/v1/rules/rollback": DECISION,
        "/api/v1/rules/national/1.1.0/backtest": PERIOD,
        "/api/v1/rules/national/1.1.0/activate": DECISION,
    }
    for path, body in requests.items():
        assert unchanged.post(path, json=body, headers=away).status_code == 403, path


def test_the_body_of_a_stranger_is_not_read(unchanged: TestClient) -> None:
    away = {"X-Forwarded-For": "203.0.113.7"}
    for body in (b"{", b"x" * 5_000_000):
        answer = unchanged.post("/api/v1/rules", content=body, headers=away)
        assert answer.status_code == 403
        assert len(answer.content) < 1000


def test_a_body_without_end_is_refused(unchanged: TestClient) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        yield b'{"who": "'
        while sent < 60:
            sent += 1
            yield b"x" * 2**20

    answer = unchanged.post("/api/v1/rules", content=chunks(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["expected"]) == (413, "at most 4194304 bytes")  # 4 × 2^20


@pytest.mark.parametrize(
    "body",
    [
        {"text": "x" * 2_000_000, "who": "Li"},
        {"text": TEXT, "who": "x" * 2_000_000},
        {"text": TEXT, "who": "Li", "signature": {"key": "x" * 1_000_000, "signed_at": "", "value": ""}},
        {"text": TEXT, "who": "Li", "x" * 1_000_000: 1},
        {"text": TEXT, "who": "Li", "\ud800": 1},
        {"text": TEXT, "who": "\ud800"},
        [TEXT * 1000],
    ],
)
def test_what_is_too_long_is_refused_by_its_beginning(unchanged: TestClient, body: Any) -> None:
    answer = unchanged.post("/api/v1/rules", content=json.dumps(body))
    assert answer.status_code == 400
    assert len(answer.content) < 2000


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/rules/rollback", {"who": "Wang"}),
        ("/api/v1/rules/rollback", {"who": "Wang", "reason": "x" * 2001}),
        ("/api/v1/rules/rollback", {"who": " ", "reason": "x"}),
        ("/api/v1/rules/national/1.1.0/backtest", PERIOD | {"until": "2026-07-01T00:00:00"}),
        ("/api/v1/rules/national/1.1.0/backtest", PERIOD | {"until": "2026-06-01T00:00:00Z"}),
        ("/api/v1/rules/national/1.1.0/backtest", PERIOD | {"step_hours": 1e-9}),
        ("/api/v1/rules/national/1.1.0/backtest", PERIOD | {"step_hours": float("nan")}),
        ("/api/v1/rules/national/1.1.0/backtest", PERIOD | {"since": "0001-01-01T00:00:00+14:00"}),
        ("/api/v1/rules/national/1.1.0/backtest", PERIOD | {"until": "9999-12-31T23:59:59-12:00"}),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(
    unchanged: TestClient, path: str, body: dict[str, Any]
) -> None:
    answer = unchanged.post(path, content=json.dumps(body))
    assert answer.status_code == 400
    assert answer.json()["status"] == 400


def test_what_is_not_there_is_not_found(unchanged: TestClient) -> None:
    for path in ("atlantis/1.0.0", "national/9", "national/9/diff", "national/1.1.0/diff?against=atlantis",
                 "thresholds/tsf/absent", "thresholds/atlantis/x"):  # fmt: skip
        assert unchanged.get(f"/api/v1/rules/{path}").status_code == 404, path


def test_limits_are_generated_from_the_design_of_an_asset(unchanged: TestClient) -> None:
    # T1: 320 × 10⁴ m³ and 48 m are class 4, upstream: freeboard 0.5 m, beach 50 m;
    # phreatic depth between 2 m at 30 m and 4 m at 60 m: 2 + 2 × 18 / 30 = 3.2 m.
    body = unchanged.get("/api/v1/rules/thresholds/tsf/T1").json()
    found = {each["item"]: each["thresholds"] for each in body["thresholds"]}
    assert found["freeboard"]["red"]["value"] == 0.5
    assert found["dry_beach"]["red"]["value"] == 50
    assert found["phreatic_depth"]["red"]["value"] == pytest.approx(3.2)
    assert found["phreatic_depth"]["orange"]["value"] == pytest.approx(3.52)
    assert "project default" in found["freeboard"]["blue"]["provenance"]
    missing = {each["item"]: each["missing"] for each in body["thresholds"] if each["missing"]}
    assert "design_flood_level" in missing["flood_level_gap"]
    required = {each["key"]: each["value"] for each in body["requirements"]}
    assert (required["flood_standard"], required["factor_of_safety/bishop/normal"]) == ("100–200", 1.25)


@pytest.mark.parametrize("trusted", [None, "keys: [", "keys: [{signer: a, public: b}]"])
def test_trusted_keys_that_cannot_be_read_are_told_in_the_log_and_not_to_the_client(
    tmp_path: Path, trusted: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    if trusted is not None:
        (tmp_path / "trusted.yaml").write_text(trusted, encoding="utf-8")
    with opened(tmp_path / "site", tmp_path) as client:
        answer = client.post("/api/v1/rules", json={"text": TEXT, "who": "Li"})
    assert (answer.status_code, answer.json()["where"]) == (500, "MINEGIS_RULE_KEYS")
    assert str(tmp_path) not in answer.text
    assert str(tmp_path / "trusted.yaml") in caplog.text


def test_a_file_of_the_server_that_is_not_as_declared_is_told_in_the_log_and_not_to_the_client(
    tmp_path: Path, keys: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path, keys) as client:
        (folder := next(tmp_path.rglob("site.yaml")).parent / "rules").mkdir()
        (folder / "liaoning.yaml").write_text("id: [", encoding="utf-8")
        answer = client.post("/api/v1/rules", json={"text": TEXT, "who": "Li"})
    assert answer.status_code == 500
    assert str(tmp_path) not in answer.text
    assert str(folder / "liaoning.yaml") in caplog.text


def test_one_back_test_at_a_time_keeps_no_rollback_waiting(
    office: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, finish = Event(), Event()

    def slow(*_: Any, **__: Any) -> None:
        started.set()
        assert finish.wait(60)
        raise InvalidInput("ended by the test")

    monkeypatch.setattr("geoserver.rule_routes.backtest_apart", slow)
    path = "/api/v1/rules/national/1.1.0/backtest"
    with ThreadPoolExecutor(1) as apart:
        first = apart.submit(office.post, path, json=PERIOD)
        assert started.wait(60)
        second = office.post(path, json=PERIOD)
        rolled = office.post("/api/v1/rules/rollback", json=DECISION)
        finish.set()
        assert (second.status_code, second.headers["Retry-After"]) == (503, "1")
        assert (rolled.status_code, rolled.json()["what"]) == (409, "there is nothing to roll back to")
        assert first.result().json()["what"] == "ended by the test"
    assert office.post(path, json=PERIOD).json()["what"] == "ended by the test"


def test_the_command_refuses_a_step_and_a_time_that_cannot_be(tmp_path: Path) -> None:
    site = make_site(tmp_path / "site")
    for given in (
        ("--step", "nan"),
        ("--step", "1e300"),
        ("--since", "0001-01-01"),
        ("--until", "9999-12-31"),
    ):
        command = ["rules", "backtest", "national", "--site", str(site), *given]
        with pytest.raises(InvalidInput):
            CliRunner().invoke(app, command, catch_exceptions=False)


def test_the_command_does_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, package = make_site(tmp_path / "site"), tmp_path / "somewhere.yaml"
    package.write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv("MINEGIS_SITE", str(site))
    monkeypatch.setenv("MINEGIS_RULE_KEYS", str(tmp_path / "trusted.yaml"))
    runner = CliRunner()

    def do(*arguments: str) -> str:
        result = runner.invoke(app, ["rules", *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    (tmp_path / "trusted.yaml").write_text(
        do("keygen", str(tmp_path / "office.pem"), "--signer", "省厅"), encoding="utf-8"
    )
    assert json.loads(do("check", str(package), "--json"))["signer"] == ""
    do("sign", str(package), "--key", str(tmp_path / "office.pem"))
    assert yaml.safe_load((tmp_path / "somewhere.yaml.sig").read_text(encoding="utf-8"))["key"]
    assert json.loads(do("check", str(package), "--json"))["signer"] == "省厅"
    assert json.loads(do("load", str(package), "--json"))["state"] == "received"
    assert do("show", "somewhere") == TEXT
    assert "promotion.blue" in do("diff", "somewhere", "--against", "national")
    report = json.loads(do("backtest", "somewhere", "--since", "2026-07-01", "--step", "24", "--json"))
    assert report["until"] == "2026-07-20T04:00:00Z"
    assert "0 of 2 assets" in do("backtest", "somewhere/1.0.0", "--since", "2026-07-01", "--step", "24")
    shown = json.loads(do("activate", "somewhere", "--reason", "flood", "--who", "Wang", "--json"))
    assert (shown["active"]["id"], shown["log"][0]["who"]) == ("somewhere", "Wang")
    assert "flood" in do("list")
    assert json.loads(do("rollback", "--reason", "back", "--json"))["active"]["id"] == "national"
    assert "51108" in do("thresholds", "tsf/T1")
