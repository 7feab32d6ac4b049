"""Files arrive, micro-batch by micro-batch: what is complete is published, and every row is recorded once, whatever
dies meanwhile.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from offduty import run
from offduty.core.errors import StoreBusyError, UsageError
from offduty.runs.follow import follow
from tests.spark.same import AS_OF, recorded, sample

HOUR_S = 3_600
START = datetime(2026, 3, 23)


class Arrivals:
    """The sample's week, whose files have not arrived yet, and the result of one run over all of it."""

    def __init__(self, folder: Path) -> None:
        self.job = sample(folder / "job")
        self.pings = self.job.parent / "pings"
        self.whole = run(self.job, as_of=AS_OF, store=folder / "whole").path
        self.later = folder / "later"
        self.pings.rename(self.later)
        self.pings.mkdir()
        self.store, self.checkpoint = self.job.parent / "store", folder / "checkpoint"

    def arrive(self, *names: str) -> None:
        """The files of these days arrive, each complete."""
        for name in names:
            shutil.copy(self.later / f"2026-03-{name}.parquet", self.pings / f"_{name}")
            (self.pings / f"_{name}").rename(self.pings / f"2026-03-{name}.parquet")

    def follow(self, **options: Any) -> list[Any]:
        """Follow all files that are there; pings arrive within an hour."""
        return follow(
            self.job, checkpoint=self.checkpoint, **{"every_s": None, "lateness_s": HOUR_S, "start": START, **options}
        )

    def manifests(self) -> list[dict[str, Any]]:
        """The runs of the log, in order; what an expiry says is left out."""
        entries = sorted((self.store / "log").glob("*.entry"))
        documents = [json.loads(entry.read_bytes().split(b"\n\n")[0]) for entry in entries]
        return [document for document in documents if "interval" in document]

    def newest(self) -> dict[tuple[str, str], str]:
        """The newest run over each interval."""
        return {tuple(one["interval"].values()): one["run_id"] for one in self.manifests()}

    def recorded_reasons(self) -> dict[tuple[str, int], str]:
        """The reasons that the newest runs have recorded, by file name and row: each row once."""
        found: dict[tuple[str, int], str] = {}
        names = {one["run_id"]: {i["file"]: i["name"] for i in one["inputs"]} for one in self.manifests()}
        times: Counter[tuple[str, int]] = Counter()
        for run_id in self.newest().values():
            for (file, row), reason in recorded(self.store / "runs" / run_id).items():
                found[names[run_id][file], row] = reason
                times[names[run_id][file], row] += 0 if reason == "quarantine:bad_time" else 1
        assert set(times.values()) <= {0, 1}
        return found

    def must_be(self) -> dict[tuple[str, int], str]:
        """The reasons of the one run over everything, by file name and row."""
        files = sorted(path.name for path in self.later.iterdir())
        return {(f"pings/{files[file]}", row): reason for (file, row), reason in recorded(self.whole).items()}


@pytest.fixture
def arrivals(spark: object, tmp_path: Path) -> Arrivals:
    """A week of which no file has arrived."""
    return Arrivals(tmp_path)


def agrees(arrivals: Arrivals) -> int:
    """Check each recorded row against the run over everything, and return the number of rows."""
    found, wanted = arrivals.recorded_reasons(), arrivals.must_be()
    assert {key: (reason, wanted[key]) for key, reason in found.items() if wanted[key] != reason} == {}
    return len(found)


def test_each_batch_is_a_run_of_what_is_complete(arrivals: Arrivals):
    """The intervals are adjacent, each ends before the windows that are still open, and each reason is that of one run
    over everything.
    """
    arrivals.arrive("23", "24")
    assert len(arrivals.follow()) == 1
    first = agrees(arrivals)
    arrivals.arrive("25", "26")
    assert len(arrivals.follow()) == 1
    assert agrees(arrivals) > first
    assert all(one["open_windows"] == 0 for one in arrivals.manifests())
    (_, end), (begin, _) = (tuple(one["interval"].values()) for one in arrivals.manifests())
    assert begin == end
    assert arrivals.manifests()[0]["interval"]["from"] == "2026-03-23T00:00:00Z"


def test_without_new_files_there_is_no_run(arrivals: Arrivals):
    """Also where the checkpoint was lost, because the log has the runs."""
    arrivals.arrive("23", "24")
    assert len(arrivals.follow()) == 1
    assert arrivals.follow() == []
    shutil.rmtree(arrivals.checkpoint)
    assert arrivals.follow() == []
    assert len(arrivals.manifests()) == 1


def test_a_file_that_comes_late_has_its_intervals_run_again(arrivals: Arrivals):
    """The same intervals, and no other; the new runs supersede the old ones."""
    arrivals.arrive("23", "25")
    arrivals.follow()
    arrivals.arrive("26")
    arrivals.follow()
    before = arrivals.newest()
    assert len(before) == 2
    arrivals.arrive("24")
    again = arrivals.follow()
    assert [one.run_id for one in again] == [arrivals.newest()[span] for span in list(before)[:1]]
    assert set(arrivals.newest()) == set(before)
    assert [span for span in before if arrivals.newest()[span] != before[span]] == list(before)[:1]
    agrees(arrivals)


@pytest.mark.parametrize("when", ["before it published", "after it published"])
def test_a_stream_that_died_continues_where_it_was(arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch, when: str):
    """The batch was not handled, so it comes again; what it had published is not published again."""
    arrivals.arrive("23", "24", "25")
    real = run

    def dying(*arguments: Any, **options: Any) -> Any:
        if when == "after it published":
            real(*arguments, **options)
        raise MemoryError("here it died")

    with monkeypatch.context() as patched:
        patched.setattr("offduty.runs.follow.run", dying)
        with pytest.raises(MemoryError):
            arrivals.follow()
    assert len(arrivals.manifests()) == (1 if when == "after it published" else 0)
    assert len(arrivals.follow()) == (0 if when == "after it published" else 1)
    assert len(arrivals.manifests()) == 1
    arrivals.arrive("26", "27")
    assert len(arrivals.follow()) == 1
    agrees(arrivals)


def test_two_streams_do_not_share_a_checkpoint(arrivals: Arrivals):
    """The second one stops with a message, and changes nothing."""
    import fcntl

    arrivals.checkpoint.mkdir()
    with (arrivals.checkpoint / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(StoreBusyError, match="another run is using the checkpoint"):
            arrivals.follow()


def test_a_store_with_other_runs_is_refused(arrivals: Arrivals):
    """The stream would mistake them for its own."""
    arrivals.arrive("23", "24")
    run(arrivals.job, start="2026-03-22", end="2026-03-24", as_of=AS_OF)
    with pytest.raises(UsageError, match="a store of its own"):
        arrivals.follow()


def test_pings_must_be_a_folder(arrivals: Arrivals):
    """No other file can arrive in one file."""
    arrivals.arrive("23")
    arrivals.job.write_text(arrivals.job.read_text().replace("pings/*.parquet", "pings/2026-03-23.parquet"))
    with pytest.raises(UsageError, match=r"inputs\.pings must name a folder"):
        arrivals.follow()
