"""A bucket, whichever cloud it is in: find, fetch whole or in part, create without overwriting, put, remove."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from offduty.objectstore import clouds
from offduty.objectstore.errors import ErrorKind, ObjectStoreError, translated_errors

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta

AT_ONCE = 4
"""How many objects are sent or fetched at the same time."""
CHUNK_BYTES = 1 << 20
SLOWEST_BYTES_PER_S = 256 << 10
"""A put that is slower than this is given up."""
BYTES = "application/octet-stream"
FOLDER = "hdi_isfolder"
"""The metadata by which some Azure clients mark an object that represents a folder."""
One = TypeVar("One")
Other = TypeVar("Other")


@dataclass(frozen=True)
class FoundObject:
    """An object: its key in the bucket, its size in bytes, and its tag (ETag), which changes with the object."""

    key: str
    size: int
    tag: str


class Bucket:
    """A bucket; all methods may be called from any thread, and raise `ObjectStoreError`, which quotes nothing."""

    def __init__(self, cloud: clouds.Cloud, opener: clouds.Opener) -> None:
        self._cloud = cloud
        self._open = lru_cache(opener)  # one client for each timeout, so that connections are used again
        self._store = self._open(clouds.SILENCE)

    def find(self, prefix: str) -> list[FoundObject]:
        """The object with this key, if there is one, and all objects below it as a folder, sorted by key.

        With a slash at the end only what is below; with an empty prefix the whole bucket. Empty objects that represent
        folders are left out. Raises `ErrorKind.NAME` if a key has an empty part or a part of dots alone, or ends with a
        slash and has bytes.
        """
        folder = prefix.rstrip("/")
        with translated_errors():
            found = [_found(one) for page in self._store.list(folder or None) for one in page]
        listed = [each for each in found if not folder or each.key.startswith(f"{folder}/")]
        objects = {each.key: each for each in listed if each.size}
        if len(objects) != sum(1 for each in listed if each.size):
            raise ObjectStoreError(ErrorKind.NAME)  # obstore gives the same name to keys that differ in a final slash
        empty = sorted({each.key for each in listed} - objects.keys())
        objects |= {one.key: one for one in at_once(self._head, empty) if one}
        if folder and folder == prefix and (one := self._itself(prefix, bool(listed))):
            objects[one.key] = one
        return sorted(objects.values(), key=lambda each: each.key)

    def fetch(self, found: FoundObject, path: Path) -> None:
        """Copy an object into a new file, readable by its owner only; `ErrorKind.CHANGED` if it changed since it was
        found.

        An error of this machine's disk is raised as the `OSError` that it is.
        """
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for chunk in self._chunks(found.key, found.tag):
                file.write(chunk)
            if file.tell() != found.size:
                raise ObjectStoreError(ErrorKind.LOST)

    def end_of(self, found: FoundObject, count: int) -> bytes:
        """The last ``count`` bytes of an object, or all of them where it has fewer, in one request for that range;
        `ErrorKind.CHANGED` if it changed since it was found.
        """
        start = max(found.size - count, 0)
        content = b"".join(self._chunks(found.key, found.tag, (start, found.size))) if found.size else b""
        if len(content) != found.size - start:
            raise ObjectStoreError(ErrorKind.LOST)
        return content

    def read(self, key: str) -> bytes | None:
        """The bytes of a small object; None if it does not exist."""
        try:
            return b"".join(self._chunks(key, None))
        except ObjectStoreError as error:
            if error.kind is ErrorKind.GONE:
                return None
            raise

    def create(self, key: str, content: bytes) -> bool:
        """Create an object unless one exists, in one atomic step; True if this call created it."""
        return self._put(key, content, len(content))

    def sha256(self, found: FoundObject) -> str:
        """The SHA-256 of an object's bytes, in hexadecimal digits."""
        digest = hashlib.sha256()
        for chunk in self._chunks(found.key, found.tag):
            digest.update(chunk)
        return digest.hexdigest()

    def put(self, path: Path, key: str) -> bool:
        """As `create`, with the bytes of a file, which is mapped into memory.

        Raises `ErrorKind.LARGE` if one put cannot send so many bytes: an upload in parts cannot have the condition.
        """
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > self._cloud.most:
                raise ObjectStoreError(ErrorKind.LARGE)
            # not closed here: after a failed put the library may still use the map for a moment
            return self._put(key, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b"", size)

    def remove(self, key: str) -> None:
        """Delete an object; it is no error if it does not exist."""
        try:
            with translated_errors():
                self._store.delete(key)
        except ObjectStoreError as error:
            if error.kind is not ErrorKind.GONE:
                raise

    def _put(self, key: str, content: bytes | mmap.mmap, size: int) -> bool:
        try:
            with translated_errors():
                self._open(_timeout(size)).put(
                    key, content, attributes={"Content-Type": BYTES}, mode="create", use_multipart=False
                )
        except ObjectStoreError as error:
            if error.kind is ErrorKind.CHANGED:
                return False  # an object exists, or is being created
            raise
        return True

    def _chunks(self, key: str, tag: str | None, span: tuple[int, int] | None = None) -> Iterator[bytes]:
        """The bytes of an object, or of a span of it, provided that it has this tag; the tag of the answer is compared
        before any byte is used.
        """
        options: GetOptions = {}
        if tag and self._cloud.condition:
            options["if_match"] = tag
        if span is not None:
            options["range"] = span
        with translated_errors():
            answer = self._store.get(key, options=options or None)
            if tag is not None and not _is_same(tag, answer.meta["e_tag"] or ""):
                raise ObjectStoreError(ErrorKind.CHANGED)
            yield from answer.stream(CHUNK_BYTES)

    def _head(self, key: str) -> FoundObject | None:
        """The object with exactly this key; None if it does not exist, or represents a folder."""
        try:
            with translated_errors():
                answer = self._store.get(key, options={"head": True})
                return None if answer.attributes.get(FOLDER) == "true" else _found(answer.meta)
        except ObjectStoreError as error:
            if error.kind is ErrorKind.GONE:
                return None
            raise

    def _itself(self, key: str, is_folder: bool) -> FoundObject | None:
        try:
            return self._head(key)
        except ObjectStoreError as error:
            if is_folder and error.kind is ErrorKind.REFUSED:
                return None  # rights for what is below a folder need not include an object with the folder's own name
            raise


def _found(one: ObjectMeta) -> FoundObject:
    tag = one["e_tag"]
    if not tag:
        raise ObjectStoreError(ErrorKind.LOST)  # without a tag no change would be noticed
    return FoundObject(one["path"], one["size"], tag if '"' in tag else f'"{tag}"')


def _timeout(size: int) -> timedelta:
    """How long a server may be silent during a put: for obstore, sending the bytes counts as silence.

    >>> str(_timeout(1 << 20)), str(_timeout(1 << 30))
    ('0:01:00', '1:09:00')
    """
    minutes = size // (60 * SLOWEST_BYTES_PER_S)  # whole minutes: files of similar size share a client
    return clouds.SILENCE + timedelta(minutes=minutes)


def _is_same(listed: str, answered: str) -> bool:
    """Whether two tags are the same.

    A listing may leave out the quotation marks (Azure), or the dash at the beginning of a composite object's tag
    (Google; not tried against the real service).
    """
    return listed.strip('-"') == answered.strip('-"')


def at_once(work: Callable[[One], Other], them: Iterable[One]) -> Sequence[Other]:
    """Apply a function to several items, a few at a time; the first error is raised when running calls have ended."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [pool.submit(work, each) for each in them]
        try:
            return [each.result() for each in waiting]
        except BaseException:
            for each in waiting:
                each.cancel()
            raise
