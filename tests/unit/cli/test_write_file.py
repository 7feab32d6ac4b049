"""A finished page is put in its place whole or not at all, for its owner only, and never over another by accident."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from offduty.cli.write_file import check_free, put
from offduty.core.errors import StorageError, UsageError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("force", [True, False])
def test_a_file_is_its_owners(tmp_path, force):
    """Mode 0600, whatever the umask; nothing is left beside it."""
    old = os.umask(0)
    try:
        put(tmp_path / "page", b"whole", force)
    finally:
        os.umask(old)
    assert (tmp_path / "page").read_bytes() == b"whole"
    assert stat.S_IMODE((tmp_path / "page").stat().st_mode) == 0o600
    assert names(tmp_path) == ["page"]


def test_one_that_comes_in_between_is_not_replaced(tmp_path):
    """It was free when it was looked at; by the time of the last step it is not."""
    check_free(tmp_path / "page", force=False)
    (tmp_path / "page").write_bytes(b"somebody else's")
    with pytest.raises(UsageError, match="is there"):
        put(tmp_path / "page", b"mine", force=False)
    assert (tmp_path / "page").read_bytes() == b"somebody else's"
    put(tmp_path / "page", b"mine", force=True)
    assert (tmp_path / "page").read_bytes() == b"mine"
    assert names(tmp_path) == ["page"]


def test_a_file_system_without_links(tmp_path, monkeypatch):
    """As on a stick: written there itself, and never over another."""

    def no_links(*given):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    put(tmp_path / "page", b"whole", force=False)
    assert (tmp_path / "page").read_bytes() == b"whole"
    with pytest.raises(UsageError, match="is there"):
        put(tmp_path / "page", b"another", force=False)
    assert names(tmp_path) == ["page"]


def test_a_disk_that_refuses_leaves_nothing(tmp_path, monkeypatch):
    """Full in the middle: the old page stays, and no part of the new one does."""
    put(tmp_path / "page", b"old", force=False)

    def full(*given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="page: the file cannot be written: no space left on device"):
        put(tmp_path / "page", b"new", force=True)
    assert (tmp_path / "page").read_bytes() == b"old"
    assert names(tmp_path) == ["page"]


def test_a_folder_in_the_way(tmp_path):
    """Is not replaced, forced or not."""
    for force in (True, False):
        with pytest.raises(UsageError):
            check_free(tmp_path, force)
