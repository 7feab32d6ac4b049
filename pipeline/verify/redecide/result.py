"""Puts together what was found: rows lost, recorded twice or strangely, decided otherwise, and the small print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from offduty.verify.redecide.decision.reference import SettledTables
from offduty.verify.redecide.decision.scan import PingScan, with_first_rows
from offduty.verify.redecide.ingest.quarantine_rows import same_text, wrong_in_parquet
from offduty.verify.redecide.ingest.recorded import FileOffsets, RecordedCodes, outputs_of
from offduty.verify.redecide.model import (
    FIRST_QUARANTINED,
    LISTED,
    NOTHING,
    UNDECIDED,
    WORDS,
    Bools,
    CappedDifferences,
    Cell,
    Codes,
    Difference,
    Ints,
    RunCase,
    Soundness,
)
from offduty.verify.redecide.outputs.check_release import ReleaseCheck
from offduty.verify.redecide.text_values import instant


@dataclass
class DecidedRows:
    """Every row with its code, counted through the files of pings, and how many hung on a rim.

    Rows of the interval that were not drawn into a sample are `UNDECIDED`. `fingerprints` are those of text rows that
    were set aside, by row.
    """

    layout: FileOffsets
    codes: Codes
    fingerprints: Mapping[int, int]
    rims: int = 0


def answered(
    case: RunCase,
    decided: DecidedRows,
    papers: RecordedCodes,
    reference: SettledTables,
    release: ReleaseCheck,
    pings: PingScan,
) -> Soundness:
    """Hold the codes found to the codes on record."""
    codes, said, layout = decided.codes, papers.said, decided.layout
    away = _quarantine_gone(case) & _set_aside(codes)
    lost = np.flatnonzero((codes != NOTHING) & (said == NOTHING) & ~away)
    strange = np.flatnonzero((codes == NOTHING) & (said != NOTHING))
    known = (codes != NOTHING) & (codes != UNDECIDED)
    other = np.flatnonzero(known & (said != NOTHING) & (codes != said))
    twice = np.concatenate([np.zeros(0, np.int64), *papers.twice])
    return Soundness(
        rows_read=len(codes),
        rows_in_interval=int((codes != NOTHING).sum()),
        rows_decided=int(known.sum()),
        rows_at_a_rim=decided.rims,
        counts=_counts(codes),
        lost=layout.found(lost),
        twice=layout.found(np.sort(twice)),
        strange=_strange(layout, strange, papers),
        differences=_differences(layout, other, codes, papers),
        as_read=_as_read(decided, papers, pings),
        release_rows=release.rows,
        release_missing=layout.found(np.array(sorted(release.result.missing), np.int64)),
        release_surplus=CappedDifferences.of(sorted(release.result.surplus)),
        refused_wrong=_refused(case, reference),
        rows_by_file_wrong=_rows_by_file(case, reference, layout),
        open_windows_wrong=case.manifest.get("open_windows") != reference.stretches.windows.still_open,
        last_recorded_wrong=_last_recorded(case) != reference.last_recorded_us,
        pseudonyms_checked=case.key is not None,
        release_not_checked=release.expired,
    )


def _set_aside(codes: Codes) -> Bools:
    return (codes >= FIRST_QUARANTINED) & (codes < UNDECIDED)


def _quarantine_gone(case: RunCase) -> bool:
    return any(name in case.expired for name in outputs_of(case, "quarantine"))


def _counts(codes: Codes) -> dict[str, int]:
    counts = np.bincount(codes, minlength=256)
    return {word: int(counts[code]) for code, word in WORDS.items()}


def _strange(layout: FileOffsets, rows: Ints, papers: RecordedCodes) -> CappedDifferences[Cell]:
    known = layout.found(rows)
    return CappedDifferences(known.count + papers.nowhere_count, (*known.first, *papers.nowhere)[:LISTED])


def _differences(layout: FileOffsets, rows: Ints, codes: Codes, papers: RecordedCodes) -> CappedDifferences[Difference]:
    told = (
        Difference(*layout.cell(int(row)), papers.word(int(papers.said[row])), papers.word(int(codes[row])))
        for row in rows[:LISTED]
    )
    return CappedDifferences(len(rows), tuple(told))


def _as_read(decided: DecidedRows, papers: RecordedCodes, pings: PingScan) -> CappedDifferences[Cell]:
    """Of rows that both set aside those that are not held as they were read."""
    both = _set_aside(decided.codes) & _set_aside(papers.said)
    held = {row: text for row, text in papers.as_read.items() if both[row]}
    marks = decided.fingerprints
    wrong = [row for row, text in held.items() if row in marks and not same_text(text, marks[row])]
    rest = {row: text for row, text in held.items() if row not in marks}
    wrong += wrong_in_parquet(with_first_rows(pings.tasks, decided.layout), rest, pings.threads)
    return decided.layout.found(np.array(sorted(wrong), np.int64))


def _refused(case: RunCase, reference: SettledTables) -> CappedDifferences[tuple[str, int, int]]:
    said = {(row["table"], row["file"], row["row"]) for row in case.manifest.get("refused", ())}
    wrong = (said - reference.refused - reference.may_be_refused) | (reference.refused - said)
    return CappedDifferences.of(sorted(wrong.union(*(clash for clash in reference.clashes if not clash & said))))


def _rows_by_file(case: RunCase, reference: SettledTables, layout: FileOffsets) -> CappedDifferences[int]:
    pings = dict(zip(layout.numbers.tolist(), np.diff(layout.first).tolist(), strict=True))
    counted_ = {**reference.rows_by_file, **pings}
    return CappedDifferences.of(
        source["file"] for source in case.manifest["inputs"] if source["rows"] != counted_.get(source["file"])
    )


def _last_recorded(case: RunCase) -> int | None:
    return instant(case.manifest.get("last_recorded_at"))
