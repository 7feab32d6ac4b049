"""Turns the rows of places into geofences, and finds the pings that touch one and the officers with a known home."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from offduty.core.errors import OwnerlessRowError
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.refusal import Refusal
from offduty.geofence.geodesy import Bools, Codes, Floats, Ints, frozen
from offduty.geofence.grid_index import GridIndex, settle_cells
from offduty.geofence.intervals import OfficerIntervals, settle_spans
from offduty.geofence.parts import Parts, settle_pieces
from offduty.geofence.read_geometry import read_shapes, refusals, understood

TABLE = "places"
HOME = "home"
EVERYONE = -1
OTHER_OFFICER = -2  # an officer without an assignment, so without pings to decide
BLOCK = 1 << 16  # pings tested together, so that their columns stay in the processor's cache
DISC_STEPS_M = (250.0, 2_000.0, 16_000.0, 128_000.0, np.inf)
NO_VALIDITY = "the validity cannot be read: taken as always valid"


@dataclass(frozen=True, eq=False)
class PlaceClaims:
    """The officer, the validity `[from_us, to_us)` and the kind of each place; one element for each row."""

    owner: Ints
    from_us: Ints
    to_us: Ints
    home: Bools
    readable: Bools


@dataclass(frozen=True, eq=False)
class PlaceGrid:
    """The grids for pings with discs up to one size: of the pieces of each officer, and of the pieces for everyone."""

    own: GridIndex
    shared: GridIndex


@dataclass(frozen=True, eq=False)
class PingDiscs:
    """The columns of some pings; `limit_m` is the distance at which a place touches: buffer plus disc."""

    officer: Ints
    at_us: Ints
    lon: Floats
    lat: Floats
    limit_m: Floats

    def only(self, which: NDArray[Any] | slice) -> "PingDiscs":
        """Only these pings."""
        return PingDiscs(self.officer[which], self.at_us[which], self.lon[which], self.lat[which], self.limit_m[which])


@dataclass(frozen=True, eq=False)
class Places:
    """All protected places of a run. May be pickled, and shared between threads.

    `homes` are the intervals in which each officer has a home on record. `earths` are those in which a place of the
    officer covers the whole Earth because it cannot be understood. Only `grids` changes: it is a cache of grids by the
    step of `DISC_STEPS_M`, and each thread would compute the same grid.
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
        """Pickled without the grids: computing them again is faster than sending them."""
        return Places, (self.pieces, self.claims, self.homes, self.earths, self.officers, self.buffer_m, self.refused)

    def contact(self, officer: Codes, observed_us: Ints, lon: Floats, lat: Floats, disc_m: Floats) -> Bools:
        """Whether the disc of `disc_m` metres around each ping comes within the buffer of a place.

        The rule is specification#reason-protected-place: a place of the officer (a code of `settle_places`) or of
        everyone, valid at the instant (microseconds since 1970); touching counts. The answer is also True for an
        unknown officer, for a position that is not finite or out of range, and for a disc that is not a finite number
        of at least 0 (specification#hidden-by-default).
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
        """Whether each officer has a valid place of kind `home` at the instant; False for an unknown officer."""
        return self.homes.contains(np.asarray(officer), np.asarray(observed_us, np.int64))

    def _block(self, pings: PingDiscs) -> Bools:
        """`contact` for one block of pings."""
        unknown = (pings.officer < 0) | (pings.officer >= self.officers)
        unknown |= ~((np.abs(pings.lon) <= 180) & (np.abs(pings.lat) <= 90))
        unknown |= ~((pings.limit_m >= self.buffer_m) & (pings.limit_m < np.inf))
        found = unknown | self.earths.contains(pings.officer, pings.at_us)
        if not found.any() and pings.limit_m.max() <= self.buffer_m + DISC_STEPS_M[0]:
            return self._touched(0, pings)
        step_of = np.searchsorted(self.buffer_m + np.array(DISC_STEPS_M), pings.limit_m)
        for step in np.unique(step_of[~found]):
            at = np.flatnonzero((step_of == step) & ~found)
            found[at] = self._touched(int(step), pings.only(at))
        return found

    def _touched(self, step: int, pings: PingDiscs) -> Bools:
        """Which of these pings touch a place; their discs are at most `DISC_STEPS_M[step]` metres."""
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
        """Whether each piece belongs to a place that is valid at the ping's instant and concerns the ping's officer."""
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
    """Turn the rows of the places table into geofences, for officers with codes 0, 1, … and a buffer in metres.

    Columns: `file`, `row`, `officer_id` (missing or blank: everyone), `kind`, `geometry`, `lon`, `lat`, `radius_m`,
    `valid_from_us`, `valid_to_us` (missing: open), `validity_read`. A place that cannot be understood covers the whole
    Earth for its officer, a place whose validity cannot be read is always valid (specification#bad-place), and both are
    in `refused`. Raises `OwnerlessRowError` where a place for everyone cannot be understood
    (specification#row-without-owner).
    """
    drawn = read_shapes(rows)
    pieces = settle_pieces(drawn)
    claims = _claims(rows, officers)
    refused = refusals(TABLE, rows, _reasons(drawn.why, claims.readable))
    _stop_for_everyone(rows, drawn.why, claims.owner)
    homes = _spans(claims, claims.home, len(officers))
    earths = _spans(claims, ~understood(drawn.why), len(officers))
    places = Places(pieces, claims, homes, earths, len(officers), float(buffer_m), refused)
    places._grid(0)  # the usual size of a disc: computed before threads ask for it
    return places


def _claims(rows: pa.Table, officers: dict[str, int]) -> PlaceClaims:
    ids = rows.column("officer_id").to_pylist()
    owner = [EVERYONE if name is None or not str(name).strip() else officers.get(name, OTHER_OFFICER) for name in ids]
    from_us = _instants(rows, "valid_from_us", NEVER_US)
    to_us = _instants(rows, "valid_to_us", FOREVER_US)
    read = np.array([flag is True for flag in rows.column("validity_read").to_pylist()], bool)
    readable = read & (from_us <= to_us)
    home = np.array([kind == HOME for kind in rows.column("kind").to_pylist()], bool)
    return PlaceClaims(
        frozen(np.array(owner, np.int64)),
        frozen(np.where(readable, from_us, NEVER_US)),
        frozen(np.where(readable, to_us, FOREVER_US)),
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
