"""What all tests share: profiles of Hypothesis, the filter in this process, and how processes divide the suite."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.doctest import DoctestModule
from hypothesis import HealthCheck, settings

from tests.balance import longest_first, scheduler
from tests.marks import asked_for, marks_of, marks_of_all, third_of
from tests.world import Filtered, World, filtered

COMMON = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
}
settings.register_profile("ci", max_examples=60, derandomize=True, database=None, **COMMON)
settings.register_profile("deep", max_examples=400, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Processes get whole files; see `tests.balance`. With `--dist no`, or one of xdist's own modes, they do as that says."""
    return scheduler(config, log) if config.getvalue("dist") == "load" else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--third`, with which CI runs in turn what is long."""
    parser.addoption("--third", type=int, choices=range(3), help="of what takes long, this third (0, 1 or 2)")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each test gets its marks, and other thirds of what takes long go; where several processes run the tests, the longest come first."""
    for item in items:
        for mark in marks_of(item.nodeid):
            item.add_marker(mark)
    third = config.getoption("--third")
    if third is not None:
        others = [item for item in items if item.get_closest_marker("long") and third_of(item.nodeid) != third]
        config.hook.pytest_deselected(items=others)
        left_out = set(others)
        items[:] = [item for item in items if item not in left_out]
    if hasattr(config, "workerinput"):
        items[:] = longest_first(items)


@pytest.fixture(autouse=True)
def _no_signal_is_left_ignored() -> Iterator[None]:
    """A call that leaves signals ignored takes Ctrl-C from whoever imports `offduty`, for good."""
    before = _ignored()
    yield
    assert _ignored() == before


def _ignored() -> set[signal.Signals]:
    return {number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) is signal.SIG_IGN}


class Collecting:
    """Imports no file of which no test can run: most of the time until the first test is imports.

    It is registered, because the hooks of a conftest.py hear nothing of files outside of its folder.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.root = config.rootpath
        self.expression = config.getoption("markexpr")

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Files of which ``-m`` asks for no test are not collected."""
        if collection_path.suffix != ".py" or not collection_path.is_relative_to(self.root):
            return None
        marks = marks_of_all(collection_path.relative_to(self.root).as_posix())
        return True if marks is not None and not asked_for(self.expression, marks) else None

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(self, file_path: Path) -> Any:
        """Examples are looked for only where a file has any."""
        found = yield
        without = file_path.suffix == ".py" and ">>> " not in file_path.read_text(encoding="utf-8")
        return [each for each in found if not (without and isinstance(each, DoctestModule))]


def pytest_configure(config: pytest.Config) -> None:
    """See `Collecting`."""
    config.pluginmanager.register(Collecting(config))


def no_flush(handle: int) -> None:
    """What stands for `os.fsync`: it fails where that would, and waits for no disk."""
    os.fstat(handle)


@pytest.fixture(scope="session", autouse=True)
def _no_flushes() -> Iterator[None]:
    """This process waits for no disk: no test needs its files after a power failure.

    That a run flushes what it must, in the right order, is proven in `tests/faults` by the system calls of processes of
    their own.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", no_flush)
        yield


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
