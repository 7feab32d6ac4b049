"""No decision depends on how the work is divided (specification#independence)."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tests import oracle
from tests.examples import one_in
from tests.oracle.reading import instant
from tests.properties.worlds import good_days, side_by_side, worlds
from tests.world import changed, lay_out, read_back, stamp

NUMBERED = [
    Phase.explicit,
    Phase.reuse,
    Phase.generate,
]  # shrinking makes no sense: a smaller number is not a smaller world
FEW = settings(max_examples=one_in(15), suppress_health_check=list(HealthCheck), phases=NUMBERED)


def runs(given_world) -> bool:
    """Whether the world does not stop the run."""
    try:
        oracle.answer(given_world)
    except oracle.Stop:
        return False
    return True


def by_content(given_world, reasons) -> Counter:
    """How often each ping, by its values, has each reason; equal rows may change places."""
    pings = given_world["tables"]["pings"]
    return Counter((json.dumps(p, sort_keys=True), reason) for p, reason in zip(pings, reasons, strict=True))


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def shuffled(given_world, seed: int):
    """The rows of every table in another order."""
    rng = random.Random(seed)
    tables = {name: rng.sample(rows, len(rows)) for name, rows in given_world["tables"].items()}
    return changed(given_world, **tables)


@FEW
@given(worlds(), st.integers(0, 99))
def test_row_order(ask_filter, given_world, seed):
    """With the rows of all tables shuffled, the reasons and the bytes of the release are the same."""
    assume(runs(given_world))
    one, other_world = ask_filter(given_world), shuffled(given_world, seed)
    other = ask_filter(other_world)
    assert by_content(given_world, one.reasons) == by_content(other_world, other.reasons)
    assert digests(one.path / "release") == digests(other.path / "release")


def finite(value) -> bool:
    """Whether JSON can write the value: a finite number or None."""
    return value is None or math.isfinite(value)


@FEW
@given(worlds(), st.integers(2, 4), st.sampled_from(["csv", "ndjson", "parquet"]))
def test_files(ask_filter, given_world, files, form):
    """With the pings in several files, or in another format, reasons and release are the same."""
    assume(runs(given_world))
    plain = [p for p in given_world["tables"]["pings"] if finite(p["accuracy_m"]) and p["observed_at"]]
    given_world = changed(given_world, pings=plain)
    assume(len(plain) >= files)
    one, other = ask_filter(given_world), ask_filter(given_world, files=files, form=form)
    assert by_content(given_world, one.reasons) == by_content(given_world, other.reasons)
    assert digests(one.path / "release") == digests(other.path / "release")


@FEW
@given(worlds())
def test_threads(ask_filter, given_world):
    """With 1, 2 and 4 threads all outputs have the same bytes."""
    assume(runs(given_world))
    outputs = [digests(ask_filter(given_world, threads=threads).path) for threads in (1, 2, 4)]
    assert outputs[0] == outputs[1] == outputs[2]


@FEW
@given(worlds(), good_days())
def test_other_officers(ask_filter, given_world, others):
    """Other officers, with devices, rosters and places of their own, change nothing."""
    assume(runs(given_world))
    more = side_by_side([given_world, {**others, "tables": {**others["tables"], "sites": []}}])
    outcome = ask_filter(more)
    assume(not outcome.stopped)
    assert outcome.reasons[: len(given_world["tables"]["pings"])] == ask_filter(given_world).reasons


@FEW
@given(worlds(), st.data())
def test_intervals(ask_filter, given_world, data):
    """One run over all of time, and runs over intervals with any ends, give the same reasons and release."""
    assume(runs(given_world))
    answer = oracle.answer(given_world)
    times = sorted({p.t for p in answer.pings if p.t is not None})
    assume(times)
    cuts = data.draw(st.lists(st.sampled_from(times), max_size=2, unique=True), label="cuts")
    bounds = [instant("2000-01-01"), *sorted(cuts), instant("2100-01-01")]
    whole = ask_filter(given_world)
    pieces = [
        ask_filter({**given_world, "interval": [stamp(start), stamp(end)]}) for start, end in itertools.pairwise(bounds)
    ]
    for row, ping in enumerate(answer.pings):
        recorded = [piece.reasons[row] for piece in pieces if piece.reasons[row] is not None]
        times = 0 if whole.reasons[row] is None else len(pieces) if ping.t is None else 1
        assert recorded == [whole.reasons[row]] * times
    assert sorted(row for piece in pieces for row in piece.release) == whole.release


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/St_Johns"])
def test_time_zone_of_the_machine(ask_filter, zone):
    """A machine in another time zone writes the same bytes."""
    examples = []
    settings(max_examples=12, derandomize=True, database=None, suppress_health_check=list(HealthCheck))(
        given(worlds())(lambda w: examples.append(w) if runs(w) else None)
    )()
    given_world = max(examples, key=lambda w: len(oracle.answer(w).release))
    here = ask_filter(given_world)
    job = lay_out(given_world, ask_filter.folder())
    command = [sys.executable, "-m", "offduty", "run", str(job), "--as-of", given_world["as_of"], "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "TZ": zone}, timeout=120, check=True
    )
    there = job.parent / "store" / "runs" / json.loads(done.stdout)["run_id"]
    assert read_back(there, len(given_world["tables"]["pings"])).reasons == here.reasons
    assert digests(there) == digests(here.path)
