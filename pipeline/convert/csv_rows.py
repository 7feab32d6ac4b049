"""Reads CSV as programs export it: by the names of its columns, with commas, semicolons or tabs between them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence

from offduty.convert.reading import Reading, Row
from offduty.core.count_words import number_of

DELIMITERS = ",;\t"


def rows_of(reading: Reading) -> Iterator[tuple[int, Row]]:
    """Each row with its number, counted from 0; values by the names in the header.

    Empty lines are passed over. Raises `InputError` for a row with more or fewer values than the header.
    """
    with reading.text() as text:
        head = text.readline()
        delimiter = max(DELIMITERS, key=head.count)
        names = [name.strip() for name in next(csv.reader([head], delimiter=delimiter), [])]
        if not any(names):
            raise reading.refusal("the file is empty: not even a header names its columns")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise reading.refusal(f"the header has a column twice: {', '.join(twice) or 'one without a name'}")
        try:
            rows = (values for values in csv.reader(text, delimiter=delimiter, strict=True) if values)
            for number, values in enumerate(rows):
                if len(values) != len(names):
                    columns = number_of(len(names), "column")
                    raise reading.refusal(
                        f"it has {number_of(len(values), 'value')}, and the header has {columns}:"
                        f" a value with a {delimiter!r} in it is not quoted, or the row is cut short",
                        number,
                    )
                yield number, dict(zip(names, values, strict=True))
        except csv.Error:
            raise reading.refusal("it is not CSV: a quote is never closed, or is in the middle of a value") from None


def renamed(
    reading: Reading, columns: Mapping[str, Sequence[str]], required: Sequence[str]
) -> Iterator[tuple[int, Row]]:
    """The rows with our names of columns. ``columns`` has, for each of ours, the names that programs give it; upper and
    lower case, spaces and underscores in them do not matter. Raises `InputError` where a required one is not there.
    """
    found: dict[str, str] = {}
    for number, row in rows_of(reading):
        if not number:
            found = _found(reading, list(row), columns, required)
        yield number, {ours: row[theirs] for ours, theirs in found.items()}


def _found(
    reading: Reading, names: list[str], columns: Mapping[str, Sequence[str]], required: Sequence[str]
) -> dict[str, str]:
    written = {_plain(name): name for name in reversed(names)}
    found = {
        ours: next(written[_plain(name)] for name in spellings if _plain(name) in written)
        for ours, spellings in columns.items()
        if any(_plain(name) in written for name in spellings)
    }
    missing = [f"{ours} (such as {columns[ours][0]!r})" for ours in required if ours not in found]
    if missing:
        raise reading.refusal(
            f"no column is found for {', '.join(missing)}; its header is {', '.join(map(repr, names[:30]))}"
        )
    return found


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())
