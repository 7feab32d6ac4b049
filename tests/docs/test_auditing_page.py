"""The auditor's walk from a copied folder to a verdict: every command of the page is run as it stands."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forked import forked, put_on_path
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "how-to" / "auditing.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[subprocess.CompletedProcess[str]]]:
    """A folder with what `make demo` makes, in a path with a space, and how each block of commands ended there."""
    folder = tmp_path_factory.mktemp("an auditor's")
    forked("init", "demo", cwd=folder)
    shutil.copytree(ROOT / "sample_data", folder / "demo", dirs_exist_ok=True)
    assert forked("run", "demo/job.toml", cwd=folder).returncode == 0
    put_on_path(folder / "bin")
    tools = {**os.environ, "PATH": f"{folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    return folder, [
        subprocess.run(
            ["bash", "-euc", block], cwd=folder, env=tools, capture_output=True, text=True, timeout=120, check=False
        )
        for block in blocks
    ]


def test_every_command_ends_as_the_page_says(walked):
    """None fails; the broken copy is found broken."""
    for done in walked[1]:
        assert done.returncode == 0, f"{done.args}: {done.stderr}"
    assert "FAIL            2.1" in walked[1][-1].stdout
    assert all("FAIL   " not in done.stdout for done in walked[1][:-1])


def test_with_the_inputs_every_decision_is_made_again(walked):
    """Checks 4 and 5 are done, over every row of the demo."""
    told = next(done.stdout for done in walked[1] if "--inputs" in done.args[-1] and "--sample" not in done.args[-1])
    for number in ("4.1", "4.2", "4.3", "5.1", "5.2", "5.3"):
        assert f"PASS            {number}" in told


def test_the_table_of_checks_is_the_list_of_verify(walked):
    """Number by number and name by name; what each protects against and what a FAIL means, in the same words."""
    table = PAGE.split("<!-- checks -->")[1].split("<!-- /checks -->")[0].strip().splitlines()[2:]
    told = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    verdict = json.loads((walked[0] / "verdict.json").read_text())
    assert told == [[check[key] for key in ("number", "name", "protects", "fail_means")] for check in verdict["checks"]]
