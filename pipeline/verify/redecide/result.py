"""Compares the answers with the record: rows that are lost, recorded twice, unexpected or decided differently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np

from offduty.verify.redecide.decision.left_out import left_out, other_days
from offduty.verify.redecide.decision.reference import SettledTables
from offduty.verify.redecide.decision.scan import PingScan, with_first_rows
from offduty.verify.redecide.decision.stated_digests import wrong_digests
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

BLOCK = 1 << 20


@dataclass
class DecidedRows:
    """The code of every row, counted file after file, and how many rows were too near a boundary to be certain.

    Rows of the interval that are not in the sample are `UNDECIDED`. `fingerprints` are those of quarantined rows of
    text files, by row. `devices` are the numbers of the devices that the pings name. `after_as_of` counts the rows that
    a later run decides; None for a sample, for which `drawn` rows were drawn.
    """

    layout: FileOffsets
    codes: Codes
    fingerprints: Mapping[int, int]
    devices: set[int]
    at_boundary: int = 0
    after_as_of: int | None = None
    drawn: int | None = None


def as_soundness(
    case: RunCase,
    decided: DecidedRows,
    recorded: RecordedCodes,
    reference: SettledTables,
    release: ReleaseCheck,
    pings: PingScan,
) -> Soundness:
    """Compare the codes that were decided with the codes that were recorded."""
    codes, recorded_codes, layout = decided.codes, recorded.codes, decided.layout
    expired = _quarantine_expired(case) & _is_quarantined(codes)
    lost = np.flatnonzero((codes != NOTHING) & (recorded_codes == NOTHING) & ~expired)
    unexpected = np.flatnonzero((codes == NOTHING) & (recorded_codes != NOTHING))
    known = (codes != NOTHING) & (codes != UNDECIDED)
    other = np.flatnonzero(known & (recorded_codes != NOTHING) & (codes != recorded_codes))
    twice = np.concatenate([np.zeros(0, np.int64), *recorded.twice])
    missed, in_doubt = left_out(case, reference, pings)
    return Soundness(
        rows_read=len(codes),
        rows_in_interval=int((codes != NOTHING).sum()),
        rows_decided=int(known.sum()),
        rows_drawn=decided.drawn,
        rows_at_a_boundary=decided.at_boundary,
        counts=_counts(codes),
        lost=layout.found(lost),
        twice=layout.found(np.sort(twice)),
        unexpected=_unexpected(layout, unexpected, recorded),
        differences=_differences(layout, other, codes, recorded),
        as_read=_as_read(decided, recorded, pings),
        release_rows=release.rows,
        release_missing=layout.found(np.array(sorted(release.result.missing), np.int64)),
        release_surplus=CappedDifferences.of(_of_each_file_first(release.result.surplus)),
        refused_wrong=_refused(case, reference),
        rows_by_file_wrong=_rows_by_file(case, reference, layout),
        open_windows_wrong=case.manifest.get("open_windows") != reference.stretches.windows.still_open,
        last_recorded_wrong="roster" not in case.grown and _last_recorded(case) not in reference.last_recorded_us,
        after_as_of_wrong=_after_as_of_wrong(case, decided, reference),
        references_wrong=wrong_digests(case, reference, pings, decided.devices),
        left_out_wrong=CappedDifferences.of(missed),
        left_out_in_doubt=len(in_doubt),
        context_days_wrong=other_days(case, reference, pings),
        pseudonyms_checked=case.key is not None,
        release_not_checked=release.expired,
    )


def _of_each_file_first(rows: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """In order, but the first row of each file before the second of any: of many rows no file with some is left out."""
    files = groupby(sorted(rows), key=itemgetter(0))
    return [row for _, row in sorted(ranked for _, mine in files for ranked in enumerate(mine))]


def _is_quarantined(codes: Codes) -> Bools:
    return (codes >= FIRST_QUARANTINED) & (codes < UNDECIDED)


def _quarantine_expired(case: RunCase) -> bool:
    return any(name in case.expired for name in outputs_of(case, "quarantine"))


def _counts(codes: Codes) -> dict[str, int]:
    parts = (codes[at : at + BLOCK] for at in range(0, len(codes), BLOCK))  # each is copied, eight times as large
    counts = sum((np.bincount(part, minlength=256) for part in parts), np.zeros(256, np.int64))
    return {word: int(counts[code]) for code, word in WORDS.items()}


def _unexpected(layout: FileOffsets, rows: Ints, recorded: RecordedCodes) -> CappedDifferences[Cell]:
    known = layout.found(rows)
    return CappedDifferences(known.count + recorded.nowhere_count, (*known.first, *recorded.nowhere)[:LISTED])


def _differences(
    layout: FileOffsets, rows: Ints, codes: Codes, recorded: RecordedCodes
) -> CappedDifferences[Difference]:
    listed = (
        Difference(*layout.cell(int(row)), recorded.word(int(recorded.codes[row])), recorded.word(int(codes[row])))
        for row in rows[:LISTED]
    )
    return CappedDifferences(len(rows), tuple(listed))


def _as_read(decided: DecidedRows, recorded: RecordedCodes, pings: PingScan) -> CappedDifferences[Cell]:
    """The rows, quarantined by both, whose values in the quarantine are not those of the input."""
    both = _is_quarantined(decided.codes) & _is_quarantined(recorded.codes)
    recorded_texts = {row: text for row, text in recorded.as_read.items() if both[row]}
    prints = decided.fingerprints
    wrong = [row for row, text in recorded_texts.items() if row in prints and not same_text(text, prints[row])]
    rest = {row: text for row, text in recorded_texts.items() if row not in prints}
    wrong += wrong_in_parquet(with_first_rows(pings.tasks, decided.layout), rest, pings.threads)
    return decided.layout.found(np.array(sorted(wrong), np.int64))


def _refused(case: RunCase, reference: SettledTables) -> CappedDifferences[tuple[str, int, int]]:
    """Reference rows that only one of the two lists has. In a table that has grown, rows may have other numbers."""
    listed = {(row["table"], row["file"], row["row"]) for row in case.manifest.get("refused", ())}
    wrong = (listed - reference.refused - reference.may_be_refused) | (reference.refused - listed)
    unnamed = (rows for rows in reference.contradictions if not rows & listed)
    return CappedDifferences.of(sorted(cell for cell in wrong.union(*unnamed) if cell[0] not in case.grown))


def _rows_by_file(case: RunCase, reference: SettledTables, layout: FileOffsets) -> CappedDifferences[int]:
    pings = dict(zip(layout.numbers.tolist(), np.diff(layout.first).tolist(), strict=True))
    rows_found = {**reference.rows_by_file, **pings}
    return CappedDifferences.of(
        source["file"]
        for source in case.manifest["inputs"]
        if source["table"] not in case.grown and source["rows"] != rows_found.get(source["file"])
    )


def _after_as_of_wrong(case: RunCase, decided: DecidedRows, reference: SettledTables) -> bool:
    """Whether the manifest counts other rows after `as_of`, of pings or of tables (specification#not-known).

    A table that has grown may have any number of them.
    """
    pings = case.manifest.get("after_as_of", decided.after_as_of)
    tables = case.manifest.get("recorded_after_as_of", reference.recorded_after_as_of)
    either = (tables.keys() | reference.recorded_after_as_of.keys()) - case.grown
    differ = any(tables.get(table, 0) != reference.recorded_after_as_of.get(table, 0) for table in either)
    return decided.after_as_of not in (None, pings) or differ


def _last_recorded(case: RunCase) -> int | None:
    return instant(case.manifest.get("last_recorded_at"))
