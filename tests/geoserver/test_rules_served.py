"""Rules of another province come and go while the server runs: the sample changes a colour and back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.rule_signing import key_line, make_key, sign
from risk_models.rule_package import read_rules

# On top of Liaoning's two colours: a torrential day is orange, a heavy one yellow.
TEXT = """\
id: somewhere
version: 1.0.0
title: {zh: 某省规则（示例）, en: A made-up province}
extends: liaoning
items:
  rain_24h:
    label: {zh: 24小时雨量, en: 24 h rain}
    cause: weather
    unit: mm
    variables: [rain_24h]
    applies: {tsf: {}, slope: {}, mine: {}}
    comparison: above
    clause: made up for a test
    thresholds:
      blue: {value: 10, inclusive: true, provenance: test}
      yellow: {value: 25, inclusive: true, provenance: test}
      orange: {value: 50, inclusive: true, provenance: test}
      red: {value: 250, inclusive: true, provenance: test}
"""
PERIOD = {"since": "2026-07-19T04:00:00Z", "until": "2026-07-20T04:00:00Z", "step_hours": 6, "who": "李"}
TIERS = ("none", "blue", "yellow", "orange", "red")


type Serve = Callable[..., str]


def run(site: Path) -> None:
    command = [sys.executable, "-m", "geoserver.cli", "run", "--site", str(site)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)


@pytest.mark.slow
def test_the_rules_of_another_province_change_a_colour_and_are_rolled_back_while_the_server_runs(
    published_site: Path, serve: Serve, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    shutil.copytree(published_site, site)
    key = make_key(tmp_path / "office.pem", "省厅")
    (tmp_path / "trusted.yaml").write_text("keys:\n" + key_line(key), encoding="utf-8")
    address = serve(site, rule_keys=str(tmp_path / "trusted.yaml"))  # started once, stopped at the end
    signature = sign(read_rules(TEXT, "test"), tmp_path / "office.pem", datetime.now(UTC))
    with httpx.Client(base_url=address, timeout=300) as client:

        def post(path: str, **body: Any) -> dict[str, Any]:
            answer = client.post(f"/api/v1/rules{path}", json=body)
            assert answer.status_code in (200, 201), answer.text
            found: dict[str, Any] = answer.json()
            return found

        def judged(asset: dict[str, Any]) -> tuple[str, str]:
            chain = client.get(f"/api/v1/assets/{asset['dataset']}/{asset['id']}").json()["assessment"][
                "chain"
            ]
            return TIERS[chain["tier"]], chain["method"]

        post("", text=TEXT, signature=signature.model_dump(), who="李")
        decision = {"who": "王", "reason": "汛期"}
        refused = client.post("/api/v1/rules/somewhere/1.0.0/activate", json=decision)
        assert (refused.status_code, refused.json()["what"]) == (409, "not back-tested")
        report = post("/somewhere/1.0.0/backtest", **PERIOD)["report"]
        worse = [
            each
            for each in report["changes"]
            if each["worse"] and each["at_end"]["to"] != each["at_end"]["from"]
        ]
        asset = worse[0]
        assert "items.rain_24h.thresholds.orange.value" in {each["field"] for each in asset["why"]}
        before = judged(asset)
        assert before[1] == "rules/national/1.1.0"
        post("/somewhere/1.0.0/activate", **decision)
        assert judged(asset) == before  # until a run judges
        run(site)
        after = judged(asset)
        assert after[1] == "rules/somewhere/1.0.0"
        assert TIERS.index(after[0]) > TIERS.index(before[0])
        rolled = post("/rollback", **decision)
        assert rolled["active"]["id"] == "national"
        run(site)
        assert judged(asset) == before
