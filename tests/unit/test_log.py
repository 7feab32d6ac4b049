"""The log's entries are read back as they were written, and what is no entry is told by its file's name."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from pipeline.errors import StorageError
from pipeline.log import entry_bytes, entry_name, read_log
from pipeline.merkle import leaf_hash, tree_root


def test_entries_are_read_back(tmp_path: Path) -> None:
    """A manifest, an empty line, and a checkpoint of three lines over all manifests so far."""
    first, second = (json.dumps({"run_id": name}).encode() for name in ("a", "b"))
    (tmp_path / entry_name(0)).write_bytes(entry_bytes(first, []))
    (tmp_path / entry_name(1)).write_bytes(entry_bytes(second, read_log(tmp_path)))
    entries = read_log(tmp_path)
    assert [entry.manifest for entry in entries] == [first, second]
    root = base64.b64encode(tree_root([leaf_hash(first), leaf_hash(second)])).decode()
    assert entries[1].checkpoint == f"offduty/a\n2\n{root}\n"


def test_a_gap_is_told(tmp_path: Path) -> None:
    """An entry that is missing in the middle."""
    for number in (0, 2):
        (tmp_path / entry_name(number)).write_bytes(entry_bytes(b'{"run_id": "a"}', []))
    with pytest.raises(StorageError, match="gap"):
        read_log(tmp_path)


def test_a_file_that_is_no_entry_is_told(tmp_path: Path) -> None:
    """Half an entry cannot come of a run, but of a bad copy."""
    (tmp_path / entry_name(0)).write_bytes(b'{"run_id"')
    with pytest.raises(StorageError, match="no log entry"):
        read_log(tmp_path)
