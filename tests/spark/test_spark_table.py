"""`decide` gives a Spark table the reasons and the release columns that a run gives a file, however it is divided."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty import Policy, run
from offduty.core.errors import UsageError
from offduty.engines.spark.dataframe import decide, ledger, released
from tests.spark.same import AS_OF, decided_by_spark, numbered, recorded, references, sample
from tests.world import AFTERWARDS, lay_out, ping, world

KEY = bytes.fromhex("5a" * 32)
INSTANT = "2026-04-15T00:00:00Z"
RULES = {"policy": {"name": "n", "purpose": "p", "timezone": "UTC"}, "duty": {"on_codes": ["duty"]}}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample."""
    return sample(tmp_path_factory.mktemp("table") / "job")


@pytest.fixture(scope="module")
def whole(job: Path) -> Path:
    """The folder of a run over it."""
    return run(job, as_of=INSTANT, store=job.parent / "store").path


def test_a_week_as_a_table(spark, job: Path, whole: Path):
    """Every row once, each with the reason that the run recorded, and the released rows as they were written."""
    decided = decided_by_spark(spark, job, INSTANT, pseudonym_key=KEY)
    rows = decided.select("file", "row", "reason").collect()
    assert reasons_of(rows) == recorded(whole)
    assert len(rows) == 119_421  # with the two pings of 2099
    released_rows = sorted(tuple(row) for row in rows_in(released(decided)))
    files = (whole / "release").rglob("*.parquet")
    assert released_rows == sorted(tuple(r.values()) for file in files for r in pq.ParquetFile(file).read().to_pylist())


def rows_in(table) -> list[tuple]:
    """The rows of a release; instants as the release has them, in UTC."""
    from datetime import UTC

    return [
        tuple(
            v.astimezone(UTC) if hasattr(v, "astimezone") else bytes(v) if isinstance(v, bytearray) else v for v in row
        )
        for row in table.collect()
    ]


def test_how_the_table_is_divided_changes_nothing(spark, job: Path, whole: Path, tmp_path: Path):
    """Seventeen parts, in no order, in batches of 999 rows, settled in five."""
    numbered(job, tmp_path / "n")
    pings = spark.read.parquet(str(tmp_path / "n")).repartition(17)
    settings = {"spark.sql.execution.arrow.maxRecordsPerBatch": "999", "spark.sql.shuffle.partitions": "5"}
    before = {name: spark.conf.get(name) for name in settings}
    for name, value in settings.items():
        spark.conf.set(name, value)
    try:
        rows = ledger(decide(spark, pings, references(job), policy_of(job), INSTANT)).collect()
    finally:
        for name, value in before.items():
            spark.conf.set(name, value)
    assert reasons_of(rows) == recorded(whole)


def reasons_of(rows) -> dict[tuple[int, int], str]:
    """The reason of each row that has one; a ping after ``as_of`` has none, and is in no ledger."""
    return {(row["file"], row["row"]): row["reason"] for row in rows if row["reason"] is not None}


def policy_of(job: Path) -> Policy:
    return Policy.load(job.parent / "policy.toml")


def test_hidden_rows_have_nothing_beside_their_reason(spark, job: Path):
    """And without a key there are no pseudonyms."""
    decided = decided_by_spark(spark, sample(job.parent.parent / "again"), INSTANT)
    assert decided.columns == [
        "file",
        "row",
        "reason",
        "observed_at",
        "lon",
        "lat",
        "accuracy_m",
        "duty_code",
        "geometry",
    ]
    assert ledger(decided).columns == ["file", "row", "reason"]
    shown = " OR ".join(f"{name} IS NOT NULL" for name in decided.columns[3:])
    assert decided.where(f"reason != 'on_duty' AND ({shown})").count() == 0
    assert decided.where("reason = 'on_duty' AND lon IS NULL").count() == 0


def test_of_equal_pings_the_first_by_its_keys_is_released(spark, tmp_path: Path):
    """By a key of any type and name, in whatever order the rows are."""
    job = lay_out(world([ping("09:00")]), tmp_path)
    names = ["k9", "k1", "k5"]
    rows = pa.table(
        {
            "id": names,
            "device_id": ["d1"] * 3,
            "lon": [-0.15] * 3,
            "lat": [51.52] * 3,
            "accuracy_m": [10.0] * 3,
            "observed_at": ["2026-03-02T09:00:00Z"] * 3,
            "kind": ["a"] * 3,
        }
    )
    pq.write_table(rows, tmp_path / "three.parquet", row_group_size=1)
    pings = spark.read.parquet(str(tmp_path / "three.parquet")).repartition(3)
    decided = decide(spark, pings, references(job), policy_of(job), AFTERWARDS, keys=["id", "kind"])
    assert {row["id"]: row["reason"] for row in decided.collect()} == {
        "k1": "on_duty",
        "k5": "duplicate",
        "k9": "duplicate",
    }


def test_reference_tables_may_be_spark_tables(spark, tmp_path: Path):
    """A timestamp is an instant, whatever the session's zone; text is a wall time, in the policy's zone."""
    job = lay_out(world([ping("07:30"), ping("09:00")], policy={"policy": {"timezone": "Europe/Athens"}}), tmp_path)
    tables = references(job)
    roster = "SELECT 'r1' AS shift_id, 'o1' AS officer_id, {from_} AS starts_at, {to} AS ends_at, 'duty' AS duty_code,"
    roster += " 'active' AS status, TIMESTAMP '2026-02-01 00:00:00Z' AS recorded_at"
    folder = tmp_path / "n"
    folder.mkdir()
    rows = [(0, n, "d1", f"2026-03-02T{clock}:00Z", -0.15, 51.52, 10.0) for n, clock in enumerate(("07:30", "09:00"))]
    pings = spark.createDataFrame(
        rows, "file int, row long, device_id string, observed_at string, lon double, lat double, accuracy_m double"
    )
    found = {}
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    try:
        for kind, begin, end in (
            ("instant", "TIMESTAMP '2026-03-02 08:00:00Z'", "TIMESTAMP '2026-03-02 16:00:00Z'"),
            ("wall", "'2026-03-02T08:00'", "'2026-03-02T16:00'"),
            ("ntz", "TIMESTAMP_NTZ '2026-03-02 08:00:00'", "TIMESTAMP_NTZ '2026-03-02 16:00:00'"),
        ):
            given = {**tables, "roster": spark.sql(roster.format(from_=begin, to=end))}
            decided = decide(spark, pings, given, policy_of(job), AFTERWARDS).orderBy("row").collect()
            found[kind] = [row["reason"] for row in decided]
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
    assert found == {"instant": ["off_duty", "on_duty"], "wall": ["on_duty", "on_duty"], "ntz": ["on_duty", "on_duty"]}


def test_an_empty_table_has_no_rows(spark, job: Path):
    """And missing reference tables hide everything."""
    schema = "file int, row long, device_id string, observed_at timestamp, lon double, lat double"
    assert decide(spark, spark.createDataFrame([], schema), references(job), policy_of(job), AS_OF).count() == 0
    from datetime import datetime

    pings = spark.createDataFrame([(0, 0, "d1", datetime(2026, 3, 2, 9), -0.15, 51.52)], schema)
    (row,) = decide(spark, pings, {}, Policy.from_dict(RULES), AS_OF).collect()
    assert row["reason"] == "unassigned"


def test_a_missing_column_is_named(spark):
    """Before anything is read."""
    pings = spark.createDataFrame([], "file int, device_id string, lon double, lat double")
    with pytest.raises(UsageError, match="lacks a column: row, observed_at"):
        decide(spark, pings, {}, Policy.from_dict(RULES), AS_OF)
    named = spark.createDataFrame([], "officer int, device_id string, observed_at string, lon double, lat double")
    with pytest.raises(UsageError, match="a key may not be called officer"):
        decide(spark, named, {}, Policy.from_dict(RULES), AS_OF, keys=["officer"])
    with pytest.raises(UsageError, match="as_of is not an instant"):
        decide(spark, named.withColumnRenamed("officer", "n"), {}, Policy.from_dict(RULES), "yesterday", keys=["n"])
