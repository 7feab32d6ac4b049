"""Protected places: the fences where an officer may not be located, and the homes on record (SPEC 2 and 4)."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from offduty.core.errors import OwnerlessRowError
from offduty.core.refusal import Refusal
from offduty.geofence.geodesy import Bools, Codes, Floats, Ints, frozen
from offduty.geofence.grid_index import GridIndex, settle_cells
from offduty.geofence.intervals import BEGINNING_US, END_US, OfficerIntervals, settle_spans
from offduty.geofence.parts import Parts, settle_pieces
from offduty.geofence.read_geometry import read_shapes, refusals, understood

TABLE = "places"
HOME = "home"
EVERYONE = -1
STRANGER = -2  # an officer whose pings nobody asks about
BLOCK = 1 << 16  # pings looked at together: their columns stay in the processor's cache
DISC_STEPS_M = (250.0, 2_000.0, 16_000.0, 128_000.0, np.inf)
NO_VALIDITY = "the validity cannot be read: taken as always valid"


@dataclass(frozen=True, eq=False)
class PlaceClaims:
    """Whose each place is, of what kind, and when, one entry per row: `from_us` included, `to_us` not."""

    owner: Ints
    from_us: Ints
    to_us: Ints
    home: Bools
    readable: Bools


@dataclass(frozen=True, eq=False)
class PlaceGrid:
    """Where to look near a ping whose disc is at most so large: its officer's own pieces, and everyone's."""

    own: GridIndex
    shared: GridIndex


@dataclass(frozen=True, eq=False)
class PingDiscs:
    """The columns of some pings; `limit_m` is how near a place may come: the buffer and the ping's disc."""

    officer: Ints
    at_us: Ints
    lon: Floats
    lat: Floats
    limit_m: Floats

    def only(self, which: NDArray[Any] | slice) -> "PingDiscs":
        """Some of these pings."""
        return PingDiscs(self.officer[which], self.at_us[which], self.lon[which], self.lat[which], self.limit_m[which])


@dataclass(frozen=True, eq=False)
class Places:
    """All protected places of a run, settled once. Safe to pickle and to share between threads.

    `homes` says when each officer has a home on record, `earths` when a place of theirs covers the Earth because it
    cannot be understood. Nothing changes but `grids`, where each grid is kept once it has been worked out (the same
    one, whoever asks).
    """

    pieces: Parts
    claims: PlaceClaims
    homes: OfficerIntervals
    earths: OfficerIntervals
    officers: int
    buffer_m: float
    refused: tuple[Refusal, ...]
    grids: dict[int, PlaceGrid] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Grids stay behind: they are worked out again sooner than they travel."""
        return Places, (self.pieces, self.claims, self.homes, self.earths, self.officers, self.buffer_m, self.refused)

    def contact(self, officer: Codes, observed_us: Ints, lon: Floats, lat: Floats, disc_m: Floats) -> Bools:
        """Whether the disc of `disc_m` metres round each ping comes within the buffer of a place (SPEC 4).

        The place is one of its officer (a code of `settle_places`) or of everyone, valid at the instant (microseconds
        since 1970, `[from, to)`). Touching counts. An officer without a code, a position that is not finite or not on
        Earth, and a disc that is not a finite number of at least 0 are contacts: unknown hides.
        """
        pings = PingDiscs(
            np.asarray(officer, np.int64),
            np.asarray(observed_us, np.int64),
            np.asarray(lon, np.float64),
            np.asarray(lat, np.float64),
            np.asarray(disc_m, np.float64) + self.buffer_m,
        )
        found = np.ones(len(pings.lon), bool)
        for start in range(0, len(found), BLOCK):
            block = slice(start, start + BLOCK)
            found[block] = self._block(pings.only(block))
        return found

    def has_home(self, officer: Codes, observed_us: Ints) -> Bools:
        """Whether a place of kind `home` of each officer is valid at the instant; False for officers without a code."""
        return self.homes.hold(np.asarray(officer), np.asarray(observed_us, np.int64))

    def _block(self, pings: PingDiscs) -> Bools:
        """`contact` of so few pings that all their columns fit the cache."""
        unknown = (pings.officer < 0) | (pings.officer >= self.officers)
        unknown |= ~((np.abs(pings.lon) <= 180) & (np.abs(pings.lat) <= 90))
        unknown |= ~((pings.limit_m >= self.buffer_m) & (pings.limit_m < np.inf))
        found = unknown | self.earths.hold(pings.officer, pings.at_us)
        if not found.any() and pings.limit_m.max() <= self.buffer_m + DISC_STEPS_M[0]:
            return self._touched(0, pings)
        step_of = np.searchsorted(self.buffer_m + np.array(DISC_STEPS_M), pings.limit_m)
        for step in np.unique(step_of[~found]):
            at = np.flatnonzero((step_of == step) & ~found)
            found[at] = self._touched(int(step), pings.only(at))
        return found

    def _touched(self, step: int, pings: PingDiscs) -> Bools:
        """Which of these pings, all with discs up to `DISC_STEPS_M[step]`, touch a place."""
        grid = self._grid(step)
        found = np.zeros(len(pings.lon), bool)
        for cells, owner in ((grid.own, pings.officer), (grid.shared, None)):
            for ping, piece in cells.near(pings.lon, pings.lat, owner):
                hit = self._concerned(ping, piece, pings) & ~found[ping]
                ping, piece = ping[hit], piece[hit]
                touched = self.pieces.touched(piece, pings.lon[ping], pings.lat[ping], pings.limit_m[ping])
                found[ping[touched]] = True
        return found

    def _concerned(self, ping: Ints, piece: Ints, pings: PingDiscs) -> Bools:
        """Whether the piece belongs to a place of the ping's officer, or of everyone, that is valid at its instant."""
        row, at_us = self.pieces.row[piece], pings.at_us[ping]
        owner = self.claims.owner[row]
        mine = (owner == EVERYONE) | (owner == pings.officer[ping])
        concerned: Bools = mine & (self.claims.from_us[row] <= at_us) & (at_us < self.claims.to_us[row])
        return concerned

    def _grid(self, step: int) -> PlaceGrid:
        grid = self.grids.get(step)
        if grid is None:
            around_m = self.buffer_m + DISC_STEPS_M[step]
            grid = self.grids[step] = _settle_grid(self.pieces, self.claims, self.officers, around_m)
        return grid


def settle_places(rows: pa.Table, officers: dict[str, int], buffer_m: float) -> Places:
    """Settle the rows of the places table into fences, for officers with codes 0, 1, … and a buffer in metres.

    Columns: `file`, `row`, `officer_id` (missing or blank: everyone), `kind`, `geometry`, `lon`, `lat`, `radius_m`,
    `valid_from_us`, `valid_to_us` (missing: open), `validity_read`. A place that cannot be understood covers the Earth
    for its officer, one whose validity cannot be read is always valid, and both are in `refused`. Raises
    `OwnerlessRowError` where a place for everyone cannot be understood (SPEC 2).
    """
    drawn = read_shapes(rows)
    pieces = settle_pieces(drawn)
    claims = _claims(rows, officers)
    refused = refusals(TABLE, rows, _reasons(drawn.why, claims.readable))
    _stop_for_everyone(rows, drawn.why, claims.owner)
    homes = _spans(claims, claims.home, len(officers))
    earths = _spans(claims, ~understood(drawn.why), len(officers))
    places = Places(pieces, claims, homes, earths, len(officers), float(buffer_m), refused)
    places._grid(0)
    return places


def _claims(rows: pa.Table, officers: dict[str, int]) -> PlaceClaims:
    ids = rows.column("officer_id").to_pylist()
    owner = [EVERYONE if name is None or not str(name).strip() else officers.get(name, STRANGER) for name in ids]
    from_us = _instants(rows, "valid_from_us", BEGINNING_US)
    to_us = _instants(rows, "valid_to_us", END_US)
    read = np.array([flag is True for flag in rows.column("validity_read").to_pylist()], bool)
    readable = read & (from_us <= to_us)
    home = np.array([kind == HOME for kind in rows.column("kind").to_pylist()], bool)
    return PlaceClaims(
        frozen(np.array(owner, np.int64)),
        frozen(np.where(readable, from_us, BEGINNING_US)),
        frozen(np.where(readable, to_us, END_US)),
        frozen(home),
        frozen(readable),
    )


def _instants(rows: pa.Table, name: str, missing: int) -> Ints:
    return np.array([missing if value is None else value for value in rows.column(name).to_pylist()], np.int64)


def _spans(claims: PlaceClaims, which: Bools, officers: int) -> OfficerIntervals:
    return settle_spans(claims.owner[which], claims.from_us[which], claims.to_us[which], officers)


def _settle_grid(pieces: Parts, claims: PlaceClaims, officers: int, around_m: float) -> PlaceGrid:
    boxes, no_box = pieces.boxes(around_m)
    owner = claims.owner[pieces.row]
    own, shared = np.flatnonzero(owner >= 0), np.flatnonzero(owner == EVERYONE)
    return PlaceGrid(
        settle_cells(boxes[own], no_box[own], own, owner[own], officers),
        settle_cells(boxes[shared], no_box[shared], shared, None, 1),
    )


def _reasons(why: NDArray[Any], readable: Bools) -> NDArray[Any]:
    """Why each row was not taken as it stands: its shape, its validity, or both."""
    reasons = why.copy()
    for one in np.flatnonzero(~readable):
        reasons[one] = NO_VALIDITY if why[one] is None else f"{why[one]}; {NO_VALIDITY}"
    return reasons


def _stop_for_everyone(rows: pa.Table, why: NDArray[Any], owner: Ints) -> None:
    """A place for everyone that nobody understands would hide everything, and the run stops instead (SPEC 2)."""
    bad = np.flatnonzero(~understood(why) & (owner == EVERYONE))
    if not len(bad):
        return
    file, row = rows.column("file")[bad[0]].as_py(), rows.column("row")[bad[0]].as_py()
    more = f" (and {len(bad) - 1} more such)" if len(bad) > 1 else ""
    raise OwnerlessRowError(
        f"a place for everyone cannot be understood: {why[bad[0]]}{more}; correct it, or take it out",
        number=int(file),
        row=int(row),
    )
