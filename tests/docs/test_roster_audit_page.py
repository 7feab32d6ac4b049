"""The page about the roster audit: each of its commands runs, and its Python, and its lines are those of the policy."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from pathlib import Path
from unittest import mock

from offduty.analyses.common_rules import TO_AGREE
from offduty.analyses.error_cards import card_path
from offduty.analyses.roster_files import roster_of_job
from offduty.analyses.roster_summary import QUESTIONS
from offduty.cli.roster_audit import TABLES
from tests.cli.command import here
from tests.paths import ROOT

PAGE = (ROOT / "docs/how-to/roster-audit.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    """The code of a kind on the page, in order."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == kind]


def test_every_command_and_the_python_of_the_page_run(tmp_path: Path):
    """In the order of the page, on its own made-up force."""
    terms, habits = blocks("toml")
    (tmp_path / "habits.toml").write_text(habits)
    for line in "".join(blocks("")[:2]).splitlines():
        if line.startswith("mkdir"):
            (tmp_path / line.split()[1]).mkdir()
            continue
        done = here(*shlex.split(line)[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        if "synth" in line:
            (tmp_path / "agreed.toml").write_text((tmp_path / "force/policy.toml").read_text() + terms)
    made = {"roster-audit.json", "roster-audit.html", "roster-edits.csv", *TABLES}
    assert {file.name for file in (tmp_path / "findings").iterdir()} == made
    found: dict[str, object] = {}
    with contextlib.chdir(tmp_path):
        exec(blocks("python")[0], found)
    assert len(found["audit"].edits)  # type: ignore[attr-defined]
    for line in "".join(blocks("")[2:]).splitlines():
        done = here(*shlex.split(line)[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert re.search(r"^PASS\s+8\.2 ", done.stdout, re.MULTILINE)
    assert_prose_runs(tmp_path)


ASKED = ("--roster", "force/roster.csv", "--policy", "agreed.toml", "--people", "force/people.csv")
IN_PROSE: dict[str, tuple[str, ...]] = {
    "`--json` gives them as JSON": (*ASKED, "--json"),
    "`--as-of 2026-04-01` audits what was recorded until then": (*ASKED, "--as-of", "2026-04-01"),
    "`--inputs JOB.toml` takes the roster of a job instead": ("--inputs", "force/job.toml", *ASKED[2:]),
    "`--language de` makes it in German": (*ASKED, "--language", "de", "-o", "findings", "--force"),
    "`-` reads the id from standard input": (*ASKED, "--officer", "-"),
}
"""What the page says of options beside its commands, and a command with each."""
DECLARED = 'roster = roster_of_job("force/job.toml")'


def assert_prose_runs(folder: Path) -> None:
    """Each option that the page names in a sentence, and its line of Python about a declared roster."""
    for sentence, words in IN_PROSE.items():
        assert sentence in PAGE
        with mock.patch("sys.stdin", io.StringIO("officer-00003\n")):
            done = here("roster-audit", *words, cwd=folder)
        assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr
    assert f"`{DECLARED}` from the same module has `rows`, `approved` and `declared`" in PAGE
    found: dict[str, object] = {"roster_of_job": roster_of_job}
    with contextlib.chdir(folder):
        exec(DECLARED, found)
    assert all(hasattr(found["roster"], name) for name in ("rows", "approved", "declared"))


def test_every_block_of_the_page_is_of_a_kind_that_is_run():
    """A block of another kind would be a command that no test knows."""
    kinds = re.findall(r"^```(\w*)\n.*?^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert kinds.count("python") == 1
    assert {*kinds} == {"", "toml", "python"}


def test_the_page_names_every_signal_and_the_lines_to_agree_on():
    """So that none is printed that nobody can look up."""
    assert set(re.findall(r"^\| (R\d+) \|", PAGE, re.MULTILINE)) == set(QUESTIONS)
    keys = re.findall(r"^(\w+) =", TO_AGREE, re.MULTILINE)
    assert re.findall(r"^(\w+) =", blocks("toml")[0], re.MULTILINE)[: len(keys)] == keys


def test_the_page_says_the_figures_of_the_error_card():
    """A page that says them by hand would say those of an older card."""
    card = json.loads(card_path("roster-audit").read_text(encoding="utf-8"))
    for share in (card["found"], card["honest_late_grants_with_R2_or_R3"]):
        assert f"{share['part']:,} of {share['of']:,})" in PAGE
    planted = card["of_100_late_grants_over_rest_are_planted"].values()
    assert f"{min(planted):g} to {max(planted):g} are planted" in PAGE
