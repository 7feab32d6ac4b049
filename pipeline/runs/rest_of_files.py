"""Counts the rows of the files that a run did not need to read, where they say whether it may be published.

Which of the other rows are read besides depends on how large the pieces are, and so on the memory; whether a run stops
must not (specification#nothing-read).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from offduty.engines.decider import DecisionInputs
from offduty.engines.local import pieces_wanted
from offduty.ingest.ping_files import Piece, PingFile, pieces
from offduty.ingest.read_pieces import counts_of
from offduty.outputs.outcome import PingCounts


def with_rest_of_files(
    counts: PingCounts, files: list[PingFile], inputs: DecisionInputs, limit: float | None
) -> PingCounts:
    """What was counted of the rows that were read, and of so many of the others of these files as it takes: until one
    of each file has a device and an instant, one meets an assignment, and one has a position that can be read.
    ``limit`` is the largest share of all pings that may meet none: all rows are counted, unless those that were read
    say that it is not exceeded.

    Raises `InputError` where a file cannot be read.
    """
    counted = partial(_counted, inputs)
    if limit is not None and _may_exceed(limit, counts, _rest_rows(files, counts)):
        with ThreadPoolExecutor(inputs.limits.threads) as pool:
            return PingCounts.together([counts, *pool.map(counted, _rest(files, inputs))])
    if all(_says_enough(counts, file) for file in files):
        return counts
    for piece in _rest(files, inputs):
        if not _says_enough(counts, piece.file):
            counts = PingCounts.together([counts, counted(piece)])
    return counts


def _rest_rows(files: list[PingFile], counts: PingCounts) -> int:
    """How many rows of the files were not read."""
    return sum(file.rows for file in files) - sum(rows for rows, _ in counts.usable.values())


def _may_exceed(limit: float, counts: PingCounts, rest: int) -> bool:
    """Whether it depends on so many further rows if a larger share than the limit meets nothing, or how large it is."""
    return rest > 0 and counts.pings - counts.met + rest > limit * (counts.pings + rest)


def _says_enough(counts: PingCounts, file: PingFile) -> bool:
    """Whether rows that were counted tell that the run does not stop because of what could not be read, or because
    nothing meets: whatever the rest of this file has.
    """
    rows, usable = counts.usable.get(file.first_row, (0, 0))
    return not file.rows or rows == file.rows or bool(usable and counts.met and counts.misplaced < counts.pings)


def _rest(files: list[PingFile], inputs: DecisionInputs) -> Iterator[Piece]:
    """The row groups that were not read."""
    read = pieces_wanted(pieces(files, inputs.limits.piece_rows), inputs.context)
    groups = {(piece.file.first_row, group) for piece in read for group in piece.groups}
    return (each for each in pieces(files, 1) if (each.file.first_row, each.groups[0]) not in groups)


def _counted(inputs: DecisionInputs, piece: Piece) -> PingCounts:
    rows, usable, met, misplaced = counts_of(piece, inputs.reading)
    return PingCounts(met=met, usable={piece.file.first_row: (rows, usable)}, misplaced=misplaced)
