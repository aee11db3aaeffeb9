"""The examples of the page on filters are run as they stand there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

PAGE = Path(__file__).parents[2] / "docs" / "users" / "filters.md"
EXAMPLES = [
    command
    for block in re.findall(r"```\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for command in re.findall(r"^curl .*?(?<!\\)$", block, re.DOTALL | re.MULTILINE)
]
# What they select of the small site: T1 is of class 4 and 48 m high; village n has 1000 + 7 n people, odd for
# an odd n; e1 and e2 are strong, e1 is of 2008; T1 and T2 are of the county, T1 alone lies in the square.
SELECTED = ["T1", None, "p011 p013 p015 p017 p019", "e1", None, "T1 T2", "T1", None]


@pytest.mark.parametrize(("command", "selected"), list(zip(EXAMPLES, SELECTED, strict=True)))
def test_an_example_of_the_page_selects(client: TestClient, command: str, selected: str | None) -> None:
    program, option, address, *rest = shlex.split(command.replace("\\\n", " "))
    assert (program, option) == ("curl", "-G")
    query = dict(part.split("=", 1) for part in rest if part != "--data-urlencode")
    response = client.get(address.removeprefix("http://127.0.0.1:8000"), params=query)
    if "'high'" in command:
        assert response.status_code == 400
        assert response.json()["where"] == "filter, dam_height"
        assert (response.json()["expected"], response.json()["got"]) == ("number", "text")
        return
    assert response.status_code == 200
    found = {feature["id"] for feature in response.json()["features"]}
    assert found
    if selected is not None:
        assert found == set(selected.split())
