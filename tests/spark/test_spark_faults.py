"""Executors, workers, tasks and drivers die: every row is recorded once all the same, or nothing is published, and no
log has a value.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from offduty import run
from tests.spark.machines import Machines, kill, spark_or_skip, wait_for
from tests.spark.same import AS_OF, contents, sample


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """A master, two workers, and the sample with what the local engine makes of it."""
    spark_or_skip()
    made = Machines(tmp_path_factory.mktemp("machines"))
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, and beside it the store of the local engine."""
    job = sample(tmp_path_factory.mktemp("cluster") / "job")
    run(job, as_of=AS_OF, store=job.parent / "store-local")
    return job


def as_it_must_be(job: Path, store: Path) -> bool:
    """Whether the store is, byte for byte, what the local engine makes."""
    return contents(store) == contents(job.parent / "store-local")


def nothing_published(store: Path) -> bool:
    return not list((store / "log").iterdir()) and not list((store / "runs").iterdir())


def test_an_executor_killed_in_the_middle(machines: Machines, job: Path, tmp_path: Path):
    """Its tasks are repeated by another one; no row is lost and none comes twice."""
    machines.order("settle sleep")
    answer = machines.ask(job, tmp_path / "store", AS_OF)
    wait_for(machines.came_by)
    kill(machines.executors()[0])
    assert answer()["published"]
    assert as_it_must_be(job, tmp_path / "store")


def test_a_worker_lost_during_the_shuffle(machines: Machines, job: Path, tmp_path: Path):
    """With its shuffle files: those pieces are judged again. Its files on disk were encrypted."""
    machines.order("settle sleep")
    answer = machines.ask(job, tmp_path / "store", AS_OF)
    wait_for(machines.came_by)
    lost = machines.workers[-1]
    for pid in [*machines.executors()[-1:], lost.pid]:
        kill(pid)
    lost.wait()
    shuffled = [file for file in machines.folder.glob("worker-*/local/**/shuffle_*.data") if file.stat().st_size]
    assert shuffled
    assert not [file for file in shuffled if b"observed_us" in file.read_bytes()]
    machines.add_worker()
    assert answer()["published"]
    assert as_it_must_be(job, tmp_path / "store")


def test_a_task_that_raises_once(machines: Machines, job: Path, tmp_path: Path):
    """It is repeated."""
    machines.order("settle raise once")
    assert machines.ask(job, tmp_path / "store", AS_OF)()["published"]
    assert (machines.orders / "done").exists()
    assert as_it_must_be(job, tmp_path / "store")


def test_a_process_that_dies_in_a_task(machines: Machines, job: Path, tmp_path: Path):
    """Such as one that is killed for lack of memory."""
    machines.order("settle die once")
    assert machines.ask(job, tmp_path / "store", AS_OF)()["published"]
    assert (machines.orders / "done").exists()
    assert as_it_must_be(job, tmp_path / "store")


def test_a_task_that_raises_each_time(machines: Machines, job: Path, tmp_path: Path):
    """Nothing is published. The message has the kind of the error and its place, and not the error's own message."""
    machines.order("settle raise")
    answer = machines.ask(job, tmp_path / "store", AS_OF)()
    assert answer["exit"] == 1
    assert re.fullmatch(
        r"unexpected failure in a task \(ValueError in \w+\.py:\d+\); nothing was published\. .*", answer["message"]
    )
    assert nothing_published(tmp_path / "store")


def test_a_driver_that_dies_before_it_published(machines: Machines, job: Path, tmp_path: Path):
    """Killed while officers are settled: the run does not exist, and the next one, by the command itself, makes it."""
    store = tmp_path / "store"
    machines.order("settle sleep")
    machines.ask(job, store, AS_OF)
    wait_for(lambda: machines.came_by() and (store / "log").is_dir())
    assert machines.driver
    machines.driver.kill()
    machines.driver.wait()
    assert nothing_published(store)
    machines.order("")
    command = [sys.executable, "-m", "offduty", "run", str(job), "--as-of", AS_OF, "--store", str(store)]
    command += ["--engine", "spark", "--master", machines.url]
    with (machines.folder / "again.log").open("w") as log:
        assert subprocess.run(command, stderr=log, env=machines.environment(), timeout=180, check=False).returncode == 0
    assert as_it_must_be(job, store)


def test_no_log_of_all_this_has_a_value(machines: Machines, job: Path):
    """The logs of driver, master, workers and executors, at their most detailed, have no device, officer or position."""
    logs = machines.logs()
    values_sent = set(values(job))
    assert len([name for name in logs if name.endswith("stderr")]) >= 4
    assert "offduty task failed" in "".join(logs.values())
    assert not {name: found for name, text in logs.items() if (found := tokens(text) & values_sent)}
    assert tokens(f"at [{next(iter(v for v in values_sent if '.' in v))}1234]") & values_sent


def values(job: Path) -> Iterator[str]:
    """Ids, and positions to four decimals."""
    for file in (job.parent / "pings").iterdir():
        table = pq.read_table(file)
        yield from (str(device) for device in table["device_id"].unique().to_pylist() if device and device.strip())
        for name in ("lon", "lat"):
            yield from {f"{value:.6f}"[:-2] for value in table[name].to_pylist() if value and abs(value) <= 180}
    for line in (job.parent / "assignments.csv").read_text().splitlines()[1:]:
        yield line.split(",")[1]


def tokens(text: str) -> set[str]:
    """The words of a log, and its numbers cut to four decimals. Durations are left out: one may look like a latitude."""
    text = re.sub(r"\b\d+\.\d+ ms\b", "", text)
    numbers = {f"{whole}.{part[:4]}" for whole, part in re.findall(r"(-?\d+)\.(\d{4,})", text)}
    return numbers | set(re.findall(r"[\w-]+", text))
