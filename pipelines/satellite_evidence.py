"""What satellites say of an asset, as evidence: pond area, water near the crest, ground that hurries.

None of it is verified here against the ground, so it is illustrative and raises nothing above blue.
"""

from __future__ import annotations

from datetime import datetime

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing, Tier
from pipelines.steps.pond import Pond, pond_rules
from risk_models.warning.tiers import shown_provenance

_STANDING = Standing.ILLUSTRATIVE
_POND = "pond/1"


def pond_evidence(
    pond: Pond, *, acquired_at: datetime, source: str, least_distance: float | None = None
) -> tuple[Evidence, ...]:
    """Return the nodes of pond area and of the water's distance to the crest.

    Parameters
    ----------
    pond : Pond
    acquired_at : datetime
        Of the scene.
    source : str
        The scene and its SHA-256.
    least_distance : float, m, optional
        The design's (or its class's) least dry beach; the node asks for a tier where the water comes nearer
        for certain, that is even at the far bound.
    """
    hidden = Evidence(
        "hidden_share",
        Label("被遮挡比例", "Share not seen"),
        round(pond.hidden_share, 4),
        "1",
        valid_time=format_utc(acquired_at),
        source=source,
    )
    area = _node("pond_area", Label("库内水面面积（卫星）", "Pond area (satellite)"), pond.area, "m²", pond,
                 acquired_at, source, _notes(pond), inputs=(hidden, *_threshold(pond)))  # fmt: skip
    if pond.area is None:
        return (area,)
    return area, _distance(pond, acquired_at, source, least_distance)


def _distance(pond: Pond, acquired_at: datetime, source: str, least: float | None) -> Evidence:
    label = Label("水边线至坝顶最小距离（卫星）", "Least distance from water to crest (satellite)")
    nearer = least is not None and pond.farthest is not None and pond.farthest < least
    tier = _STANDING.cap(Tier.RED) if nearer else Tier.NONE
    return _node("water_edge_distance", label, pond.distance, "m", pond, acquired_at, source, _notes(pond),
                 tier=tier, threshold=f"≥ {least:g} m" if least is not None else "")  # fmt: skip


def _node(
    key: str,
    label: Label,
    value: float | None,
    unit: str,
    pond: Pond,
    acquired_at: datetime,
    source: str,
    note: Label | None,
    *,
    tier: Tier = Tier.NONE,
    threshold: str = "",
    inputs: tuple[Evidence, ...] = (),
) -> Evidence:
    return Evidence(
        key=f"satellite/{key}",
        label=label,
        value=None if value is None else round(value, 1),
        unit=unit,
        tier=tier,
        state=pond.state if value is not None else EvidenceState.INSUFFICIENT,
        method=_POND,
        standing=_STANDING,
        provenance=shown_provenance(pond_rules().provenance),
        threshold=threshold,
        valid_time=format_utc(acquired_at),
        source=source,
        note=note,
        inputs=inputs,
    )


def _notes(pond: Pond) -> Label | None:
    """Return the bounds and the reasons in words."""
    parts = list(pond.reasons)
    if pond.area is not None and pond.area_error is not None:
        parts.append(Label(f"面积误差约±{pond.area_error:.0f} m²", f"Area ± {pond.area_error:.0f} m²"))
    if pond.nearest is not None and pond.farthest is not None:
        bounds = f"{pond.nearest:.0f}–{pond.farthest:.0f} m"
        parts.append(Label(f"距离范围{bounds}", f"Distance {bounds}"))
    if not parts:
        return None
    return Label("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))


def _threshold(pond: Pond) -> tuple[Evidence, ...]:
    if pond.threshold is None:
        return ()
    label = Label("水体指数阈值", "Threshold of the water index")
    if pond.threshold.method == "site":
        return (Evidence("water_threshold", label, round(pond.threshold.value, 4), "1", method="site"),)
    apart = f"{pond.threshold.separability:.2f}"
    note = Label(
        f"场景自动阈值（Otsu），可分性{apart}；应以本库标定值替代",
        f"Found in the scene (Otsu), separability {apart}; the site's own is better",
    )
    value = round(pond.threshold.value, 4)
    return (Evidence("water_threshold", label, value, "1", method="otsu", standing=_STANDING, note=note),)
