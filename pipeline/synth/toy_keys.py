"""Writes keys that protect nobody beside a made-up force, so that its job runs as it stands."""

from __future__ import annotations

import os
from pathlib import Path

TOY_KEY = b"toy key: made up, guards nobody!".hex()
"""The same for everybody and in plain sight; read as text it says so."""
NAMES = ("pseudonym.key", "signing.key")
NOTE = """\
The keys in this folder are toys. They are the same in every made-up force, stand in the source code of offduty, and
protect nobody. For real positions make your own: offduty init DIR
"""


def write_toy_keys(folder: Path) -> bool:
    """Write both keys, readable by their owner only, and a note that says what they are. Where one of the names is
    taken nothing is written. Returns whether they were written.
    """
    if any((folder / name).exists() for name in NAMES):
        return False
    for name in NAMES:
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{TOY_KEY}\n")
    (folder / "KEYS-ARE-TOYS.txt").write_text(NOTE, encoding="utf-8")
    return True
