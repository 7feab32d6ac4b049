"""One session for all tests of the Spark engine, where Java is at hand; the forge (CI=true) must have it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "spec")]

from machines import spark_or_skip  # noqa: E402

from pipeline.engines.session import open_session  # noqa: E402


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A session on two cores of this machine. What is run meanwhile without a master runs on it."""
    spark_or_skip()
    with open_session("local[2]", tmp_path_factory.mktemp("spark"), 2) as session:
        session.conf.set("spark.sql.shuffle.partitions", "2")
        yield session
