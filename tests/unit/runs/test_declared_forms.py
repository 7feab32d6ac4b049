"""A declared export gives the very release and ledger that the same data by the contract gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from offduty import run
from tests.declared_forms import by_contract, columnar, epoch, german, lay_out, lines, sample_tables

AS_OF = "2026-05-01T00:00:00Z"
FORMS = {write.__name__: write for write in (german, epoch, lines, columnar)}


@pytest.fixture(scope="module")
def tables():
    """The sample's tables as rows, with the pings of some of its devices: all of them would take five times as long."""
    found = sample_tables()
    some = {f"device-{number:05}" for number in range(6)}
    return {**found, "pings": [row for row in found["pings"] if row["device_id"] in some]}


@pytest.fixture(scope="module")
def plain(tables, tmp_path_factory):
    """What the sample gives when it is written by the contract."""
    return run(lay_out(by_contract(tables), tmp_path_factory.mktemp("contract")), as_of=AS_OF)


def outputs(path: Path) -> dict[str, bytes]:
    """Release and ledger, byte by byte."""
    return {
        str(file.relative_to(path)): file.read_bytes()
        for part in ("release", "ledger")
        for file in sorted((path / part).rglob("*.parquet"))
    }


@pytest.mark.parametrize("form", FORMS)
def test_a_declared_export_gives_the_same_release_and_ledger(tables, plain, tmp_path, form):
    """Through gzip, zstd, UTF-16, Windows-1252, decimal commas, epoch times, degrees times ten million and other words."""
    found = run(lay_out(FORMS[form](tables), tmp_path), as_of=AS_OF)
    assert found.counts == plain.counts
    assert found.counts["on_duty"] > 1_000
    assert (found.quarantined, found.refused) == (plain.quarantined, plain.refused)
    assert outputs(found.path) == outputs(plain.path)
