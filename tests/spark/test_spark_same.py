"""Spark gives the same result as the local engine: every file of the store has the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.declared_forms import lay_out, lines, sample_tables
from tests.spark.same import AS_OF, compared, conformance, examples, job_of, sample

WORLDS = [*list(examples())[::8], *list(conformance())[::5]]
"""Some of the examples and cases, in turn: a session of Spark takes seconds for each. `make spark-same` asks all."""


@pytest.mark.parametrize("given", [world for _, world in WORLDS], ids=[title for title, _ in WORLDS])
def test_an_example_has_the_same_store(spark, given, tmp_path: Path):
    """Release, ledger, quarantine and the entry in the log; or both stop with the same message."""
    found = compared(job_of(given, tmp_path), given["as_of"], given["interval"])
    assert found.differences == []


def test_a_week_has_the_same_store(spark, tmp_path: Path):
    """The sample: seven files, every reason, rows for the quarantine."""
    found = compared(sample(tmp_path / "job"), AS_OF)
    assert found.rows == 119_419
    assert found.differences == []


def test_one_day_of_a_week_has_the_same_store(spark, tmp_path: Path):
    """With context on both sides, from which nothing is recorded; both engines leave out the same two files."""
    found = compared(sample(tmp_path / "job"), AS_OF, ("2026-03-25", "2026-03-26"))
    assert 0 < found.rows < 119_419
    assert found.differences == []


def test_declared_tables_have_the_same_store(spark, tmp_path: Path):
    """Packed, renamed, in milliseconds: what is declared travels to the tasks, and the plain copies have names there."""
    found = compared(lay_out(lines(sample_tables()), tmp_path / "job"), AS_OF)
    assert found.rows == 119_419
    assert found.differences == []


def test_extra_columns_are_found_again(spark, tmp_path: Path):
    """A released row takes its extra columns along, by its row in its file."""
    job = sample(tmp_path / "job")
    policy = job.parent / "policy.toml"
    text = policy.read_text()
    policy.write_text(text.replace("extra_columns = []", 'extra_columns = ["battery"]'))
    add_battery(job.parent / "pings")
    assert 'extra_columns = ["battery"]' in policy.read_text()
    assert compared(job, AS_OF).differences == []


def add_battery(folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for file in folder.glob("*.parquet"):
        table = pq.read_table(file)
        levels = pa.array([row * 7 % 101 for row in range(table.num_rows)], pa.int64())
        pq.write_table(table.append_column("battery", levels), file)


def test_one_device_that_sends_far_too_much(spark, tmp_path: Path):
    """Skew: a phone of one officer on duty sends 5 % of all pings, half of them at the same few instants."""
    job = sample(tmp_path / "job")
    crowd(job.parent / "pings" / "2026-03-24.parquet", 6_300)
    found = compared(job, AS_OF)
    assert found.rows == 119_419 + 6_300
    assert found.differences == []


def crowd(file: Path, more: int) -> None:
    """Add pings to a day's file: near those of the device that has most, and within a second of them."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(file)
    counts = pc.value_counts(table["device_id"]).to_pylist()
    most = max((one for one in counts if one["values"]), key=lambda one: one["counts"])["values"]
    own = table.filter(pc.equal(table["device_id"], most))
    again = pa.concat_tables([own] * (more // own.num_rows + 1)).slice(0, more)
    at = again.schema.get_field_index("observed_at")
    kind = again.schema.field("observed_at").type
    nudge = pa.array([step % 2 * (step % 1_000) for step in range(more)], pa.int64())
    moved = pc.add(again["observed_at"].cast(pa.int64()), nudge).cast(kind)
    pq.write_table(pa.concat_tables([table, again.set_column(at, "observed_at", moved)]), file)
