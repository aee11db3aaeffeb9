"""Every asset and region of the sample can be taken apart, to the last point of its score."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data_catalog.site import Site
from data_catalog.store import Store
from minegis.errors import InvalidInput, StoreConflict
from minegis.levels import Tier
from pipelines.explaining import explain_region_tier, explain_tier
from risk_models.rule_package import load_rules

RULES = load_rules("national")


@pytest.fixture
def store(published_site: Path):
    with Store.open(published_site) as opened:
        yield opened


def test_the_points_of_every_warned_asset_sum_to_its_score(store: Store) -> None:
    warned = [record for record in store.assessments() if record.tier]
    assert len(warned) > 100
    for record in warned[::4]:
        found = explain_tier(store, record, RULES)
        assert sum(each.points for each in found.factors) == pytest.approx(record.score, abs=1e-5)


def test_every_severe_asset_says_what_would_make_it_better(store: Store) -> None:
    severe = [record for record in store.assessments() if record.tier >= Tier.ORANGE]
    assert severe
    for record in severe:
        ways = explain_tier(store, record, RULES).counterfactuals
        assert ways, record.asset_id
        assert all(way.changes and way.tier < record.observed_tier for way in ways)


def test_the_points_of_every_region_sum_to_its_score(store: Store) -> None:
    risks = [risk for risk in store.region_risks().values() if risk.score is not None]
    assert len(risks) > 100
    for risk in risks:
        found = explain_region_tier(risk, RULES)
        assert sum(each.points for each in found.factors) == pytest.approx(risk.score, abs=1e-5)


def test_a_tier_that_the_evidence_no_longer_gives_is_not_explained(store: Store) -> None:
    record = next(record for record in store.assessments("tsf") if record.tier)
    with pytest.raises(StoreConflict, match="minegis run"):
        explain_tier(store, replace(record, observed_tier=int(Tier.NONE)), RULES)


def test_the_command_ends_with_the_points_and_the_way_to_a_better_tier(
    published_site: Path, store: Store
) -> None:
    from geoserver.cli import _explained
    from geoserver.explain import take_apart

    worst = max(store.assessments("tsf"), key=lambda record: record.tier)
    lines = list(_explained(take_apart(store, Site.open(published_site), f"tsf/{worst.asset_id}")))
    assert lines[0].lstrip().startswith("+")
    assert lines[-1].startswith("→ ")


def test_the_points_of_hazards_and_assets_sum_to_the_score_of_a_cell(
    published_site: Path, store: Store
) -> None:
    from geoserver.explain import take_apart
    from minegis.cells import to_text
    from tiles.cells import CellTables

    site = Site.open(published_site)
    tables = CellTables(store, published_site).tables()
    finest = tables[site.declaration.resolution]
    warned = np.flatnonzero(finest.tier > 0)
    assert warned.size > 20
    for row in warned[:: warned.size // 10].tolist():
        found = take_apart(store, site, to_text(finest.cell[row : row + 1])[0])
        assert sum(each.points for each in found.factors) == pytest.approx(found.score, abs=0.01)
        assert found.tier >= Tier.BLUE
    coarse = tables[min(tables)]
    with pytest.raises(InvalidInput, match="coarser"):
        take_apart(store, site, to_text(coarse.cell[:1])[0])
