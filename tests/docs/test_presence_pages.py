"""The pages about presence and days on site: each of their commands runs, and their Python, blind to what was hidden."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
from pathlib import Path
from unittest import mock

import pytest

from offduty.analyses.common_rules import to_agree
from offduty.analyses.error_cards import card_path
from tests.cli.command import here
from tests.paths import ROOT

HIDDEN = (
    "pings",
    "places.geojson",
    "assignments.csv",
    "job.toml",
    "truth",
    "store/runs/*/ledger",
    "store/runs/*/quarantine",
)


def blocks(name: str, kind: str) -> list[str]:
    """The code of a kind on a page, in order."""
    page = (ROOT / f"docs/how-to/{name}.md").read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [text for each, text in found if each == kind]


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("presence", {"presence.json", "presence-weeks.csv", "presence-sites.csv", "presence.html"}),
        ("site-days", {"site-days.json", "site-days-units.csv", "site-days.html"}),
        ("interests", {"interests.json", "interests-rules.csv", "interests.html"}),
    ],
)
def test_every_command_and_the_python_of_the_page_run(name: str, files: set[str], tmp_path: Path):
    """In the order of the page. Before anything is asked, all that an analysis may not open is deleted (A1)."""
    terms = blocks(name, "toml")[0]
    for line in re.findall(r"Write the line `(.+?)` into a file `habits\.toml`", page_of(name)):
        (tmp_path / "habits.toml").write_text(line + "\n")
    for line in (line for block in blocks(name, "") for line in block.splitlines()):
        words = shlex.split(line)[1:]
        if line.startswith("mkdir"):
            (tmp_path / words[0]).mkdir()
            (tmp_path / "agreed.toml").write_text((tmp_path / "force/policy.toml").read_text() + terms)
            _hide(tmp_path / "force")
            continue
        done = here(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert {file.name for file in (tmp_path / "answers").iterdir()} == files
    with contextlib.chdir(tmp_path):
        exec(blocks(name, "python")[0], {})
    for sentence, more in IN_PROSE[name].items():
        assert sentence in page_of(name)
        words = [*_last_question(name), *shlex.split(more)]
        with mock.patch("sys.stdin", io.StringIO("officer-00003\n")):
            done = here(*words, cwd=tmp_path)
        assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr


def _last_question(name: str) -> list[str]:
    """The last command of a page that asks for everybody, without where its files go."""
    asked = [line for line in "".join(blocks(name, "")).splitlines() if line.startswith(f"offduty {name} ")]
    words = shlex.split([line for line in asked if "--officer" not in line][-1])[1:]
    return words[: words.index("-o")] if "-o" in words else words


IN_PROSE: dict[str, dict[str, str]] = {
    "presence": {
        "`--from` and `--to` choose duty windows": "--from 2026-03-23 --to 2026-03-25",
        "or until `--as-of`": "--as-of 2026-04-01",
        "`--language de` makes it in German": "--language de -o answers --force",
        "it makes a single case": "--officer - --because 'a complaint'",
    },
    "site-days": {
        "`--codes` are the codes of duty": "--codes duty --codes court",
        "`--inputs`, `--units`, `--as-of`, `--officer` and `--because`": "--as-of 2026-05-01 --officer - --because 'a complaint'",
        "`--language de` makes it in German": "--language de -o answers --force",
    },
    "interests": {
        "`--from` and `--to` (local dates;": "--from 2026-03-23 --to 2026-04-20",
        "`--as-of` is the time of the question": "--as-of 2026-04-10",
        "`--officer` and `--because` are as": "--officer - --because 'a complaint'",
        "`--language de` makes it in German": "--language de -o answers --force",
    },
}
"""What the pages say of options beside their commands, and what is added to a command for each."""


def _hide(force: Path) -> None:
    """Delete positions, places and what they would have been hidden by."""
    for pattern in HIDDEN:
        for path in force.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("name", ["presence", "site-days", "interests"])
def test_every_block_of_the_page_is_of_a_kind_that_is_run(name: str):
    """A block of another kind would be a command that no test knows."""
    kinds = re.findall(r"^```(\w*)\n.*?^```$", page_of(name), re.MULTILINE | re.DOTALL)
    assert (kinds.count("toml"), kinds.count("python"), {*kinds}) == (1, 1, {"", "toml", "python"})


@pytest.mark.parametrize("name", ["presence", "site-days", "interests"])
def test_the_page_has_the_lines_to_agree_on(name: str):
    """Those that the command prints."""
    keys = re.findall(r"^(\w+) =", to_agree(name.replace("-", "_")), re.MULTILINE)
    assert re.findall(r"^(\w+) =", blocks(name, "toml")[0], re.MULTILINE)[: len(keys)] == keys


def test_the_page_says_the_figures_of_the_error_card():
    """A page that says them by hand would say those of an older card."""
    card = json.loads(card_path("presence").read_text(encoding="utf-8"))
    page = (ROOT / "docs/how-to/presence.md").read_text(encoding="utf-8")
    for share in (card["nobody_worked_and_confirmed"], card["lent_and_confirmed"]):
        assert f"({share['part']:,} of {share['of']:,}" in page


def test_prose_about_conclusions_says_what_the_cards_say():
    """Also on the page for representatives: a figure there would be quoted to somebody's employer."""
    card = {name: json.loads(card_path(name).read_text(encoding="utf-8")) for name in ("presence", "interests")}
    silence = card["presence"]["rules_that_take_silence_for_absence"]["no position"]["worked_windows_wronged"]
    assert f"({silence['part']:,} of {silence['of']:,})" in page_of("presence")
    right = card["presence"]["of_100_not_visible_nobody_worked"].values()
    assert f"of {min(right):.0f} to {max(right):.0f} in 100" in page_of("presence")
    assert f"wrong for {100 - max(right):.0f} to {100 - min(right):.0f} of 100" in page_of("representing")
    most = max(card["interests"]["of_100_not_cleared_nobody_worked"].values())
    assert f"at most {most:.0f} of 100 would be right" in page_of("interests")


def page_of(name: str) -> str:
    """The text of a how-to page."""
    return (ROOT / f"docs/how-to/{name}.md").read_text(encoding="utf-8")
