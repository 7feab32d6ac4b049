"""Google Cloud Storage (fake-gcs-server) and Azure Blob Storage (Azurite) on loopback: what is asked of S3 holds of them, too."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from offduty.core.locations import read_address
from offduty.objectstore import Bucket, open_bucket
from tests.cli.command import answered, here
from tests.objectstore.clouds import AZURE_ACCOUNT
from tests.world import AFTERWARDS, lay_out, world

AS_OF = ("--as-of", AFTERWARDS)


@pytest.fixture(params=["gs", "az"])
def bucket(request, monkeypatch, tmp_path) -> str:
    """The address of a folder of this test's own in either."""
    for name, value in {**request.getfixturevalue(request.param).environment, "TMPDIR": str(tmp_path / "tmp")}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", None)
    return f"{request.param}://force/{tmp_path.name}"


def shelf_of(address: str) -> Bucket:
    return open_bucket(read_address(address, "it"))


def objects(address: str, folder: Path) -> dict[str, bytes]:
    """The bytes of all objects below an address."""
    shelf, prefix = shelf_of(address), read_address(address, "it").key
    return {found.key.removeprefix(f"{prefix}/"): shelf.read(found.key) or b"" for found in shelf.find(f"{prefix}/")}


def in_bucket(bucket: str, folder: Path) -> Path:
    """A job whose pings and roster lie in the bucket."""
    job = lay_out(world(), folder, files=2, signing="ab" * 32)
    shelf, key = shelf_of(bucket), read_address(bucket, "it").key
    for path in (*sorted((folder / "pings").iterdir()), folder / "roster.csv"):
        shelf.put(path, f"{key}/in/{path.relative_to(folder).as_posix()}")
        path.unlink()
    text = job.read_text().replace('"pings"', f'"{bucket}/in/pings/*.csv"')
    job.write_text(text.replace('"roster.csv"', f'"{bucket}/in/roster.csv"'))
    return job


def test_a_store_there_is_the_store_here_byte_for_byte(bucket, tmp_path):
    """Inputs from the bucket, two runs into it; again they are already there; verify decides every row again; an expiry goes."""
    job = in_bucket(bucket, tmp_path / "world")
    store = f"{bucket}/offduty"
    for each in (tmp_path / "local", store):
        assert answered(here("run", job, *AS_OF, "--store", each, "--json"))["published"]
        assert answered(here("run", job, *AS_OF, "--store", each, "--to", "2026-03-03", "--json"))["published"]
    found = objects(store, tmp_path)
    assert found.pop("work/condition") == b""
    files = [p for p in (tmp_path / "local").rglob("*") if p.is_file() and p.name != "lock"]
    assert found == {p.relative_to(tmp_path / "local").as_posix(): p.read_bytes() for p in files}
    assert answered(here("run", job, *AS_OF, "--store", store, "--json"))["already"]
    checks = json.loads(here("verify", store, "--inputs", job, "--json").stdout)
    assert not checks["failed"]
    assert {c["number"]: c["status"] for c in checks["checks"]}["5.1"] == "PASS"
    assert answered(here("expire", job, "--before", "2026-03-10", "--store", store, "--json"))["files"] == 3
    assert here("verify", store).returncode == 0


def test_only_one_of_two_publishes(bucket, tmp_path, monkeypatch):
    """Another entry is put just before: exit 5, the entry stays as it was, and nothing of the slower run is left."""
    job = in_bucket(bucket, tmp_path / "world")
    create = Bucket.create

    def slower(self: Bucket, key: str, content: bytes) -> bool:
        if "/log/" in key:
            assert create(self, key, b"another's")
        return create(self, key, content)

    monkeypatch.setattr(Bucket, "create", slower)
    assert here("run", job, *AS_OF, "--store", f"{bucket}/offduty").returncode == 5
    assert objects(f"{bucket}/offduty", tmp_path) == {"log/000000000000.entry": b"another's", "work/condition": b""}


@pytest.mark.parametrize("act", ["put", "remove"])
def test_an_object_that_changes_before_it_is_read_stops_the_run(bucket, tmp_path, monkeypatch, act):
    """Exit 3, by its relative name."""
    job = in_bucket(bucket, tmp_path / "world")
    (tmp_path / "other").write_text("device_id,observed_at,lon,lat,accuracy_m\n")
    fetch = Bucket.fetch

    def late(self: Bucket, found, path: Path) -> None:
        if found.key.endswith("part-1.csv"):
            self.remove(found.key)
            assert act == "remove" or self.put(tmp_path / "other", found.key)
        fetch(self, found, path)

    monkeypatch.setattr(Bucket, "fetch", late)
    done = here("run", job, *AS_OF)
    assert done.returncode == 3, done.stderr
    assert "part-1.csv: the object" in done.stderr


def test_a_bucket_that_is_not_there(bucket):
    """Exit 6, in words of our own."""
    done = here("verify", bucket.replace("force", "no-such-bucket"))
    assert done.returncode == 6, done.stderr
    assert "the store cannot be reached" in done.stderr
    assert not [word for word in ("127.0.0.1", AZURE_ACCOUNT, "Traceback") if word in done.stderr]
