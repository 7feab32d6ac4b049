"""One session for all tests of the Spark engine, where Java is installed; in CI (CI=true) it must be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from offduty.engines.spark.session import open_session
from tests.spark.machines import spark_or_skip


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A session on two cores of this machine. Runs without a master use it."""
    spark_or_skip()
    with open_session("local[2]", tmp_path_factory.mktemp("spark"), 2) as session:
        session.conf.set("spark.sql.shuffle.partitions", "2")
        yield session
