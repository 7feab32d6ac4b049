"""Turns the rows of places into geofences, and finds the pings that touch one and the officers with a known home."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from offduty.arrays.arrow import to_bools, to_ints
from offduty.core.errors import OwnerlessRowError
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.refusal import Refusal
from offduty.geofence.claims import PlaceClaims
from offduty.geofence.geodesy import Bools, Codes, Floats, Ints, frozen
from offduty.geofence.grid_index import GridIndex, settle_cells
from offduty.geofence.intervals import OfficerIntervals, groups_of, settle_spans
from offduty.geofence.parts import Parts, settle_pieces
from offduty.geofence.read_geometry import FileRows, file_rows, read_shapes, refusals, understood
from offduty.geofence.sites import Sites
from offduty.geofence.whereabouts import refuse_at_zero, refuse_swapped

TABLE = "places"
HOME = "home"
EVERYONE = -1
OTHER_OFFICER = -2  # an officer of whom no lookalike has an assignment, so without pings to decide
BLOCK = 1 << 16  # pings tested together, so that their columns stay in the processor's cache
DISC_STEPS_M = (250.0, 2_000.0, 16_000.0, 128_000.0, np.inf)
NO_VALIDITY = "the validity cannot be read: taken as always valid"


@dataclass(frozen=True, eq=False)
class PlaceGrid:
    """The grids for pings with discs up to one size: of the pieces of each officer, and of the pieces for everyone."""

    own: GridIndex
    shared: GridIndex


@dataclass(frozen=True, eq=False)
class PingDiscs:
    """The columns of some pings; `limit_m` is the distance at which a place touches: buffer plus disc.

    `owner` is the group of lookalikes of the ping's officer; the number of groups stands for an unknown officer.
    """

    owner: Ints
    at_us: Ints
    lon: Floats
    lat: Floats
    limit_m: Floats

    def only(self, which: NDArray[Any] | slice) -> "PingDiscs":
        """Only these pings."""
        return PingDiscs(self.owner[which], self.at_us[which], self.lon[which], self.lat[which], self.limit_m[which])


@dataclass(frozen=True, eq=False)
class Places:
    """All protected places of a run. May be pickled, and shared between threads.

    What protects an officer protects every lookalike of that officer as well, so places belong to groups of lookalikes:
    `group_of` is the group of each officer, and its last element, the number of groups, stands for unknown officers.
    `homes` are the intervals in which exactly this officer has a home on record. `earths` are those in which a place of
    the group covers the whole Earth because it cannot be understood. `far_rows` are file and row of the places that are
    too far from every site, `unmet_rows` of those of an officer who is no lookalike of any officer known; both tell
    where somebody lives, or of whom too little is known, and must not leave the machine. `undrawn` says of each row
    that its area cannot be read. Only `grids` changes: it is a
    cache of grids by the step of `DISC_STEPS_M`, and each thread would compute the same grid.
    """

    pieces: Parts
    claims: PlaceClaims
    group_of: Ints
    homes: OfficerIntervals
    earths: OfficerIntervals
    buffer_m: float
    refused: tuple[Refusal, ...]
    far_rows: FileRows
    unmet_rows: FileRows
    undrawn: Bools = field(default_factory=lambda: np.zeros(0, np.bool_), repr=False)
    grids: dict[int, PlaceGrid] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled without the grids: computing them again is faster than sending them."""
        settled = (self.pieces, self.claims, self.group_of, self.homes, self.earths, self.buffer_m)
        return Places, (*settled, self.refused, self.far_rows, self.unmet_rows)

    @property
    def far(self) -> int:
        """How many places lie too far from every site; they protect where they lie, and are no home on record."""
        return len(self.far_rows)

    @property
    def unmet(self) -> int:
        """How many places belong to an officer who is no lookalike of any officer known."""
        return len(self.unmet_rows)

    @property
    def officers_without_home(self) -> int:
        """Of how many officers no home is on record at any time."""
        return int(np.count_nonzero(~(self.homes.always | self.homes.sometimes)[:-1]))

    @property
    def groups(self) -> int:
        """The number of groups of lookalikes."""
        return int(self.group_of[-1])

    def contact(self, officer: Codes, observed_us: Ints, lon: Floats, lat: Floats, disc_m: Floats) -> Bools:
        """Whether the disc of `disc_m` metres around each ping comes within the buffer of any place (`touched`)."""
        personal, everyone = self.touched(officer, observed_us, lon, lat, disc_m)
        return personal | everyone

    def touched(
        self, officer: Codes, observed_us: Ints, lon: Floats, lat: Floats, disc_m: Floats
    ) -> tuple[Bools, Bools]:
        """Whether the disc around each ping comes within the buffer of a personal place, and of a place for everyone.

        The rule is specification#reason-protected-place: a place of the officer (a code of `settle_places`) or of a
        lookalike, or of everyone, valid at the instant (microseconds since 1970); touching counts. The first answer is
        also True for an unknown officer, for a position that is not finite or out of range, and for a disc that is not
        a finite number of at least 0 (specification#hidden-by-default); the second is then False.
        """
        pings = PingDiscs(
            groups_of(self.group_of, np.asarray(officer, np.int64)),
            np.asarray(observed_us, np.int64),
            np.asarray(lon, np.float64),
            np.asarray(lat, np.float64),
            np.asarray(disc_m, np.float64) + self.buffer_m,
        )
        personal, everyone = np.ones(len(pings.lon), bool), np.zeros(len(pings.lon), bool)
        for start in range(0, len(personal), BLOCK):
            block = slice(start, start + BLOCK)
            personal[block], everyone[block] = self._block(pings.only(block))
        return personal, everyone

    def has_home(self, officer: Codes, observed_us: Ints) -> Bools:
        """Whether exactly this officer has a home on record at the instant; False for an unknown officer.

        The rule is specification#reason-no-home: a place of kind `home` of this officer and not of a lookalike, known
        in time, valid when read narrowly, and not far from every site; one that covers the Earth counts.
        """
        return self.homes.contains(np.asarray(officer), np.asarray(observed_us, np.int64))

    def _block(self, pings: PingDiscs) -> tuple[Bools, Bools]:
        """`touched` for one block of pings."""
        unknown = pings.owner >= self.groups
        unknown |= ~((np.abs(pings.lon) <= 180) & (np.abs(pings.lat) <= 90))
        unknown |= ~((pings.limit_m >= self.buffer_m) & (pings.limit_m < np.inf))
        personal = unknown | self.earths.contains(pings.owner, pings.at_us)
        everyone = self._near(pings, ~unknown, shared=True)
        personal |= self._near(pings, ~personal, shared=False)
        return personal, everyone

    def _near(self, pings: PingDiscs, asked: Bools, *, shared: bool) -> Bools:
        """Which of the pings that are asked for touch a place: one for everyone, or one of their own group."""
        if asked.all() and pings.limit_m.max(initial=0) <= self.buffer_m + DISC_STEPS_M[0]:
            return self._touched(0, pings, shared=shared)
        found = np.zeros(len(asked), bool)
        step_of = np.searchsorted(self.buffer_m + np.array(DISC_STEPS_M), pings.limit_m)
        for step in np.unique(step_of[asked]):
            at = np.flatnonzero((step_of == step) & asked)
            found[at] = self._touched(int(step), pings.only(at), shared=shared)
        return found

    def _touched(self, step: int, pings: PingDiscs, *, shared: bool) -> Bools:
        """Which of these pings touch a place; their discs are at most `DISC_STEPS_M[step]` metres."""
        grid = self._grid(step)
        cells, owner = (grid.shared, None) if shared else (grid.own, pings.owner)
        found = np.zeros(len(pings.lon), bool)
        for ping, piece in cells.near(pings.lon, pings.lat, owner):
            hit = self._concerned(ping, piece, pings)
            ping, piece = ping[hit], piece[hit]
            touched = self.pieces.touched(piece, pings.lon[ping], pings.lat[ping], pings.limit_m[ping])
            found[ping[touched]] = True
        return found

    def _concerned(self, ping: Ints, piece: Ints, pings: PingDiscs) -> Bools:
        """Whether each piece belongs to a place that is valid at the ping's instant and concerns the ping's officer."""
        row, at_us = self.pieces.row[piece], pings.at_us[ping]
        owner = self.claims.owner[row]
        mine = (owner == EVERYONE) | (owner == pings.owner[ping])
        concerned: Bools = mine & (self.claims.from_us[row] <= at_us) & (at_us < self.claims.to_us[row])
        return concerned

    def _grid(self, step: int) -> PlaceGrid:
        grid = self.grids.get(step)
        if grid is None:
            around_m = self.buffer_m + DISC_STEPS_M[step]
            grid = self.grids[step] = _settle_grid(self.pieces, self.claims, self.groups, around_m)
        return grid


def settle_places(
    rows: pa.Table,
    officers: dict[str, int],
    buffer_m: float,
    *,
    max_km: float,
    sites: Sites | None,
    lookalike: Callable[[str], str],
) -> Places:
    """Turn the rows of the places table into geofences, for officers with codes 0, 1, … and a buffer in metres.

    Columns: `file`, `row`, `officer_id` (missing or blank: everyone), `kind`, `geometry`, `lon`, `lat`, `radius_m`;
    `valid_from_us`, `valid_to_us` (missing: open), read widely, and `validity_read`; `home_from_us`, `home_to_us`
    (missing: open), read narrowly, and `home_known`: whether the place was known in time to be a home on record.
    Officers whose ids have the same `lookalike` protect each other.

    A place that cannot be understood covers the whole Earth for its officer, a place whose validity cannot be read is
    always valid (specification#bad-place), and both are in `refused`. So is a place at longitude and latitude 0, and
    one that is farther than `max_km` from every site but would not be with longitude and latitude exchanged. Raises
    `OwnerlessRowError` where a place for everyone cannot be understood (specification#row-without-owner).
    """
    drawn = read_shapes(rows)
    pieces = settle_pieces(drawn)
    undrawn = ~understood(drawn.why)
    refuse_at_zero(pieces, drawn.why)
    far = refuse_swapped(drawn, pieces, sites, max_km)
    group_of, groups = _groups(officers, lookalike)
    claims = _claims(rows, groups, lookalike, understood(drawn.why))
    refused = refusals(TABLE, rows, _reasons(drawn.why, claims.readable))
    _stop_for_everyone(rows, drawn.why, claims.owner)
    homes = _homes(rows, officers, claims.readable, far)
    bad = ~claims.drawn
    earths = settle_spans(claims.owner[bad], claims.from_us[bad], claims.to_us[bad], len(groups))
    far_rows = file_rows(rows, np.flatnonzero(far))
    unmet_rows = file_rows(rows, np.flatnonzero(claims.owner == OTHER_OFFICER))
    places = Places(pieces, claims, group_of, homes, earths, float(buffer_m), refused, far_rows, unmet_rows, undrawn)
    places._grid(0)  # the usual size of a disc: computed before threads ask for it
    return places


def _groups(officers: dict[str, int], lookalike: Callable[[str], str]) -> tuple[Ints, dict[str, int]]:
    """The group of each officer by code, with one element more for unknown officers; and the groups by their key."""
    groups: dict[str, int] = {}
    group_of = np.zeros(len(officers) + 1, np.int64)
    for name, code in officers.items():
        group_of[code] = groups.setdefault(lookalike(name), len(groups))
    group_of[-1] = len(groups)
    return frozen(group_of), groups


def _claims(rows: pa.Table, groups: dict[str, int], lookalike: Callable[[str], str], drawn: Bools) -> PlaceClaims:
    ids = rows.column("officer_id").to_pylist()
    group_by_id = {name: groups.get(lookalike(name), OTHER_OFFICER) for name in set(ids) if _names_somebody(name)}
    from_us = _instants(rows, "valid_from_us", NEVER_US)
    to_us = _instants(rows, "valid_to_us", FOREVER_US)
    readable = _flags(rows, "validity_read") & (from_us <= to_us)
    return PlaceClaims(
        frozen(np.array([group_by_id.get(name, EVERYONE) for name in ids], np.int64)),
        frozen(np.where(readable, from_us, NEVER_US)),
        frozen(np.where(readable, to_us, FOREVER_US)),
        frozen(readable),
        frozen(drawn),
    )


def _homes(rows: pa.Table, officers: dict[str, int], readable: Bools, far: Bools) -> OfficerIntervals:
    """The intervals in which each officer has a home on record (`Places.has_home`)."""
    kinds, ids = rows.column("kind").to_pylist(), rows.column("officer_id").to_pylist()
    home = np.array([kind == HOME for kind in kinds], bool) & _flags(rows, "home_known") & ~far
    owner = np.array([officers.get(name, OTHER_OFFICER) if _names_somebody(name) else EVERYONE for name in ids], int)
    from_us = np.where(readable, _instants(rows, "home_from_us", NEVER_US), NEVER_US)
    to_us = np.where(readable, _instants(rows, "home_to_us", FOREVER_US), FOREVER_US)
    return settle_spans(owner[home], from_us[home], to_us[home], len(officers))


def _names_somebody(name: str | None) -> bool:
    return name is not None and bool(name.strip())


def _flags(rows: pa.Table, name: str) -> Bools:
    """Where the column is True; a missing value is not."""
    return to_bools(rows.column(name))


def _instants(rows: pa.Table, name: str, missing: int) -> Ints:
    return to_ints(rows.column(name), missing)


def _settle_grid(pieces: Parts, claims: PlaceClaims, groups: int, around_m: float) -> PlaceGrid:
    boxes, no_box = pieces.boxes(around_m)
    owner, drawn = claims.owner[pieces.row], claims.drawn[pieces.row]
    own, shared = np.flatnonzero((owner >= 0) & drawn), np.flatnonzero(owner == EVERYONE)
    return PlaceGrid(
        settle_cells(boxes[own], no_box[own], own, owner[own], groups),
        settle_cells(boxes[shared], no_box[shared], shared, None, 1),
    )


def _reasons(why: NDArray[Any], readable: Bools) -> NDArray[Any]:
    """Why each row was refused: its geometry, its validity, or both; None for the others."""
    reasons = why.copy()
    for one in np.flatnonzero(~readable):
        reasons[one] = NO_VALIDITY if why[one] is None else f"{why[one]}; {NO_VALIDITY}"
    return reasons


def _stop_for_everyone(rows: pa.Table, why: NDArray[Any], owner: Ints) -> None:
    """Stop the run for a place for everyone that cannot be understood (specification#row-without-owner)."""
    bad = np.flatnonzero(~understood(why) & (owner == EVERYONE))
    if not len(bad):
        return
    file, row = rows.column("file")[bad[0]].as_py(), rows.column("row")[bad[0]].as_py()
    more = f" (and {len(bad) - 1} more such)" if len(bad) > 1 else ""
    raise OwnerlessRowError(
        f"a place for everyone cannot be understood: {why[bad[0]]}{more}; correct or remove it, then run again",
        number=int(file),
        row=int(row),
    )
