"""Counts again how the rows of one ledger fared in another one, and prints that by the rules of the guard.

Ledgers are laid side by side file by file, and row by row: a file of pings is the same in both if its bytes are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.core.reasons import Reason
from offduty.verify.answers_again.answers import TEN, as_csv

WORDS = [reason.word for reason in Reason]
FEWER, NONE, OTHERS = "fewer than 10", "none", "any other"
Fates = Counter[tuple[str, str]]
"""How many rows had the one reason and then the other."""


def read_ledger(files: Sequence[Path]) -> pa.Table:
    """The rows of a ledger, in order: ``file``, ``row``, and ``code``, the place of the reason in `WORDS`."""
    tables = [pq.read_table(path, columns=["file", "row", "reason"], partitioning=None) for path in files]
    table = pa.concat_tables(tables)
    codes = pc.index_in(pc.cast(table["reason"], pa.string()), pa.array(WORDS))
    return table.set_column(2, "code", codes).sort_by([("file", "ascending"), ("row", "ascending")])


def fates(one: Mapping[str, Any], other: Mapping[str, Any], ledgers: tuple[pa.Table, pa.Table]) -> Fates | None:
    """What became of each row, by two manifests and their ledgers; None where these are not of the same rows."""
    found, rows = Fates(), 0
    parts = [_by_file(ledger) for ledger in ledgers]
    for first, second in _same_files(one["inputs"], other["inputs"]):
        (places, was), (others, became) = parts[0].get(first, _EMPTY), parts[1].get(second, _EMPTY)
        if not np.array_equal(places, others):
            return None
        rows += len(places)
        for number, count in zip(*np.unique(was * len(WORDS) + became, return_counts=True), strict=True):
            before, after = divmod(int(number), len(WORDS))
            found[WORDS[before], WORDS[after]] += int(count)
    return found if rows == len(ledgers[0]) == len(ledgers[1]) else None


_EMPTY = np.zeros(0, np.int64), np.zeros(0, np.int64)


def _by_file(ledger: pa.Table) -> dict[int, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Rows and codes of each file of pings."""
    file, row, code = (ledger[name].to_numpy().astype(np.int64) for name in ("file", "row", "code"))
    return {int(number): (row[file == number], code[file == number]) for number in np.unique(file)}


def _same_files(one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
    """The numbers of each file of pings in both manifests; of files with the same bytes, in order."""
    left: dict[str, list[int]] = defaultdict(list)
    for each in one:
        left[each["sha256"]] += [each["file"]] if each["table"] == "pings" else []
    for each in other:
        if each["table"] == "pings" and left[each["sha256"]]:
            yield left[each["sha256"]].pop(0), each["file"]


def comparison_tables(found: Fates) -> dict[str, bytes]:
    """The two tables of a comparison, by name."""
    shown = _shown(found)
    few = sum(count for (was, became), count in found.items() if was != became and count < TEN)
    rest = f"{_tens(few):,}" if few >= TEN else FEWER
    changes = [[was, became, f"{count:,}"] for (was, became), count in shown.items()]
    return {
        "comparison.csv": as_csv([["was", "became", "rows"], *changes, [OTHERS, OTHERS, rest]]),
        "comparison-reasons.csv": as_csv([["reason", "one", "other"], *_margins(found, shown)]),
    }


def _shown(found: Fates) -> dict[tuple[str, str], int]:
    """The changes of ten rows or more, in tens, in the order of the reasons."""
    pairs = [(was, became) for was in WORDS for became in WORDS if was != became]
    return {pair: _tens(found[pair]) for pair in pairs if found[pair] >= TEN}


def _margins(found: Fates, shown: Mapping[tuple[str, str], int]) -> Iterator[list[str]]:
    """Each reason with its rows in the one, and in the other by what is shown of the changes, and by nothing else."""
    for word in WORDS:
        exact = sum(count for (was, _), count in found.items() if was == word)
        gained = sum(count for (_, became), count in shown.items() if became == word)
        lost = sum(count for (was, _), count in shown.items() if was == word)
        if 0 < exact < TEN:
            yield [word, FEWER, _words(gained - lost) if gained - lost >= TEN else FEWER]
        else:
            yield [word, _words(_tens(exact)), _words(max(_tens(exact) + gained - lost, 0))]


def _tens(count: int) -> int:
    return (count + TEN // 2) // TEN * TEN


def _words(count: int) -> str:
    return f"{count:,}" if count else NONE
