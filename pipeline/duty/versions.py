"""Determines what each version of a shift grants, takes away and undoes, and since when that was known.

A grant is undone by any later version of its shift, or of a shift whose id looks like it. An entry that takes duty away
is undone only by a later version that can be read, names the same officer, and meets it in time
(specification#versions).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, Ints
from offduty.arrays.concatenated_ranges import concatenated_ranges
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.refusal import Refusal, VersionFault
from offduty.duty.coverage import coverage_of
from offduty.duty.entries import Roster
from offduty.duty.roster import TABLE, RosterReading, RosterRows, ownerless_row, read_rows

LOOKALIKE = (
    "its officer_id looks like that of an officer who holds a device: it grants that one nothing, and what it takes"
    " away is taken from that one"
)
LOOKALIKE_SHIFT = (
    "its shift_id looks like that of another shift of the officer: a later version of one undoes what the other grants"
)


def read_roster(rows: pa.Table, officers: dict[str, int], reading: RosterReading) -> Roster:
    """The roster of these officers; see `settle_roster`."""
    return settle_roster(read_rows(rows, reading), officers, reading)


def settle_roster(found: RosterRows, officers: dict[str, int], reading: RosterReading) -> Roster:
    """The roster of these officers, from its rows as they were read.

    A row of which anything cannot be read is refused, and is a version that grants nothing
    (specification#bad-roster-row). Raises `OwnerlessRowError` for a row that names neither officer nor shift, and for a
    row that takes duty away from a shift of which no version names an officer (specification#row-without-owner).
    """
    families = _Families.of(found, officers, reading)
    barred, barred_from = _barred(found, families)
    order = _concerning(found, families)
    shift, recorded = found.shift[order], found.recorded[order]
    exact = families.exact(found.officer)
    mine = exact[order]
    clashes = _clashes(found, order)
    contradicted = _whole_shift(shift, clashes | ~found.recorded_read[order])
    grants, takes = found.grants[order] & ~contradicted, found.takes[order]
    until = np.minimum(_next_version(shift, recorded), _next_lookalike(found, order))
    undone = _undone(found, order, takes & ~contradicted)
    whose, entry = families.members(np.where(takes, found.officer_family[order], -1))
    unmet = ~families.requested(found.officer_family) & (found.officer >= 0)
    clashing = [
        Refusal(TABLE, int(found.file[i]), int(found.row[i]), VersionFault.CLASH.value) for i in order[clashes].tolist()
    ]
    return Roster(
        file=found.file[order],
        row=found.row[order],
        shift=shift,
        officer=mine,
        starts_early=found.start.early[order],
        starts_late=found.start.late[order],
        ends_early=found.end.early[order],
        ends_late=found.end.until[order],
        code=found.code[order],
        codes=found.codes,
        grants=grants & (mine >= 0),
        takes=takes,
        taking_officer=whose,
        taking_entry=entry,
        recorded=recorded,
        grant_until=until,
        taken_from=np.where(contradicted, NEVER_US, recorded),
        taken_until=np.where(contradicted, FOREVER_US, undone),
        barred=barred,
        barred_from=barred_from,
        refused=tuple(sorted((*found.wrong, *clashing))),
        reported=tuple(sorted((*_lookalikes(found, families), *_shift_lookalikes(found, families), *found.doubted))),
        unknown_yet=found.unknown_yet,
        unmet=int(unmet.sum()),
        rows=len(found),
        readable_rows=int(found.readable.sum()),
        last_recorded_us=found.last_recorded_us,
        coverage=coverage_of(found, exact, unmet),
    )


@dataclass(frozen=True)
class _Families:
    """The requested officers by family of lookalikes: ``officer[first[f] : first[f + 1]]`` are those of family f.

    ``number`` is the requested officer's number for each officer code of the roster, -1 where it is not requested.
    """

    number: Ints
    first: Ints
    officer: Ints

    @cached_property
    def _sizes(self) -> Ints:
        """How many requested officers each family has; 0 for none, which is -1."""
        return np.append(np.diff(self.first), 0)

    @staticmethod
    def of(found: RosterRows, officers: dict[str, int], reading: RosterReading) -> _Families:
        number = np.array([officers.get(text, -1) for text in found.officers.texts] + [-1], np.int64)
        family = np.array([found.officer_keys.get(reading.officer_key(text), -1) for text in officers], np.int64)
        codes = np.fromiter(officers.values(), np.int64, len(officers))
        order = np.argsort(family, kind="stable")
        first = np.searchsorted(family[order], np.arange(len(found.officer_keys) + 1))
        return _Families(number, first, codes[order])

    def exact(self, codes: Ints) -> Ints:
        """The number of each officer code of the roster; -1 where it is not requested."""
        return self.number[codes]

    def members(self, families: Ints) -> tuple[Ints, Ints]:
        """The requested officers of each family, and for each the index of its family in ``families``; -1 has none."""
        known = np.maximum(families, 0)
        count = np.where(families >= 0, self.first[np.minimum(known + 1, len(self.first) - 1)] - self.first[known], 0)
        index = np.repeat(np.arange(len(families)), count)
        return self.officer[concatenated_ranges(self.first[known], count)], index

    def requested(self, families: Ints) -> Bools:
        """Where a family has a requested officer."""
        return (self._sizes > 0)[families]

    def several(self, families: Ints) -> Bools:
        """Where a family has more than one requested officer."""
        return (self._sizes > 1)[families]


def _barred(found: RosterRows, families: _Families) -> tuple[Ints, Ints]:
    """The officers who lose all duty because of an unreadable row, and the knowledge time from which on they lose it.

    A row that takes duty away takes all duty of its officer, at all times (specification#bad-roster-row). A row without
    a shift may be a version of any shift of its officer, so from its record time on none of them grants. Lookalikes of
    the officer lose it, too.
    """
    rows = np.flatnonzero(~found.readable & (found.would_take | (found.shift < 0)))
    barred: list[Ints] = [np.zeros(0, np.int64)]
    barred_from: list[Ints] = [np.zeros(0, np.int64)]
    for i in rows.tolist():
        always = found.would_take[i] or not found.recorded_read[i]
        officers, _ = families.members(_families_concerned(found, i))
        barred.append(officers)
        barred_from.append(np.full(len(officers), NEVER_US if always else int(found.recorded[i])))
    return np.concatenate(barred), np.concatenate(barred_from)


def _families_concerned(found: RosterRows, i: int) -> Ints:
    """The families of the officers that row i concerns: its own, or those that other versions of its shift name."""
    if found.officer[i] >= 0:
        return found.officer_family[i : i + 1]
    others = (found.shift_family == found.shift_family[i]) & (found.officer >= 0)
    if not others.any():
        raise ownerless_row(found, i, "takes duty away and names no officer, and no version of its shift names one")
    return np.unique(found.officer_family[others])


def _concerning(found: RosterRows, families: _Families) -> Ints:
    """The rows of the shifts that concern a requested officer, sorted by shift, record time, file and row.

    Those are all versions of a shift of which one version names the officer or a lookalike.
    """
    concerned = np.zeros(int(found.shift.max(initial=-1)) + 2, np.bool_)
    concerned[found.shift[families.requested(found.officer_family)]] = True
    concerned[-1] = False
    rows = np.flatnonzero(concerned[found.shift])
    return rows[np.lexsort((found.row[rows], found.file[rows], found.recorded[rows], found.shift[rows]))]


def _clashes(found: RosterRows, order: Ints) -> Bools:
    """Entries whose content differs from another one of the same shift that has an equal record time.

    Record times are equal where they count as the same instant, and also where they are written so that all their
    readings are the same: of a duty and a leave recorded on one date neither is known to be the later one.
    """
    clash = _clashes_in(found, order, found.recorded)
    if np.array_equal(found.recorded, found.recorded_as_written):
        return clash
    by_writing = np.lexsort((np.arange(len(order)), found.recorded_as_written[order], found.shift[order]))
    clash[by_writing] |= _clashes_in(found, order[by_writing], found.recorded_as_written)
    return clash


def _clashes_in(found: RosterRows, order: Ints, times: Ints) -> Bools:
    """The entries that differ from the one before them, which is of the same shift and time; ``order`` is sorted by
    both.
    """
    shift, at, content = found.shift[order], times[order], found.content[order]
    clash = np.zeros(len(order), np.bool_)
    clash[1:] = (shift[1:] == shift[:-1]) & (at[1:] == at[:-1]) & (content[1:] != content[:-1])
    return clash


def _whole_shift(shift: Ints, hit: Bools) -> Bools:
    """True for all entries of a shift that has at least one of the hit entries."""
    shifts = np.zeros(int(shift.max(initial=-1)) + 1, np.bool_)
    shifts[shift[hit]] = True
    return shifts[shift]


def _next_version(group: Ints, recorded: Ints) -> Ints:
    """For each entry the record time of the next version of its group; `FOREVER_US` where there is none.

    The entries are sorted by group and record time. Those of one group and record time are one version.
    """
    n = len(group)
    begins = np.ones(n, np.bool_)
    begins[1:] = (group[1:] != group[:-1]) | (recorded[1:] != recorded[:-1])
    positions = np.append(np.where(begins, np.arange(n), n), n)
    later = np.minimum.accumulate(positions[::-1])[::-1][1:]
    inside = later < n
    at = np.where(inside, later, 0)
    if not n:
        return np.zeros(0, np.int64)
    return np.where(inside & (group[at] == group), recorded[at], FOREVER_US)


def _next_lookalike(found: RosterRows, order: Ints) -> Ints:
    """For each entry when the next version of a lookalike shift of the same or a lookalike officer was recorded.

    A version without an officer may be anybody's. Where such a version was recorded at the same time and says
    otherwise, it is not known which is the later one, and neither grants; a version whose record time cannot be read
    undoes at all times.
    """
    until = np.full(len(order), FOREVER_US)
    several = _several_shifts(found)
    if not several.any():
        return until
    doubtful = np.flatnonzero(found.grants[order] & several[found.shift_family[order] + 1])
    if not len(doubtful):
        return until
    recorded = np.where(found.recorded_read, found.recorded, NEVER_US)
    by_family = np.argsort(found.shift_family, kind="stable")
    ends = np.searchsorted(found.shift_family[by_family], np.arange(len(several)))
    for i in doubtful.tolist():
        family = found.shift_family[order[i]]
        until[i] = _undoing(found, int(order[i]), by_family[ends[family] : ends[family + 1]], recorded)
    return until


def _several_shifts(found: RosterRows) -> Bools:
    """For each family of shifts, counted from 1, whether it has several shifts; 0 stands for rows without a shift."""
    if np.array_equal(found.shift, found.shift_family):
        return np.zeros(int(found.shift_family.max(initial=-1)) + 2, np.bool_)
    family_of = np.full(int(found.shift.max(initial=-1)) + 2, -1)  # the last is for rows without a shift
    family_of[found.shift] = found.shift_family
    several: Bools = np.bincount(family_of + 1, minlength=int(found.shift_family.max(initial=-1)) + 2) > 1
    several[0] = False
    return several


def _undoing(found: RosterRows, mine: int, family: Ints, recorded: Ints) -> int:
    """When a grant is undone by a version of another shift of the family, of the same, a lookalike, or no officer."""
    officer = found.officer_family[family]
    others = (found.shift[family] != found.shift[mine]) & ((officer == found.officer_family[mine]) | (officer < 0))
    at_once = (found.recorded_as_written[family] == found.recorded_as_written[mine]) | (
        recorded[family] == recorded[mine]
    )
    undoes = (recorded[family] > recorded[mine]) | (at_once & (found.content[family] != found.content[mine]))
    undoes = others & (undoes | ~found.recorded_read[family])
    return int(np.min(recorded[family][undoes], initial=FOREVER_US))


def _undone(found: RosterRows, order: Ints, taking: Bools) -> Ints:
    """For each entry that takes duty away the record time of the first later version that undoes it; `FOREVER_US` where
    none does.

    ``order`` is sorted by shift and record time. The entries of one shift and officer are looked at together; each is
    compared with the one after it, with the second after it, and so on until none is left.
    """
    undone = np.full(len(order), FOREVER_US)
    if not taking.any():
        return undone
    rows = order[np.lexsort((np.arange(len(order)), found.officer[order], found.shift[order]))]
    place = np.empty(len(found), np.int64)
    place[rows] = np.arange(len(rows))
    mine = np.sort(place[order[taking]])
    first_undone = np.full(len(rows), FOREVER_US)
    alone = _connected_before(found, rows)
    left = mine
    step = 0
    while len(left):
        step += 1
        later = left + step
        inside = later < len(rows)
        left, later = left[inside], later[inside]
        a, b = rows[left], rows[later]
        together = (found.shift[a] == found.shift[b]) & (found.officer[a] == found.officer[b]) & (found.officer[a] >= 0)
        left, later, a, b = left[together], later[together], a[together], b[together]
        meets = _meets(found, a, b) | (alone[later] & _on_its_side(found, a, b))
        undoes = found.readable[b] & (found.recorded[b] > found.recorded[a]) & meets
        first_undone[left[undoes]] = found.recorded[b[undoes]]
        left = left[~undoes]
    where = np.flatnonzero(taking)
    undone[where] = first_undone[place[order[where]]]
    return undone


def _meets(found: RosterRows, taking: Ints, later: Ints) -> Bools:
    """Whether the later version, read narrowly, has some time in common with the taking, read widely."""
    begins = np.maximum(found.start.early[taking], found.start.late[later])
    ends = np.minimum(found.end.until[taking], found.end.early[later])
    met: Bools = found.timed[later] & (begins < ends)
    return met


def _on_its_side(found: RosterRows, taking: Ints, later: Ints) -> Bools:
    """Whether the taking, read widely, does not lie wholly beyond the only time that a cancelled version has, read
    narrowly: before its start where that is written, after its end where that is. True where it has neither.
    """
    after_start = ~found.start.read[later] | (found.end.until[taking] > found.start.late[later])
    before_end = ~found.end.read[later] | (found.start.early[taking] < found.end.early[later])
    on_its_side: Bools = after_start & before_end
    return on_its_side


def _connected_before(found: RosterRows, rows: Ints) -> Bools:
    """For each entry whether it is cancelled without times, and all entries of its shift and officer that took duty
    away before it meet each other, one through the next. ``rows`` is sorted by shift, officer and record time.
    """
    answer = np.zeros(len(rows), np.bool_)
    blank = found.readable[rows] & ~found.grants[rows] & ~found.takes[rows] & ~found.timed[rows]
    for i in np.flatnonzero(blank).tolist():
        key = found.shift[rows[i]], found.officer[rows[i]]
        first = i
        while first and (found.shift[rows[first - 1]], found.officer[rows[first - 1]]) == key:
            first -= 1
        before = rows[first:i]
        before = before[found.takes[before] & (found.recorded[before] < found.recorded[rows[i]])]
        answer[i] = _connected(found.start.early[before], found.end.until[before])
    return answer


def _connected(begins: Ints, ends: Ints) -> bool:
    """Whether intervals meet each other, one through the next: sorted by their beginnings none leaves a gap."""
    if len(begins) > 1 and (begins >= ends).any():
        return False  # an empty interval meets nothing
    order = np.argsort(begins, kind="stable")
    reach = np.maximum.accumulate(ends[order])
    return bool((begins[order][1:] < reach[:-1]).all())


def _lookalikes(found: RosterRows, families: _Families) -> tuple[Refusal, ...]:
    """The rows of a lookalike of a requested officer: what they hide is hidden, what they grant is not granted. Of two
    requested officers who look alike, those rows of each that hide for the other.
    """
    stranger = families.requested(found.officer_family) & (families.exact(found.officer) < 0)
    alike = stranger | (families.several(found.officer_family) & (found.would_take | ~found.readable))
    return tuple(
        Refusal(TABLE, int(found.file[i]), int(found.row[i]), LOOKALIKE) for i in np.flatnonzero(alike).tolist()
    )


def _shift_lookalikes(found: RosterRows, families: _Families) -> tuple[Refusal, ...]:
    """The versions of shifts of which another one of a requested officer, or a lookalike of that, looks alike. A
    version without an officer may be anybody's (specification#lookalike-shift).
    """
    several_shifts = _several_shifts(found)
    if not several_shifts.any():
        return ()
    rows = np.flatnonzero(several_shifts[found.shift_family + 1] & (found.shift >= 0))
    rows = rows[families.requested(found.officer_family[rows]) | (found.officer[rows] < 0)]
    if not len(rows):
        return ()
    family, officer = found.shift_family[rows], np.where(found.officer[rows] < 0, -1, found.officer_family[rows])
    shifts = np.unique(np.column_stack([family, officer, found.shift[rows]]), axis=0)
    several = {key for key, count in Counter(map(tuple, shifts[:, :2].tolist())).items() if count > 1}
    anybodys = set(shifts[shifts[:, 1] < 0, 0].tolist())
    alike = [
        (key, whose) in several or key in anybodys for key, whose in zip(family.tolist(), officer.tolist(), strict=True)
    ]
    return tuple(
        Refusal(TABLE, int(found.file[i]), int(found.row[i]), LOOKALIKE_SHIFT) for i in rows[np.array(alike)].tolist()
    )
