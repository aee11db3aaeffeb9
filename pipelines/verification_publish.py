"""A verification made, drawn and published: a folder that appears whole, with everything it was made from."""

from __future__ import annotations

import platform
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from data_catalog.site import Site
from data_catalog.store import Store
from minegis.clock import format_utc, utc_now
from minegis.levels import Origin
from pipelines.durable import PART, settle
from pipelines.progress import Progress
from pipelines.rule_state import active_rules
from pipelines.sample.past import DAYS, STEP, make_past
from pipelines.susceptibility import Study, study_slope_units
from pipelines.verification import Verification, evidence_digest, figures, verify
from pipelines.verification_charts import (
    duration_matrix,
    lead_times,
    rates,
    reliability,
    roc,
    tier_rates,
)
from pipelines.verification_folder import FOLDER, LANGUAGES
from pipelines.verification_report import class_names, page, texts, tier_name
from risk_models.rule_package import RulePackage
from risk_models.susceptibility.classes import rate_curve
from risk_models.susceptibility.classifiers import CLASSIFIERS, probability
from risk_models.verification.probability import brier, calibration_error
from risk_models.verification.probability import reliability as reliability_bins
from risk_models.verification.ranking import auc, block_bootstrap, roc_curve
from risk_models.verification.settings import settings

QUICK = ("logistic", "logistic_splines")
_LIBRARIES = ("minegis", "numpy", "scipy", "scikit-learn", "matplotlib")
_DRAWS = 200


def publish_verification(
    site: Site,
    store: Store,
    data: Path | None,
    progress: Progress,
    *,
    days: float = DAYS,
    all_models: bool = False,
) -> Path:
    """Make a report and return its folder; the site's store is only read.

    A site of made-up assets that has no incident on record gets a made-up month, and its report says so.

    Parameters
    ----------
    site : Site
    store : Store
    data : Path, optional
        Folder of public data for the study of susceptibility; left out without it.
    progress : Progress
    days : float
        Length of the period, which ends at the time the site is judged at.
    all_models : bool
        Also learn the forests and the boosting, which takes minutes.

    Raises
    ------
    InvalidInput
        If nothing was measured before the period.
    """
    begun, made_at = time.monotonic(), utc_now()
    progress.begin("历史重演 Replay", 1)
    found = _verified(site, store, timedelta(days=days))
    progress.advance()
    study = None
    if data is not None:
        progress.begin("易发性研究 Susceptibility", 1)
        study = study_slope_units(data, models=tuple(CLASSIFIERS) if all_models else QUICK)
        progress.advance()
    progress.begin("报告 Report", len(LANGUAGES))
    report: dict[str, Any] = {
        "site": site.declaration.title.model_dump(),
        "warnings": figures(found),
        "study": study and study_figures(study),
        "lineage": {
            "made_at": format_utc(made_at.replace(microsecond=0)),
            "duration": round(time.monotonic() - begun, 1),
            "compared": evidence_digest(found),
            "rules": found.replay.rules,
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in _LIBRARIES},
            },
        },
    }
    return _published(site, report, found, study, made_at, progress)


def study_figures(study: Study) -> dict[str, Any]:
    """Return what a report shows of a study, as plain JSON values."""
    presence, calibrated = study.sample.presence, study.calibrated
    parts = brier(calibrated.probability, presence)
    sets = calibrated.absent.astype(int) + calibrated.present
    models = [{"model": "plain", "auc": auc(study.plain, presence), "gain": None}]
    for name, score in study.scores.items():
        rng = np.random.default_rng(study.plan.seed)  # the same blocks are drawn for every model
        gain = block_bootstrap(score, study.plain, presence, study.sample.block, draws=_DRAWS, rng=rng)
        models.append({"model": name, "auc": auc(score, presence), "gain": asdict(gain)})
    return {
        "source": study.source,
        "rows": int(presence.size),
        "events": int(presence.sum()),
        "block": study.plan.block,
        "folds": study.plan.folds,
        "models": models,
        "chosen": study.chosen,
        "auc": auc(calibrated.raw, presence),
        "auc_calibrated": auc(calibrated.probability, presence),
        "ece_raw": calibration_error(calibrated.raw, presence),
        "ece": calibration_error(calibrated.probability, presence),
        "brier": parts.score,
        "brier_skill": parts.skill,
        "coverage": float(calibrated.coverage(presence).mean()),
        "single": float((sets == 1).mean()),
        "leakage": asdict(study.leakage),
        "record": study.record.to_json(),
    }


def _verified(site: Site, store: Store, period: timedelta) -> Verification:
    rules, until = active_rules(site, store), site.now()
    if site.declaration.origin is Origin.SAMPLE and store.count("incident") == 0:
        with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as past:
            make_past(store, past, until, seed=0)
            return verify(past, rules, until - timedelta(days=DAYS), until, STEP)
    return _of_the_store(store, rules, until - period, until)


def _of_the_store(store: Store, rules: RulePackage, since: datetime, until: datetime) -> Verification:
    return verify(store, rules, since, until, timedelta(hours=1))


def _published(
    site: Site,
    report: Mapping[str, Any],
    found: Verification,
    study: Study | None,
    made_at: datetime,
    progress: Progress,
) -> Path:
    name = f"{made_at:%Y%m%dT%H%M%SZ}-{report['lineage']['compared'][:8]}"
    target = site.folder / FOLDER / name
    part = target.with_name(f".{name}{PART}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for language in LANGUAGES:
        plots = _plots(report, found, study, language)
        for plot, drawn in plots.items():
            (part / f"{plot}.{language}.svg").write_text(
                drawn.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
                if "xmlns=" not in drawn
                else drawn,
                encoding="utf-8",
            )
        (part / f"report.{language}.html").write_text(page(report, plots, language), encoding="utf-8")
        progress.advance()
    (part / "report.json").write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    settle(part, target)
    return target


def _plots(
    report: Mapping[str, Any], found: Verification, study: Study | None, language: str
) -> dict[str, str]:
    t, warnings = texts(language), report["warnings"]
    names = [tier_name(one["tier"], language) for one in warnings["tiers"]]
    grades = settings().edumap.grade
    tiers = [tier_name(tier, language) for tier in range(len(grades[0]))]
    drawn = {
        "rates": tier_rates(warnings["tiers"], names, (t["pod"], t["far"], t["share"])),
        "lead": lead_times(warnings["tiers"], names, t["lead_axis"]),
        "edumap": duration_matrix(
            found.regions["all"].hours.tolist(),
            grades,
            (class_names(language), tiers),
            (t["edumap_rows"], t["edumap_columns"]),
        ),
    }
    return drawn | (_study_plots(study, t) if study else {})


def _study_plots(study: Study, t: Mapping[str, str]) -> dict[str, str]:
    yes, sample, calibrated = study.sample.presence, study.sample, study.calibrated
    curves = [(f"{t['plain']} {auc(study.plain, yes):.3f}", roc_curve(study.plain, yes))]
    curves += [
        (f"{t[name]} {auc(score, yes):.3f}", roc_curve(score, yes)) for name, score in study.scores.items()
    ]
    seen = probability(CLASSIFIERS[study.chosen](sample.predictors, yes, study.plan.seed), sample.predictors)
    success, prediction = (rate_curve(score, yes, np.ones(yes.size)) for score in (seen, calibrated.raw))
    return {
        "roc": roc(curves, (t["false_positive"], t["true_positive"])),
        "reliability": reliability(
            [
                (t["raw"], reliability_bins(calibrated.raw, yes)),
                (t["calibrated"], reliability_bins(calibrated.probability, yes)),
            ],
            (t["said"], t["came"]),
        ),
        "rate": rates(
            [
                (f"{t['success']} {success[2]:.3f}", *success[:2]),
                (f"{t['prediction']} {prediction[2]:.3f}", *prediction[:2]),
            ],
            (t["ground"], t["caught"]),
        ),
    }
