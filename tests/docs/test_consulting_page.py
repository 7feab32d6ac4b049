"""The pages for a data protection officer and for a representative: each of their commands runs, in the order of the
page.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from offduty.consultation.questions import NOT_ANSWERED
from tests.cli.command import here
from tests.paths import ROOT

HOW_TO = ROOT / "docs/how-to"


def commands(page: str) -> list[str]:
    """The lines of the blocks of commands, in order."""
    text = (HOW_TO / page).read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [line for kind, block in found if not kind for line in block.splitlines()]


def put_keys(policy: Path, keys: list[str]) -> None:
    """What the page says in words: the policy names the keys that were printed."""
    with policy.open("a", encoding="utf-8") as file:
        file.write("\n[agreement]\nkeys = [" + ", ".join(f'"{key}"' for key in keys) + "]\n")


def test_from_a_store_to_a_signed_pack_and_back_to_the_representative(tmp_path: Path):
    """Every command of the first page; then those of the second one, on what the first left."""
    keys: list[str] = []
    for line in commands("consulting.md"):
        if line.startswith("mkdir"):
            (tmp_path / line.split()[1]).mkdir()
            continue
        done = here(*shlex.split(line)[1:], cwd=tmp_path)
        assert done.returncode == 0, (line, done.stderr)
        if "--name" in line:
            keys.append(done.stdout.strip())
        if len(keys) == 2 and "--name" in line:
            put_keys(tmp_path / "force/policy.toml", keys)
            weaker = (tmp_path / "force/policy.toml").read_text().replace("buffer_m = 200", "buffer_m = 100")
            (tmp_path / "other.toml").write_text(weaker)
        if line.startswith("offduty consult"):
            assert NOT_ANSWERED in done.stdout
        if line.startswith("offduty verify"):
            assert "agreed by union/branch-12, works-council" in " ".join(done.stdout.split())
    assert "places.buffer_m" in (tmp_path / "pack/pack.html").read_text()
    shutil.copytree(tmp_path / "force/store", tmp_path / "later")
    without = shutil.ignore_patterns("release", "quarantine", "lock", "current.json", "work")
    shutil.copytree(tmp_path / "force/store", tmp_path / "copy", ignore=without)
    shutil.copy(tmp_path / "force/policy.toml", tmp_path / "policy.toml")
    for line in commands("representing.md"):
        if not line.startswith("offduty"):
            in_shell(line, tmp_path)
            continue
        if line.startswith("offduty consult"):  # the pack of the first page compares two policies
            line = f"{line} --compare other.toml"
        done = here(*shlex.split(line)[1:], cwd=tmp_path)
        assert done.returncode == 0, (line, done.stderr)
        assert "consult" not in line or "already that this very pack was made" in done.stderr


def in_shell(line: str, folder: Path) -> None:
    """A line that is no `offduty`; where it finds the entry of the pack, what the page says is done with the later ones."""
    done = subprocess.run(line, shell=True, cwd=folder, check=True, capture_output=True, text=True)
    if line.startswith("grep"):
        first = done.stdout.splitlines()[0]
        later = [entry for entry in (folder / "copy/log").iterdir() if entry.name > Path(first).name]
        assert len(later) > 1, "the agreement and the run came after the pack"
        for entry in later:
            entry.unlink()
    if line.startswith("diff"):
        assert done.stdout == ""


def test_a_policy_that_was_not_signed_is_refused(tmp_path: Path):
    """Which is what the page is for."""
    assert here("synth", "force", "--officers", "2", "--days", "1", "--every", "3600", cwd=tmp_path).returncode == 0
    key = here("sign", "union.key", "--name", "union", cwd=tmp_path).stdout.strip()
    put_keys(tmp_path / "force/policy.toml", [key])
    done = here("run", "force/job.toml", "--as-of", "2026-11-01", cwd=tmp_path)
    assert (done.returncode, "signatures of union" in done.stderr) == (2, True)
    assert not list((tmp_path / "force/store/log").iterdir())


def test_of_a_log_alone_the_rules_are_checked_and_only_the_files_fail(tmp_path: Path):
    """As the page for representatives says: it is no finding."""
    assert here("synth", "force", "--officers", "2", "--days", "1", "--every", "3600", cwd=tmp_path).returncode == 0
    assert here("run", "force/job.toml", "--as-of", "2026-11-01", cwd=tmp_path).returncode == 0
    shutil.copytree(tmp_path / "force/store/log", tmp_path / "copy/log")
    done = here("verify", "copy", "--policy", "force/policy.toml", "--json", cwd=tmp_path)
    results = {each["number"]: each["status"] for each in json.loads(done.stdout)["checks"]}
    assert [number for number, result in results.items() if result == "FAIL"] == ["2.1"]
    assert [results[number] for number in ("1.1", "1.2", "1.4", "7.1", "7.2", "7.3")] == ["PASS"] * 6
