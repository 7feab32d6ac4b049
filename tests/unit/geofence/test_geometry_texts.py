"""A geometry that is written canonically already is not written again, and is what would have been written."""

from __future__ import annotations

import random
import struct

import pytest

from offduty.geofence import geometry_texts as module
from offduty.geofence.geometry_texts import geometry_texts


def _point(lon: float, lat: float) -> str:
    return struct.pack("<BIdd", 1, 1, lon, lat).hex()


def _ring(*positions: tuple[float, float], count: int | None = None) -> str:
    head = struct.pack("<BIII", 1, 3, 1, len(positions) if count is None else count)
    return (head + b"".join(struct.pack("<dd", *position) for position in positions)).hex()


SQUARE = ((0.0, 1.0), (1.0, 1.0), (1.0, 2.0), (0.0, 1.0))
PLAIN = [_point(-1.25, 51.5), _point(0.0, 90.0), _point(360.0, -90.0), _ring(*SQUARE)]
ODD = [
    None,
    "",
    "POINT (1 2)",
    _point(-0.0, 51.5),
    _point(361.0, 51.5),
    _point(float("nan"), 51.5),
    _point(float("inf"), 51.5),
    _ring(*SQUARE[:3]),
    _ring(*SQUARE, count=5),
    _ring(*SQUARE, count=3),
    _ring(*SQUARE[:3], (0.5, 1.0)),
    _ring((-0.0, 1.0), *SQUARE[1:]),
    _ring(*SQUARE) + "00",
    _ring(*SQUARE)[:-2],
    _ring(*((float(n % 180), 1.0 + n % 7) for n in range(200)), (0.0, 1.0)),
    f" {_point(1.0, 2.0)}",
    _point(1.0, 2.0)[:-1] + "g",
    _point(1.0, 2.0)[:20] + "  " + _point(1.0, 2.0)[22:],
]


def test_what_is_plain_is_only_written_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_rewritten", lambda values: pytest.fail(f"{len(values)} are written again"))

    assert geometry_texts(PLAIN) == [text.upper() for text in PLAIN]


@pytest.mark.parametrize("seed", range(40))
def test_every_geometry_is_as_if_it_were_written_again(seed: int) -> None:
    values = random.Random(seed).choices([*PLAIN, *(text.upper() for text in PLAIN), *ODD], k=12)

    assert geometry_texts(values) == list(module._rewritten(values))


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_one_odd_geometry_is_as_if_it_were_written_again(value: str | None) -> None:
    assert geometry_texts([*PLAIN, value]) == list(module._rewritten([*PLAIN, value]))
