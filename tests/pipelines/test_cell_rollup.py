"""Rolling cells up for small scales: the worst stays visible."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minegis import cells
from minegis.errors import InvalidInput
from pipelines.steps.cell_rollup import RULES, Rule, roll_up


def family() -> cells.Cells:
    """Three cells of one parent and one of another, out of order."""
    lon, lat = np.meshgrid(np.linspace(103, 103.2, 60), np.linspace(31, 31.2, 60))
    every = np.unique(cells.cell_at(lon.ravel(), lat.ravel(), 8))
    parent = cells.parents(every, 7)
    whole = [one for one in np.unique(parent) if (parent == one).sum() == 7]
    first, second = every[parent == whole[0]], every[parent == whole[1]]
    return np.array([first[0], second[0], first[1], first[2]], dtype=np.uint64)


def test_a_red_child_makes_its_parent_red() -> None:
    found, columns = roll_up(family(), {"tier": np.array([1, 2, 4, 0])}, 7)
    assert np.array_equal(found, np.sort(cells.parents(family()[:2], 7)))
    assert dict(zip(found.tolist(), columns["tier"].tolist(), strict=True)) == {
        int(cells.parents(family()[:1], 7)[0]): 4,
        int(cells.parents(family()[1:2], 7)[0]): 2,
    }


def test_each_column_follows_its_rule() -> None:
    given = {
        "score": np.array([10.0, np.nan, np.nan, 62.5]),
        "p": np.array([0.5, np.nan, 0.2, np.nan]),
        "state": np.array(["sufficient", "sufficient", "stale", "sufficient"]),
        "assets": np.array([1, 5, 0, 2]),
    }
    found, columns = roll_up(family(), given, 7)
    at = int(np.flatnonzero(found == cells.parents(family()[:1], 7)[0])[0])
    other = 1 - at
    assert columns["score"][at] == 62.5
    assert np.isnan(columns["score"][other])
    assert columns["p"][at] == 0.5
    assert columns["state"][[at, other]].tolist() == ["stale", "sufficient"]
    assert columns["assets"][[at, other]].tolist() == [3, 5]
    # noisy-OR of 0.5 and 0.2: 1 − 0.5 × 0.8 = 0.6
    _, either = roll_up(family(), {"p": given["p"]}, 7, rules={"p": Rule.NOISY_OR})
    assert either["p"][at] == pytest.approx(0.6)
    assert np.isnan(either["p"][other])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(4, 8))
def test_the_worst_is_never_lost_and_no_asset_counted_twice(seed: int, resolution: int) -> None:
    rng = np.random.default_rng(seed)
    every = np.unique(cells.cell_at(rng.uniform(103, 104, 300), rng.uniform(31, 32, 300), 8))
    given = {"tier": rng.integers(0, 5, every.size), "assets": rng.integers(0, 9, every.size)}
    found, columns = roll_up(every, given, resolution)
    assert cells.resolution_of(found) == resolution
    assert columns["tier"].max() == given["tier"].max()
    assert columns["assets"].sum() == given["assets"].sum()
    if resolution == 8:
        assert np.array_equal(columns["tier"], given["tier"])


def test_no_cells_roll_up_to_none() -> None:
    found, columns = roll_up(np.empty(0, dtype=np.uint64), {"tier": np.empty(0, dtype=int)}, 5)
    assert found.size == columns["tier"].size == 0


def test_a_column_without_a_rule_an_unknown_state_and_another_length_are_refused() -> None:
    with pytest.raises(InvalidInput, match="'slope'"):
        roll_up(family(), {"slope": np.zeros(4)}, 7)
    with pytest.raises(InvalidInput, match="fine"):
        roll_up(family(), {"state": np.array(["fine"] * 4)}, 7)
    with pytest.raises(InvalidInput, match="another length"):
        roll_up(family(), {"tier": np.zeros(3)}, 7)
    assert set(RULES) == {"tier", "score", "p", "state", "assets"}
