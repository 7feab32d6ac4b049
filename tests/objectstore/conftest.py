"""An S3, a Google and an Azure on loopback for each test, with a bucket, and credentials that must show up in no message."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # its libraries take a second to load, also for whoever runs none of these tests
    from tests.objectstore.clouds import AzureServer, GoogleServer, S3Server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """Started once; it listens on loopback alone."""
    from tests.objectstore.clouds import S3Server

    server = S3Server()
    yield server
    server.stop()


@pytest.fixture
def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> S3Server:
    """The server with an empty bucket; commands find it, and a folder for temporary files of their own, in the environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**s3_server.environment, "TMPDIR": str(tmp_path / "tmp")}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", None)  # it is read from TMPDIR again
    s3_server.empty()
    yield s3_server
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture(scope="session")
def gs() -> Iterator[GoogleServer]:
    """Google's, with a bucket."""
    from tests.objectstore.clouds import GoogleServer

    server = GoogleServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def az() -> Iterator[AzureServer]:
    """Azure's, with a container."""
    from tests.objectstore.clouds import AzureServer

    if not AzureServer.HOME.exists() or shutil.which("node") is None:
        assert not os.environ.get("CI"), "Azurite is missing: make tests/objectstore/node_modules/.made"
        pytest.skip("no Azurite is installed: make tests/objectstore/node_modules/.made (it needs nodejs and npm)")
    server = AzureServer()
    yield server
    server.stop()
