"""The second implementation agrees with the filter after every small change, on any interval, and however it is asked."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from offduty.verify.redecide import Sample, decide_again
from tests import oracle
from tests.examples import one_in
from tests.oracle.reading import instant
from tests.properties.judges import by_the_second_implementation
from tests.properties.test_negation import CHANGES, NO_SHRINKING, WIDER
from tests.properties.worlds import good_days, readable, side_by_side, worlds
from tests.second_implementation import case_of
from tests.world import filtered, stamp

NUMBERED = [Phase.explicit, Phase.reuse, Phase.generate]
FEW = settings(max_examples=one_in(15), phases=NUMBERED)


@settings(max_examples=WIDER, phases=NO_SHRINKING)
@given(good_days(), st.data())
def test_both_hide_after_every_small_change(ask_filter, before, data):
    """After each of the smallest changes that must hide a released ping, the second implementation hides it too."""
    released = [p for p in oracle.answer(before).pings if p.reason == "on_duty"]
    chosen = data.draw(st.sampled_from(released), label="released ping").row
    ping = before["tables"]["pings"][chosen]
    many = side_by_side([before, *(change(before, chosen, ping) for change in CHANGES.values())])
    assert by_the_second_implementation(many, ask_filter(many)) == []


@FEW
@given(worlds(), st.data())
def test_intervals(ask_filter, given_world, data):
    """The filter and the second implementation agree on runs over intervals with any ends."""
    times = sorted({t for p in given_world["tables"]["pings"] if (t := readable(p["observed_at"])) is not None})
    assume(times)
    cuts = data.draw(st.lists(st.sampled_from(times), max_size=2, unique=True), label="cuts")
    bounds = [instant("2000-01-01"), *sorted(cuts), instant("2100-01-01")]
    for start, end in itertools.pairwise(bounds):
        part = {**given_world, "interval": [stamp(start), stamp(end)]}
        assert by_the_second_implementation(part, ask_filter(part)) == []


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
    """A sample decides at least the requested number of rows, whole windows, and agrees with the filter."""
    folder = ask_filter.folder()
    outcome = filtered(given_world, folder)
    assume(outcome.path is not None)
    found = decide_again(case_of(outcome.path, folder), sample=Sample(rows, seed))
    assert not found.differs
    assert min(rows, found.rows_in_interval) <= found.rows_decided == sum(found.counts.values())
    assert (found.rows_drawn is None) == (rows >= found.rows_in_interval)
