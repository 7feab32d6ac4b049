"""What a room may do, beside whom it may import (test_rooms.py): rules open nothing, one room prints, and nothing big
is woken.
"""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

import offduty
from tests.world import lay_out, ping, world

HERE = Path(offduty.__file__).parent
RULES = ["duty", "geofence", "decision"]
"""The rooms that decide: arrays in, arrays out."""
DOORS = {"pyarrow.parquet", "os", "shutil", "tempfile", "io", "socket", "subprocess", "pathlib"}
EAGER = {"pandas", "geopandas", "polars", "logging"}
"""Nobody imports these: they take a second to load, or talk."""
QUIETED = {
    "analyses/funnel.py": {"pandas"},
    "analyses/confirmed_time.py": {"pandas"},
    "analyses/eligible_duty.py": {"pandas"},
    "analyses/declared_interests.py": {"pandas"},
    "analyses/interests.py": {"pandas"},
    "analyses/made_up_answers.py": {"pandas"},
    "analyses/interests_summary.py": {"pandas"},
    "analyses/own_answer_page.py": {"pandas"},
    "analyses/presence.py": {"pandas"},
    "analyses/presence_summary.py": {"pandas"},
    "analyses/site_days.py": {"pandas"},
    "analyses/site_days_summary.py": {"pandas"},
    "analyses/policy_comparison.py": {"pandas"},
    "analyses/recorded_versions.py": {"pandas"},
    "analyses/roster_audit.py": {"pandas"},
    "analyses/roster_files.py": {"pandas"},
    "analyses/roster_signals.py": {"pandas"},
    "analyses/recorder_groups.py": {"pandas"},
    "analyses/roster_summary.py": {"pandas"},
    "analyses/roster_tables.py": {"pandas"},
    "analyses/roster_worlds.py": {"pandas"},
    "analyses/visible_rows.py": {"pandas"},
    "cli/answer_files.py": {"pandas"},
    "cli/asked_store.py": {"pandas"},
    "cli/officer_answer.py": {"pandas"},
    "engines/spark/session.py": {"logging"},
    "objectstore/__init__.py": {"logging"},
    "runs/map_page.py": {"pandas"},
    "runs/mask.py": {"pandas"},
    "runs/read_decided.py": {"pandas"},
    "runs/read_release.py": {"pandas", "geopandas"},
}
"""But for who imports one to keep somebody else from talking, or because its caller asked for one; and for the analyses, which are for people who know pandas."""


@functools.cache
def tree(path: Path) -> ast.Module:
    """What a file says, read once."""
    return ast.parse(path.read_text())


def room_of(path: Path) -> str:
    """The room a file belongs to."""
    return path.relative_to(HERE).parts[0].removesuffix(".py")


def files() -> list[Path]:
    """All modules of the package."""
    return sorted(HERE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Full names of the modules that a file imports, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def called(path: Path) -> set[str]:
    """The plain names that a file calls."""
    nodes = ast.walk(tree(path))
    return {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


ALSO = {"core/instants.py", "core/interval.py", "arrays/sweep.py", "arrays/dictionary.py", "outputs/coarsening.py"}
"""Modules of other folders on which the rules rest."""


def rules() -> list[Path]:
    """All modules that decide, or on which deciding rests."""
    return [path for path in files() if room_of(path) in RULES or path.relative_to(HERE).as_posix() in ALSO]


@pytest.mark.parametrize("path", rules(), ids=lambda p: str(p.relative_to(HERE)))
def test_rules_have_no_door_to_the_world(path):
    """`timeline` and its like ask an engine in memory, and open nothing with it."""
    assert imports(path) & DOORS == set()
    assert called(path) & {"open", "input", "exec", "eval"} == set()


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(HERE)))
def test_only_one_module_prints(path):
    """`cli/console.py`, which knows what to do where a stream cannot be written. Nobody else prints, echoes, logs, warns or writes to the standard streams (SPEC 9)."""
    excused = QUIETED.get(path.relative_to(HERE).as_posix(), set())
    assert {name for name in imports(path) if name.split(".")[0] in EAGER} == excused
    attributes = {ast.unparse(n) for n in ast.walk(tree(path)) if isinstance(n, ast.Attribute)}
    loud = called(path) & {"print"} | attributes & {"sys.stdout", "click.echo", "warnings.warn"}
    assert loud == ({"sys.stdout"} if path.relative_to(HERE).as_posix() == "cli/console.py" else set())


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(HERE)))
def test_only_one_module_asks_duckdb_itself(path):
    """The one that knows which of its errors are interrupts, and what has run out; each other one asks through it."""
    asks = "duckdb" in {name.split(".")[0] for name in imports(path)}
    assert asks == (path.relative_to(HERE).as_posix() == "core/duckdb_connection.py")


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(HERE)))
def test_a_file_opens_with_one_sentence(path):
    """What this room is for."""
    first = (ast.get_docstring(tree(path)) or "").partition("\n\n")[0]
    assert first.endswith((".", ".)", ":")), path.name


def test_rules_are_rooms():
    """The lists above name folders and modules that are there."""
    assert set(RULES) <= {room_of(path) for path in files()}
    assert {path.relative_to(HERE).as_posix() for path in rules()} >= ALSO


RUN = """
import sys
from offduty.cli import cli
for _ in range(2):
    cli.main(["run", sys.argv[1], "--as-of", "2026-11-20", "--json"], standalone_mode=False)
print(*sys.modules)
"""


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_a_run_does_not_wake_pandas(tmp_path, form):
    """It takes a second to load; duckdb and pyarrow wake it by asking whether it is wanted. A bad row is read too; and the
    same run again, which answers "already there".
    """
    pings = [ping("08:30"), {**ping("09:00"), "lon": 999.0}, ping("12:00", "home")]
    job = lay_out(world(pings), tmp_path, form=form)
    done = subprocess.run([sys.executable, "-c", RUN, job], capture_output=True, text=True, timeout=60, check=True)
    published, already, loaded = (line.split() for line in done.stdout.splitlines())
    assert '"on_duty":1' in "".join(published)
    assert '"already":true' in "".join(already)
    assert "duckdb" in loaded
    assert {"pandas", "geopandas", "polars"} & set(loaded) == set()


AGAIN = """
import os, sys
from offduty.cli import cli
job, store = sys.argv[1:]
run = ["run", job, "--as-of", "2026-11-20"]
for asked in (run, [*run, "--json"], ["current", store], ["docs"], ["--help"]):
    cli.main(asked, standalone_mode=False)
os.write(1, ("\\n" + " ".join(sys.modules)).encode())
"""
ENGINES = {"duckdb", "numpy", "pandas", "pyarrow", "pyproj", "shapely", "yaml", "offduty.runs.decided"}


def test_what_is_already_there_is_answered_without_an_engine(tmp_path):
    """To load what reads and decides takes a second; a question that the log answers, and help, need none of it."""
    job = lay_out(world([ping("08:30")]), tmp_path)
    store = offduty.run(job, as_of="2026-11-20").path.parent.parent
    done = subprocess.run([sys.executable, "-c", AGAIN, job, store], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    answers, _, loaded = done.stdout.rpartition("\n")
    assert '"already": true' in answers
    assert ENGINES & set(loaded.split()) == set()


AUDIT = """
import os, sys
from offduty.cli import cli
job, store = sys.argv[1:]
for asked in (["verify", store], ["verify", store, "--inputs", job]):
    cli.main(asked, standalone_mode=False)
os.write(1, ("\\n" + " ".join(sys.modules)).encode())
"""


def test_the_auditor_does_not_wake_pandas(tmp_path):
    """pyarrow (26) loads it at the first array of Python's values, whether it is needed or not."""
    pings = [ping("08:30"), {**ping("09:00"), "lon": 999.0}, ping("12:00", "home")]
    job = lay_out(world(pings), tmp_path)
    store = offduty.run(job, as_of="2026-11-20").path.parent.parent
    done = subprocess.run([sys.executable, "-c", AUDIT, job, store], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    verdicts, _, loaded = done.stdout.rpartition("\n")
    assert "FAIL" not in verdicts and "5.1" in verdicts
    assert "pyarrow" in loaded.split()
    assert {"pandas", "geopandas", "polars"} & set(loaded.split()) == set()
