"""`offduty verify -o verdict.html`: a page for people who have no terminal; it says what `verify` says, and no more."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.command import here
from tests.cli.test_check import Text
from tests.world import AFTERWARDS, lay_out, ping, world


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job whose store has a run."""
    made = tmp_path_factory.mktemp("verdict")
    job = lay_out(world([ping(f"{8 + at // 60:02}:{at % 60:02}", "street") for at in range(200)]), made)
    assert here("run", job, "--as-of", AFTERWARDS).returncode == 0
    return made


def test_the_page_says_how_each_check_ended(folder, tmp_path):
    """All checks, with what the auditor had; standard output has the list, too."""
    page = tmp_path / "verdict.html"
    done = here("verify", folder / "store", "--inputs", folder / "job.toml", "-o", page)
    assert done.returncode == 0, done.stderr
    assert "PASS" in done.stdout
    assert done.stderr == f"made {page}; open it in any browser\n"
    assert page.stat().st_mode & 0o777 == 0o600
    found = Text(page.read_text(encoding="utf-8"))
    assert found.active == []
    checks = json.loads(here("verify", folder / "store", "--inputs", folder / "job.toml", "--json").stdout)["checks"]
    for check in checks:
        assert f"{check['number']} {check['name']}" in found.text
    for word in ("How to read this page", "Every decision", "Here it was: the inputs.", "PASS", "NOT DONE"):
        assert word in found.text
    assert "200" not in found.text.replace("about 200", "")
    assert "part-0" not in found.text


def test_the_page_says_all_that_the_auditor_had(folder, tmp_path):
    """Each option by what it gives."""
    (tmp_path / "register.csv").write_text("interest_id\n")
    (tmp_path / "people.csv").write_text("recorded_by\n")
    (tmp_path / "cosigner.pub").write_text("11" * 32)
    beside = ("--register", tmp_path / "register.csv", "--people", tmp_path / "people.csv")
    other = ("--compared", folder / "store", "--cosigner", tmp_path / "cosigner.pub")
    page = tmp_path / "verdict.html"
    here("verify", folder / "store", "--inputs", folder / "job.toml", *beside, *other, "-o", page)
    had = (
        "Here it was: keys of cosigners, the inputs, the register of interests, the table of recorders, the other store"
    )
    assert f"{had} of a comparison." in Text(page.read_text(encoding="utf-8")).text


def test_in_german_only_the_words_of_the_checks_are_english(folder, tmp_path):
    """What the page says is German and marked as a draft; what a check says is marked as English."""
    page = tmp_path / "verdict.html"
    done = here("verify", folder / "store", "--language", "de", "-o", page)
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    german = re.sub(r'<span lang="en-GB">.*?</span>', "", text)
    for words in ("Entwurf", "Wie diese Seite zu lesen ist", "Jede Entscheidung", "Hier hatte sie: nichts."):
        assert words in german
    for words in ("protects", "Protects", "How to", "every ", "nothing"):
        assert words not in german
    assert here("verify", folder / "store", "--language", "xx").returncode == 2


def test_a_failure_is_on_top_and_stays_the_exit_code(folder, tmp_path):
    """In words; a page that cannot be written does not hide it."""
    (ledger,) = (folder / "store" / "runs").glob("*/ledger/*.parquet")
    before = ledger.read_bytes()
    ledger.write_bytes(before + b" ")
    try:
        page = tmp_path / "verdict.html"
        assert here("verify", folder / "store", "-o", page).returncode == 7
        found = Text(page.read_text(encoding="utf-8"))
        assert "found something wrong: 2.1" in found.text.partition("How to read this page")[0]
        assert "Something is wrong. Whoever runs the filter must explain it." in found.text
        again = here("verify", folder / "store", "-o", page)
        assert (again.returncode, again.stdout) == (2, "")
        assert "a file of that name is there; name another with -o\n" in again.stderr
    finally:
        ledger.write_bytes(before)


def test_a_folder_that_is_not_there_is_said_before_anything_is_checked(folder, tmp_path):
    """Exit 2."""
    done = here("verify", folder / "store", "-o", tmp_path / "none" / "verdict.html")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"its folder {tmp_path / 'none'} is not there" in done.stderr
