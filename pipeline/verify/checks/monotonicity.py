"""Check 6: a later run releases no row that an earlier run hid, unless something changed between the two.

A ping is identified by the SHA-256 of its file and its row number, so two runs over the same files can be compared by
their ledgers alone (specification#supersede). Where a row was hidden and is released later, one of these must have
changed: the policy, an input, the version, or what was known (rows recorded, or windows ended, since the earlier
``as_of``). By older rules than those of version 0.2.0 a ping after ``as_of`` was in the quarantine, and may be released
later; since then a row of the quarantine becomes a ping only when other things are declared about its file.
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

from offduty.verify.checks.rules_version import older_rules
from offduty.verify.entries import AuditedEntry
from offduty.verify.manifest_schema import QUARANTINED, REASONS, TABLE_NAMES
from offduty.verify.output_files import is_plain, output_path, where
from offduty.verify.verdict import DAMAGED, Check, CheckBuilder, Count, EntryNumber, Explanation, Unit, explain, join

Ints = npt.NDArray[np.int64]

RELEASED = REASONS.index("on_duty")
NOT_RECORDED = 255
MOST_ROWS = 100_000_000
"""So many rows of inputs fit into memory: five bytes each."""
WORDS = (*REASONS, *(f"quarantine:{word}" for word in QUARANTINED))


@dataclass
class _NewestReasons:
    """The newest reason of each row of a file, as a place in `WORDS` or NOT_RECORDED, and the place of its run."""

    word: npt.NDArray[np.uint8]
    by: npt.NDArray[np.int32]


def check_monotonicity(store: Path, runs: list[AuditedEntry]) -> Check:
    """6.1: each run against the newest earlier run that recorded the same row."""
    check = CheckBuilder(
        "6.1",
        "nothing is released later that was not before, unless something changed",
        "rows recorded twice",
        Unit.ROWS,
    )
    newest: dict[str, _NewestReasons] = {}
    explained: Counter[Explanation] = Counter()
    several = comparable(runs)
    for place, run in enumerate(several):
        sizes = {key: int(source["rows"]) for key, source in _ping_files(run)}
        try:
            for key, rows, words in recorded(store, run):
                if key not in newest:
                    newest[key] = _none_recorded(sizes[key])
                _compare(check, explained, several, (place, rows, words), newest[key])
        except DAMAGED:
            check.not_done(
                explain("entry {entry}: its ledger or quarantine cannot be read", entry=EntryNumber(run.number))
            )
    changes_found = [
        explain("{rows} released later, explained: {why}", rows=Count(rows, Unit.ROWS), why=why)
        for why, rows in sorted(explained.items(), key=lambda item: str(item[0]))
    ]
    unchanged = explain("no row was released later that was hidden before")
    return check.result(join(changes_found) if changes_found else unchanged, "no two runs recorded the same row")


def _none_recorded(rows: int) -> _NewestReasons:
    return _NewestReasons(np.full(rows, NOT_RECORDED, np.uint8), np.zeros(rows, np.int32))


def comparable(runs: list[AuditedEntry]) -> list[AuditedEntry]:
    """The runs to compare: all of them if their ping files fit into memory, else those whose intervals overlap.

    In the second case an interval that an operator stated wrongly is found only with the inputs (check 4.2).
    """
    rows = {key: int(source["rows"]) for run in runs for key, source in _ping_files(run)}
    if sum(rows.values()) <= MOST_ROWS:
        return runs
    spans = sorted((*_span(run), place) for place, run in enumerate(runs))
    overlapping: set[int] = set()
    latest_end, latest = datetime.min.replace(tzinfo=UTC), -1
    for begin, end, place in spans:
        if latest >= 0 and begin < latest_end:
            overlapping |= {latest, place}
        if end > latest_end:
            latest_end, latest = end, place
    return [run for place, run in enumerate(runs) if place in overlapping]


def _span(run: AuditedEntry) -> tuple[datetime, datetime]:
    """A run's interval; where it has no start or end, the first or last instant there is."""
    interval = run.document["interval"]
    begin = datetime.fromisoformat(interval["from"]) if interval["from"] else datetime.min.replace(tzinfo=UTC)
    return begin, datetime.fromisoformat(interval["to"]) if interval["to"] else datetime.max.replace(tzinfo=UTC)


def _compare(
    check: CheckBuilder,
    explained: Counter[Explanation],
    runs: list[AuditedEntry],
    batch: tuple[int, Ints, npt.NDArray[np.uint8]],
    newest: _NewestReasons,
) -> None:
    """Compare the rows of one batch with their newest reasons so far, and make the batch the newest."""
    place, rows, words = batch
    old, by = newest.word[rows], newest.by[rows]
    again = (old != NOT_RECORDED) & (by != place)
    check.add(int(again.sum()))
    grown = np.flatnonzero(again & (words == RELEASED) & (old != RELEASED))
    for earlier, word in {(int(by[i]), int(old[i])) for i in grown}:
        which = rows[grown[(by[grown] == earlier) & (old[grown] == word)]]
        changed = ", ".join(changes(runs[earlier].document, runs[place].document, WORDS[word]))
        if changed:
            since = EntryNumber(runs[earlier].number)
            why = explain(
                "was {word}, and since entry {since} {changed}", word=WORDS[word], since=since, changed=changed
            )
            explained[why] += len(which)
            continue
        what = f"was {WORDS[word]} in entry {runs[earlier].number}, is released now, and nothing changed in between"
        check.all_wrong(
            (f"{where(runs[place])}: row {row} of an input {what}" for row in which[:20].tolist()), len(which)
        )
    newest.word[rows], newest.by[rows] = words, place


MAY_RELEASE: dict[str, tuple[str, ...]] = {
    "unassigned": ("assignments",),
    "shared": ("assignments",),
    "off_duty": ("roster", "assignments"),
    "late_edit": ("roster", "assignments"),
    "window_open": TABLE_NAMES,
    "imprecise": ("assignments",),
    "no_home": ("places", "sites", "assignments"),
    "protected_place": ("places", "sites", "assignments"),
    "home_leg": TABLE_NAMES,
    "duplicate": TABLE_NAMES,
    "quarantine:future_time": TABLE_NAMES,
}
"""By reason, the tables whose change may release the ping.

A place far from every site is read otherwise (specification#far-place), so sites count for places too.
"""
NEEDS_TIME = ("window_open", "quarantine:future_time", "home_leg", "duplicate")
NEEDS_ROSTER = ("off_duty", "late_edit", "window_open", "home_leg", "duplicate")


def changes(before: Mapping[str, Any], after: Mapping[str, Any], word: str) -> Iterator[str]:
    """What changed between two manifests that may release a ping which had this reason, one of `WORDS`."""
    if before["versions"]["offduty"] != after["versions"]["offduty"]:
        yield "the version changed"
    declared = [each.get("declarations", {}) for each in (before, after)]
    if declared[0] != declared[1]:
        yield "the declarations changed"
    if word.startswith("quarantine:") and not (word == "quarantine:future_time" and older_rules(before)):
        return
    if before["policy_sha256"] != after["policy_sha256"]:
        yield "the policy changed"
    for table in MAY_RELEASE[word]:
        if _files(before, table) != _files(after, table):
            yield f"{table} changed"
    if datetime.fromisoformat(after["as_of"]) > datetime.fromisoformat(before["as_of"]):
        yield from _became_known(before, word)


def _became_known(before: Mapping[str, Any], word: str) -> Iterator[str]:
    """What a later ``as_of`` alone may have changed."""
    if word == "quarantine:future_time":
        yield "its instant is no longer in the future"
    if before["open_windows"] and word in NEEDS_TIME:
        yield "duty windows that were open have ended"
    recorded_at = before["last_recorded_at"]
    later = recorded_at and datetime.fromisoformat(recorded_at) > datetime.fromisoformat(before["as_of"])
    if later and word in NEEDS_ROSTER:
        yield "roster rows recorded since are known"
    for table in ("assignments", "places"):
        if before.get("recorded_after_as_of", {}).get(table) and table in MAY_RELEASE[word]:
            yield f"rows of {table} recorded since are known"


def _files(document: Mapping[str, Any], table: str) -> list[str]:
    return sorted(source["sha256"] for source in document["inputs"] if source["table"] == table)


def recorded(store: Path, run: AuditedEntry) -> Iterator[tuple[str, Ints, npt.NDArray[np.uint8]]]:
    """What a run recorded, batch by batch: the key of a ping file, row numbers in it, and their places in `WORDS`."""
    keys = {source["file"]: key for key, source in _ping_files(run)}
    for output in run.document["outputs"]:
        part = output["name"].partition("/")[0]
        path = output_path(store, run, output["name"])
        if part == "release" or not is_plain(store, path):
            continue
        prefix = "quarantine:" if part == "quarantine" else ""
        spelled = pa.array([word.removeprefix(prefix) if word.startswith(prefix) else "" for word in WORDS])
        for batch in pq.ParquetFile(path).iter_batches(1 << 20, columns=["file", "row", "reason"]):
            words = pc.fill_null(pc.index_in(batch["reason"], spelled), NOT_RECORDED).to_numpy(zero_copy_only=False)
            file, row = batch["file"].to_numpy(), batch["row"].to_numpy()
            for number in np.unique(file).tolist():
                mine = file == number
                yield keys[number], row[mine], words[mine].astype(np.uint8)


def _ping_files(run: AuditedEntry) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The ping files of a run, each with a key: its SHA-256, and its place among files with the same bytes."""
    copies: Counter[str] = Counter()
    for source in run.document["inputs"]:
        if source["table"] == "pings":
            yield f"{source['sha256']}/{copies[source['sha256']]}", source
            copies[source["sha256"]] += 1
