"""Says in sentences what the employer declared about the tables: every key of a declaration is heard by the readers.

Rule: specification#declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from offduty.config.declarations import METRES_OF


def declared_sentences(documents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A sentence for each thing that is declared, table by table; ``documents`` as the manifest has them."""
    return [
        f"{table}: {sentence}"
        for table, document in documents.items()
        for key, words in _SENTENCES.items()
        if key in document
        for sentence in words(document[key])
    ]


def _zone(zone: str) -> Iterator[str]:
    yield f"times without an offset are of {zone}"


def _columns(columns: Mapping[str, str]) -> Iterator[str]:
    yield from (f"the column {written!r} of the files is {ours}" for ours, written in columns.items())


def _constants(constants: Mapping[str, str]) -> Iterator[str]:
    yield from (f"no file has {ours}; it is {value!r} in every row" for ours, value in constants.items())


def _values(values: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for column, words in values.items():
        yield from (f"{written!r} in {column} means {ours!r}" for written, ours in words.items())


def _times(times: Mapping[str, str]) -> Iterator[str]:
    forms = {"unix_s": "seconds since 1970", "unix_ms": "milliseconds since 1970", "excel": "days since 1899-12-30"}
    yield from (f"times in {column} are written as {forms.get(form, form)}" for column, form in times.items())


def _units(units: Mapping[str, str]) -> Iterator[str]:
    for column, unit in units.items():
        yield (
            f"numbers in {column} are {unit}" if unit in METRES_OF else f"numbers in {column} are multiplied by {unit}"
        )


def _distinct(columns: list[str]) -> Iterator[str]:
    yield from (f"ids in {column} that look alike are different things" for column in columns)


def _ignore(columns: list[str]) -> Iterator[str]:
    yield from (f"the column {column} is not used" for column in columns)


def _file(words: str) -> Callable[[Any], Iterator[str]]:
    return lambda value: iter([words.format(value)])


_SENTENCES: dict[str, Callable[[Any], Iterator[str]]] = {
    "time_zone": _zone,
    "columns": _columns,
    "constants": _constants,
    "values": _values,
    "times": _times,
    "units": _units,
    "decimal": _file("numbers have a decimal {!r}"),
    "distinct": _distinct,
    "ignore": _ignore,
    "skip_rows": _file("the first {} lines of each file are not read"),
    "delimiter": _file("{!r} stands between values"),
    "encoding": _file("text is encoded in {}"),
    "format": _file("files are read as {}"),
    "compression": _file("files are packed by {}"),
}
