"""What is asked of an object store, whichever it is: find, fetch on a condition, create where nothing is, put, remove."""

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
    from obstore import ObjectMeta

AT_ONCE = 4
"""How many objects are on their way at the same time."""
CHUNK_BYTES = 1 << 20
SLOWEST = 256 << 10
"""Bytes a second: a put that is slower than that is given up."""
BYTES = "application/octet-stream"
FOLDER = "hdi_isfolder"
"""What some of Azure's clients write on an object that stands for a folder."""
One = TypeVar("One")
Other = TypeVar("Other")


@dataclass(frozen=True)
class FoundObject:
    """An object: its key in the bucket, its bytes, and the tag that it has while it stays as it is."""

    key: str
    size: int
    tag: str


class Bucket:
    """A bucket, spoken to in plain calls from any thread. Each raises `ObjectStoreError`, which quotes nothing."""

    def __init__(self, cloud: clouds.Cloud, opener: clouds.Opener) -> None:
        self._cloud = cloud
        self._open = lru_cache(opener)  # one for each patience, with connections that are used again
        self._store = self._open(clouds.SILENCE)

    def find(self, prefix: str) -> list[FoundObject]:
        """The object of this key, if there is one, and all below it as a folder, in the order of their keys; below ``a/`` those
        below it alone, and below nothing the whole bucket. Empty ones that stand for folders are left out.

        `ErrorKind.NAME` where a key among them has an empty part or one of dots alone, or ends as a folder does and has bytes.
        """
        folder = prefix.rstrip("/")
        with translated_errors():
            found = [_found(one) for page in self._store.list(folder or None) for one in page]
        listed = [each for each in found if not folder or each.key.startswith(f"{folder}/")]
        held = {each.key: each for each in listed if each.size}
        if len(held) != sum(1 for each in listed if each.size):
            raise ObjectStoreError(ErrorKind.NAME)  # obstore names two keys alike that differ in a slash at the end
        empty = sorted({each.key for each in listed} - held.keys())
        held |= {one.key: one for one in at_once(self._look, empty) if one}
        if folder and folder == prefix and (one := self._itself(prefix, bool(listed))):
            held[one.key] = one
        return sorted(held.values(), key=lambda each: each.key)

    def fetch(self, found: FoundObject, path: Path) -> None:
        """Copy an object into a new file, for its owner only; `ErrorKind.CHANGED` where it is not the one that was found.

        What this machine's disk refuses is raised as the `OSError` that it is.
        """
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for chunk in self._chunks(found.key, found.tag):
                file.write(chunk)
            if file.tell() != found.size:
                raise ObjectStoreError(ErrorKind.LOST)

    def read(self, key: str) -> bytes | None:
        """The bytes of a small object; None where it is not there."""
        try:
            return b"".join(self._chunks(key, None))
        except ObjectStoreError as trouble:
            if trouble.kind is ErrorKind.GONE:
                return None
            raise

    def create(self, key: str, content: bytes) -> bool:
        """Put an object where none is, in one step that only one of several can win; whether this call did."""
        return self._put(key, content, len(content))

    def sha256(self, found: FoundObject) -> str:
        """The SHA-256 of an object's bytes, in hexadecimal digits."""
        digest = hashlib.sha256()
        for chunk in self._chunks(found.key, found.tag):
            digest.update(chunk)
        return digest.hexdigest()

    def put(self, path: Path, key: str) -> bool:
        """As `create`, with the bytes of a file, which are mapped into memory and not read there; `ErrorKind.LARGE` where they are
        more than one put can send, for an upload in parts cannot be held to the condition."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > self._cloud.most:
                raise ObjectStoreError(ErrorKind.LARGE)
            # it is not closed by hand: where a put fails, the library may still hold it for a moment
            return self._put(key, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b"", size)

    def remove(self, key: str) -> None:
        """Take an object away; one that is not there is no trouble."""
        try:
            with translated_errors():
                self._store.delete(key)
        except ObjectStoreError as trouble:
            if trouble.kind is not ErrorKind.GONE:
                raise

    def _put(self, key: str, content: bytes | mmap.mmap, size: int) -> bool:
        try:
            with translated_errors():
                self._open(_patience(size)).put(
                    key, content, attributes={"Content-Type": BYTES}, mode="create", use_multipart=False
                )
        except ObjectStoreError as trouble:
            if trouble.kind is ErrorKind.CHANGED:
                return False  # something is there, or may be coming
            raise
        return True

    def _chunks(self, key: str, tag: str | None) -> Iterator[bytes]:
        """The bytes of an object, while its tag is this one: the answer's is looked at before any of them is handed on."""
        with translated_errors():
            answer = self._store.get(key, options={"if_match": tag} if tag and self._cloud.condition else None)
            if tag is not None and not _is_same(tag, answer.meta["e_tag"] or ""):
                raise ObjectStoreError(ErrorKind.CHANGED)
            yield from answer.stream(CHUNK_BYTES)

    def _look(self, key: str) -> FoundObject | None:
        """An object by its very key; None where it is not there, or stands for a folder."""
        try:
            with translated_errors():
                answer = self._store.get(key, options={"head": True})
                return None if answer.attributes.get(FOLDER) == "true" else _found(answer.meta)
        except ObjectStoreError as trouble:
            if trouble.kind is ErrorKind.GONE:
                return None
            raise

    def _itself(self, key: str, is_folder: bool) -> FoundObject | None:
        try:
            return self._look(key)
        except ObjectStoreError as trouble:
            if is_folder and trouble.kind is ErrorKind.REFUSED:
                return None  # rights that reach below a folder alone need not let anybody ask for an object of its name
            raise


def _found(one: ObjectMeta) -> FoundObject:
    tag = one["e_tag"]
    if not tag:
        raise ObjectStoreError(ErrorKind.LOST)  # nothing could be held to being the same
    return FoundObject(one["path"], one["size"], tag if '"' in tag else f'"{tag}"')


def _patience(size: int) -> timedelta:
    """How long a server may be silent after a put was begun: to obstore it is, while it is being sent the bytes, too.

    >>> str(_patience(1 << 20)), str(_patience(1 << 30))
    ('0:01:00', '1:09:00')
    """
    minutes = size // (60 * SLOWEST)  # whole ones: files of like size share a client
    return clouds.SILENCE + timedelta(minutes=minutes)


def _is_same(listed: str, answered: str) -> bool:
    """Whether two tags are one: a listing may leave out the quotation marks (Azure), or the dash with which the tag of what was
    put in parts begins (Google; whether its listing does was not tried)."""
    return listed.strip('-"') == answered.strip('-"')


def at_once(work: Callable[[One], Other], them: Iterable[One]) -> Sequence[Other]:
    """Do the same with several, a few at a time; the first trouble is raised when those under way have ended."""
    with ThreadPoolExecutor(AT_ONCE) as hands:
        waiting = [hands.submit(work, each) for each in them]
        try:
            return [each.result() for each in waiting]
        except BaseException:
            for each in waiting:
                each.cancel()
            raise
