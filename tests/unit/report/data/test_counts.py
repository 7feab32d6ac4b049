"""The counts are those of the ledger: each position once, at its hour by the clock of the policy's zone."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from offduty.config.policy import Policy
from offduty.core.instants import FOREVER_US, NEVER_US, instant
from offduty.core.interval import Interval
from offduty.report.build import ReportRequest, _open_inputs
from offduty.report.data.counts import OUTCOMES, QUARANTINED, count_outcomes, runs_to_leave_out
from offduty.report.data.coverage import measure_coverage
from offduty.report.data.map_cells import build_map
from offduty.report.data.select_runs import select_runs
from offduty.transparency.log import read_log
from tests.unit.report.forces import DAY, Published, day_of, device, entry, fixes, force, home, officer, published
from tests.world import assignment, ping, place

LONDON = ZoneInfo("Europe/London")


def counted(made: Published, inputs: bool = True, start: str | None = None, end: str | None = None):
    """The exact counts, and the runs that they are for, over the time requested."""
    time = Interval(instant(start) if start else NEVER_US, instant(end) if end else FOREVER_US)
    selected = select_runs(read_log(made.store / "log"), time)
    with _open_inputs(ReportRequest(made.store, inputs=made.job if inputs else None)) as opened:
        given = opened.inputs if opened else None
        selected = selected.without(runs_to_leave_out(selected, given, made.store))
        return count_outcomes(selected, given, made.store, "Europe/London"), selected


def truth(made: Published, *parts: tuple[int, str | None, str | None]) -> Counter[str]:
    """How many pings have each reason: for each run, by its number, those in [start, end)."""
    found: Counter[str] = Counter()
    for run, start, end in parts:
        for row, reason in zip(made.world["tables"]["pings"], made.reasons[run], strict=True):
            when = instant(row["observed_at"])
            if (
                reason is not None
                and (start is None or when >= instant(start))
                and (end is None or when < instant(end))
            ):
                found[reason] += 1
    return found


def by_hour(made: Published, run: int, reason: str) -> list[int]:
    """Pings of a reason by hour of the local day, with Python's own time zones."""
    hours = [0] * 24
    for row, found in zip(made.world["tables"]["pings"], made.reasons[run], strict=True):
        if found == reason:
            hours[datetime.fromisoformat(row["observed_at"]).astimezone(LONDON).hour] += 1
    return hours


def outcomes(found: Counter[str]) -> dict[str, int]:
    """Counts by outcome, as the report has them."""
    quarantined = sum(count for reason, count in found.items() if reason.startswith("quarantine:"))
    return {outcome: found.get(outcome, 0) for outcome in OUTCOMES[:-1]} | {QUARANTINED: quarantined}


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
@pytest.mark.parametrize("inputs", [True, False], ids=["inputs", "store alone"])
def test_one_run_is_counted_exactly(tmp_path: Path, form: str, inputs: bool):
    """By outcome, from the ledger or the manifest, for every file format of the pings."""
    made = published(tmp_path).run(form=form, files=3)
    figures, _ = counted(made, inputs)
    assert figures.counts == outcomes(truth(made, (0, None, None)))
    assert figures.timed == inputs
    assert figures.counts["on_duty"] > 100


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_hours_are_local_hours(tmp_path: Path, form: str):
    """In summer time, one hour ahead of UTC; hidden positions from the inputs, released ones with or without them."""
    day = "2026-06-01"
    pings = [row for number in range(12) for row in fixes(number, day)]
    made = published(tmp_path, force(pings=pings, roster=[entry(number, day) for number in range(12)]))
    made.run(as_of="2026-07-01", form=form, files=2)
    for inputs in (True, False):
        figures, _ = counted(made, inputs)
        tables = {table.unit: table for table in figures.tables}
        assert tables["hour"].columns["on_duty"] == by_hour(made, 0, "on_duty")
        assert tables["day"].columns["on_duty"] == [figures.counts["on_duty"]]
    figures, _ = counted(made, True)
    assert {t.unit: t for t in figures.tables}["hour"].columns["off_duty"] == by_hour(made, 0, "off_duty")
    assert by_hour(made, 0, "off_duty")[7] > 0


def test_without_inputs_hidden_positions_are_counted_by_run(tmp_path: Path):
    """Released positions are not in that table: they have their own days and hours."""
    made = published(tmp_path)
    for n in range(2):
        made.run(day_of(n), day_of(n + 1))
    figures, _ = counted(made, inputs=False)
    tables = {table.unit: table for table in figures.tables}
    assert set(tables) == {"day", "hour", "run"}
    assert "on_duty" not in tables["run"].columns
    assert tables["run"].columns["off_duty"] == [truth(made, (n, None, None))["off_duty"] for n in range(2)]
    assert set(tables["day"].columns) == set(tables["hour"].columns) == {"on_duty"}


def test_overlapping_runs_count_once(tmp_path: Path):
    """A run over two days, then one of these days again with a newer roster: each day counts once."""
    late = [entry(number, DAY, recorded_at="2026-03-04T12:00:00Z") for number in range(12)]
    made = published(tmp_path, force(roster=late + [entry(number, day_of(1)) for number in range(12)]))
    made.run(as_of="2026-03-04T06:00:00Z").run(DAY, day_of(1), as_of="2026-04-01")
    figures, selected = counted(made)
    assert [(run.number, run.whole) for run in selected.counted] == [(0, False), (1, True)]
    assert figures.counts == outcomes(truth(made, (0, day_of(1), None), (1, DAY, day_of(1))))
    assert figures.counts["late_edit"] > 10
    assert sum(figures.counts.values()) == len(made.world["tables"]["pings"])


def test_without_inputs_a_run_superseded_in_part_is_left_out(tmp_path: Path):
    """Which of its rows still count is not known; the page says so, and counts the whole runs."""
    made = published(tmp_path).run().run(DAY, day_of(1))
    figures, selected = counted(made, inputs=False)
    assert [run.number for run in selected.left_out] == [0]
    assert figures.counts == outcomes(truth(made, (1, None, None)))
    assert b"1 left out, because only a part would count" in made.report().html


def test_an_interval_within_a_run_is_counted_exactly(tmp_path: Path):
    """With the inputs given; the map has the same interval."""
    made = published(tmp_path).run()
    start, end = f"{DAY}T09:00:00Z", f"{DAY}T12:20:07Z"
    figures, selected = counted(made, start=start, end=end)
    assert figures.counts == outcomes(truth(made, (0, start, end)))
    drawn = build_map(selected.counted, made.store)
    assert drawn is not None
    assert 0 < drawn.released <= figures.counts["on_duty"] + 12


def test_quarantined_rows_count_once(tmp_path: Path):
    """A row without a readable time belongs to every run that reads its file, and is counted once."""
    bad = [{**ping("12:00"), "observed_at": "noon"} for _ in range(11)] + [
        {**ping("12:00"), "lon": 999} for _ in range(12)
    ]
    made = published(tmp_path, force(pings=[*force().copy()["tables"]["pings"], *bad]))
    for n in range(2):
        made.run(day_of(n), day_of(n + 1))
    assert made.reasons[0].count("quarantine:bad_time") == made.reasons[1].count("quarantine:bad_time") == 11
    for inputs in (True, False):
        assert counted(made, inputs)[0].counts[QUARANTINED] == 23
    assert counted(made, True, f"{DAY}T00:00:00Z", f"{DAY}T11:00:00Z")[0].counts[QUARANTINED] == 11


def test_inputs_that_have_changed_are_not_used(tmp_path: Path):
    """The times could be those of other rows, so the times of hidden positions are not known."""
    made = published(tmp_path).run()
    with (made.folder / "pings" / "part-0.csv").open("a") as file:
        file.write(",,,,\n")
    figures, _ = counted(made)
    assert not figures.timed
    assert figures.counts == outcomes(truth(made, (0, None, None)))
    assert b"not all inputs that were given are exactly as the runs read them" in made.report(inputs=True).html


def test_a_deleted_release_is_reported(tmp_path: Path):
    """Its files have expired, and the log remains: nothing is drawn, and the counts are those of the manifest."""
    made = published(tmp_path).run()
    for path in (made.store / "runs").rglob("release/*/*.parquet"):
        path.unlink()
    figures, _ = counted(made, inputs=False)
    assert [table.unit for table in figures.tables] == ["run"]
    assert figures.counts == outcomes(truth(made, (0, None, None)))
    assert b"no longer in the store" in made.report().html


def test_a_deleted_quarantine_is_counted_by_its_manifest(tmp_path: Path):
    """With the inputs too: it was an error of the disk, which it is not."""
    bad = [{**ping("12:00"), "observed_at": "noon"} for _ in range(11)]
    made = published(tmp_path, force(pings=[*force().copy()["tables"]["pings"], *bad])).run()
    before, _ = counted(made)
    for path in (made.store / "runs").rglob("quarantine/*.parquet"):
        path.unlink()
    after, _ = counted(made)
    assert after.timed
    assert after.counts == before.counts
    assert before.counts["quarantined"] == 11


def test_an_interval_without_positions_has_a_page(tmp_path: Path):
    """The run is a heartbeat: it read the inputs, and nothing was in its interval."""
    made = published(tmp_path).run("2026-08-01", "2026-08-02", as_of="2026-09-01")
    for inputs in (True, False):
        html = made.report(inputs=inputs).html
        assert b"No positions were received during this time." in html
        assert b"no positions received" in html


def test_coverage_counts_officers_who_are_not_covered(tmp_path: Path):
    """Officers without roster, home or device, and late entries, within the time of the report."""
    places = [
        place(home(n), officer=officer(n), place_id=f"h{n}", end="2026-02-01" if n == 3 else None) for n in range(11)
    ]
    assigned = [assignment(device(n), officer(n), end="2026-02-20" if n == 5 else None) for n in range(10)]
    roster = [entry(n, DAY) for n in range(1, 12)]
    roster += [entry(n, DAY, shift_id=f"late-{n}", recorded_at=f"{DAY}T08:00:01Z") for n in range(1, 4)]
    roster += [entry(4, DAY, shift_id="sick", duty_code="sick", recorded_at=f"{DAY}T09:00:00Z")]
    roster += [entry(4, DAY, shift_id="on time", recorded_at=f"{DAY}T08:00:00Z")]
    made = published(tmp_path, force(places=places, assignments=assigned, roster=roster)).run()
    time = Interval(instant(DAY), instant(day_of(1)))
    with _open_inputs(ReportRequest(made.store, inputs=made.job)) as opened:
        written = opened.inputs.written(Policy.load(made.folder / "policy.toml").as_document())
        found = measure_coverage(opened.tables, written, time, instant("2026-04-01"), 5.0)
    assert found.officers == 12  # eleven on the roster, and officer 0, who only has a device
    assert found.without_roster == 1
    assert found.without_home == 2  # officer 11 has none, and the home of officer 3 is no longer valid
    assert found.without_device == 3  # two never had one, and the assignment of one had ended
    assert found.late_entries == 3
    assert found.entries == 15


def test_few_officers_make_no_map(tmp_path: Path):
    """Nine in every cell are not enough; a policy that rounds to the width of a cell has no map either."""
    made = published(tmp_path, force(officers=9)).run()
    assert b"in no part of the area were there enough officers" in made.report().html
    rough = published(tmp_path / "rough", force(policy={"release": {"decimals": 2}})).run()
    assert b"cannot be counted in them" in rough.report().html
