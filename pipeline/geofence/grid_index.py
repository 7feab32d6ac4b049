"""Finds which pings may be near which piece: a hashed grid of longitude and latitude for millions of pings."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offduty.arrays.concatenated_ranges import concatenated_ranges
from offduty.geofence.geodesy import Bools, Floats, Ints, frozen

MIXER = np.uint32(0x85EBCA6B)
OWNER_MIXER = np.uint32(0x9E3779B9)
FINEST_COLUMNS = 1_000_000  # 40 m wide; the number of a column must fit into 31 bits
MANY_PIECES = 10_000  # from here on cells are as high as the median box, below it half as high
MOST_CELLS = 4_096  # a piece in more cells than this is compared with every ping of its owner instead
MOST_PAIRS = 1 << 20
Hashes = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class GridIndex:
    """Pieces by the grid cells that they touch. Two cells may share a bucket, so a hit means only "perhaps".

    The pieces of bucket `h` are `pieces[first[h] : first[h + 1]]`. Pieces that are too large for the grid, or too near
    a pole, are in `wide`, by owner: `wide[wide_first[owner] : wide_first[owner + 1]]`.
    """

    columns: int
    bits: int
    used: Bools
    first: NDArray[np.int32]
    pieces: NDArray[np.int32]
    owner_hashes: Hashes
    wide_first: Ints
    wide: Ints

    def near(self, lon: Floats, lat: Floats, owner: Ints | None) -> Iterator[tuple[Ints, Ints]]:
        """Pairs (position, piece) in portions, with at least all pairs where the piece's box contains the position.

        Positions are in degrees, finite and in range. `owner` are the owners of the positions; None where each piece
        concerns everyone.
        """
        if len(self.pieces):
            buckets = self._buckets(lon, lat, owner)
            which = np.flatnonzero(np.take(self.used, buckets))
            bucket = buckets[which].astype(np.int64)
            first = self.first[bucket].astype(np.int64)
            yield from _pairs(which, first, self.first[bucket + 1] - first, self.pieces)
        if len(self.wide):
            of = np.zeros(len(lon), np.int64) if owner is None else owner
            first = self.wide_first[of]
            yield from _pairs(np.arange(len(lon)), first, self.wide_first[of + 1] - first, self.wide)

    def _buckets(self, lon: Floats, lat: Floats, owner: Ints | None) -> Hashes:
        scale = self.columns / 360.0
        x = ((lon + 180.0) * scale).astype(np.int32)
        y = ((lat + 90.0) * scale).astype(np.int32)
        y *= np.int32(self.columns + 1)
        y += x
        return _hash(y.view(np.uint32), None if owner is None else np.take(self.owner_hashes, owner), self.bits)


def _pairs(which: Ints, first: Ints, count: Ints, pieces: NDArray[Any]) -> Iterator[tuple[Ints, Ints]]:
    """The pairs of each position with its pieces, about `MOST_PAIRS` at a time; those of one position stay together."""
    portion = (np.cumsum(count) - count) // MOST_PAIRS
    for at in np.split(np.arange(len(which)), np.flatnonzero(np.diff(portion)) + 1):
        yield np.repeat(which[at], count[at]), pieces[concatenated_ranges(first[at], count[at])].astype(np.int64)


def settle_cells(boxes: Floats, no_box: Bools, pieces: Ints, owner: Ints | None, owners: int) -> GridIndex:
    """Index `pieces` by their boxes `(n, 4)` of west, south, east, north in degrees; longitudes may exceed 180.

    A piece with `no_box` is compared with every position of its owner. `owner` are codes below `owners`; None makes one
    index for everyone.
    """
    columns = _columns(boxes[~no_box])
    owner_hashes = (np.arange(1, owners + 1, dtype=np.uint32)) * OWNER_MIXER
    owned = np.zeros(len(pieces), np.int64) if owner is None else owner
    low, span = _spans(boxes, columns)
    wide = no_box | ~(span[:, 0] * span[:, 1] <= MOST_CELLS) | (span[:, 0] >= columns)
    inside = np.flatnonzero(~wide)
    cell, at = _cells_of(low[inside].astype(np.int64), span[inside].astype(np.int64), inside, columns)
    bits = int(np.clip(np.ceil(np.log2(16 * len(cell) + 1)), 10, 22))
    bucket = _hash(cell.astype(np.uint32), None if owner is None else owner_hashes[owned[at]], bits).astype(np.int64)
    bucket, at = _distinct(bucket, at, len(boxes))
    first = np.append(0, np.cumsum(np.bincount(bucket, minlength=1 << bits))).astype(np.int32)
    far = np.flatnonzero(wide)
    far = far[np.argsort(owned[far], kind="stable")]
    wide_first = np.searchsorted(owned[far], np.arange(max(owners, 1) + 1))
    return GridIndex(
        columns,
        bits,
        frozen(np.diff(first) > 0),
        frozen(first),
        frozen(pieces[at].astype(np.int32)),
        frozen(owner_hashes),
        frozen(wide_first),
        frozen(pieces[far]),
    )


def _columns(boxes: Floats) -> int:
    """The number of columns of the grid, by the median height of the boxes."""
    if not len(boxes):
        return 4
    fine = 1 if len(boxes) >= MANY_PIECES else 2
    return max(4, min(FINEST_COLUMNS, int(fine * 360.0 / max(float(np.median(boxes[:, 3] - boxes[:, 1])), 1e-9))))


def _spans(boxes: Floats, columns: int) -> tuple[Floats, Floats]:
    """The first column and row of each box, and how many of each it covers; rows beyond the poles are left out."""
    low = np.floor((boxes[:, :2] + [180.0, 90.0]) * (columns / 360.0) - 1e-6)
    high = np.floor((boxes[:, 2:] + [180.0, 90.0]) * (columns / 360.0) + 1e-6)
    low[:, 1], high[:, 1] = np.clip(low[:, 1], 0, columns // 2 + 1), np.clip(high[:, 1], 0, columns // 2 + 1)
    return low, np.maximum(high - low + 1, 0)


def _hash(cell: Hashes, owner: Hashes | None, bits: int) -> Hashes:
    mixed: Hashes = (cell if owner is None else cell ^ owner) * MIXER
    mixed >>= np.uint32(32 - bits)
    return mixed


def _cells_of(low: Ints, span: Ints, piece: Ints, columns: int) -> tuple[Ints, Ints]:
    """Every cell of every box. Column 0 and the column after the last are the same meridian, and both are listed."""
    area = span[:, 0] * span[:, 1]
    which = np.repeat(np.arange(len(piece)), area)
    step = concatenated_ranges(np.zeros(len(piece), np.int64), area)
    x = (low[which, 0] + step % span[which, 0]) % columns
    y = low[which, 1] + step // span[which, 0]
    seam = x == 0
    x, y, which = np.append(x, x[seam] + columns), np.append(y, y[seam]), np.append(which, which[seam])
    return y * (columns + 1) + x, piece[which]


def _distinct(bucket: Ints, piece: Ints, pieces: int) -> tuple[Ints, Ints]:
    """The pairs of bucket and piece, sorted and each once."""
    both = np.sort(bucket * pieces + piece)
    both = both[np.diff(both, prepend=-1) != 0]
    return both // max(pieces, 1), both % max(pieces, 1)
