"""The second implementation finds each change that was made after a run, and names exactly the row that was changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.verify.redecide import Difference, RunCase, Sample, Soundness, decide_again
from offduty.verify.redecide.decision.sample_seed import drawn
from tests.second_implementation import case_of
from tests.world import assignment, filtered, ping, place, shift, site, world

PINGS = [
    ping("08:30"),
    ping("09:00", "street"),
    ping("09:30"),
    ping("10:00", "street"),
    ping("10:30", "home"),
    ping("11:00", "street"),
    ping("11:30", accuracy=15),
    ping("12:00", "corner", 20),
    ping("12:30"),
    ping("05:00"),
    ping("12:00", (0.0, 0.0)),
    {**ping("12:10"), "observed_at": "yesterday"},
    ping("08:35", device="d2"),
    ping("09:05", "corner", device="d2"),
    ping("09:35", device="d2"),
]
RELEASED = [0, 1, 2, 6, 7, 8, 12, 13, 14]
QUARANTINED = [10, 11]
WINDOWS = ([0, 1, 2, 3, 4, 5, 6, 7, 8, 10], [12, 13, 14])
"""The rows of each duty window. One of them has no position, and is in it by its device and its instant."""
WORLD = world(
    PINGS,
    assignments=[assignment(), assignment("d2", "o2")],
    roster=[shift(), shift(shift_id="r2", officer="o2", code="court"), shift("x", shift_id="r3", officer="o2")],
    places=[place(), place("other home", officer="o2", place_id="h2")],
    sites=[site()],
)
RELEASE, LEDGER, QUARANTINE = (
    "release/date=2026-03-02/part-00000.parquet",
    "ledger/part-00000.parquet",
    "quarantine/part-00000.parquet",
)
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module", params=["csv", "ndjson", "parquet"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RunCase:
    """A run in which nothing is wrong."""
    folder = tmp_path_factory.mktemp("good")
    result = filtered(WORLD, folder, form=request.param)
    assert result.path is not None
    found = decide_again(case_of(result.path, folder))
    assert not found.differs
    assert found.counts["on_duty"] == len(RELEASED)
    assert found.counts["quarantine:bad_time"] == found.counts["quarantine:bad_position"] == 1
    return case_of(result.path, folder)


@pytest.fixture
def tampered(case: RunCase, tmp_path: Path) -> Callable[..., Soundness]:
    """`tampered(name, change)` changes the rows of one file of a copy, and decides again."""

    def change_and_ask(name: str, change: Callable[[Rows], Rows | None], key: bool = True, **options: Any) -> Soundness:
        run = tmp_path / "run"
        shutil.copytree(case.run, run)
        rewrite(run / name, change)
        return decide_again(replace(case, run=run, key=case.key if key else None), **options)

    return change_and_ask


def rewrite(path: Path, change: Callable[[Rows], Rows | None]) -> None:
    """Write the file again with changed rows: the rows that ``change`` returns, or those that it changed in place."""
    table = pq.ParquetFile(path).read()
    rows = table.to_pylist()
    changed = change(rows)
    pq.write_table(pa.Table.from_pylist(rows if changed is None else changed, schema=table.schema), path)


def only(found: Soundness, *names: str) -> None:
    """These differences were found, and no others."""
    listed = (
        "lost",
        "twice",
        "unexpected",
        "differences",
        "as_read",
        "release_missing",
        "release_surplus",
        "refused_wrong",
        "rows_by_file_wrong",
    )
    assert {name for name in listed if getattr(found, name).count} == set(names)
    assert not (found.open_windows_wrong or found.last_recorded_wrong)


def at(rows: Rows, row: int) -> dict[str, Any]:
    """The row of the ledger or the quarantine for an input row."""
    return next(each for each in rows if each["row"] == row)


# The ledger.


@pytest.mark.parametrize(("row", "word"), [(1, "home_leg"), (5, "on_duty"), (9, "late_edit"), (0, "unassigned")])
def test_a_reason_that_was_changed(tampered, row, word):
    """The difference names the recorded reason and the right one."""
    found = tampered(LEDGER, lambda rows: at(rows, row).update(reason=word))
    right = {1: "on_duty", 5: "home_leg", 9: "off_duty", 0: "on_duty"}[row]
    only(found, "differences")
    assert found.differences.first == (Difference(0, row, word, right),)


def test_a_word_that_is_not_a_reason(tampered):
    """It is a difference like any other."""
    found = tampered(LEDGER, lambda rows: at(rows, 3).update(reason="ON_DUTY"))
    only(found, "differences")
    assert found.differences.first == (Difference(0, 3, "no reason", "home_leg"),)


def test_a_row_that_was_dropped(tampered):
    """It is lost."""
    found = tampered(LEDGER, lambda rows: [each for each in rows if each["row"] != 4])
    only(found, "lost")
    assert found.lost.first == ((0, 4),)


def test_a_row_that_is_recorded_twice(tampered):
    """With the same reason or another, and anywhere in the file."""
    found = tampered(LEDGER, lambda rows: [*rows, {**at(rows, 2), "reason": "off_duty"}, at(rows, 3)])
    only(found, "twice")
    assert found.twice.first == ((0, 2), (0, 3))


def test_rows_that_do_not_exist(tampered):
    """No file, or no row, has that number."""
    more = [(9, 0), (0, 15), (0, -1)]
    found = tampered(LEDGER, lambda rows: [*rows, *({"file": f, "row": r, "reason": "off_duty"} for f, r in more)])
    only(found, "unexpected")
    assert set(found.unexpected.first) == set(more)


def test_the_order_of_the_ledger_does_not_matter(tampered):
    """The second implementation reads it as a set of rows; check 3.3 is about the order."""
    only(tampered(LEDGER, lambda rows: rows[::-1]))


# The quarantine.


def test_a_reason_of_the_quarantine(tampered):
    """`bad_position` in place of `bad_time` is a difference."""
    found = tampered(QUARANTINE, lambda rows: at(rows, 11).update(reason="bad_position"))
    only(found, "differences")
    assert found.differences.first == (Difference(0, 11, "quarantine:bad_position", "quarantine:bad_time"),)


def test_a_row_lost_from_the_quarantine(tampered):
    """Quarantined rows are input rows of the interval too."""
    found = tampered(QUARANTINE, lambda rows: [each for each in rows if each["row"] != 10])
    only(found, "lost")
    assert found.lost.first == ((0, 10),)


@pytest.mark.parametrize("column", ["device_id", "observed_at", "lon", "lat", "accuracy_m"])
def test_a_quarantined_row_with_another_value(tampered, column):
    """Each value of the row is compared with the input."""

    def change(rows: Rows) -> None:
        values = json.loads(at(rows, 11)["as_read"])
        at(rows, 11)["as_read"] = json.dumps({**values, column: "2026-03-02 09:00:00+00"})

    found = tampered(QUARANTINE, change)
    only(found, "as_read")
    assert found.as_read.first == ((0, 11),)


# The release.


def released_at(case: RunCase, row: int) -> int:
    """The place of an input row in the release, found by its duty code and its time."""
    rows = pq.ParquetFile(case.run / RELEASE).read().to_pylist()
    want = PINGS[row]
    code = "court" if want["device_id"] == "d2" else "duty"
    return next(
        n
        for n, each in enumerate(rows)
        if each["duty_code"] == code and each["observed_at"].strftime("%H:%M") == want["observed_at"][11:16]
    )


CHANGES: dict[str, Callable[[Any], Any]] = {
    "officer": lambda value: value[::-1],
    "observed_at": lambda value: value.replace(minute=(value.minute + 1) % 60),
    "lon": lambda value: round(value + 0.0001, 4),
    "lat": lambda value: round(value - 0.0001, 4),
    "accuracy_m": lambda value: value * 10,
    "duty_code": lambda value: "training",
    "geometry": lambda value: value[:-1] + bytes([value[-1] ^ 1]),
}
OFF_THE_GRID: dict[str, Callable[[Any], Any]] = {
    "officer": lambda value: "",
    "observed_at": lambda value: value.replace(microsecond=1),
    "lon": lambda value: value + 1e-12,
    "lat": lambda value: float("nan"),
    "accuracy_m": lambda value: 29.0,
    "duty_code": lambda value: "leave",
    "geometry": lambda value: b"",
}


@pytest.mark.parametrize("how", [CHANGES, OFF_THE_GRID], ids=["a possible value", "an impossible value"])
@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("key", [True, False], ids=["key", "no key"])
def test_a_released_value(case, tampered, column, how, key):
    """Each column: the input row is missing, and the changed row should not be there."""
    row = 7
    where = released_at(case, row)
    found = tampered(RELEASE, lambda rows: rows[where].update({column: how[column](rows[where][column])}), key)
    only(found, "release_missing", "release_surplus")
    assert found.release_missing.first == ((0, row),)
    assert found.release_surplus.first == ((RELEASE, where),)


def test_a_row_moved_to_another_officer(case, tampered):
    """Both pseudonyms are in use; the row has the wrong one."""
    where, other = released_at(case, 7), released_at(case, 12)
    found = tampered(RELEASE, lambda rows: rows[where].update(officer=rows[other]["officer"]))
    only(found, "release_missing", "release_surplus")
    assert found.release_missing.first == ((0, 7),)
    assert found.release_surplus.first == ((RELEASE, where),)


def test_a_row_that_is_not_there(case, tampered):
    """The input row is named."""
    where = released_at(case, 13)
    found = tampered(RELEASE, lambda rows: rows[:where] + rows[where + 1 :])
    only(found, "release_missing")
    assert found.release_missing.first == ((0, 13),)


def test_a_row_too_many(case, tampered):
    """The same row once more, at the end: equal rows are counted."""
    where = released_at(case, 13)
    found = tampered(RELEASE, lambda rows: [*rows, rows[where]])
    only(found, "release_surplus")
    assert found.release_surplus.first == ((RELEASE, len(RELEASED)),)


def test_a_row_with_an_unknown_pseudonym(tampered):
    """No officer has it."""
    found = tampered(RELEASE, lambda rows: [*rows, {**rows[0], "officer": "0123456789abcdef"}])
    only(found, "release_surplus")
    assert found.release_surplus.first == ((RELEASE, len(RELEASED)),)


def test_another_day(case, tmp_path):
    """A file in the folder of another date: none of its rows is where it should be."""
    run = tmp_path / "run"
    shutil.copytree(case.run, run)
    (run / "release/date=2026-03-02").rename(run / "release/date=2026-03-03")
    moved = RELEASE.replace("03-02", "03-03")
    outputs = [{**o, "name": moved} if o["name"] == RELEASE else o for o in case.manifest["outputs"]]
    found = decide_again(replace(case, run=run, manifest={**case.manifest, "outputs": outputs}))
    only(found, "release_missing", "release_surplus")
    assert found.release_missing.count == found.release_surplus.count == len(RELEASED)


def without_key(case: RunCase, run: Path) -> Soundness:
    """The answer without the pseudonym key."""
    return decide_again(replace(case, run=run, key=None))


def test_without_the_key_pseudonyms_are_one_for_each_officer(case, tmp_path):
    """Exchanged pseudonyms may be right; one pseudonym for two officers, or two for one, is wrong."""
    run = tmp_path / "run"
    shutil.copytree(case.run, run)
    ours = {each["officer"] for each in pq.ParquetFile(run / RELEASE).read().to_pylist()}
    swapped = dict(zip(sorted(ours), sorted(ours, reverse=True), strict=True))
    rewrite(run / RELEASE, lambda rows: [{**each, "officer": swapped[each["officer"]]} for each in rows])
    found = without_key(case, run)
    only(found)
    assert not found.pseudonyms_checked
    where = released_at(case, 7)
    rewrite(run / RELEASE, lambda rows: rows[where].update(officer=swapped[rows[where]["officer"]]))
    found = without_key(case, run)
    only(found, "release_missing", "release_surplus")
    assert found.release_missing.first == ((0, 7),)
    assert found.release_surplus.first == ((RELEASE, where),)


def test_the_wrong_key(case):
    """No pseudonym is right."""
    found = decide_again(replace(case, key=bytes(32)))
    only(found, "release_missing", "release_surplus")
    assert found.release_missing.count == found.release_surplus.count == len(RELEASED)


# What the manifest says of the inputs, and files that have expired.


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda m: m.update(refused=[]), "refused_wrong"),
        (lambda m: m["refused"].append({"table": "places", "file": 3, "row": 0, "why": ""}), "refused_wrong"),
        (lambda m: m["inputs"][0].update(rows=14), "rows_by_file_wrong"),
        (lambda m: m["inputs"][2].update(rows=2), "rows_by_file_wrong"),
    ],
    ids=["none refused", "one more refused", "rows of pings", "rows of the roster"],
)
def test_what_the_manifest_says_of_the_inputs(case, change, name):
    """Rows refused, and rows of every file."""
    manifest = json.loads(json.dumps(dict(case.manifest)))
    change(manifest)
    only(decide_again(replace(case, manifest=manifest)), name)


def test_open_windows_and_the_last_record(case):
    """Both are computed again."""
    found = decide_again(replace(case, manifest={**case.manifest, "open_windows": 1}))
    assert found.open_windows_wrong
    found = decide_again(replace(case, manifest={**case.manifest, "last_recorded_at": "2026-02-02T00:00:00Z"}))
    assert found.last_recorded_wrong


def test_files_that_have_expired(case, tmp_path):
    """A release that retention deleted is named as not checked; the ledger is still compared."""
    run = tmp_path / "run"
    shutil.copytree(case.run, run)
    shutil.rmtree(run / "release")
    shutil.rmtree(run / "quarantine")
    rewrite(run / LEDGER, lambda rows: at(rows, 1).update(reason="home_leg"))
    found = decide_again(replace(case, run=run, expired=frozenset({RELEASE, QUARANTINE})))
    only(found, "differences")
    assert found.release_not_checked == (RELEASE,)
    assert found.release_rows == 0


# Samples.


def test_a_sample_with_the_row_finds_it(tampered):
    """A sample may be all rows."""
    found = tampered(LEDGER, lambda rows: at(rows, 1).update(reason="home_leg"), sample=Sample(15, "any"))
    only(found, "differences")
    assert found.rows_decided == 15


def test_a_sampled_row_that_is_not_released(case, tampered):
    """Each released row of the sample is looked up in the release."""
    where = released_at(case, 13)
    found = tampered(RELEASE, lambda rows: rows[:where] + rows[where + 1 :], sample=Sample(15, "any"))
    only(found, "release_missing")
    assert found.release_missing.first == ((0, 13),)


def test_a_sample_counts_all_rows(tampered):
    """Whether each row is recorded does not depend on the sample."""
    found = tampered(LEDGER, lambda rows: [each for each in rows if each["row"] != 4], sample=Sample(0, ""))
    only(found, "lost")
    assert (found.rows_decided, found.rows_in_interval) == (0, 15)


@pytest.mark.parametrize("seed", range(12))
def test_a_sample_decides_whole_windows(tampered, seed):
    """A wrong row is found whichever row of its window is drawn; a row that no window holds is drawn alone."""
    first = next(iter(drawn(15, str(seed))))
    found = tampered(LEDGER, lambda rows: at(rows, 3).update(reason="off_duty"), sample=Sample(1, str(seed)))
    window = next((rows for rows in WINDOWS if first in rows), [first])
    assert (found.rows_drawn, found.rows_decided) == (1, len(window))
    only(found, *(["differences"] if 3 in window else []))


def test_the_seeds_draw_from_each_window_and_alone():
    """So the test above meets all of them."""
    firsts = {next(iter(drawn(15, str(seed)))) for seed in range(12)}
    assert all(firsts & {*rows} for rows in WINDOWS)
    assert firsts - {row for rows in WINDOWS for row in rows}
    assert len(firsts & {*WINDOWS[0]}) > 1


def test_a_sample_stops_when_it_has_enough_rows(case):
    """Draws go on until the rows of their windows are as many as were asked for."""
    for rows in range(1, 15):
        found = decide_again(case, sample=Sample(rows, "dice"))
        count, decided = 0, set[int]()
        for row in drawn(15, "dice"):
            count, decided = count + 1, decided | {*next((each for each in WINDOWS if row in each), [row])}
            if len(decided) >= rows:
                break
        assert (found.rows_drawn, found.rows_decided) == (count, len(decided))
        assert not found.differs


@pytest.mark.parametrize("sample", [None, Sample(12, "dice")])
def test_officers_that_do_not_fit_into_memory(case, tampered, sample):
    """Nothing else is found where the pings are read several times, for some officers at a time."""
    whole = decide_again(case, sample=sample)
    assert decide_again(case, sample=sample, memory_mb=0) == whole
    where = released_at(case, 13)
    found = tampered(RELEASE, lambda rows: rows[:where] + rows[where + 1 :], sample=sample, memory_mb=0)
    only(found, "release_missing")
