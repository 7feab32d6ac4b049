"""Copies the objects of one table to this machine: at once, or each when it is read.

Until then a file of its name stands for the object: an empty one, or one that has only the object's end in its place,
which is where a Parquet footer is. Nothing else of it can be read, so a file that was read too early stops the run.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from offduty.core.errors import InputError, StorageError, why
from offduty.core.locations import ObjectAddress
from offduty.objectstore import Bucket, ErrorKind, FoundObject, ObjectStoreError, at_once

RUN_AGAIN = {
    ErrorKind.GONE: "the object does not exist any more; run again when the inputs are complete",
    ErrorKind.CHANGED: "the object changed while it was read; run again when it is complete",
}
END_BYTES = 1 << 16
"""So much of an object is fetched for its footer at first; a longer footer takes another request."""
PARQUET_MAGIC, FOOTER_BYTES = b"PAR1", 8


@dataclass
class ObjectFiles:
    """The objects of one table by their names in the manifest, and their copies in ``folder``, under the same names.

    ``whole`` are the names whose copy is complete, ``ends`` those of which the end is there, and ``read`` those that
    somebody wanted to read: only these must stay as they are until the run is published.
    """

    table: str
    bucket: Bucket
    address: ObjectAddress
    folder: Path
    objects: Mapping[str, FoundObject] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)

    def now(self, objects: Mapping[str, FoundObject]) -> None:
        """The objects as they are listed now: copies of others, and of older versions, are deleted, and a new object
        has an empty file. Raises what `fetch` raises for names.
        """
        for name, before in self.objects.items():
            if objects.get(name) != before:
                self._forget(name)
        fresh = [name for name in objects if name not in self.objects or self.objects[name] != objects[name]]
        self.objects = objects
        for name in fresh:
            with self._local_errors(name):
                self._path(name).parent.mkdir(parents=True, exist_ok=True)
                self._path(name).touch(mode=0o600, exist_ok=False)

    def name_of(self, path: Path) -> str:
        """The name of the object of which a path is the copy."""
        return path.relative_to(self.folder).as_posix()

    def fetch_ends(self, names: Iterable[str]) -> None:
        """Put the end of each object, with its Parquet footer, into its copy; an object without a footer has its last
        bytes there. Raises what `fetch` raises.
        """
        wanted = [name for name in names if name not in self.whole | self.ends]
        at_once(self._fetch_end, wanted)
        self.ends |= set(wanted)

    def fetch(self, names: Iterable[str]) -> None:
        """Copy objects that are to be read, if they are not here.

        Raises `InputError` where one has changed or is gone, and `StorageError` where the object store does not answer
        or this machine has no space.
        """
        self.read |= (wanted := set(names))
        missing = sorted(wanted - self.whole)
        at_once(self._fetch, missing)
        self.whole |= set(missing)

    def delete(self) -> None:
        """Delete all copies."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _fetch(self, name: str) -> None:
        with self._local_errors(name), translated_errors(self.table, name):
            self._path(name).unlink()
            self.bucket.fetch(self.objects[name], self._path(name))

    def _fetch_end(self, name: str) -> None:
        found = self.objects[name]
        with self._local_errors(name), translated_errors(self.table, name):
            end = self.bucket.end_of(found, END_BYTES)
            if (wanted := _footer_bytes(end)) > len(end):
                end = self.bucket.end_of(found, wanted)
            with self._path(name).open("r+b") as file:
                file.seek(found.size - len(end))
                file.write(end)

    def _forget(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)
        for names in (self.whole, self.ends, self.read):
            names.discard(name)

    def _path(self, name: str) -> Path:
        return self.folder / name

    @contextmanager
    def _local_errors(self, name: str) -> Iterator[None]:
        try:
            yield
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise InputError(
                "an object has the name of another object's folder: move one of the two", file=name
            ) from None
        except OSError as error:
            raise StorageError(f"inputs.{self.table} cannot be copied to this machine: {why(error)}") from None


def _footer_bytes(end: bytes) -> int:
    """How many bytes at the end of an object its Parquet footer takes; 0 where it has none.

    >>> _footer_bytes(b"..." + (1000).to_bytes(4, "little") + b"PAR1"), _footer_bytes(b"lon,lat")
    (1008, 0)
    """
    if len(end) < FOOTER_BYTES or not end.endswith(PARQUET_MAGIC):
        return 0
    return int.from_bytes(end[-FOOTER_BYTES:-4], "little") + FOOTER_BYTES


@contextmanager
def translated_errors(table: str, name: str | None = None) -> Iterator[None]:
    """Turn an `ObjectStoreError` into `InputError`, or into `StorageError` where the same command may work later."""
    try:
        yield
    except ObjectStoreError as error:
        if error.kind is ErrorKind.LOST:
            raise StorageError(f"inputs.{table} cannot be read: {error}; run again", file=name) from None
        message = (
            RUN_AGAIN[error.kind] if name and error.kind in RUN_AGAIN else f"inputs.{table} cannot be read: {error}"
        )
        raise InputError(message, file=name) from None
