"""Rule packages as plain JSON values: what the command and the API both show."""

from __future__ import annotations

from typing import Any

from data_catalog.site import Site
from data_catalog.store import ActivationRecord, BacktestRecord, Store
from minegis.clock import format_utc
from pipelines.rule_state import KnownPackage, active_rules, find_package, known_packages
from risk_models.rule_diff import differences
from risk_models.warning.asset import AssetRecord
from risk_models.warning.generation import design_requirements, generate_thresholds


def overview(site: Site, store: Store) -> dict[str, Any]:
    """Return every known package, which one judges now, and the log, the newest entry first."""
    packages = [described(known) for known in known_packages(site, store)]
    names = {each["digest"]: f"{each['id']}/{each['version']}" for each in packages}
    return {
        "active": next(each for each in packages if each["state"] == "active"),
        "packages": packages,
        "log": [logged(entry, names) for entry in reversed(store.rules.activations())],
    }


def described(known: KnownPackage) -> dict[str, Any]:
    """Return the head of a package and how far it has come."""
    record = known.record
    return {
        "id": record.id,
        "version": record.version,
        "title": record.content["title"],
        "extends": record.content["extends"],
        "digest": record.digest,
        "state": str(known.state),
        "signer": record.signer,
        "signature": record.signature,
        "stored": known.stored,
        "received_by": record.received_by if known.stored else None,
        "received_at": format_utc(record.received_at) if known.stored else None,
    }


def detailed(store: Store, known: KnownPackage) -> dict[str, Any]:
    """Return a package whole: its file, what it means with its base, the back-tests it had."""
    tests = store.rules.backtests(known.record.digest)
    return {
        **described(known),
        "text": known.record.text,
        "content": known.record.content,
        "backtests": [
            {name: value for name, value in tested(each).items() if name != "report"} for each in tests
        ],
    }


def compared(site: Site, store: Store, known: KnownPackage, against: str = "") -> dict[str, Any]:
    """Return what a package says differently from another one, or from the active one.

    Raises
    ------
    NotFound
        If there is no package `against`, given as ``id`` or ``id/version``.
    """
    name, _, version = against.partition("/")
    base = find_package(site, store, name, version).package() if against else active_rules(site, store)
    found = differences(base, known.package())
    return {
        "from": {"id": base.id, "version": base.version, "digest": base.digest},
        "to": {"id": known.record.id, "version": known.record.version, "digest": known.record.digest},
        "differences": [each.to_json() for each in found],
    }


def tested(backtest: BacktestRecord) -> dict[str, Any]:
    """Return a back-test with its report."""
    return {
        "digest": backtest.digest,
        "against": backtest.against,
        "since": format_utc(backtest.since),
        "until": format_utc(backtest.until),
        "made_by": backtest.made_by,
        "made_at": format_utc(backtest.made_at),
        "report": backtest.report,
    }


def logged(entry: ActivationRecord, names: dict[str, str]) -> dict[str, Any]:
    """Return an entry of the log with the names of its packages."""
    return {
        "number": entry.number,
        "kind": entry.kind,
        "from": names.get(entry.from_digest, entry.from_digest),
        "to": names.get(entry.to_digest, entry.to_digest),
        "who": entry.who,
        "reason": entry.reason,
        "at": format_utc(entry.at),
    }


def thresholds(site: Site, store: Store, dataset: str, asset_id: str) -> dict[str, Any]:
    """Return the limits that the active rules make of an asset's design, and what its tables require.

    Raises
    ------
    NotFound
        If there is no such asset.
    MissingEvidence
        If its register lacks what its class depends on.
    """
    feature = store.feature(dataset, asset_id)
    name = str(feature.properties.get("name") or asset_id)
    asset = AssetRecord(dataset, asset_id, name, feature.properties)
    rules = active_rules(site, store)
    return {
        "rules": rules.method,
        "dataset": dataset,
        "id": asset_id,
        "name": name,
        "origin": str(feature.origin),
        "thresholds": [each.to_json() for each in generate_thresholds(asset, rules)],
        "requirements": [node.to_json() for node in design_requirements(asset, rules)],
    }
