"""A folder or a pattern passes over nothing in silence: what is no file stops the run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from offduty.config.job_paths import JobPath
from offduty.core.errors import InputError
from offduty.ingest import input_files
from offduty.ingest.input_files import files_of


@pytest.fixture
def folder(tmp_path):
    """Two files in folders, and notes beside them."""
    for name in ("pings/a.csv", "pings/deep/b.csv", "pings/_SUCCESS", "pings/.a.csv.crc", "pings/_tmp/c.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def names(folder: Path, raw: str) -> list[str]:
    """The names of the files of an input."""
    return [name for name, _ in files_of(JobPath(raw, folder), "pings")]


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("pings", ["pings/a.csv", "pings/deep/b.csv"]),
        ("pings/a.csv", ["pings/a.csv"]),
        ("pings/*.csv", ["pings/a.csv"]),
        ("pings/deep/*", ["pings/deep/b.csv"]),
        ("pings/*/b.csv", ["pings/deep/b.csv"]),
        ("pings/d*/*.csv", ["pings/deep/b.csv"]),
    ],
)
def test_what_is_found(folder, raw, found):
    """A note of the program that wrote the folder is none of its files."""
    assert names(folder, raw) == found


def test_two_stars_at_the_end_have_what_is_in_folders(folder):
    """And folders themselves are no files."""
    assert names(folder, "pings/deep/**") == ["pings/deep/b.csv"]


@pytest.mark.parametrize("raw", ["pings", "pings/*.csv", "pings/**"])
@pytest.mark.parametrize("what", ["a link to a file", "a link to nothing", "a link to a folder", "a pipe"])
def test_what_is_no_file_stops_the_run(folder, raw, what):
    """It would be read twice, for ever, or not at all. The message names it."""
    path = folder / "pings" / "z.csv"
    if what == "a pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(folder / {"file": "pings/a.csv", "nothing": "gone", "folder": "pings/deep"}[what.split()[-1]])
    with pytest.raises(InputError, match=r"z\.csv: it is (a link|no file)"):
        names(folder, raw)


def test_a_link_on_the_way_of_a_pattern_stops_the_run(folder):
    """Its files may be those of another folder of the pattern."""
    (folder / "pings" / "again").symlink_to(folder / "pings" / "deep")
    with pytest.raises(InputError, match="again: it is a link"):
        names(folder, "pings/*/b.csv")


def test_the_path_of_the_job_itself_may_be_a_link(folder):
    """To a file, or to a folder."""
    (folder / "one.csv").symlink_to(folder / "pings" / "a.csv")
    (folder / "all").symlink_to(folder / "pings")
    assert names(folder, "one.csv") == ["one.csv"]
    assert names(folder, "all") == ["all/a.csv", "all/deep/b.csv"]


def test_a_pattern_that_meets_a_folder_stops_the_run(folder):
    """What is in it would not be read."""
    with pytest.raises(InputError, match="deep: the pattern meets a folder"):
        names(folder, "pings/d*")


@pytest.mark.parametrize("raw", ["pings", "pings/*/b.csv", "pings/**/*.csv"])
def test_a_folder_that_cannot_be_entered_stops_the_run(folder, raw, monkeypatch):
    """With the reason of the system."""
    whole = os.scandir

    def refuse(path):
        if Path(path).name == "deep":
            raise PermissionError(13, "Permission denied")
        return whole(path)

    monkeypatch.setattr(input_files.os, "scandir", refuse)
    with pytest.raises(InputError, match="deep: the folder cannot be entered: permission denied"):
        names(folder, raw)


def test_a_pattern_does_not_look_deeper_than_it_reaches(folder, monkeypatch):
    """A folder beside the files may be another user's."""
    whole = os.scandir
    asked: list[str] = []
    monkeypatch.setattr(input_files.os, "scandir", lambda path: (asked.append(Path(path).name), whole(path))[1])
    assert names(folder, "pings/*.csv") == ["pings/a.csv"]
    assert asked[0] == "pings"
    assert "deep" not in asked


def test_a_pipe_that_the_job_names_is_no_file(folder):
    """Nor is a device."""
    os.mkfifo(folder / "p.csv")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        names(folder, "p.csv")


@pytest.mark.parametrize(
    "name", ["a\u00a0b.csv", "a\nb.csv", "a\u200bb.csv", "a\x1b[31m.csv", "a\\b.csv", "a\udcff.csv"]
)
def test_a_name_that_cannot_stand_in_the_log_stops_the_run(folder, name):
    """It is told in ASCII, so that it does nothing to a terminal."""
    (folder / "pings" / name).write_text("x")
    with pytest.raises(InputError, match="the name cannot stand in the log") as error:
        names(folder, "pings")
    assert str(error.value).isascii()
    assert str(error.value).isprintable()
