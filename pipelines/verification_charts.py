"""The plots of a verification report: SVG with real text, so that a browser sets it in its own fonts."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from minegis.levels import Tier
from risk_models.verification.probability import ReliabilityBin
from risk_models.verification.ranking import RocCurve

Floats = NDArray[np.float64]

type Curve = tuple[str, Floats, Floats]

_FONTS = ["Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "sans-serif"]
_INK, _FAINT = "#1d2b36", "#c9d3da"
_COLOURS = ("#0b6e99", "#c4451c", "#5a8f29", "#7b4fa3", "#b58900", "#7a8790")
_MARGIN = 0.07
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "minegis",
    "font.family": "sans-serif",
    "font.sans-serif": [*_FONTS[:-1], "DejaVu Sans"],
    "font.size": 11,
    "axes.unicode_minus": False,
    "axes.edgecolor": _FAINT,
    "axes.labelcolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "text.color": _INK,
    "legend.frameon": False,
}


def roc(curves: Sequence[tuple[str, RocCurve]], axes: tuple[str, str]) -> str:
    """Draw ROC curves, the diagonal being chance."""
    drawn = [(name, curve.false_positive, curve.true_positive) for name, curve in curves]
    return _curves(drawn, axes)


def rates(curves: Sequence[Curve], axes: tuple[str, str]) -> str:
    """Draw success- and prediction-rate curves, the diagonal being chance."""
    return _curves(curves, axes)


def reliability(series: Sequence[tuple[str, Sequence[ReliabilityBin]]], axes: tuple[str, str]) -> str:
    """Draw how often what was said came true, with Wilson intervals; a dot grows with its cases."""
    with _styled(5.4, 4.6) as (figure, ax):
        ax.plot([0, 1], [0, 1], color=_FAINT, linewidth=1)
        for number, (name, bins) in enumerate(series):
            said = [one.mean for one in bins]
            came = [one.observed.value for one in bins]
            low, high = zip(*(one.observed.interval() for one in bins), strict=True)
            bars = np.abs(np.array([low, high]) - np.array(came))
            size = [8 + 110 * one.observed.trials / max(b.observed.trials for b in bins) for one in bins]
            ax.errorbar(said, came, yerr=bars, fmt="none", color=_COLOURS[number], alpha=0.5, linewidth=1.2)
            ax.plot(said, came, color=_COLOURS[number], linewidth=1, alpha=0.6)
            ax.scatter(said, came, s=size, color=_COLOURS[number], label=name, zorder=3)
        _square(ax, axes)
        ax.legend(loc="upper left", markerscale=0.6)
        return _svg(figure)


def tier_rates(tiers: Sequence[Mapping[str, Any]], names: Sequence[str], axes: tuple[str, str, str]) -> str:
    """Draw POD and FAR of each tier with their intervals, and the counts they rest on."""
    with _styled(6.4, 3.4) as (figure, ax):
        for number, (score, label) in enumerate((("pod", axes[0]), ("far", axes[1]))):
            for row, tier in enumerate(tiers):
                rate, height = tier[score], row + (0.16 if number else -0.16)
                if rate["value"] is None:
                    continue
                ax.plot(
                    [rate["low"], rate["high"]], [height] * 2, color=_COLOURS[number], linewidth=3, alpha=0.35
                )
                ax.plot(
                    [rate["value"]], [height], "o", color=_COLOURS[number], label=label if row == 0 else None
                )
                count = f"{round(rate['value'] * rate['of'])}/{rate['of']}"
                ax.annotate(count, (rate["high"], height), (5, -4), textcoords="offset points", fontsize=9)
        ax.set_yticks(range(len(tiers)), names)
        ax.invert_yaxis()
        ax.set_xlim(0, 1.12)
        ax.set_xticks(np.arange(0, 1.01, 0.2))
        ax.set_xlabel(axes[2])
        ax.grid(axis="x", color=_FAINT, linewidth=0.5)
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
        return _svg(figure)


def duration_matrix(
    hours: Sequence[Sequence[float]],
    grades: Sequence[Sequence[str]],
    names: tuple[Sequence[str], Sequence[str]],
    axes: tuple[str, str],
) -> str:
    """Draw the duration matrix: hours in each element, coloured by its grade of accuracy."""
    shades = {"green": "#cfe8d2", "yellow": "#f7edc2", "red": "#f3c9bd", "purple": "#d9c8ea"}
    with _styled(6.4, 3.9) as (figure, ax):
        for row, line in enumerate(hours):
            for column, value in enumerate(line):
                shade = shades[grades[row][column]]
                ax.add_patch(mpl.patches.Rectangle((column, row), 0.97, 0.95, color=shade, linewidth=0))
                text = "–" if value == 0 else f"{value:,.0f}"
                ax.text(column + 0.485, row + 0.5, text, ha="center", va="center", fontsize=11)
        ax.set_xlim(0, len(hours[0]))
        ax.set_ylim(len(hours), 0)
        ax.set_xticks(np.arange(len(hours[0])) + 0.485, names[1])
        ax.set_yticks(np.arange(len(hours)) + 0.48, names[0])
        ax.xaxis.tick_top()
        ax.xaxis.set_label_position("top")
        ax.tick_params(length=0)
        ax.set_xlabel(axes[1], labelpad=12)
        ax.set_ylabel(axes[0], labelpad=14)
        for side in ax.spines.values():
            side.set_visible(False)
        return _svg(figure)


def lead_times(tiers: Sequence[Mapping[str, Any]], names: Sequence[str], axis: str) -> str:
    """Draw the lead time of every hit, one row a tier, the median as a bar."""
    with _styled(6.4, 2.9) as (figure, ax):
        for row, tier in enumerate(tiers):
            each = tier["lead_hours"]["each"]
            spread = row + 0.28 * np.sin(np.arange(len(each)) * 2.4)
            ax.scatter(each, spread, s=22, color=Tier(tier["tier"]).colour, edgecolor=_INK, linewidth=0.4)
            if each:
                ax.plot([tier["lead_hours"]["median"]] * 2, [row - 0.38, row + 0.38], color=_INK, linewidth=2)
        ax.set_yticks(range(len(tiers)), names)
        ax.set_ylim(len(tiers) - 0.5, -0.5)
        ax.axvline(0, color=_FAINT, linewidth=1)
        ax.set_xlabel(axis)
        ax.grid(axis="x", color=_FAINT, linewidth=0.5)
        return _svg(figure)


def _curves(curves: Sequence[Curve], axes: tuple[str, str]) -> str:
    with _styled(5.4, 4.6) as (figure, ax):
        ax.plot([0, 1], [0, 1], color=_FAINT, linewidth=1)
        for number, (name, x, y) in enumerate(curves):
            keep = np.unique(np.linspace(0, x.size - 1, 400).astype(int))
            ax.plot(x[keep], y[keep], color=_COLOURS[number % len(_COLOURS)], linewidth=1.6, label=name)
        _square(ax, axes)
        # Held by its left edge: a Chinese label is wider in the browser than it was measured.
        ax.legend(loc="lower left", bbox_to_anchor=(0.33, 0.0), fontsize=9.5)
        return _svg(figure)


def _square(ax: Any, axes: tuple[str, str]) -> None:
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_xlabel(axes[0])
    ax.set_ylabel(axes[1])
    ax.grid(color=_FAINT, linewidth=0.5)


@contextmanager
def _styled(width: float, height: float) -> Iterator[tuple[Figure, Any]]:
    with mpl.rc_context(_STYLE):
        # Without a Chinese font installed labels are measured too narrow: room for them on the left.
        layout = ConstrainedLayoutEngine(rect=(_MARGIN, 0, 1 - _MARGIN, 1))
        figure = Figure(figsize=(width, height), layout=layout)
        yield figure, figure.add_subplot()


def _svg(figure: Figure) -> str:
    """Return the drawing as an element to stand in a page: no prologue, no style sheet of its own."""
    written = io.StringIO()
    with warnings.catch_warnings():
        # Where no Chinese font is installed a width is a guess; the reader's browser has the font.
        warnings.filterwarnings("ignore", message=".*Glyph.*missing")
        warnings.filterwarnings("ignore", message=".*[Ff]ont family.*not found")
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    text = written.getvalue()
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = text[text.index("<svg") :]
    return text.replace("<svg", '<svg style="stroke-linejoin:round;stroke-linecap:butt"', 1)
