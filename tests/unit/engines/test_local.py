"""How the pings are divided, ordered, held in memory and spilled changes no output (specification#independence)."""

from __future__ import annotations

import itertools
import json
import os
import resource
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty import InputError, run
from offduty.arrays.spill import Spill
from offduty.decision.decide import Reference, Undecided
from offduty.decision.legs import DutyPings
from offduty.decision.pings import Reasons
from offduty.engines import local
from offduty.engines.decider import Limits
from offduty.engines.local import BYTES_PER_PING
from offduty.ingest import ping_files
from offduty.outputs.released_pings import ReleasedPings
from offduty.runs import decided as decided_module
from offduty.runs import run as run_module
from tests.paths import ROOT
from tests.world import AFTERWARDS, assignment, lay_out, ping, read_back, world

SAMPLE = ROOT / "sample_data"
AS_OF = "2026-04-15"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample, with keys."""
    copy = tmp_path / "a job"
    shutil.copytree(SAMPLE, copy, ignore=shutil.ignore_patterns("truth"))
    for name in ("pseudonym.key", "signing.key"):
        (copy / name).write_text("5a" * 32)
        (copy / name).chmod(0o600)
    return copy


def _outputs(folder: Path, store: str, *parts: str) -> dict[str, str]:
    """The SHA-256 of each file that a run writes, by name."""
    result = run(folder / "job.toml", as_of=AS_OF, store=folder / store)
    entry = (folder / store / "log" / "000000000000.entry").read_bytes().partition(b"\n\n")[0]
    written = json.loads(entry)["outputs"]
    assert result.counts["on_duty"] > 1_000
    assert not (folder / store / "work").exists()
    return {o["name"]: o["sha256"] for o in written if o["name"].startswith(parts)}


def _limits(monkeypatch: pytest.MonkeyPatch, limits: Limits) -> None:
    monkeypatch.setattr(decided_module, "limits_of", lambda resources: limits)


def test_what_is_held_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All at once; settled after every piece; and everything spilled to the folder, officer by officer."""
    at_once = _outputs(folder, "at once", "release", "ledger", "quarantine")
    _limits(monkeypatch, Limits(threads=2, waiting_bytes=48 * 9_000, released_bytes=1 << 30, piece_rows=1))
    assert _outputs(folder, "piece by piece", "release", "ledger", "quarantine") == at_once
    _limits(monkeypatch, Limits(threads=1, waiting_bytes=1, released_bytes=1, piece_rows=1))
    assert _outputs(folder, "spilled", "release", "ledger", "quarantine") == at_once


@pytest.mark.parametrize("held", [1, 48 * 9_000, 1 << 30])
def test_settling_in_parts_of_time_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    """Whether the pings were spilled before, settled while others wait, or settled at the end: with parts of a few
    hundred of the pings of a group of officers, and never more pings at once.
    """
    at_once = _outputs(folder, "at once", "release", "ledger", "quarantine")
    largest: list[int] = []
    right = local.settle_in_order

    def noting(whole: Undecided, reference: Reference) -> tuple[Reasons, DutyPings]:
        largest.append(len(whole))
        return right(whole, reference)

    monkeypatch.setattr(local, "settle_in_order", noting)
    few = Limits(threads=2, waiting_bytes=held, released_bytes=1 << 20, piece_rows=1, settled_rows=300)
    _limits(monkeypatch, few)
    assert _outputs(folder, "in parts", "release", "ledger", "quarantine") == at_once
    assert max(largest, default=0) <= 300


def test_order_and_files_do_not_change_the_release(folder: Path) -> None:
    """All rows shuffled into three files of small row groups: the release has the same bytes."""
    before = _outputs(folder, "before", "release")
    files = sorted((folder / "pings").glob("*.parquet"))
    rows = pa.concat_tables([pq.read_table(file) for file in files])
    rows = rows.take(pa.array(np.random.default_rng(3).permutation(rows.num_rows)))
    for file in files:
        file.unlink()
    third = rows.num_rows // 3 + 1
    for part in range(3):
        pq.write_table(rows.slice(part * third, third), folder / "pings" / f"{part}.parquet", row_group_size=7_001)
    assert _outputs(folder, "after", "release") == before


def test_days_apart_are_the_days_together(folder: Path) -> None:
    """Day by day, over the change to summer time: each row is recorded in one day, with the same reason."""
    whole = run(folder / "job.toml", as_of=AS_OF, store=folder / "whole")
    days = [f"2026-03-{day}" for day in range(22, 32)] + [f"2026-04-0{day}" for day in range(1, 4)]
    summed: dict[str, int] = dict.fromkeys(whole.counts, 0)
    for start, end in itertools.pairwise(days):
        part = run(folder / "job.toml", start=start, end=end, as_of=AS_OF, store=folder / "days")
        for word, count in part.counts.items():
            summed[word] += count
    before = run(folder / "job.toml", end=days[0], as_of=AS_OF, store=folder / "days")
    after = run(folder / "job.toml", start=days[-1], as_of=AS_OF, store=folder / "days")
    assert {word: summed[word] + before.counts[word] + after.counts[word] for word in summed} == whole.counts


def test_a_large_row_group_comes_in_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row group that is too large for the memory is read in batches, and decided in the same way."""
    at_once = _outputs(folder, "at once", "release", "ledger")
    monkeypatch.setattr("offduty.ingest.read_pieces.LARGEST_GROUP_ROWS", 100)
    assert _outputs(folder, "in parts", "release", "ledger") == at_once


def test_the_officers_other_device_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The radio was at home while the phone was at work. The phone's window has ended, and must still not be settled
    before the radio's pings are read.
    """
    rows = [ping("09:00"), ping("09:00", "home", device="d2"), ping("13:00", device="d2"), ping("14:00", device="d2")]
    job = lay_out(world(rows, assignments=[assignment(end="12:00"), assignment("d2")]), tmp_path, form="parquet")
    pings = tmp_path / "pings" / "part-0.parquet"
    pq.write_table(pq.read_table(pings), pings, row_group_size=1)
    _limits(monkeypatch, Limits(threads=1, waiting_bytes=BYTES_PER_PING, released_bytes=1 << 20, piece_rows=1))
    outputs = read_back(run(job, as_of=AFTERWARDS).path, len(rows))
    assert outputs.reasons == ["home_leg", "protected_place", "on_duty", "on_duty"]


def test_wrong_statistics_stop_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The watermark rests on the statistics: where a ping is earlier than they say, nothing is published."""
    right = ping_files.group_span
    monkeypatch.setattr(
        "offduty.ingest.ping_files.group_span", lambda file, group: (right(file, group)[1], *right(file, group)[1:])
    )
    with pytest.raises(InputError, match="statistics"):
        run(folder / "job.toml", as_of=AS_OF, store=folder / "store")
    assert list((folder / "store" / "log").iterdir()) == []


def test_a_spill_returns_what_was_added(tmp_path: Path) -> None:
    """From the disk, key by key, in the order of adding. The files have no names, so a killed run leaves none."""
    spill: Spill[ReleasedPings] = Spill(ReleasedPings, tmp_path, limit_bytes=100)
    given = {key: [_released(key * 10 + part) for part in range(3)] for key in (1, 2)}
    for part in range(3):
        for key in given:
            spill.add(key, given[key][part])
    assert spill._in_memory == {}
    assert list(tmp_path.iterdir()) == []
    assert [name for name in _open_files() if name.startswith(f"{tmp_path}/") and name.endswith(" (deleted)")]
    for key, parts in given.items():
        assert spill.take(key).lon.tolist() == ReleasedPings.together(parts).lon.tolist()
    assert not [name for name in _open_files() if name.startswith(f"{tmp_path}/")]


def _open_files() -> list[str]:
    """The files that this process has open; the system calls a file without a name deleted."""
    return [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]


def test_a_spill_raises_where_the_disk_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read back is an `OSError`, never a shorter result."""
    spill: Spill[ReleasedPings] = Spill(ReleasedPings, tmp_path, limit_bytes=1)
    spill.add(1, _released(0))
    monkeypatch.setattr("os.preadv", lambda *_: 0)
    with pytest.raises(OSError, match="Input/output error"):
        spill.take(1)


def _released(start: int) -> ReleasedPings:
    column = np.arange(start, start + 4)
    return ReleasedPings(
        column.astype(np.int32), column, column, column, column.astype(np.uint8), column.astype(np.int16), column
    )


def test_with_more_text_files_than_may_be_open_the_copies_have_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may have a limited number of files open. Years of daily files are read all the same."""
    day = world(
        [ping("09:00", device=f"d{n}") for n in range(40)], assignments=[assignment(f"d{n}") for n in range(40)]
    )
    job = lay_out(day, tmp_path, files=20)
    few = run(job, as_of=AFTERWARDS, store=tmp_path / "few")
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    monkeypatch.setattr("offduty.ingest.duckdb_session.resource.getrlimit", lambda _: (60, 60))
    names: list[str] = []
    publish = run_module.publish
    monkeypatch.setattr(
        run_module,
        "publish",
        lambda at, *rest: (names.extend(p.name for p in at.work.iterdir()), publish(at, *rest))[1],
    )
    many = run(job, as_of=AFTERWARDS, store=tmp_path / "many")
    assert many.counts == few.counts
    assert sum(name.startswith("pings-") for name in names) == 20
    assert limit[0] > 60
