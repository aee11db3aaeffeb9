"""The movement of the ground from interferograms: rasters of it, and what it says of an asset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing, Tier
from pipelines.connectors.interferograms import InterferogramStack, read_interferograms
from pipelines.engine import Engine, Made, Source
from pipelines.progress import Progress
from pipelines.steps.insar_inversion import Movement, PhaseSign, invert
from pipelines.steps.insar_network import Network, close_triplets, referenced, wrongly_unwrapped
from pipelines.steps.insar_regime import regime_change
from pipelines.steps.insar_settings import insar_settings
from pipelines.steps.satellite_blocks import MOVEMENT
from risk_models.warning.tiers import shown_provenance

_STANDING = Standing.ILLUSTRATIVE


@dataclass(frozen=True, eq=False)
class Monitored:
    """Movement of a scene with its network and what it was made from."""

    movement: Movement
    network: Network
    stack: InterferogramStack


def measure_movement(
    paths: Sequence[Path], *, grows_with: PhaseSign, stable: NDArray[np.bool_] | None = None
) -> Monitored:
    """Read interferograms that fit into memory and invert them.

    Parameters
    ----------
    paths : sequence of Path
        Interferograms and, with them, coherence.
    grows_with : {"range", "approach"}
        Sign convention of the processor.
    stable : (height, width) bool, optional
        Area that is declared not to move; the scene's median without it.
    """
    stack = read_interferograms(paths)
    network = Network(stack.pairs)
    phase, _ = referenced(stack.phase, stable)
    distrusted = wrongly_unwrapped(close_triplets(phase, network), network)
    movement = invert(
        phase,
        network,
        wavelength=stack.wavelength,
        grows_with=grows_with,
        coherence=stack.coherence,
        distrusted=distrusted,
    )
    return Monitored(movement, network, stack)


def publish_movement(
    engine: Engine,
    paths: Sequence[Path],
    folder: Path,
    *,
    grows_with: PhaseSign,
    stable: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> Made:
    """Publish velocity, its standard deviation and quality, and the displacement at every epoch, as COG.

    Parameters
    ----------
    engine : Engine
    paths, grows_with, stable
        As of `measure_movement`.
    folder : Path
        Where ``<output>.tif`` and its STAC item come to lie.
    """
    stack = read_interferograms(paths)
    network = Network(stack.pairs)
    _, levels = referenced(stack.phase, stable)
    epochs = [f"displacement_{epoch:%Y%m%d}" for epoch in network.epochs]
    step = replace(MOVEMENT, outputs={**MOVEMENT.outputs, **dict.fromkeys(epochs, "los_displacement")})
    moments = tuple(datetime.combine(second, time(), UTC) for _, second in stack.pairs)
    sources = {"phase": Source(stack.phase_files, moments)}
    if stack.coherence is not None:
        sources["coherence"] = Source(stack.coherence_files, moments)
    return engine.run(
        step,
        sources,
        {name: folder / f"{name}.tif" for name in step.outputs},
        parameters={
            "pairs": [[first.isoformat(), second.isoformat()] for first, second in stack.pairs],
            "levels": [float(level) for level in levels],
            "wavelength": stack.wavelength,
            "grows_with": grows_with,
        },
        valid=tuple(
            datetime.combine(epoch, time(), UTC) for epoch in (network.epochs[0], network.epochs[-1])
        ),  # type: ignore[arg-type]
        progress=progress,
    )


def movement_evidence(monitored: Monitored, place: NDArray[np.bool_]) -> Evidence:
    """Return what the ground of an asset did, as a node: its fastest pixel, and whether its pace changed.

    Parameters
    ----------
    monitored : Monitored
    place : (height, width) bool
        Pixels of the asset.

    Returns
    -------
    Evidence
        Blue at most, and that only where the ground hurries: the p-value of its change of pace is below the
        declared significance over the number of pixels looked at. Insufficient where nothing is known.
    """
    movement, network = monitored.movement, monitored.network
    known = place & np.isfinite(movement.velocity)
    label = Label("视线向形变速率（InSAR）", "Line-of-sight velocity (InSAR)")
    common = {
        "key": "satellite/los_velocity",
        "label": label,
        "unit": "mm/a",
        "method": f"{MOVEMENT.name}/{MOVEMENT.version}",
        "standing": _STANDING,
        "provenance": shown_provenance(insar_settings().regime.provenance),
        "valid_time": format_utc(datetime.combine(network.epochs[-1], time(), UTC)),
        "source": monitored.stack.source[:200],
    }
    if not known.any():
        note = Label("对象范围内无有效形变像元", "No pixel of the asset has a movement")
        return Evidence(**common, state=EvidenceState.INSUFFICIENT, note=note)  # type: ignore[arg-type]
    velocity, sigma = movement.velocity[known], movement.sigma[known]
    fastest = int(np.argmax(np.abs(velocity)))
    regime = regime_change(movement.series[:, known], network.years)
    worst = int(np.nanargmin(regime.p_value))
    hurries = bool(
        regime.p_value[worst] < insar_settings().regime.significance / known.sum()
        and abs(regime.rate_after[worst]) > abs(regime.rate_before[worst])
    )
    when = network.epochs[int(regime.epoch[worst])]
    note = Label(
        f"±{sigma[fastest]:.1f} mm/a；" + (f"{when}起速率变化显著" if hurries else "未见速率显著变化"),
        f"± {sigma[fastest]:.1f} mm/a; "
        + (f"pace changed on {when}" if hurries else "no significant change of pace"),
    )
    return Evidence(
        **common,  # type: ignore[arg-type]
        value=round(float(velocity[fastest]), 1),
        tier=_STANDING.cap(Tier.ORANGE if hurries else Tier.NONE),
        note=note,
    )
