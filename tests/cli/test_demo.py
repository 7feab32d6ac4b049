"""`offduty demo` does what `make demo` does, on the same force, with what is in the package."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from offduty.cli import demo
from offduty.redteam import metrics
from tests.cli.command import here
from tests.paths import ROOT, SAMPLE


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A force of a day, two people for a month, and two attacks, in an empty folder."""
    monkeypatch.setattr(demo, "OFFICERS", 4)
    monkeypatch.setattr(demo, "DAYS", 1)
    monkeypatch.setattr(demo, "ATTACKS", "6,9")
    monkeypatch.setattr(demo, "MONTH", ("--officers", "2", "--days", "28", "--every", "3600", "--no-truth"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_step_is_done_and_printed_as_it_would_be_typed(small):
    """Run, verify, report, the questions, the pack, attack; and a second time it touches nothing."""
    done = here("demo")
    assert done.returncode == 0, done.stderr
    steps = [line.split()[2] for line in done.stderr.splitlines() if line.startswith("$ offduty ")]
    asked = ["roster-audit", "presence", "synth", "run", "site-days", "consult"]
    assert steps == ["run", "verify", "report", *asked, "attack"]
    answers = {path.name for path in (small / "demo" / "answers").glob("*.html")}
    assert answers == {"roster-audit.html", "presence.html", "site-days.html"}
    assert (small / "demo" / "pack" / "pack.html").is_file()
    assert (small / "demo" / "report.html").stat().st_size > 10_000
    assert "no line is crossed that is not known" in done.stderr
    last = done.stderr.partition("open now, in this order:")[2]
    named = [small / line.split()[1] for line in last.splitlines() if re.match(r"  \d\. ", line)]
    assert len(named) == len(demo.TO_OPEN) == len({path for path in named if path.is_file()})
    for word in ("everybody", "analysts", "auditors", "representatives", "engineers", "who carries a device"):
        assert word in last
    typed = next(line for line in last.splitlines() if "--officer -" in line)
    assert shlex.split(typed)[:3] == ["offduty", "report", "demo/store"]
    before = sorted(path.stat().st_mtime_ns for path in small.rglob("*"))
    again = here("demo")
    assert again.returncode == 2
    assert "demo is there already" in again.stderr
    assert sorted(path.stat().st_mtime_ns for path in small.rglob("*")) == before


def test_without_the_extra_the_attack_is_left_out_and_said(small, monkeypatch):
    """From a wheel alone the demo ends well; the command alone says what to install."""
    monkeypatch.setattr(metrics, "EXTRA", ("no_such_library",))
    monkeypatch.setattr(demo, "_done", lambda step: 0)
    done = here("demo")
    assert done.returncode == 0, done.stderr
    assert "pip install 'offduty[attack]': offduty attack demo/store" in done.stderr
    assert "$ offduty attack" not in done.stderr
    done = here("attack", "demo/store")
    assert (done.returncode, "pip install 'offduty[attack]'" in done.stderr) == (2, True)


def test_a_step_that_fails_ends_it_with_its_code(small, monkeypatch):
    """And no later step is begun."""
    monkeypatch.setattr(demo, "_steps", lambda folder: [["run", str(folder / "no.toml")], ["verify", str(folder)]])
    done = here("demo", "elsewhere")
    assert done.returncode == 2
    assert "verify" not in done.stderr


def test_the_force_and_the_steps_are_those_of_make_demo():
    """The sample says how it was made, and the Makefile what is done with it."""
    made = f"--officers {demo.OFFICERS} --days {demo.DAYS} --every {demo.EVERY_S} --seed {demo.SEED}"
    assert made in (SAMPLE / "README.md").read_text(encoding="utf-8")
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").split("\ndemo:")[1].split("\n\n")[0]
    typed = [line.split(".venv/bin/offduty ")[1] for line in recipe.splitlines() if "\t.venv/bin/offduty " in line]
    assert typed == [shlex.join(step) for step in demo._steps(demo.Path("demo"))]


def test_the_container_has_no_root_no_network_and_no_key():
    """What is written in its file. The page on schedules says on what base it was built and run."""
    text = (ROOT / "examples" / "container" / "Containerfile").read_text(encoding="utf-8")
    steps = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
    words = [line.split()[0] for line in steps]
    assert words[-4:] == ["USER", "WORKDIR", "ENTRYPOINT", "CMD"]
    assert steps[-4] == "USER 10001:10001"
    assert json.loads(steps[-2].partition(" ")[2]) == ["offduty"]
    assert "ADD" not in words and not any("key" in line.lower() for line in steps)
    for option in ("--network none", "--read-only", "--cap-drop all", "no-new-privileges", "--constraint"):
        assert option in text
    assert "--tmpfs /tmp:mode=1777 " in text  # podman 4.3 takes no uid there
    assert text.index("mkdir -p work/store") < text.index(
        "--volume ./work/store:/work/store"
    )  # it cannot be made later
