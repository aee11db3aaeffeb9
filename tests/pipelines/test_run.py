from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml

from data_catalog.site import Site
from data_catalog.store import Store
from minegis.cells import areas_km2
from minegis.errors import InvalidInput, StoreConflict
from minegis.levels import EvidenceState, Tier
from minegis.reading import Quality, Reading
from pipelines.progress import Silent
from pipelines.run import run_site

KILLS = 20


@pytest.fixture
def small_site(published_site: Path, tmp_path: Path) -> Path:
    """A copy of the sample whose area of interest is a tenth of a degree, so that a run is quick."""
    site = tmp_path / "site"
    shutil.copytree(published_site, site)
    declared = yaml.safe_load((site / "site.yaml").read_text(encoding="utf-8"))
    declared["areas"] = [
        {"id": "small", "title": {"zh": "小区", "en": "Small"}, "bbox": [103.2, 31.2, 103.4, 31.4]}
    ]
    (site / "site.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    return site


def judge_at(site: Path, moment: datetime) -> None:
    declared = yaml.safe_load((site / "site.yaml").read_text(encoding="utf-8"))
    declared["reference_time"] = moment.isoformat()
    (site / "site.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")


def run(site: Path) -> None:
    with Store.open(site) as store:
        run_site(Site.open(site), store, Silent())


def test_every_asset_region_and_cell_of_the_sample_is_judged(published_site: Path) -> None:
    with Store.open(published_site) as store:
        last = store.last_run()
        assert last is not None
        assets = {name: store.count(name) for name in ("tsf", "mine", "slope")}
        assert {name: len(store.tiers(name)) for name in assets} == assets
        assert last.counts["assets"] == sum(assets.values())
        assert len(store.region_risks()) == store.count("region")
        snapshots = store.snapshots()
        assert sorted(snapshots) == [4, 5, 6, 7, 8]
        cells = pq.read_table(published_site / snapshots[8].path)
    assert cells.num_rows == last.counts["cells"]
    assert last.counts["assets_red"] >= 1


def test_a_red_asset_makes_its_cells_red_and_every_region_above_it_orange_or_worse(
    published_site: Path,
) -> None:
    with Store.open(published_site) as store:
        red = {(one.dataset, one.asset_id) for one in store.assessments() if one.tier == Tier.RED}
        risks = store.region_risks()
        cells = pq.read_table(published_site / store.snapshots()[8].path).to_pandas()
    assert red
    assert (cells["tier"] == Tier.RED).sum() >= len(red)
    for risk in risks.values():
        contained = {(each["dataset"], each["id"]) for each in risk.contributors}
        if red & contained:
            assert risk.tier >= Tier.ORANGE


def test_the_nation_counts_every_asset_and_the_cells_keep_their_area(published_site: Path) -> None:
    with Store.open(published_site) as store:
        nation = store.region_risks(["100000"])["100000"]
        last = store.last_run()
        cells = pq.read_table(published_site / store.snapshots()[8].path).to_pandas()
    assert last is not None
    assert nation.assets == last.counts["assets"]
    # Both areas lie wholly inside China, so the nation's share of the cells is all of their area.
    assert sum(nation.cell_area_km2.values()) == pytest.approx(
        areas_km2(cells["cell"].to_numpy()).sum(), rel=1e-3
    )


def test_evidence_of_a_cell_model_leads_to_a_file_that_is_there(published_site: Path) -> None:
    with Store.open(published_site) as store:
        chain = store.assessments("slope")[0].chain
        artefacts = {artefact.path: artefact for artefact in store.artefacts()}
    nodes = [chain]
    for node in nodes:
        nodes += node["inputs"]
    sources = [node["source"] for node in nodes if node["key"] == "slope_angle"]
    assert sources
    path = sources[0].split(" ")[0]
    digest = hashlib.sha256((published_site / path).read_bytes()).hexdigest()
    assert artefacts[path].sha256 == digest


def test_the_same_evidence_at_the_same_time_sends_nothing_new(small_site: Path) -> None:
    with Store.open(small_site) as store:
        before = store.warning_events()
        tiers = store.tiers("tsf")
    run(small_site)
    with Store.open(small_site) as store:
        assert store.warning_events() == before
        assert store.tiers("tsf") == tiers


def test_a_stray_file_among_the_cells_stops_no_run(small_site: Path) -> None:
    stray = small_site / "cells" / ".DS_Store"  # as a file manager leaves it
    stray.write_bytes(b"")
    run(small_site)
    assert stray.exists()


def test_a_worse_reading_raises_a_warning_and_a_long_quiet_time_cancels_it(small_site: Path) -> None:
    site = Site.open(small_site)
    at = site.now()
    with Store.open(small_site) as store:
        quiet = next(
            one for one in store.assessments("tsf")
            if one.tier == Tier.NONE and one.state == EvidenceState.SUFFICIENT and one.coverage == 1.0
        )  # fmt: skip
        known = [r for r in store.readings("tsf", quiet.asset_id) if r.variable == "phreatic_depth"]
        point = known[-1]
        # Above the slope's surface: whatever the required depth is, less than none of it is red.
        worse = [
            replace(point, value=-0.5, observed_at=at - timedelta(seconds=k), source="test")
            for k in (1, 2, 3)
        ]
        store.add_readings(worse)
    run(small_site)
    with Store.open(small_site) as store:
        (raised,) = [w for w in store.warnings() if w.last.asset_id == quiet.asset_id]
    assert (raised.last.msg_type, raised.last.tier) == ("Alert", Tier.RED)
    assert raised.last.status == "Exercise"

    # Everything reports its last good value again, hour by hour, for longer than the hold-off of red (6 h).
    sent = []
    for hours in range(1, 10):
        moment = at + timedelta(hours=hours)
        judge_at(small_site, moment)
        with Store.open(small_site) as store:
            store.add_readings(_all_well(store, quiet.asset_id, at, moment))
        run(small_site)
        with Store.open(small_site) as store:
            history = store.warning_events(warning_id=raised.last.warning_id)
        sent.append(history[-1].msg_type)
    assert sent[0] != "Cancel"
    assert sent[-1] == "Cancel"
    assert history[-1].references[0][0] == raised.last.identifier


def _all_well(store: Store, asset_id: str, at: datetime, moment: datetime) -> list[Reading]:
    latest = {}
    for reading in store.readings("tsf", asset_id, until=at):
        if reading.source != "test":
            latest[reading.point_id] = reading
    return [replace(r, observed_at=moment, quality=Quality.GOOD, source="well") for r in latest.values()]


def test_two_runs_of_one_site_exclude_each_other(small_site: Path) -> None:
    import fcntl

    with (small_site / ".run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreConflict, match="another run"):
            run(small_site)


def test_a_run_killed_at_any_moment_leaves_a_whole_site(small_site: Path) -> None:
    environment = {**os.environ, "MINEGIS_SITE": str(small_site)}
    command = [sys.executable, "-m", "geoserver.cli", "run"]
    started = time.monotonic()
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    duration = time.monotonic() - started
    moments = random.Random(20260720)
    watch = _Watch(small_site)
    for _ in range(KILLS):
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(moments.uniform(0.3, 1.0) * duration)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
        _is_whole(small_site)
    watch.stop()
    assert watch.mistakes == []
    assert watch.looks > KILLS
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    _is_whole(small_site)
    with Store.open(small_site) as store:
        published = {*store.run_ids()}
    assert {folder.name for folder in (small_site / "cells").iterdir()} == published
    assert not list(small_site.glob("rasters/.*.part"))


class _Watch:
    """A reader that looks at the site all the time, as a server would."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.looks = 0
        self.mistakes: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        with Store.open(self.site) as store:
            while not self._stop.is_set():
                try:
                    _is_consistent(self.site, store)
                except AssertionError as error:
                    self.mistakes.append(str(error))
                self.looks += 1

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=30)


def _is_consistent(site: Path, store: Store) -> None:
    runs = set(store.run_ids())
    snapshots = store.snapshots()
    assert sorted(snapshots) == [4, 5, 6, 7, 8], "resolutions are missing"
    assert len({snapshot.run_id for snapshot in snapshots.values()}) == 1, "snapshots of two runs"
    assert snapshots[8].run_id in runs | set(store.run_ids()), "a snapshot of an unpublished run"
    for snapshot in snapshots.values():
        assert pq.read_metadata(site / snapshot.path).num_rows == snapshot.rows, "rows are missing"


def _is_whole(site: Path) -> None:
    with sqlite3.connect(site / "minegis.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    with Store.open(site) as store:
        _is_consistent(site, store)
        for snapshot in store.snapshots().values():
            assert hashlib.sha256((site / snapshot.path).read_bytes()).hexdigest() == snapshot.sha256
        for artefact in store.artefacts():
            assert hashlib.sha256((site / artefact.path).read_bytes()).hexdigest() == artefact.sha256
        last = store.last_run()
        assert last is not None
        assert last.counts["assets"] == sum(len(store.tiers(name)) for name in ("tsf", "mine", "slope"))
        cells = pq.read_table(site / store.snapshots()[8].path)["cell"].to_numpy()
    assert np.unique(cells).size == cells.size


def test_a_missed_run_is_made_up_for_and_no_run_goes_back(published_site: Path, small_site: Path) -> None:
    del published_site
    now = Site.open(small_site).now()
    with Store.open(small_site) as store:
        with pytest.raises(InvalidInput, match="must not go back"):
            run_site(Site.open(small_site), store, Silent(), at=now - timedelta(minutes=1))
        with pytest.raises(InvalidInput, match="a run of the future"):
            run_site(Site.open(small_site), store, Silent(), at=now + timedelta(minutes=1))
        judge_at(small_site, now + timedelta(hours=6))
        record = run_site(Site.open(small_site), store, Silent(), at=now + timedelta(hours=2))
        assert record.reference_time == now + timedelta(hours=2)
        assert [each.valid_at for each in store.moments(9)] == [now, now + timedelta(hours=2)]


def test_the_rain_on_the_map_is_of_the_newest_day_that_has_ended(small_site: Path) -> None:
    """The sample's rain ends at its time, so at half a day before it the newest day ended a day before."""
    shutil.rmtree(small_site / "cells")
    (small_site / "cells").mkdir()
    (small_site / "minegis.sqlite").unlink()
    now = Site.open(small_site).now()
    with Store.open(small_site) as store:
        for hours in (-12, 0):
            run_site(Site.open(small_site), store, Silent(), at=now + timedelta(hours=hours))
        shown = [
            [Path(each.path).name[:18] for each in store.artefacts(moment.known_at) if each.layer == "rain"]
            for moment in store.moments(9)
        ]
    days = [now - timedelta(days=1), now]
    assert shown == [[f"rain-{day:%Y%m%dT%H%M}"] for day in days]
