"""What the Spark engine does without Spark: looks for Java, packs messages, fails without showing a value, and counts
what comes back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from offduty import Policy, run
from offduty.core.errors import EngineError, InputError, OffdutyError, PrivacyError, StorageError, UsageError
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.interval import Interval
from offduty.decision.reference import columns_as_text
from offduty.engines.decider import DecisionInputs
from offduty.engines.local import LOCAL
from offduty.engines.spark import broadcast, cluster, file_tasks, session
from offduty.engines.spark.wire import WireMessage, batch_of, messages_in, pack, unpack
from tests.world import AFTERWARDS, filtered, lay_out, ping, shift, world

EVER = Interval(NEVER_US, FOREVER_US)


def java(folder: Path, prints: str) -> Path:
    """A Java that prints this as its version."""
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin" / "java"
    program.write_text(f"#!/bin/sh\necho '{prints}' >&2\n")
    program.chmod(0o755)
    return folder


def test_without_java_the_command_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """And reads nothing: the store is not even made."""
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    job = lay_out(world(), tmp_path / "job")
    with pytest.raises(
        UsageError, match=r"needs Java 17 or newer, and none is found: .*apt-get install openjdk-17-jre-headless"
    ):
        run(job, engine="spark")
    assert not (tmp_path / "job" / "store").exists()


def test_java_is_looked_for_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Where JAVA_HOME names none."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    newer = java(tmp_path, 'openjdk version "21.0.4" 2024-07-16')
    monkeypatch.setenv("PATH", f"{newer}/bin:{os.environ['PATH']}")
    found = session.find_java()
    assert found == str(tmp_path / "bin" / "java")
    assert session.java_version(found) == 21


@pytest.mark.parametrize(
    ("prints", "message"),
    [
        ('java version "1.8.0_402"', "and this one is 1"),
        ('openjdk version "11.0.25" 2024-10-15', "and this one is 11"),
        ("no Java runtime present", "none is found"),
    ],
)
def test_an_old_java_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prints: str, message: str):
    """The message names its release, and what to do."""
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, prints)))
    with pytest.raises(UsageError, match=f"needs Java 17 or newer, {message}|needs Java 17 or newer, and {message}"):
        session.find_spark()


def test_without_pyspark_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    """An extra of its own."""
    monkeypatch.setattr(session.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'offduty\[spark\]'"):
        cluster.SparkEngine(None)


def test_a_master_is_for_spark(tmp_path: Path):
    """And an engine must be one."""
    job = lay_out(world(), tmp_path)
    with pytest.raises(UsageError, match="--master is for --engine spark"):
        run(job, master="local[2]")
    with pytest.raises(UsageError, match="there is no engine 'flink'"):
        run(job, engine="flink")


def test_an_engine_says_whether_other_processes_read_its_files(wired: dict[str, object]):
    """Files that they read need names; those of the local engine have none."""
    assert LOCAL.in_one_process
    assert not cluster.SparkEngine(None).in_one_process


def test_messages_come_out_as_they_went_in():
    """Every width, no rows, and numbers beside them."""
    columns = {"a": np.array([1, -2], np.int64), "b": np.array([3, 4], np.int16), "c": np.array([0.5, np.nan])}
    back, numbers = unpack(pack(columns, rows=7, candidates=-1))
    assert numbers == {"rows": 7, "candidates": -1}
    assert list(back) == ["a", "b", "c"]
    assert all(np.array_equal(back[name], columns[name], equal_nan=name == "c") for name in columns)
    assert all(back[name].dtype == columns[name].dtype for name in columns)
    nothing, _ = unpack(pack({"row": np.zeros(0, np.int64)}))
    assert (len(nothing["row"]), nothing["row"].dtype) == (0, np.int64)
    sent = [WireMessage(1, 2, 3, b"xyz"), WireMessage(0, 0, -1, b"")]
    assert list(messages_in(batch_of(sent))) == sent


def fails(error: Exception) -> str:
    """What Spark reports of a task that fails with this error."""

    def work(batches: object) -> Iterator[pa.RecordBatch]:
        raise error
        yield

    with pytest.raises(broadcast.TaskFailedError) as caught:
        list(broadcast.sealed(work)([]))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return f"Job aborted: PythonException: Traceback\n{caught.value}\n\tat org.apache.spark"


def test_a_task_fails_without_showing_a_value():
    """The kind of the error and its place in the code reach the driver; its message does not."""
    report = fails(ValueError("device d-17 at -0.1276 51.5072"))
    assert "d-17" not in report
    assert "51.5" not in report
    found = broadcast.failure(RuntimeError(report))
    assert type(found) is OffdutyError
    assert found.exit_code == 1
    assert "ValueError in test_spark_parts.py:" in str(found)


def test_our_own_errors_reach_the_driver():
    """With message, file and row: they have no values, and the exit code depends on them."""
    found = broadcast.failure(RuntimeError(fails(InputError("the file is damaged", file="a.parquet", row=3))))
    assert type(found) is InputError
    assert (found.what, found.file, found.row) == ("the file is damaged", "a.parquet", 3)
    assert type(broadcast.failure(RuntimeError(fails(StorageError("full"))))) is StorageError


def test_a_cluster_that_gives_up_may_be_tried_again():
    """The message of Spark is not shown: it may quote anything."""
    found = broadcast.failure(RuntimeError("lost at 51.5072"))
    assert type(found) is EngineError
    assert found.exit_code == 6
    assert "51.5" not in str(found)


def a_broadcast(**changes: str) -> broadcast.Broadcast:
    """A broadcast of empty tables, from a driver with some other versions."""
    tables = {
        name: columns_as_text(name, pa.table({"kind": pa.array([], pa.string())}))
        for name in ("assignments", "roster", "places", "sites")
    }
    sections = {"policy": {"name": "n", "purpose": "p", "timezone": "UTC"}, "duty": {"on_codes": ["duty"]}}
    made = broadcast.broadcast_of(tables, Policy.from_dict(sections), 0, EVER, {})
    return replace(made, versions=tuple({**dict(made.versions), **changes}.items()))


def test_executors_on_other_versions_stop_the_run():
    """They would write other bytes than the versions in the manifest say."""
    assert broadcast.settled(a_broadcast()).as_of_us == 0
    with pytest.raises(UsageError, match=r"the driver's versions \(duckdb, tzdata\)"):
        broadcast.settled(a_broadcast(tzdata="1999.1", duckdb="0.1"))


@pytest.fixture
def wired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """A cluster that is this process. What its tasks send can be changed before it is gathered."""
    wires: dict[str, object] = {"shuffled": lambda sent: sent, "buckets": 4}

    def decided(session_: object, inputs: DecisionInputs, wanted: list[object], folder: Path) -> list[tuple[str, int]]:
        reference = inputs.reference
        sent_out = broadcast.broadcast_of(
            inputs.tables, reference.policy, reference.as_of_us, inputs.interval, inputs.declared
        )
        numbers = pa.RecordBatch.from_pydict({"id": list(range(len(wanted)))})
        judged = file_tasks.judge_pieces(sent_out, wanted, wires["buckets"])([numbers])
        sent = wires["shuffled"]([one for batch in judged for one in messages_in(batch)])
        parts = wires.get("parts", lambda sent: [[one for one in sent if one.bucket % 2 == odd] for odd in (0, 1)])(
            sent
        )
        done = [
            row
            for part in parts
            if part
            for batch in file_tasks.settle_officers(sent_out, folder)([batch_of(part)])
            for row in batch.to_pylist()
        ]
        return [(row["name"], row["bytes"]) for row in done]

    monkeypatch.setattr(cluster, "_decided", decided)
    monkeypatch.setattr(cluster, "find_spark", lambda: None)
    monkeypatch.setattr(cluster, "open_session", lambda *given: __import__("contextlib").nullcontext())
    return wires


def test_tasks_read_the_tables_as_the_job_declares_them(wired: dict[str, object], tmp_path: Path):
    """A declared time zone reaches the tasks: 09:00 in July in London is 08:00 in UTC, before the duty begins."""
    london = {"time_zone": "Europe/London"}
    pings = [{**ping("08:30"), "observed_at": f"2026-07-06T{clock}:00"} for clock in ("08:59", "09:00", "15:00")]
    roster = [shift("2026-07-06T08:00:00Z", "2026-07-06T16:00:00Z")]
    summer = world(pings, roster=roster, inputs={"pings": london})
    local = filtered(summer, tmp_path / "a")
    found = filtered(summer, tmp_path / "b", engine="spark")
    assert found.reasons == local.reasons == ["off_duty", "on_duty", "on_duty"]


def test_tasks_decide_as_the_local_engine_does(wired: dict[str, object], tmp_path: Path):
    """Without Spark between them."""
    local = filtered(world(), tmp_path / "a", files=3)
    assert filtered(world(), tmp_path / "b", files=3, engine="spark").reasons == local.reasons == ["on_duty"] * 3


@pytest.mark.parametrize("kind", [file_tasks.UNDECIDED, file_tasks.DECIDED], ids=["waiting", "decided"])
@pytest.mark.parametrize("times", [0, 2], ids=["lost", "twice"])
def test_a_message_that_is_lost_or_comes_twice_stops_the_run(
    wired: dict[str, object], tmp_path: Path, kind: int, times: int
):
    """Nothing that does not add up is published."""

    def shuffled(sent: list[WireMessage]) -> list[WireMessage]:
        one = next(one for one in sent if one.kind == kind)
        return [*(other for other in sent if other is not one), *([one] * times)]

    wired["shuffled"] = shuffled
    with pytest.raises(PrivacyError, match="rows were lost between driver and tasks"):
        filtered(world(), tmp_path, files=3, engine="spark")
    assert not list((tmp_path / "store" / "runs").iterdir())


def test_an_officer_whose_pings_meet_in_two_tasks_stops_the_run(wired: dict[str, object], tmp_path: Path):
    """A contact in one of them would hide nothing in the other."""
    wired["parts"] = lambda sent: [sent[:2], sent[2:]]
    with pytest.raises(PrivacyError, match="rows were lost between driver and tasks"):
        filtered(world(), tmp_path, files=3, engine="spark")


def test_missing_results_are_a_storage_error(wired: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Machines that do not share the file system: the message says what they must share."""
    decided = cluster._decided
    monkeypatch.setattr(cluster, "_decided", lambda *given: [(name, size + 1) for name, size in decided(*given)])
    with pytest.raises(StorageError, match="a file system that all machines of the cluster share"):
        filtered(world(), tmp_path, engine="spark")


def test_only_the_owner_can_read_the_results_of_tasks(
    wired: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Whatever the umask of the process that writes them."""
    modes = []
    gathered = cluster._gathered

    def checked(inputs: object, rows: int, wanted: object, folder: Path, written: object) -> object:
        modes.extend(path.stat().st_mode & 0o777 for path in [folder, *folder.glob("*.arrow")])
        return gathered(inputs, rows, wanted, folder, written)

    monkeypatch.setattr(cluster, "_gathered", checked)
    filtered(world(), tmp_path, engine="spark", as_of=AFTERWARDS)
    assert modes[0] == 0o700
    assert set(modes[1:]) == {0o600}
