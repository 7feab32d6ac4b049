"""For any time the newest run counts, and no time is counted twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty.core.canonical_json import canonical_json
from offduty.core.errors import UsageError
from offduty.core.instants import FOREVER_US, NEVER_US, iso_text
from offduty.core.interval import Interval
from offduty.report.data.select_runs import select_runs
from offduty.transparency.log import LogEntry
from offduty.transparency.signed_note import Checkpoint

HOUR_US = 3_600_000_000
ALWAYS = Interval(NEVER_US, FOREVER_US)


def entry(number: int, start: int | None, end: int | None, kind: str = "run") -> LogEntry:
    """A log entry of a run from one hour to another; None is an open end."""
    ends = {
        "from": "" if start is None else iso_text(start * HOUR_US),
        "to": "" if end is None else iso_text(end * HOUR_US),
    }
    document = {"kind": kind, "run_id": f"{number:032x}", "interval": ends, "as_of": iso_text(1000 * HOUR_US)}
    return LogEntry(number, canonical_json(document), document, Checkpoint("tests", number + 1, bytes(32)))


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(1, 8), st.sampled_from(["run", "heartbeat", "expire"])), max_size=8
    )
)
def test_every_hour_belongs_to_the_newest_run(given_runs):
    """The last run that covers an hour counts for it; entries of other kinds are not runs."""
    entries = [entry(number, start, start + length, kind) for number, (start, length, kind) in enumerate(given_runs)]
    owner: dict[int, int] = {}
    for number, (start, length, kind) in enumerate(given_runs):
        if kind != "expire":
            owner |= dict.fromkeys(range(start, start + length), number)
    if not owner:
        with pytest.raises(UsageError):
            select_runs(entries, ALWAYS)
        return
    selected = select_runs(entries, ALWAYS)
    found: dict[int, int] = {}
    for run in selected.counted:
        for span in run.spans:
            for hour in range(span.from_us // HOUR_US, span.to_us // HOUR_US):
                assert hour not in found
                found[hour] = run.number
    assert found == owner
    superseded = {number for number, (*_, kind) in enumerate(given_runs) if kind != "expire"} - set(owner.values())
    assert {run.number for run in selected.superseded} == superseded


def test_a_run_that_is_superseded_in_part_counts_for_the_rest():
    """Before and after the interval of the newer one."""
    (old, new) = select_runs([entry(0, 0, 10), entry(1, 4, 6)], ALWAYS).counted
    assert [(span.from_us // HOUR_US, span.to_us // HOUR_US) for span in old.spans] == [(0, 4), (6, 10)]
    assert not old.whole
    assert new.whole


def test_open_ends_cover_all_time():
    """A run over all time supersedes every older run; a later run counts for its own interval."""
    selected = select_runs([entry(0, 0, 10), entry(1, None, None), entry(2, 3, 4)], ALWAYS)
    assert [run.number for run in selected.counted] == [1, 2]
    assert [run.number for run in selected.superseded] == [0]


def test_only_the_time_requested_counts():
    """Runs outside it are neither counted nor superseded; a run across its start counts in part."""
    selected = select_runs([entry(0, 0, 10), entry(1, 10, 20), entry(2, 30, 40)], Interval(5 * HOUR_US, 20 * HOUR_US))
    assert [(run.number, run.whole) for run in selected.counted] == [(0, False), (1, True)]
    assert selected.superseded == ()


def test_a_run_by_its_id():
    """The beginning of the id is enough where only one run has it; also a superseded run is found."""
    entries = [entry(7, 0, 10), entry(8, 0, 10)]
    assert select_runs(entries, ALWAYS, f"{7:032x}").counted[0].number == 7
    for name in ("0" * 31, "f" * 32, "", "0000"):
        with pytest.raises(UsageError, match="--run"):
            select_runs(entries, ALWAYS, name)
