"""What the checks of a new version refuse, and what the wheel says about itself to others."""

from __future__ import annotations

import email
import zipfile
from pathlib import Path

import pytest

from tests.paths import ROOT
from tools.check_release import build, is_dated, place_holders


def test_an_address_that_nobody_can_reach_is_found():
    """As long as there is no real address, the version cannot be made."""
    assert place_holders("Write to `security@offduty.invalid`, not to a@b.org") == ["security@offduty.invalid"]
    assert place_holders("https://offduty.invalid and invalid input") == ["https://offduty.invalid"]


@pytest.mark.parametrize("name", [".github/SECURITY.md", ".github/CODE_OF_CONDUCT.md"])
def test_the_pages_with_addresses_have_one(name):
    """A place-holder, or a real one: the page is no use without."""
    assert "@" in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("heading", "dated"),
    [("## [0.2.0] - 2026-12-01", True), ("## [Unreleased]", False), ("## [0.2.01] - 2026-12-01", False)],
)
def test_the_change_log_has_the_day_of_the_version(heading, dated):
    """The heading of the version itself, with a day."""
    assert is_dated(f"# Changelog\n\n{heading}\n\ntext", "0.2.0") is dated


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    names = build(folder)
    (name,) = [name for name in names if name.endswith(".whl")]
    return zipfile.ZipFile(Path(folder) / name)


def test_the_wheel_says_what_it_is(wheel):
    """Licence, authors, keywords, classifiers and pages: what an index shows."""
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    said = email.message_from_bytes(wheel.read(name))
    assert said["License-Expression"] == "Apache-2.0"
    assert said["License-File"] == "LICENSE"
    assert said["Author"] == "offduty contributors"
    assert {"privacy", "geofence", "location data"} <= set(said["Keywords"].split(","))
    classifiers = set(said.get_all("Classifier"))
    assert {"Typing :: Typed", "Programming Language :: Python :: 3.11"} <= classifiers
    assert not any(each.startswith("License ::") for each in classifiers)  # the expression has replaced them (PEP 639)
    assert said.get_payload().startswith("# offduty")


def test_the_wheel_has_one_name_at_the_top(wheel):
    """Nothing called `pipeline` gets into anybody's site-packages."""
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith((".dist-info", ".data"))} == {"offduty"}
    assert any(name.endswith(".data/data/share/man/man1/offduty.1") for name in wheel.namelist())
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel.namelist())
