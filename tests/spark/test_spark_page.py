"""The page `docs/how-to/spark.md` is followed as it is: its commands, its Python, its table."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from offduty.engines.spark import session
from tests.paths import ROOT
from tests.spark.machines import wait_for
from tests.spark.same import SAMPLE, contents, numbered, references, sample

PAGE = (ROOT / "docs" / "how-to" / "spark.md").read_text(encoding="utf-8")


def test_the_command_of_the_page(tmp_path: Path, spark: object):
    """In a process of its own, on all cores of this machine; it answers a second time that it is there, on either
    engine.
    """
    sample(tmp_path / "work")
    command = re.search(r"```\n(offduty run work/job\.toml --engine spark)\n```", PAGE)
    assert command
    words = [sys.executable, "-m", "offduty", *command.group(1).split()[1:], "--as-of", "2026-04-15"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "published" in done.stderr.splitlines()
    assert done.stdout == ""
    before = contents(tmp_path / "work" / "store")
    words = [word for word in words if word not in ("--engine", "spark")]
    again = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert "already there; nothing was changed" in again.stderr
    assert contents(tmp_path / "work" / "store") == before


def test_the_python_of_the_page(tmp_path: Path, spark: object, capsys: pytest.CaptureFixture):
    """Every block, in a folder where `demo` is the sample, with its pings numbered and its places and sites as tables."""
    job = sample(tmp_path / "demo", SAMPLE)
    numbered(job, tmp_path / "demo" / "numbered")
    for name, table in references(job).items():
        if name in ("places", "sites"):
            pq.write_table(table.drop_columns(["file", "row"]), tmp_path / "demo" / f"{name}.parquet")
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 2
    for number, block in enumerate(blocks):
        block = block.replace('"demo/', f'"{tmp_path}/demo/')  # Java stays in the folder in which it was started
        exec(compile(block, f"docs/how-to/spark.md, block {number}", "exec"), {})
    release, ledger = (pq.read_table(tmp_path / "demo" / "out" / part) for part in ("release", "ledger"))
    assert release.num_rows == 20_745
    assert set(release.column_names) == {"officer", "observed_at", "lon", "lat", "accuracy_m", "duty_code", "geometry"}
    assert ledger.num_rows == 119_421  # with the two pings of 2099, which have no reason
    assert set(ledger.column_names) == {"file", "row", "reason"}
    assert len(list((tmp_path / "demo" / "store" / "log").iterdir())) == 1
    assert "on_duty" in capsys.readouterr().out


def test_the_table_of_the_page_has_no_difference():
    """As `make spark-same` wrote it."""
    lines = PAGE.split("<!-- spark-same -->")[1].split("<!-- /spark-same -->")[0].strip().splitlines()[2:]
    assert len(lines) >= 5
    assert {line.split("|")[-2].strip() for line in lines} == {"0"}


def test_the_settings_of_the_page_are_the_sessions(tmp_path: Path):
    """Where the master is on another machine, the cluster decides how the driver is reached."""
    settings = {**session._SETTINGS, **session._network("local[2]"), **session._private(tmp_path)}
    for name, value in re.findall(r"`(spark\.[\w.]+)=([\w.]+)`", PAGE.split("| setting | why |")[1].split("\n\n")[0]):
        assert settings[name] == value
    assert settings["spark.driver.host"] == settings["spark.driver.bindAddress"] == "127.0.0.1"
    assert session._network("spark://elsewhere:7077") == {}


def test_a_run_that_is_terminated(tmp_path: Path, spark: object):
    """A scheduler's TERM, while Spark is at work: exit 130, nothing published, nothing left behind, one line of words."""
    job = sample(tmp_path / "work")
    command = [sys.executable, "-m", "offduty", "run", str(job), "--engine", "spark", "--as-of", "2026-04-15"]
    with (tmp_path / "stderr").open("w") as stderr:
        running = subprocess.Popen(command, stderr=stderr)
        wait_for(lambda: list((tmp_path / "work" / "store" / "work").glob("spark-*/*")))
        running.terminate()
        assert running.wait(120) == 130
    printed = (tmp_path / "stderr").read_text().splitlines()
    assert printed[-1] == "offduty: interrupted; nothing was published"
    assert "Traceback" not in "".join(printed)
    assert [path.name for path in (tmp_path / "work" / "store").rglob("*") if path.is_file()] == ["lock"]


@pytest.mark.parametrize("logger", session._PY4J_LOGGERS)
def test_a_connection_that_an_interrupt_cut_leaves_no_stack_trace(
    spark: object, caplog: pytest.LogCaptureFixture, logger: str
):
    """Where the interrupt meets py4j decides with which logger it says so; what it says without a trace is still said."""
    with caplog.at_level(logging.INFO):
        try:
            raise BrokenPipeError(32, "Broken pipe")
        except BrokenPipeError:
            logging.getLogger(logger).exception("Exception occurred while shutting down connection")
        logging.getLogger(logger).warning("something else")
    assert [record.getMessage() for record in caplog.records] == ["something else"]
