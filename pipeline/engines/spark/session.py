"""Opens Spark: looks for pyspark and Java, and starts a session that is private to the run."""

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
"""The environment variable that sets the level of Spark's log on standard error: ERROR, WARN, INFO. Without it Spark
logs nothing.
"""
_VERSION = re.compile(r'version "(\d+)')
_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.io.encryption.enabled": "true",  # the executors write positions to their disks meanwhile
    "spark.driver.maxResultSize": "0",
    "spark.python.worker.reuse": "true",
}
_PY4J_LOGGERS = ("py4j.clientserver", "py4j.java_gateway")
_LOOPBACK = "127.0.0.1"
_QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def find_spark() -> None:
    """Raise `UsageError`, which says what to install, where pyspark or a Java that it runs on is missing."""
    if util.find_spec("pyspark") is None:
        raise UsageError("--engine spark needs pyspark, which is not installed: pip install 'offduty[spark]'")
    java = find_java()
    found = None if java is None else java_version(java)
    if found is None:
        raise UsageError(
            f"--engine spark needs Java {OLDEST_JAVA} or newer, and none is found: install one (on Debian: apt-get"
            f" install openjdk-{OLDEST_JAVA}-jre-headless), or set JAVA_HOME to where it is"
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
    """The major version of a Java; None where the program does not print one, because it is not a Java."""
    try:
        printed = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    except OSError:
        return None
    found = _VERSION.search(printed)
    return int(found.group(1)) if found else None


@contextmanager
def open_session(master: str | None, folder: Path, threads: int) -> Iterator[SparkSession]:
    """A session on ``master``, whose own files are in ``folder``; it is stopped at the end.

    Without a master it is the session that is open in this process, which is left open, or else one on this machine
    with ``threads`` threads. Raises an `OffdutyError` where no session can be started.
    """
    with warnings.catch_warnings():
        # pyspark 3.5 and 4.0 warn at their import that they do not support pandas 3. It is not used here. This line can
        # go when pyspark supports it.
        warnings.simplefilter("ignore", FutureWarning)
        from pyspark.sql import SparkSession

        borrowed = SparkSession.getActiveSession() if master is None else None
        if borrowed is not None:
            yield borrowed
            return
        session = _start(SparkSession.builder, master or f"local[{threads}]", folder)
        try:
            yield session
        finally:
            session.stop()


def _start(builder: SparkSession.Builder, master: str, folder: Path) -> SparkSession:
    for logger in (logging.getLogger(), *map(logging.getLogger, _PY4J_LOGGERS)):
        logger.addFilter(_is_wanted)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    builder = builder.appName("offduty").master(master)
    for name, value in {**_SETTINGS, **_network(master), **_private(folder)}.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except OffdutyError:
        raise
    except Exception as error:
        raise failure(error) from None


def _is_wanted(record: logging.LogRecord) -> bool:
    """All log records but py4j's stack traces: an interrupt cuts its connections; the command says it in one line.

    It logs the interrupt itself with the root logger, and what it meets at the connection afterwards with its own.
    """
    if record.getMessage().startswith("KeyboardInterrupt while sending command"):
        return False
    return not (record.name in _PY4J_LOGGERS and record.exc_info)


def _network(master: str) -> dict[str, str]:
    """On this machine alone, Spark listens on the loopback address only. On a cluster the defaults apply.

    A Java that is started for this run alone is told not to optimise its code for a long life.
    """
    if not (master.startswith("local") or f"//{_LOOPBACK}" in master):
        return {}
    os.environ.setdefault("SPARK_LOCAL_IP", _LOOPBACK)
    quick = {"spark.driver.extraJavaOptions": _QUICK_START} if master.startswith("local") else {}
    return {"spark.driver.host": _LOOPBACK, "spark.driver.bindAddress": _LOOPBACK, **quick}


def _private(folder: Path) -> dict[str, str]:
    """The level of the log, and where Spark spills: to the run's private folder, which is deleted at the end."""
    level = os.environ.get(LOG_LEVEL, "OFF")
    return {
        "spark.log.level": level,
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
