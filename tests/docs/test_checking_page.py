"""docs/how-to/checking.md shows what `offduty check` prints for the sample, and explains every line that it can print."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from offduty.config.expect import ExpectSection
from offduty.config.job import Job
from offduty.runs.check import check
from tests.cli.command import here
from tests.paths import ROOT, SAMPLE
from tests.world import AFTERWARDS, assignment, lay_out, ping, place, world

PAGE = (ROOT / "docs" / "how-to" / "checking.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, with keys."""
    folder = tmp_path_factory.mktemp("checked") / "demo"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("truth"))
    for name in ("pseudonym.key", "signing.key"):
        (folder / name).write_text("5a" * 32)
        (folder / name).chmod(0o600)
    return folder


def test_the_page_shows_what_check_prints_for_the_sample(demo):
    """Line by line, as it is printed into a file."""
    command, shown = re.findall(
        r"```sh\noffduty (.*?)\n```.*?It prints, for the sample:\n\n```\n(.*?)```", PAGE, re.DOTALL
    )[0]
    printed = here(*command.split(), cwd=demo.parent)
    assert printed.returncode == 0
    assert printed.stdout.splitlines() == shown.splitlines()


def test_every_line_that_a_check_prints_is_explained(tmp_path):
    """In the first column of the table, by its label; and no label is explained that is not there."""
    telling = [{**ping(f"08:{n:02}"), "km": n} for n in range(30)]
    around = [ping(f"{8 + n // 12:02}:{5 * (n % 12):02}", "street") for n in range(96)]
    given = world(
        [*telling, *around, ping("08:00"), ping("16:00")],
        assignments=[assignment(), assignment("d2", "o2")],
        places=[place(), place("court", officer="o9")],
        policy={"release": {"extra_columns": ["km"]}},
    )
    found = check(lay_out(given, tmp_path), as_of=AFTERWARDS)
    labels = {line.label for table in found.tables for line in table.lines if line.label}
    table = PAGE.split("## What each line means")[1].split("\n\n")[1]
    explained = set(re.findall(r"`([^`]+)`", " ".join(re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE))))
    assert labels == explained


def test_the_expectations_of_the_page_are_those_of_a_job(tmp_path):
    """Each key is in the example and in the table, and the example is read."""
    example = re.findall(r"```toml\n(\[expect\]\n.*?)```", PAGE, re.DOTALL)[0]
    job = lay_out(world(), tmp_path)
    job.write_text(f"{job.read_text()}\n{example}")
    assert Job.load(job).expect == ExpectSection(max_quarantined_share=0.05, max_unmatched_share=0.2, min_pings=1)
    section = PAGE.split("## Expectations")[1]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(ExpectSection.model_fields)
