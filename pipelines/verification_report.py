"""The verification report as a page: one HTML document for each language, its style and plots inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from pydantic import RootModel

from minegis.declarations import BilingualText, read
from minegis.levels import Tier
from risk_models.verification.settings import settings

STYLE = Path(__file__).with_name("verification_report.css")
_TEXTS = Path(__file__).with_name("verification_texts.yaml")
_INDICES = (
    "efficiency", "hit_rate", "predictive_power", "threat_score", "missed_alert_rate", "false_alert_rate",
    "error_rate", "serious_mistakes",
)  # fmt: skip


class _Texts(RootModel[dict[str, BilingualText]]):
    pass


@cache
def texts(language: str) -> Mapping[str, str]:
    """Return every text of the report in a language, ``zh`` or ``en``."""
    return {name: getattr(text, language) for name, text in read(_TEXTS, _Texts).root.items()}


def tier_name(tier: int, language: str) -> str:
    """Return the word for a tier."""
    return str(getattr(Tier(tier).label, language))


def class_names(language: str) -> list[str]:
    """Return the words for the classes of incidents."""
    return [str(getattr(one.label, language)) for one in settings().edumap.classes]


def page(report: Mapping[str, Any], plots: Mapping[str, str], language: str) -> str:
    """Return the whole document.

    Parameters
    ----------
    report : mapping
        What ``report.json`` holds.
    plots : mapping of str
        SVG elements by name.
    language : str
    """
    t = texts(language)
    other = "en" if language == "zh" else "zh"
    title = f"{t['title']} · {report['site'][language]}"
    parts = [
        f'<header><p class="tools"><a href="report.{other}.html">{t["other_language"]}</a>'
        f' <a href="report.json">{t["json"]}</a></p><h1>{escape(title)}</h1>',
        _lead(report["warnings"], t),
        "</header>",
        *(_warnings(report["warnings"], plots, t, language)),
        *(
            _study(report["study"], plots, t)
            if report["study"]
            else [f"<h2>{t['study']}</h2><p>{t['no_study']}</p>"]
        ),
        *_lineage(report, t),
    ]
    style = STYLE.read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title>\n<style>{style}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _lead(warnings: Mapping[str, Any], t: Mapping[str, str]) -> str:
    lead = t["lead"].format(
        since=warnings["since"][:16].replace("T", " "),
        until=warnings["until"][:16].replace("T", " "),
        rules=warnings["rules"].removeprefix("rules/"),
        step=f"{warnings['step_hours']:g}",
        assets=warnings["assets"],
        incidents=warnings["incidents"],
    )
    banner = f'<p class="made-up">{t["made_up"]}</p>' if warnings["made_up"] else ""
    return f"{banner}<p>{escape(lead)}</p>"


def _warnings(
    found: Mapping[str, Any], plots: Mapping[str, str], t: Mapping[str, str], language: str
) -> Iterable[str]:
    before = f"{found['matching']['before_hours']:g}"
    yield f"<h2>{t['warnings']}</h2><p class='note'>{t['matching'].format(before=before)} {t['small']}</p>"
    heads = [
        "tier",
        "hits",
        "misses",
        "false_alarms",
        "pod",
        "far",
        "csi",
        "bias",
        "pss",
        "sedi",
        "lead_median",
        "lead_p10",
    ]
    rows = [
        [
            _dot(one["tier"]) + tier_name(one["tier"], language),
            one["hits"], one["misses"], one["false_alarms"],
            *(one[score]["shown"] for score in ("pod", "far", "csi")),
            *(_number(one[score]) for score in ("bias", "pss", "sedi")),
            *(_number(one["lead_hours"][part], 1, " h") for part in ("median", "p10")),
        ]
        for one in found["tiers"]
    ]  # fmt: skip
    yield _table([t[head] for head in heads], rows)
    yield _figures((t["rates_title"], plots["rates"]), (t["lead_title"], plots["lead"]))
    note = t["edumap_note"].format(lead=f"{found['edumap_lead_hours']:g}")
    yield f"<h2>{t['edumap']}</h2><p class='note'>{note}</p>"
    yield _figures((t["all"], plots["edumap"]))
    regions = [
        [
            t["all"] if one["code"] == "all" else escape(one["name"]),
            *(_share(one["indices"][name]) for name in _INDICES),
        ]
        for one in found["regions"]
    ]
    yield _table([t["region"], *(t[name] for name in _INDICES)], regions)
    yield f"<h2>{t['alarms']}</h2>"
    alarms = [
        [
            escape(getattr(target.label, language)),
            _number(found["alarms"][name], 3),
            f"≤ {target.acceptable:g}",
            escape(target.source),
            ""
            if found["alarms"][name] is None
            else ("✓" if found["alarms"][name] <= target.acceptable else "✗"),
        ]
        for name, target in settings().alarms.targets.items()
    ]
    yield _table([t["figure"], t["value"], t["acceptable"], t["source"], ""], alarms)


def _study(study: Mapping[str, Any], plots: Mapping[str, str], t: Mapping[str, str]) -> Iterable[str]:
    made_of = t["study_made_of"].format(
        rows=f"{study['rows']:,}", events=f"{study['events']:,}", block=study["block"], folds=study["folds"]
    )
    yield f"<h2>{t['study']}</h2><p>{escape(made_of)}</p>"
    models = [[t[one["model"]], _number(one["auc"], 4), _gain(one["gain"])] for one in study["models"]]
    yield _table([t["model"], t["auc"], t["gain"]], models)
    yield _figures(
        (t["roc_title"], plots["roc"]),
        (t["reliability_title"], plots["reliability"]),
        (t["rate_title"], plots["rate"]),
    )
    brier = f"{_number(study['brier'], 4)} ({_number(study['brier_skill'], 3)})"
    yield f"<h3>{t['calibration']}</h3>" + _table(
        [t["figure"], t["value"]],
        [
            [t["ece"], f"{_number(study['ece_raw'], 4)} → {_number(study['ece'], 4)}"],
            [t["brier"], brier],
            [t["coverage"], _share(study["coverage"])],
            [t["single"], _share(study["single"])],
        ],
    )
    leak = study["leakage"]
    pairs = (
        ("place", "place_blocks", "place_random"),
        ("place_within", "place_within_blocks", "place_within_random"),
    )
    own = [
        [t["own_random"], f"{_number(study['auc'], 3)} / {_number(leak['random'], 3)}"],
        [t["own_within"], f"{_number(leak['within_blocks'], 3)} / {_number(leak['within_random'], 3)}"],
    ]
    yield f"<h3>{t['leakage']}</h3><p class='note'>{t['leak_note']}</p>" + _table(
        [t["figure"], t["value"]],
        [
            [t["shared_blocks"], leak["shared_blocks"]],
            [t["permuted"], _number(leak["permuted"], 3)],
            *([t[name], f"{_number(leak[one], 3)} / {_number(leak[two], 3)}"] for name, one, two in pairs),
            *own,
            [t["buffered"], _number(leak["buffered"], 3)],
        ],
    )


def _lineage(report: Mapping[str, Any], t: Mapping[str, str]) -> Iterable[str]:
    lineage = report["lineage"]
    versions = ", ".join(f"{name} {number}" for name, number in lineage["versions"].items())
    rows = [
        [t["made_at"], f"{lineage['made_at']} ({t['duration']} {lineage['duration']:.0f} s)"],
        [t["compared"], f"<code>{lineage['compared'][:16]}</code>"],
        [t["versions"], escape(versions)],
    ]
    if report["study"]:
        record = report["study"]["record"]
        rows[2:2] = [
            [t["source"], f"<code>{escape(record['data']['source'])}</code>"],
            [t["digest"], f"<code>{record['digest'][:16]}</code> {escape(record['method'])}"],
        ]
    yield f"<h2>{t['lineage']}</h2>" + _table(["", ""], rows).replace('"wide"', '"text"', 1)


def _dot(tier: int) -> str:
    return f'<span class="dot" style="background:{Tier(tier).colour}"></span>'


def _figures(*drawn: tuple[str, str]) -> str:
    inner = "".join(f"<figure><figcaption>{title}</figcaption>{plot}</figure>" for title, plot in drawn)
    return f'<div class="figures">{inner}</div>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f"<th>{one}</th>" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    shown = f"<thead><tr>{head}</tr></thead>" if any(heads) else ""
    return f'<div class="wide"><table>{shown}<tbody>{body}</tbody></table></div>'


def _number(value: float | None, digits: int = 2, unit: str = "") -> str:
    return "–" if value is None else f"{value:.{digits}f}{unit}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _gain(gain: Mapping[str, float] | None) -> str:
    return "–" if gain is None else f"{gain['value']:+.4f} ({gain['low']:+.4f} … {gain['high']:+.4f})"
