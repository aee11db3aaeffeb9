"""What a failure of each facility would do: class, lives, volume and distance with their bands."""

from __future__ import annotations

import math

import numpy as np

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing
from pipelines.asset_models import AssetInputs
from pipelines.asset_models.known import Floats
from pipelines.asset_models.tsf_facilities import Facilities
from risk_models.cards import card
from risk_models.tailings.breach import breach_coefficients
from risk_models.tailings.consequence import (
    consequence_class,
    consequence_tables,
    fatality_rate,
    life_loss,
)
from risk_models.tailings.flood import flood_defaults
from risk_models.tailings.release import (
    concha_larrauri_release,
    fontaine_martin_release,
    obrien_release,
    release_quantile,
)
from risk_models.tailings.runout import concha_larrauri_runout, runout_quantile
from risk_models.warning.tiers import shown_provenance

KEY = "consequence"
_LABEL = Label("溃坝后果等级", "Consequence of a failure")
_PEOPLE_ONLY = Label(
    "只按下游人口，未预警、中等洪水强度",
    "By the people downstream only, unwarned, in a flood of medium severity",
)
_NO_PEOPLE = Label("下游受威胁人口未知", "People at risk downstream are not known")


def consequence_nodes(known: Facilities, inputs: AssetInputs) -> list[Evidence]:
    """Return the consequence node of every facility; it asks for no tier, a consequence is no hazard."""
    people = known.people.values
    lives = life_loss(people, fatality_rate("medium", 0.0, "vague"))
    # The class counts people at risk; the lives are a screening estimate that is shown beside it.
    rank = consequence_class(people, np.full_like(people, np.nan))
    bands = [(key, label, card(model).method, values.tolist()) for key, label, model, values in _bands(known)]
    rank, lives = rank.tolist(), lives.tolist()
    classes = consequence_tables().gistm
    nodes = []
    for row, source in enumerate(known.sources):
        found = None if math.isnan(rank[row]) else classes[int(rank[row])]
        inner = [known.nodes("people")[row]]
        if math.isfinite(lives[row]):
            inner.append(
                Evidence(
                    "life_loss",
                    Label("可能死亡人数（筛查）", "Lives lost (screening)"),
                    round(float(lives[row]), 1),
                    "1",
                    method=card("life_loss").method,
                    standing=Standing.ILLUSTRATIVE,
                )
            )
        inner += [
            Evidence(
                key,
                label,
                float(f"{values[row]:.4g}"),
                "m³" if key.startswith("release") else "m",
                method=method,
                standing=Standing.ILLUSTRATIVE,
            )
            for key, label, method, values in bands
            if math.isfinite(values[row])
        ]
        nodes.append(
            Evidence(
                key=KEY,
                label=_LABEL,
                value=found.key if found else None,
                state=EvidenceState.SUFFICIENT if found else EvidenceState.MISSING,
                method=card("consequence_class").method,
                standing=Standing.ILLUSTRATIVE,
                clause="GISTM 2020, annex 2",
                provenance=shown_provenance(consequence_tables().provenance),
                valid_time=format_utc(inputs.at),
                source=source,
                note=_PEOPLE_ONLY if found else _NO_PEOPLE,
                inputs=tuple(inner),
            )
        )
    return nodes


def _bands(known: Facilities) -> list[tuple[str, Label, str, Floats]]:
    """Return released volume and runout: P10, P50, P90, and the envelope of the raise method."""
    stored, height = known.stored.values, known.height.values
    central = concha_larrauri_release(stored)
    central_runout = concha_larrauri_runout(height, stored, central)
    found = []
    for quantile in flood_defaults().quantiles:
        name = f"P{quantile * 100:g}"
        volume = release_quantile(central, stored, quantile)
        # no bound by an energy line: the ground below the toe is not known here
        distance = runout_quantile(central_runout, quantile)
        found += [
            (
                f"release/{name}",
                Label(f"泄出量{name}", f"Released volume {name}"),
                "release_quantile",
                volume,
            ),
            (f"runout/{name}", Label(f"运移距离{name}", f"Runout {name}"), "runout_quantile", distance),
        ]
    bound = np.array([one.release for one in known.method])
    envelope = obrien_release(height, stored, bound)
    share = breach_coefficients().largest_share
    label = Label(f"泄出量包线（至多{share:.0%}）", f"Envelope of the release (at most {share:.0%})")
    deposit = breach_coefficients().fontaine_martin
    wave = fontaine_martin_release(
        stored, known.free_water.values, deposit.specific_gravity, deposit.void_ratio, deposit.solids
    )
    first = Label("首波泄出量", "Volume of the first wave")
    return [
        *found,
        ("release/envelope", label, "obrien_release", envelope),
        ("release/first_wave", first, "fontaine_martin_release", wave),
    ]
