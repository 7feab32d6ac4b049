"""What a store in an object store says where that does not answer; tests/objectstore has the rest, with a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from offduty.core import published
from offduty.core.errors import StorageError
from offduty.core.locations import ObjectAddress, store_location
from offduty.objectstore.errors import ErrorKind, ObjectStoreError
from offduty.store.remote import RemoteStore
from offduty.store.retention import StoredFile

LOST = "the store cannot be reached: the object store did not answer, or not as it should; run again"
FILE = StoredFile("0" * 32, "release/officer_date=2026-03-23/part-0.parquet", "0" * 64, 1)


class Silent:
    """A bucket of an object store that does not answer."""

    def __getattr__(self, name: str) -> Any:
        def asked(*_: Any, **__: Any) -> None:
            raise ObjectStoreError(ErrorKind.LOST)

        return asked


@pytest.fixture
def silent() -> RemoteStore:
    address = store_location("s3://bucket/store")
    assert isinstance(address, ObjectAddress)
    return RemoteStore(address, Silent())


def test_a_question_is_not_told_that_nothing_was_published(silent, tmp_path: Path):
    """It publishes nothing anyway."""
    published.forget()
    with pytest.raises(StorageError) as raised:
        silent.fetch(tmp_path / "store", ("log/",))
    assert str(raised.value) == LOST


def test_an_expiry_is_told_that_its_entry_stands(silent):
    """It deletes once the log says so: it read that nothing was published."""
    published.forget()
    published.note("000000000003.entry")
    with pytest.raises(StorageError) as raised:
        silent.remove([FILE])
    assert str(raised.value) == (
        f"{LOST}. All the same, what it published before stands (000000000003.entry of the log)"
    )
    published.forget()
