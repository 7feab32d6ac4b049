"""`offduty docs` shows the pages: by name, and rule by rule."""

from __future__ import annotations

import re
import tomllib

import pytest

from offduty.cli.docs import docs_folder, pages_by_name, rule_of
from tests.forked import forked
from tests.paths import ROOT

PAGES = pages_by_name(docs_folder())
SPECIFICATION = PAGES["specification"].read_text(encoding="utf-8")
RULES = re.findall(r'<a id="([^"]+)"></a>', SPECIFICATION)


def test_every_page_of_the_checkout_is_listed_with_its_title():
    """Without a name, one line for each page; decision records are left out."""
    listed = {line.split()[0] for line in forked("docs").stdout.splitlines() if not line.startswith("examples/")}
    there = {path.stem for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "adr"}
    assert listed == there | {"glossary"}


def test_the_examples_that_pages_name_come_with_the_package():
    """They are listed, and printed as they are; in the wheel they lie beside the pages."""
    listed = [line for line in forked("docs").stdout.splitlines() if line.startswith("examples/")]
    assert "examples/nightly.sh" in listed
    for name in listed:
        assert forked("docs", name).stdout == (ROOT / name).read_text(encoding="utf-8")
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert packed["force-include"]["examples"] == "offduty/examples"
    pages = "".join(path.read_text(encoding="utf-8") for path in PAGES.values())
    named = set(re.findall(r"\(\.\./\.\./(examples/[\w./-]+\.\w+)\)", pages))
    assert named
    assert named <= set(listed)


@pytest.mark.parametrize("name", ["examples/nightly", "examples/../README.md", "examples/"])
def test_a_file_that_is_no_example_is_not_printed(name: str):
    """Exit 2, and nothing on standard output."""
    done = forked("docs", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert "offduty docs lists the examples" in done.stderr


@pytest.mark.parametrize("name", ["specification", "threat-model", "running", "glossary"])
def test_a_page_is_printed_whole(name: str):
    """To standard output, without the anchors."""
    done = forked("docs", name)
    assert done.returncode == 0
    assert "<a id=" not in done.stdout
    text = PAGES[name].read_text(encoding="utf-8")
    assert done.stdout.strip() == re.sub(r'<a id="[^"]+"></a>', "", text).strip()


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_can_be_shown_alone(rule: str):
    """It is a part of the page, begins at its anchor, and holds words besides."""
    shown = rule_of(SPECIFICATION, rule, "specification")
    assert len(re.sub(r'<a id="[^"]+"></a>', "", shown).split()) > 3
    assert all(line in SPECIFICATION for line in shown.splitlines())


def test_one_rule_is_one_paragraph():
    """And a section is a section."""
    duty = forked("docs", "specification#duty-rule").stdout
    assert "on duty when" in duty
    assert "\n\n" not in duty.strip()
    silence = forked("docs", "specification#section-9").stdout
    assert "## 9. Silence" in silence
    assert "## 10." not in silence


@pytest.mark.parametrize(("page", "near"), [("specfication", "specification"), ("specification#duty-rul", "duty-rule")])
def test_a_name_that_is_not_there_is_exit_2_and_says_what_is_near(page: str, near: str):
    """Nothing is printed to standard output."""
    done = forked("docs", page)
    assert (done.returncode, done.stdout) == (2, "")
    assert near in done.stderr
