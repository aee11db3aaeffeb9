"""What a failure would do: consequence class, lives lost, hazard of the water, time to get away."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from minegis.declarations import BilingualText, Declaration, read
from minegis.errors import InvalidInput
from risk_models.tailings.breach import floats

_SECONDS_PER_MINUTE = 60.0


class GistmClass(Declaration):
    """A consequence class, from so many people at risk or lives lost."""

    key: str = Field(alias="class")
    people: float
    lives: float
    label: BilingualText


class _Understanding(Declaration):
    vague: tuple[float, float, float]
    precise: tuple[float, float, float]


class _Graham(Declaration):
    warning_from: tuple[float, float]
    high: _Understanding
    medium: _Understanding
    low: _Understanding
    medium_from: float


class _Aidr(Declaration):
    depth: float
    product: float
    velocity: float


class Overhead(Declaration):
    """How far down the flow path, and to its sides, people make a facility an overhead pond; m."""

    reach: float
    wider: float
    corridor: float
    clause: str
    provenance: str


class ConsequenceTables(Declaration):
    """The declared tables."""

    provenance: str
    gistm: tuple[GistmClass, ...]
    graham: _Graham
    aidr: tuple[_Aidr, ...]
    overhead: Overhead


@cache
def consequence_tables() -> ConsequenceTables:
    """Return the declared tables."""
    return read(Path(__file__).with_name("consequence_tables.yaml"), ConsequenceTables)


def consequence_class(population_at_risk: ArrayLike, potential_life_loss: ArrayLike) -> NDArray[np.float64]:
    """Consequence class of the Global Industry Standard on Tailings Management.

    Parameters
    ----------
    population_at_risk, potential_life_loss : (n,) float, 1
        People; of the two the worse counts, and one of them may be unknown.

    Returns
    -------
    (n,) float, 1
        0 low, 1 significant, 2 high, 3 very high, 4 extreme; NaN where both are NaN.

    References
    ----------
    Global Industry Standard on Tailings Management (2020), annex 2, table 1; people only, not environment,
    heritage or economy.
    """
    people, lives = floats(population_at_risk, potential_life_loss)
    classes = consequence_tables().gistm
    by_people = np.searchsorted([one.people for one in classes], np.nan_to_num(people), side="right") - 1
    from_high = [one.lives for one in classes if one.lives > 0]
    lowest = len(classes) - len(from_high) - 1
    rank = np.searchsorted(from_high, np.nan_to_num(lives), side="right")
    by_lives = np.where(rank > 0, lowest + rank, 0)
    worse = np.maximum(by_people, by_lives).astype(np.float64)
    return np.where(np.isnan(people) & np.isnan(lives), np.nan, worse)


def fatality_rate(severity: str, warning_time: ArrayLike, understanding: str) -> NDArray[np.float64]:
    """Share of the people at risk who die.

    Parameters
    ----------
    severity : str
        ``high``, ``medium`` or ``low``; medium from 4.6 m²/s of depth times velocity on.
    warning_time : (n,) float, min
        Before the flood arrives.
    understanding : str
        ``vague`` or ``precise``: of those who are warned.

    Returns
    -------
    (n,) float, 1
        NaN where the time is NaN.

    Raises
    ------
    InvalidInput
        If a word is another.

    References
    ----------
    Graham (1999), USBR DSO-99-06.
    """
    table = consequence_tables().graham
    rows = {"high": table.high, "medium": table.medium, "low": table.low}
    if severity not in rows or understanding not in ("vague", "precise"):
        raise InvalidInput(
            "no fatality rate",
            where=f"{severity}, {understanding}",
            expected="high, medium or low; vague or precise",
        )
    row = rows[severity].vague if understanding == "vague" else rows[severity].precise
    (minutes,) = floats(warning_time)
    step = np.searchsorted(table.warning_from, np.nan_to_num(minutes), side="right")
    return np.where(np.isnan(minutes), np.nan, np.asarray(row)[step])


def life_loss(population_at_risk: ArrayLike, fatality_rate: ArrayLike) -> NDArray[np.float64]:
    """People who die.

    Parameters
    ----------
    population_at_risk, fatality_rate : (n,) float, 1

    Returns
    -------
    (n,) float, 1

    References
    ----------
    Graham (1999).
    """
    people, rate = floats(population_at_risk, fatality_rate)
    return people * rate


def flood_hazard(depth: ArrayLike, velocity: ArrayLike) -> NDArray[np.float64]:
    """Hazard of flowing water to people, vehicles and buildings.

    Parameters
    ----------
    depth : (n,) float, m
    velocity : (n,) float, m/s

    Returns
    -------
    (n,) float, 1
        1 (safe for all) to 6 (nothing stands); NaN where an input is NaN.

    References
    ----------
    Australian Institute for Disaster Resilience (2017), guideline 7-3.
    """
    d, v = floats(depth, velocity)
    beyond = [
        (d > one.depth) | (d * v > one.product) | (v > one.velocity) for one in consequence_tables().aidr
    ]
    return np.where(np.isnan(d + v), np.nan, 1.0 + np.sum(np.minimum.accumulate(beyond, axis=0), axis=0))


def evacuation_margin(
    path_length: ArrayLike, walking_speed: ArrayLike, front_distance: ArrayLike, front_speed: ArrayLike
) -> NDArray[np.float64]:
    """Minutes by which people on foot are out before the flood arrives; negative where they are not.

    Parameters
    ----------
    path_length : (n,) float, m
        To safe ground.
    walking_speed : (n,) float, m/s
    front_distance : (n,) float, m
        From the dam to the people, along the valley.
    front_speed : (n,) float, m/s

    Returns
    -------
    (n,) float, min

    References
    ----------
    Arithmetic; detection and warning times are to be taken off.
    """
    path, walk, distance, front = floats(path_length, walking_speed, front_distance, front_speed)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (distance / front - path / walk) / _SECONDS_PER_MINUTE
