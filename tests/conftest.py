"""Paths and profiles for all the tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.world import Filtered, World, filtered

COMMON = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
}
settings.register_profile("ci", max_examples=60, derandomize=True, database=None, **COMMON)
settings.register_profile("deep", max_examples=400, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


class Runner:
    """Runs the filter on worlds, each in a folder of its own."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self.folders = folders

    def folder(self) -> Path:
        """A fresh folder."""
        return self.folders.mktemp("world")

    def __call__(self, world: World, **options: object) -> Filtered:
        """What the filter says of the world; see `world.filtered`."""
        return filtered(world, self.folder(), **options)


@pytest.fixture(scope="session")
def ask_filter(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """`ask_filter(world)` runs the filter in this process and gives its reasons by row and its release."""
    return Runner(tmp_path_factory)
