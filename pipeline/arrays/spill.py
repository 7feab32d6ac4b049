"""Stores arrays by key until they are needed: in memory up to a limit, beyond it in temporary files without a name."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, TypeVar
from weakref import ref

import numpy as np
import numpy.typing as npt

FILE_BYTES = 1 << 28
"""A larger file is not written to again: few files are open at once, and their space is free again soon."""
Columns = TypeVar("Columns")
Other = TypeVar("Other")


class Spill(Generic[Columns]):
    """A store of columns by integer key: several may be added under one key, and `take` returns them as one.

    ``kind`` is a dataclass of equally long arrays with a static method ``together``, which concatenates. More than
    ``limit_bytes`` in memory are spilled to files in ``folder``. The files contain positions. They never have a name,
    so they are gone when the process ends, in whatever way (specification#silence), or when their last part was taken.
    """

    def __init__(self, kind: type[Columns], folder: Path, limit_bytes: int) -> None:
        self._kind = kind
        self._folder = folder
        self._limit = limit_bytes
        self._in_memory: dict[int, list[Columns]] = {}
        self._spilled: dict[int, list[_Part]] = {}
        self._memory_bytes = 0
        self._last_file: Callable[[], _NamelessFile | None] = lambda: None

    def add(self, key: int, columns: Columns) -> None:
        """Store more columns under a key; once the limit is passed, everything in memory is spilled."""
        self._in_memory.setdefault(key, []).append(columns)
        self._memory_bytes += _size(columns)
        if self._memory_bytes > self._limit:
            self._spill_all()

    def keys(self) -> list[int]:
        """The keys that have columns, sorted."""
        return sorted({*self._in_memory, *self._spilled})

    def take(self, key: int) -> Columns:
        """Return all columns of a key as one, and remove them. `OSError` where the disk does not return them."""
        spilled, in_memory = self._spilled.pop(key, []), self._in_memory.pop(key, [])
        self._memory_bytes -= sum(_size(columns) for columns in in_memory)
        if not spilled:
            together: Columns = self._kind.together(in_memory)  # type: ignore[attr-defined]
            return together
        return self._kind(**{name: _joined(name, spilled, in_memory) for name in self._names})

    def another(self, kind: type[Other]) -> Spill[Other]:
        """An empty store with the same folder and limit, for columns of any kind."""
        return Spill(kind, self._folder, self._limit)

    def rows(self, key: int) -> int:
        """How many rows a key has; 0 for a key without columns."""
        name = self._names[0]
        spilled = sum(part.extents[name][1] for part in self._spilled.get(key, []))
        return spilled + sum(len(getattr(columns, name)) for columns in self._in_memory.get(key, []))

    def blocks(self, key: int, rows: int) -> Iterator[Columns]:
        """The columns of a key in the order of adding, with at most so many rows at once; they stay where they are.
        `OSError` where the disk does not return them.
        """
        for values in zip(*(self.column(key, name, rows) for name in self._names), strict=True):
            yield self._kind(*values)

    def column(self, key: int, name: str, rows: int) -> Iterator[npt.NDArray[Any]]:
        """One of the columns, as in `blocks`."""
        for part in self._spilled.get(key, []):
            for start in range(0, part.extents[name][1], rows):
                yield part.read(name, start, rows)
        for columns in self._in_memory.get(key, []):
            values = getattr(columns, name)
            for start in range(0, len(values), rows):
                yield values[start : start + rows]

    def remove(self, key: int) -> None:
        """Remove all columns of a key, if it has any."""
        self._spilled.pop(key, None)
        self._memory_bytes -= sum(_size(columns) for columns in self._in_memory.pop(key, []))

    @property
    def _names(self) -> list[str]:
        return [field.name for field in fields(self._kind)]  # type: ignore[arg-type]

    def _spill_all(self) -> None:
        file = self._file()
        for key, parts in self._in_memory.items():
            columns: Any = self._kind.together(parts)  # type: ignore[attr-defined]
            arrays = {field.name: getattr(columns, field.name) for field in fields(columns)}
            self._spilled.setdefault(key, []).append(file.write(arrays))
        self._in_memory = {}
        self._memory_bytes = 0

    def _file(self) -> _NamelessFile:
        """The file to write to: the last one, unless it is large, or gone with its last part."""
        file = self._last_file()
        if file is None or file.bytes >= FILE_BYTES:
            file = _NamelessFile(self._folder)
            self._last_file = ref(file)
        return file


class _NamelessFile:
    """A temporary file without a name, closed when its last part is gone.

    It is only written at its end, and several threads may read it at once, while it is written too.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 (open until the object is deleted)
        self._end = 0

    def __del__(self) -> None:
        """Close the file, which deletes it."""
        self._file.close()

    @property
    def bytes(self) -> int:
        """How large it is."""
        return self._end

    def write(self, arrays: dict[str, npt.NDArray[Any]]) -> _Part:
        """Append arrays, one after the other."""
        extents: dict[str, tuple[int, int, np.dtype[Any]]] = {}
        for name, array in arrays.items():
            extents[name] = (self._end, len(array), array.dtype)
            self._append(np.ascontiguousarray(array).view(np.uint8).data)
        return _Part(self, extents)

    def _append(self, raw: memoryview) -> None:
        while len(raw):
            written = os.write(self._file.fileno(), raw)
            self._end += written
            raw = raw[written:]

    def read(self, offset: int, count: int, kind: np.dtype[Any]) -> npt.NDArray[Any]:
        """``count`` values from a byte offset on; `OSError` where the disk does not return them."""
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
    """The part of a file that belongs to one key: for each array its byte offset, its length and its type."""

    file: _NamelessFile
    extents: dict[str, tuple[int, int, np.dtype[Any]]]

    def read(self, name: str, start: int = 0, rows: int | None = None) -> npt.NDArray[Any]:
        """Read one of the arrays, or up to so many ``rows`` of it from ``start`` on."""
        offset, count, kind = self.extents[name]
        left = count - start
        return self.file.read(offset + start * kind.itemsize, left if rows is None else min(rows, left), kind)


def _joined(name: str, spilled: list[_Part], in_memory: list[Any]) -> npt.NDArray[Any]:
    """One array of all parts: array by array there are never two copies of all of them."""
    return np.concatenate([*(part.read(name) for part in spilled), *(getattr(part, name) for part in in_memory)])


def _size(columns: Any) -> int:
    return sum(getattr(columns, field.name).nbytes for field in fields(columns))
