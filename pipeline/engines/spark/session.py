"""The door to Spark: finds Java, opens a session that keeps to itself, and closes it again."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING

from offduty.core.errors import OffdutyError, UsageError
from offduty.engines.spark.broadcast import failure

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OLDEST_JAVA = 17
LOG_LEVEL = "OFFDUTY_SPARK_LOG_LEVEL"
"""The environment variable by which Spark may talk on standard error: ERROR, WARN, INFO. Left out, it keeps silent."""
_VERSION = re.compile(r'version "(\d+)')
_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.io.encryption.enabled": "true",  # what lies on the executors' disks meanwhile are positions
    "spark.driver.maxResultSize": "0",
    "spark.python.worker.reuse": "true",
}
_LOOPBACK = "127.0.0.1"
_LIGHTLY = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def find_spark() -> None:
    """Raise `UsageError`, which says what to install, where pyspark or a Java that it runs on is missing."""
    if util.find_spec("pyspark") is None:
        raise UsageError("--engine spark needs pyspark, which is not installed: pip install 'offduty[spark]'")
    java = find_java()
    found = None if java is None else java_version(java)
    if found is None:
        raise UsageError(
            f"--engine spark needs Java {OLDEST_JAVA} or newer, and none is found: install one (on Debian: apt-get install"
            f" openjdk-{OLDEST_JAVA}-jre-headless), or set JAVA_HOME to where it is"
        )
    if found < OLDEST_JAVA:
        raise UsageError(
            f"--engine spark needs Java {OLDEST_JAVA} or newer, and this one is {found}: set JAVA_HOME to a newer one"
        )


def find_java() -> str | None:
    """The Java that Spark would start: that of JAVA_HOME, or else the first on the path."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java") if not home else shutil.which(str(Path(home) / "bin" / "java"))


def java_version(java: str) -> int | None:
    """The release of a Java; None where it does not say, which an interpreter of something else would not."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    except OSError:
        return None
    found = _VERSION.search(said)
    return int(found.group(1)) if found else None


@contextmanager
def open_session(master: str | None, place: Path, threads: int) -> Iterator[SparkSession]:
    """A session on ``master``, whose own files lie in ``place``; it is stopped at the end.

    Without a master it is the session that is open in this process, which is left open; or else one on this machine.
    Raises an `OffdutyError` where no session can be had.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # pyspark has not heard of pandas 3, and is not asked for it
        from pyspark.sql import SparkSession

        borrowed = SparkSession.getActiveSession() if master is None else None
        if borrowed is not None:
            yield borrowed
            return
        session = _start(master or f"local[{threads}]", place)
        try:
            yield session
        finally:
            session.stop()


def _start(master: str, place: Path) -> SparkSession:
    from pyspark.sql import SparkSession

    logging.getLogger().addFilter(_our_own_words)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("offduty").master(master)
    for name, value in {**_SETTINGS, **_near(master), **_own(place)}.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except OffdutyError:
        raise
    except Exception as error:
        raise failure(error) from None


def _our_own_words(record: logging.LogRecord) -> bool:
    """The bridge to Java answers an interrupt with a trace of its own; what it means is told by whoever was
    interrupted.
    """
    return not record.getMessage().startswith("KeyboardInterrupt while sending command")


def _near(master: str) -> dict[str, str]:
    """On this machine alone nothing listens to the outside; on a cluster the driver is reached as the cluster says.

    Where Java lives for this run alone, it does not pay to compile as if it lived for days.
    """
    if not (master.startswith("local") or f"//{_LOOPBACK}" in master):
        return {}
    os.environ.setdefault("SPARK_LOCAL_IP", _LOOPBACK)
    quick = {"spark.driver.extraJavaOptions": _LIGHTLY} if master.startswith("local") else {}
    return {"spark.driver.host": _LOOPBACK, "spark.driver.bindAddress": _LOOPBACK, **quick}


def _own(place: Path) -> dict[str, str]:
    """How much it talks, and where it keeps what it must set aside: in the run's private folder, which is wiped."""
    level = os.environ.get(LOG_LEVEL, "OFF")
    return {
        "spark.log.level": level,
        "spark.local.dir": str(place),
        "spark.sql.warehouse.dir": str(place / "warehouse"),
    }
