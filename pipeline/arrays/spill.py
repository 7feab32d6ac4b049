"""Holds arrays by key until they are wanted, in memory up to a limit and beyond it in files without a name."""

from __future__ import annotations

import errno
import os
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

Columns = TypeVar("Columns")


class Spill(Generic[Columns]):
    """Dataclasses of equally long arrays (with a static ``together``), kept by an integer key and given back as one.

    What is written are positions. The files have no name from the moment they exist: they are gone with the process,
    however that ends (SPEC 9), and when the last of what they hold was taken.
    """

    def __init__(self, kind: type[Columns], folder: Path, limit_bytes: int) -> None:
        self._kind = kind
        self._folder = folder
        self._limit = limit_bytes
        self._held: dict[int, list[Columns]] = {}
        self._written: dict[int, list[_Part]] = {}
        self._bytes = 0

    def add(self, key: int, columns: Columns) -> None:
        """Keep some more under a key; when the limit is passed, all that is held goes to the folder."""
        self._held.setdefault(key, []).append(columns)
        self._bytes += _size(columns)
        if self._bytes > self._limit:
            self._write_all()

    def keys(self) -> list[int]:
        """The keys under which anything is kept."""
        return sorted({*self._held, *self._written})

    def take(self, key: int) -> Columns:
        """Give back all that is kept under a key, and forget it."""
        parts = [self._kind(**part.read()) for part in self._written.pop(key, [])]
        held = self._held.pop(key, [])
        self._bytes -= sum(_size(columns) for columns in held)
        together: Columns = self._kind.together([*parts, *held])  # type: ignore[attr-defined]
        return together

    def _write_all(self) -> None:
        file = _Nameless(self._folder)
        for key, parts in self._held.items():
            columns: Any = self._kind.together(parts)  # type: ignore[attr-defined]
            arrays = {field.name: getattr(columns, field.name) for field in fields(columns)}
            self._written.setdefault(key, []).append(file.write(arrays))
        self._held = {}
        self._bytes = 0


class _Nameless:
    """A file without a name, closed when nothing is left that was not read. It is only written at its end, and may be
    read by several threads.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 (open until all is taken)
        self._end = 0

    def __del__(self) -> None:
        """What was not taken goes, too."""
        self._file.close()

    def write(self, arrays: dict[str, npt.NDArray[Any]]) -> _Part:
        """Put arrays at the end, one after the other."""
        places: dict[str, tuple[int, int, np.dtype[Any]]] = {}
        for name, array in arrays.items():
            places[name] = (self._end, len(array), array.dtype)
            self._append(np.ascontiguousarray(array).view(np.uint8).data)
        return _Part(self, places)

    def _append(self, raw: memoryview) -> None:
        while len(raw):
            written = os.write(self._file.fileno(), raw)
            self._end += written
            raw = raw[written:]

    def read(self, offset: int, count: int, kind: np.dtype[Any]) -> npt.NDArray[Any]:
        """So many values from an offset on; `OSError` where the disk does not give them back."""
        array = np.empty(count, kind)
        raw = array.view(np.uint8).data
        while len(raw):
            got = os.preadv(self._file.fileno(), [raw], offset)
            if not got:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            offset += got
            raw = raw[got:]
        return array


@dataclass(frozen=True)
class _Part:
    """What one key has in a file: for each array where it begins, how many values it has, and of which type."""

    file: _Nameless
    places: dict[str, tuple[int, int, np.dtype[Any]]]

    def read(self) -> dict[str, npt.NDArray[Any]]:
        """The arrays again."""
        return {name: self.file.read(*place) for name, place in self.places.items()}


def _size(columns: Any) -> int:
    return sum(getattr(columns, field.name).nbytes for field in fields(columns))
