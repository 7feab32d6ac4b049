"""The ends of segments are where they would be measured, whether they are measured or known from their neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from offduty.geofence import boundaries
from offduty.geofence.boundaries import settle_chains


@pytest.mark.parametrize("seed", range(20))
def test_ends_that_are_known_are_those_that_are_measured(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    rings = [rng.choice([-0.0, 0.0, 0.001, 0.02, 0.1], (int(rng.integers(1, 90)), 2)) for _ in range(4)]
    rings = [np.vstack([ring, ring[:1]]) if rng.random() < 0.8 else ring for ring in rings]
    points, ring_of = np.vstack(rings), np.repeat(np.arange(4), [len(ring) for ring in rings])

    found, _ = settle_chains(points, ring_of)
    monkeypatch.setattr(
        boundaries,
        "_ends_projected",
        lambda lon, lat, chain_of, _first, _a, b, _x0, _y0: boundaries._projected(lon, lat, chain_of, b),
    )
    measured, _ = settle_chains(points, ring_of)

    assert found.segments.tobytes() == measured.segments.tobytes()


def test_an_end_that_is_the_start_of_the_next_segment_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    triangle = np.array([[0.0, 1.0], [0.001, 1.0], [0.001, 1.001], [0.0, 1.0]])
    measured: list[int] = []
    project = boundaries._projected

    def counting(lon: np.ndarray, lat: np.ndarray, chain_of: np.ndarray, points: np.ndarray) -> object:
        measured.append(len(points))
        return project(lon, lat, chain_of, points)

    monkeypatch.setattr(boundaries, "_projected", counting)
    settle_chains(triangle, np.zeros(4, np.int64))

    assert measured == [3, 0]
