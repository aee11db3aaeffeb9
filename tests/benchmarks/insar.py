"""The movement of Mexico City: figures, a picture, and how fast the inversion is.

Run: python tests/benchmarks/insar.py FOLDER [--image FILE.png] [--pixels N]
FOLDER holds the unwrapped interferograms and coherence of `satellite/insar_mexico_city`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from pipelines.movement import Monitored, measure_movement
from pipelines.steps.insar_geometry import vertical_if_level
from pipelines.steps.insar_inversion import invert, line_of_sight_displacement
from pipelines.steps.insar_network import close_triplets, referenced, wrongly_unwrapped
from pipelines.steps.insar_regime import regime_change

PLACES = {"east, lake bed": (5, 95), "centre": (30, 60), "west, hills": (20, 5)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--image", type=Path)
    parser.add_argument("--pixels", type=int, default=60_000)
    given = parser.parse_args()
    paths = [*given.folder.glob("*_unw.tif"), *given.folder.glob("*_cc.tif")]
    found = measure_movement(paths, grows_with="range")
    report(found)
    speed(found, given.pixels)
    if given.image:
        draw(found, given.image)


def report(found: Monitored) -> None:
    movement, network, stack = found.movement, found.network, found.stack
    phase, _ = referenced(stack.phase)
    closure = close_triplets(phase, network)
    known = np.isfinite(closure.turns)
    away = -movement.velocity
    print(f"{len(network.pairs)} interferograms, {len(network.epochs)} epochs, rank {network.rank}")
    print(f"subsets {network.subsets}, triplets {len(network.triplets)}")
    show("rate away from the satellite, mm/a", away)
    print("  as vertical sinking (mean incidence), 1st and 99th percentile:",
          np.round(vertical_if_level(np.nanpercentile(away, [1, 99]), stack.incidence), 1))  # fmt: skip
    whole = (movement.rank == network.rank).mean()
    print(f"pixels with a rate {np.isfinite(away).mean():.4f}, fully determined {whole:.4f}")
    show("formal sigma, mm/a", movement.formal_sigma)
    show("misfit sigma, mm/a", movement.misfit_sigma)
    show("temporal coherence", movement.temporal_coherence)
    print(f"triplets that do not close {np.mean(closure.turns[known] != 0):.2e} of {known.sum()}")
    print(
        f"pixels with one or more {int(np.nansum(closure.errors > 0))}, most {np.nanmax(closure.errors):.0f}"
    )
    print(f"closure within a turn: rms {np.sqrt(np.nanmean(closure.remainder**2)):.3f} rad")
    print(f"wrongly unwrapped: {int(wrongly_unwrapped(closure, network).sum())} of {phase.size} phases")
    regime = regime_change(movement.series, network.years)
    print(f"pixels with a change of pace at 1 %: {np.nanmean(regime.p_value < 0.01):.3f}")


def show(name: str, values: np.ndarray) -> None:
    print(f"{name}: " + ", ".join(f"p{q} {np.nanpercentile(values, q):.3f}" for q in (1, 50, 99)))


def speed(found: Monitored, pixels: int) -> None:
    """Median of three runs, and NumPy's lstsq pixel by pixel in the same run."""
    network, stack = found.network, found.stack
    phase, _ = referenced(stack.phase)
    repeat = -(-pixels // (phase.shape[1] * phase.shape[2]))
    many = np.tile(phase, (1, repeat, 1))
    coherence = np.tile(stack.coherence, (1, repeat, 1))
    ours = []
    for _ in range(3):
        start = time.perf_counter()
        invert(many, network, wavelength=stack.wavelength, grows_with="range", coherence=coherence)
        ours.append(many[0].size / (time.perf_counter() - start))
    start, count = time.perf_counter(), 0
    displacement = line_of_sight_displacement(phase, stack.wavelength, "range")
    weights = np.sqrt(np.where(np.isfinite(displacement), np.nan_to_num(stack.coherence), 0.0))
    for row in range(0, 60, 3):
        for column in range(0, 100, 2):
            weight, values = weights[:, row, column], np.nan_to_num(displacement[:, row, column])
            np.linalg.lstsq(weight[:, np.newaxis] * network.design, weight * values, rcond=None)
            count += 1
    peer = count / (time.perf_counter() - start)
    print(f"{many[0].size} pixels: {np.median(ours):,.0f} a second with weights and covariance")
    print(f"numpy.linalg.lstsq pixel by pixel, without: {peer:,.0f} a second")


def draw(found: Monitored, path: Path) -> None:
    movement, network, grid = found.movement, found.network, found.stack.grid
    west, south, east, north = grid.bounds
    figure, axes = plt.subplots(2, 2, figsize=(9, 6.2), constrained_layout=True)
    panels = (
        (-movement.velocity, "Rate away from the satellite, mm/a", "RdYlBu_r", (-200, 200)),
        (movement.sigma, "Standard deviation, mm/a", "viridis", (0, 20)),
        (movement.temporal_coherence, "Temporal coherence", "magma", (0.8, 1)),
    )
    for axis, (values, title, colours, (low, high)) in zip(axes.flat, panels, strict=False):
        image = axis.imshow(values, extent=(west, east, south, north), cmap=colours, vmin=low, vmax=high)
        axis.set_title(title, fontsize=10)
        axis.tick_params(labelsize=7)
        figure.colorbar(image, ax=axis, shrink=0.8)
    for name, (row, column) in PLACES.items():
        axes[1, 1].plot(
            network.epochs, -movement.series[:, row, column], marker="o", markersize=3, label=name
        )
        axes[0, 0].plot(grid.x[column], grid.y[row], "k+", markersize=8)
    axes[1, 1].set_title("Displacement away from the satellite, mm", fontsize=10)
    axes[1, 1].tick_params(axis="x", labelrotation=30, labelsize=7)
    axes[1, 1].legend(fontsize=8)
    figure.suptitle(
        "Mexico City, Sentinel-1, 6 January to 17 July 2018, relative to the scene's median", fontsize=11
    )
    credit = "Contains modified Copernicus Sentinel data 2018; interferograms: Geoscience Australia (PyRate)"
    figure.supxlabel(credit, fontsize=7)
    figure.savefig(path, dpi=90)


if __name__ == "__main__":
    main()
