"""The life of a rule package: received with its signature, back-tested, activated, rolled back.

A site starts with the rules that its declaration names, as they come with minegis. From the first activation
on the log of the store decides. Runs and servers ask for the active rules each time they need them, so a
change of rules needs no restart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from data_catalog.site import Site
from data_catalog.store import ActivationRecord, BacktestRecord, RulePackageRecord, Store
from minegis.clock import utc_now
from minegis.declarations import read
from minegis.errors import InvalidDeclaration, InvalidInput, MinegisError, NotFound, StoreConflict
from pipelines.rule_signing import Signature, TrustedKeys, verify
from pipelines.rule_state import (
    KnownPackage,
    active_digest,
    default_rules,
    find_by_digest,
    find_package,
    in_calendar,
    in_place,
    named,
    package_record,
    rules_of,
    stored_package,
)
from risk_models.rule_package import RulePackage, load_rules, read_rules

FOLDER = "rules"
SIGNATURE_SUFFIX = ".sig"
LONGEST_BACKTEST = 600.0  # s, that a server gives one
_FREE_OF_SIGNATURE = "national"


def receive(
    site: Site,
    store: Store,
    text: str,
    signature: Signature | None,
    keys: TrustedKeys,
    *,
    who: str,
    where: str = "",
) -> KnownPackage:
    """Check a package and keep it; it judges nothing yet.

    Parameters
    ----------
    text : str
        YAML. What it extends is looked for in the site's folder ``rules``, then in what minegis brings.
    signature : Signature, optional
        Without one the package can be back-tested, not activated.
    where : str
        Names the text in mistakes; its file.

    Raises
    ------
    InvalidInput
        If the package is not valid (with file, line and field of every mistake), or the signature is not
        that of a trusted key over this content.
    StoreConflict
        If this version is known with another content.
    """
    named(who)
    package = _read(text, where or "rule package", site)
    now = utc_now()
    signer = verify(package, signature, keys, now).signer if signature else ""
    store.rules.add(package_record(package, text, signature, signer, who, now))
    return find_package(site, store, package.id, package.version)


def _read(text: str, where: str, site: Site) -> RulePackage:
    """Read a package from outside: its mistakes are the sender's, those of its base are the site's."""
    try:
        return read_rules(text, where, site.path(FOLDER))
    except InvalidDeclaration as error:
        if not str(error).startswith(f"{where}:"):
            raise
        raise InvalidInput(error.what, where=error.where, expected=error.expected, got=error.got) from None
    except NotFound as error:
        name = Path(error.where).stem
        raise InvalidInput(error.what, where=f"{where}: extends", got=name) from None


def receive_file(site: Site, store: Store, path: Path, keys: TrustedKeys, *, who: str) -> KnownPackage:
    """Receive a package from a file, with the signature in the file beside it where there is one.

    Raises
    ------
    NotFound
        If there is no such file.
    InvalidInput, StoreConflict
        As `receive`.
    """
    text, signature = signed_file(path)
    return receive(site, store, text, signature, keys, who=who, where=str(path))


def signed_file(path: Path) -> tuple[str, Signature | None]:
    """Return the text of a package's file and the signature beside it.

    Raises
    ------
    NotFound
        If there is no such file.
    """
    if not path.is_file():
        raise NotFound("no such file", where=str(path))
    beside = path.with_name(path.name + SIGNATURE_SUFFIX)
    signature = read(beside, Signature) if beside.is_file() else None
    return path.read_text(encoding="utf-8"), signature


def backtest_apart(
    site: Site,
    database: str,
    known: KnownPackage,
    since: datetime,
    until: datetime,
    step: timedelta,
    *,
    who: str,
    seconds: float = LONGEST_BACKTEST,
) -> BacktestRecord:
    """Make a back-test in a process of its own: a replay is long work, and loads what a server does not.

    Parameters
    ----------
    seconds : float
        After these the process is ended.

    Raises
    ------
    InvalidInput
        As `rule_trial.run_backtest`, or if the time is over.
    MinegisError
        If the process ended before it was done.
    """
    named(who)
    in_calendar(since, until)
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    asked = (there, site.folder, database, known.record.digest, since, until, step, who)
    process = context.Process(target=_backtest_there, args=asked, daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(seconds):
            raise InvalidInput(
                "the back-test took too long",
                where=known.name,
                expected=f"at most {seconds:g} s: a shorter period, a longer step, `minegis rules backtest`",
            )
        found = here.recv()
    except EOFError:
        raise MinegisError(
            "the back-test ended before it was done",
            where=known.name,
            expected="memory enough, or a shorter period",
        ) from None
    finally:
        process.kill()
        process.join()
        here.close()
    if isinstance(found, MinegisError):
        raise found
    record: BacktestRecord = found
    return record


def _backtest_there(
    answer: Connection,
    folder: Path,
    database: str,
    digest: str,
    since: datetime,
    until: datetime,
    step: timedelta,
    who: str,
) -> None:
    from pipelines.rule_trial import run_backtest  # noqa: PLC0415

    try:
        site = Site.open(folder)
        with Store.open(folder, database) as store:
            known = find_by_digest(site, store, digest)
            found: BacktestRecord | MinegisError = run_backtest(
                site, store, known, since, until, step, who=who
            )
    except MinegisError as error:
        found = error
    answer.send(found)


def activate(
    site: Site, store: Store, known: KnownPackage, keys: TrustedKeys, *, who: str, reason: str
) -> ActivationRecord:
    """Put a package in the place of the active one, at once and for every process.

    Raises
    ------
    StoreConflict
        If it is active already, is not signed, was not back-tested against what is active now; `Stale` if
        the active rules change meanwhile.
    InvalidInput
        If its signature is not that of a key that is trusted today.
    """
    named(who, reason)
    log = store.rules.activations()
    active = active_digest(site, log)
    if known.record.digest == active:
        raise StoreConflict("these rules are active already", where=known.name)
    _trusted(known.record, keys)
    tested = [each.against for each in store.rules.backtests(known.record.digest)]
    if active not in tested:
        raise StoreConflict(
            "back-tested against other rules than those active now" if tested else "not back-tested",
            where=known.name,
            expected=f"`minegis rules backtest {known.name}`, or POST /api/v1/rules/{known.name}/backtest",
            got=f"active is {find_by_digest(site, store, active).name}",
        )
    store.rules.add(known.record)
    return _log(site, store, log, "activate", known.record.digest, who, reason)


def rollback(site: Site, store: Store, keys: TrustedKeys, *, who: str, reason: str) -> ActivationRecord:
    """Bring back what was active before, at once and for every process; again, and what was before that.

    What was active before was back-tested then. Its key may have come to its end meanwhile, but not have been
    taken out of the trusted ones.

    Raises
    ------
    StoreConflict
        If nothing was active before; `Stale` if the active rules change meanwhile.
    InvalidInput
        If the key of what was active before is no longer trusted, or its content was changed in the store.
    """
    named(who, reason)
    log = store.rules.activations()
    activations = in_place(log)
    if not activations:
        raise StoreConflict(
            "there is nothing to roll back to", where="rules", expected="an activation before", got="none"
        )
    if len(activations) > 1:
        before = stored_package(store, activations[-2].to_digest)
        _trusted(before, keys, on_its_day=True)
    else:
        before = find_by_digest(site, store, default_rules(site).digest).record
        store.rules.add(before)
    return _log(site, store, log, "rollback", before.digest, who, reason)


def _trusted(record: RulePackageRecord, keys: TrustedKeys, *, on_its_day: bool = False) -> None:
    """Refuse a package that nobody trusted stands for; the national one of minegis stands for itself."""
    if record.id == _FREE_OF_SIGNATURE and record.digest == load_rules(_FREE_OF_SIGNATURE).digest:
        return
    if record.signature is None:
        raise StoreConflict(
            "not signed",
            where=f"{record.id}/{record.version}",
            expected="`minegis rules sign` with a key of MINEGIS_RULE_KEYS, then load it again",
        )
    day = record.received_at if on_its_day else utc_now()
    verify(rules_of(record), Signature(**record.signature), keys, day)


def _log(
    site: Site,
    store: Store,
    log: Sequence[ActivationRecord],
    kind: Literal["activate", "rollback"],
    new: str,
    who: str,
    reason: str,
) -> ActivationRecord:
    """Write the next entry, and keep the package that it replaces, so that history knows it."""
    old = active_digest(site, log)
    replaced = find_by_digest(site, store, old).record
    entry = ActivationRecord(log[-1].number + 1 if log else 1, kind, old, new, who, reason, utc_now())
    store.rules.log(entry, replaced)
    return entry
