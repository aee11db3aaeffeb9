"""The life of a rule package: received, back-tested, activated, rolled back, on both databases."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
import sqlalchemy as sa

from data_catalog.site import Area, Site, SiteDeclaration
from data_catalog.store import ActivationRecord, Feature, Store
from data_catalog.store.schema import RULE_PACKAGE
from minegis.declarations import BilingualText
from minegis.errors import InvalidDeclaration, InvalidInput, MinegisError, NotFound, Stale, StoreConflict
from minegis.levels import Origin
from minegis.reading import Quality, Reading
from pipelines.replay import replay
from pipelines.rule_backtest import backtest
from pipelines.rule_life import activate, backtest_apart, receive, receive_file, rollback
from pipelines.rule_signing import TrustedKey, TrustedKeys, make_key, sign
from pipelines.rule_state import (
    KnownPackage,
    State,
    active_rules,
    find_package,
    known_packages,
    rules_of_method,
)
from pipelines.rule_trial import run_backtest
from risk_models.rule_package import load_rules, read_rules

AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
BEGIN = datetime(2026, 6, 29, 4, tzinfo=UTC)
DAY = timedelta(days=1)

PROVINCE = """\
id: {id}
version: {version}
title: {{zh: 某省规则, en: A made-up province}}
extends: liaoning
items:
  rain_24h:
    label: {{zh: 24小时雨量, en: 24 h rain}}
    cause: weather
    unit: mm
    variables: [rain_24h]
    applies: {{tsf: {{}}}}
    comparison: above
    clause: made up for a test
    thresholds:
      blue: {{value: 10, provenance: test}}
      yellow: {{value: 20, provenance: test}}
      orange: {{value: {orange}, provenance: test}}
      red: {{value: 160, provenance: test}}
"""


def province(name: str = "somewhere", version: str = "1.0.0", orange: int = 30) -> str:
    return PROVINCE.format(id=name, version=version, orange=orange)


@dataclass
class Office:
    """A site with readings, and the people who make its rules."""

    site: Site
    store: Store
    key: Path
    trusted: TrustedKey

    @property
    def keys(self) -> TrustedKeys:
        return TrustedKeys(keys=(self.trusted,))

    def signed(self, text: str) -> KnownPackage:
        package = read_rules(text, "test", self.site.path("rules"))
        signature = sign(package, self.key, datetime.now(UTC))
        return receive(self.site, self.store, text, signature, self.keys, who="Li")

    def backtest(self, known: KnownPackage) -> dict[str, Any]:
        return run_backtest(self.site, self.store, known, BEGIN, AT, DAY, who="Li").report

    def activate(self, known: KnownPackage) -> ActivationRecord:
        return activate(self.site, self.store, known, self.keys, who="Wang", reason="flood season")

    def rollback(self) -> ActivationRecord:
        return rollback(self.site, self.store, self.keys, who="Wang", reason="too many alarms")

    def active(self) -> str:
        return active_rules(self.site, self.store).method


@pytest.fixture
def office(tmp_path: Path, database: str) -> Iterator[Office]:
    area = Area(id="small", title=BilingualText(zh="小", en="Small"), bbox=(103.0, 31.0, 103.1, 31.1))
    declared = SiteDeclaration(
        title=BilingualText(zh="小", en="Small"), origin=Origin.OPERATOR, areas=(area,), reference_time=AT
    )
    key = tmp_path / "office.pem"
    trusted = make_key(key, "省厅")
    with Store.open(tmp_path / "site", database) as store:
        site = Site.create(tmp_path / "site", declared)
        register = {"name": "a", "county_code": "513233", "status": "in_use", "raise_method": "dry_stack",
                    "total_storage": 320.0, "dam_height": 48.0}  # fmt: skip
        place = shapely.Point(103.05, 31.05)
        store.upsert("tsf", [Feature("a", register, place, Origin.OPERATOR, "test")])
        # 15 mm, and 35 mm on 10 and 11 July: blue nationally, orange where orange begins at 30 mm
        wet = {datetime(2026, 7, 10, 4, tzinfo=UTC), datetime(2026, 7, 11, 4, tzinfo=UTC)}
        store.add_readings(
            Reading("g", "tsf", "a", "rain_24h", 35.0 if at in wet else 5.0, at, Quality.GOOD,
                    Origin.OPERATOR, "test")
            for at in (BEGIN + n * DAY for n in range(22))
        )  # fmt: skip
        yield Office(site, store, key, trusted)


def test_a_site_begins_with_the_rules_of_its_declaration(office: Office) -> None:
    assert active_rules(office.site, office.store) == load_rules("national")
    states = {one.record.id: one.state for one in known_packages(office.site, office.store)}
    assert states["national"] is State.ACTIVE
    assert states["liaoning"] is State.RECEIVED


def test_a_back_test_counts_alarms_and_says_which_assets_change_and_why(office: Office) -> None:
    report = office.backtest(office.signed(province()))
    # national: blue on 10 and 11 July, one alarm; the province: orange, one alarm. Nothing in June.
    none = {"blue": 0, "yellow": 0, "orange": 0, "red": 0}
    assert report["alarms"] == {
        "active": {"2026-06": none, "2026-07": none | {"blue": 1}},
        "candidate": {"2026-06": none, "2026-07": none | {"orange": 1}},
    }
    (change,) = report["changes"]
    assert (change["id"], change["from"], change["to"]) == ("a", "blue", "orange")
    assert change["first_at"] == "2026-07-10T04:00:00Z"
    assert (change["worse"], change["milder"]) == (change["evaluations"], 0)
    why = {each["field"]: each for each in change["why"]}
    orange = why["items.rain_24h.thresholds.orange.value"]
    assert (orange["old"], orange["new"], orange["side"]) == (100, 30, "stricter")
    assert orange["clause"] == "made up for a test"
    assert report["period"]["evaluations"] == 22


def test_a_package_is_activated_and_rolled_back_in_one_call_each(office: Office) -> None:
    known = office.signed(province())
    office.backtest(known)
    entry = office.activate(known)
    assert (entry.number, entry.kind, entry.who, entry.reason) == (1, "activate", "Wang", "flood season")
    assert office.active() == "rules/somewhere/1.0.0"
    with (
        Store.open(office.site.folder, "")
        if office.store._backend.name == "sqlite"
        else office.store as other
    ):
        assert active_rules(office.site, other).method == "rules/somewhere/1.0.0"
    office.rollback()
    assert office.active() == "rules/national/1.1.0"
    log = office.store.rules.activations()
    assert [(one.kind, one.from_digest[:8], one.to_digest[:8]) for one in log] == [
        ("activate", load_rules("national").digest[:8], known.record.digest[:8]),
        ("rollback", known.record.digest[:8], load_rules("national").digest[:8]),
    ]
    assert find_package(office.site, office.store, "somewhere").state is State.RETIRED
    judged_then = rules_of_method(office.site, office.store, "rules/somewhere/1.0.0")
    assert judged_then == read_rules(province(), "test")
    with pytest.raises(NotFound, match="no such rule package"):
        rules_of_method(office.site, office.store, "rules/somewhere/0.9.0")


def test_what_was_not_back_tested_is_refused_with_what_to_do(office: Office) -> None:
    known = office.signed(province())
    with pytest.raises(StoreConflict, match=r"not back-tested.*minegis rules backtest somewhere/1.0.0"):
        office.activate(known)
    assert office.active() == "rules/national/1.1.0"


def test_a_back_test_of_another_version_does_not_count(office: Office) -> None:
    office.backtest(office.signed(province()))
    with pytest.raises(StoreConflict, match="not back-tested"):
        office.activate(office.signed(province(version="1.0.1", orange=29)))


def test_a_back_test_against_what_is_no_longer_active_does_not_count(office: Office) -> None:
    first, second = office.signed(province("first")), office.signed(province("second", orange=40))
    office.backtest(first)
    office.backtest(second)
    office.activate(first)
    with pytest.raises(
        StoreConflict, match=r"against other rules than those active now.*active is first/1.0.0"
    ):
        office.activate(second)
    office.backtest(second)
    office.activate(second)
    assert office.active() == "rules/second/1.0.0"


def test_an_unsigned_package_is_received_and_tried_but_never_activated(office: Office) -> None:
    known = receive(office.site, office.store, province(), None, office.keys, who="Li")
    office.backtest(known)
    with pytest.raises(StoreConflict, match=r"not signed.*minegis rules sign"):
        office.activate(known)
    office.activate(office.signed(province()))  # the same content, now signed; its back-test stands
    assert office.active() == "rules/somewhere/1.0.0"


def test_what_comes_with_minegis_for_a_province_needs_a_signature_too(office: Office) -> None:
    known = find_package(office.site, office.store, "liaoning")
    office.backtest(known)
    with pytest.raises(StoreConflict, match="not signed"):
        office.activate(known)


def test_a_signature_of_something_else_is_refused_on_receipt(office: Office) -> None:
    signature = sign(read_rules(province(), "test"), office.key, datetime.now(UTC))
    with pytest.raises(InvalidInput, match="not of this content"):
        receive(office.site, office.store, province(orange=99), signature, office.keys, who="Li")
    assert not [one for one in known_packages(office.site, office.store) if one.stored]


def test_a_key_that_is_taken_back_activates_nothing_more(office: Office) -> None:
    known = office.signed(province())
    office.backtest(known)
    with pytest.raises(InvalidInput, match="not trusted"):
        activate(office.site, office.store, known, TrustedKeys(keys=()), who="Wang", reason="try")


def test_a_key_that_came_to_its_end_activates_nothing_but_can_be_rolled_back_to(office: Office) -> None:
    first, second = office.signed(province("first")), office.signed(province("second", orange=40))
    office.backtest(first)
    office.activate(first)
    office.backtest(second)
    office.activate(second)
    today = datetime.now(UTC).date()
    ended = TrustedKeys(keys=(office.trusted.model_copy(update={"not_after": today - timedelta(days=1)}),))
    third = office.signed(province("third", orange=50))
    office.backtest(third)
    with pytest.raises(InvalidInput, match="not valid on this day"):
        activate(office.site, office.store, third, ended, who="Wang", reason="try")
    office.trusted = office.trusted.model_copy(update={"not_after": today})
    rollback(office.site, office.store, office.keys, who="Wang", reason="back")
    assert office.active() == "rules/first/1.0.0"


def test_rollbacks_go_down_step_by_step_to_the_rules_of_the_declaration(office: Office) -> None:
    for name, orange in (("first", 30), ("second", 40), ("third", 50)):
        known = office.signed(province(name, orange=orange))
        office.backtest(known)
        office.activate(known)
    shown = []
    for _ in range(3):
        office.rollback()
        shown.append(office.active())
    assert shown == ["rules/second/1.0.0", "rules/first/1.0.0", "rules/national/1.1.0"]
    with pytest.raises(StoreConflict, match="nothing to roll back to"):
        office.rollback()
    assert [one.number for one in office.store.rules.activations()] == [1, 2, 3, 4, 5, 6]


def test_of_two_activations_at_once_one_wins_and_the_other_is_told(office: Office) -> None:
    packages = [
        office.signed(province(name, orange=orange)) for name, orange in (("left", 30), ("right", 40))
    ]
    for known in packages:
        office.backtest(known)
    barrier, outcomes = threading.Barrier(2), []

    def work(known: KnownPackage) -> None:
        barrier.wait()
        try:
            office.activate(known)
            outcomes.append(known.record.id)
        except MinegisError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=work, args=(known,)) for known in packages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [each for each in outcomes if each in ("left", "right")]
    assert len(won) == 1
    assert set(outcomes) - set(won) <= {"Stale", "StoreConflict"}
    assert office.active() == f"rules/{won[0]}/1.0.0"
    assert len(office.store.rules.activations()) == 1


def test_a_change_made_on_an_older_state_of_the_log_is_stale(office: Office) -> None:
    known = office.signed(province())
    office.backtest(known)
    entry = office.activate(known)
    with pytest.raises(Stale, match="changed meanwhile"):
        office.store.rules.log(entry, known.record)


def test_one_version_has_one_content_for_ever(office: Office) -> None:
    office.signed(province())
    with pytest.raises(StoreConflict, match="known with another content"):
        office.signed(province(orange=31))
    again = office.signed(province())
    assert [one.name for one in known_packages(office.site, office.store)].count(again.name) == 1


def test_a_content_changed_in_the_store_judges_nothing(office: Office) -> None:
    known = office.signed(province())
    office.backtest(known)
    office.activate(known)
    eased = {**known.record.content, "promotion": {**known.record.content["promotion"], "blue": 9}}
    with office.store._backend.writing() as connection:
        connection.execute(
            sa.update(RULE_PACKAGE).values(content=eased).where(RULE_PACKAGE.c.id == "somewhere")
        )
    with pytest.raises(MinegisError, match="not the one that was received") as caught:
        office.active()
    assert not isinstance(caught.value, InvalidInput)  # nobody who asks can mend it
    office.rollback()
    assert office.active() == "rules/national/1.1.0"


def test_a_file_of_the_rules_folder_is_received_with_the_signature_beside_it(office: Office) -> None:
    folder = office.site.path("rules")
    folder.mkdir()
    (folder / "base.yaml").write_text(province("base"), encoding="utf-8")
    text = "id: county\nversion: 2.0.0\ntitle: {zh: 某县, en: A county}\nextends: base\n"
    path = folder / "county.yaml"
    path.write_text(text, encoding="utf-8")
    package = read_rules(text, str(path), folder)
    signature = sign(package, office.key, datetime.now(UTC))
    path.with_name("county.yaml.sig").write_text(signature.model_dump_json(), encoding="utf-8")
    known = receive_file(office.site, office.store, path, office.keys, who="Li")
    assert (known.record.signer, known.package().items["rain_24h"].thresholds) == (
        "省厅",
        package.items["rain_24h"].thresholds,
    )


def test_mistakes_are_named_by_file_line_and_field(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "somewhere.yaml"
    path.write_text(province().replace("value: 30", "value: thirty"), encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        receive_file(office.site, office.store, path, office.keys, who="Li")
    assert f"{path}:17: items.rain_24h.thresholds.orange.value" in str(error.value)
    with pytest.raises(NotFound, match="no such file"):
        receive_file(office.site, office.store, tmp_path / "absent.yaml", office.keys, who="Li")


@pytest.mark.parametrize("head", ["id: ../national", "id: A", "id: a/b", "version: 1/2", "extends: ../../x"])
def test_names_that_lead_elsewhere_are_refused(office: Office, head: str) -> None:
    field = head.split(":", maxsplit=1)[0]
    lines = [head if line.startswith(f"{field}:") else line for line in province().splitlines()]
    with pytest.raises(InvalidInput):
        receive(office.site, office.store, "\n".join(lines), None, office.keys, who="Li")


@pytest.mark.parametrize(("who", "reason"), [("", "why"), ("Wang", " ")])
def test_a_change_says_who_and_why(office: Office, who: str, reason: str) -> None:
    known = office.signed(province())
    office.backtest(known)
    with pytest.raises(InvalidInput, match="who made it and why"):
        activate(office.site, office.store, known, office.keys, who=who, reason=reason)


@pytest.mark.parametrize(("since", "until", "step"), [(AT, AT, DAY), (BEGIN, AT, timedelta(0)),
                                                      (BEGIN, AT, timedelta(minutes=1))])  # fmt: skip
def test_a_period_that_cannot_be_replayed_is_refused(
    office: Office, since: datetime, until: datetime, step: timedelta
) -> None:
    known = office.signed(province())
    with pytest.raises(InvalidInput, match=r"empty period|too many evaluations"):
        run_backtest(office.site, office.store, known, since, until, step, who="Li")


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (datetime.fromisoformat("0001-01-01T00:00:00+14:00"), AT),  # no time in UTC
        (AT, datetime.fromisoformat("9999-12-31T23:59:59-12:00")),
        (datetime(1899, 12, 31, tzinfo=UTC), AT),
    ],
)
def test_a_period_at_the_edge_of_the_calendar_is_refused(
    office: Office, since: datetime, until: datetime
) -> None:
    known = office.signed(province())
    with pytest.raises(InvalidInput, match="1900 to 2200"):
        run_backtest(office.site, office.store, known, since, until, 366 * DAY, who="Li")
    with pytest.raises(InvalidInput, match="1900 to 2200"):
        backtest_apart(office.site, "", known, since, until, 366 * DAY, who="Li")


def test_a_back_test_that_takes_too_long_is_ended(office: Office) -> None:
    known = office.signed(province())
    with pytest.raises(
        InvalidInput, match=r"took too long.*at most 0\.001 s"
    ):  # a process is slower to start
        backtest_apart(office.site, "", known, BEGIN, AT, DAY, who="Li", seconds=0.001)
    assert multiprocessing.active_children() == []
    assert office.store.rules.backtests(known.record.digest) == []


def test_mistakes_of_a_base_in_the_folder_are_not_those_of_who_sends_a_package(office: Office) -> None:
    folder = office.site.path("rules")
    folder.mkdir()
    (folder / "base.yaml").write_text(province("base").replace("orange:", "oronge:"), encoding="utf-8")
    text = "id: county\nversion: 2.0.0\ntitle: {zh: 某县, en: A county}\nextends: base\n"
    with pytest.raises(InvalidDeclaration, match=r"base\.yaml:\d+: "):
        receive(office.site, office.store, text, None, office.keys, who="Li")
    with pytest.raises(InvalidInput, match="no such rule package") as caught:
        receive(office.site, office.store, text.replace("base", "atlantis"), None, office.keys, who="Li")
    assert str(folder) not in str(caught.value)


def test_two_colours_of_liaoning_drop_the_yellow_of_a_rainy_night(office: Office) -> None:
    begin = AT - timedelta(hours=12)
    office.store.add_readings(
        Reading(
            "r", "tsf", "a", "rain_1h", 10.0, begin + timedelta(hours=n), Quality.GOOD, Origin.OPERATOR, "t"
        )
        for n in range(1, 7)
    )
    times = [begin + timedelta(hours=n) for n in range(13)]
    national, liaoning = (load_rules(name) for name in ("national", "liaoning"))
    observed = replay(office.store, national, times).assets[0].statutory
    # 50 mm within 12 h from the fifth hour on, also within 6 h from the fifth to the seventh
    assert observed.tolist() == [0, 0, 0, 0, 0, 2, 2, 2, 1, 1, 1, 1, 1]
    assert replay(office.store, liaoning, times).assets[0].statutory.tolist() == [0] * 13
    report = backtest(office.store, national, liaoning, times[0], times[-1], timedelta(hours=1))
    (change,) = report["changes"]
    assert (change["from"], change["to"], change["milder"]) == ("yellow", "none", 8)
    fields = {each["field"] for each in change["why"]}
    assert "weather_warnings.rainstorm_tsf.tiers.yellow" in fields


def test_where_an_incident_is_recorded_both_packages_are_scored(office: Office) -> None:
    # An incident on 12 July; warnings at 35 mm on 10 and 11 July: blue nationally, orange in the province,
    # in force within the 72 h before. One at another time, or at an asset that is not there, does not count.
    def incident(number: int, at: str, asset_id: str = "a") -> Feature:
        told = {"name": "x", "occurred_at": at, "kind": "seepage", "grade": "near_miss",
                "asset_dataset": "tsf", "asset_id": asset_id}  # fmt: skip
        return Feature(f"i{number}", told, shapely.Point(103.05, 31.05), Origin.OPERATOR, "test")

    known = office.signed(province())
    assert office.backtest(known)["verification"] is None
    rows = [incident(1, "2026-07-12T04:00:00Z"), incident(2, "2026-01-01T00:00:00Z"),
            incident(3, "2026-07-12T04:00:00Z", "gone")]  # fmt: skip
    office.store.upsert("incident", rows)
    scores = office.backtest(known)["verification"]
    assert scores["incidents"] == 1
    blue, orange = scores["active"]["blue"], scores["active"]["orange"]
    assert (blue["hits"], blue["misses"], blue["median_lead_hours"]) == (1, 0, 48.0)
    assert (orange["hits"], orange["misses"], orange["median_lead_hours"]) == (0, 1, None)
    assert (scores["candidate"]["orange"]["hits"], scores["candidate"]["orange"]["pod"]) == (1, "1/1")
