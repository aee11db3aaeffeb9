"""The declared numbers of the interferometric steps."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from minegis.declarations import Declaration, read


class _Weights(Declaration):
    least_coherence: float
    greatest_coherence: float
    provenance: str


class _Inversion(Declaration):
    pixels_at_once: int
    least_epochs: int
    provenance: str


class _Closure(Declaration):
    suspicious_share: float
    least_triplets: int
    provenance: str


class _Regime(Declaration):
    least_epochs_a_side: int
    significance: float
    provenance: str


class _Fusion(Declaration):
    disagreement: float
    provenance: str


class InsarSettings(Declaration):
    """Bounds of weights, sizes of batches, what counts as an error; see ``insar.yaml``."""

    weights: _Weights
    inversion: _Inversion
    closure: _Closure
    regime: _Regime
    fusion: _Fusion


@cache
def insar_settings() -> InsarSettings:
    """Return the declared numbers."""
    return read(Path(__file__).with_name("insar.yaml"), InsarSettings)
