"""The Dagster assets, materialized in this process: days, ranges, blocking checks, and failures without a value of any
row.
"""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import dagster as dg
import pytest

from offduty import run
from offduty.admin.expire import expire
from offduty.integrations.dagster import offduty_assets
from offduty.runs.invariants import INVARIANTS, broken
from offduty.store.local import open_store
from offduty.transparency.log import read_log
from tests.cli.test_silence import planted, sightings
from tests.paths import ROOT
from tests.world import lay_out, ping, shift, world

DAYS = ["2026-03-02", "2026-03-03", "2026-03-04"]


@pytest.fixture
def instance(tmp_path, monkeypatch):
    """A Dagster instance with all of its files in a folder of the test, and without telemetry."""
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        yield instance


def three_days(folder: Path) -> Path:
    """A job with a shift and three pings on each of three days."""
    pings = [ping(f"{day}T{clock}:00Z") for day in DAYS for clock in ("03:00", "09:00", "12:00")]
    roster = [shift(f"{day}T08:00", f"{day}T16:00", shift_id=day) for day in DAYS]
    return lay_out(world(pings, roster=roster), folder)


def materialize(job: Path, instance: dg.DagsterInstance, **how: object) -> dg.ExecuteInProcessResult:
    """One Dagster run over the assets of a job."""
    return dg.materialize(offduty_assets(job, first_day=DAYS[0]), instance=instance, raise_on_error=False, **how)


def metadata(result: dg.ExecuteInProcessResult, output: str) -> dict:
    """The metadata that Dagster has of an output."""
    (event,) = [m for m in result.asset_materializations_for_node("offduty_run") if m.asset_key.path[-1] == output][:1]
    return {name: value.value for name, value in event.metadata.items()}


def test_another_policy_is_refused_unless_it_is_asked_for(tmp_path, instance):
    """At one materialization: the older release is withdrawn, and the day's only one is under the new policy."""
    job = three_days(tmp_path)
    assert materialize(job, instance, partition_key=DAYS[1]).success
    policy = tmp_path / "policy.toml"
    policy.write_text(policy.read_text().replace("decimals = 4", "decimals = 3"))
    assert not materialize(job, instance, partition_key=DAYS[1]).success
    assert len(read_log(tmp_path / "store" / "log")) == 1
    asked = {"ops": {"offduty_run": {"config": {"supersede_policy": True}}}}
    result = materialize(job, instance, partition_key=DAYS[1], run_config=asked)
    assert result.success
    assert [entry.kind for entry in read_log(tmp_path / "store" / "log")] == ["run", "expiry", "run"]


def test_a_day_is_a_partition(tmp_path, instance):
    """It publishes that day, records counts, and all seven checks pass."""
    job = three_days(tmp_path)
    result = materialize(job, instance, partition_key=DAYS[1])
    assert result.success
    assert metadata(result, "release")["dagster/row_count"] == 2
    assert metadata(result, "ledger")["off_duty"] == 1
    checks = result.get_asset_check_evaluations()
    assert [check.passed for check in checks] == [True] * sum(map(len, INVARIANTS.values()))
    assert run(job, start=DAYS[1], end=DAYS[2]).already


def test_a_range_is_one_dagster_run_and_a_run_for_each_day(tmp_path, instance):
    """`BackfillPolicy.single_run`: the days are those of the command line; what is there is not done again."""
    job = three_days(tmp_path)
    first = run(job, start=DAYS[0], end=DAYS[1])
    tags = {"dagster/asset_partition_range_start": DAYS[0], "dagster/asset_partition_range_end": DAYS[2]}
    result = materialize(job, instance, tags=tags)
    assert result.success
    recorded = metadata(result, "release")
    assert (recorded["days"], recorded["dagster/row_count"]) == (3, 6)
    assert recorded["run_ids"][0] == first.run_id
    partitions = {m.partition for m in result.asset_materializations_for_node("offduty_run")}
    assert partitions == set(DAYS)


def spoil_bytes(folder: Path) -> None:
    """Append a byte to a file of the release."""
    with next(folder.rglob("release/**/*.parquet")).open("ab") as file:
        file.write(b"x")


def lose_the_ledger(folder: Path) -> None:
    """Delete the ledger."""
    shutil.rmtree(next(folder.rglob("ledger")))


@pytest.mark.parametrize(("spoil", "part"), [(spoil_bytes, "release"), (lose_the_ledger, "ledger")])
def test_a_broken_run_is_found_and_blocks_what_follows(tmp_path, instance, spoil, part):
    """The check fails on its output, and nothing downstream of the assets is run."""
    job = three_days(tmp_path)
    done = run(job, start=DAYS[0], end=DAYS[1])
    spoil(done.path)
    assert {name: wrong for name, wrong in broken(done.path).items() if wrong} == {part: ["as_logged"]}

    @dg.asset(
        deps=[dg.AssetKey(["offduty", part])],
        partitions_def=dg.DailyPartitionsDefinition(DAYS[0], timezone="Europe/London"),
    )
    def report() -> None:
        """An asset that depends on the output."""

    assets = [*offduty_assets(job, first_day=DAYS[0]), report]
    result = dg.materialize(assets, instance=instance, partition_key=DAYS[0], raise_on_error=False)
    assert not result.success
    failed = [
        (check.asset_key.path[-1], check.check_name)
        for check in result.get_asset_check_evaluations()
        if not check.passed
    ]
    assert failed == [(part, "as_logged")]
    assert not result.asset_materializations_for_node("report")


def test_the_invariants_hold_after_files_have_expired(tmp_path):
    """Files that the log names as expired are not missing."""
    job = three_days(tmp_path)
    done = run(job, start=DAYS[0], end=DAYS[1])
    expire(job, before="2026-04-01", why="test")
    assert broken(done.path) == {part: [] for part in INVARIANTS}


def test_a_busy_store_is_tried_again(tmp_path, instance):
    """The step asks for a retry, which here follows at once, and fails when no retry is left."""
    job = three_days(tmp_path)
    assets = offduty_assets(job, first_day=DAYS[0], retries=1, wait_s=0)
    with open_store(tmp_path / "store"):
        result = dg.materialize(assets, instance=instance, partition_key=DAYS[0], raise_on_error=False)
    assert not result.success
    assert [event.step_key for event in result.all_events if event.event_type_value == "STEP_UP_FOR_RETRY"] == [
        "offduty_run"
    ]


def test_an_input_that_stops_the_run_fails_at_once_without_a_value(tmp_path, instance, caplog, capfd):
    """Canaries planted in every table are in no event and no line of the log; file and row are."""
    given = planted()
    given["tables"]["roster"].append(shift("CANARY-CLERK", shift_id=None, officer=None, code="CANARY-SHIFT"))
    result = materialize(lay_out(given, tmp_path), instance, partition_key=DAYS[0])
    assert not result.success
    text = "".join(map(repr, result.all_events)) + caplog.text + "".join(capfd.readouterr())
    assert "STEP_UP_FOR_RETRY" not in text
    assert "roster.csv, row 3" in text
    assert sightings({"events": text.encode()}) == []


def test_an_unforeseen_error_is_named_by_its_kind_only(tmp_path, instance, monkeypatch, caplog, capfd):
    """A library's exception may quote a row, and Dagster stores messages."""

    def fail(*arguments: object, **options: object) -> None:
        raise KeyError("CANARY-OFFICER")

    monkeypatch.setattr("offduty.runs.backfill.answer", fail)
    result = materialize(three_days(tmp_path), instance, partition_key=DAYS[0])
    assert not result.success
    text = "".join(map(repr, result.all_events)) + caplog.text + "".join(capfd.readouterr())
    assert "unexpected failure (KeyError)" in text
    assert "CANARY" not in text


def test_the_example_loads_with_a_schedule_in_the_policys_zone(tmp_path, monkeypatch):
    """`dagster dev -f examples/dagster/definitions.py` would find assets, job and schedule."""
    monkeypatch.setenv("OFFDUTY_JOB", str(three_days(tmp_path)))
    defs = runpy.run_path(str(ROOT / "examples" / "dagster" / "definitions.py"))["defs"]
    dg.Definitions.validate_loadable(defs)
    schedule = defs.resolve_schedule_def("nightly_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("10 16 * * *", "Europe/London")
