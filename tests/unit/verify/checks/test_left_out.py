"""Check 4.2 reads the files of pings that a run left out: none may hold rows of the interval or of its context."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty import run
from offduty.core.interval import Interval
from offduty.verify.auditor import Auditor, Status, verify
from offduty.verify.verdict import Check
from tests.cli.test_night_files import BY_NAME, DAYS, NIGHT, folder_of, positions
from tests.tamper.forge import Forged
from tests.world import AFTERWARDS, ping, write_table

SEED = "11" * 32


def checks_of(job: Path) -> dict[str, Check]:
    """The checks of a store with the job's inputs, by number."""
    return {check.number: check for check in verify(job.parent / "store", Auditor(inputs=job)).checks}


def failed(job: Path) -> set[str]:
    """The numbers of the checks that fail."""
    return {number for number, check in checks_of(job).items() if check.status is Status.FAIL}


def published(folder: Path, form: str = "parquet", **inputs: Any) -> Path:
    """A job of six days of positions, and the run of one night in its store."""
    job = folder_of(folder, form, **inputs)
    run(job, **NIGHT)
    return job


@pytest.mark.parametrize(("form", "inputs"), [("parquet", {}), ("csv", BY_NAME)])
def test_files_that_were_left_out_rightly_are_no_finding(tmp_path, form, inputs):
    """Nor are later nights, nor a late file of the night itself: it came since."""
    job = published(tmp_path, form, **inputs)
    checks = checks_of(job)
    assert (checks["4.1"].status, checks["4.2"].status, checks["5.3"].status) == (Status.PASS,) * 3
    assert "were they there then" not in str(checks["4.1"].why)
    write_table(tmp_path / "pings" / f"2026-03-09.{form}", "pings", positions("2026-03-09"))
    write_table(tmp_path / "pings" / f"late-{DAYS[2]}.{form}", "pings", [ping(f"{DAYS[2]}T10:00:00Z")])
    assert failed(job) == set()
    assert "were they there then" in str(checks_of(job)["4.1"].why)


def test_a_night_that_no_file_can_reach_verifies(tmp_path):
    """It has no input of pings, and says how many it left out."""
    job = folder_of(tmp_path)
    run(job, start="2026-04-01", end="2026-04-02")
    assert failed(job) == set()


def test_a_run_that_forgets_the_context_is_found(tmp_path, monkeypatch):
    """A planted bug: only files of the interval are read, and contacts of a duty across its ends are missed."""
    monkeypatch.setattr("offduty.runs.decided.context_of", lambda interval, windows: interval)
    job = published(tmp_path)
    assert {"4.2", "5.3"} <= failed(job)


@pytest.mark.parametrize("hours", [1, 30])
def test_a_run_that_believes_a_narrower_footer_is_found(tmp_path, monkeypatch, hours):
    """A planted bug: the last hours of each file are forgotten."""
    from offduty.ingest import file_times

    honest = file_times.footer_time
    late = hours * 3_600_000_000
    monkeypatch.setattr(
        file_times, "footer_time", lambda source: Interval((own := honest(source)).from_us, own.to_us - late)
    )
    job = published(tmp_path)
    assert ("4.2" in failed(job)) == (hours == 30)


@pytest.mark.parametrize(("some", "fails"), [(-1, False), (None, True)])
def test_a_file_without_an_instant_may_not_be_left_out(tmp_path, monkeypatch, some, fails):
    """A planted bug: such a file is taken for one without rows. Where other rows have instants, those count."""
    from offduty.ingest import file_times

    monkeypatch.setattr(
        file_times, "footer_time", lambda source, honest=file_times.footer_time: _or_none(honest(source))
    )
    job = folder_of(tmp_path)
    file = tmp_path / "pings" / f"{DAYS[5]}.parquet"
    rows = pq.read_table(file)
    count = rows.num_rows - 1 if some else 0
    times = [*rows["observed_at"].to_pylist()[:count], *[None] * (rows.num_rows - count)]
    pq.write_table(rows.set_column(1, "observed_at", pa.array(times, rows.schema[1].type)), file)
    run(job, **NIGHT)
    assert ("4.2" in failed(job)) == fails


def _or_none(time: Interval) -> Interval:
    return Interval(1, 0) if time.unbounded else time


def test_an_operator_who_leaves_a_file_out_is_found(tmp_path):
    """A tampered store: the entry no longer names a day of the context, and counts it among those that were left out."""
    job = folder_of(tmp_path)
    (tmp_path / "signing.key").write_text(SEED + "\n")
    (tmp_path / "signing.key").chmod(0o600)
    job.write_text(job.read_text().replace("[keys]", '[keys]\nsigning = "signing.key"'))
    run(job, **NIGHT)
    forged = Forged(tmp_path / "store", bytes.fromhex(SEED))
    (manifest,) = forged.manifests
    forged.edit("ledger", lambda rows: [{**row, "file": row["file"] - 1} for row in rows if row["file"]])
    manifest["inputs"] = [{**given, "file": given["file"] - 1} for given in manifest["inputs"][1:]]
    manifest["files_left_out"] += 1
    forged.fit()
    forged.rename()
    forged.seal()
    assert "4.2" in failed(job)
    finding = " ".join(str(each) for each in checks_of(job)["4.2"].findings)
    assert "sha256-" in finding
    assert DAYS[1] not in finding


def test_a_row_of_another_day_in_a_file_that_was_left_out_by_its_name_is_found(tmp_path):
    """What its name says is believed by the run, which never opens it; the auditor reads the rows."""
    job = folder_of(tmp_path, "csv", **BY_NAME)
    stray = [*positions(DAYS[5]), ping(f"{DAYS[2]}T10:00:00Z")]
    write_table(tmp_path / "pings" / f"{DAYS[5]}.csv", "pings", stray)
    run(job, **NIGHT)
    assert failed(job) == {"4.2"}


def test_a_folder_that_keeps_the_last_days_is_no_finding(tmp_path):
    """As many files came as were taken away: what is newer than the run's `as_of` was not there (here the next day,
    which holds the rest of the run's context).
    """
    job = folder_of(tmp_path, days=DAYS[:3])
    run(job, start=DAYS[2], end=DAYS[3], as_of=f"{DAYS[3]}T02:00:00Z")
    (tmp_path / "pings" / f"{DAYS[0]}.parquet").unlink()
    write_table(tmp_path / "pings" / f"{DAYS[3]}.parquet", "pings", positions(DAYS[3]))
    assert "4.2" not in failed(job)


def nights_of(folder: Path) -> Path:
    """A job of six days, and a run of each night."""
    job = folder_of(folder)
    for start, end in pairwise([*DAYS, "2026-03-08"]):
        run(job, start=start, end=end, as_of=AFTERWARDS)
    return job


def test_a_file_that_was_taken_away_and_a_late_one_are_no_finding(tmp_path):
    """Whether the late one was there when the runs left files out cannot be told: so nothing is said to be wrong."""
    job = nights_of(tmp_path)
    assert checks_of(job)["4.2"].status is Status.PASS
    (tmp_path / "pings" / f"{DAYS[0]}.parquet").unlink()
    write_table(tmp_path / "pings" / f"late-{DAYS[3]}.parquet", "pings", [ping(f"{DAYS[3]}T10:00:00Z")])
    check = checks_of(job)["4.2"]
    assert check.status is Status.NOT_DONE
    assert "entry 3: whether it left out files of pings with rows of its interval or context (up to 1)" in str(
        check.why
    )
    assert str(check.why).count("whether it left out") == 1


def test_a_late_file_alone_is_no_finding_and_no_doubt(tmp_path):
    """Nothing is gone: as many others are there as the runs left out."""
    job = nights_of(tmp_path)
    write_table(tmp_path / "pings" / f"late-{DAYS[3]}.parquet", "pings", [ping(f"{DAYS[3]}T10:00:00Z")])
    assert checks_of(job)["4.2"].status is Status.PASS


def test_a_file_that_a_run_before_had_read_was_there(tmp_path, monkeypatch):
    """A planted bug, as above: whatever was taken away since, the file that the run missed is known from its own night."""
    job = folder_of(tmp_path)
    for start, end in [*pairwise(DAYS[:3]), *pairwise([*DAYS[4:], "2026-03-08"])]:
        run(job, start=start, end=end, as_of=AFTERWARDS)
    monkeypatch.setattr("offduty.runs.decided.context_of", lambda interval, windows: interval)
    run(job, **NIGHT)
    for gone, came in ((DAYS[0], "2026-03-08"), (DAYS[5], "2026-03-09")):
        (tmp_path / "pings" / f"{gone}.parquet").unlink()
        write_table(tmp_path / "pings" / f"{came}.parquet", "pings", positions(came))
    check = checks_of(job)["4.2"]
    assert check.status is Status.FAIL
    assert sum("entry 4" in str(finding) for finding in check.findings) == 2


def test_a_file_that_was_left_out_is_found_after_later_nights_too(tmp_path, monkeypatch):
    """A planted bug, as above; files that came since make nobody blind."""
    monkeypatch.setattr("offduty.runs.decided.context_of", lambda interval, windows: interval)
    job = folder_of(tmp_path)
    run(job, start=DAYS[2], end=DAYS[3], as_of="2026-03-08")
    write_table(tmp_path / "pings" / "2026-03-09.parquet", "pings", positions("2026-03-09"))
    assert "4.2" in failed(job)
