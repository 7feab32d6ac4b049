"""Counts the rows of the files that a run did not need to read, where they say whether it may be published.

Which of the other rows are read besides depends on how large the pieces are, and so on the memory; whether a run stops
must not (specification#nothing-read).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from offduty.engines.local import pieces_wanted
from offduty.ingest.ping_files import Piece, PingFile, pieces
from offduty.ingest.read_pieces import counts_of
from offduty.outputs.outcome import PingCounts
from offduty.runs.decided import Decided


def with_rest_of_files(found: Decided) -> PingCounts:
    """What was counted of the rows that were read, and of so many of the others of these files as it takes: until one
    of each file has a device and an instant, one meets an assignment, and one has a position that can be read; all of
    them where the job expects that a share of all meets one, and the share is not plainly small enough without them.

    Raises `InputError` where a file cannot be read.
    """
    counts = found.outcome.read
    if _rest_rows(found.files, counts) and not _is_small(found, counts):
        with ThreadPoolExecutor(found.inputs.limits.threads) as pool:
            return PingCounts.together([counts, *pool.map(partial(_counted, found), _rest(found))])
    if all(_says_enough(counts, file) for file in found.files):
        return counts
    for piece in _rest(found):
        if not _says_enough(counts, piece.file):
            counts = PingCounts.together([counts, _counted(found, piece)])
    return counts


def _rest_rows(files: list[PingFile], counts: PingCounts) -> int:
    """How many rows of the files were not read."""
    return sum(file.rows for file in files) - sum(rows for rows, _ in counts.usable.values())


def _is_small(found: Decided, counts: PingCounts) -> bool:
    """Whether the share of pings that meet nothing is within what the job expects, whatever else the files have."""
    limit = found.asked.job.expect.max_unmatched_share
    rest = _rest_rows(found.files, counts)
    return limit is None or counts.pings - counts.met + rest <= limit * (counts.pings + rest)


def _says_enough(counts: PingCounts, file: PingFile) -> bool:
    """Whether rows that were counted tell that the run does not stop because of what could not be read, or because
    nothing meets: whatever the rest of this file has.
    """
    rows, usable = counts.usable.get(file.first_row, (0, 0))
    return not file.rows or rows == file.rows or bool(usable and counts.met and counts.misplaced < counts.pings)


def _rest(found: Decided) -> Iterator[Piece]:
    """The row groups that were not read."""
    inputs = found.inputs
    read = pieces_wanted(pieces(found.files, inputs.limits.piece_rows), inputs.context)
    groups = {(piece.file.first_row, group) for piece in read for group in piece.groups}
    return (each for each in pieces(found.files, 1) if (each.file.first_row, each.groups[0]) not in groups)


def _counted(found: Decided, piece: Piece) -> PingCounts:
    rows, usable, met, misplaced = counts_of(piece, found.inputs.reading)
    return PingCounts(met=met, usable={piece.file.first_row: (rows, usable)}, misplaced=misplaced)
