"""A page as PDF where the machine has a Chromium, and a plain sentence where it has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from offduty.core.errors import StorageError, UsageError
from offduty.pages import pdf

MAKES_A_PDF = "import sys\nopen(sys.argv[-2].split('=')[1], 'wb').write(b'%PDF-1.4 made')"


def browser(folder: Path, program: str) -> str:
    """A program that stands for a browser."""
    path = folder / "chromium"
    path.write_text(f"#!/usr/bin/env python3\n{program}\n")
    path.chmod(0o700)
    return str(path)


def test_without_a_browser_the_reader_is_told_what_to_do(monkeypatch, tmp_path):
    """Before anything is counted."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="open the page in any browser, and print it"):
        pdf.find_browser()


def test_a_browser_is_found_by_its_name(monkeypatch, tmp_path):
    """The first of the names that there is."""
    made = browser(tmp_path, MAKES_A_PDF)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pdf.find_browser() == made


def test_the_pdf_is_what_the_browser_made_and_nothing_is_left(monkeypatch, tmp_path):
    """Neither a file beside the page nor a profile."""
    monkeypatch.setattr(pdf.tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "page.html").write_text("<!doctype html>")
    assert pdf.page_as_pdf(browser(tmp_path, MAKES_A_PDF), tmp_path / "page.html") == b"%PDF-1.4 made"
    assert list((tmp_path / "temporary").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chromium", "page.html", "temporary"]


def test_a_browser_that_makes_nothing_is_an_error(tmp_path):
    """The page is there all the same, and the error says so."""
    with pytest.raises(StorageError, match="The page itself is there"):
        pdf.page_as_pdf(browser(tmp_path, "raise SystemExit(1)"), tmp_path / "page.html")
