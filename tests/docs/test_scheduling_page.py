"""The commands of docs/how-to/scheduling.md, run in order as they stand, and the examples beside it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.forked import put_on_path
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "how-to" / "scheduling.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```sh\n(.*?)```(?:\n+(?:[^`#\n][^`]*?\n\n)?```\n(.*?)```)?", re.DOTALL)
RUN_ID = re.compile(r"\b[0-9a-f]{32}\b")


def shell(command: str, folder: Path, **env: str) -> subprocess.CompletedProcess:
    """A command line of the page or of a crontab, with `offduty` as the tests have it."""
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-euc", command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PATH": path, "TZ": "Europe/London", **env},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `demo` and `examples`, and `offduty` on the path."""
    folder = tmp_path_factory.mktemp("nightly")
    shutil.copytree(ROOT / "sample_data", folder / "demo", ignore=shutil.ignore_patterns("truth"))
    shutil.copytree(ROOT / "examples", folder / "examples")
    for name in ("pseudonym.key", "signing.key"):
        (folder / "demo" / name).write_text("5a" * 32)
        (folder / "demo" / name).chmod(0o600)
    for bin_folder in (folder / "bin", folder / ".venv" / "bin"):
        put_on_path(bin_folder)
    return folder


def test_every_block_runs_and_says_what_the_page_says(folder):
    """In order; what a page shows below a block is said by it, but for the ids of runs."""
    blocks = BLOCK.findall(PAGE)
    assert len(blocks) >= 4
    shown = 0
    for command, told in blocks:
        done = shell(command, folder)
        assert done.returncode == 0, done.stderr
        said = [RUN_ID.sub("…", line) for line in (done.stdout + done.stderr).splitlines()]
        for line in told.splitlines():
            assert RUN_ID.sub("…", line) in said, (command, line, said)
            shown += 1
    assert shown >= 10


def test_the_blocks_of_python_run(folder, monkeypatch):
    """The Dagster definition loads."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert blocks
    monkeypatch.chdir(folder)
    for block in blocks:
        exec(compile(block, "docs/how-to/scheduling.md", "exec"), {})


def crontab() -> list[str]:
    """The commands of the example, as cron hands them to the shell."""
    lines = (ROOT / "examples" / "cron" / "offduty.crontab").read_text().splitlines()
    return [line.split(None, 5)[5].replace("\\%", "%") for line in lines if re.match(r"[\d*]", line)]


def test_the_crontab_runs_in_silence_and_a_failure_is_told(folder, tmp_path):
    """cron mails what is printed: nothing when all went well, nothing when it may be tried again, a line otherwise."""
    home = tmp_path / "home"
    (home / "offduty").mkdir(parents=True)
    shutil.copytree(folder / "examples", home / "offduty" / "examples")
    shutil.copytree(folder / ".venv", home / "offduty" / ".venv")
    shutil.copytree(folder / "demo", home / "offduty" / "work", ignore=shutil.ignore_patterns("store"))
    first, second = crontab()
    done = shell(first, tmp_path, HOME=str(home))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    said = json.loads((home / "offduty" / "runs.ndjson").read_text())
    assert len(said["days"]) == 7
    (home / "offduty" / "work" / "roster.csv").write_text("nothing\n")
    assert "exit 3; look into runs.log" in shell(first, tmp_path, HOME=str(home)).stdout
    assert "not done" in shell(second, tmp_path, HOME=str(home)).stdout


@pytest.mark.parametrize("code", [5, 6, 130])
def test_the_crontab_says_nothing_of_what_is_tried_again(tmp_path, code):
    """The evening's line tries again."""
    bin_folder = tmp_path / "offduty" / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    shutil.copytree(ROOT / "examples", tmp_path / "offduty" / "examples")
    (bin_folder / "offduty").write_text(f"#!/bin/sh\nexit {code}\n")
    (bin_folder / "offduty").chmod(0o755)
    assert shell(crontab()[0], tmp_path, HOME=str(tmp_path)).stdout == ""


def unit(name: str) -> dict[str, list[str]]:
    """The settings of a unit file; a key may stand several times."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "examples" / "systemd" / name).read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def test_the_service_is_shut_in():
    """The lines that keep it from the network, from other people's files, and from more rights, and what may be tried
    again.
    """
    service = unit("offduty.service")
    yes = [
        "PrivateNetwork",
        "NoNewPrivileges",
        "PrivateTmp",
        "PrivateDevices",
        "ProtectHome",
        "PrivateUsers",
        "ProtectKernelLogs",
    ]
    assert all(service[key] == ["yes"] for key in yes)
    assert service["ProtectSystem"] == ["strict"]
    assert service["ReadWritePaths"] == ["/srv/offduty/store"]
    assert service["CapabilityBoundingSet"] == [""]
    assert service["LimitCORE"] == ["0"]
    assert service["RestartPreventExitStatus"] == ["1 2 3 4 7"]
    assert service["ExecStart"] == ["/opt/offduty/examples/nightly.sh /srv/offduty/job.toml 7"]


def test_systemd_has_nothing_to_say_about_the_units(tmp_path):
    """`systemd-analyze verify` is silent, and its security review finds little exposed."""
    (tmp_path / "offduty").symlink_to(ROOT)  # a checkout's own path may hold a space
    for path in (ROOT / "examples" / "systemd").iterdir():
        text = path.read_text().replace("/opt/offduty/examples", str(tmp_path / "offduty" / "examples"))
        (tmp_path / path.name).write_text(text)
    if shutil.which("systemd-analyze") is None:
        absent = "systemd-analyze is not there (apt-get install systemd)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(absent)
    units = [str(tmp_path / name) for name in ("offduty.service", "offduty.timer")]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    review = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=10", units[0]],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert review.returncode == 0, review.stdout + review.stderr
    exposure = re.search(r"Overall exposure level for offduty.service: ([\d.]+)", review.stdout)
    assert exposure is not None
    assert exposure[1] in PAGE
