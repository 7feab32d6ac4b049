"""Prints a page as PDF with a Chromium of the machine: without a window, a network, or a file in between."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from offduty.core.errors import StorageError, UsageError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
"""The names by which a Chromium is looked for, in this order."""
LONGEST_S = 120
OPTIONS = (
    "--headless",
    "--incognito",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--proxy-server=127.0.0.1:9",  # nothing listens there: whatever a browser would ask the net for is not asked
    "--no-pdf-header-footer",  # a page says by itself what it is; a header would have the name of the file
)


def find_browser() -> str:
    """The path of a Chromium. Raises `UsageError`, with what to do instead, where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None or not hasattr(os, "memfd_create"):
        raise UsageError(
            "no PDF can be made here: it needs Linux and Chromium (apt-get install chromium). Leave --pdf out, open the"
            " page in any browser, and print it into a file",
            file="--pdf",
        )
    return found


def page_as_pdf(browser: str, page: Path) -> bytes:
    """The PDF of a page that stands in a file; A4, as the style sheet says.

    The browser's profile is in a private folder, which is deleted; the PDF is written into memory. Raises
    `StorageError` where the browser makes none.
    """
    with tempfile.TemporaryDirectory(prefix="offduty-") as profile:
        memory = os.memfd_create("page.pdf")
        try:
            command = [
                browser,
                *OPTIONS,
                *(["--no-sandbox"] if os.geteuid() == 0 else []),  # Chromium refuses to be root with it
                f"--user-data-dir={profile}",
                f"--print-to-pdf=/proc/self/fd/{memory}",
                page.resolve().as_uri(),
            ]
            subprocess.run(command, pass_fds=[memory], capture_output=True, timeout=LONGEST_S, check=False)
            with open(memory, "rb", closefd=False) as file:
                file.seek(0)
                made = file.read()
        except (OSError, subprocess.TimeoutExpired):
            made = b""
        finally:
            os.close(memory)
    if not made.startswith(b"%PDF-"):
        raise StorageError("the browser made no PDF. The page itself is there: open it and print it", file=page.name)
    return made
