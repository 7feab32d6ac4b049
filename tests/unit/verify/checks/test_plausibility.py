"""Check 5.4 finds impossible released rows without any ping, and never reports a row that is possible."""

from __future__ import annotations

import math
import shutil
import struct
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyproj import Geod

from offduty.verify.auditor import Auditor, verify
from offduty.verify.redecide.outputs.coarsening import pseudonym
from offduty.verify.redecide.plausibility.plausible import NO_HOME, NOBODY, NOT_ON_DUTY, TOO_NEAR, TOO_POOR
from offduty.verify.verdict import Check, Status
from tests.tamper.base import SEED, Audit, make_base
from tests.tamper.broken import in_order
from tests.tamper.forge import Forged, Rows


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """A store of two days of two officers, in which nothing is wrong."""
    return make_base(tmp_path_factory.mktemp("base"))


def asked(audit: Audit) -> Check:
    """Check 5.4, with the reference tables."""
    checks = verify(audit.store, Auditor(reference=audit.job)).checks
    return next(check for check in checks if check.number == "5.4")


def changed(base: Audit, folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Check:
    """Check 5.4 for a store in which the third released row of the first run is changed."""
    shutil.copytree(base.folder, folder)
    audit = Audit(folder)
    forged = Forged(audit.store, SEED)

    def edit(rows: Rows) -> Rows:
        return in_order([*rows[:2], change(rows[2]), *rows[3:]])

    forged.edit("release", edit)
    forged.fit()
    forged.seal()
    return asked(audit)


def at(lon: float, lat: float) -> dict[str, Any]:
    """A position, and its point."""
    return {"lon": lon, "lat": lat, "geometry": struct.pack("<BIdd", 1, 1, lon, lat)}


IMPOSSIBLE: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "a pseudonym that no officer has": (lambda row: {**row, "officer": "0123456789abcdef"}, NOBODY),
    "before duty started": (
        lambda row: {**row, "observed_at": row["observed_at"].replace(hour=7, minute=59)},
        NOT_ON_DUTY,
    ),
    "at the instant that duty ended": (
        lambda row: {**row, "observed_at": row["observed_at"].replace(hour=16, minute=0)},
        NOT_ON_DUTY,
    ),
    "by a code that did not grant it": (lambda row: {**row, "duty_code": "court"}, NOT_ON_DUTY),
    "on another day": (lambda row: {**row, "observed_at": row["observed_at"] + timedelta(days=1)}, NOT_ON_DUTY),
    "in a shift recorded too late": (
        lambda row: {**row, "observed_at": row["observed_at"].replace(hour=18, minute=30), "duty_code": "overtime"},
        NOT_ON_DUTY,
    ),
    "an accuracy above the limit": (lambda row: {**row, "accuracy_m": 300.0}, TOO_POOR),
    "at o1's home": (lambda row: {**row, **at(-0.1, 51.5)}, TOO_NEAR),
    "at o2's home": (lambda row: {**row, **at(-0.2, 51.5)}, TOO_NEAR),
}


def test_an_honest_release_is_possible(base: Audit) -> None:
    """All rows of all runs are checked."""
    check = asked(base)
    assert (check.status, check.count.value) == (Status.PASS, 69)


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_an_impossible_row_is_found(base: Audit, tmp_path: Path, what: str) -> None:
    """With its number and the reason; near a home only for the officer who lives there."""
    change, why = IMPOSSIBLE[what]
    check = changed(base, tmp_path / "copy", change)
    if why == TOO_NEAR and check.status is Status.PASS:
        other = "at o2's home" if what == "at o1's home" else "at o1's home"
        check = changed(base, tmp_path / "other", IMPOSSIBLE[other][0])
    assert check.status is Status.FAIL
    assert check.found == 1
    assert "release/date=2026-03-02/part-00000.parquet, row " in check.findings[0]
    assert why in check.findings[1]


def test_an_officer_without_a_home(base: Audit, tmp_path: Path) -> None:
    """o3 has no home on record: a row with the pseudonym of o3 is impossible, though o3 was on duty."""
    name = pseudonym(bytes.fromhex("00112233445566778899aabbccddeeff" * 2), "conformance", "2026-W10", "o3")
    check = changed(base, tmp_path / "copy", lambda row: {**row, "officer": name})
    assert NO_HOME in check.findings[1]


def test_a_row_that_may_have_been_rounded_into_the_fence_is_possible(base: Audit, tmp_path: Path) -> None:
    """A row a whole rounding cell inside the fence is impossible."""
    home = next(
        lon
        for lon in (-0.1, -0.2)
        if changed(base, tmp_path / str(lon), lambda row, lon=lon: {**row, **at(lon, 51.5)}).found
    )
    half_a_cell_m = math.hypot(5.56, 5.56 * math.cos(math.radians(51.5)))
    failed = {}
    for units in range(515_018, 515_034):
        lat = units / 10_000
        check = changed(base, tmp_path / str(units), lambda row, lat=lat: {**row, **at(home, lat), "accuracy_m": 10.0})
        inside_m = 100 + 200 - Geod(ellps="WGS84").inv(home, 51.5, home, lat)[2]
        failed[inside_m] = check.status is Status.FAIL
    assert {inside_m > half_a_cell_m for inside_m in failed} == {True, False}
    assert all(found is (inside_m > half_a_cell_m) for inside_m, found in failed.items()), failed


@pytest.mark.parametrize("missing", ["roster.csv", "pseudonym.key"])
def test_without_a_table_or_the_key_it_is_not_done(base: Audit, tmp_path: Path, missing: str) -> None:
    """The pings need not be there."""
    shutil.copytree(base.folder, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "pings")
    assert asked(Audit(tmp_path / "copy")).status is Status.PASS
    (tmp_path / "copy" / missing).unlink()
    assert asked(Audit(tmp_path / "copy")).status is Status.NOT_DONE
