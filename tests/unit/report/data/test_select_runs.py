"""Over any time the newest entry counts, and nothing counts twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty.core.canonical_json import canonical_json
from offduty.core.errors import UsageError
from offduty.core.instants import FOREVER_US, NEVER_US, iso_text
from offduty.core.interval import Interval
from offduty.report.data.select_runs import choose
from offduty.transparency.log import LogEntry
from offduty.transparency.signed_note import Checkpoint

HOUR_US = 3_600_000_000
ALWAYS = Interval(NEVER_US, FOREVER_US)


def entry(number: int, start: int | None, end: int | None, kind: str = "run") -> LogEntry:
    """A run from one hour to another; None: open."""
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
def test_every_hour_is_the_newest_runs(given_runs):
    """Hour by hour: the last entry that has it is the one that counts it; entries of other kinds are no runs."""
    entries = [entry(number, start, start + length, kind) for number, (start, length, kind) in enumerate(given_runs)]
    owner: dict[int, int] = {}
    for number, (start, length, kind) in enumerate(given_runs):
        if kind != "expire":
            owner |= dict.fromkeys(range(start, start + length), number)
    if not owner:
        with pytest.raises(UsageError):
            choose(entries, ALWAYS)
        return
    chosen = choose(entries, ALWAYS)
    found: dict[int, int] = {}
    for run in chosen.counted:
        for span in run.spans:
            for hour in range(span.from_us // HOUR_US, span.to_us // HOUR_US):
                assert hour not in found
                found[hour] = run.number
    assert found == owner
    superseded = {number for number, (*_, kind) in enumerate(given_runs) if kind != "expire"} - set(owner.values())
    assert {run.number for run in chosen.superseded} == superseded


def test_a_run_that_is_superseded_in_part_counts_for_the_rest():
    """Both sides of what the newer one has."""
    (old, new) = choose([entry(0, 0, 10), entry(1, 4, 6)], ALWAYS).counted
    assert [(span.from_us // HOUR_US, span.to_us // HOUR_US) for span in old.spans] == [(0, 4), (6, 10)]
    assert not old.whole
    assert new.whole


def test_open_ends_cover_all():
    """A run over all time supersedes everything before it; one after it takes its part."""
    chosen = choose([entry(0, 0, 10), entry(1, None, None), entry(2, 3, 4)], ALWAYS)
    assert [run.number for run in chosen.counted] == [1, 2]
    assert [run.number for run in chosen.superseded] == [0]


def test_only_what_was_asked_for_counts():
    """Runs outside are neither counted nor superseded; one across an end counts in part."""
    chosen = choose([entry(0, 0, 10), entry(1, 10, 20), entry(2, 30, 40)], Interval(5 * HOUR_US, 20 * HOUR_US))
    assert [(run.number, run.whole) for run in chosen.counted] == [(0, False), (1, True)]
    assert chosen.superseded == ()


def test_a_run_by_its_name():
    """The beginning of the id is enough where it is one run's alone; a superseded one can be asked for."""
    entries = [entry(7, 0, 10), entry(8, 0, 10)]
    assert choose(entries, ALWAYS, f"{7:032x}").counted[0].number == 7
    for name in ("0" * 31, "f" * 32, "", "0000"):
        with pytest.raises(UsageError, match="--run"):
            choose(entries, ALWAYS, name)
