"""`make demo` and `make clean` delete the demo that they made, and none in which somebody has worked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.paths import ROOT
from tools.demo_folder import changed_since, clear, record


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A folder as `make demo` leaves it."""
    folder = tmp_path / "demo"
    for name in ("job.toml", "store/log/0.entry", "report.html"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    record(folder, complete=True)
    return folder


def test_an_untouched_demo_is_made_anew(demo):
    """It is deleted; where there is none nothing happens."""
    assert clear(demo) == ""
    assert not demo.exists()
    assert clear(demo) == ""


def edited(demo: Path) -> None:
    (demo / "job.toml").write_text("mine")


def added(demo: Path) -> None:
    (demo / "notes.txt").write_text("mine")


def removed(demo: Path) -> None:
    (demo / "report.html").unlink()


def ran(demo: Path) -> None:
    (demo / "store" / "log" / "1.entry").write_text("mine")


def linked(demo: Path) -> None:
    (demo / "link").symlink_to("job.toml")


@pytest.mark.parametrize("change", [edited, added, removed, ran, linked])
def test_a_demo_that_somebody_changed_stays(demo, change):
    """And the message says what to do instead."""
    change(demo)
    before = {path: path.read_bytes() for path in demo.rglob("*") if path.is_file()}
    said = clear(demo)
    assert "is not deleted" in said
    assert f"mv {demo} {demo}-kept" in said
    assert f"rm -r {demo}" in said
    assert {path: path.read_bytes() for path in demo.rglob("*") if path.is_file()} == before


def test_a_demo_without_a_record_stays(demo):
    """Somebody else made it."""
    (demo / ".made-by-make-demo").unlink()
    assert changed_since(demo) is None
    assert "is not deleted: make demo did not make it" in clear(demo)
    (demo / ".made-by-make-demo").write_text("[]")
    assert "is not deleted" in clear(demo)


def test_a_link_stays(tmp_path, demo):
    """What it leads to is not a demo of make's."""
    link = tmp_path / "other"
    link.symlink_to(demo)
    assert "is not a folder that make demo made" in clear(link)
    assert demo.is_dir()


def test_a_make_demo_that_was_interrupted_can_be_repeated(tmp_path):
    """What its later steps make is not known yet; the rest is."""
    demo = tmp_path / "demo"
    demo.mkdir()
    (demo / "job.toml").write_text("job")
    record(demo, complete=False)
    (demo / "store").mkdir()
    (demo / "store" / "lock").write_text("")
    assert changed_since(demo) == []
    (demo / "job.toml").write_text("mine")
    assert changed_since(demo) == ["job.toml"]


def test_the_makefile_asks_before_it_deletes():
    """In both commands, and neither deletes the folder itself."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert text.count("-m tools.demo_folder clear") == 2
    assert "rm -rf demo" not in text
    assert " demo dist" not in text
