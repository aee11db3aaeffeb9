"""Slip circles under the outer slope of a dam: simplified Bishop on one circle, and the search for the worst.

All lengths are shares of the dam's height, all stresses shares of unit weight times height. The toe is the
origin; the face rises to the crest at ``(ratio, 1)``, and beyond lies the level beach.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from minegis.compiled import compiled

Floats = NDArray[np.float64]
_REJECTED = 1e9
_STEEPEST_ENTRY, _STEEPEST_EXIT = 0.95, 0.75  # sine of the base where a circle comes in and goes out
_LEAST_M_ALPHA = 0.2  # a passive base so steep that the method breaks down (Whitman & Bailey 1967)
_COARSE, _FINE, _FINAL = 10, 20, 80  # slices
_TOLERANCE, _ROUGH = 1e-5, 3e-2  # of the iteration, the second on the coarse grid
_EXITS, _ENTRIES, _DEPTHS = 6, 7, 5  # of the coarse grid
_TOE = 0.4  # where the toe lies between the first exit (0) and the last (1): one of the exits of the grid
_ROUNDS, _MOVES = 5, 4  # of refinement, each round halving the step
_HOPELESS = 1.15  # times the best of the coarse grid: a start so much worse is not refined
_LARGEST_SAGITTA = 0.5  # of the chord: a semicircle
_LEAST_SAGITTA = 0.01


@compiled
def _ground(x: float, ratio: float) -> float:
    return min(max(x / ratio, 0.0), 1.0)


@compiled
def _water(x: float, dam: Floats) -> tuple[float, float]:
    """Return the phreatic elevation at x and the squared cosine of its slope."""
    ratio, depth, beach, pond = dam[0], dam[3], dam[4], dam[5]
    at_crest = min(1.0 - depth, pond)
    if x <= ratio:
        line = _ground(x, ratio) - depth
        if line >= pond:
            return pond, 1.0
        face = 1.0 / ratio if x > 0.0 else 0.0
        return line, 1.0 / (1.0 + face * face)
    if x < ratio + beach:
        rise = (pond - at_crest) / beach
        return at_crest + rise * (x - ratio), 1.0 / (1.0 + rise * rise)
    return pond, 1.0


@compiled
def _circle(dam: Floats, left: float, right: float, sagitta: float) -> tuple[float, float, float]:
    """Return centre and radius of the circle through two points, radius zero where it is none."""
    y_left, y_right = _ground(left, dam[0]), _ground(right, dam[0])
    run, rise = right - left, y_right - y_left
    if run <= 0.0 or rise <= 0.0:
        return 0.0, 0.0, 0.0
    chord = np.sqrt(run * run + rise * rise)
    depth = sagitta * chord
    radius = chord * chord / (8.0 * depth) + depth / 2.0
    away = (radius - depth) / chord
    x_centre, y_centre = (left + right) / 2.0 - rise * away, (y_left + y_right) / 2.0 + run * away
    too_steep = right - x_centre > _STEEPEST_ENTRY * radius or x_centre - left > _STEEPEST_EXIT * radius
    lowest = y_centre - radius if x_centre > left else y_left
    if too_steep or y_right > y_centre or lowest < -dam[9] - 1e-6:
        return 0.0, 0.0, 0.0
    return x_centre, y_centre, radius


@compiled
def _on_circle(dam: Floats, left: float, right: float, sagitta: float, slices: int, work: Floats) -> float:
    """Return the factor of safety on the circle through two points of the ground, huge where it is none."""
    ratio, cohesion, friction = dam[0], dam[1], dam[2]
    water_weight, horizontal, vertical, least = dam[6], dam[7], dam[8], dam[10]
    x_centre, y_centre, radius = _circle(dam, left, right, sagitta)
    if radius == 0.0:
        return _REJECTED
    width = (right - left) / slices
    driving, ordinary, thickest = 0.0, 0.0, 0.0
    for i in range(slices):
        x = left + (i + 0.5) * width
        sine = (x - x_centre) / radius
        cosine = np.sqrt(max(1.0 - sine * sine, 1e-12))
        bottom = y_centre - radius * cosine
        height = _ground(x, ratio) - bottom
        if height < 0.0:
            return _REJECTED
        thickest = max(thickest, height)
        line, slope = _water(x, dam)
        head = max(line - bottom, 0.0) * slope
        weight = height * width
        resisting = cohesion * width + (weight * (1.0 - vertical) - water_weight * head * width) * friction
        work[i, 0], work[i, 1], work[i, 2] = max(resisting, 0.0), cosine, sine * friction
        ordinary += max(resisting, 0.0) * cosine
        arm = (y_centre - bottom - height / 2.0) / radius
        driving += weight * ((1.0 - vertical) * sine + horizontal * arm)
    if driving <= 0.0 or thickest < least:
        return _REJECTED
    safety = max(ordinary / driving, 0.05)
    close = _TOLERANCE if slices > _COARSE else _ROUGH
    for _ in range(30):
        total = 0.0
        for i in range(slices):
            share = work[i, 1] + work[i, 2] / safety
            if share < _LEAST_M_ALPHA and work[i, 2] < 0.0:
                return _REJECTED
            total += work[i, 0] / share
        found = total / driving
        if abs(found - safety) < close * safety:
            return found
        safety = max(found, 1e-6)
    return safety


@compiled
def _ends(dam: Floats, a: float, b: float) -> tuple[float, float]:
    """Return where a circle leaves and enters the ground: two numbers from 0 to 1."""
    left = a / _TOE - 1.0 if a < _TOE else 0.9 * dam[0] * (a - _TOE) / (1.0 - _TOE)
    nearest = max(left, 0.0)
    return left, nearest + (0.05 + 0.95 * b) * (dam[0] + 2.5 - nearest)


@compiled
def _refined(dam: Floats, best: Floats, work: Floats) -> None:
    """Move the best circle downhill; `best` is factor, two ends and sagitta, changed in place."""
    step = np.array([0.5 / (_EXITS - 1), 0.5 / (_ENTRIES - 1), 0.5 / (_DEPTHS - 1)])
    for _ in range(_ROUNDS):
        for _ in range(_MOVES):
            moved = False
            for axis in range(1, 4):
                for sign in (-1.0, 1.0):
                    kept = best[axis]
                    best[axis] = min(max(kept + sign * step[axis - 1], 0.0), 1.0)
                    found = _at(dam, best[1], best[2], best[3], _FINE, work)
                    if found < best[0] * (1.0 - 1e-7):
                        best[0], moved = found, True
                    else:
                        best[axis] = kept
            if not moved:
                break
        step *= 0.5


@compiled
def _at(dam: Floats, a: float, b: float, s: float, slices: int, work: Floats) -> float:
    left, right = _ends(dam, a, b)
    return _on_circle(dam, left, right, _sagitta(dam, left, right, s), slices, work)


@compiled
def _sagitta(dam: Floats, left: float, right: float, s: float) -> float:
    """Return the sagitta of a number from 0 (shallow) to 1: a semicircle, or tangent to firm ground."""
    low, high = _ground(left, dam[0]) + dam[9], _ground(right, dam[0]) + dam[9]
    run, rise = right - left, high - low
    if run <= 0.0 or rise <= 0.0:
        return _LEAST_SAGITTA
    # The circle through both ends that touches firm ground: how far from the left end, and its radius.
    root = np.sqrt(low * (low * run * run + rise * (run * run + high * rise)))
    foot = (root - low * run) / rise
    radius = ((run - foot) ** 2 + high * high) / (2.0 * high)
    chord = np.sqrt(run * run + rise * rise)
    above = run * (radius - (low + high) / 2.0) - rise * (foot - run / 2.0)  # of the centre over the chord
    half = chord / 2.0 / radius
    deepest = _LARGEST_SAGITTA
    if above > 0.0 and half < 1.0:
        deepest = (1.0 - np.sqrt(1.0 - half * half)) / (2.0 * half)
    largest = max(min(deepest, _LARGEST_SAGITTA), _LEAST_SAGITTA)
    return float(_LEAST_SAGITTA + s * s * (largest - _LEAST_SAGITTA))


@compiled
def worst_circles(dams: Floats, begin: int, end: int, safety: Floats, circle: Floats) -> None:
    """Search the circles of the dams from `begin` to `end`, into `safety` and `circle`.

    Parameters
    ----------
    dams : (n, 11) float
        Face ratio, cohesion, tan φ', phreatic depth, beach length, pond elevation, weight of water,
        horizontal and upward acceleration, depth of firm ground, least thickness of a slide.
    safety : (n,) float
        Huge where no circle is one.
    circle : (n, 3) float
        Where the worst circle leaves, where it enters and how deep it is, as the numbers of the search. A row
        that is not NaN is where the search starts, without its grid.
    """
    work = np.empty((_FINAL, 3))
    starts = np.empty((2, 4))  # the best in front of the toe, and from the toe up: often two valleys
    for row in range(begin, end):
        dam = dams[row]
        starts[:, 0] = _REJECTED
        if not np.isnan(circle[row, 0]):
            starts[0, 1:] = circle[row]
            starts[0, 0] = _at(dam, starts[0, 1], starts[0, 2], starts[0, 3], _FINE, work)
        for i in range(_EXITS if starts[0, 0] >= _REJECTED else 0):
            best = starts[0] if i < _TOE * (_EXITS - 1) else starts[1]
            for j in range(_ENTRIES):
                for k in range(_DEPTHS):
                    a, b, s = i / (_EXITS - 1), j / (_ENTRIES - 1), k / (_DEPTHS - 1)
                    if _at(dam, a, b, s, _COARSE, work) >= best[0]:
                        continue
                    found = _at(dam, a, b, s, _FINE, work)  # so that the start is a circle there too
                    if found < best[0]:
                        best[0], best[1], best[2], best[3] = found, a, b, s
        hopeless = _HOPELESS * min(starts[0, 0], starts[1, 0])
        for valley in range(2):
            if starts[valley, 0] < min(hopeless, _REJECTED):
                _refined(dam, starts[valley], work)
        best = starts[0] if starts[0, 0] < starts[1, 0] else starts[1]
        safety[row] = best[0]
        if best[0] < _REJECTED:
            found = _at(dam, best[1], best[2], best[3], _FINAL, work)
            safety[row] = found if found < _REJECTED else best[0]
            circle[row] = best[1:]
