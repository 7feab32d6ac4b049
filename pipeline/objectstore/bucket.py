"""What is asked of an object store, whichever it is: find, fetch on a condition, create where nothing is, put, remove."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from offduty.objectstore.errors import Kind, ObjectTrouble, plain_troubles

AT_ONCE = 4
"""How many objects are on their way at the same time."""
Chunks = Callable[[bytes], Any]
One = TypeVar("One")
Other = TypeVar("Other")


@dataclass(frozen=True)
class Found:
    """An object: its key in the bucket, its bytes, and the tag that it has while it stays as it is."""

    key: str
    size: int
    tag: str


class Cloud(Protocol):
    """One bucket of one kind of object store; each may raise whatever its library raises."""

    loop: Any

    async def find(self, prefix: str) -> list[Found]: ...
    async def fetch(self, key: str, tag: str | None, write: Chunks) -> None: ...
    async def create(self, key: str, content: bytes) -> bool: ...
    async def put(self, path: Path, key: str) -> bool: ...
    async def remove(self, key: str) -> None: ...


class Shelf:
    """A bucket, spoken to in plain calls from any thread. Each raises `ObjectTrouble`, which quotes nothing."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def find(self, prefix: str) -> list[Found]:
        """All objects whose keys begin so, in the order of their keys. Empty ones that stand for folders are left out."""
        found = self._wait(self._cloud.find(prefix))
        held = (each for each in found if each.size or not each.key.endswith("/"))
        return sorted(held, key=lambda each: each.key)

    def fetch(self, found: Found, path: Path) -> None:
        """Copy an object into a new file, for its owner only; `Kind.CHANGED` where it is not the one that was found.

        What this machine's disk refuses is raised as the `OSError` that it is.
        """
        refused: list[OSError] = []
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:

            def write(chunk: bytes) -> None:
                try:
                    file.write(chunk)
                except OSError as error:
                    refused.append(error)
                    raise

            try:
                self._wait(self._cloud.fetch(found.key, found.tag, write))
            except ObjectTrouble:
                if refused:
                    raise refused[0] from None
                raise
            if file.tell() != found.size:
                raise ObjectTrouble(Kind.LOST)

    def read(self, key: str) -> bytes | None:
        """The bytes of a small object; None where it is not there."""
        parts: list[bytes] = []
        try:
            self._wait(self._cloud.fetch(key, None, parts.append))
        except ObjectTrouble as trouble:
            if trouble.kind is Kind.GONE:
                return None
            raise
        return b"".join(parts)

    def create(self, key: str, content: bytes) -> bool:
        """Put an object where none is, in one step that only one of several can win; whether this call did."""
        return bool(self._wait(self._cloud.create(key, content)))

    def sha256(self, found: Found) -> str:
        """The SHA-256 of an object's bytes, in hexadecimal digits."""
        digest = hashlib.sha256()
        self._wait(self._cloud.fetch(found.key, found.tag, digest.update))
        return digest.hexdigest()

    def put(self, path: Path, key: str) -> bool:
        """As `create`, with the bytes of a file, however many."""
        return bool(self._wait(self._cloud.put(path, key)))

    def remove(self, key: str) -> None:
        """Take an object away; one that is not there is no trouble."""
        try:
            self._wait(self._cloud.remove(key))
        except ObjectTrouble as trouble:
            if trouble.kind is not Kind.GONE:
                raise

    def _wait(self, asked: Any) -> Any:
        from fsspec.asyn import sync

        async def answered() -> Any:
            with plain_troubles():
                return await asked

        return sync(self._cloud.loop, answered)


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
