"""How fast the models of assets are; by hand: ``python tests/benchmarks/asset_models.py [assets] [dams]``.

Made-up facilities with readings, a forecast of 51 members and 72 hours as of an ensemble, and the same
with one member, which is perturbed; all have had shaking. The search of slip circles is measured on its own,
beside a plain search in Python of the same circles on a few dams. Each row is the median of three, after one
run that compiles.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import shapely
from rich.console import Console
from rich.table import Table

from data_catalog.store import Feature
from minegis.levels import Origin
from minegis.reading import Quality, Reading
from pipelines.asset_models import AssetInputs, Forecast, tsf
from risk_models.rule_package import load_rules
from risk_models.tailings.slope_stability import bishop_factor_of_safety

AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
HOURS = 72
RULES = load_rules("national")


def facilities(count: int, members: int) -> AssetInputs:
    """Made-up facilities of all sizes with what the models may look at."""
    rng = np.random.default_rng(1)
    height, storage = rng.uniform(15, 150, count), rng.lognormal(5.5, 1.2, count)
    crest = rng.uniform(400, 3000, count)
    features = [
        Feature(
            f"tsf-{i}",
            {
                "name": f"示例{i}", "raise_method": ("upstream", "centreline", "downstream", "single")[i % 4],
                "status": "in_use", "total_storage": float(storage[i]), "dam_height": float(height[i]),
                "beach_crest_elevation": float(crest[i]), "normal_level": float(crest[i] - 3.5),
                "design_flood_level": float(crest[i] - 1.5), "dry_beach_length": 180.0,
                "catchment": float(rng.uniform(0.1, 8)), "surface_area": float(rng.uniform(1e4, 4e5)),
                "decant_capacity": float(rng.uniform(0.5, 30)),
                "population_downstream": int(rng.integers(0, 500)),
                "outer_slope_ratio": float(rng.uniform(2.5, 5)),
            },
            shapely.Point(100 + i % 100 / 10, 28 + i // 100 / 100),
            Origin.SAMPLE,
            "benchmark",
        )
        for i in range(count)
    ]  # fmt: skip
    readings = [
        [
            reading(i, "pond_level", float(crest[i] - rng.uniform(2, 4))),
            *(reading(i, "phreatic_depth", float(rng.uniform(2, 9)), f"p{k}") for k in range(4)),
        ]
        for i in range(count)
    ]
    rain = rng.gamma(0.3, 6.0, (members, HOURS, count))
    cells = {"pga": rng.uniform(0, 0.5, count), "pgv": rng.uniform(1, 60, count)}
    return AssetInputs(
        features,
        readings,
        cells,
        dict.fromkeys(cells, "shakemap"),
        Forecast(rain, AT, "benchmark"),
        RULES,
        AT,
    )


def reading(number: int, variable: str, value: float, point: str = "level") -> Reading:
    moment = AT - timedelta(hours=1)
    return Reading(
        point, "tsf", f"tsf-{number}", variable, value, moment, Quality.GOOD, Origin.SAMPLE, "benchmark"
    )


def sections(count: int) -> tuple[np.ndarray, ...]:
    """Cross-sections in the order of the search."""
    rng = np.random.default_rng(2)
    height = rng.uniform(15, 150, count)
    ranges = [(2, 5), (0, 20), (24, 35), (17, 21), (2, 10), (50, 400), (1, 5)]
    return (height, *(rng.uniform(*each, count) for each in ranges), 0.25 * height)


def plain_search(height: float, ratio: float, cohesion: float, friction: float, weight: float) -> float:
    """Search the circles of one dry dam in plain Python: what the compiled search is measured against."""
    tangent, slices, worst = math.tan(math.radians(friction)), 20, math.inf

    def ground(x: float) -> float:
        return min(max(x / ratio, 0.0), height)

    for left in np.linspace(-height, 0.9 * ratio * height, 6):
        for right in np.linspace(max(left, 0.0) + 0.05 * height, (ratio + 2.5) * height, 9):
            for sagitta in np.linspace(0.02, 0.5, 7):
                run, rise = right - left, ground(right) - ground(left)
                if rise <= 0:
                    continue
                chord = math.hypot(run, rise)
                radius = chord / (8 * sagitta) + chord * sagitta / 2
                away = radius / chord - sagitta
                x0, y0 = (left + right) / 2 - rise * away, (ground(left) + ground(right)) / 2 + run * away
                parts, driving = [], 0.0
                for k in range(slices):
                    x = left + (k + 0.5) * run / slices
                    sine = (x - x0) / radius
                    cosine = math.sqrt(max(1 - sine * sine, 1e-12))
                    load = weight * (ground(x) - y0 + radius * cosine) * run / slices
                    parts.append((cohesion * run / slices + load * tangent, cosine, sine * tangent, load))
                    driving += load * sine
                if driving <= 0 or min(part[3] for part in parts) < 0 or ground(right) > y0:
                    continue
                safety = 1.0
                for _ in range(20):
                    shares = [cosine + friction_ / safety for _, cosine, friction_, _ in parts]
                    if min(shares) < 0.2:
                        break
                    safety = sum(part[0] / share for part, share in zip(parts, shares, strict=True)) / driving
                else:
                    worst = min(worst, safety)
    return worst


def median(job: Callable[[], object]) -> float:
    """Seconds of a job, the median of three after one that compiles."""
    job()
    taken = []
    for _ in range(3):
        begin = time.perf_counter()
        job()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def main(assets: int = 10_000, dams: int = 1_000) -> None:
    """Measure and print."""
    table = Table("what", "seconds", "target", "a second")
    for members in (51, 1):
        inputs = facilities(assets, members)
        taken = median(lambda inputs=inputs: tsf.evidence(inputs))  # type: ignore[misc]
        nodes = sum(len(each) for each in tsf.evidence(inputs))
        table.add_row(
            f"{assets:,} facilities, all models ({nodes:,} nodes), {members} members × {HOURS} h",
            f"{taken:.2f}",
            "≤ 5 s of 10,000",
            f"{assets / taken:,.0f}",
        )
    given = sections(dams)
    taken = median(lambda: bishop_factor_of_safety(*given, 0.0, 0.0))
    table.add_row(f"Bishop search, {dams:,} dams", f"{taken:.3f}", "≤ 30 s of 1,000", f"{dams / taken:,.0f}")
    few = min(dams, 3)
    plain = median(lambda: [plain_search(*(float(each[i]) for each in given[:5])) for i in range(few)])
    table.add_row(
        f"the coarse grid alone, plain Python, {few} dams", f"{plain:.3f}", "–", f"{few / plain:,.1f}"
    )
    Console().print(table)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
