"""Check 6: where runs overlap, nothing is released by a later run and was not by an earlier one, unless something changed.

A ping is known again by the SHA-256 of its file and its row: two runs over the same files can be compared from their ledgers
alone. What was not released and later is must be explained by what changed between the two: the policy, an input, a key, the
version, or the roster of the time (rows recorded, or windows ended, since the earlier ``as_of``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.verify.checks import DAMAGED, Check, Look
from pipeline.verify.folders import output_path, where
from pipeline.verify.inside import QUARANTINED, REASONS
from pipeline.verify.trail import Entry

Ints = npt.NDArray[np.int64]

RELEASED = REASONS.index("on_duty")
NOWHERE = 255
WORDS = (*REASONS, *(f"quarantine:{word}" for word in QUARANTINED))


@dataclass
class _Known:
    """What the newest run said of each row of a file so far, and which run that was; NOWHERE where none did."""

    word: npt.NDArray[np.uint8]
    by: npt.NDArray[np.int32]


def check_monotony(store: Path, runs: list[Entry]) -> Check:
    """6.1: each run against the newest earlier one that recorded the same row."""
    look = Look("6.1", "nothing is released later that was not before, unless something changed", "rows recorded twice")
    known: dict[str, _Known] = {}
    explained: Counter[str] = Counter()
    several = [run for run in runs if any(_overlap(run, other) for other in runs if other is not run)]
    for place, run in enumerate(several):
        try:
            for key, rows, words in recorded(store, run):
                held = known.setdefault(key, _nothing(int(_source(run, key)["rows"])))
                _compare(look, explained, several, (place, rows, words), held)
        except DAMAGED:
            look.undone(f"{where(run)}: its ledger or quarantine cannot be read")
    told = "; ".join(f"{count:,} released later, explained: {why}" for why, count in sorted(explained.items()))
    return look.over(told or "no row was released later that was hidden before", "no two runs recorded the same row")


def _nothing(rows: int) -> _Known:
    return _Known(np.full(rows, NOWHERE, np.uint8), np.zeros(rows, np.int32))


def _overlap(one: Entry, other: Entry) -> bool:
    first, second = one.document["interval"], other.document["interval"]
    return _before(first["from"], second["to"]) and _before(second["from"], first["to"])


def _before(begin: str, end: str) -> bool:
    """Whether an interval begins before another ends; an open end is empty."""
    return not begin or not end or moment(begin) < moment(end)


def moment(written: str) -> datetime:
    """An instant of a manifest."""
    return datetime.fromisoformat(written)


def _compare(
    look: Look, explained: Counter[str], runs: list[Entry], now: tuple[int, Ints, npt.NDArray[np.uint8]], held: _Known
) -> None:
    """Rows of one batch against what was known of them; then they are what is known."""
    place, rows, words = now
    old, by = held.word[rows], held.by[rows]
    again = (old != NOWHERE) & (by != place)
    look.at(int(again.sum()))
    grown = np.flatnonzero(again & (words == RELEASED) & (old != RELEASED))
    for earlier, word in {(int(by[i]), int(old[i])) for i in grown}:
        which = rows[grown[(by[grown] == earlier) & (old[grown] == word)]]
        why = ", ".join(changes(runs[earlier].document, runs[place].document, WORDS[word]))
        if why:
            explained[f"was {WORDS[word]}, and since entry {runs[earlier].number} {why}"] += len(which)
            continue
        what = f"was {WORDS[word]} in entry {runs[earlier].number}, is released now, and nothing changed in between"
        look.all_wrong(
            (f"{where(runs[place])}: row {row} of an input {what}" for row in which[:20].tolist()), len(which)
        )
    held.word[rows], held.by[rows] = words, place


def changes(before: Mapping[str, Any], after: Mapping[str, Any], word: str) -> Iterator[str]:
    """What changed from one run to the next that may release a ping which had this reason."""
    if before["policy_sha256"] != after["policy_sha256"]:
        yield "the policy changed"
    if before["keys"] != after["keys"]:
        yield "a key changed"
    if before["versions"].get("offduty") != after["versions"].get("offduty"):
        yield "the version changed"
    for table in ("pings", "assignments", "roster", "places", "sites"):
        if _files(before, table) != _files(after, table):
            yield f"{table} changed"
    if moment(after["as_of"]) > moment(before["as_of"]):
        if word == "quarantine:future_time":
            yield "its time has come"
        if before["open_windows"]:
            yield "duty windows that were open have ended"
        if before["last_recorded_at"] and moment(before["last_recorded_at"]) > moment(before["as_of"]):
            yield "roster rows recorded since are known"


def _files(document: Mapping[str, Any], table: str) -> list[str]:
    return sorted(source["sha256"] for source in document["inputs"] if source["table"] == table)


def recorded(store: Path, run: Entry) -> Iterator[tuple[str, Ints, npt.NDArray[np.uint8]]]:
    """What a run recorded, piece by piece: a file of pings, rows of it, and the word of each, numbered as in `WORDS`."""
    keys = {source["file"]: key for key, source in _sources(run)}
    for output in run.document["outputs"]:
        part = output["name"].partition("/")[0]
        path = output_path(store, run, output["name"])
        if part == "release" or not path.is_file():
            continue
        prefix = "quarantine:" if part == "quarantine" else ""
        spelled = pa.array([word.removeprefix(prefix) if word.startswith(prefix) else "" for word in WORDS])
        for batch in pq.ParquetFile(path).iter_batches(1 << 20, columns=["file", "row", "reason"]):
            words = pc.fill_null(pc.index_in(batch["reason"], spelled), NOWHERE).to_numpy(zero_copy_only=False)
            file, row = batch["file"].to_numpy(), batch["row"].to_numpy()
            for number in np.unique(file).tolist():
                mine = file == number
                yield keys[number], row[mine], words[mine].astype(np.uint8)


def _sources(run: Entry) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The files of pings, each under its SHA-256, and its place among files of the same bytes."""
    seen: Counter[str] = Counter()
    for source in run.document["inputs"]:
        if source["table"] == "pings":
            yield f"{source['sha256']}/{seen[source['sha256']]}", source
            seen[source["sha256"]] += 1


def _source(run: Entry, key: str) -> Mapping[str, Any]:
    return dict(_sources(run))[key]
