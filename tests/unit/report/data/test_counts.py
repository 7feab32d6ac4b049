"""The figures are those of the ledger, each position once, at the hour it was taken by the clocks of the policy."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from offduty.config.policy import Policy
from offduty.core.instants import FOREVER_US, NEVER_US, instant
from offduty.core.interval import Interval
from offduty.report.build import ReportRequest, _inputs
from offduty.report.data.counts import ASIDE, FATES, gather, runs_to_leave_out
from offduty.report.data.coverage import cover
from offduty.report.data.map_cells import draw_up
from offduty.report.data.select_runs import choose
from offduty.transparency.log import read_log
from tests.unit.report.forces import DAY, Published, day_of, device, entry, fixes, force, home, officer, published
from tests.world import holds, ping, place

LONDON = ZoneInfo("Europe/London")


def gathered(made: Published, inputs: bool = True, start: str | None = None, end: str | None = None):
    """Figures and the choice they rest on, for the time asked for."""
    asked = Interval(instant(start) if start else NEVER_US, instant(end) if end else FOREVER_US)
    chosen = choose(read_log(made.store / "log"), asked)
    with _inputs(ReportRequest(made.store, inputs=made.job if inputs else None)) as at_hand:
        held = at_hand.inputs if at_hand else None
        chosen = chosen.without(runs_to_leave_out(chosen, held, made.store))
        return gather(chosen, held, made.store, "Europe/London"), chosen


def truth(made: Published, *parts: tuple[int, str | None, str | None]) -> Counter[str]:
    """Rows by reason: those of each run (by its place) that were taken in [start, end)."""
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
    """Rows of a reason by hour of the local day, by Python's own zones."""
    hours = [0] * 24
    for row, said in zip(made.world["tables"]["pings"], made.reasons[run], strict=True):
        if said == reason:
            hours[datetime.fromisoformat(row["observed_at"]).astimezone(LONDON).hour] += 1
    return hours


def fates(found: Counter[str]) -> dict[str, int]:
    """Counts as the report has them."""
    aside = sum(count for reason, count in found.items() if reason.startswith("quarantine:"))
    return {fate: found.get(fate, 0) for fate in FATES[:-1]} | {ASIDE: aside}


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
@pytest.mark.parametrize("inputs", [True, False], ids=["inputs", "store alone"])
def test_one_run_is_counted_as_it_is(tmp_path: Path, form: str, inputs: bool):
    """By reason, from the ledger or the manifest, whatever the pings were written in."""
    made = published(tmp_path).run(form=form, files=3)
    figures, _ = gathered(made, inputs)
    assert figures.counts == fates(truth(made, (0, None, None)))
    assert figures.timed == inputs
    assert figures.counts["on_duty"] > 100


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_hours_are_those_of_the_clocks_on_the_wall(tmp_path: Path, form: str):
    """In summer time, an hour after UTC; hidden ones from the inputs, released ones from either."""
    day = "2026-06-01"
    pings = [row for number in range(12) for row in fixes(number, day)]
    made = published(tmp_path, force(pings=pings, roster=[entry(number, day) for number in range(12)]))
    made.run(as_of="2026-07-01", form=form, files=2)
    for inputs in (True, False):
        figures, _ = gathered(made, inputs)
        tables = {table.what: table for table in figures.tables}
        assert tables["hour"].columns["on_duty"] == by_hour(made, 0, "on_duty")
        assert tables["day"].columns["on_duty"] == [figures.counts["on_duty"]]
    figures, _ = gathered(made, True)
    assert {t.what: t for t in figures.tables}["hour"].columns["off_duty"] == by_hour(made, 0, "off_duty")
    assert by_hour(made, 0, "off_duty")[7] > 0


def test_without_inputs_hidden_positions_are_told_by_run(tmp_path: Path):
    """Day by day as they were run; released ones are not among them, and have days and hours of their own."""
    made = published(tmp_path)
    for n in range(2):
        made.run(day_of(n), day_of(n + 1))
    figures, _ = gathered(made, inputs=False)
    tables = {table.what: table for table in figures.tables}
    assert set(tables) == {"day", "hour", "run"}
    assert "on_duty" not in tables["run"].columns
    assert tables["run"].columns["off_duty"] == [truth(made, (n, None, None))["off_duty"] for n in range(2)]
    assert set(tables["day"].columns) == set(tables["hour"].columns) == {"on_duty"}


def test_overlapping_runs_count_once(tmp_path: Path):
    """A whole run, then one of its days again, knowing more: that day is the newer one's, the rest the older one's."""
    late = [entry(number, DAY, recorded_at="2026-03-03T12:00:00Z") for number in range(12)]
    made = published(tmp_path, force(roster=late + [entry(number, day_of(1)) for number in range(12)]))
    made.run(as_of="2026-03-03T06:00:00Z").run(DAY, day_of(1), as_of="2026-04-01")
    figures, chosen = gathered(made)
    assert [(run.number, run.whole) for run in chosen.counted] == [(0, False), (1, True)]
    assert figures.counts == fates(truth(made, (0, day_of(1), None), (1, DAY, day_of(1))))
    assert figures.counts["late_edit"] > 10
    assert sum(figures.counts.values()) == len(made.world["tables"]["pings"])


def test_without_inputs_a_run_superseded_in_part_is_left_out(tmp_path: Path):
    """Which of its rows are left cannot be told; the page says so, and counts what is whole."""
    made = published(tmp_path).run().run(DAY, day_of(1))
    figures, chosen = gathered(made, inputs=False)
    assert [run.number for run in chosen.cut] == [0]
    assert figures.counts == fates(truth(made, (1, None, None)))
    assert b"1 left out, because only a part of them would count" in made.report().html


def test_an_interval_asked_for_is_cut_out_exactly(tmp_path: Path):
    """In the middle of a run, with the inputs at hand; the map is cut too."""
    made = published(tmp_path).run()
    start, end = f"{DAY}T09:00:00Z", f"{DAY}T12:20:07Z"
    figures, chosen = gathered(made, start=start, end=end)
    assert figures.counts == fates(truth(made, (0, start, end)))
    drawn = draw_up(chosen.counted, made.store)
    assert drawn is not None
    assert 0 < drawn.released <= figures.counts["on_duty"] + 12


def test_rows_set_aside_count_once(tmp_path: Path):
    """A row without a readable time belongs to every run that reads its file, and is one row all the same."""
    bad = [{**ping("12:00"), "observed_at": "noon"} for _ in range(11)] + [
        {**ping("12:00"), "lon": 999} for _ in range(12)
    ]
    made = published(tmp_path, force(pings=[*force().copy()["tables"]["pings"], *bad]))
    for n in range(2):
        made.run(day_of(n), day_of(n + 1))
    assert made.reasons[0].count("quarantine:bad_time") == made.reasons[1].count("quarantine:bad_time") == 11
    for inputs in (True, False):
        assert gathered(made, inputs)[0].counts[ASIDE] == 23
    assert gathered(made, True, f"{DAY}T00:00:00Z", f"{DAY}T11:00:00Z")[0].counts[ASIDE] == 11


def test_inputs_that_are_not_those_that_were_read_are_not_used(tmp_path: Path):
    """One byte more, and times would be those of other rows: hidden positions have none then."""
    made = published(tmp_path).run()
    with (made.folder / "pings" / "part-0.csv").open("a") as file:
        file.write(",,,,\n")
    figures, _ = gathered(made)
    assert not figures.timed
    assert figures.counts == fates(truth(made, (0, None, None)))
    assert b"not all of the inputs at hand are as the runs read them" in made.report(inputs=True).html


def test_a_deleted_release_is_said_to_be_gone(tmp_path: Path):
    """Retention takes the files and not the log: what they said is not known, and nothing is drawn from the rest."""
    made = published(tmp_path).run()
    for path in (made.store / "runs").rglob("release/*/*.parquet"):
        path.unlink()
    figures, _ = gathered(made, inputs=False)
    assert figures.gone == 1
    assert figures.counts == fates(truth(made, (0, None, None)))
    assert b"no longer in the store" in made.report().html


def test_an_interval_in_which_nothing_was_is_a_page_too(tmp_path: Path):
    """A heartbeat: it looked, and there was nothing."""
    made = published(tmp_path).run("2026-08-01", "2026-08-02", as_of="2026-09-01")
    for inputs in (True, False):
        html = made.report(inputs=inputs).html
        assert b"No positions came in during this time." in html
        assert b"nothing came in" in html


def test_coverage_counts_who_is_not_covered(tmp_path: Path):
    """Each kind by itself, within the time of the report."""
    places = [
        place(home(n), officer=officer(n), place_id=f"h{n}", end="2026-02-01" if n == 3 else None) for n in range(11)
    ]
    held = [holds(device(n), officer(n), end="2026-02-20" if n == 5 else None) for n in range(10)]
    roster = [entry(n, DAY) for n in range(1, 12)]
    roster += [entry(n, DAY, shift_id=f"late-{n}", recorded_at=f"{DAY}T08:00:01Z") for n in range(1, 4)]
    roster += [entry(4, DAY, shift_id="sick", duty_code="sick", recorded_at=f"{DAY}T09:00:00Z")]
    roster += [entry(4, DAY, shift_id="on time", recorded_at=f"{DAY}T08:00:00Z")]
    made = published(tmp_path, force(places=places, assignments=held, roster=roster)).run()
    time = Interval(instant(DAY), instant(day_of(1)))
    with _inputs(ReportRequest(made.store, inputs=made.job)) as at_hand:
        found = cover(at_hand.tables, Policy.load(made.folder / "policy.toml"), time, instant("2026-04-01"))
    assert found.officers == 12  # ten with a device, less one whose ended, and eleven on the roster
    assert found.without_roster == 1
    assert found.without_home == 2  # the twelfth, and the one who moved out
    assert found.without_device == 3  # two who never had one, and one whose ended
    assert found.late == 3
    assert found.entries == 15


def test_few_officers_make_no_map(tmp_path: Path):
    """Nine in every cell are not enough; a policy that rounds to a cell's width has no map either."""
    made = published(tmp_path, force(officers=9)).run()
    assert b"nowhere were there enough officers" in made.report().html
    rough = published(tmp_path / "rough", force(policy={"release": {"decimals": 2}})).run()
    assert b"cannot be counted in them" in rough.report().html
