"""Notes the devices that files of pings name while their rows are read anyway: then nobody has to search for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import pyarrow as pa
import pyarrow.compute as pc

from offduty.core.ids import clean_id


@dataclass(frozen=True)
class ReadDevices:
    """The devices of each file of pings, by its path; several threads may note at once."""

    _texts: dict[Path, pa.Array] = field(default_factory=dict)
    _rows: dict[Path, dict[int, int]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def note(self, path: Path, first_row: int, devices: pa.Array) -> None:
        """Note the devices of some rows of a file that follow one another, from ``first_row`` on; the same rows again
        are no harm.
        """
        texts = distinct_texts(devices).drop_null()
        with self._lock:
            before = self._texts.get(path, texts.slice(0, 0))
            self._texts[path] = pc.unique(pa.concat_arrays([before, texts]))
            self._rows.setdefault(path, {})[first_row] = len(devices)

    def of(self, path: Path, rows: int) -> frozenset[str] | None:
        """The devices of a file of so many ``rows``, if every one of them was noted; else None."""
        if not rows or sum(self._rows.get(path, {}).values()) != rows:
            return None
        return clean_ids(self._texts[path].to_pylist())


def distinct_texts(column: pa.Array) -> pa.Array:
    """Each value of a column once, as text; of a dictionary only what some row has."""
    if pa.types.is_dictionary(column.type):
        used = pc.unique(column.indices).drop_null()
        return column.dictionary.take(used).cast(pa.string())
    return pc.unique(column).cast(pa.string())


def clean_ids(written: Iterable[str | None]) -> frozenset[str]:
    """The ids that texts are, as `clean_id` reads them; texts that are none are left out."""
    ids = (clean_id(text) for text in written if text is not None)
    return frozenset(name for name in ids if name is not None)
