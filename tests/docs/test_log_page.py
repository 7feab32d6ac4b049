"""The commands of docs/how-to/log.md work as they stand there, in order, and notice what they are there to notice."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from offduty import run
from offduty.admin.init import init
from offduty.transparency.log import read_log
from tests.cli.command import here
from tests.forked import put_on_path
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "how-to" / "log.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `demo` as `make demo` makes it."""
    folder = tmp_path_factory.mktemp("page")
    init(folder / "demo")
    shutil.copytree(ROOT / "sample_data", folder / "demo", dirs_exist_ok=True, ignore=shutil.ignore_patterns("truth"))
    run(folder / "demo" / "job.toml", as_of="2026-04-15")
    return folder


def shell(folder: Path, *blocks: str) -> subprocess.CompletedProcess[str]:
    """Run blocks of the page in one shell, as somebody would who types them in."""
    put_on_path(folder / "bin")
    env = {**os.environ, "PATH": f"{folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def followed(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The whole page, followed to its end in a copy."""
    folder = tmp_path_factory.mktemp("followed")
    shutil.copytree(demo, folder, dirs_exist_ok=True)
    return folder, shell(folder, *BLOCKS)


def test_every_command_goes_well(followed):
    """And each check says that it found what it should."""
    _, done = followed
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines.count("Signature Verified Successfully") == 1
    assert lines.count("the root is that of the manifests") == 1
    assert {f"as named: {part}" for part in ("release", "ledger", "quarantine")} <= set(lines)
    assert lines.count("the proof leads to the root") == 1
    assert lines.count("the proof leads to the older root") == lines.count("the proof leads to the newer root") == 1
    assert done.stderr.count("proven: entry 2 of 3") == 1
    assert len(re.findall(r"proven: the log \S+ of 5 entries begins with the 3 of the older", done.stderr)) == 1
    assert [json.loads(line)["index"] for line in lines if line.startswith('{"proven"')] == [2]


def test_it_leaves_the_log_that_it_speaks_of(followed):
    """Three runs, a rotation, an expiry; the auditor's copy and the kept head are as they were."""
    folder, _ = followed
    assert [entry.kind for entry in read_log(folder / "demo" / "store" / "log")] == [
        "run",
        "run",
        "run",
        "rotation",
        "expiry",
    ]
    assert (folder / "monday.checkpoint").read_text() == read_log(folder / "copy" / "log")[2].checkpoint


def test_the_current_runs_are_found_among_all_kinds(followed):
    """In a log with a rotation and an expiry in it; what expired has no current release."""
    folder, _ = followed
    store = folder / "demo" / "store"
    told = json.loads(here("current", store, "--json").stdout)
    runs = [entry.document["run_id"] for entry in read_log(store / "log") if entry.is_run]
    assert {part["run_id"] for part in told["parts"]} <= set(runs)
    files = [(part["run_id"], name) for part in told["parts"] for name in part["files"]]
    assert files
    assert all((store / "runs" / run_id / name).is_file() for run_id, name in files)


def by_hand() -> int:
    """How many blocks come before the checks by hand: the runs, and the copy."""
    return next(number for number, block in enumerate(BLOCKS) if "manifest.json" in block)


@pytest.fixture(scope="module")
def copied(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page followed up to the auditor's copy."""
    folder = tmp_path_factory.mktemp("copied")
    shutil.copytree(demo, folder, dirs_exist_ok=True)
    done = shell(folder, *BLOCKS[: by_hand()])
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(
    ("spoil", "silent"),
    [
        (
            'sed -i \'s/"window_open":0/"window_open":1/\' copy/log/000000000001.entry',
            "the root is that of the manifests",
        ),
        ("sed -i '4s/3/4/' copy/log/000000000002.entry", "Signature Verified Successfully"),
        (
            "rm copy/log/000000000000.entry; cp copy/log/000000000001.entry copy/log/000000000000.entry",
            "the root is that of",
        ),
        ("chmod -R u+w copy; for f in copy/runs/*/ledger/*; do echo >> $f; done", "as named: ledger"),
    ],
    ids=["a manifest", "a size", "an entry for another", "a ledger"],
)
def test_the_checks_by_hand_notice(copied, followed, tmp_path, spoil, silent):
    """What was changed in the copy is not called right."""
    shutil.copytree(copied, tmp_path, dirs_exist_ok=True)
    ahead = by_hand()
    assert silent in followed[1].stdout
    found = shell(tmp_path, spoil, "set +e", *BLOCKS[ahead : ahead + 4])
    assert silent not in found.stdout
