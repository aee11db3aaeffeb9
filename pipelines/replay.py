"""Assets judged again at past times, from what was measured then, under any rules; the store is only read.

The register and the designer's limits are those of today: a replay asks what these rules would have said of
these assets. Readings later than a time are not believed at that time. Of the models only the shaking of
registered earthquakes is known of the past; a caller that has more hands it in as `evidence`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from data_catalog.dataset import datasets
from data_catalog.store import Feature, Store
from minegis.clock import format_utc
from minegis.errors import InvalidInput
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Origin, Tier
from pipelines.asset_records import asset_record, designers_limits
from pipelines.events import Event, events_between
from pipelines.reading_history import AssetHistory, reading_history
from pipelines.shaking import event_shaking, standing_at
from risk_models.cards import card
from risk_models.rule_package import RulePackage
from risk_models.rules.sections import Thresholds
from risk_models.seismic.intensity import seismic_intensity
from risk_models.warning.assessment import Assessment, assess
from risk_models.warning.asset import AssetRecord
from risk_models.warning.hysteresis import TierState, advance
from risk_models.warning.shaking import shaking_evidence

Tiers = NDArray[np.int8]
SILENT = -1  # of a voice that had nothing to say

type Asset = tuple[str, Feature]
type EvidenceAt = Callable[[datetime], Mapping[tuple[str, str], Sequence[Evidence]]]


@dataclass(frozen=True)
class AssetReplay:
    """One asset through time.

    Attributes
    ----------
    dataset, asset_id, name, region_code : str
    origin : Origin
        Of the asset; what is said of a made-up one is made up.
    observed, shown : (t,) int8
        Tier that the evidence asked for, and tier after hysteresis.
    statutory, model : (t,) int8
        Tier of each voice, `SILENT` where it had nothing to say.
    sufficient : (t,) bool
        Whether the monitoring could be relied on.
    fired : tuple of tuple of str
        Keys of the evidence that asked for a tier, at each time.
    """

    dataset: str
    asset_id: str
    name: str
    region_code: str
    origin: Origin
    observed: Tiers
    shown: Tiers
    statutory: Tiers
    model: Tiers
    sufficient: NDArray[np.bool_]
    fired: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Spell:
    """A warning of one tier while it would have been in force.

    Attributes
    ----------
    tier : Tier
    begin, end : datetime
        First time at which the tier was shown, first time at which it no longer was; an open end is None.
    raised : bool
        Whether the tier before was lower: a new warning or one made worse, not one on its way down.
    """

    dataset: str
    asset_id: str
    region_code: str
    tier: Tier
    begin: datetime
    end: datetime | None
    raised: bool


@dataclass(frozen=True)
class Replay:
    """Every asset at every time, and the warnings that would have been sent."""

    rules: str
    times: tuple[datetime, ...]
    assets: tuple[AssetReplay, ...]

    def spells(self) -> tuple[Spell, ...]:
        """Return the warnings: one for each asset, tier and unbroken stretch of time."""
        return tuple(spell for asset in self.assets for spell in _spells(asset, self.times))


def replay(
    store: Store,
    rules: RulePackage,
    times: Sequence[datetime],
    *,
    watched: Container[tuple[str, str]] | None = None,
    evidence: EvidenceAt | None = None,
) -> Replay:
    """Judge every asset at past times, in order, and move its shown tier step by step.

    Parameters
    ----------
    store : Store
        Read, never written.
    rules : RulePackage
        Need not be the site's.
    times : sequence of datetime
        Ascending, aware. The first is each asset's first evaluation: begin before what is to be counted.
    watched : container of (dataset, asset id), optional
        The assets to judge; all of the register if absent.
    evidence : callable, optional
        Model evidence kept from a past time, by (dataset, asset id); the earthquakes of the register are
        there without it.

    Raises
    ------
    InvalidInput
        If there are no times, or they do not ascend.
    """
    moments = tuple(times)
    if not moments or any(later <= earlier for earlier, later in pairwise(moments)):
        raise InvalidInput(
            "times must ascend", where="replay", expected="one time or more", got=str(len(moments))
        )
    assets = [
        (name, feature)
        for name, each in datasets().items()
        if each.asset
        for feature in store.features(name)
        if watched is None or (name, feature.id) in watched
    ]
    past = _Past(
        rules=rules,
        times=moments,
        history=reading_history(store, moments[0], moments[-1]),
        design=designers_limits(store)[0],
        shaking=_Shaking.of(store, assets, rules, moments),
        evidence=[evidence(at) for at in moments] if evidence else None,
    )
    return Replay(rules.method, moments, tuple(past.asset(n, *asset) for n, asset in enumerate(assets)))


@dataclass(frozen=True)
class _Shaking:
    """The earthquakes of the whole period, what they did at each asset, and which still matter when."""

    events: Sequence[Event]
    points: Sequence[tuple[float, float]]
    motions: Sequence[tuple[NDArray[Any], NDArray[Any]]]
    relevant: NDArray[np.bool_]  # (t, events)

    @classmethod
    def of(
        cls, store: Store, assets: Sequence[Asset], rules: RulePackage, times: Sequence[datetime]
    ) -> _Shaking:
        keep = timedelta(hours=rules.seismic.relevant_hours)
        events = events_between(store, (), times[0] - keep, times[-1])
        places = shapely.point_on_surface(np.array([feature.geometry for _, feature in assets], dtype=object))
        lon, lat = shapely.get_x(places), shapely.get_y(places)
        relevant = [[event.occurred_at <= at <= event.occurred_at + keep for event in events] for at in times]
        return cls(
            events,
            list(zip(lon.tolist(), lat.tolist(), strict=True)),
            [event_shaking(event, lon, lat) for event in events],
            np.array(relevant, dtype=bool).reshape(len(times), len(events)),
        )

    def evidence(self, asset: AssetRecord, number: int, step: int, rules: RulePackage) -> list[Evidence]:
        nodes = []
        for index in np.flatnonzero(self.relevant[step]).tolist():
            event = self.events[index]
            pga, pgv = (float(motion[number]) for motion in self.motions[index])
            nodes.append(
                shaking_evidence(
                    asset,
                    rules,
                    intensity=float(seismic_intensity(pga, pgv)),
                    pga=pga,
                    pgv=pgv,
                    standing=standing_at(event, *self.points[number]),
                    method=card("shaking").method,
                    valid_time=format_utc(event.occurred_at),
                    source=event.source,
                )
            )
        return nodes


@dataclass(frozen=True)
class _Past:
    """Everything that is known of the past; judges one asset after another."""

    rules: RulePackage
    times: tuple[datetime, ...]
    history: Mapping[tuple[str, str], AssetHistory]
    design: Mapping[str, Thresholds]
    shaking: _Shaking
    evidence: Sequence[Mapping[tuple[str, str], Sequence[Evidence]]] | None

    def asset(self, number: int, name: str, feature: Feature) -> AssetReplay:
        record = asset_record(name, feature)
        history = self.history.get((name, feature.id), AssetHistory(()))
        seconds = np.array([at.timestamp() for at in self.times])
        signatures = history.signatures(seconds, self.rules)
        fresh = self._changes(signatures)
        judged: list[tuple[Assessment, tuple[str, ...]]] = []
        shown, state = [], None
        for step, at in enumerate(self.times):
            if fresh[step]:
                found = self._judge(record, number, step, history.readings(signatures[step]))
                judged.append((found, _fired(found)))
            else:
                judged.append(judged[-1])
            state = _advance(state, judged[-1][0], at, self.rules)
            shown.append(state.tier)
        return AssetReplay(
            name,
            feature.id,
            record.name,
            str(feature.properties.get("county_code") or ""),
            feature.origin,
            _tiers(one.tier for one, _ in judged),
            _tiers(shown),
            _tiers(one.statutory for one, _ in judged),
            _tiers(SILENT if one.model is None else one.model for one, _ in judged),
            np.array([one.state is EvidenceState.SUFFICIENT for one, _ in judged]),
            tuple(fired for _, fired in judged),
        )

    def _changes(self, signatures: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return at which times something is known that was not known at the time before."""
        if self.evidence is not None:
            return np.ones(len(self.times), dtype=bool)
        known = np.concatenate(
            [signatures.reshape(len(self.times), -1), self.shaking.relevant.astype(np.int64)], axis=1
        )
        return np.concatenate([[True], (np.diff(known, axis=0) != 0).any(axis=1)])

    def _judge(self, asset: AssetRecord, number: int, step: int, readings: Sequence[Any]) -> Assessment:
        given = self.evidence[step].get((asset.dataset, asset.id), ()) if self.evidence is not None else ()
        models = [*self.shaking.evidence(asset, number, step, self.rules), *given]
        return assess(asset, readings, models, self.rules, self.times[step], design=self.design)


def _advance(before: TierState | None, assessed: Assessment, at: datetime, rules: RulePackage) -> TierState:
    return advance(
        before,
        assessed.tier,
        assessed.state,
        at,
        rules.hysteresis,
        holding=assessed.holding,
        reporting=assessed.reporting,
        monitored=assessed.monitored,
        answers=assessed.answers,
    )


def _fired(assessed: Assessment) -> tuple[str, ...]:
    """Return the keys of what each voice rests on, where it asks for a tier."""
    keys = (
        node.key for voice in assessed.chain.inputs for node in voice.inputs if node.tier is not Tier.NONE
    )
    return tuple(sorted(set(keys)))


def _tiers(values: Any) -> Tiers:
    return np.array([int(value) for value in values], dtype=np.int8)


def _spells(asset: AssetReplay, times: Sequence[datetime]) -> list[Spell]:
    edges = [0, *(np.flatnonzero(np.diff(asset.shown)) + 1).tolist(), len(times)]
    found = []
    for start, stop in pairwise(edges):
        tier = Tier(int(asset.shown[start]))
        if tier is Tier.NONE:
            continue
        before = int(asset.shown[start - 1]) if start else int(Tier.NONE)
        end = times[stop] if stop < len(times) else None
        found.append(
            Spell(
                asset.dataset, asset.asset_id, asset.region_code, tier, times[start], end, int(tier) > before
            )
        )
    return found
