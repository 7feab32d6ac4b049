"""Targeted negation of who may read what: each single permission more than what is allowed is refused, and nothing else
is. Rules: specification#owner-only, specification#keys-secret.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from offduty.config.key_files import load_pseudonym_key, load_signing_key
from offduty.core.errors import UsageError
from offduty.store.permissions import check_closed

GROUP, EVERYBODY = (0o040, 0o020, 0o010), (0o004, 0o002, 0o001)
PARTS = ("release", "ledger", "quarantine", "references")
PRIVATE = {"log", "ledger", "quarantine", "references"}


def test_a_key_with_one_permission_more_is_refused(tmp_path):
    """Of the group or of everybody, whichever it is; with the owner's alone it is a key."""
    key = tmp_path / "a key"
    key.write_text("5a" * 32)
    for load in (load_pseudonym_key, load_signing_key):
        for mode in (0o600, 0o400, 0o700):
            key.chmod(mode)
            assert load(key) == b"\x5a" * 32
        for more in (*GROUP, *EVERYBODY):
            key.chmod(0o600 | more)
            with pytest.raises(UsageError, match="others than its owner can read or change the"):
                load(key)


def test_a_folder_with_one_permission_more_is_refused(tmp_path):
    """Everybody may change none, and enter or list none that is for readers of its own; the group may all of it."""
    root = tmp_path / "store"
    run = root / "runs" / ("0" * 32)
    folders = {"store": root, "log": root / "log", "runs": root / "runs", "run": run}
    folders |= {name: run / name for name in PARTS}
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
    check_closed(root)
    found = {
        (name, more) for name, folder in folders.items() for more in (*GROUP, *EVERYBODY) if refused(root, folder, more)
    }
    wanted = {(name, 0o002) for name in folders} | {(name, more) for name in PRIVATE for more in EVERYBODY}
    assert found == wanted


def refused(root: Path, folder: Path, more: int) -> bool:
    """Whether a store is refused in which a folder has one permission more, and the message has the way out."""
    folder.chmod(0o700 | more)
    try:
        check_closed(root)
    except UsageError as error:
        assert " o-" in str(error).partition("Take that from them: chmod")[2]
        return True
    finally:
        folder.chmod(0o700)
    return False
