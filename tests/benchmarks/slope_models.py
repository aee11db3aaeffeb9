"""How fast slopes, nowcasts and composites are: ``python tests/benchmarks/slope_models.py``, run by hand.

Takes the numbers of slopes, places and sets. Made-up slopes with three points of 20 readings, 15 days of rain
and a forecast of 51 members and 72 hours; made-up places for the trees of LHASA 2, with XGBoost beside them
where it and the model file are at hand (``MINEGIS_SAMPLE_DATA``); made-up sets of eight indicators, with the
rule for one asset beside the one on arrays. Each row is the median of three, after one run that compiles.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import shapely
from rich.console import Console
from rich.table import Table

from data_catalog.store import Feature
from minegis.levels import Origin, Standing, Tier
from minegis.reading import Quality, Reading
from pipelines.asset_models import AssetInputs, Forecast, slope
from risk_models.composite.indicator import Indicators, composite
from risk_models.rule_package import load_rules
from risk_models.slopes.lhasa import lhasa_probability, read_ensemble
from risk_models.warning.tiers import roll

AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
RULES = load_rules("national")
DATA = Path(os.environ.get("MINEGIS_SAMPLE_DATA", Path(__file__).parents[3] / "shared" / "data"))
MODEL = DATA / "landslide" / "nasa_lhasa_v2_xgboost_model.json"


def slopes(count: int) -> AssetInputs:
    """Made-up slopes with what the models may look at."""
    rng = np.random.default_rng(1)
    features, readings = [], []
    for i in range(count):
        properties = {
            "name": f"示例{i}", "slope_type": ("pit", "dump")[i % 2], "safety_class": "I",
            "slope_height": float(rng.uniform(40, 300)), "slope_angle": float(rng.uniform(28, 55)),
            "cohesion": float(rng.uniform(20, 300)), "friction_angle": float(rng.uniform(25, 42)),
        }  # fmt: skip
        features.append(Feature(f"slope-{i}", properties, shapely.Point(100, 30), Origin.SAMPLE, "benchmark"))
        rates = [
            reading(i, "displacement_rate", 50 / (failure + ago), ago, f"d{k}")
            for k, failure in enumerate(rng.uniform(2, 40, 3).tolist())
            for ago in (np.arange(20) * 0.5).tolist()
        ]
        rain = [reading(i, "rain_24h", float(rng.gamma(0.5, 20)), float(day)) for day in range(15)]
        readings.append([*rates, *rain, reading(i, "rain_1h", float(rng.gamma(0.5, 20)), 0.0)])
    forecast = Forecast(rng.gamma(0.3, 6.0, (51, 72, count)), AT, "benchmark")
    cells = {"pga": rng.uniform(0, 0.5, count)}
    return AssetInputs(features, readings, cells, {"pga": "shakemap"}, forecast, RULES, AT)


def reading(number: int, variable: str, value: float, ago: float, point: str = "p") -> Reading:
    moment = AT - timedelta(days=ago)
    return Reading(
        point, "slope", f"slope-{number}", variable, value, moment, Quality.GOOD, Origin.SAMPLE, "benchmark"
    )


def places(count: int) -> np.ndarray:
    """(6, count): the features of LHASA 2."""
    rng = np.random.default_rng(2)
    return np.stack(
        [
            rng.integers(0, 17, count).astype(float),
            rng.uniform(10.1, 70, count),
            rng.gamma(1.0, 0.2, count),
            rng.uniform(0, 1, count),
            rng.gamma(0.7, 40, count),
            rng.gamma(0.7, 0.6, count),
        ]
    )


def median(job: Callable[[], object]) -> float:
    """Seconds of a job, the median of three after one that compiles."""
    job()
    taken = []
    for _ in range(3):
        begin = time.perf_counter()
        job()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def measure_slopes(table: Table, count: int) -> None:
    """Add the row of all models of slopes."""
    inputs = slopes(count)
    taken = median(lambda: slope.evidence(inputs))
    nodes = sum(len(each) for each in slope.evidence(inputs))
    table.add_row(f"{count:,} slopes, all models ({nodes:,} nodes)", f"{taken:.2f}", f"{count / taken:,.0f}")


def measure_trees(table: Table, count: int) -> None:
    """Add the rows of LHASA 2, beside XGBoost on one thread."""
    if not MODEL.exists():
        table.add_row("LHASA 2: no model file", "–", "–")
        return
    ensemble, given = read_ensemble(MODEL), places(count)
    taken = median(lambda: lhasa_probability(ensemble, *given))
    table.add_row(f"LHASA 2, {count:,} places", f"{taken:.3f}", f"{count / taken:,.0f}")
    try:
        import xgboost
    except ImportError:
        return
    booster = xgboost.Booster(params={"nthread": 1}, model_file=MODEL)
    rows = np.ascontiguousarray(given.T, dtype=np.float32)
    taken = median(lambda: booster.inplace_predict(rows, validate_features=False))  # keeps no answer
    table.add_row(
        f"the same by XGBoost, one thread, {count:,} places", f"{taken:.3f}", f"{count / taken:,.0f}"
    )


def measure_composites(table: Table, count: int) -> None:
    """Add the rows of composites, beside the rule for one asset at a time."""
    rng = np.random.default_rng(3)
    indicators = Indicators(
        tuple("abcdefgh"), (1.0,) * 8, (True,) * 4 + (False,) * 4, (Standing.VERIFIED,) * 8
    )
    scores = 100 * rng.random((8, count)) ** 3
    taken = median(lambda: composite(scores, indicators, RULES))
    table.add_row(f"composite of 8 indicators, {count:,} sets", f"{taken:.3f}", f"{count / taken:,.0f}")
    few = min(count, 20_000)
    lists = [[Tier(int(t)) for t in column] for column in rng.integers(0, 5, (few, 8))]
    taken = median(lambda: [roll(each, RULES.promotion) for each in lists])
    table.add_row(
        f"promotion alone, one asset at a time, {few:,} sets", f"{taken:.3f}", f"{few / taken:,.0f}"
    )


def main(count: int = 10_000, cells: int = 1_000_000, sets: int = 1_000_000) -> None:
    """Measure and print."""
    table = Table("what", "seconds", "a second")
    measure_slopes(table, count)
    measure_trees(table, cells)
    measure_composites(table, sets)
    Console().print(table)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
