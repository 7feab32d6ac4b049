"""Holds arrays by key until they are wanted, in memory up to a limit and beyond it in the run's private folder."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

Columns = TypeVar("Columns")


class Spool(Generic[Columns]):
    """Dataclasses of equally long arrays (with a static ``together``), kept by an integer key and given back as one."""

    def __init__(self, kind: type[Columns], folder: Path, limit_bytes: int) -> None:
        self._kind = kind
        self._folder = folder
        self._limit = limit_bytes
        self._held: dict[int, list[Columns]] = {}
        self._written: dict[int, list[Path]] = {}
        self._bytes = 0
        self._files = 0

    def add(self, key: int, columns: Columns) -> None:
        """Keep some more under a key; when the limit is passed, all that is held goes to the folder."""
        self._held.setdefault(key, []).append(columns)
        self._bytes += _size(columns)
        if self._bytes > self._limit:
            self._write_all()

    def kept(self) -> list[int]:
        """The keys under which anything is kept."""
        return sorted({*self._held, *self._written})

    def take(self, key: int) -> Columns:
        """Give back all that is kept under a key, and forget it."""
        parts = [self._read(path) for path in self._written.pop(key, [])]
        held = self._held.pop(key, [])
        self._bytes -= sum(_size(columns) for columns in held)
        together: Columns = self._kind.together([*parts, *held])  # type: ignore[attr-defined]
        return together

    def _write_all(self) -> None:
        for key, parts in self._held.items():
            columns: Any = self._kind.together(parts)  # type: ignore[attr-defined]
            path = self._folder / f"spool-{id(self):x}-{self._files}.npz"
            with path.open("wb") as file:
                np.savez(file, **{field.name: getattr(columns, field.name) for field in fields(columns)})
            self._written.setdefault(key, []).append(path)
            self._files += 1
        self._held = {}
        self._bytes = 0

    def _read(self, path: Path) -> Columns:
        with np.load(path) as file:
            columns = self._kind(**{field.name: file[field.name] for field in fields(self._kind)})  # type: ignore[arg-type]
        path.unlink()
        return columns


def _size(columns: Any) -> int:
    return sum(getattr(columns, field.name).nbytes for field in fields(columns))
