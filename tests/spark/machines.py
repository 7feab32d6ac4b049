"""A real cluster on this machine: a master, workers and a driver, each a process, on the loopback address, which tests can kill."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from offduty.core.errors import UsageError
from offduty.engines.spark.session import find_spark

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PATIENCE_S = 180
QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""For each Java of the cluster: none lives long enough to profit from code that is optimised for a long life."""


def spark_or_skip() -> None:
    """Skip a test where Spark is missing, and say what is missing; in CI, fail."""
    try:
        find_spark()
    except UsageError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"in CI these tests are not skipped: {error}")
        pytest.skip(str(error))


def wait_for(what: Callable[[], Any]) -> Any:
    """Wait until a function returns something true, and return that."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing happened in {PATIENCE_S} s")


@dataclass
class Machines:
    """The processes of the cluster, and the folder to which they write."""

    folder: Path
    master: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    driver: subprocess.Popen[str] | None = None
    drivers: int = 0

    @property
    def orders(self) -> Path:
        """The folder with the order for the executors; see ordered.py."""
        return self.folder / "orders"

    @property
    def site(self) -> Path:
        """The folder of the module that the executors' Python runs at its start."""
        return self.folder / "site"

    @property
    def url(self) -> str:
        """The master's address."""
        log = self.folder / "master.log"
        found = re.search(r"Starting Spark master at (spark://\S+)", log.read_text(errors="replace"))
        return found.group(1) if found else ""

    def start(self) -> Machines:
        """A master and two workers of one core each."""
        self.orders.mkdir(parents=True)
        self.site.mkdir()
        shutil.copy(HERE / "ordered.py", self.site / "sitecustomize.py")
        self.order("")
        self.master = self._spark("master", "master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        wait_for(lambda: self.url)
        self.add_worker()
        self.add_worker()
        return self

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Start one more worker."""
        number = len(self.workers)
        place = self.folder / f"worker-{number}"
        options = ["--host", "127.0.0.1", "--port", "0", "--webui-port", "0", "-c", "1", "-m", "1g", "-d", str(place)]
        worker = self._spark(f"worker-{number}", "worker.Worker", *options, self.url, local=place / "local")
        self.workers.append(worker)
        return worker

    def order(self, what: str) -> None:
        """Set the order for the executors; see ordered.py."""
        for note in self.orders.glob("*"):
            note.unlink()
        (self.orders / "order").write_text(what)

    def came_by(self) -> list[Path]:
        """The notes of the executors that called `settle`."""
        return list(self.orders.glob("came-by-*"))

    def executors(self) -> list[int]:
        """The executors' process ids: the children of the workers."""
        return [child for worker in self.workers if worker.poll() is None for child in children(worker.pid)]

    def ask(self, job: Path, store: Path, as_of: str) -> Callable[[], dict[str, Any]]:
        """Have a driver run a job; the function that is returned waits for its answer."""
        driver = self.driver if self.driver and self.driver.poll() is None else self._drive()
        assert driver.stdin
        driver.stdin.write(json.dumps({"job": str(job), "store": str(store), "as_of": as_of}) + "\n")
        driver.stdin.flush()
        return lambda: json.loads(self._line())

    def logs(self) -> dict[str, str]:
        """All logs of all processes, by file name."""
        files = [*self.folder.glob("*.log"), *self.folder.glob("worker-*/app-*/*/std*")]
        return {str(file.relative_to(self.folder)): file.read_text(errors="replace") for file in files}

    def stop(self) -> None:
        """Kill all processes, the executors with their workers."""
        running = [process for process in (self.driver, *self.workers, self.master) if process]
        for pid in self.executors():
            kill(pid)
        for process in running:
            process.kill()
            process.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        """Close the pipes to a driver that has ended."""
        for pipe in (self.driver.stdin, self.driver.stdout) if self.driver else ():
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()

    def environment(self) -> dict[str, str]:
        """The loopback address, this Python, and all messages of Spark."""
        return {
            **os.environ,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": sys.executable,
            "OFFDUTY_SPARK_LOG_LEVEL": "INFO",
            "PYTHONPATH": str(ROOT),
            "JAVA_TOOL_OPTIONS": QUICK_START,
        }

    def _drive(self) -> subprocess.Popen[str]:
        private, log = (self.folder / f"driver-{self.drivers}{end}" for end in ("", ".log"))
        private.mkdir()
        self.drivers += 1
        command = [sys.executable, str(HERE / "driving.py"), self.url, str(private)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._close_pipes()
        with log.open("w") as file:
            self.driver = subprocess.Popen(command, stderr=file, env=self.environment(), **pipes)
        assert json.loads(self._line()) == {"ready": True}
        return self.driver

    def _line(self) -> str:
        assert self.driver and self.driver.stdout
        return self.driver.stdout.readline()

    def _spark(self, name: str, what: str, *options: str, local: Path | None = None) -> subprocess.Popen[bytes]:
        import pyspark

        home = Path(pyspark.__file__).parent
        env = {
            **self.environment(),
            "OFFDUTY_ORDERS": str(self.orders),
            "PYTHONPATH": f"{self.site}:{ROOT}",
            "SPARK_HOME": str(home),
            **({"SPARK_LOCAL_DIRS": str(local)} if local else {}),
        }
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{what}", *options]
        with (self.folder / f"{name}.log").open("w") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=env)


def children(pid: int) -> list[int]:
    """The children of a process."""
    with suppress(OSError):
        return [
            int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()
        ]
    return []


def kill(pid: int) -> None:
    """Kill one process."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
