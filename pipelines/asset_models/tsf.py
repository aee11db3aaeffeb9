"""The physical models of tailings storage facilities, all at once."""

from __future__ import annotations

from minegis.evidence import Evidence
from pipelines.asset_models import AssetInputs
from pipelines.asset_models.tsf_consequence import consequence_nodes
from pipelines.asset_models.tsf_facilities import facilities_of
from pipelines.asset_models.tsf_overtopping import overtopping_nodes
from pipelines.asset_models.tsf_shaking import liquefaction_nodes, shaking_of, sliding_nodes
from pipelines.asset_models.tsf_stability import (
    SHAKEN,
    STATIC,
    shaken_safety,
    stability_nodes,
    static_safety,
)


def evidence(inputs: AssetInputs) -> list[tuple[Evidence, ...]]:
    """Return what the models say of each facility.

    Overtopping under the forecast, stability at rest, consequence of a failure; and where its cells had
    shaking, stability, liquefaction and sliding in it.

    Parameters
    ----------
    inputs : AssetInputs
        Of the dataset `tsf`; of its cells the columns `pga`, `pgv` and, where there is one, `magnitude`.
    """
    if not inputs.features:
        return []
    known = facilities_of(inputs)
    safety = static_safety(known)
    columns = [
        overtopping_nodes(known, inputs),
        [(node,) for node in stability_nodes(known, STATIC, safety, inputs)],
    ]
    shaking = shaking_of(inputs)
    if shaking is not None and any(shaking.known):
        shaken = stability_nodes(
            known,
            SHAKEN,
            shaken_safety(known, shaking.pga.values),
            inputs,
            [pga for pga, _, _ in shaking.nodes],
        )
        models = (
            shaken,
            liquefaction_nodes(known, shaking, inputs),
            sliding_nodes(known, shaking, safety, inputs),
        )
        nodes = zip(*models, strict=True)
        columns.append([each if felt else () for each, felt in zip(nodes, shaking.known, strict=True)])
    columns.append([(node,) for node in consequence_nodes(known, inputs)])
    return [tuple(node for part in row for node in part) for row in zip(*columns, strict=True)]
