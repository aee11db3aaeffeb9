from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minegis.levels import Tier

FOLDER = Path(__file__).parents[2] / "notebooks"


def run(name: str) -> dict[str, Any]:
    """Run the code of a notebook, which is kept without results; return what it made."""
    names: dict[str, Any] = {}
    for cell in json.loads((FOLDER / name).read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            exec("".join(cell["source"]), names)
    return names


def test_a_notebook_leads_from_the_worst_asset_to_the_nation(
    published_site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINEGIS_SITE", str(published_site))
    run("why_is_it_red.ipynb")
    told = capsys.readouterr().out
    assert "RED" in told
    assert "nation 100000" in told


def test_a_notebook_shows_every_asset_in_folium_in_the_colours_of_the_map(
    published_site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINEGIS_SITE", str(published_site))
    drawn = run("the_map_in_folium.ipynb")["chart"].get_root().render()
    assert "RED" in capsys.readouterr().out
    assert drawn.count("L.circleMarker") == 900  # 300 facilities, 400 mines, 200 slopes
    for tier in Tier:
        assert f'"color": "{tier.colour}"' in drawn, tier


def test_every_notebook_is_run_here() -> None:
    run_here = {"the_map_in_folium.ipynb", "why_is_it_red.ipynb"}
    assert {path.name for path in FOLDER.glob("*.ipynb")} == run_here
