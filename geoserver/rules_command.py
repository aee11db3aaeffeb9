"""The command `minegis rules`: receive, sign, back-test, activate and roll back rule packages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from data_catalog.site import Site
from data_catalog.store import Store
from geoserver.terminal import JsonOption, SiteOption, err, out, print_json, settings_of
from minegis.clock import parse_utc, utc_now
from minegis.errors import InvalidInput
from minegis.settings import Settings

_LONGEST_STEP = 24 * 366  # h

rules = typer.Typer(no_args_is_help=True, help="Rule packages: thresholds and clauses that judge.")

PackageArgument = Annotated[str, typer.Argument(help="`liaoning`, or `liaoning/1.0.0`.")]
FileArgument = Annotated[Path, typer.Argument(help="A rule package, *.yaml.")]
WhoOption = Annotated[str, typer.Option(help="Who does this. Default: the user of this machine.")]
ReasonOption = Annotated[str, typer.Option(help="Why, for the log.")]
ProtectOption = Annotated[bool, typer.Option("--protect", help="Ask for the password of the private key.")]


@contextmanager
def _opened(site: Path | None) -> Iterator[tuple[Settings, Site, Store]]:
    settings = settings_of(site)
    opened = Site.open(settings.site)
    with Store.open(settings.site, settings.database) as store:
        yield settings, opened, store


@rules.command("list")
def list_(site: SiteOption = None, as_json: JsonOption = False) -> None:
    """List the packages, which one judges now, and the log of activations."""
    from geoserver.rule_views import overview  # noqa: PLC0415 – the command's help stays quick

    with _opened(site) as (_, opened, store):
        shown = overview(opened, store)
    if as_json:
        print_json(shown)
        return
    table = Table("package", "title", "state", "signer", "digest", box=None)
    for each in shown["packages"]:
        style = "bold" if each["state"] == "active" else ""
        name = f"{each['id']}/{each['version']}"
        title = f"{each['title']['zh']} {each['title']['en']}"
        table.add_row(name, title, each["state"], each["signer"] or "-", each["digest"][:12], style=style)
    out.print(table)
    for each in shown["log"]:
        out.print(
            f"{each['number']:>4}  {each['at']}  {each['kind']}  {each['from']} → {each['to']}"
            f"  {each['who']}: {each['reason']}",
            highlight=False,
            soft_wrap=True,
        )


@rules.command()
def show(package: PackageArgument, site: SiteOption = None) -> None:
    """Print the file of a package, to be changed or signed."""
    from pipelines.rule_state import find_package  # noqa: PLC0415

    with _opened(site) as (_, opened, store):
        text = find_package(opened, store, *_split(package)).record.text
    typer.echo(text, nl=False)


@rules.command()
def check(file: FileArgument, as_json: JsonOption = False) -> None:
    """Check a package and the signature beside it; each mistake names file, line and field. Needs no site."""
    from pipelines.rule_life import signed_file  # noqa: PLC0415
    from pipelines.rule_signing import trusted_keys, verify  # noqa: PLC0415
    from risk_models.rule_package import read_rules  # noqa: PLC0415

    text, signature = signed_file(file)
    package = read_rules(text, str(file), file.parent)
    signer = ""
    if signature is not None:
        signer = verify(package, signature, trusted_keys(settings_of().rule_keys), utc_now()).signer
    if as_json:
        print_json({"id": package.id, "version": package.version, "digest": package.digest, "signer": signer})
    else:
        told = f"signed by {signer}" if signer else "not signed"
        out.print(f"{package.id}/{package.version}: valid, {told}; digest {package.digest}", soft_wrap=True)


@rules.command()
def keygen(
    file: Annotated[Path, typer.Argument(help="Where the private key goes; a new file.")],
    signer: Annotated[str, typer.Option(help="Whose key it is, for people.")],
    protect: ProtectOption = False,
) -> None:
    """Make a key to sign with; prints the lines for the file that MINEGIS_RULE_KEYS names."""
    from pipelines.rule_signing import key_line, make_key  # noqa: PLC0415

    key = make_key(file, signer, _password(protect, confirm=True))
    err.print(f"Private key in [bold]{file}[/]. Keep it off the server. Trust its public half with:")
    out.print("keys:\n" + key_line(key), end="", highlight=False, markup=False, soft_wrap=True)


@rules.command()
def sign(
    file: FileArgument,
    key: Annotated[Path, typer.Option(help="The private key of `minegis rules keygen`.")],
    protect: ProtectOption = False,
) -> None:
    """Sign a package as it is now, with everything it extends; writes <file>.sig beside it."""
    import yaml  # noqa: PLC0415

    from pipelines.rule_life import SIGNATURE_SUFFIX  # noqa: PLC0415
    from pipelines.rule_signing import sign as sign_package  # noqa: PLC0415
    from risk_models.rule_package import read_rules  # noqa: PLC0415

    package = read_rules(file.read_text(encoding="utf-8"), str(file), file.parent)
    signature = sign_package(package, key, utc_now(), _password(protect))
    beside = file.with_name(file.name + SIGNATURE_SUFFIX)
    beside.write_text(yaml.safe_dump(signature.model_dump(), sort_keys=False), encoding="utf-8")
    err.print(f"Signed {package.id}/{package.version}, digest {package.digest[:12]}: [bold]{beside}[/]")


@rules.command()
def load(
    file: FileArgument, who: WhoOption = "", site: SiteOption = None, as_json: JsonOption = False
) -> None:
    """Receive a package, with the signature beside it; it judges nothing until it is activated."""
    from geoserver.rule_views import described  # noqa: PLC0415
    from pipelines.rule_life import receive_file  # noqa: PLC0415
    from pipelines.rule_signing import trusted_keys  # noqa: PLC0415

    with _opened(site) as (settings, opened, store):
        keys = trusted_keys(settings.rule_keys)
        known = receive_file(opened, store, file, keys, who=who or getuser())
    if as_json:
        print_json(described(known))
    else:
        told = f"signed by {known.record.signer}" if known.record.signer else "not signed"
        err.print(f"Received [bold]{known.name}[/], {told}. Next: `minegis rules backtest {known.name}`")


@rules.command()
def backtest(
    package: PackageArgument,
    since: Annotated[str, typer.Option(help="Begin: time or day. Default: 90 days before the end.")] = "",
    until: Annotated[str, typer.Option(help="End. Default: the time the site is judged at.")] = "",
    step: Annotated[float, typer.Option(help="Hours between two evaluations.")] = 6.0,
    who: WhoOption = "",
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replay a period under a package and under the active one; needed before it can be activated."""
    from geoserver.rule_views import tested  # noqa: PLC0415
    from pipelines.rule_state import find_package, in_calendar  # noqa: PLC0415
    from pipelines.rule_trial import run_backtest  # noqa: PLC0415

    with _opened(site) as (_, opened, store):
        known = find_package(opened, store, *_split(package))
        end = _moment(until, "--until") if until else opened.now()
        in_calendar(end, end)
        begin = _moment(since, "--since") if since else end - timedelta(days=90)
        found = run_backtest(opened, store, known, begin, end, _step(step), who=who or getuser())
    if as_json:
        print_json(tested(found))
    else:
        _show_backtest(found.report)


@rules.command()
def diff(
    package: PackageArgument,
    against: Annotated[str, typer.Option(help="Another package. Default: the active one.")] = "",
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a package says differently: field, old, new, clause."""
    from geoserver.rule_views import compared  # noqa: PLC0415
    from pipelines.rule_state import find_package  # noqa: PLC0415

    with _opened(site) as (_, opened, store):
        shown = compared(opened, store, find_package(opened, store, *_split(package)), against)
    if as_json:
        print_json(shown)
    else:
        _show_differences(shown["differences"])


@rules.command()
def activate(
    package: PackageArgument,
    reason: ReasonOption,
    who: WhoOption = "",
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a package in the place of the active one; the next run judges by it, no restart needed."""
    from geoserver.rule_views import overview  # noqa: PLC0415
    from pipelines.rule_life import activate as put_in_place  # noqa: PLC0415
    from pipelines.rule_signing import trusted_keys  # noqa: PLC0415
    from pipelines.rule_state import find_package  # noqa: PLC0415

    with _opened(site) as (settings, opened, store):
        known, keys = find_package(opened, store, *_split(package)), trusted_keys(settings.rule_keys)
        put_in_place(opened, store, known, keys, who=who or getuser(), reason=reason)
        shown = overview(opened, store)
    _show_entry(shown, as_json)


@rules.command()
def rollback(
    reason: ReasonOption, who: WhoOption = "", site: SiteOption = None, as_json: JsonOption = False
) -> None:
    """Bring back the rules that were active before."""
    from geoserver.rule_views import overview  # noqa: PLC0415
    from pipelines.rule_life import rollback as bring_back  # noqa: PLC0415
    from pipelines.rule_signing import trusted_keys  # noqa: PLC0415

    with _opened(site) as (settings, opened, store):
        bring_back(opened, store, trusted_keys(settings.rule_keys), who=who or getuser(), reason=reason)
        shown = overview(opened, store)
    _show_entry(shown, as_json)


@rules.command()
def thresholds(
    asset: Annotated[str, typer.Argument(help="`tsf/ID`.")],
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Generate the limits of an asset from its design, with clause and provenance."""
    from geoserver.rule_views import thresholds as limits_of  # noqa: PLC0415

    dataset, _, asset_id = asset.partition("/")
    with _opened(site) as (_, opened, store):
        shown = limits_of(opened, store, dataset, asset_id)
    if as_json:
        print_json(shown)
        return
    table = Table("item", "blue", "yellow", "orange", "red", "unit", "clause", box=None)
    for each in shown["thresholds"]:
        limits = [f"{limit['value']:g}" for limit in each["thresholds"].values()] or [
            each["missing"],
            "",
            "",
            "",
        ]
        table.add_row(f"{each['label']['zh']} {each['label']['en']}", *limits, each["unit"], each["clause"])
    for node in shown["requirements"]:
        value = str(node["value"])
        label = f"{node['label']['zh']} {node['label']['en']}"
        table.add_row(label, value, "", "", "", node["unit"], node["clause"])
    out.print(table)


def _split(package: str) -> tuple[str, str]:
    name, _, version = package.partition("/")
    return name, version


def _moment(text: str, where: str) -> datetime:
    if len(text) == len("2026-07-20"):
        text += "T00:00:00Z"
    return parse_utc(text, where=where)


def _step(hours: float) -> timedelta:
    if not 0 < hours <= _LONGEST_STEP:
        raise InvalidInput(
            "a step out of range",
            where="--step",
            expected=f"more than 0, at most {_LONGEST_STEP} h",
            got=f"{hours}",
        )
    return timedelta(hours=hours)


def _password(protect: bool, *, confirm: bool = False) -> bytes | None:
    if not protect:
        return None
    typed: str = typer.prompt("Password of the private key", hide_input=True, confirmation_prompt=confirm)
    return typed.encode()


def _show_entry(shown: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(shown)
    else:
        active = shown["active"]
        err.print(f"Active is now [bold]{active['id']}/{active['version']}[/]; the next run judges by it.")


def _show_backtest(report: dict[str, Any]) -> None:
    names = {side: f"{report[side]['id']}/{report[side]['version']}" for side in ("active", "candidate")}
    table = Table("month", "tier", names["active"], names["candidate"], box=None)
    for month, counts in report["alarms"]["active"].items():
        for tier, number in counts.items():
            table.add_row(month, tier, str(number), str(report["alarms"]["candidate"][month][tier]))
    out.print(table)
    for each in report["changes"]:
        out.print(
            f"{each['dataset']}/{each['id']} {each['name']}: {each['from']} → {each['to']} from"
            f" {each['first_at']}, {each['evaluations']} evaluations"
            f" ({each['worse']} worse, {each['milder']} milder)",
            highlight=False,
            soft_wrap=True,
        )
    out.print(f"{len(report['changes'])} of {report['assets']} assets change colour at some time")
    _show_differences(report["diff"])


def _show_differences(found: list[dict[str, Any]]) -> None:
    table = Table("field", "old", "new", "", "clause", "provenance", box=None)
    table.columns[0].overflow = "fold"
    for each in found:
        old, new = ("-" if value is None else str(value) for value in (each["old"], each["new"]))
        table.add_row(each["field"], old, new, each["side"], each["clause"], each["provenance"])
    out.print(table if found else "no difference")
