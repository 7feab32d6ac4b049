"""Check 6: where runs overlap, nothing is released by a later run and was not by an earlier one, unless something
changed.

A ping is known again by the SHA-256 of its file and its row: two runs over the same files can be compared from their
ledgers alone. What was not released and later is must be explained by what changed between the two: the policy, an
input, a key, the version, or the roster of the time (rows recorded, or windows ended, since the earlier ``as_of``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.verify.checks.files import is_plain, output_path, where
from offduty.verify.entries import AuditedEntry
from offduty.verify.manifest_schema import QUARANTINED, REASONS
from offduty.verify.verdict import DAMAGED, Check, CheckBuilder

Ints = npt.NDArray[np.int64]

RELEASED = REASONS.index("on_duty")
NOWHERE = 255
MOST_ROWS = 100_000_000
"""So many rows of inputs can be held: five bytes each."""
WORDS = (*REASONS, *(f"quarantine:{word}" for word in QUARANTINED))


@dataclass
class _NewestReasons:
    """What the newest run said of each row of a file so far, and which run that was; NOWHERE where none did."""

    word: npt.NDArray[np.uint8]
    by: npt.NDArray[np.int32]


def check_monotony(store: Path, runs: list[AuditedEntry]) -> Check:
    """6.1: each run against the newest earlier one that recorded the same row."""
    look = CheckBuilder(
        "6.1", "nothing is released later that was not before, unless something changed", "rows recorded twice"
    )
    known: dict[str, _NewestReasons] = {}
    explained: Counter[str] = Counter()
    several = comparable(runs)
    for place, run in enumerate(several):
        sizes = {key: int(source["rows"]) for key, source in _sources(run)}
        try:
            for key, rows, words in recorded(store, run):
                if key not in known:
                    known[key] = _nothing(sizes[key])
                _compare(look, explained, several, (place, rows, words), known[key])
        except DAMAGED:
            look.undone(f"{where(run)}: its ledger or quarantine cannot be read")
    told = "; ".join(f"{count:,} released later, explained: {why}" for why, count in sorted(explained.items()))
    return look.over(told or "no row was released later that was hidden before", "no two runs recorded the same row")


def _nothing(rows: int) -> _NewestReasons:
    return _NewestReasons(np.full(rows, NOWHERE, np.uint8), np.zeros(rows, np.int32))


def comparable(runs: list[AuditedEntry]) -> list[AuditedEntry]:
    """The runs to compare: all of them while their files of pings are small enough to hold; else those whose intervals
    overlap another's, for then an interval that was told otherwise than it was would need the inputs to be found."""
    rows = {key: int(source["rows"]) for run in runs for key, source in _sources(run)}
    if sum(rows.values()) <= MOST_ROWS:
        return runs
    spans = sorted((*_span(run), place) for place, run in enumerate(runs))
    kept: set[int] = set()
    reach, whose = datetime.min.replace(tzinfo=UTC), -1
    for begin, end, place in spans:
        if whose >= 0 and begin < reach:
            kept |= {whose, place}
        if end > reach:
            reach, whose = end, place
    return [run for place, run in enumerate(runs) if place in kept]


def _span(run: AuditedEntry) -> tuple[datetime, datetime]:
    """A run's interval; an open end lies at the end of time."""
    interval = run.document["interval"]
    begin = moment(interval["from"]) if interval["from"] else datetime.min.replace(tzinfo=UTC)
    return begin, moment(interval["to"]) if interval["to"] else datetime.max.replace(tzinfo=UTC)


def moment(written: str) -> datetime:
    """An instant of a manifest."""
    return datetime.fromisoformat(written)


def _compare(
    look: CheckBuilder,
    explained: Counter[str],
    runs: list[AuditedEntry],
    now: tuple[int, Ints, npt.NDArray[np.uint8]],
    held: _NewestReasons,
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


ANYTHING = ("pings", "assignments", "roster", "places", "sites")
MAY_RELEASE: dict[str, tuple[str, ...]] = {
    "unassigned": ("assignments",),
    "shared": ("assignments",),
    "off_duty": ("roster", "assignments"),
    "late_edit": ("roster", "assignments"),
    "window_open": ANYTHING,
    "imprecise": ("assignments",),
    "no_home": ("places", "assignments"),
    "protected_place": ("places", "assignments"),
    "home_leg": ANYTHING,
    "duplicate": ANYTHING,
    "quarantine:future_time": ANYTHING,
}
"""The tables of which a change may release a ping that had this reason; a row that was no ping stays none."""
NEEDS_TIME = ("window_open", "quarantine:future_time", "home_leg", "duplicate")
NEEDS_ROSTER = ("off_duty", "late_edit", "window_open", "home_leg", "duplicate")


def changes(before: Mapping[str, Any], after: Mapping[str, Any], word: str) -> Iterator[str]:
    """What changed from one run to the next that may release a ping which had this reason."""
    if word.startswith("quarantine:") and word != "quarantine:future_time":
        return
    if before["policy_sha256"] != after["policy_sha256"]:
        yield "the policy changed"
    if before["versions"]["offduty"] != after["versions"]["offduty"]:
        yield "the version changed"
    for table in MAY_RELEASE[word]:
        if _files(before, table) != _files(after, table):
            yield f"{table} changed"
    if moment(after["as_of"]) > moment(before["as_of"]):
        if word == "quarantine:future_time":
            yield "its time has come"
        if before["open_windows"] and word in NEEDS_TIME:
            yield "duty windows that were open have ended"
        recorded_at = before["last_recorded_at"]
        if recorded_at and moment(recorded_at) > moment(before["as_of"]) and word in NEEDS_ROSTER:
            yield "roster rows recorded since are known"


def _files(document: Mapping[str, Any], table: str) -> list[str]:
    return sorted(source["sha256"] for source in document["inputs"] if source["table"] == table)


def recorded(store: Path, run: AuditedEntry) -> Iterator[tuple[str, Ints, npt.NDArray[np.uint8]]]:
    """What a run recorded, piece by piece: a file of pings, rows of it, and the word of each, numbered as in `WORDS`."""
    keys = {source["file"]: key for key, source in _sources(run)}
    for output in run.document["outputs"]:
        part = output["name"].partition("/")[0]
        path = output_path(store, run, output["name"])
        if part == "release" or not is_plain(store, path):
            continue
        prefix = "quarantine:" if part == "quarantine" else ""
        spelled = pa.array([word.removeprefix(prefix) if word.startswith(prefix) else "" for word in WORDS])
        for batch in pq.ParquetFile(path).iter_batches(1 << 20, columns=["file", "row", "reason"]):
            words = pc.fill_null(pc.index_in(batch["reason"], spelled), NOWHERE).to_numpy(zero_copy_only=False)
            file, row = batch["file"].to_numpy(), batch["row"].to_numpy()
            for number in np.unique(file).tolist():
                mine = file == number
                yield keys[number], row[mine], words[mine].astype(np.uint8)


def _sources(run: AuditedEntry) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The files of pings, each under its SHA-256, and its place among files of the same bytes."""
    seen: Counter[str] = Counter()
    for source in run.document["inputs"]:
        if source["table"] == "pings":
            yield f"{source['sha256']}/{seen[source['sha256']]}", source
            seen[source["sha256"]] += 1
