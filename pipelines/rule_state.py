"""Which rule packages a site knows, how far each has come, and which one judges now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache

from data_catalog.site import Site
from data_catalog.store import ActivationRecord, RulePackageRecord, Store
from minegis.clock import utc_now
from minegis.errors import InvalidInput, MinegisError, NotFound
from pipelines.rule_signing import Signature
from risk_models.rule_package import RULES, RulePackage, load_rules, package_of

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_PACKAGED = "minegis"  # who brings what comes with minegis


class State(StrEnum):
    """How far a package has come."""

    RECEIVED = "received"
    BACKTESTED = "backtested"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True)
class KnownPackage:
    """A package that the site knows, and how far it has come.

    Attributes
    ----------
    record : RulePackageRecord
    state : State
    stored : bool
        False for one that comes with minegis and was not received by the site.
    """

    record: RulePackageRecord
    state: State
    stored: bool

    @property
    def name(self) -> str:
        """Id and version."""
        return f"{self.record.id}/{self.record.version}"

    def package(self) -> RulePackage:
        """Return the rules; see `rules_of`."""
        return rules_of(self.record)


def rules_of(record: RulePackageRecord) -> RulePackage:
    """Return the rules of a record, if the content is still the one that the digest names.

    Raises
    ------
    MinegisError
        If the content was changed in the store, or has other sections than this version of minegis: who asks
        can do nothing about it.
    """
    where = f"{record.id}/{record.version}"
    package = package_of(record.content, where)
    if package.digest != record.digest:
        raise MinegisError(
            "the content in the store is not the one that was received",
            where=where,
            expected=f"digest {record.digest[:12]}",
            got=package.digest[:12],
        )
    return package


def default_rules(site: Site) -> RulePackage:
    """Return the rules that the site's declaration names; they come with minegis.

    Raises
    ------
    NotFound
        If minegis brings no such package.
    """
    return load_rules(site.declaration.rules)


def active_rules(site: Site, store: Store) -> RulePackage:
    """Return the rules that judge now."""
    activations = in_place(store.rules.activations())
    if not activations:
        return default_rules(site)
    return rules_of(stored_package(store, activations[-1].to_digest))


def rules_of_method(site: Site, store: Store, method: str) -> RulePackage:
    """Return the rules that evidence names as its method, ``rules/<id>/<version>``: those that judged then.

    Raises
    ------
    NotFound
        If neither the site nor minegis has them any more.
    """
    _, name, version = method.split("/", 2) if method.count("/") >= 2 else ("", method, "")
    return find_package(site, store, name, version).package()


def known_packages(site: Site, store: Store) -> list[KnownPackage]:
    """Return what the site has received, and what minegis brings beside it."""
    log = store.rules.activations()
    active = active_digest(site, log)
    tested = {each.digest for each in store.rules.backtests()}
    left = {each.from_digest for each in log}
    received = {each.digest: each for each in store.rules.packages()}
    brought = {each.digest: each for each in _brought()}

    def state(digest: str) -> State:
        if digest == active:
            return State.ACTIVE
        if digest in left:
            return State.RETIRED
        return State.BACKTESTED if digest in tested else State.RECEIVED

    return [
        KnownPackage(record, state(digest), digest in received)
        for digest, record in {**brought, **received}.items()
    ]


def find_package(site: Site, store: Store, name: str, version: str = "") -> KnownPackage:
    """Return a package by id and version, or the newest of an id.

    Raises
    ------
    NotFound
        If there is none.
    """
    known = known_packages(site, store)
    found = [one for one in known if one.record.id == name and version in ("", one.record.version)]
    if not found:
        there = ", ".join(one.name for one in known)
        raise NotFound("no such rule package", where=f"{name}/{version}".rstrip("/"), expected=there)
    return found[-1]


def find_by_digest(site: Site, store: Store, digest: str) -> KnownPackage:
    """Return a package by its digest.

    Raises
    ------
    NotFound
        If there is none.
    """
    for known in known_packages(site, store):
        if known.record.digest == digest:
            return known
    raise NotFound("no such rule package", where=f"digest {digest[:12]}")


def in_place(log: Sequence[ActivationRecord]) -> list[ActivationRecord]:
    """Return the activations that were not rolled back, the newest last."""
    found: list[ActivationRecord] = []
    for entry in log:
        if entry.kind == "activate":
            found.append(entry)
        else:
            found.pop()
    return found


def active_digest(site: Site, log: Sequence[ActivationRecord]) -> str:
    """Return the digest of the rules that judge by this log."""
    activations = in_place(log)
    return activations[-1].to_digest if activations else default_rules(site).digest


def stored_package(store: Store, digest: str) -> RulePackageRecord:
    """Return what the store holds under a digest.

    Raises
    ------
    NotFound
        If it holds nothing.
    """
    for record in store.rules.packages():
        if record.digest == digest:
            return record
    raise NotFound("the store lacks a package that its log names", where=f"digest {digest[:12]}")


@cache
def _brought() -> tuple[RulePackageRecord, ...]:
    """Return the packages that come with minegis, as records."""
    return tuple(
        package_record(load_rules(path.stem), path.read_text(encoding="utf-8"), None, "", _PACKAGED, None)
        for path in sorted(RULES.glob("*.yaml"))
    )


def package_record(
    package: RulePackage,
    text: str,
    signature: Signature | None,
    signer: str,
    who: str,
    at: datetime | None,
) -> RulePackageRecord:
    """Return what the store keeps of a package."""
    return RulePackageRecord(
        id=package.id,
        version=package.version,
        digest=package.digest,
        content=json.loads(json.dumps(package.content())),
        text=text,
        signature=signature.model_dump() if signature else None,
        signer=signer,
        received_by=who,
        received_at=at or utc_now(),
    )


def named(who: str, reason: str = "-") -> None:
    """Refuse a change that does not say who makes it and why.

    Raises
    ------
    InvalidInput
        If it does not.
    """
    for name, value in (("who", who), ("reason", reason)):
        if not value.strip():
            raise InvalidInput("a change of rules says who made it and why", where=name, expected="a text")


def in_calendar(since: datetime, until: datetime) -> None:
    """Refuse a period whose ends no computation of times could step over.

    Raises
    ------
    InvalidInput
        If it begins before 1900 or ends after 2200.
    """
    for name, moment in (("since", since), ("until", until)):
        if not EARLIEST <= moment <= LATEST:
            raise InvalidInput(
                "a time out of range", where=name, expected="1900 to 2200", got=moment.isoformat()
            )
