"""The network of interferograms: which pairs of epochs, what they determine, and whether triplets close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from minegis.errors import InvalidInput
from pipelines.steps.insar_settings import insar_settings

Floats = NDArray[np.float64]
_DAYS_A_YEAR = 365.25
_TURN = 2.0 * np.pi


@dataclass(frozen=True)
class Network:
    """Epochs and the pairs of them that interferograms were made of.

    Attributes
    ----------
    pairs : tuple of (date, date)
        First and second acquisition of each interferogram, the first before the second.
    """

    pairs: tuple[tuple[date, date], ...]

    def __post_init__(self) -> None:
        if not self.pairs or len(set(self.pairs)) != len(self.pairs):
            raise InvalidInput("not a network", expected="one interferogram or more, no pair twice")
        for first, second in self.pairs:
            if first >= second:
                raise InvalidInput(
                    "an interferogram that runs backwards",
                    expected="first date before second",
                    got=f"{first}, {second}",
                )

    @cached_property
    def epochs(self) -> tuple[date, ...]:
        """All dates in order."""
        return tuple(sorted({epoch for pair in self.pairs for epoch in pair}))

    @cached_property
    def years(self) -> Floats:
        """Time of each epoch since the first, years of 365.25 d, shape ``(n,)``."""
        return np.array([(epoch - self.epochs[0]).days for epoch in self.epochs]) / _DAYS_A_YEAR

    @cached_property
    def indices(self) -> NDArray[np.intp]:
        """Number of the first and the second epoch of each pair, shape ``(m, 2)``."""
        number = {epoch: index for index, epoch in enumerate(self.epochs)}
        return np.array([[number[first], number[second]] for first, second in self.pairs], dtype=np.intp)

    @cached_property
    def design(self) -> Floats:
        """The years each interferogram spends in each interval between epochs, shape ``(m, n - 1)``.

        Times the velocity of each interval it gives the interferogram (Berardino et al. 2002, equation 16).
        """
        interval = np.arange(len(self.epochs) - 1)
        first, second = self.indices[:, :1], self.indices[:, 1:]
        return np.where((interval >= first) & (interval < second), np.diff(self.years), 0.0)

    @property
    def rank(self) -> int:
        """How many of the n - 1 velocities the network determines; fewer where it is broken."""
        return int(np.linalg.matrix_rank(self.design))

    @property
    def subsets(self) -> int:
        """Into how many parts that no interferogram joins the epochs fall."""
        first, second = self.indices.T
        size = len(self.epochs)
        graph = coo_array((np.ones(first.size), (first, second)), shape=(size, size))
        return int(connected_components(graph, directed=False)[0])

    @cached_property
    def triplets(self) -> NDArray[np.intp]:
        """Numbers of the interferograms (a to b, b to c, a to c) of every triangle, shape ``(t, 3)``."""
        number = {tuple(pair): index for index, pair in enumerate(self.indices.tolist())}
        found = [
            (number[a, b], number[b, c], number[a, c])
            for a, b, c in combinations(range(len(self.epochs)), 3)
            if {(a, b), (b, c), (a, c)} <= number.keys()
        ]
        return np.array(found, dtype=np.intp).reshape(-1, 3)


@dataclass(frozen=True, eq=False)
class Closure:
    """What the triplets of a network say of its phases.

    Attributes
    ----------
    turns : (t, ...) float
        Whole turns by which each triplet fails to close: 0 where unwrapping was right, NaN without phase.
    remainder : (t, ...) float, rad
        What is left within half a turn: decorrelation, filtering, change of moisture; no unwrapping error.
    """

    turns: Floats
    remainder: Floats

    @property
    def errors(self) -> Floats:
        """In how many triplets a pixel does not close, shape ``(...)``; NaN where no triplet is known."""
        known = np.isfinite(self.turns)
        count = (np.where(known, self.turns, 0.0) != 0).sum(axis=0).astype(np.float64)
        return np.where(known.any(axis=0), count, np.nan)


def close_triplets(phase: NDArray[np.floating], network: Network) -> Closure:
    """Add up the phase around each triangle of the network; it must come back to where it began.

    Parameters
    ----------
    phase : (m, ...) float, rad
        Unwrapped, every interferogram against the same reference (see `referenced`).
    network : Network

    References
    ----------
    Yunjun, Fattahi & Amelung (2019), Computers & Geosciences 133, 104331, section 3.2.
    """
    check_count(phase, network)
    first, second, across = network.triplets.T
    around = np.asarray(phase[first], np.float64) + phase[second] - phase[across]
    turns = np.rint(around / _TURN)
    return Closure(turns, around - turns * _TURN)


def wrongly_unwrapped(closure: Closure, network: Network) -> NDArray[np.bool_]:
    """Point out the interferograms that make triplets fail, pixel by pixel.

    Parameters
    ----------
    closure : Closure
    network : Network

    Returns
    -------
    (m, ...) bool
        True where enough triplets pass through the interferogram and most of them do not close.
    """
    declared = insar_settings().closure
    shape = (len(network.pairs), *closure.turns.shape[1:])
    passing, failing = np.zeros(shape), np.zeros(shape)
    known = np.isfinite(closure.turns)
    fails = known & (closure.turns != 0)
    for triplet, members in enumerate(network.triplets):
        passing[members] += known[triplet]
        failing[members] += fails[triplet]
    enough = passing >= declared.least_triplets
    return enough & (failing >= declared.suspicious_share * np.maximum(passing, 1))


def referenced(phase: NDArray[np.floating], stable: NDArray[np.bool_] | None = None) -> tuple[Floats, Floats]:
    """Measure every interferogram against one place: its median over a stable area, else over the scene.

    Parameters
    ----------
    phase : (m, height, width) float, rad
    stable : (height, width) bool, optional
        The area that is declared not to move.

    Returns
    -------
    phase : (m, height, width) float, rad
    taken_off : (m,) float, rad

    Raises
    ------
    InvalidInput
        If an interferogram has no phase there.
    """
    if stable is not None and stable.shape != phase.shape[1:]:
        raise InvalidInput(
            "a stable area on another grid", expected=str(phase.shape[1:]), got=str(stable.shape)
        )
    within = phase.reshape(phase.shape[0], -1) if stable is None else phase[:, stable]
    known = np.isfinite(within).any(axis=1)
    if not known.all():
        raise InvalidInput(
            "no phase in the reference area",
            expected="a pixel or more in every interferogram",
            got=f"none in interferogram {int(np.argmin(known)) + 1}",
        )
    level = np.nanmedian(np.asarray(within, np.float64), axis=1)
    return phase - level[:, np.newaxis, np.newaxis], level


def check_count(values: NDArray[np.floating], network: Network) -> None:
    """Refuse values whose first axis is not the interferograms of the network."""
    if values.shape[0] != len(network.pairs):
        raise InvalidInput(
            "interferograms that are not those of the network",
            expected=str(len(network.pairs)),
            got=str(values.shape[0]),
        )
