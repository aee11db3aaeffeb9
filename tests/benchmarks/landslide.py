"""Earthquake landslides (Nowicki Jessee 2018) over a large raster: one pass on all cores, three functions.

Run by hand: ``python tests/benchmarks/landslide.py [--megapixels 100]``. The rasters are made up, in single
precision and in memory; the three functions get a tenth of the pixels, and the two are compared on it.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import time

import numpy as np
from numpy.typing import NDArray

from minegis.chunks import in_chunks
from risk_models.seismic.landslide import areal_coverage, nowicki_jessee_probability, screened_coverage
from risk_models.seismic.landslide_raster import landslide_coverage

RANGES = {"pgv": (0, 250), "slope_angle": (0, 60), "cti": (0, 22), "rock": (-3.2, -0.4), "cover": (-1, 1),
          "pga": (0, 0.8)}  # fmt: skip
PIECE = 4_000_000
RUNS = 3


def rasters(pixels: int) -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(1)
    made = []
    for low, high in RANGES.values():
        values = rng.random(pixels, dtype=np.float32)
        values *= np.float32(high - low)
        values += np.float32(low)
        made.append(values)
    return made


def main() -> None:
    """Print the seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--megapixels", type=float, default=20)
    pixels = int(parser.parse_args().megapixels * 1e6)
    fields = rasters(pixels)
    out = np.empty(pixels, np.float32)

    def work(piece: slice) -> None:
        out[piece] = landslide_coverage(*(field[piece] for field in fields))

    work(slice(0, 100))  # compile
    spent, busy = [], []
    for _ in range(RUNS):
        begin, processor = time.perf_counter(), time.process_time()
        in_chunks(pixels, work, size=PIECE)
        spent.append(time.perf_counter() - begin)
        busy.append(time.process_time() - processor)
    seconds, processor = statistics.median(spent), statistics.median(busy)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    few = [field[: pixels // 10] for field in fields]
    begin = time.perf_counter()
    pgv, slope, cti, rock, cover, pga = few
    probability = nowicki_jessee_probability(pgv, slope, cti, rock, cover)
    expected = screened_coverage(areal_coverage(probability), slope, pga)
    plain = (time.perf_counter() - begin) * 10
    slides = expected > 0
    apart = np.max(np.abs(out[: pixels // 10][slides] / expected[slides] - 1))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {pixels:,} pixels, medians of {RUNS}")
    print(
        f"one pass: {seconds:.2f} s ({processor:.2f} s of the processor), {pixels / seconds / 1e6:,.0f} Mpx/s"
    )
    print(f"three functions over whole arrays, double precision, one core: {plain:.1f} s")
    print(f"largest relative difference {apart:.1e}; peak {peak:,.0f} MB")


if __name__ == "__main__":
    main()
