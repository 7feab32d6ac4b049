"""The filter and the second implementation agree on every world, without a difference of any kind."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pprint import pformat

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from offduty.verify.redecide import Sample, decide_again
from tests import oracle
from tests.oracle.reading import instant
from tests.properties.test_negation import CHANGES, NO_SHRINKING, WIDER
from tests.properties.worlds import good_days, readable, side_by_side, smallest, worlds
from tests.second_implementation import case_of, found_in, stops_too
from tests.world import filtered, stamp

NUMBERED = [Phase.explicit, Phase.reuse, Phase.generate]
FEW = settings(max_examples=6, phases=NUMBERED)


def differs(given_world, folder):
    """What the second implementation finds in the filter's run of a world; both must stop on the same worlds."""
    outcome = filtered(given_world, folder)
    if outcome.path is None:
        return [] if stops_too(given_world, folder) else ["the filter stops, the second implementation does not"]
    found = found_in(outcome.path, folder)
    return [found] if found.differs else []


@settings(phases=NUMBERED)
@given(worlds())
def test_filter_and_second_implementation_agree(ask_filter, given_world):
    """Reasons, released values, refused rows and counts agree; a failure shows the smallest world that differs."""
    if differs(given_world, ask_filter.folder()):
        least = smallest(given_world, lambda w: bool(differs(w, ask_filter.folder())))
        pytest.fail(f"{differs(least, ask_filter.folder())}\n{pformat(least, width=200)}", pytrace=False)


@settings(max_examples=WIDER, phases=NO_SHRINKING)
@given(good_days(), st.data())
def test_both_hide_after_every_small_change(ask_filter, before, data):
    """After each of the smallest changes that must hide a released ping, the second implementation hides it too."""
    released = [p for p in oracle.answer(before).pings if p.reason == "on_duty"]
    chosen = data.draw(st.sampled_from(released), label="released ping").row
    ping = before["tables"]["pings"][chosen]
    many = side_by_side([before, *(change(before, chosen, ping) for change in CHANGES.values())])
    assert differs(many, ask_filter.folder()) == []


@FEW
@given(worlds(), st.data())
def test_intervals(ask_filter, given_world, data):
    """The filter and the second implementation agree on runs over intervals with any ends."""
    times = sorted({t for p in given_world["tables"]["pings"] if (t := readable(p["observed_at"])) is not None})
    assume(times)
    cuts = data.draw(st.lists(st.sampled_from(times), max_size=2, unique=True), label="cuts")
    bounds = [instant("2000-01-01"), *sorted(cuts), instant("2100-01-01")]
    for start, end in itertools.pairwise(bounds):
        assert differs({**given_world, "interval": [stamp(start), stamp(end)]}, ask_filter.folder()) == []


@FEW
@given(worlds(), st.integers(1, 3), st.sampled_from(["csv", "ndjson", "parquet"]))
def test_formats_threads_memory_and_no_key(ask_filter, given_world, files, form):
    """The result does not depend on the format, the threads, the memory, or whether the key is there."""
    folder = ask_filter.folder()
    outcome = filtered(given_world, folder, form=form, files=files)
    assume(outcome.path is not None)
    case = case_of(outcome.path, folder)
    whole = decide_again(case)
    assert not whole.differs
    assert decide_again(case, threads=1, memory_mb=0) == whole
    assert decide_again(case, threads=4, memory_mb=0) == whole
    assert decide_again(replace(case, key=None), memory_mb=0) == replace(whole, pseudonyms_checked=False)


@FEW
@given(worlds(), st.integers(0, 60), st.text(max_size=5))
def test_samples(ask_filter, given_world, rows, seed):
    """A sample decides the requested number of rows, and agrees with the filter."""
    folder = ask_filter.folder()
    outcome = filtered(given_world, folder)
    assume(outcome.path is not None)
    found = decide_again(case_of(outcome.path, folder), sample=Sample(rows, seed))
    assert not found.differs
    assert found.rows_decided == min(rows, found.rows_in_interval) == sum(found.counts.values())
